//! The states of a draft: the first one, and the one that a change leads to. Pure.

use super::{
    Change, Content, Data, Digest, DraftId, FormProgress, Head, Version, merge,
    rules::{Known, Refusal},
};
use crate::{clock::Moment, email::Email, surveys::SurveyId};

/// The next state of a draft.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The draft as it is now.
    pub draft: FormProgress,
    /// Whether this write started it.
    pub created: bool,
    /// Whether this write gave it its email.
    pub claimed: bool,
    /// Whether it holds less than before, so that the state before is worth keeping.
    pub is_less: bool,
}

/// Whose draft a write starts, and in what.
pub struct Start {
    /// Names it.
    pub draft_id: DraftId,
    /// The participant, if known.
    pub email: Option<Email>,
    /// The survey.
    pub survey_id: SurveyId,
}

/// The first state of a draft.
pub fn first(start: Start, change: &Change, data: Data, known: &Known<'_>, now: Moment, expires_at: Moment) -> Saved {
    let content = Content { data: data.json, meta: change.meta.clone().flatten() };
    let current_screen = change.current_screen.unwrap_or_default();
    let head = Head {
        draft_id: start.draft_id,
        email: start.email,
        survey_id: start.survey_id,
        company_id: known.company,
        guest_code: known.company.and(change.guest_code.clone()),
        current_screen,
        furthest_screen: current_screen,
        fingerprint: change.fingerprint.clone().flatten(),
        survey_fingerprint: known.survey_fingerprint(),
        version: Version(1),
        digest: Digest::of(&content),
        value_count: Some(data.value_count),
        created_at: now,
        updated_at: now,
        expires_at,
    };
    Saved { draft: FormProgress { head, content }, created: true, claimed: false, is_less: false }
}

/// The state that a change leads to. What it says nothing of stays as it was.
pub fn next(change: &Change, old: &Head, known: &Known<'_>, now: Moment, expires_at: Moment) -> Saved {
    let kept = || known.content.expect("the group loads the content that a change keeps");
    let content = Content {
        data: change.data.as_ref().map_or_else(|| kept().data.clone(), |data| data.json.clone()),
        meta: match &change.meta {
            Some(meta) => meta.clone(),
            None if old.digest.has_meta() => kept().meta.clone(),
            None => None,
        },
    };
    let value_count = change.data.as_ref().map_or(old.value_count, |data| Some(data.value_count));
    let current_screen = change.current_screen.unwrap_or(old.current_screen);
    let claimed = old.email.is_none() && change.email.is_some();
    let mut head = Head {
        email: old.email.clone().or_else(|| change.email.clone()),
        // An unknown code, or none, leaves the link as it is.
        company_id: known.company.or(old.company_id),
        guest_code: known.company.and(change.guest_code.clone()).or_else(|| old.guest_code.clone()),
        current_screen,
        furthest_screen: old.furthest_screen.max(current_screen),
        fingerprint: change.fingerprint.clone().unwrap_or_else(|| old.fingerprint.clone()),
        digest: Digest::of(&content),
        ..old.clone()
    };
    // A write that says what is already there (a browser sending again) is no new version, but a sign of life.
    if head != *old {
        head.version = Version(old.version.0 + 1);
    }
    head.value_count = value_count;
    head.survey_fingerprint = known.survey_fingerprint();
    head.updated_at = now;
    head.expires_at = expires_at;
    Saved { draft: FormProgress { head, content }, created: false, claimed, is_less: false }
}

/// The draft with a longer life. It is no new version: nothing of it is another.
pub fn extended(old: &Head, content: &Content, until: Moment) -> Saved {
    let head = Head { expires_at: old.expires_at.max(until), ..old.clone() };
    let draft = FormProgress { head, content: content.clone() };
    Saved { draft, created: false, claimed: false, is_less: false }
}

/// Whether a change leaves the draft with fewer values than it has.
pub fn is_less(change: &Change, old: &Head, content: Option<&Content>) -> bool {
    let Some(data) = &change.data else { return false };
    let had = old.value_count.or_else(|| content.map(|content| merge::value_count(&content.data)));
    had.is_some_and(|had| data.value_count < had)
}

/// A change that is given as a merge patch, until the content that it patches is known.
#[derive(Debug, Default)]
pub struct Patch {
    /// All but data and meta.
    pub change: Change,
    /// For `data`.
    pub data: Option<super::Json>,
    /// For `meta`; null clears it.
    pub meta: Option<super::Json>,
    /// The most bytes that data and meta may have together.
    pub largest: usize,
}

impl Patch {
    /// What the patch changes in this content.
    pub fn resolve(&self, content: &Content) -> Result<Change, Refusal> {
        let mut change = self.change.clone();
        if let Some(data) = self.data.as_ref().and_then(|patch| merge::merge(&content.data, patch)) {
            change.data = Some(Data::of(data.into()));
        }
        if let Some(patch) = &self.meta {
            let null = super::raw("null");
            let merged = merge::merge(content.meta.as_deref().unwrap_or(&null), patch);
            change.meta = merged.map(|meta| (meta.get() != "null").then(|| meta.into()));
        }
        let data = change.data.as_ref().map_or(content.data.get().len(), |data| data.json.get().len());
        let meta = change.meta.as_ref().unwrap_or(&content.meta).as_ref().map_or(0, |meta| meta.get().len());
        let old = content.data.get().len() + content.meta.as_ref().map_or(0, |meta| meta.get().len());
        match data + meta > self.largest.max(old) {
            true => Err(Refusal::DraftTooLarge),
            false => Ok(change),
        }
    }
}

/// Whether a change would leave the draft as it is.
pub fn changes_nothing(change: &Change, old: &Head, saved: &Saved) -> bool {
    change.data.is_none() && change.meta.is_none() && saved.draft.head.version == old.version
}
