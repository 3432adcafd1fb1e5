//! Surveys over HTTP, for admins: the files that the command line imports, in and out.

use rocket::{
    Route, State, get, http::Header, post, put, response::Responder, routes, serde::json::Json,
    tokio::task::spawn_blocking,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Shapes, Status, SurveyId,
    file::{FileError, SurveyFile},
    store::{self, Imported, Summary},
};
use crate::{
    access::{Arrived, Caller, Power},
    audit::{self, Entry, Subject},
    clock::Moment,
    db::{Conn, Database, Queried},
    http::{
        JsonBody, Query,
        list::{Cursor, List, Page},
    },
    problem::{FieldError, Problem},
    progress::{Fingerprint, writer::Writer},
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![list, import, export, replace, set_status]
}

/// A survey among others.
#[derive(Serialize, ToSchema)]
pub struct SurveySummary {
    id: SurveyId,
    #[schema(example = "How do you get to work?")]
    name: String,
    /// What it still takes: `open`, `closing` (drafts may be finished, none started) or `closed`.
    #[schema(example = "open")]
    status: String,
    /// How many days a draft lives after its last save.
    #[schema(example = 30)]
    progress_days: i32,
    /// Names the shape of the answers; null for a survey without an `answer_schema`.
    fingerprint: Option<Fingerprint>,
    /// Whether every write of a draft must name the version that it was made on.
    require_if_match: bool,
    created_at: Moment,
    updated_at: Moment,
}

impl From<Summary> for SurveySummary {
    fn from(survey: Summary) -> Self {
        let shapes = survey.fingerprint.as_deref().and_then(Shapes::from_stored);
        Self {
            id: SurveyId(survey.id),
            name: survey.name,
            status: survey.status,
            progress_days: survey.progress_days,
            fingerprint: shapes.map(|shapes| shapes.current().clone()),
            require_if_match: survey.requires_if_match,
            created_at: survey.created_at,
            updated_at: survey.updated_at,
        }
    }
}

/// List the surveys
///
/// In the order of their ids. What has come of each is at its funnel. A key that is limited to some surveys sees those.
#[utoipa::path(
    operation_id = "listSurveys",
    context_path = "/api/admin", tag = "Admin: surveys", security(("api_key" = []), ("session" = [])),
    params(
        ("status" = Option<Status>, Query, description = "Only those of this status"),
        crate::openapi::Limit, crate::openapi::After
    ),
    responses(
        (status = 200, description = "A page of surveys", body = List<SurveySummary>),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/surveys")]
async fn list(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
) -> Result<Json<List<SurveySummary>>, Problem> {
    let caller = arrived?.may(Power::Figures)?;
    let mut fields = query.fields(&["status", "limit", "after"])?;
    let (status, page) = (fields.optional::<Status>("status"), Page::of(&mut fields));
    let after = page.after_id(&mut fields);
    let page = fields.finish(Some(page))?;
    let (ids, limit) = (caller.grant.surveys.ids(), page.one_more());
    let found = database.read(move |conn| store::page(conn, ids.as_deref(), status, after, limit)).await?;
    Ok(Json(List::of(found, &page, |survey| Cursor::of(&[&survey.id]), SurveySummary::from)))
}

/// A survey that was taken in, and where it is.
#[derive(Responder)]
enum Taken {
    #[response(status = 200)]
    Replaced(Json<SurveySummary>),
    #[response(status = 201)]
    Created(Json<SurveySummary>, Header<'static>),
}

/// Import a survey
///
/// Creates a survey from a file, or replaces the one whose `id` the file carries, as `formprogress survey import` does: what
/// the file does not say of a survey that there is stays as it was. Drafts and submissions stay. A key that is limited to
/// some surveys may replace those, and create none.
#[utoipa::path(
    operation_id = "importSurvey",
    context_path = "/api/admin", tag = "Admin: surveys", security(("api_key" = []), ("session" = [])),
    request_body(content = SurveyFile, example = json!({"name": "Commuting", "definition": {"pages": []}})),
    responses(
        (status = 200, description = "The survey was replaced", body = SurveySummary),
        (status = 201, description = "The survey was created", body = SurveySummary, headers(("Location" = String, description = "Its address"))),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[post("/surveys", data = "<body>")]
async fn import(
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Taken, Problem> {
    let caller = arrived?.may(Power::ChangeSurveys)?;
    let file = file_in(body?).await?;
    if let Some(id) = file.id {
        // Before it is known whether there is one: whoever may not see it is not told.
        visible(Ok(id), &caller)?;
    }
    let (now, may_create) = (caller.now(), !caller.grant.surveys.is_limited());
    let entry = caller.entry("survey.create", Subject::all("surveys"));
    let import = move |conn: &mut Conn| {
        let is_there = file.id.map_or(Ok(false), |id| store::exists(conn, id))?;
        if !is_there && !may_create {
            return Ok(None);
        }
        let imported = store::import(conn, &file, now)?;
        audit::store::add(conn, &entry_of(imported, entry))?;
        let (Imported::Created(id) | Imported::Replaced(id)) = imported;
        Ok(store::summary(conn, id)?.map(|survey| (imported, survey)))
    };
    let (imported, survey) = writer.change(import).await?.ok_or(Problem::Forbidden)?;
    let location = Header::new("Location", format!("/api/admin/surveys/{}", survey.id));
    Ok(match imported {
        Imported::Created(_) => Taken::Created(Json(survey.into()), location),
        Imported::Replaced(_) => Taken::Replaced(Json(survey.into())),
    })
}

/// What the audit log says of an import.
pub fn entry_of(imported: Imported, entry: Entry) -> Entry {
    let (id, action) = match imported {
        Imported::Created(id) => (id, "survey.create"),
        Imported::Replaced(id) => (id, "survey.replace"),
    };
    Entry { action, ..entry.to(id).about(id, None) }
}

/// Reads a file off the async threads: compiling its schemas may take a while.
async fn file_in(body: JsonBody<'_>) -> Result<SurveyFile, Problem> {
    let text = body.text().to_owned();
    let file = spawn_blocking(move || SurveyFile::parse(&text)).await.map_err(|_| Problem::Internal)?;
    file.map_err(|error| match error {
        FileError::Json(detail) => Problem::InvalidJson(detail),
        FileError::Members(errors) => Problem::InvalidRequest(errors),
    })
}

fn visible(id: Result<SurveyId, &str>, caller: &Caller) -> Result<SurveyId, Problem> {
    // Surveys belong to no company: whoever is limited to some companies sees all of them, as every participant does.
    id.ok().filter(|id| caller.grant.surveys.sees(*id)).ok_or(Problem::SurveyNotFound)
}

/// A survey as a file.
#[derive(Responder)]
struct Exported {
    file: Json<SurveyFile>,
    disposition: Header<'static>,
}

/// Export a survey
///
/// The whole survey as a file: imported again, here or elsewhere, it makes the same one.
#[utoipa::path(
    operation_id = "exportSurvey",
    context_path = "/api/admin", tag = "Admin: surveys", security(("api_key" = []), ("session" = [])),
    params(("id" = i64, Path, description = "The survey", example = 1)),
    responses(
        (status = 200, description = "The survey", body = SurveyFile),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyAdmin
    )
)]
#[get("/surveys/<id>")]
async fn export(
    id: Result<SurveyId, &str>,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
) -> Result<Exported, Problem> {
    let caller = arrived?.may(Power::Figures)?;
    query.none()?;
    let id = visible(id, &caller)?;
    let file = database.read(move |conn| store::file(conn, id)).await?.ok_or(Problem::SurveyNotFound)?;
    let disposition = format!("attachment; filename=\"survey-{id}.json\"");
    Ok(Exported { file: Json(file), disposition: Header::new("Content-Disposition", disposition) })
}

/// Replace a survey
///
/// Makes it as the file says. What the file does not say of `progress_days`, `status`, `answer_schema`, `screens` and
/// `require_if_match` stays as it was; null takes `answer_schema` and `screens` away. Drafts and submissions stay.
#[utoipa::path(
    operation_id = "replaceSurvey",
    context_path = "/api/admin", tag = "Admin: surveys", security(("api_key" = []), ("session" = [])),
    params(("id" = i64, Path, description = "The survey", example = 1)),
    request_body(content = SurveyFile, example = json!({"name": "Commuting", "definition": {"pages": []}})),
    responses(
        (status = 200, description = "The survey as it is now", body = SurveySummary),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[put("/surveys/<id>", data = "<body>")]
async fn replace(
    id: Result<SurveyId, &str>,
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Json<SurveySummary>, Problem> {
    let caller = arrived?.may(Power::ChangeSurveys)?;
    let id = visible(id, &caller)?;
    let file = file_in(body?).await?;
    if file.id.is_some_and(|named| named != id) {
        let detail = "must be the one in the path, or be left out";
        return Err(Problem::InvalidRequest(vec![FieldError::at("/id", detail)]));
    }
    let (now, entry) = (caller.now(), caller.entry("survey.replace", id).about(id, None));
    changed(writer, id, entry, move |conn| store::replace(conn, id, &file, now)).await
}

/// Makes a change of a survey, and writes it down; the survey as it is then.
async fn changed(
    writer: &Writer,
    id: SurveyId,
    entry: Entry,
    change: impl FnOnce(&mut Conn) -> Queried<bool> + Send + 'static,
) -> Result<Json<SurveySummary>, Problem> {
    let change = move |conn: &mut Conn| match change(conn)? {
        true => {
            audit::store::add(conn, &entry)?;
            store::summary(conn, id)
        }
        false => Ok(None),
    };
    Ok(Json(writer.change(change).await?.ok_or(Problem::SurveyNotFound)?.into()))
}

/// What a survey is to take from now on.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct StatusBody {
    status: Status,
}

/// Open or close a survey
///
/// `open` takes everything, `closing` lets those who have a draft finish it, `closed` takes nothing more. Nothing is deleted.
#[utoipa::path(
    operation_id = "setSurveyStatus",
    context_path = "/api/admin", tag = "Admin: surveys", security(("api_key" = []), ("session" = [])),
    params(("id" = i64, Path, description = "The survey", example = 1)),
    request_body(content = StatusBody, example = json!({"status": "closing"})),
    responses(
        (status = 200, description = "The survey as it is now", body = SurveySummary),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[post("/surveys/<id>/status", data = "<body>")]
async fn set_status(
    id: Result<SurveyId, &str>,
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Json<SurveySummary>, Problem> {
    let caller = arrived?.may(Power::ChangeSurveys)?;
    let id = visible(id, &caller)?;
    let mut fields = body?.fields()?;
    let status = fields.required::<Status>("status");
    let status = fields.finish(status)?;
    let (now, entry) = (caller.now(), caller.entry("survey.status", id).about(id, None).detail(status.as_str()));
    changed(writer, id, entry, move |conn| store::set_status(conn, id, status, now)).await
}
