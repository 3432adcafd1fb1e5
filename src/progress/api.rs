//! Progress over HTTP: drafts by email and survey.

use rocket::{
    Route, State, delete, get,
    http::{Header, Status},
    post,
    request::{FromRequest, Outcome, Request},
    response::{self, Responder, Response},
    routes,
};
use serde::Serialize;
use serde_json::value::RawValue;
use std::{convert::Infallible, io::Cursor};
use utoipa::ToSchema;

use super::{
    DraftId, Fingerprint, FormProgress, Pair, Screen, Version,
    group::Discard,
    guest_code_of, rules,
    rules::{Refusal, Save, Saved},
    store,
    writer::{Failure, Writer},
};
use crate::{
    clock::{Clock, Moment},
    companies::CompanyId,
    db::Database,
    email::Email,
    http::{Fields, JsonBody, Query},
    problem::{FieldError, Problem},
    surveys::SurveyId,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![show, save, discard]
}

/// A draft, as the participant's front end gets it back.
#[derive(Serialize, ToSchema)]
#[schema(title = "Draft", example = json!({
    "draft_id": "019aa5d2-7b5c-7d3e-8c1f-2f9a4b6c8d0e", "email": "ana@example.com", "survey_id": 1, "company_id": 1,
    "current_screen": 2,
    "data": {"guestCodeResponse": {"guestCode": "DEMO"}, "responses": [{"questionId": 10, "optionId": 102}]},
    "meta": null, "fingerprint": null, "version": 5, "created_at": "2026-11-21T09:30:00.000000Z",
    "updated_at": "2026-11-24T17:05:12.481516Z", "expires_at": "2026-12-24T17:05:12.481516Z"
}))]
pub struct DraftView<'a> {
    draft_id: DraftId,
    /// The participant's address, trimmed and case-folded.
    #[schema(value_type = Option<String>, format = "email", example = "ana@example.com")]
    email: Option<&'a str>,
    survey_id: SurveyId,
    /// The company that a guest code linked the draft to.
    company_id: Option<CompanyId>,
    current_screen: Screen,
    /// The front end's whole form state, byte for byte as it was saved. Not under `Prefer: return=minimal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    data: Option<&'a RawValue>,
    /// The front end's own notes. Not under `Prefer: return=minimal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    meta: Option<Option<&'a RawValue>>,
    fingerprint: Option<&'a Fingerprint>,
    version: Version,
    created_at: Moment,
    updated_at: Moment,
    /// From then on the draft does not exist any more. Every save moves it on.
    expires_at: Moment,
}

/// A draft as an answer, with its ETag.
pub struct Draft {
    draft: FormProgress,
    status: Status,
    minimal: bool,
}

impl Draft {
    /// The answer to a save.
    pub fn saved(Saved { draft, created }: Saved, conditions: &Conditions<'_>) -> Self {
        Self { draft, status: if created { Status::Created } else { Status::Ok }, minimal: conditions.minimal }
    }
}

impl<'r> Responder<'r, 'static> for Draft {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let FormProgress { head, content } = &self.draft;
        let view = DraftView {
            draft_id: head.draft_id,
            email: head.email.as_ref().map(Email::as_str),
            survey_id: head.survey_id,
            company_id: head.company_id,
            current_screen: head.current_screen,
            data: (!self.minimal).then_some(&*content.data),
            meta: (!self.minimal).then_some(content.meta.as_deref()),
            fingerprint: head.fingerprint.as_ref(),
            version: head.version,
            created_at: head.created_at,
            updated_at: head.updated_at,
            expires_at: head.expires_at,
        };
        let json = serde_json::to_vec(&view).map_err(|_| Status::InternalServerError)?;
        let mut response = Response::build();
        response
            .status(self.status)
            .header(rocket::http::ContentType::JSON)
            .header(Header::new("ETag", head.version.etag()))
            .sized_body(json.len(), Cursor::new(json));
        if self.minimal {
            response.header(Header::new("Preference-Applied", "return=minimal"));
        }
        response.ok()
    }
}

/// The answer to a read: the draft, or that the client has it already.
#[derive(Responder)]
pub enum Shown {
    /// Here it is.
    Draft(Draft),
    /// It is the one that `If-None-Match` names.
    #[response(status = 304)]
    NotModified((), Header<'static>),
}

impl Shown {
    /// The answer to a read.
    pub fn of(draft: FormProgress, conditions: &Conditions<'_>) -> Self {
        let version = draft.head.version;
        match conditions.if_none_match.iter().any(|tags| version.is_among(tags)) {
            true => Self::NotModified((), Header::new("ETag", version.etag())),
            false => Self::Draft(Draft { draft, status: Status::Ok, minimal: false }),
        }
    }
}

/// The request headers that concern drafts.
pub struct Conditions<'r> {
    if_none_match: Vec<&'r str>,
    minimal: bool,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Conditions<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let headers = request.headers();
        // RFC 7240: preferences are a list, over one header or several; the first of a name counts, without its parameters.
        let mut preferences = headers.get("Prefer").flat_map(|header| header.split(',')).map(|preference| {
            preference.split(';').next().unwrap_or_default().trim().replace('"', "").to_ascii_lowercase()
        });
        Outcome::Success(Self {
            if_none_match: headers.get("If-None-Match").collect(),
            minimal: preferences.find(|preference| preference.starts_with("return=")).as_deref()
                == Some("return=minimal"),
        })
    }
}

/// Read a participant's draft
///
/// Changes nothing, and never extends the draft's life.
#[utoipa::path(
    context_path = "/api", tag = "Progress",
    params(
        ("email" = String, Query, description = "The participant's address, percent-encoded", example = "ana@example.com"),
        ("survey_id" = i64, Query, description = "The survey; `survey` is another name for it", example = 1),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of the draft that the client has", example = "\"5\"")
    ),
    responses(
        (status = 200, description = "The draft", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 304, description = "The client has this version"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::ProgressNotFound),
        crate::openapi::AnyStorage
    )
)]
#[get("/progress")]
async fn show(
    query: Query<'_>,
    conditions: Conditions<'_>,
    database: &State<Database>,
    clock: &State<Clock>,
) -> Result<Shown, Problem> {
    let pair = pair_in(query)?;
    let draft = database.read(move |conn| store::find(conn, &pair)).await?;
    let now = clock.now();
    let draft = draft.filter(|draft| rules::is_alive(&draft.head, now)).ok_or(Problem::ProgressNotFound)?;
    Ok(Shown::of(draft, &conditions))
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
    /// The shape of the form. Without it the draft keeps its own; null clears it.
    fingerprint: Option<Fingerprint>,
}

/// Save a screen
///
/// Starts the participant's draft, or replaces its content. Acknowledged means on the disk. Every save moves the
/// draft's expiry on; one that says what is already there leaves the version as it is.
#[utoipa::path(
    context_path = "/api", tag = "Progress",
    request_body(content = SaveBody, example = json!({"email": "ana@example.com", "survey_id": 1, "current_screen": 2,
        "data": {"guestCodeResponse": {"guestCode": "DEMO"}, "responses": [{"questionId": 10, "optionId": 102}]}})),
    params(("Prefer" = Option<String>, Header, description = "`return=minimal`: an answer without data and meta", example = "return=minimal")),
    responses(
        (status = 201, description = "A new draft", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 200, description = "The draft as it is now", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 400, response = crate::openapi::InvalidSave),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody,
        crate::openapi::AnyStorage
    )
)]
#[post("/progress", data = "<body>")]
async fn save(
    body: Result<JsonBody<'_>, Problem>,
    conditions: Conditions<'_>,
    writer: &State<Writer>,
) -> Result<Draft, Problem> {
    let body = body?;
    let save = save_in(body.fields()?)?;
    let pair = save.pair.clone();
    Ok(Draft::saved(writer.run(&pair, body.memory(), save).await?, &conditions))
}

/// Discard a participant's draft
///
/// Succeeds also when there is nothing to discard.
#[utoipa::path(
    context_path = "/api", tag = "Progress",
    params(
        ("email" = String, Query, description = "The participant's address, percent-encoded", example = "ana@example.com"),
        ("survey_id" = i64, Query, description = "The survey; `survey` is another name for it", example = 1)
    ),
    responses(
        (status = 204, description = "Nothing is saved (any more)"),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyStorage
    )
)]
#[delete("/progress")]
async fn discard(query: Query<'_>, writer: &State<Writer>) -> Result<Status, Problem> {
    let pair = pair_in(query)?;
    writer.run(&pair.clone(), 0, Discard(pair)).await?;
    Ok(Status::NoContent)
}

/// The pair that a query names, and nothing else.
pub fn pair_in(query: Query<'_>) -> Result<Pair, Problem> {
    let mut fields = query.fields(&["email", "survey_id", "survey"])?;
    let pair = pair_of(&mut fields);
    fields.finish(pair)
}

/// The pair that a query or a body names.
pub fn pair_of(fields: &mut Fields<'_>) -> Option<Pair> {
    let email = fields.required("email");
    let survey_id = fields.required_as(&["survey_id", "survey"]);
    Some(Pair { email: email?, survey_id: survey_id? })
}

/// The save that a body asks for.
pub fn save_in(mut fields: Fields<'_>) -> Result<Save, Problem> {
    let pair = pair_of(&mut fields);
    let current_screen = fields.optional("current_screen");
    let fingerprint = fields.optional("fingerprint");
    let fingerprint_is_null = fields.raw("fingerprint").is_some_and(|json| json.get() == "null");
    let data = fields.raw("data");
    if data.is_some_and(|data| !data.get().starts_with('{')) {
        fields.note("data", "must be an object");
    }
    let meta = fields.raw("meta");
    let save = pair.map(|pair| Save {
        pair,
        new_id: DraftId(uuid::Uuid::now_v7()),
        current_screen,
        data: data.map(|data| data.to_owned().into()),
        meta: meta.map(|meta| (meta.get() != "null").then(|| meta.to_owned().into())),
        fingerprint: if fingerprint_is_null { Some(None) } else { fingerprint.map(Some) },
        guest_code: data.and_then(guest_code_of),
    });
    fields.finish(save)
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(Refusal::SurveyNotFound) => Self::SurveyNotFound,
            Failure::Refused(Refusal::SurveyClosed) => Self::SurveyClosed,
            Failure::Refused(Refusal::AlreadySubmitted) => Self::AlreadySubmitted,
            Failure::Refused(Refusal::InvalidGuestCode) => Self::InvalidGuestCode,
            Failure::Refused(Refusal::DataMissing) => Self::InvalidRequest(vec![FieldError {
                pointer: "#/data".into(),
                detail: "is missing: a first save needs the form's state".into(),
            }]),
            Failure::QueueFull => Self::QueueFull,
            Failure::Unavailable => Self::StorageUnavailable,
            Failure::Fault => Self::Internal,
        }
    }
}
