//! Every error that the API can give: one enum, answered as RFC 9457 `application/problem+json`.
//!
//! Rules have small refusal enums of their own and the store returns `QueryResult`; both become a [`Problem`] at the
//! edge. A problem never repeats what a participant sent: field errors name the place and the rule.

use std::io::Cursor;

use rocket::{
    Request, Response,
    http::{ContentType, Header, Status},
    response::{self, Responder},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    db::{self, Unavailable},
    http::request_id,
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
    /// 403: the survey takes no drafts and no answers any more, or no new ones.
    SurveyClosed,
    /// 404: no draft for that email in that survey, or it has expired.
    ProgressNotFound,
    /// 404: no survey with that id.
    SurveyNotFound,
    /// 404: no such route.
    NotFound,
    /// 405: the route exists, the method does not; `Allow` says which do.
    MethodNotAllowed(String),
    /// 413: the body is larger than the limit, in bytes.
    BodyTooLarge(u64),
    /// 415: the body is not declared as JSON.
    UnsupportedMediaType,
    /// 422: answers that the survey's definition does not know.
    AnswersInvalid(Vec<FieldError>),
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

    fn facts(&self) -> (&'static str, Status, &'static str) {
        match self {
            Self::InvalidRequest(_) => ("INVALID_REQUEST", Status::BadRequest, "The request is not valid"),
            Self::InvalidJson(_) => ("INVALID_JSON", Status::BadRequest, "The body is not a JSON object"),
            Self::NestingTooDeep => ("NESTING_TOO_DEEP", Status::BadRequest, "The body is nested too deeply"),
            Self::BadRequest => ("BAD_REQUEST", Status::BadRequest, "The request could not be read"),
            Self::AlreadySubmitted => ("ALREADY_SUBMITTED", Status::BadRequest, "The survey has already been answered"),
            Self::InvalidGuestCode => ("INVALID_GUEST_CODE", Status::BadRequest, "The guest code is not valid"),
            Self::SurveyClosed => ("SURVEY_CLOSED", Status::Forbidden, "The survey is closed"),
            Self::ProgressNotFound => ("PROGRESS_NOT_FOUND", Status::NotFound, "There is no saved progress"),
            Self::SurveyNotFound => ("SURVEY_NOT_FOUND", Status::NotFound, "There is no such survey"),
            Self::NotFound => ("NOT_FOUND", Status::NotFound, "There is nothing here"),
            Self::MethodNotAllowed(_) => {
                ("METHOD_NOT_ALLOWED", Status::MethodNotAllowed, "The method is not allowed here")
            }
            Self::BodyTooLarge(_) => ("BODY_TOO_LARGE", Status::PayloadTooLarge, "The body is too large"),
            Self::UnsupportedMediaType => {
                ("UNSUPPORTED_MEDIA_TYPE", Status::UnsupportedMediaType, "The body must be JSON")
            }
            Self::AnswersInvalid(_) => {
                ("ANSWERS_INVALID", Status::UnprocessableEntity, "The answers do not fit the survey")
            }
            Self::Internal => ("INTERNAL_ERROR", Status::InternalServerError, "Something went wrong on our side"),
            Self::QueueFull => ("QUEUE_FULL", Status::ServiceUnavailable, "The service is very busy"),
            Self::StorageUnavailable => {
                ("STORAGE_UNAVAILABLE", Status::ServiceUnavailable, "The database is not available")
            }
        }
    }

    /// What happened and what to do, in a sentence or two.
    fn detail(&self) -> String {
        match self {
            Self::InvalidRequest(errors) => match errors.as_slice() {
                [only] => format!("{} {}.", name_of(&only.pointer), only.detail),
                _ => "Several values are missing or not valid: see errors.".into(),
            },
            Self::InvalidJson(detail) => detail.clone(),
            Self::NestingTooDeep => format!("Objects and lists may be nested {} levels deep at most.", crate::http::DEEPEST),
            Self::BadRequest => "The request line, a header or the body could not be read. Check how it is sent.".into(),
            Self::AlreadySubmitted => {
                "This email has already answered this survey. Nothing was saved; show the participant that they are done.".into()
            }
            Self::InvalidGuestCode => "No active company has this guest code. Check it for typing errors.".into(),
            Self::SurveyClosed => "This survey is closed, or open only for those who had begun. Nothing was changed.".into(),
            Self::ProgressNotFound => "Nothing is saved for this email in this survey, or it has expired. Start from the first screen.".into(),
            Self::SurveyNotFound => "No survey has this id. Check the survey_id that the page was set up with.".into(),
            Self::NotFound => "No route has this path. The routes are listed at /docs.".into(),
            Self::MethodNotAllowed(allowed) => format!("This path takes {allowed}."),
            Self::BodyTooLarge(limit) => format!("A body may have {limit} bytes at most."),
            Self::UnsupportedMediaType => "Send the body with Content-Type: application/json.".into(),
            Self::AnswersInvalid(errors) => format!("Answers that do not fit the survey: {}, see errors. The draft is unchanged.", errors.len()),
            Self::Internal => "The error has been logged with this request_id. Nothing was changed; try again.".into(),
            Self::QueueFull => "Too many saves are waiting. Nothing was changed; try again after the seconds in Retry-After.".into(),
            Self::StorageUnavailable => "Nothing was changed; try again after the seconds in Retry-After.".into(),
        }
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
            _ => None,
        }
    }

    /// One problem of each kind, for the documentation and its test.
    pub fn one_of_each() -> Vec<Self> {
        let error = |pointer: &str, detail: &str| vec![FieldError { pointer: pointer.into(), detail: detail.into() }];
        vec![
            Self::InvalidRequest(error("#/email", "must be an email address such as ana@example.com")),
            Self::InvalidJson("The body is not valid JSON at line 1, column 17.".into()),
            Self::NestingTooDeep,
            Self::BadRequest,
            Self::AlreadySubmitted,
            Self::InvalidGuestCode,
            Self::SurveyClosed,
            Self::ProgressNotFound,
            Self::SurveyNotFound,
            Self::NotFound,
            Self::MethodNotAllowed("GET, POST, DELETE".into()),
            Self::BodyTooLarge(1_048_576),
            Self::UnsupportedMediaType,
            Self::AnswersInvalid(error("#/answers/0", "is not an option of this survey")),
            Self::Internal,
            Self::QueueFull,
            Self::StorageUnavailable,
        ]
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
        }
    }
}

/// `#/email` is the member `email`; a query parameter is named as it is.
fn name_of(pointer: &str) -> &str {
    match pointer.trim_start_matches("#/") {
        "#" | "" => "The body",
        name => name,
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
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
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
