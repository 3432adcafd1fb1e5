//! Why a write is refused.

use super::Current;
use crate::problem::FieldError;

/// Why a write is refused. A refused write changes nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// No survey has that id.
    #[error("there is no such survey")]
    SurveyNotFound,
    /// The survey takes nothing any more, or no new drafts.
    #[error("the survey is closed")]
    SurveyClosed,
    /// The participant has answered the survey.
    #[error("the survey has already been answered")]
    AlreadySubmitted,
    /// No draft has that id, or none that is remembered.
    #[error("there is no such draft")]
    DraftNotFound,
    /// The draft of that id has expired.
    #[error("the draft has expired")]
    DraftExpired,
    /// The draft of that id was submitted.
    #[error("the draft was submitted")]
    DraftSubmitted,
    /// That email has a draft in that survey already, or that id is taken in another survey.
    #[error("there is such a draft already")]
    DraftExists,
    /// The draft belongs to another email.
    #[error("the draft belongs to another email")]
    DraftClaimed,
    /// Nobody has claimed the draft yet, and a submission needs an email.
    #[error("the draft has no email yet")]
    DraftAnonymous,
    /// The body is not valid; whoever read it knows why.
    #[error("the body is not valid")]
    BodyInvalid,
    /// A new draft cannot start without data.
    #[error("a first save needs data")]
    DataMissing,
    /// The draft would grow beyond what a save may bring.
    #[error("the draft would be too large")]
    DraftTooLarge,
    /// No such state of the draft is kept.
    #[error("there is no such state")]
    StateNotFound,
    /// The guest code is nobody's, or switched off, and not the one that the draft was linked with.
    #[error("the guest code is not valid")]
    InvalidGuestCode,
    /// The answers do not fit the survey.
    #[error("the answers do not fit the survey")]
    AnswersInvalid(Vec<FieldError>),
    /// The survey wants every write to name the version that it was made on.
    #[error("the write must say which version it was made on")]
    PreconditionRequired,
    /// The draft is not at the version that the write insists on; this is how it is, if it is at all.
    #[error("the draft is at another version")]
    VersionMismatch(Option<Box<Current>>),
    /// The key was seen with another request.
    #[error("the key belongs to another request")]
    KeyReused,
}
