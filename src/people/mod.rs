//! People: everything that is held about a participant, who is known by an email. It is given out in one piece, and erased
//! in one act.
//!
//! What is held about a person is what stands under their email: drafts with their earlier states, submissions with
//! their answers, and what the audit log says of these. A draft that nobody has claimed is nobody's. An account is not a
//! participant, even if it has the same email.

pub mod admin;
pub mod admin_api;
pub mod pages;
pub mod rules;
pub mod store;

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    clock::Moment,
    companies::CompanyId,
    progress::{DraftId, Fingerprint, Json, Screen, Version, previous_api::StateView},
    surveys::SurveyId,
};

/// Everything that is held about a person.
#[derive(Serialize, ToSchema)]
pub struct Person {
    /// The email by which they are known, trimmed and case-folded.
    #[schema(example = "ana@example.com")]
    pub email: String,
    /// When this was put together.
    pub exported_at: Moment,
    /// Their drafts that have not ended.
    pub drafts: Vec<PersonDraft>,
    /// Drafts that have expired and wait for the purge. Nobody is shown them any more; an erasure takes them too.
    pub expired_drafts: usize,
    /// Their submissions.
    pub submissions: Vec<PersonSubmission>,
    /// What the audit log says of them, their drafts and submissions: this export is the last entry.
    pub audit: Vec<PersonAudit>,
}

/// A draft of a person, with its past.
#[derive(Serialize, ToSchema)]
pub struct PersonDraft {
    /// Names the draft.
    pub draft_id: DraftId,
    /// The survey.
    pub survey_id: SurveyId,
    /// The company that a guest code linked it with.
    pub company_id: Option<CompanyId>,
    /// That code, as it is compared.
    pub guest_code: Option<String>,
    /// The screen last entered.
    pub current_screen: Screen,
    /// The furthest one ever entered.
    pub furthest_screen: Screen,
    /// How many saves changed something.
    pub version: Version,
    /// What the client said of the shape of its form, or else the survey's at the last save.
    pub fingerprint: Option<Fingerprint>,
    /// The first save.
    pub created_at: Moment,
    /// The last save.
    pub updated_at: Moment,
    /// When it will expire.
    pub expires_at: Moment,
    /// The whole form state, byte for byte as it was saved.
    #[schema(value_type = Object)]
    pub data: Json,
    /// The front end's own notes.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Json>,
    /// The earlier states that are kept, the newest first.
    pub previous_states: Vec<StateView>,
    /// What became of it so far.
    pub events: Vec<PersonEvent>,
}

/// A submission of a person.
#[derive(Serialize, ToSchema)]
pub struct PersonSubmission {
    /// Names the submission.
    #[schema(example = 12)]
    pub submission_id: i64,
    /// The survey.
    pub survey_id: SurveyId,
    /// The company for which they answered.
    pub company_id: Option<CompanyId>,
    /// When it was accepted.
    pub submitted_at: Moment,
    /// What they said of themself, byte for byte as it was sent.
    #[schema(value_type = Option<Object>)]
    pub participant: Option<Box<RawValue>>,
    /// The answers, in their order.
    pub answers: Vec<PersonAnswer>,
    /// What became of the draft that it ended, as long as that is remembered.
    pub events: Vec<PersonEvent>,
}

/// An answer of a submission.
#[derive(Serialize, ToSchema)]
pub struct PersonAnswer {
    /// What was asked.
    #[schema(example = "10")]
    pub question: String,
    /// What was answered.
    #[schema(value_type = Object)]
    pub value: Box<RawValue>,
}

/// Something that became of a draft.
#[derive(Serialize, ToSchema)]
pub struct PersonEvent {
    /// When.
    pub at: Moment,
    /// What.
    #[schema(example = "screen_entered")]
    pub kind: String,
    /// The company that the draft was linked with then.
    pub company_id: Option<CompanyId>,
    /// The furthest screen that it had reached.
    pub screen: Option<Screen>,
}

/// An act that the audit log tells of. Whoever did it is a person too: of them only the kind is told.
#[derive(Serialize, ToSchema)]
pub struct PersonAudit {
    /// When.
    pub at: Moment,
    /// By whom: `account`, `key`, `command_line` or `nobody`.
    #[schema(example = "account")]
    pub actor: String,
    /// What was done.
    #[schema(example = "draft.read")]
    pub action: String,
    /// To what.
    pub subject: String,
}

/// What an erasure takes, or took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Erased {
    /// Drafts that had not ended.
    #[schema(example = 1)]
    pub drafts: usize,
    /// Drafts that had expired and waited for the purge.
    pub expired_drafts: usize,
    /// Earlier states of drafts.
    pub previous_states: usize,
    /// Submissions.
    pub submissions: usize,
    /// Their answers.
    pub answers: usize,
    /// Traces of writes that carried an `Idempotency-Key`.
    pub idempotency_keys: usize,
}

impl Erased {
    /// What it counts, each with how one of it is called.
    pub fn counts(&self) -> [(usize, &'static str); 6] {
        [
            (self.drafts, "draft"),
            (self.expired_drafts, "expired draft"),
            (self.previous_states, "earlier state"),
            (self.submissions, "submission"),
            (self.answers, "answer"),
            (self.idempotency_keys, "idempotency key"),
        ]
    }
}

impl std::fmt::Display for Erased {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "drafts {}, expired_drafts {}, previous_states {}, submissions {}, answers {}, idempotency_keys {}",
            self.drafts,
            self.expired_drafts,
            self.previous_states,
            self.submissions,
            self.answers,
            self.idempotency_keys
        )
    }
}
