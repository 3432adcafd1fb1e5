//! API keys over HTTP, for owners who are signed in.

use std::io::Cursor as Bytes;

use rocket::{
    Request, Response, Route, State, delete, get,
    http::{ContentType, Status},
    post,
    response::{self, Responder},
    routes,
    serde::json::Json,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    ApiKey, KeyId, Kind, Ring,
    admin::{self, KindName, NewKey},
    rules::Asked,
};
use crate::{
    access::{Arrived, Power, Secret},
    clock::Moment,
    companies::CompanyId,
    db::Database,
    http::{
        JsonBody, Query,
        list::{Cursor, List, PAGE_PARAMETERS},
    },
    problem::Problem,
    progress::writer::Writer,
    surveys::SurveyId,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![list, create, revoke]
}

/// An API key, without the key itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyView {
    id: KeyId,
    /// `site` or `server`.
    #[schema(example = "server")]
    kind: &'static str,
    /// What it is for.
    #[schema(example = "The nightly export")]
    name: String,
    /// The first characters of the key.
    #[schema(example = "fp_server_Zk3q")]
    hint: String,
    /// Of a site key: the origins whose pages may use it; null for any.
    origins: Option<Vec<String>>,
    /// Of a server key: what it may do.
    powers: Vec<Power>,
    /// Of a server key: the surveys to which it is limited; null for no limit.
    surveys: Option<Vec<SurveyId>>,
    /// Of a server key: the companies to which it is limited; null for no limit.
    companies: Option<Vec<CompanyId>>,
    created_at: Moment,
    /// When it was last used, to about a minute.
    used_at: Option<Moment>,
    /// From then on it is refused.
    revoked_at: Option<Moment>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        let kind = key.kind.as_str();
        let (origins, powers, surveys, companies) = match key.kind {
            Kind::Site { origins } => (origins.map(|origins| origins.into_iter().collect()), Vec::new(), None, None),
            Kind::Server { grant } => (
                None,
                grant.powers.into_iter().collect(),
                grant.surveys.ids().map(|ids| ids.into_iter().map(SurveyId).collect()),
                grant.companies.ids().map(|ids| ids.into_iter().map(CompanyId).collect()),
            ),
        };
        Self {
            id: key.id,
            kind,
            name: key.name,
            hint: key.hint,
            origins,
            powers,
            surveys,
            companies,
            created_at: key.created_at,
            used_at: key.used_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// List API keys
///
/// Revoked ones too, in the order in which they were made. The keys themselves are not kept and cannot be shown again.
#[utoipa::path(
    operation_id = "listKeys",
    context_path = "/api/admin", tag = "Admin: keys", security(("session" = [])),
    params(
        ("limit" = Option<i64>, Query, description = "How many, from 1 to 200; 50 unless it is said"),
        ("after" = Option<String>, Query, description = "The `next` of the page before")
    ),
    responses(
        (status = 200, description = "The keys", body = List<KeyView>),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/keys")]
async fn list(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
) -> Result<Json<List<KeyView>>, Problem> {
    arrived?.may(Power::Keys)?;
    let asked = admin::Asked::of(query.fields(&PAGE_PARAMETERS)?)?;
    let found = admin::list(&asked, database).await?;
    Ok(Json(List::of(found, &asked.page, |key| Cursor::of(&[&key.id.0]), KeyView::from)))
}

/// A key to be made.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct KeyBody {
    /// `site`: it names a public front end, ships in its pages, is no secret, and may use the public routes. `server`: it is
    /// a program's, and secret.
    #[schema(example = "server")]
    kind: String,
    /// What it is for; 100 characters at most.
    #[schema(example = "The nightly export")]
    name: String,
    /// Of a site key: the origins whose pages may use it, such as `https://forms.example.org`. Without them, any.
    origins: Option<Vec<String>>,
    /// Of a server key: what it may do.
    powers: Option<Vec<Power>>,
    /// Of a server key: the surveys to which it is limited.
    surveys: Option<Vec<SurveyId>>,
    /// Of a server key: the companies to which it is limited.
    companies: Option<Vec<CompanyId>>,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub struct MadeKeyView {
    /// The key itself. It is shown this once.
    #[schema(example = "fp_server_Zk3qV0…")]
    key: String,
    #[serde(flatten)]
    about: KeyView,
}

impl MadeKeyView {
    /// Of a new key.
    pub fn of(secret: &Secret, key: ApiKey) -> Self {
        Self { key: secret.reveal().to_owned(), about: key.into() }
    }
}

/// A key that was just made, as it is answered.
pub struct Made(MadeKeyView);

impl<'r> Responder<'r, 'static> for Made {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let json = serde_json::to_vec(&self.0).map_err(|_| Status::InternalServerError)?;
        let body = Bytes::new(json);
        Response::build().status(Status::Created).header(ContentType::JSON).sized_body(None, body).ok()
    }
}

/// Make an API key
///
/// The answer is the only one that shows it. With the first key the public routes close: from then on each request to them
/// needs one, and stays so even if all are revoked.
#[utoipa::path(
    operation_id = "createKey",
    context_path = "/api/admin", tag = "Admin: keys", security(("session" = [])),
    request_body(content = KeyBody, example = json!({"kind": "server", "name": "The nightly export",
        "powers": ["submissions:read", "events:read"], "surveys": [1]})),
    responses(
        (status = 201, description = "The key", body = MadeKeyView),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[post("/keys", data = "<body>")]
async fn create(
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    writer: &State<Writer>,
    database: &State<Database>,
    ring: &State<Ring>,
) -> Result<Made, Problem> {
    let caller = arrived?.may(Power::Keys)?;
    let mut fields = body?.fields()?;
    let (name, kind) = (fields.required("name"), fields.required("kind"));
    let asked = Asked {
        is_server: kind == Some(KindName::Server),
        origins: fields.list("origins"),
        powers: fields.list("powers"),
        surveys: fields.list("surveys"),
        companies: fields.list("companies"),
    };
    let new = NewKey { name, kind, asked };
    let (secret, key) = admin::make(&caller, fields, new, (database, writer, ring)).await?;
    Ok(Made(MadeKeyView::of(&secret, key)))
}

/// Revoke an API key
///
/// It is refused from now on; other processes on the same database refuse it within a second. It stays in the list. A key
/// that is revoked already stays so.
#[utoipa::path(
    operation_id = "revokeKey",
    context_path = "/api/admin", tag = "Admin: keys", security(("session" = [])),
    params(("id" = i64, Path, description = "The key", example = 3)),
    responses(
        (status = 204, description = "It is refused from now on"),
        (status = 404, response = crate::openapi::KeyNotFound),
        crate::openapi::AnyAdmin
    )
)]
#[delete("/keys/<id>")]
async fn revoke(
    arrived: Result<Arrived, Problem>,
    id: Option<KeyId>,
    query: Query<'_>,
    writer: &State<Writer>,
    ring: &State<Ring>,
) -> Result<Status, Problem> {
    let caller = arrived?.may(Power::Keys)?;
    query.none()?;
    let id = id.ok_or(Problem::KeyNotFound)?;
    admin::revoke(&caller, id, writer, ring).await?;
    Ok(Status::NoContent)
}
