//! Submitting a draft on the participant's behalf, for admins.

use rocket::{Route, State, post, routes};
use utoipa::ToSchema;

use super::{
    Given,
    answers::Answers,
    api::{Accepted, Asked, SubmissionView, own_answers, receipt_of, write_of},
    digest_of,
};
use crate::{
    access::{Arrived, Power},
    http::{JsonBody, Parameter},
    problem::Problem,
    progress::{
        api::carry_out,
        drafts_api::{Named, target_of},
        headers::WriteHeaders,
        previous_api::entry_for,
        reader::Reader,
        writer::Writer,
        writes::{By, Target},
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Draft,
    None,
}

impl Parameter for Which {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "draft" => Ok(Self::Draft),
            "none" => Ok(Self::None),
            _ => Err("must be draft or none"),
        }
    }
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
    let (which, problem) = match body.fields() {
        Ok(mut fields) => {
            let which = fields.required::<Which>("answers");
            (which, fields.finish(which).err())
        }
        Err(problem) => (None, Some(problem)),
    };
    let (answers, said) = match which {
        Some(Which::Draft) => match reader.find(id).await {
            Ok(found) => (own_answers(found, &reader).await?, "with the draft's answers"),
            // How the draft ended, the writer knows, and whether this is the request that ended it.
            Err(Problem::DraftNotFound | Problem::DraftExpired | Problem::DraftSubmitted) => {
                (Given::Unjudged { digest: None }, "with the draft's answers")
            }
            Err(problem) => return Err(problem),
        },
        Some(Which::None) | None => {
            (Given::Sent { answers: Ok(Answers::default()), digest: digest_of(None) }, "without answers")
        }
    };
    let by = By::Admin(Box::new(entry.detail(said)));
    let asked = Asked { problem, ..Default::default() };
    let (write, problem) = write_of(Target::Draft(id), by, asked, answers, &body, &headers);
    let answered = carry_out(writer, body.memory(), write, problem).await?;
    let (pair, receipt, replayed) = receipt_of(answered)?;
    Ok(Accepted { view: SubmissionView::of(&pair, &receipt)?, replayed })
}
