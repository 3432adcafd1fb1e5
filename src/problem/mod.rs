//! Every error that the API can give: one enum, answered as RFC 9457 `application/problem+json`.
//!
//! Rules have small refusal enums of their own and the store returns `QueryResult`; both become a [`Problem`] at the
//! edge. A problem never repeats what a participant sent: field errors name the place and the rule.

mod words;

use std::io::Cursor;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rocket::{
    Request, Response,
    http::{ContentType, Header, Status},
    response::{self, Responder},
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    db::{self, Unavailable},
    http::request_id,
    metrics::Metrics,
    surveys::form::FormError,
};

/// More errors than anybody mends at once. Past that they would only make a large answer of a small request.
pub const MOST_ERRORS: usize = 100;

/// A value that cannot be accepted, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body as a URI fragment, such as `#/email`; for a query parameter its name.
    #[schema(example = "#/email")]
    pub pointer: String,
    /// What is wrong with it, and what would be right.
    #[schema(example = "must be an email address such as ana@example.com")]
    pub detail: String,
}

impl FieldError {
    /// At a JSON Pointer into the body.
    pub fn at(pointer: &str, detail: impl Into<String>) -> Self {
        Self { pointer: fragment(pointer), detail: detail.into() }
    }
}

/// A JSON Pointer as a URI fragment (RFC 6901, section 6).
pub fn fragment(pointer: &str) -> String {
    // What a fragment cannot hold (RFC 3986, section 3.5).
    const ENCODED: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'[')
        .add(b'\\')
        .add(b']')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    format!("#{}", utf8_percent_encode(pointer, ENCODED))
}

/// An answer that is not the one asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// 400: fields or parameters are missing or bad; all of them are listed.
    InvalidRequest(Vec<FieldError>),
    /// 400: the body is not JSON, or not an object; the detail says where.
    InvalidJson(String),
    /// 400: the body nests deeper than any form does.
    NestingTooDeep,
    /// 400: Rocket could not make sense of the request.
    BadRequest,
    /// 400: that email has already answered that survey.
    AlreadySubmitted,
    /// 400: nobody's guest code, or one that is switched off.
    InvalidGuestCode,
    /// 401: nobody is signed in and no valid key was sent, where one is needed.
    Unauthorized,
    /// 401: that email and password do not belong together, or the account is switched off.
    SignInFailed,
    /// 403: whoever asks may not do this.
    Forbidden,
    /// 403: the same, and which power it would take.
    LacksPower(&'static str),
    /// 403: a change within a session that does not carry the session's CSRF token.
    CsrfTokenInvalid,
    /// 403: the page is not among those that may use this site key.
    OriginNotAllowed,
    /// 403: only a server may say that a participant is done.
    ServerKeyRequired,
    /// 403: the survey takes no drafts and no answers any more, or no new ones.
    SurveyClosed,
    /// 404: no draft for that email in that survey, or it has expired.
    ProgressNotFound,
    /// 404: no draft with that id, or none that is remembered.
    DraftNotFound,
    /// 404: no such earlier state of the draft.
    StateNotFound,
    /// 404: no survey with that id.
    SurveyNotFound,
    /// 404: no company with that id, or none that the caller may see.
    CompanyNotFound,
    /// 404: no submission with that id, or none that the caller may see.
    SubmissionNotFound,
    /// 404: no account with that id.
    AccountNotFound,
    /// 404: no API key with that id.
    KeyNotFound,
    /// 404: no such route.
    NotFound,
    /// 405: the route exists, the method does not; `Allow` says which do.
    MethodNotAllowed(String),
    /// 409: that email has another draft there, or that id is taken in another survey.
    DraftExists,
    /// 409: the draft has an email already, and it is another one.
    DraftClaimed,
    /// 409: the draft has no email yet, and a submission needs one.
    DraftAnonymous,
    /// 409: another company has that guest code.
    GuestCodeTaken,
    /// 409: there is an account with that email.
    AccountExists,
    /// 409: nobody would be left who could manage accounts.
    LastOwner,
    /// 410: the link to set a password was used, has expired or never was.
    PasswordLinkInvalid,
    /// 410: the draft of that id has expired.
    DraftExpired,
    /// 410: the draft of that id was submitted.
    DraftSubmitted,
    /// 412: the draft is not at the version that the request insists on. With the draft as it is, as JSON, and its ETag.
    VersionMismatch(Option<(String, String)>),
    /// 413: the body is larger than the limit, in bytes.
    BodyTooLarge(u64),
    /// 413: the patch would make the draft larger than a body may be.
    DraftTooLarge,
    /// 415: the body is not declared as JSON.
    UnsupportedMediaType,
    /// 422: answers that the survey's definition does not know.
    AnswersInvalid(Vec<FieldError>),
    /// 422: the Idempotency-Key was sent before, with another request.
    IdempotencyKeyReused,
    /// 428: the survey wants every write to name the version that it was made on.
    PreconditionRequired,
    /// 429: more of these requests than the named limit takes, until so many seconds from now.
    TooManyRequests(&'static str, u64),
    /// 500: our fault; the cause is in the log, under the request id.
    Internal,
    /// 503: more saves wait than the queue holds.
    QueueFull,
    /// 503: the database is away, locked or full.
    StorageUnavailable,
}

impl Problem {
    /// The stable name of the problem, for programs.
    pub fn code(&self) -> &'static str {
        self.facts().0
    }

    /// The status it is answered with.
    pub fn status(&self) -> Status {
        self.facts().1
    }

    fn errors(&self) -> &[FieldError] {
        match self {
            Self::InvalidRequest(errors) | Self::AnswersInvalid(errors) => errors,
            _ => &[],
        }
    }

    /// The header that some problems owe the client.
    fn header(&self) -> Option<Header<'static>> {
        match self {
            Self::QueueFull => Some(Header::new("Retry-After", "1")),
            Self::StorageUnavailable => Some(Header::new("Retry-After", "5")),
            Self::MethodNotAllowed(allowed) => Some(Header::new("Allow", allowed.clone())),
            Self::VersionMismatch(Some((_, etag))) => Some(Header::new("ETag", etag.clone())),
            Self::TooManyRequests(_, seconds) => Some(Header::new("Retry-After", seconds.to_string())),
            Self::Unauthorized => Some(Header::new("WWW-Authenticate", "Bearer realm=\"formprogress\"")),
            _ => None,
        }
    }

    /// The draft as it is, for those whose write did not fit it: null if there is none.
    fn current(&self) -> Option<Box<RawValue>> {
        let Self::VersionMismatch(current) = self else { return None };
        let json = current.as_ref().map_or("null", |(json, _)| json);
        RawValue::from_string(json.to_owned()).ok()
    }

    /// The problem as it is sent.
    pub fn body(&self, request_id: &str) -> ProblemBody {
        let (code, status, title) = self.facts();
        ProblemBody {
            r#type: format!("urn:formprogress:problem:{code}"),
            title,
            status: status.code,
            detail: self.detail(),
            code,
            request_id: request_id.to_owned(),
            errors: self.errors().to_vec(),
            current: self.current(),
        }
    }
}

/// An error, as RFC 9457 describes it, with our `code`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(title = "Problem")]
pub struct ProblemBody {
    /// A URI that names the kind of problem.
    pub r#type: String,
    /// The kind of problem, for people.
    pub title: &'static str,
    /// The HTTP status, repeated.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: String,
    /// The kind of problem, for programs: stable.
    pub code: &'static str,
    /// Names this request in the service's log.
    pub request_id: String,
    /// Every field that is not valid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// With `VERSION_MISMATCH`: the draft as it is, as a GET gives it; null if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::progress::views::DraftView<'static>>)]
    pub current: Option<Box<RawValue>>,
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        if let Some(metrics) = request.rocket().state::<Metrics>() {
            metrics.refusal(self.code());
        }
        let body = self.body(request_id::of(request));
        let json = serde_json::to_string(&body).map_err(|_| Status::InternalServerError)?;
        let mut response = Response::build();
        response
            .status(self.status())
            .header(ContentType::new("application", "problem+json"))
            .sized_body(json.len(), Cursor::new(json));
        if let Some(header) = self.header() {
            response.header(header);
        }
        response.ok()
    }
}

impl From<FormError> for Problem {
    fn from(cause: FormError) -> Self {
        tracing::error!(%cause, "a survey cannot be used");
        Self::Internal
    }
}

impl From<Unavailable> for Problem {
    fn from(cause: Unavailable) -> Self {
        tracing::error!(%cause, "a read failed");
        match cause {
            Unavailable::Panicked => Self::Internal,
            Unavailable::Query(error) if db::cause(&error) == db::Cause::Refused => Self::Internal,
            _ => Self::StorageUnavailable,
        }
    }
}
