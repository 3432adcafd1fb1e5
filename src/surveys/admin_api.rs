//! Surveys over HTTP, for admins: the files that the command line imports, in and out.

use rocket::{Route, State, get, http::Header, patch, post, put, response::Responder, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Settings, Shapes, Status, SurveyId,
    admin::{self, Existing},
    file::SurveyFile,
    store::{Imported, Summary},
};
use crate::{
    access::{Arrived, Power},
    clock::Moment,
    db::Database,
    http::{
        JsonBody, Query,
        list::{Cursor, List},
    },
    problem::Problem,
    progress::{Fingerprint, writer::Writer},
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![list, import, export, replace, set_status, change]
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
    let asked = admin::Asked::of(query.fields(&admin::FILTERS)?)?;
    let found = admin::list(&caller, &asked, database).await?;
    Ok(Json(List::of(found, &asked.page, |survey| Cursor::of(&[&survey.id]), SurveySummary::from)))
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
    let file = admin::read(body?.text().to_owned()).await?;
    let imported = admin::import(&caller, file, Existing::Replace, writer).await?;
    let (imported, survey) = imported.ok_or(Problem::SurveyNotFound)?;
    let location = Header::new("Location", format!("/api/admin/surveys/{}", survey.id));
    Ok(match imported {
        Imported::Created(_) => Taken::Created(Json(survey.into()), location),
        Imported::Replaced(_) => Taken::Replaced(Json(survey.into())),
    })
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
    let id = admin::visible(id, &caller)?;
    let file = admin::file(id, database).await?;
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
    let id = admin::visible(id, &caller)?;
    let file = admin::read(body?.text().to_owned()).await?;
    let replaced = admin::replace(&caller, id, file, None, writer).await?;
    Ok(Json(replaced.ok_or(Problem::SurveyNotFound)?.into()))
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
    let id = admin::visible(id, &caller)?;
    let mut fields = body?.fields()?;
    let status = fields.required::<Status>("status");
    let status = fields.finish(status)?;
    Ok(Json(admin::set_status(&caller, id, status, writer).await?.into()))
}

/// A change of a survey's settings. What is not in it stays as it is.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct SettingsBody {
    #[schema(example = "How do you get to work?")]
    name: Option<String>,
    /// How many days a draft lives after its last save. A draft's life changes with its next save.
    #[schema(minimum = 1, maximum = 65535, example = 30)]
    progress_days: Option<u16>,
    /// Whether every write of a draft must name the version that it was made on.
    require_if_match: Option<bool>,
}

/// Change a survey's settings
///
/// Its name, how long its drafts live, and whether their writes must name a version, without a file. A change of nothing writes
/// nothing.
#[utoipa::path(
    operation_id = "changeSurvey",
    context_path = "/api/admin", tag = "Admin: surveys", security(("api_key" = []), ("session" = [])),
    params(("id" = i64, Path, description = "The survey", example = 1)),
    request_body(content = SettingsBody, example = json!({"progress_days": 60})),
    responses(
        (status = 200, description = "The survey as it is now", body = SurveySummary),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[patch("/surveys/<id>", data = "<body>")]
async fn change(
    id: Result<SurveyId, &str>,
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Json<SurveySummary>, Problem> {
    let caller = arrived?.may(Power::ChangeSurveys)?;
    let id = admin::visible(id, &caller)?;
    let settings = Settings::of_body(body?.fields()?)?;
    Ok(Json(admin::set(&caller, id, settings, writer).await?.into()))
}
