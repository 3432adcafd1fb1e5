//! Progress over HTTP: drafts by email and survey.

use rocket::{Route, State, delete, get, post, routes};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    Change, Current, Data, DraftId, Fingerprint, Pair, Screen, guest_code_of,
    headers::{ReadHeaders, WriteHeaders},
    limited::carry_out_for,
    reader::Reader,
    rules::Refusal,
    store,
    views::{Draft, DraftView, Gone, Shown},
    world::Answered,
    writer::{Failure, Writer},
    writes::{Act, By, Save, Target, Way, Write},
};
use crate::{
    access::Visitor,
    http::{Fields, JsonBody, Query},
    limits::Guess,
    problem::{FieldError, Problem},
    surveys::SurveyId,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![show, save, discard]
}

/// Read a participant's draft
///
/// Changes nothing, and never extends the draft's life.
#[utoipa::path(
    operation_id = "readProgress",
    context_path = "/api", tag = "Progress",
    params(
        ("email" = String, Query, description = "The participant's address, percent-encoded", example = "ana@example.com"),
        ("survey_id" = i64, Query, description = "The survey; `survey` is another name for it", example = 1),
        crate::openapi::Fit, crate::openapi::IfNoneMatch
    ),
    responses(
        (status = 200, description = "The draft", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 304, description = "The client has this version"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::ProgressNotFound),
        crate::openapi::AnyPublic, crate::openapi::AnyStorage
    )
)]
#[get("/progress")]
async fn show(
    visitor: Result<Visitor, Problem>,
    query: Query<'_>,
    headers: ReadHeaders,
    reader: Reader<'_>,
) -> Result<Shown, Problem> {
    let visitor = visitor?;
    let mut fields = query.fields(&["email", "survey_id", "survey", "fit"])?;
    let fit = fields.optional("fit").unwrap_or(false);
    let pair = pair_of(&mut fields);
    let pair = fields.finish(pair)?;
    let found = reader.database.read(move |conn| store::find(conn, &pair)).await?;
    let Some(current) = found.and_then(|found| reader.alive(found)) else {
        visitor.missed(Guess::Email);
        return Err(Problem::ProgressNotFound);
    };
    shown(current, fit, &headers, &reader).await
}

/// The answer to a read through either door.
pub async fn shown(current: Current, fit: bool, headers: &ReadHeaders, reader: &Reader<'_>) -> Result<Shown, Problem> {
    match fit {
        false => Ok(Shown::of(current, headers)),
        true => {
            let form = reader.form(current.draft.head.survey_id).await?;
            reader.judge(move || Shown::fitted(current, &form)).await
        }
    }
}

/// What a front end sends when a participant leaves a screen.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct SaveBody {
    /// Trimmed and case-folded before it is compared; 254 characters at most.
    #[schema(format = "email", example = "ana@example.com")]
    email: String,
    /// `survey` is another name for it.
    survey_id: SurveyId,
    /// The screen entered. Without it a new draft starts at 0, and an existing one keeps its own.
    current_screen: Option<Screen>,
    /// The front end's whole form state. Replaces the old one; needed for a new draft. A guest code in
    /// `guestCodeResponse.guestCode` links the draft to its company.
    #[schema(value_type = Object, required = false)]
    data: Option<()>,
    /// The front end's own notes. Without it the draft keeps its own; null clears it.
    #[schema(value_type = Option<Object>)]
    meta: Option<()>,
    /// The shape of the form. Without it the draft keeps its own, or gets the survey's; null clears it.
    fingerprint: Option<Fingerprint>,
}

/// Save a screen
///
/// Starts the participant's draft, or replaces its content. Acknowledged means on the disk. Every save moves the
/// draft's expiry on; one that says what is already there leaves the version as it is. Without `If-Match` the last write
/// wins.
#[utoipa::path(
    operation_id = "saveProgress",
    context_path = "/api", tag = "Progress",
    request_body(content = SaveBody, example = json!({"email": "ana@example.com", "survey_id": 1, "current_screen": 2,
        "data": {"guestCodeResponse": {"guestCode": "DEMO"}, "responses": [{"questionId": 10, "optionId": 102}]}})),
    params(crate::openapi::IfMatch, crate::openapi::IdempotencyKey, crate::openapi::Prefer),
    responses(
        (status = 201, description = "A new draft", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 200, description = "The draft as it is now", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 400, response = crate::openapi::InvalidSave),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody, crate::openapi::AnyCondition, crate::openapi::AnyPublicWrite, crate::openapi::AnyStorage
    )
)]
#[post("/progress", data = "<body>")]
async fn save(
    visitor: Result<Visitor, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Draft, Problem> {
    let visitor = visitor?;
    let (body, headers) = (body?, headers?);
    let (write, problem) = save_in(&body, &headers)?;
    let answered = carry_out_for(&visitor, writer, body.memory(), write, problem).await?;
    Draft::written(answered, &headers)
}

/// Discard a participant's draft
///
/// Succeeds also when there is nothing to discard.
#[utoipa::path(
    operation_id = "discardProgress",
    context_path = "/api", tag = "Progress",
    params(
        ("email" = String, Query, description = "The participant's address, percent-encoded", example = "ana@example.com"),
        ("survey_id" = i64, Query, description = "The survey; `survey` is another name for it", example = 1),
        crate::openapi::IfMatch, crate::openapi::IdempotencyKey
    ),
    responses(
        (status = 204, description = "Nothing is saved (any more)"),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyCondition, crate::openapi::AnyPublic, crate::openapi::AnyStorage
    )
)]
#[delete("/progress")]
async fn discard(
    visitor: Result<Visitor, Problem>,
    query: Query<'_>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Gone, Problem> {
    let visitor = visitor?;
    let target = Target::Pair(pair_in(query)?);
    let headers = headers?;
    let write = headers.write(("discard", ""), target, By::Participant, Act::Discard, None);
    let Answered { replayed, .. } = carry_out_for(&visitor, writer, 0, write, None).await?;
    Ok(Gone { replayed })
}

/// The pair that a query names, and nothing else.
fn pair_in(query: Query<'_>) -> Result<Pair, Problem> {
    let mut fields = query.fields(&["email", "survey_id", "survey"])?;
    let pair = pair_of(&mut fields);
    fields.finish(pair)
}

/// The pair that a query or a body names.
pub fn pair_of(fields: &mut Fields<'_>) -> Option<Pair> {
    let email = fields.required("email");
    let survey_id = survey_of(fields);
    Some(Pair { email: email?, survey_id: survey_id? })
}

/// The survey that a query or a body names.
pub fn survey_of(fields: &mut Fields<'_>) -> Option<SurveyId> {
    fields.required_as(&["survey_id", "survey"])
}

/// The save that a body asks for, and what is wrong with the body. Only a body that names nobody is refused at once.
pub fn save_in(body: &JsonBody<'_>, headers: &WriteHeaders<'_>) -> Result<(Write, Option<Problem>), Problem> {
    let mut fields = body.fields()?;
    let pair = pair_of(&mut fields);
    let change = change_in(&mut fields);
    let Some(pair) = pair else { return fields.finish(None) };
    let problem = fields.finish(Some(())).err();
    let new_id = DraftId::random();
    let save = Save { way: Way::Progress, new_id, survey_id: pair.survey_id, change };
    let write =
        headers.write(("save", body.text()), Target::Pair(pair), By::Participant, Act::Save(save), problem.as_ref());
    Ok((write, problem))
}

/// What a body brings for a draft, apart from whose it is.
pub fn change_in(fields: &mut Fields<'_>) -> Change {
    let data = object_in(fields, "data");
    let meta = fields.raw("meta");
    Change {
        data: data.map(|data| Data::of(data.to_owned().into())),
        meta: meta.map(|meta| (meta.get() != "null").then(|| meta.to_owned().into())),
        guest_code: data.and_then(guest_code_of),
        ..marks_in(fields)
    }
}

/// What a body says beside the content: the screen, and the shape of the form.
pub fn marks_in(fields: &mut Fields<'_>) -> Change {
    let current_screen = fields.optional("current_screen");
    let fingerprint: Option<Fingerprint> = fields.optional("fingerprint");
    let is_null = fields.raw("fingerprint").is_some_and(|json| json.get() == "null");
    let fingerprint = if is_null { Some(None) } else { fingerprint.map(Some) };
    Change { current_screen, fingerprint, ..Default::default() }
}

/// A member that must be an object, if it is there.
pub fn object_in<'a>(fields: &mut Fields<'a>, name: &str) -> Option<&'a RawValue> {
    let value = fields.raw(name)?;
    if !value.get().starts_with('{') {
        fields.note(name, "must be an object");
        return None;
    }
    Some(value)
}

/// Has a write carried out. `problem` is what is wrong with its body: it is told unless something goes before it.
pub async fn carry_out(
    writer: &Writer,
    memory: usize,
    write: Write,
    problem: Option<Problem>,
) -> Result<Answered, Problem> {
    writer.run(memory, write).await.map_err(|failure| match (failure, problem) {
        (Failure::Refused(Refusal::BodyInvalid), Some(problem)) => problem,
        (failure, _) => failure.into(),
    })
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::QueueFull => Self::QueueFull,
            Failure::Unavailable => Self::StorageUnavailable,
            Failure::Fault => Self::Internal,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SurveyNotFound => Self::SurveyNotFound,
            Refusal::SurveyClosed => Self::SurveyClosed,
            Refusal::AlreadySubmitted => Self::AlreadySubmitted,
            Refusal::DraftNotFound => Self::DraftNotFound,
            Refusal::DraftExpired => Self::DraftExpired,
            Refusal::DraftSubmitted => Self::DraftSubmitted,
            Refusal::DraftExists => Self::DraftExists,
            Refusal::DraftClaimed => Self::DraftClaimed,
            Refusal::DraftAnonymous => Self::DraftAnonymous,
            Refusal::DraftTooLarge => Self::DraftTooLarge,
            Refusal::StateNotFound => Self::StateNotFound,
            Refusal::InvalidGuestCode => Self::InvalidGuestCode,
            Refusal::AnswersInvalid(errors) => Self::AnswersInvalid(errors),
            Refusal::PreconditionRequired => Self::PreconditionRequired,
            Refusal::KeyReused => Self::IdempotencyKeyReused,
            Refusal::DataMissing => {
                Self::InvalidRequest(vec![FieldError::at("/data", "is missing: a first save needs the form's state")])
            }
            Refusal::VersionMismatch(current) => match current.map(|current| Draft::read(*current).embedded()) {
                None => Self::VersionMismatch(None),
                Some(Ok(current)) => Self::VersionMismatch(Some(current)),
                Some(Err(problem)) => problem,
            },
            // Whoever sent the write keeps what is wrong with its body.
            Refusal::BodyInvalid => Self::Internal,
        }
    }
}
