//! The writes of a draft, as they are asked for through either door.

use super::{
    Change, DraftId, Pair, Version,
    conditions::Conditions,
    retries::{Key, KeyDigest},
    states::Patch,
};
use crate::{audit, clock::Moment, submissions::Submit, surveys::SurveyId};

/// Which draft a write is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// The one of a participant in a survey, if there is one.
    Pair(Pair),
    /// The one with this id.
    Draft(DraftId),
}

/// A write of a draft: what to do, and on which conditions.
#[derive(Debug)]
pub struct Write {
    /// Which draft.
    pub target: Target,
    /// The versions that it insists on.
    pub conditions: Conditions,
    /// By which it is recognised if it is sent again.
    pub key: Option<Key>,
    /// Whether its body is good. Whether there is a draft to take it comes first, and so a bad one gets this far.
    pub body_is_valid: bool,
    /// Whose wish it is.
    pub by: By,
    /// What to do.
    pub act: Act,
}

/// Whose wish a write is.
#[derive(Debug)]
pub enum By {
    /// The participant's, or of whoever holds the draft for them.
    Participant,
    /// An admin's, with what the audit log will say of it. A survey that is closed, or insists on versions, does not refuse it.
    Admin(Box<audit::Entry>),
}

/// What a write does.
#[derive(Debug)]
pub enum Act {
    /// Starts a draft, or replaces its content.
    Save(Save),
    /// Changes parts of it.
    Patch(Patch),
    /// Brings back the state that it had at this version.
    Restore(Version),
    /// Lets it live until this moment, if it would end sooner.
    Extend(Moment),
    /// Ends it without a trace.
    Discard,
    /// Ends it with a submission.
    Submit(Submit),
}

/// A save of the whole form state.
#[derive(Debug)]
pub struct Save {
    /// The way it came.
    pub way: Way,
    /// The id of the draft, should this save start one and not name one.
    pub new_id: DraftId,
    /// The survey.
    pub survey_id: SurveyId,
    /// What it brings.
    pub change: Change,
}

/// The ways in which a save comes. They differ in what they do when there is, or is not, a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `POST /api/progress`: a first save needs data.
    Progress,
    /// `POST /api/drafts`: only a new draft.
    Create,
    /// `PUT /api/drafts/{id}`: the draft with that id, new or not.
    Put,
}

impl Write {
    /// Whether an admin wishes it.
    pub fn is_by_admin(&self) -> bool {
        matches!(self.by, By::Admin(_))
    }

    /// Under which id the key of a discard by email is remembered. The draft's own goes with the draft, and the next draft
    /// of the participant must not be discarded by the same request sent again. Tells nothing of who it was.
    pub fn discard_scope(&self) -> Option<DraftId> {
        match (&self.target, &self.act, &self.key) {
            (Target::Pair(pair), Act::Discard, Some(key)) => Some(DraftId::of_discard(pair, key.digest)),
            _ => None,
        }
    }

    /// The keys that it refers to: its own, and those in its conditions.
    pub fn keys(&self) -> impl Iterator<Item = KeyDigest> {
        self.key.iter().map(|key| key.digest).chain(self.conditions.keys())
    }
}
