//! Undo over HTTP: the earlier states of a draft, for the survey admin's own server.

use rocket::{Route, State, get, post, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Previous, Screen, Version,
    api::carry_out,
    drafts_api::{Named, target_of},
    headers::WriteHeaders,
    reader::Reader,
    store,
    views::{Draft, DraftView},
    writer::Writer,
    writes::{Act, Target, Write},
};
use crate::{
    clock::Moment,
    http::{ByServer, JsonBody, Query},
    problem::Problem,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![list, restore]
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
    context_path = "/api", tag = "Undo", security(("server_key" = [])),
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
    by: Result<ByServer, Problem>,
    query: Query<'_>,
    reader: Reader<'_>,
) -> Result<Json<PreviousView>, Problem> {
    by?;
    query.none()?;
    let id = target_of(id)?;
    reader.find(id).await?;
    let states = reader.database.read(move |conn| store::previous(conn, id)).await?;
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
    context_path = "/api", tag = "Undo", security(("server_key" = [])),
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
    by: Result<ByServer, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Draft, Problem> {
    by?;
    let id = target_of(id)?;
    let (body, headers) = (body?, headers?);
    let (version, problem) = match body.fields() {
        Ok(mut fields) => {
            let version = fields.required::<Version>("version");
            (version.unwrap_or_default(), fields.finish(version).err())
        }
        Err(problem) => (Version::default(), Some(problem)),
    };
    let write = Write {
        target: Target::Draft(id),
        conditions: headers.conditions.clone(),
        key: headers.key("restore", body.text()),
        body_is_valid: problem.is_none(),
        act: Act::Restore(version),
    };
    let answered = carry_out(writer, body.memory(), write, problem).await?;
    Draft::written(answered, &headers)
}
