//! All that the writes of a group concern, as it was loaded and as it was decided since.

mod outcome;

use std::collections::HashMap;

pub use self::outcome::{Answered, Outcome};
use super::{
    Content, DraftId, Ending, Head, Pair, Previous, Version,
    retries::{KeyDigest, Remembered},
    rules::{self, Known},
    writes::{Act, Target, Write},
};
use crate::{
    audit,
    clock::Moment,
    companies::{CompanyId, GuestCode},
    email::Email,
    record::Event,
    submissions::{NewSubmission, Receipt},
    surveys::{SurveyId, Terms},
};

/// A draft, as it was loaded and as it is after the writes so far.
#[derive(Default)]
pub struct DraftState {
    /// Whether it has a row in the database.
    pub is_stored: bool,
    /// Whether that row is another draft's, which had the same id.
    pub is_restarted: bool,
    /// Whether its row has to be written.
    pub is_changed: bool,
    /// Whether it was given its email.
    pub is_claimed: bool,
    /// The draft; none once it has ended.
    pub head: Option<Head>,
    /// Its content, where a write brought or needed it.
    pub content: Option<Content>,
}

/// What a group adds beside drafts.
#[derive(Default)]
pub struct Additions {
    /// Submissions.
    pub submissions: Vec<(Pair, NewSubmission)>,
    /// Drafts that ended, and are remembered.
    pub endings: HashMap<DraftId, Ending>,
    /// Drafts that ended, stored or not: their keys go.
    pub ended: Vec<DraftId>,
    /// Ids that were in use before and are again.
    pub revived: Vec<DraftId>,
    /// Writes with keys.
    pub keys: HashMap<(DraftId, KeyDigest), Remembered>,
    /// States that were replaced with less.
    pub previous: Vec<(DraftId, Previous)>,
    /// What became of drafts, in its order.
    pub events: Vec<Event>,
    /// What admins did.
    pub audit: Vec<audit::Entry>,
}

/// All that the writes of a group concern.
#[derive(Default)]
pub struct World {
    /// What surveys take.
    pub terms: HashMap<SurveyId, Terms>,
    /// Active companies.
    pub companies: HashMap<GuestCode, CompanyId>,
    /// Drafts, expired or not.
    pub drafts: HashMap<DraftId, DraftState>,
    /// Which draft a pair has.
    pub draft_of: HashMap<Pair, DraftId>,
    /// Whose draft it was that ended with a submission.
    pub submitter_of: HashMap<DraftId, Pair>,
    /// Submissions.
    pub receipts: HashMap<Pair, Receipt>,
    /// Drafts that are no more.
    pub endings: HashMap<DraftId, Ending>,
    /// Keys that were seen.
    pub remembered: HashMap<(DraftId, KeyDigest), Remembered>,
    /// States that may be restored.
    pub previous: HashMap<(DraftId, Version), Previous>,
    /// How many days ended drafts are remembered.
    pub ended_days: u32,
    /// What is to be added.
    pub additions: Additions,
}

impl World {
    fn draft_named(&self, target: &Target) -> Option<DraftId> {
        match target {
            Target::Pair(pair) => self.draft_of.get(pair).copied(),
            Target::Draft(id) => Some(*id),
        }
    }

    fn state(&self, target: &Target) -> Option<&DraftState> {
        self.drafts.get(&self.draft_named(target)?)
    }

    /// The participant whom a write is about: who owns the draft, or claims it, or has submitted it.
    fn pair_of(&self, write: &Write, now: Moment) -> Option<Pair> {
        let id = match &write.target {
            Target::Pair(pair) => return Some(pair.clone()),
            Target::Draft(id) => id,
        };
        // An expired draft is nobody's: its id may go to somebody else.
        let head = self.drafts.get(id).and_then(|state| state.head.as_ref());
        let alive = head.filter(|head| rules::is_alive(head, now));
        let owner = alive.and_then(|head| head.email.as_ref());
        let pair = |email: Option<&Email>, survey_id| {
            email.zip(survey_id).map(|(email, survey_id)| Pair { email: email.clone(), survey_id })
        };
        let survey_id = alive.map(|head| head.survey_id);
        match &write.act {
            Act::Save(save) => pair(owner.or(save.change.email.as_ref()), survey_id.or(Some(save.survey_id))),
            Act::Patch(patch) => pair(owner.or(patch.change.email.as_ref()), survey_id),
            Act::Restore(_) | Act::Extend(_) | Act::Discard => pair(owner, survey_id),
            Act::Submit(_) => pair(owner, survey_id).or_else(|| self.submitter_of.get(id).cloned()),
        }
    }

    fn survey_of(&self, write: &Write, pair: Option<&Pair>) -> Option<SurveyId> {
        let head = self.state(&write.target).and_then(|state| state.head.as_ref());
        match (&write.act, head) {
            (Act::Save(save), _) => Some(save.survey_id),
            (_, Some(head)) => Some(head.survey_id),
            (_, None) => pair.map(|pair| pair.survey_id),
        }
    }

    /// The id under which the keys of a write are remembered: its draft's, or that of one that ended.
    fn scope(&self, write: &Write, receipt: Option<&Receipt>, now: Moment) -> Option<DraftId> {
        let head = self.state(&write.target).and_then(|state| state.head.as_ref());
        match (head, &write.target) {
            (Some(head), _) => rules::is_alive(head, now).then_some(head.draft_id),
            (None, Target::Draft(id)) => Some(*id),
            (None, Target::Pair(_)) => receipt.and_then(|receipt| receipt.draft_id),
        }
    }

    fn knowing<T>(&self, write: &Write, now: Moment, ask: impl FnOnce(&Known<'_>) -> T) -> T {
        let pair = self.pair_of(write, now);
        let receipt = pair.as_ref().and_then(|pair| self.receipts.get(pair));
        let state = self.state(&write.target);
        let draft_id = self.draft_named(&write.target);
        let scope = self.scope(write, receipt, now);
        let other = pair.as_ref().and_then(|pair| self.draft_of.get(pair)).filter(|other| Some(**other) != draft_id);
        let remembered = |key: &KeyDigest| self.remembered.get(&(scope?, *key)).copied();
        let code = match &write.act {
            Act::Save(save) => save.change.guest_code.as_ref(),
            Act::Patch(patch) => patch.change.guest_code.as_ref(),
            Act::Submit(submit) => submit.guest_code.as_ref(),
            Act::Restore(_) | Act::Extend(_) | Act::Discard => None,
        };
        let previous = match &write.act {
            Act::Restore(version) => draft_id.and_then(|id| self.previous.get(&(id, *version))),
            _ => None,
        };
        ask(&Known {
            terms: self.survey_of(write, pair.as_ref()).and_then(|survey_id| self.terms.get(&survey_id)),
            draft: state.and_then(|state| state.head.as_ref()),
            content: state.and_then(|state| state.content.as_ref()),
            ending: draft_id.and_then(|id| self.endings.get(&id)).copied(),
            receipt,
            other: other.and_then(|id| self.drafts.get(id)).and_then(|state| state.head.as_ref()),
            company: code.and_then(|code| self.companies.get(code)).copied(),
            previous,
            remembered: write.key.as_ref().and_then(|key| {
                let discard = || self.remembered.get(&(write.discard_scope()?, key.digest)).copied();
                remembered(&key.digest).or_else(discard)
            }),
            produced: &|key| remembered(key).map(|before| before.version),
            ended_days: self.ended_days,
        })
    }

    /// The draft whose content a write cannot do without, if any.
    pub fn content_needed(&self, write: &Write, now: Moment) -> Option<DraftId> {
        let is_needed = self.knowing(write, now, |known| rules::content_needed(write, known, now));
        self.draft_named(&write.target).filter(|_| is_needed)
    }

    /// The ids whose rows go: those of drafts that ended.
    pub fn gone(&self) -> Vec<DraftId> {
        let is_gone = |state: &DraftState| state.is_stored && (state.head.is_none() || state.is_restarted);
        self.drafts.iter().filter(|(_, state)| is_gone(state)).map(|(id, _)| *id).collect()
    }
}
