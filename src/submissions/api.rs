//! Submissions over HTTP.

use rocket::{Route, State, http::Status, post, response::status, routes, serde::json::Json};
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{
    Receipt, Submit,
    answers::{Answers, Options},
    store,
};
use crate::{
    clock::Moment,
    companies::GuestCode,
    db::Database,
    email::Email,
    http::{Fields, JsonBody, Parameter, fields},
    problem::Problem,
    progress::{Pair, api::pair_of, writer::Writer},
    surveys::{self, SurveyId},
    views::Envelope,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![submit, respond, has_answer]
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
    #[schema(value_type = serde_json::Value)]
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

/// Submit a participant's answers
///
/// The end of the draft, in the same transaction. Sent again unchanged, it is answered as the first time.
#[utoipa::path(
    context_path = "/api", tag = "Submissions",
    request_body(content = SubmissionBody, example = json!({"survey_id": 1, "email": "ana@example.com", "guest_code": "DEMO",
        "participant": {"name": "Ana"}, "answers": {"10": 102, "20": 201}})),
    responses(
        (status = 201, description = "The submission", body = SubmissionView, example = json!({"submission_id": 42, "survey_id": 1,
            "email": "ana@example.com", "answers_count": 2, "submitted_at": "2026-11-24T17:09:41.000000Z"})),
        (status = 400, response = crate::openapi::InvalidSubmission),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody,
        (status = 422, response = crate::openapi::AnswersInvalid),
        crate::openapi::AnyStorage
    )
)]
#[post("/submissions", data = "<body>")]
async fn submit(
    body: Result<JsonBody<'_>, Problem>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> Result<status::Custom<Json<SubmissionView>>, Problem> {
    let body = body?;
    let (mut fields, memory) = (body.fields()?, body.memory());
    let pair = pair_of(&mut fields);
    let guest_code = fields.optional("guest_code");
    let participant = object_in(&mut fields, "participant");
    let answers = fields.raw("answers").filter(|answers| answers.get() != "null");
    let pair = fields.finish(pair)?;
    let command = command(database, pair.clone(), guest_code, participant, answers).await?;
    let receipt = writer.run(&pair, memory, command).await?;
    let view = SubmissionView {
        submission_id: number_of(&receipt)?,
        survey_id: pair.survey_id,
        email: pair.email.as_str().to_owned(),
        answers_count: receipt.answers_count,
        submitted_at: receipt.submitted_at,
    };
    Ok(status::Custom(Status::Created, Json(view)))
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
    context_path = "/api", tag = "Survey front end",
    request_body(content = ResponseBody, example = json!({"invitation_code": "DEMO", "survey_id": 1,
        "participant": {"email": "ana@example.com", "name": "Ana"}, "answers": [102, 201]})),
    responses(
        (status = 201, description = "The submission", body = Envelope<ResponseView>, example = json!({"status": "ok",
            "message": "Thank you, your answers have been received.", "data": {"submission_id": 42, "answers_count": 2}})),
        (status = 400, response = crate::openapi::InvalidSubmission),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody,
        (status = 422, response = crate::openapi::AnswersInvalid),
        crate::openapi::AnyStorage
    )
)]
#[post("/response", data = "<body>")]
async fn respond(
    body: Result<JsonBody<'_>, Problem>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> Result<status::Custom<Json<Envelope<ResponseView>>>, Problem> {
    let body = body?;
    let (mut fields, memory) = (body.fields()?, body.memory());
    let guest_code = fields.required::<GuestCode>("invitation_code");
    let survey_id = fields.required_as(&["survey_id", "survey"]);
    let participant = object_in(&mut fields, "participant");
    let email = email_of(&mut fields, participant);
    let answers = fields.raw("answers");
    if answers.is_none_or(|answers| !answers.get().starts_with('[')) {
        fields.note("answers", "must be a list");
    }
    let pair = email.zip(survey_id).map(|(email, survey_id)| Pair { email, survey_id });
    let pair = fields.finish(pair)?;
    let command = command(database, pair.clone(), guest_code, participant, answers).await?;
    let receipt = writer.run(&pair, memory, command).await?;
    let view = ResponseView { submission_id: number_of(&receipt)?, answers_count: receipt.answers_count };
    Ok(status::Custom(Status::Created, Json(Envelope::new("Thank you, your answers have been received.", view))))
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
    context_path = "/api", tag = "Survey front end",
    request_body(content = HasAnswerBody, example = json!({"email": "ana@example.com", "survey_id": 1})),
    responses(
        (status = 200, description = "Whether they have", body = Envelope<HasAnswerView>, example = json!({"status": "ok",
            "message": "This email has not answered this survey.", "data": {"has_answer": false}})),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody,
        crate::openapi::AnyStorage
    )
)]
#[post("/participant/has-answer", data = "<body>")]
async fn has_answer(
    body: Result<JsonBody<'_>, Problem>,
    database: &State<Database>,
) -> Result<Json<Envelope<HasAnswerView>>, Problem> {
    let mut fields = body?.fields()?;
    let pair = pair_of(&mut fields);
    let pair = fields.finish(pair)?;
    let (survey_exists, has_answer) = database
        .read(move |conn| Ok((surveys::store::exists(conn, pair.survey_id)?, store::exists(conn, &pair)?)))
        .await?;
    let message = match (survey_exists, has_answer) {
        (false, _) => return Err(Problem::SurveyNotFound),
        (true, true) => "This email has answered this survey.",
        (true, false) => "This email has not answered this survey.",
    };
    Ok(Json(Envelope::new(message, HasAnswerView { has_answer })))
}

fn object_in<'a>(fields: &mut Fields<'a>, name: &str) -> Option<&'a RawValue> {
    let value = fields.raw(name).filter(|value| value.get() != "null")?;
    match value.get().starts_with('{') {
        true => Some(value),
        false => {
            fields.note(name, "must be an object");
            None
        }
    }
}

/// The address inside a participant.
fn email_of(fields: &mut Fields<'_>, participant: Option<&RawValue>) -> Option<Email> {
    let email = participant.and_then(|participant| crate::http::body::member(participant, "email"));
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

/// The submission that a body asks for: its answers read with the help of the survey's definition.
async fn command(
    database: &Database,
    pair: Pair,
    guest_code: Option<GuestCode>,
    participant: Option<&RawValue>,
    sent: Option<&RawValue>,
) -> Result<Submit, Problem> {
    let digest = Sha256::digest(sent.map_or("", RawValue::get)).into();
    let asked = pair.clone();
    let (survey, submitted) = database
        .read(move |conn| Ok((surveys::store::find(conn, asked.survey_id)?, store::exists(conn, &asked)?)))
        .await?;
    let survey = survey.ok_or(Problem::SurveyNotFound)?;
    let answers = match sent {
        // A submission sent again is judged by what was sent the first time, not by what the survey has become.
        Some(sent) if !submitted => {
            Answers::read(sent, &Options::of(&survey.definition)).map_err(Problem::AnswersInvalid)?
        }
        _ => Answers::default(),
    };
    let participant = participant.map(|participant| participant.to_owned().into());
    Ok(Submit { pair, guest_code, participant, answers, digest })
}

fn number_of(receipt: &Receipt) -> Result<i64, Problem> {
    receipt.submission_id.get().copied().ok_or(Problem::Internal)
}
