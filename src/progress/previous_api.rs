//! Undo over HTTP: the earlier states of a draft, for the survey admin's own server.

use rocket::{Route, State, get, post, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Previous, Screen, Version,
    admin::{self, Sent},
    drafts_api::{Named, target_of},
    headers::WriteHeaders,
    reader::Reader,
    views::{Draft, DraftView},
    writer::Writer,
};
use crate::{
    access::{Arrived, Caller, Power},
    clock::Moment,
    http::{JsonBody, Query},
    problem::Problem,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![list, restore]
}

/// The same routes, beside the others of admins.
pub fn admin_routes() -> Vec<Route> {
    routes![admin_list, admin_restore]
}

/// The states of a draft that can be restored.
#[derive(Serialize, ToSchema)]
pub struct PreviousView {
    /// The newest first; three at most.
    states: Vec<StateView>,
}

/// A state that a save replaced with less.
#[derive(Serialize, ToSchema)]
pub struct StateView {
    /// The version that had it.
    version: Version,
    current_screen: Screen,
    /// How many values its data holds: texts that are not empty, numbers and booleans, at any depth.
    #[schema(example = 42)]
    value_count: u32,
    /// When it was saved.
    saved_at: Moment,
    /// When the save came that replaced it.
    replaced_at: Moment,
    #[schema(value_type = Object)]
    data: super::Json,
    #[schema(value_type = Option<Object>)]
    meta: Option<super::Json>,
}

impl From<Previous> for StateView {
    fn from(previous: Previous) -> Self {
        Self {
            version: previous.version,
            current_screen: previous.current_screen,
            value_count: previous.value_count,
            saved_at: previous.saved_at,
            replaced_at: previous.replaced_at,
            data: previous.content.data,
            meta: previous.content.meta,
        }
    }
}

/// List the earlier states of a draft
///
/// The last three that a save without `If-Match` replaced with fewer values, as long as the draft lives.
#[utoipa::path(
    operation_id = "listPreviousStates",
    context_path = "/api", tag = "Undo", security(("api_key" = []), ("session" = [])),
    params(crate::openapi::Id),
    responses(
        (status = 200, description = "The states", body = PreviousView),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthorized),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyStorage
    )
)]
#[get("/drafts/<id>/previous")]
async fn list(
    id: Named<'_>,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> Result<Json<PreviousView>, Problem> {
    listed(&arrived?.may(Power::ReadDrafts)?, id, &query, &reader, writer).await
}

/// The same, beside the other routes of admins
#[utoipa::path(
    operation_id = "listDraftStates",
    context_path = "/api/admin", tag = "Admin: drafts", security(("api_key" = []), ("session" = [])),
    params(crate::openapi::Id),
    responses(
        (status = 200, description = "The states", body = PreviousView),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyAdmin
    )
)]
#[get("/drafts/<id>/previous")]
async fn admin_list(
    id: Named<'_>,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> Result<Json<PreviousView>, Problem> {
    listed(&arrived?.may(Power::ReadDrafts)?, id, &query, &reader, writer).await
}

async fn listed(
    caller: &Caller,
    id: Named<'_>,
    query: &Query<'_>,
    reader: &Reader<'_>,
    writer: &Writer,
) -> Result<Json<PreviousView>, Problem> {
    query.none()?;
    let states = admin::states(caller, target_of(id)?, reader, writer).await?;
    Ok(Json(PreviousView { states: states.into_iter().map(StateView::from).collect() }))
}

/// A state to be restored.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct RestoreBody {
    /// The version that had it.
    version: Version,
}

/// Restore an earlier state of a draft
///
/// The state becomes the draft's next version, as if it had been saved again. What it replaces is kept, if it holds more.
#[utoipa::path(
    operation_id = "restorePreviousState",
    context_path = "/api", tag = "Undo", security(("api_key" = []), ("session" = [])),
    request_body(content = RestoreBody, example = json!({"version": 7})),
    params(crate::openapi::Id, crate::openapi::IfMatch, crate::openapi::IdempotencyKey, crate::openapi::Prefer),
    responses(
        (status = 200, description = "The draft as it is now", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthorized),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::StateNotFound),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyBody, crate::openapi::AnyCondition, crate::openapi::AnyStorage
    )
)]
#[post("/drafts/<id>/restore", data = "<body>")]
async fn restore(
    id: Named<'_>,
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
    reader: Reader<'_>,
) -> Result<Draft, Problem> {
    restored(&arrived?.may(Power::ChangeDrafts)?, id, body, headers, writer, &reader).await
}

/// The same, beside the other routes of admins
#[utoipa::path(
    operation_id = "restoreDraftState",
    context_path = "/api/admin", tag = "Admin: drafts", security(("api_key" = []), ("session" = [])),
    request_body(content = RestoreBody, example = json!({"version": 7})),
    params(crate::openapi::Id, crate::openapi::IfMatch, crate::openapi::IdempotencyKey, crate::openapi::Prefer),
    responses(
        (status = 200, description = "The draft as it is now", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::StateNotFound),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyBody, crate::openapi::AnyAdminWrite, crate::openapi::AnyAdmin
    )
)]
#[post("/drafts/<id>/restore", data = "<body>")]
async fn admin_restore(
    id: Named<'_>,
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
    reader: Reader<'_>,
) -> Result<Draft, Problem> {
    restored(&arrived?.may(Power::ChangeDrafts)?, id, body, headers, writer, &reader).await
}

async fn restored(
    caller: &Caller,
    id: Named<'_>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &Writer,
    reader: &Reader<'_>,
) -> Result<Draft, Problem> {
    let id = target_of(id)?;
    let entry = admin::entry_for(caller, "draft.restore", id, reader).await?;
    let (body, headers) = (body?, headers?);
    let version = body.fields().and_then(|mut fields| {
        let version = fields.required::<Version>("version");
        fields.finish(version)
    });
    let answered = admin::restore(id, entry, version, &Sent { headers: &headers, body: body.text() }, writer).await?;
    Draft::written(answered, &headers)
}
