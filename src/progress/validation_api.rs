//! Checking a draft over HTTP, before it is submitted.

use rocket::{Route, post, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    drafts_api::{Named, target_of},
    reader::Reader,
};
use crate::{
    access::Visitor,
    http::OptionalJsonBody,
    problem::{FieldError, Problem},
    surveys::ScreenName,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![validate]
}

/// What is to be checked.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct ValidateBody {
    /// The name of one of the survey's screens, or its number, counted from 0. Without it the draft is checked as it
    /// would be submitted.
    #[schema(example = "contact")]
    screen: Option<String>,
}

/// Whether a draft's answers would be accepted.
#[derive(Serialize, ToSchema)]
pub struct ValidationView {
    valid: bool,
    /// Everything that is not.
    errors: Vec<FieldError>,
}

/// Check a draft
///
/// Checks what is stored, whole or for one screen, and changes nothing.
#[utoipa::path(
    operation_id = "validateDraft",
    context_path = "/api", tag = "Drafts",
    request_body(content = Option<ValidateBody>, example = json!({"screen": "contact"})),
    params(crate::openapi::Id),
    responses(
        (status = 200, description = "What was found", body = ValidationView, example = json!({"valid": false,
            "errors": [{"pointer": "#/data/email", "detail": "is missing"}]})),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyBody, crate::openapi::AnyPublic, crate::openapi::AnyStorage
    )
)]
#[post("/drafts/<id>/validate", data = "<body>")]
async fn validate(
    visitor: Result<Visitor, Problem>,
    id: Named<'_>,
    body: Result<OptionalJsonBody<'_>, Problem>,
    reader: Reader<'_>,
) -> Result<Json<ValidationView>, Problem> {
    visitor?;
    let draft = reader.find(target_of(id)?).await?.draft;
    let body = body?.0;
    let mut fields = body.fields()?;
    let screen: Option<ScreenName> = fields.optional("screen");
    let form = reader.form(draft.head.survey_id).await?;
    let found = reader.judge(move || form.errors(&draft.content.data, screen.as_ref())).await?;
    if found.is_none() {
        fields.note("screen", "is not a screen of this survey");
    }
    let errors = fields.finish(found)?;
    Ok(Json(ValidationView { valid: errors.is_empty(), errors }))
}
