//! Submissions over HTTP.

use std::{io::Cursor, sync::Arc};

use rocket::{
    Request, Route, State,
    http::{ContentType, Status},
    post,
    response::{self, Responder, Response},
    routes,
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{Given, Own, Receipt, Submit, answers::Answers, digest_of, store};
use crate::{
    access::{Visitor, visitor::Submitter},
    clock::Moment,
    companies::GuestCode,
    http::{Fields, JsonBody, OptionalJsonBody},
    problem::Problem,
    progress::{
        Current, DraftId, Head, Pair,
        api::{object_in, pair_of},
        drafts_api::{Named, target_of},
        headers::WriteHeaders,
        limited::carry_out_for,
        reader::Reader,
        views::replayed,
        world::{Answered, Outcome},
        writer::Writer,
        writes::{Act, By, Target, Write},
    },
    surveys::{SurveyId, form::Form},
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![submit_pair, submit_draft]
}

/// A submission to be made.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct SubmissionBody {
    /// `survey` is another name for it.
    survey_id: SurveyId,
    #[schema(format = "email", example = "ana@example.com")]
    email: String,
    /// Must be good, or be the one that the participant's draft was linked with.
    #[schema(example = "DEMO")]
    guest_code: Option<String>,
    /// What the participant says of themself.
    #[schema(value_type = Option<Object>)]
    participant: Option<()>,
    /// An object `{question: value}`, a list of objects with a `questionId`, or a list of ids of options that the
    /// survey's definition knows. Without it, the participant is just marked as done.
    #[schema(value_type = serde_json::Value, required = false)]
    answers: Option<()>,
}

/// A submission that was accepted.
#[derive(Serialize, ToSchema)]
pub struct SubmissionView {
    #[schema(example = 42)]
    submission_id: i64,
    survey_id: SurveyId,
    #[schema(format = "email", example = "ana@example.com")]
    email: String,
    #[schema(example = 1)]
    answers_count: i32,
    submitted_at: Moment,
}

/// A submission that was accepted, now or before.
pub struct Accepted<V> {
    /// What is told of it.
    pub view: V,
    /// Whether it came before, with the same key.
    pub replayed: bool,
}

impl<'r, V: Serialize> Responder<'r, 'static> for Accepted<V> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let json = serde_json::to_vec(&self.view).map_err(|_| Status::InternalServerError)?;
        let mut response = Response::build();
        response.status(Status::Created).header(ContentType::JSON).sized_body(json.len(), Cursor::new(json));
        if self.replayed {
            response.header(replayed());
        }
        response.ok()
    }
}

/// Submit a participant's answers
///
/// The end of the draft, in the same transaction. Sent again unchanged, it is answered as the first time.
#[utoipa::path(
    operation_id = "submit",
    context_path = "/api", tag = "Submissions",
    request_body(content = SubmissionBody, example = json!({"survey_id": 1, "email": "ana@example.com", "guest_code": "DEMO",
        "participant": {"name": "Ana"}, "answers": {"10": 102, "20": 201}})),
    params(crate::openapi::IfMatch, crate::openapi::IdempotencyKey),
    responses(
        (status = 201, description = "The submission", body = SubmissionView, example = json!({"submission_id": 42, "survey_id": 1,
            "email": "ana@example.com", "answers_count": 2, "submitted_at": "2026-11-24T17:09:41.000000Z"})),
        (status = 400, response = crate::openapi::InvalidSubmission),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody, crate::openapi::AnySubmission, crate::openapi::AnyPublicWrite, crate::openapi::AnyStorage
    )
)]
#[post("/submissions", data = "<body>")]
async fn submit_pair(
    visitor: Result<Submitter, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
    reader: Reader<'_>,
) -> Result<Accepted<SubmissionView>, Problem> {
    let Submitter(visitor) = visitor?;
    let (body, headers) = (body?, headers?);
    let mut fields = body.fields()?;
    let pair = pair_of(&mut fields);
    let mut asked = Asked::of(&mut fields);
    let Some(pair) = pair else { return fields.finish(None) };
    asked.problem = fields.finish(Some(())).err();
    visitor.may_submit_in(pair.survey_id)?;
    if asked.answers.is_none() {
        visitor.may_mark()?;
    }
    let (pair, receipt, replayed) = submit(&visitor, pair, asked, &body, &headers, writer, &reader).await?;
    Ok(Accepted { view: SubmissionView::of(&pair, &receipt)?, replayed })
}

/// A submission of a draft.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct DraftSubmissionBody {
    /// As in `POST /api/submissions`. Without it, the draft's own data.
    #[schema(value_type = serde_json::Value, required = false)]
    answers: Option<()>,
    /// Must be good, or be the one that the draft was linked with.
    #[schema(example = "DEMO")]
    guest_code: Option<String>,
    /// What the participant says of themself.
    #[schema(value_type = Option<Object>)]
    participant: Option<()>,
}

/// Submit a draft
///
/// The same for the participant whose draft it is. The body may be left out: the answers are the draft's own then.
#[utoipa::path(
    operation_id = "submitDraft",
    context_path = "/api", tag = "Submissions",
    request_body(content = Option<DraftSubmissionBody>, example = json!({"answers": {"10": 102, "20": 201}})),
    params(crate::openapi::Id, crate::openapi::IfMatch, crate::openapi::IdempotencyKey),
    responses(
        (status = 201, description = "The submission", body = SubmissionView, example = json!({"submission_id": 42, "survey_id": 1,
            "email": "ana@example.com", "answers_count": 2, "submitted_at": "2026-11-24T17:09:41.000000Z"})),
        (status = 400, response = crate::openapi::InvalidSubmission),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 409, response = crate::openapi::DraftAnonymous),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyBody, crate::openapi::AnySubmission, crate::openapi::AnyPublicWrite, crate::openapi::AnyStorage
    )
)]
#[post("/drafts/<id>/submit", data = "<body>")]
async fn submit_draft(
    visitor: Result<Submitter, Problem>,
    id: Named<'_>,
    body: Result<OptionalJsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
    reader: Reader<'_>,
) -> Result<Accepted<SubmissionView>, Problem> {
    let Submitter(visitor) = visitor?;
    let id = target_of(id)?;
    let (OptionalJsonBody(body), headers) = (body?, headers?);
    let asked = match body.fields() {
        Ok(mut fields) => {
            let asked = Asked::of(&mut fields);
            Asked { problem: fields.finish(Some(())).err(), ..asked }
        }
        Err(problem) => Asked { problem: Some(problem), ..Default::default() },
    };
    let answers = match (reader.find(id).await, asked.answers) {
        // How the draft ended, the writer knows, and whether this is the request that ended it.
        (Err(Problem::DraftNotFound | Problem::DraftExpired | Problem::DraftSubmitted), sent) => {
            let submitter = reader.database.read(move |conn| store::submitters(conn, &[id])).await?.pop();
            visitor.may_learn_of(submitter.map(|(_, pair)| pair.survey_id))?;
            Given::Unjudged { digest: sent.map(|sent| digest_of(Some(sent))) }
        }
        (Err(problem), _) => return Err(problem),
        (Ok(found), sent) => {
            let Head { survey_id, company_id, .. } = found.draft.head;
            visitor.may_submit_draft(survey_id, company_id)?;
            match sent {
                Some(sent) => sent_answers(Some(sent), reader.form(survey_id).await?, &reader).await?,
                None => own_answers(found, &reader).await?,
            }
        }
    };
    let (pair, receipt, replayed) = send(&visitor, Target::Draft(id), asked, answers, &body, &headers, writer).await?;
    Ok(Accepted { view: SubmissionView::of(&pair, &receipt)?, replayed })
}

/// What a body asks for, apart from whose submission it is.
#[derive(Default)]
pub struct Asked<'a> {
    /// The guest code.
    pub guest_code: Option<GuestCode>,
    /// What the participant says of themself.
    pub participant: Option<&'a RawValue>,
    /// The answers as they were sent.
    pub answers: Option<&'a RawValue>,
    /// What is wrong with the body.
    pub problem: Option<Problem>,
}

impl<'a> Asked<'a> {
    fn of(fields: &mut Fields<'a>) -> Self {
        Self {
            guest_code: fields.optional("guest_code"),
            participant: object_or_null_in(fields, "participant"),
            answers: fields.raw("answers").filter(|answers| answers.get() != "null"),
            problem: None,
        }
    }
}

impl SubmissionView {
    /// Of a submission that was accepted.
    pub fn of(pair: &Pair, receipt: &Receipt) -> Result<Self, Problem> {
        Ok(Self {
            submission_id: number_of(receipt)?,
            survey_id: pair.survey_id,
            email: pair.email.as_str().to_owned(),
            answers_count: receipt.answers_count,
            submitted_at: receipt.submitted_at,
        })
    }
}

/// Submits what a body asks for, as this participant.
pub async fn submit(
    visitor: &Visitor,
    pair: Pair,
    asked: Asked<'_>,
    body: &JsonBody<'_>,
    headers: &WriteHeaders<'_>,
    writer: &Writer,
    reader: &Reader<'_>,
) -> Result<(Pair, Receipt, bool), Problem> {
    let form = reader.form(pair.survey_id).await?;
    let answers = sent_answers(asked.answers, form, reader).await?;
    send(visitor, Target::Pair(pair), asked, answers, body, headers, writer).await
}

async fn sent_answers(sent: Option<&RawValue>, form: Arc<Form>, reader: &Reader<'_>) -> Result<Given, Problem> {
    let digest = digest_of(sent);
    let answers = match sent.map(ToOwned::to_owned) {
        Some(sent) => reader.judge(move || form.answers(&sent, "/answers")).await?,
        None => Ok(Answers::default()),
    };
    Ok(Given::Sent { answers, digest })
}

/// The answers that a draft has now, judged.
pub async fn own_answers(found: Current, reader: &Reader<'_>) -> Result<Given, Problem> {
    let (head, content) = (found.draft.head, found.draft.content);
    let form = reader.form(head.survey_id).await?;
    let judge = form.clone();
    let verdict = reader.judge(move || judge.answers(&content.data, "/data")).await?;
    Ok(Given::Own(Own { judged: (head.digest, verdict), form }))
}

async fn send(
    visitor: &Visitor,
    target: Target,
    asked: Asked<'_>,
    answers: Given,
    body: &JsonBody<'_>,
    headers: &WriteHeaders<'_>,
    writer: &Writer,
) -> Result<(Pair, Receipt, bool), Problem> {
    let (write, problem) = write_of(target, By::Participant, asked, answers, body.text(), headers);
    receipt_of(carry_out_for(visitor, writer, body.memory(), write, problem).await?)
}

/// The write that a submission asks for, and what is wrong with its body.
pub fn write_of(
    target: Target,
    by: By,
    asked: Asked<'_>,
    answers: Given,
    body: &str,
    headers: &WriteHeaders<'_>,
) -> (Write, Option<Problem>) {
    let submit = Submit {
        guest_code: asked.guest_code,
        participant: asked.participant.map(|participant| participant.to_owned().into()),
        answers,
        unknown_draft_id: DraftId::random(),
    };
    let write = headers.write(("submit", body), target, by, Act::Submit(submit), asked.problem.as_ref());
    (write, asked.problem)
}

/// Whose submission it is that a write has led to, what is known of it, and whether it was made before.
pub fn receipt_of(answered: Answered) -> Result<(Pair, Receipt, bool), Problem> {
    match answered {
        Answered { outcome: Outcome::Submitted(pair, receipt), replayed } => Ok((pair, receipt, replayed)),
        _ => Err(Problem::Internal),
    }
}

/// A member that must be an object, if it is there; null counts as not there.
pub fn object_or_null_in<'a>(fields: &mut Fields<'a>, name: &str) -> Option<&'a RawValue> {
    match fields.raw(name) {
        Some(value) if value.get() == "null" => None,
        _ => object_in(fields, name),
    }
}

/// The number of a submission.
pub fn number_of(receipt: &Receipt) -> Result<i64, Problem> {
    receipt.submission_id.get().copied().ok_or(Problem::Internal)
}
