//! What may happen to a draft. Pure: no clock, no database, no HTTP. Every write of a draft is decided here, on what
//! the writer has loaded under its lock, and nowhere else.

use super::{Content, Digest, DraftId, Fingerprint, FormProgress, Head, Json, Pair, Screen, Version};
use crate::{
    clock::Moment,
    companies::{CompanyId, GuestCode},
    surveys::{Status, Terms},
};

/// Why a command is refused. A refused command changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
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
    /// A new draft cannot start without data.
    #[error("a first save needs data")]
    DataMissing,
    /// The guest code is nobody's, or switched off, and not the one that the draft was linked with.
    #[error("the guest code is not valid")]
    InvalidGuestCode,
}

/// A participant's save of a screen.
#[derive(Debug)]
pub struct Save {
    /// Who, in what.
    pub pair: Pair,
    /// The id of the draft, should this save start one.
    pub new_id: DraftId,
    /// The screen entered; without it the draft keeps its own.
    pub current_screen: Option<Screen>,
    /// The whole form state; without it the draft keeps its own.
    pub data: Option<Json>,
    /// The front end's notes; without it the draft keeps its own, `Some(None)` clears it.
    pub meta: Option<Option<Json>>,
    /// The shape of the form; without it the draft keeps its own, `Some(None)` clears it.
    pub fingerprint: Option<Option<Fingerprint>>,
    /// The guest code in the data, if there is one.
    pub guest_code: Option<GuestCode>,
}

impl Save {
    /// Whether this save keeps a part of the draft's content, so that it has to be loaded.
    pub fn keeps_content_of(&self, head: &Head) -> bool {
        self.data.is_none() || (self.meta.is_none() && head.digest.has_meta())
    }
}

/// What is known of a participant in a survey when a command is decided.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What the survey takes; none: there is no such survey.
    pub terms: Option<&'a Terms>,
    /// Whether the participant has answered the survey.
    pub submitted: bool,
    /// The participant's draft, expired or not.
    pub draft: Option<&'a Head>,
    /// Its content, if [`Save::keeps_content_of`] asked for it.
    pub content: Option<&'a Content>,
    /// The active company of the command's guest code.
    pub company: Option<CompanyId>,
}

/// An accepted save.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The draft as it is now.
    pub draft: FormProgress,
    /// Whether this save started it.
    pub created: bool,
}

/// Whether a draft still exists for anyone.
pub fn is_alive(draft: &Head, now: Moment) -> bool {
    draft.expires_at > now
}

/// Whether a survey takes a write from someone who has, or has not, a draft.
pub fn admits(terms: &Terms, has_draft: bool) -> bool {
    match terms.status {
        Status::Open => true,
        Status::Closing => has_draft,
        Status::Closed => false,
    }
}

/// Decides a save: a new draft, or the next state of the one that is there.
pub fn save(save: &Save, known: &Known<'_>, now: Moment) -> Result<Saved, Refusal> {
    let terms = known.terms.ok_or(Refusal::SurveyNotFound)?;
    if known.submitted {
        return Err(Refusal::AlreadySubmitted);
    }
    let alive = known.draft.filter(|draft| is_alive(draft, now));
    if !admits(terms, alive.is_some()) {
        return Err(Refusal::SurveyClosed);
    }
    let expires_at = now.plus_days(terms.progress_days);
    match alive {
        None => start(save, known.company, now, expires_at),
        Some(head) => Ok(go_on(save, head, known, now, expires_at)),
    }
}

fn start(save: &Save, company: Option<CompanyId>, now: Moment, expires_at: Moment) -> Result<Saved, Refusal> {
    let data = save.data.clone().ok_or(Refusal::DataMissing)?;
    let content = Content { data, meta: save.meta.clone().flatten() };
    let current_screen = save.current_screen.unwrap_or_default();
    let head = Head {
        draft_id: save.new_id,
        email: Some(save.pair.email.clone()),
        survey_id: save.pair.survey_id,
        company_id: company,
        guest_code: company.and(save.guest_code.clone()),
        current_screen,
        furthest_screen: current_screen,
        fingerprint: save.fingerprint.clone().flatten(),
        version: Version(1),
        digest: Digest::of(&content),
        created_at: now,
        updated_at: now,
        expires_at,
    };
    Ok(Saved { draft: FormProgress { head, content }, created: true })
}

fn go_on(save: &Save, old: &Head, known: &Known<'_>, now: Moment, expires_at: Moment) -> Saved {
    let kept = || known.content.expect("the group loads the content that a save keeps");
    let content = Content {
        data: save.data.clone().unwrap_or_else(|| kept().data.clone()),
        meta: match &save.meta {
            Some(meta) => meta.clone(),
            None if old.digest.has_meta() => kept().meta.clone(),
            None => None,
        },
    };
    let current_screen = save.current_screen.unwrap_or(old.current_screen);
    let mut head = Head {
        // An unknown code, or none, leaves the link as it is.
        company_id: known.company.or(old.company_id),
        guest_code: known.company.and(save.guest_code.clone()).or_else(|| old.guest_code.clone()),
        current_screen,
        furthest_screen: old.furthest_screen.max(current_screen),
        fingerprint: save.fingerprint.clone().unwrap_or_else(|| old.fingerprint.clone()),
        digest: Digest::of(&content),
        ..old.clone()
    };
    // A save that says what is already there (a browser sending again) is no new version, but a sign of life.
    if head != *old {
        head.version = Version(old.version.0 + 1);
    }
    head.updated_at = now;
    head.expires_at = expires_at;
    Saved { draft: FormProgress { head, content }, created: false }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
