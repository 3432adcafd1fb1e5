//! Submitting a draft on the participant's behalf, for admins.

use rocket::{Route, State, post, routes};
use utoipa::ToSchema;

use super::{
    admin_submit::{Which, submit},
    api::{Accepted, SubmissionView},
};
use crate::{
    access::{Arrived, Power},
    http::JsonBody,
    problem::Problem,
    progress::{
        admin::{Sent, entry_for},
        drafts_api::{Named, target_of},
        headers::WriteHeaders,
        reader::Reader,
        writer::Writer,
    },
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![submit_draft]
}

/// With what a draft is to be submitted.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct AdminSubmitBody {
    /// `draft`: with what was entered in it, judged by the survey as ever. `none`: just marked as completed.
    #[schema(example = "draft")]
    answers: String,
}

/// Submit a draft on the participant's behalf
///
/// The end of the draft, as if the participant had submitted it; also in a survey that is closed.
#[utoipa::path(
    operation_id = "submitDraftOf",
    context_path = "/api/admin", tag = "Admin: drafts", security(("api_key" = []), ("session" = [])),
    request_body(content = AdminSubmitBody, example = json!({"answers": "draft"})),
    params(crate::openapi::Id, crate::openapi::IfMatch, crate::openapi::IdempotencyKey),
    responses(
        (status = 201, description = "The submission", body = SubmissionView),
        (status = 400, response = crate::openapi::InvalidSubmission),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 409, response = crate::openapi::DraftAnonymous),
        (status = 410, response = crate::openapi::DraftEnded),
        (status = 412, response = crate::openapi::VersionMismatch),
        (status = 422, response = crate::openapi::AnswersInvalid),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[post("/drafts/<id>/submit", data = "<body>")]
async fn submit_draft(
    id: Named<'_>,
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
    reader: Reader<'_>,
) -> Result<Accepted<SubmissionView>, Problem> {
    let caller = arrived?.may(Power::ChangeDrafts)?;
    let id = target_of(id)?;
    let entry = entry_for(&caller, "draft.submit", id, &reader).await?;
    let (body, headers) = (body?, headers?);
    let which = body.fields().and_then(|mut fields| {
        let which = fields.required::<Which>("answers");
        fields.finish(which)
    });
    let sent = Sent { headers: &headers, body: body.text() };
    let (pair, receipt, replayed) = submit(id, entry, which, &sent, writer, &reader).await?;
    Ok(Accepted { view: SubmissionView::of(&pair, &receipt)?, replayed })
}
