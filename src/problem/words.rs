//! What each problem is called, and what is said of it.

use rocket::http::Status;

use super::{FieldError, Problem};

impl Problem {
    /// Code, status and title.
    pub(super) fn facts(&self) -> (&'static str, Status, &'static str) {
        match self {
            Self::InvalidRequest(_) => ("INVALID_REQUEST", Status::BadRequest, "The request is not valid"),
            Self::InvalidJson(_) => ("INVALID_JSON", Status::BadRequest, "The body is not a JSON object"),
            Self::NestingTooDeep => ("NESTING_TOO_DEEP", Status::BadRequest, "The body is nested too deeply"),
            Self::BadRequest => ("BAD_REQUEST", Status::BadRequest, "The request could not be read"),
            Self::AlreadySubmitted => ("ALREADY_SUBMITTED", Status::BadRequest, "The survey has already been answered"),
            Self::InvalidGuestCode => ("INVALID_GUEST_CODE", Status::BadRequest, "The guest code is not valid"),
            Self::Unauthorized => ("UNAUTHORIZED", Status::Unauthorized, "This needs a key or a session"),
            Self::SignInFailed => ("SIGN_IN_FAILED", Status::Unauthorized, "Nobody was signed in"),
            Self::Forbidden | Self::LacksPower(_) => ("FORBIDDEN", Status::Forbidden, "This is not allowed"),
            Self::CsrfTokenInvalid => ("CSRF_TOKEN_INVALID", Status::Forbidden, "The CSRF token is missing or wrong"),
            Self::OriginNotAllowed => ("ORIGIN_NOT_ALLOWED", Status::Forbidden, "The page may not use this key"),
            Self::ServerKeyRequired => ("SERVER_KEY_REQUIRED", Status::Forbidden, "This is for servers only"),
            Self::SurveyClosed => ("SURVEY_CLOSED", Status::Forbidden, "The survey is closed"),
            Self::ProgressNotFound => ("PROGRESS_NOT_FOUND", Status::NotFound, "There is no saved progress"),
            Self::DraftNotFound => ("DRAFT_NOT_FOUND", Status::NotFound, "There is no such draft"),
            Self::StateNotFound => ("STATE_NOT_FOUND", Status::NotFound, "There is no such state of the draft"),
            Self::SurveyNotFound => ("SURVEY_NOT_FOUND", Status::NotFound, "There is no such survey"),
            Self::CompanyNotFound => ("COMPANY_NOT_FOUND", Status::NotFound, "There is no such company"),
            Self::SubmissionNotFound => ("SUBMISSION_NOT_FOUND", Status::NotFound, "There is no such submission"),
            Self::AccountNotFound => ("ACCOUNT_NOT_FOUND", Status::NotFound, "There is no such account"),
            Self::KeyNotFound => ("KEY_NOT_FOUND", Status::NotFound, "There is no such key"),
            Self::NotFound => ("NOT_FOUND", Status::NotFound, "There is nothing here"),
            Self::MethodNotAllowed(_) => {
                ("METHOD_NOT_ALLOWED", Status::MethodNotAllowed, "The method is not allowed here")
            }
            Self::DraftExists => ("DRAFT_EXISTS", Status::Conflict, "There is a draft already"),
            Self::DraftClaimed => ("DRAFT_CLAIMED", Status::Conflict, "The draft belongs to another email"),
            Self::DraftAnonymous => ("DRAFT_ANONYMOUS", Status::Conflict, "The draft has no email yet"),
            Self::GuestCodeTaken => ("GUEST_CODE_TAKEN", Status::Conflict, "Another company has this guest code"),
            Self::AccountExists => ("ACCOUNT_EXISTS", Status::Conflict, "There is an account with this email"),
            Self::LastOwner => ("LAST_OWNER", Status::Conflict, "An owner must remain"),
            Self::PasswordLinkInvalid => ("PASSWORD_LINK_INVALID", Status::Gone, "The link does not work any more"),
            Self::DraftExpired => ("DRAFT_EXPIRED", Status::Gone, "The draft has expired"),
            Self::DraftSubmitted => ("DRAFT_SUBMITTED", Status::Gone, "The draft was submitted"),
            Self::VersionMismatch(_) => {
                ("VERSION_MISMATCH", Status::PreconditionFailed, "The draft has changed in the meantime")
            }
            Self::BodyTooLarge(_) => ("BODY_TOO_LARGE", Status::PayloadTooLarge, "The body is too large"),
            Self::DraftTooLarge => ("DRAFT_TOO_LARGE", Status::PayloadTooLarge, "The draft would be too large"),
            Self::UnsupportedMediaType => {
                ("UNSUPPORTED_MEDIA_TYPE", Status::UnsupportedMediaType, "The body must be JSON")
            }
            Self::AnswersInvalid(_) => {
                ("ANSWERS_INVALID", Status::UnprocessableEntity, "The answers do not fit the survey")
            }
            Self::IdempotencyKeyReused => {
                ("IDEMPOTENCY_KEY_REUSED", Status::UnprocessableEntity, "The Idempotency-Key was used before")
            }
            Self::PreconditionRequired => (
                "PRECONDITION_REQUIRED",
                Status::PreconditionRequired,
                "The request must say which version it was made on",
            ),
            Self::TooManyRequests(..) => ("TOO_MANY_REQUESTS", Status::TooManyRequests, "Too many requests"),
            Self::Internal => ("INTERNAL_ERROR", Status::InternalServerError, "Something went wrong on our side"),
            Self::QueueFull => ("QUEUE_FULL", Status::ServiceUnavailable, "The service is very busy"),
            Self::StorageUnavailable => {
                ("STORAGE_UNAVAILABLE", Status::ServiceUnavailable, "The database is not available")
            }
        }
    }

    /// What happened and what to do, in a sentence or two.
    pub(crate) fn detail(&self) -> String {
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
            Self::Unauthorized => {
                "Send Authorization: Bearer and a valid API key; or, for what admins do, sign in at /api/admin/session.".into()
            }
            Self::SignInFailed => {
                "This email and password do not belong to an active account. Check both, or have an owner send you a new link.".into()
            }
            Self::Forbidden => "Your account or key may not do this. An owner can change that. Nothing was changed.".into(),
            Self::LacksPower(power) => {
                format!("This takes the power {power}, which your account or key has not. An owner can change that. Nothing was changed.")
            }
            Self::CsrfTokenInvalid => {
                "Send the csrf_token of GET /api/admin/session as X-CSRF-Token. Nothing was changed.".into()
            }
            Self::OriginNotAllowed => "This site key is for pages of other origins. Add this one to the key, or make a key for it.".into(),
            Self::ServerKeyRequired => {
                "Without answers, only a server key with submissions:write may say that a participant is done. Nothing was changed.".into()
            }
            Self::SurveyClosed => "This survey is closed, or open only for those who had begun. Nothing was changed.".into(),
            Self::ProgressNotFound => "Nothing is saved for this email in this survey, or it has expired. Start from the first screen.".into(),
            Self::DraftNotFound => "No draft has this id, or it ended long ago. Start a new one.".into(),
            Self::StateNotFound => "No such state of this draft is kept. Those that are kept are listed at previous.".into(),
            Self::SurveyNotFound => "No survey has this id. Check the survey_id that the page was set up with.".into(),
            Self::CompanyNotFound => "No company has this id, or none that you may see.".into(),
            Self::SubmissionNotFound => "No submission has this id, or none that you may see.".into(),
            Self::AccountNotFound => "No account has this id. It may have been deleted.".into(),
            Self::KeyNotFound => "No API key has this id.".into(),
            Self::NotFound => "No route has this path. The routes are listed at /docs.".into(),
            Self::MethodNotAllowed(allowed) => format!("This path takes {allowed}."),
            Self::DraftExists => {
                "This email has a draft in this survey, or this id is a draft's in another survey. Nothing was changed; go on with that draft.".into()
            }
            Self::DraftClaimed => "A draft is claimed by an email once. Nothing was changed; start another draft for another email.".into(),
            Self::DraftAnonymous => "A submission needs an email. PATCH the draft with one, then submit it. Nothing was changed.".into(),
            Self::GuestCodeTaken => "Guest codes are compared without regard to capitals. Nothing was changed; choose another one.".into(),
            Self::AccountExists => "Nothing was changed; change the account that there is, or send it a new link.".into(),
            Self::LastOwner => "This is the only active owner who has a password. Nothing was changed; make somebody else an owner first.".into(),
            Self::PasswordLinkInvalid => {
                "It was used, a newer one was made, or it is too old. Have an owner send a new one, or run formprogress admin link EMAIL.".into()
            }
            Self::DraftExpired => "This draft expired. Nothing was saved; keep the answers in the page and start a new draft with them.".into(),
            Self::DraftSubmitted => "This draft was submitted. Nothing was saved; show the participant that they are done.".into(),
            Self::VersionMismatch(Some(_)) => {
                "Another tab or device saved in the meantime. Nothing was changed; merge with current, then send again with its ETag.".into()
            }
            Self::VersionMismatch(None) => "There is no draft (any more). Nothing was changed; send again with If-Match: \"0\" to start one.".into(),
            Self::BodyTooLarge(limit) => format!("A body may have {limit} bytes at most."),
            Self::DraftTooLarge => "With this patch the draft would be larger than a body may be. Nothing was changed.".into(),
            Self::UnsupportedMediaType => "Send the body with Content-Type: application/json.".into(),
            Self::AnswersInvalid(errors) => format!("Answers that do not fit the survey: {}, see errors. The draft is unchanged.", errors.len()),
            Self::IdempotencyKeyReused => "Another request came with this key. Nothing was changed; take a new key for each new request.".into(),
            Self::PreconditionRequired => {
                "This survey takes no write that may overwrite another. Nothing was changed; send If-Match with the ETag of the draft that you changed, or \"0\" for a first save.".into()
            }
            Self::TooManyRequests(policy, seconds) => {
                format!("The limit {policy} is used up. Nothing was changed; try again in {seconds} seconds.")
            }
            Self::Internal => "The error has been logged with this request_id. Nothing was changed; try again.".into(),
            Self::QueueFull => "Too many saves are waiting. Nothing was changed; try again after the seconds in Retry-After.".into(),
            Self::StorageUnavailable => "The database did not confirm it. Try again after the seconds in Retry-After.".into(),
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
            Self::Unauthorized,
            Self::SignInFailed,
            Self::Forbidden,
            Self::CsrfTokenInvalid,
            Self::OriginNotAllowed,
            Self::ServerKeyRequired,
            Self::SurveyClosed,
            Self::ProgressNotFound,
            Self::DraftNotFound,
            Self::StateNotFound,
            Self::SurveyNotFound,
            Self::CompanyNotFound,
            Self::SubmissionNotFound,
            Self::AccountNotFound,
            Self::KeyNotFound,
            Self::NotFound,
            Self::MethodNotAllowed("GET, POST, DELETE".into()),
            Self::DraftExists,
            Self::DraftClaimed,
            Self::DraftAnonymous,
            Self::GuestCodeTaken,
            Self::AccountExists,
            Self::LastOwner,
            Self::PasswordLinkInvalid,
            Self::DraftExpired,
            Self::DraftSubmitted,
            Self::VersionMismatch(None),
            Self::BodyTooLarge(1_048_576),
            Self::DraftTooLarge,
            Self::UnsupportedMediaType,
            Self::AnswersInvalid(error("#/answers/0", "is not an option of this survey")),
            Self::IdempotencyKeyReused,
            Self::PreconditionRequired,
            Self::TooManyRequests("autosave", 7),
            Self::Internal,
            Self::QueueFull,
            Self::StorageUnavailable,
        ]
    }
}

/// `#/email` is the member `email`; a query parameter is named as it is.
fn name_of(pointer: &str) -> &str {
    match pointer.trim_start_matches("#/") {
        "#" | "" => "The body",
        name => name,
    }
}
