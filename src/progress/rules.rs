//! What may happen to a draft. Pure: no clock, no database, no HTTP. Every write of a draft is decided here, on what
//! the writer has loaded under its lock, and nowhere else.
//!
//! Each write is judged in the same order: has its key been seen; is there a draft for it, and in a state to take it;
//! is its body good; is the draft at the version that it insists on. Only then it is done.

pub use super::refusal::Refusal;
use super::{
    Content, Current, Data, DraftId, End, Ending, Fingerprint, FormProgress, Head, Pair, Previous, Version,
    conditions::Conditions,
    retries::{Key, KeyDigest, Remembered},
    states::{self, Saved, Start},
    writes::{Act, Save, Target, Way, Write},
};
use crate::{
    clock::Moment,
    companies::CompanyId,
    email::Email,
    submissions::{self, NewSubmission, Receipt},
    surveys::{Shapes, Status, Terms},
};

/// What is known of a draft, its participant and its survey when a write is decided.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// What the survey takes; none: there is no such survey.
    pub terms: Option<&'a Terms>,
    /// The draft that the write is about, expired or not.
    pub draft: Option<&'a Head>,
    /// Its content, where [`content_needed`] asked for it.
    pub content: Option<&'a Content>,
    /// What became of the draft with the id that the write names.
    pub ending: Option<Ending>,
    /// The submission of the participant.
    pub receipt: Option<&'a Receipt>,
    /// The draft that the participant has besides, when the write gives an anonymous one their email.
    pub other: Option<&'a Head>,
    /// The active company of the write's guest code.
    pub company: Option<CompanyId>,
    /// The state that is to be restored.
    pub previous: Option<&'a Previous>,
    /// What is remembered of the write's key.
    pub remembered: Option<Remembered>,
    /// What is remembered of any key.
    pub produced: &'a dyn Fn(&KeyDigest) -> Option<Version>,
    /// How many days ended drafts are remembered.
    pub ended_days: u32,
}

impl Known<'_> {
    /// The shape of the survey's answers.
    pub fn survey_fingerprint(&self) -> Option<Fingerprint> {
        self.terms?.shapes.as_ref().map(|shapes| shapes.current().clone())
    }

    fn current(&self, alive: Option<&Head>) -> Option<Box<Current>> {
        let head = alive?.clone();
        let content = self.content.expect("the group loads the content of a draft that a write does not match").clone();
        let schema_changed = schema_changed(&head, self.terms.and_then(|terms| terms.shapes.as_ref()));
        Some(Box::new(Current { draft: FormProgress { head, content }, schema_changed }))
    }
}

/// What is to be done.
pub enum Decision {
    /// Nothing: it was done before, and is answered as then.
    Again(Remembered),
    /// The draft has a next state.
    Saved(Saved),
    /// The patch changes nothing.
    Unchanged,
    /// The draft ends without a trace.
    Discarded,
    /// There was none to discard.
    NothingThere,
    /// The draft ends with a submission.
    Submitted(NewSubmission),
    /// It was submitted before, with the same answers.
    SubmittedBefore(Receipt),
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

/// Whether the form has another shape than the one that wrote the draft. What cannot be compared is not said to have
/// changed: a client's fingerprint of its own kind, or one by an algorithm that nobody here knows.
pub fn schema_changed(draft: &Head, shapes: Option<&Shapes>) -> bool {
    let Some(shapes) = shapes else { return false };
    let differs = |fingerprint: &Option<Fingerprint>| shapes.differ_from(fingerprint.as_ref()?);
    differs(&draft.fingerprint).or_else(|| differs(&draft.survey_fingerprint)).unwrap_or(false)
}

/// What to tell the holder of an id whose draft is not there: how it ended, for as long as that is remembered.
pub fn absence(draft: Option<&Head>, ending: Option<Ending>, ended_days: u32, now: Moment) -> Refusal {
    let expired = draft.map(|draft| Ending { end: End::Expired, at: draft.expires_at });
    match expired.or(ending).filter(|ending| ending.at.plus_days(ended_days) > now).map(|ending| ending.end) {
        Some(End::Expired) => Refusal::DraftExpired,
        Some(End::Submitted) => Refusal::DraftSubmitted,
        Some(End::Discarded) | None => Refusal::DraftNotFound,
    }
}

/// Decides a write.
pub fn decide(write: &Write, known: &Known<'_>, now: Moment) -> Result<Decision, Refusal> {
    if let (Some(Key { request, .. }), Some(before)) = (&write.key, known.remembered) {
        return if before.request == *request { Ok(Decision::Again(before)) } else { Err(Refusal::KeyReused) };
    }
    let alive = known.draft.filter(|draft| is_alive(draft, now));
    match &write.act {
        Act::Save(save) => admit_save(save, write, known, alive, now)?,
        Act::Patch(patch) => admit_change(write, known, alive, patch.change.email.as_ref(), now)?,
        Act::Restore(_) | Act::Extend(_) => admit_change(write, known, alive, None, now)?,
        Act::Submit(submit) => {
            if let Some(before) = submissions::rules::admit(submit, write, known, alive, now)? {
                return Ok(Decision::SubmittedBefore(before));
            }
        }
        Act::Discard => match (&write.target, alive) {
            (_, Some(_)) => {}
            (Target::Pair(_), None) => return Ok(Decision::NothingThere),
            (Target::Draft(_), None) => return Err(absence(known.draft, known.ending, known.ended_days, now)),
        },
    }
    if !write.body_is_valid {
        return Err(Refusal::BodyInvalid);
    }
    match &write.act {
        Act::Save(save) if alive.is_none() && save.way == Way::Progress && save.change.data.is_none() => {
            return Err(Refusal::DataMissing);
        }
        Act::Submit(submit) => submissions::rules::judge_body(submit, known, alive)?,
        Act::Restore(_) if known.previous.is_none() => return Err(Refusal::StateNotFound),
        _ => {}
    }
    insist(write, known, alive)?;
    act(write, known, alive, now)
}

/// A save: of a draft that is there, or of one that may begin.
fn admit_save(save: &Save, write: &Write, known: &Known<'_>, alive: Option<&Head>, now: Moment) -> Result<(), Refusal> {
    if let (Target::Draft(_), None) = (&write.target, alive) {
        match absence(known.draft, known.ending, known.ended_days, now) {
            Refusal::DraftNotFound => {}
            ended => return Err(ended),
        }
    }
    if save.way == Way::Put && alive.is_some_and(|draft| draft.survey_id != save.survey_id) {
        return Err(Refusal::DraftExists);
    }
    admit_email(known, alive, save.change.email.as_ref(), now)?;
    let terms = known.terms.ok_or(Refusal::SurveyNotFound)?;
    if known.receipt.is_some() {
        return Err(Refusal::AlreadySubmitted);
    }
    if !admits(terms, alive.is_some()) {
        return Err(Refusal::SurveyClosed);
    }
    match save.way == Way::Create && alive.is_some() {
        true => Err(Refusal::DraftExists),
        false => Ok(()),
    }
}

/// A change of a draft that must be there.
fn admit_change(
    write: &Write,
    known: &Known<'_>,
    alive: Option<&Head>,
    email: Option<&Email>,
    now: Moment,
) -> Result<(), Refusal> {
    if alive.is_none() {
        return Err(absence(known.draft, known.ending, known.ended_days, now));
    }
    admit_email(known, alive, email, now)?;
    let terms = known.terms.ok_or(Refusal::SurveyNotFound)?;
    if write.is_by_admin() || admits(terms, true) { Ok(()) } else { Err(Refusal::SurveyClosed) }
}

/// A draft is claimed once: by an email that has no other draft there, and no submission.
fn admit_email(known: &Known<'_>, alive: Option<&Head>, email: Option<&Email>, now: Moment) -> Result<(), Refusal> {
    let Some(email) = email else { return Ok(()) };
    match alive.and_then(|draft| draft.email.as_ref()) {
        Some(owner) if owner == email => Ok(()),
        Some(_) => Err(Refusal::DraftClaimed),
        None if known.receipt.is_some() => Err(Refusal::AlreadySubmitted),
        None if known.other.is_some_and(|other| is_alive(other, now)) => Err(Refusal::DraftExists),
        None => Ok(()),
    }
}

/// Whether the draft is at the version that the write insists on, and whether it must insist on one.
fn insist(write: &Write, known: &Known<'_>, alive: Option<&Head>) -> Result<(), Refusal> {
    let overwrites = match &write.act {
        Act::Save(save) => save.way != Way::Create,
        Act::Submit(_) => alive.is_some(),
        Act::Patch(_) | Act::Restore(_) | Act::Discard => true,
        Act::Extend(_) => false,
    };
    let required = known.terms.is_some_and(|terms| terms.requires_if_match);
    if overwrites && required && !write.is_by_admin() && !write.conditions.protect() {
        return Err(Refusal::PreconditionRequired);
    }
    match holds(&write.conditions, known, alive) {
        true => Ok(()),
        false => Err(Refusal::VersionMismatch(known.current(alive))),
    }
}

fn holds(conditions: &Conditions, known: &Known<'_>, alive: Option<&Head>) -> bool {
    conditions.hold(alive.map(|draft| draft.version), known.produced)
}

fn act(write: &Write, known: &Known<'_>, alive: Option<&Head>, now: Moment) -> Result<Decision, Refusal> {
    let terms = known.terms.ok_or(Refusal::SurveyNotFound)?;
    let expires_at = now.plus_days(terms.progress_days);
    let loaded = || known.content.expect("the group loads the content that a change is made of");
    let (old, change) = match (&write.act, alive) {
        (Act::Discard, _) => return Ok(Decision::Discarded),
        (Act::Submit(submit), _) => {
            return submissions::rules::submit(submit, known, alive, now).map(Decision::Submitted);
        }
        (Act::Save(save), None) => {
            let data = save.change.data.clone().unwrap_or_else(Data::empty);
            let first = states::first(start(save, &write.target), &save.change, data, known, now, expires_at);
            return Ok(Decision::Saved(first));
        }
        (Act::Patch(_) | Act::Restore(_) | Act::Extend(_), None) => return Err(Refusal::DraftNotFound),
        (Act::Extend(until), Some(old)) => return Ok(Decision::Saved(states::extended(old, loaded(), *until))),
        (Act::Save(save), Some(old)) => (old, save.change.clone()),
        (Act::Patch(patch), Some(old)) => (old, patch.resolve(loaded())?),
        (Act::Restore(_), Some(old)) => (old, known.previous.ok_or(Refusal::StateNotFound)?.change()),
    };
    let mut saved = states::next(&change, old, known, now, expires_at);
    if matches!(write.act, Act::Patch(_)) && states::changes_nothing(&change, old, &saved) {
        return Ok(Decision::Unchanged);
    }
    // Whoever insisted on a version knew what they replaced.
    saved.is_less = write.conditions.if_match.is_none() && states::is_less(&change, old, known.content);
    Ok(Decision::Saved(saved))
}

fn start(save: &Save, target: &Target) -> Start {
    match target {
        Target::Pair(Pair { email, survey_id }) => {
            Start { draft_id: save.new_id, email: Some(email.clone()), survey_id: *survey_id }
        }
        Target::Draft(draft_id) => {
            Start { draft_id: *draft_id, email: save.change.email.clone(), survey_id: save.survey_id }
        }
    }
}

/// Whether a draft's content decides, or is part of what a write leads to, so that it has to be loaded.
pub fn content_needed(write: &Write, known: &Known<'_>, now: Moment) -> bool {
    let Some(head) = known.draft.filter(|draft| is_alive(draft, now)) else { return false };
    if let Some(before) = known.remembered {
        return before.version == head.version;
    }
    if !holds(&write.conditions, known, Some(head)) {
        return true;
    }
    match &write.act {
        Act::Save(Save { change, .. }) => {
            let keeps = change.data.is_none() || (change.meta.is_none() && head.digest.has_meta());
            // A write that insists on a version replaces what it knows; any other may replace more than it brings.
            let is_less = || match (&change.data, head.value_count) {
                (Some(data), Some(count)) => data.value_count < count,
                (data, _) => data.is_some(),
            };
            keeps || (write.conditions.if_match.is_none() && is_less())
        }
        Act::Patch(_) | Act::Restore(_) | Act::Extend(_) => true,
        Act::Submit(submit) => submit.answers.is_own(),
        Act::Discard => false,
    }
}

/// The id under which a new submission is remembered: that of the draft it ended, or one that nobody knows.
pub fn ended_by(alive: Option<&Head>, unknown: DraftId) -> DraftId {
    alive.map_or(unknown, |draft| draft.draft_id)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
