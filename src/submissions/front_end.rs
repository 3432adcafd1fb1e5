//! Submissions as existing survey front ends make them, and ask about them.

use rocket::{Route, State, post, routes, serde::json::Json};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    api::{Accepted, Asked, number_of, object_or_null_in, submit},
    store,
};
use crate::{
    access::{Visitor, visitor::Submitter},
    companies::GuestCode,
    db::Database,
    email::Email,
    http::{Fields, JsonBody, Parameter, body::member, fields},
    limits::Guess,
    problem::Problem,
    progress::{Pair, api::pair_of, headers::WriteHeaders, reader::Reader, writer::Writer},
    surveys::{self, SurveyId},
    views::Envelope,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![respond, has_answer]
}

/// The final screen of a survey front end.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct ResponseBody {
    /// Must be good, or be the one that the participant's draft was linked with.
    #[schema(example = "DEMO")]
    invitation_code: String,
    /// `survey` is another name for it.
    survey_id: SurveyId,
    /// What the participant says of themself; `email` must be among it.
    #[schema(value_type = Object, example = json!({"email": "ana@example.com", "name": "Ana"}))]
    participant: (),
    /// The ids of the options chosen.
    #[schema(value_type = Vec<i64>, example = json!([100, 203]))]
    answers: (),
}

/// A response that was accepted.
#[derive(Serialize, ToSchema)]
pub struct ResponseView {
    #[schema(example = 42)]
    submission_id: i64,
    #[schema(example = 2)]
    answers_count: i32,
}

/// Submit the options that a participant chose
///
/// The same as a submission, in the form of existing survey front ends.
#[utoipa::path(
    operation_id = "respond",
    context_path = "/api", tag = "Survey front end",
    request_body(content = ResponseBody, example = json!({"invitation_code": "DEMO", "survey_id": 1,
        "participant": {"email": "ana@example.com", "name": "Ana"}, "answers": [102, 201]})),
    params(crate::openapi::IfMatch, crate::openapi::IdempotencyKey),
    responses(
        (status = 201, description = "The submission", body = Envelope<ResponseView>, example = json!({"status": "ok",
            "message": "Thank you, your answers have been received.", "data": {"submission_id": 42, "answers_count": 2}})),
        (status = 400, response = crate::openapi::InvalidSubmission),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody, crate::openapi::AnySubmission, crate::openapi::AnyPublicWrite, crate::openapi::AnyStorage
    )
)]
#[post("/response", data = "<body>")]
async fn respond(
    visitor: Result<Submitter, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
    reader: Reader<'_>,
) -> Result<Accepted<Envelope<ResponseView>>, Problem> {
    let Submitter(visitor) = visitor?;
    let (body, headers) = (body?, headers?);
    let mut fields = body.fields()?;
    let guest_code = fields.required::<GuestCode>("invitation_code");
    let survey_id = fields.required_as(&["survey_id", "survey"]);
    let participant = object_or_null_in(&mut fields, "participant");
    let email = email_of(&mut fields, participant);
    let answers = fields.raw("answers");
    if answers.is_none_or(|answers| !answers.get().starts_with('[')) {
        fields.note("answers", "must be a list");
    }
    let pair = email.zip(survey_id).map(|(email, survey_id)| Pair { email, survey_id });
    let Some(pair) = pair else { return fields.finish(None) };
    visitor.may_submit_in(pair.survey_id)?;
    let asked = Asked { guest_code, participant, answers, problem: fields.finish(Some(())).err() };
    let (_, receipt, replayed) = submit(&visitor, pair, asked, &body, &headers, writer, &reader).await?;
    let view = ResponseView { submission_id: number_of(&receipt)?, answers_count: receipt.answers_count };
    Ok(Accepted { view: Envelope::new("Thank you, your answers have been received.", view), replayed })
}

/// A pair to be asked about.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct HasAnswerBody {
    #[schema(format = "email", example = "ana@example.com")]
    email: String,
    /// `survey` is another name for it.
    survey_id: SurveyId,
}

/// Whether there is a submission.
#[derive(Serialize, ToSchema)]
pub struct HasAnswerView {
    has_answer: bool,
}

/// Ask whether a participant has answered a survey
#[utoipa::path(
    operation_id = "hasAnswer",
    context_path = "/api", tag = "Survey front end",
    request_body(content = HasAnswerBody, example = json!({"email": "ana@example.com", "survey_id": 1})),
    responses(
        (status = 200, description = "Whether they have", body = Envelope<HasAnswerView>, example = json!({"status": "ok",
            "message": "This email has not answered this survey.", "data": {"has_answer": false}})),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody,
        crate::openapi::AnyPublic, crate::openapi::AnyStorage
    )
)]
#[post("/participant/has-answer", data = "<body>")]
async fn has_answer(
    visitor: Result<Visitor, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    database: &State<Database>,
) -> Result<Json<Envelope<HasAnswerView>>, Problem> {
    let visitor = visitor?;
    let mut fields = body?.fields()?;
    let pair = pair_of(&mut fields);
    let pair = fields.finish(pair)?;
    let (survey_exists, has_answer) = database
        .read(move |conn| Ok((surveys::store::exists(conn, pair.survey_id)?, store::exists(conn, &pair)?)))
        .await?;
    let message = match (survey_exists, has_answer) {
        (false, _) => return Err(Problem::SurveyNotFound),
        (true, true) => "This email has answered this survey.",
        (true, false) => {
            visitor.missed(Guess::Email);
            "This email has not answered this survey."
        }
    };
    Ok(Json(Envelope::new(message, HasAnswerView { has_answer })))
}

/// The address inside a participant.
fn email_of(fields: &mut Fields<'_>, participant: Option<&RawValue>) -> Option<Email> {
    let email = participant.and_then(|participant| member(participant, "email"));
    let email = email.and_then(fields::text);
    match email.as_deref().map(Email::parse) {
        Some(Ok(email)) => Some(email),
        Some(Err(detail)) => {
            fields.note("participant/email", detail);
            None
        }
        None => {
            fields.note("participant/email", "is missing");
            None
        }
    }
}
