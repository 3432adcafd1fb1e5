//! Deciding a write in the world, and what it changes there.

use super::World;
use crate::{
    clock::Moment,
    companies::CompanyId,
    progress::{
        Current, DraftId, End, Ending, FormProgress, Head, Pair, Previous, Version, merge,
        retries::Remembered,
        rules::{self, Decision, Refusal},
        states::Saved,
        writes::{Act, By, Write},
    },
    record::{self, Event, What},
    submissions::{NewSubmission, Receipt},
    surveys::Shapes,
};

/// The answer to a write.
pub struct Answered {
    /// What came of it.
    pub outcome: Outcome,
    /// Whether it was done before, when it came with the same key.
    pub replayed: bool,
}

/// What came of a write.
pub enum Outcome {
    /// The draft as it is now.
    Saved {
        /// It.
        current: Box<Current>,
        /// Whether this write started it.
        created: bool,
    },
    /// The draft as an earlier, equal write left it, without its content. Others came since.
    SavedBefore {
        /// It.
        current: Box<Head>,
        /// Whether the form has changed its shape since.
        schema_changed: bool,
        /// Whether that write started it.
        created: bool,
    },
    /// There is no draft (any more).
    Discarded,
    /// The submission.
    Submitted(Pair, Receipt),
}

impl World {
    /// Decides a write, with the rules, and notes what is to be stored.
    pub fn decide(&mut self, write: &Write, now: Moment) -> Result<Answered, Refusal> {
        let decision = self.knowing(write, now, |known| rules::decide(write, known, now))?;
        let replayed = matches!(decision, Decision::Again(_));
        let outcome = self.carry_out(decision, write, now)?;
        if let (By::Admin(entry), false) = (&write.by, replayed) {
            self.additions.audit.push((**entry).clone());
        }
        Ok(Answered { outcome, replayed })
    }

    fn carry_out(&mut self, decision: Decision, write: &Write, now: Moment) -> Result<Outcome, Refusal> {
        match decision {
            Decision::Again(before) => self.again(write, before, now),
            Decision::Saved(saved) => {
                let id = saved.draft.head.draft_id;
                let created = saved.created;
                self.save(saved, write, now);
                self.remember(write, id, created, now);
                self.saved(id, created)
            }
            Decision::Unchanged => {
                let id = self.draft_named(&write.target).ok_or(Refusal::DraftNotFound)?;
                self.remember(write, id, false, now);
                self.saved(id, false)
            }
            Decision::NothingThere => {
                self.remember_discard(write, None, now);
                Ok(Outcome::Discarded)
            }
            Decision::Discarded => {
                let id = self.draft_named(&write.target);
                if let Some(id) = id {
                    self.end(id, Ending { end: End::Discarded, at: now }, false);
                }
                self.remember_discard(write, id, now);
                Ok(Outcome::Discarded)
            }
            Decision::SubmittedBefore(receipt) => {
                let pair = self.pair_of(write, now).ok_or(Refusal::DraftSubmitted)?;
                Ok(Outcome::Submitted(pair, receipt))
            }
            Decision::Submitted(submission) => {
                let pair = self.pair_of(write, now).ok_or(Refusal::DraftAnonymous)?;
                let receipt = submission.receipt.clone();
                self.submit(pair.clone(), submission, write, now);
                Ok(Outcome::Submitted(pair, receipt))
            }
        }
    }

    fn save(&mut self, saved: Saved, write: &Write, now: Moment) {
        let Saved { draft, created, claimed, is_less } = saved;
        let id = draft.head.draft_id;
        if let Some(pair) = draft.head.email.clone().map(|email| Pair { email, survey_id: draft.head.survey_id }) {
            // Another draft of the pair can only be one that has expired.
            self.end_expired(self.draft_of.get(&pair).copied().filter(|other| *other != id), now);
            self.draft_of.insert(pair, id);
        }
        if created {
            self.end_expired(self.draft_named(&write.target).filter(|old| *old != id), now);
            if self.endings.remove(&id).is_some() {
                self.additions.endings.remove(&id);
                self.additions.revived.push(id);
            }
        }
        let old = self.drafts.get(&id).and_then(|state| state.head.as_ref());
        let expired = old.filter(|_| created).map(|old| Event::of(old, What::Expired, old.expires_at));
        let of_save = record::of_save(old.filter(|_| !created), &draft.head, now);
        let events = expired.clone().into_iter().chain(of_save);
        // An admin's hand is no sign of life of the participant.
        let events = events.filter(|event| !write.is_by_admin() || event.what != What::Resumed);
        self.additions.events.extend(events);
        if expired.is_some() {
            // The keys of an expired draft are not those of the one that begins under its id.
            self.remembered.retain(|(draft_id, _), _| *draft_id != id);
        }
        let state = self.drafts.entry(id).or_default();
        if let (true, Some(head), Some(content)) = (is_less, &state.head, &state.content) {
            let previous = Previous {
                version: head.version,
                current_screen: head.current_screen,
                value_count: head.value_count.unwrap_or_else(|| merge::value_count(&content.data)),
                saved_at: head.updated_at,
                replaced_at: now,
                content: content.clone(),
            };
            self.previous.insert((id, head.version), previous.clone());
            self.additions.previous.push((id, previous));
        }
        state.is_restarted |= created && state.is_stored;
        state.is_claimed |= claimed;
        state.is_changed = true;
        state.head = Some(draft.head);
        state.content = Some(draft.content);
    }

    fn submit(&mut self, pair: Pair, submission: NewSubmission, write: &Write, now: Moment) {
        let ending = Ending { end: End::Submitted, at: now };
        let draft_id = submission.receipt.draft_id;
        let draft = self.draft_of.get(&pair).copied();
        if let (Some(draft_id), false) = (draft_id, draft == draft_id) {
            self.additions.events.push(Event {
                at: now,
                what: What::Submitted,
                survey_id: pair.survey_id,
                company_id: submission.company_id,
                draft_id,
                course: None,
            });
        }
        if let Some(id) = draft {
            match Some(id) == draft_id {
                true => {
                    self.link(id, submission.company_id, now);
                    self.end(id, ending, true);
                }
                false => self.end_expired(Some(id), now),
            }
        }
        if let Some(id) = draft_id {
            self.submitter_of.insert(id, pair.clone());
            if write.key.is_some() {
                // Also where there was no draft: what is remembered of the key goes when the ending goes.
                self.endings.insert(id, ending);
                self.additions.endings.insert(id, ending);
                self.remember(write, id, true, now);
            }
        }
        self.receipts.insert(pair.clone(), submission.receipt.clone());
        self.additions.submissions.push((pair, submission));
    }

    /// A guest code may come with the submission only.
    fn link(&mut self, id: DraftId, company_id: Option<CompanyId>, now: Moment) {
        let Some(head) = self.drafts.get_mut(&id).and_then(|state| state.head.as_mut()) else { return };
        if head.company_id != company_id {
            let before = std::mem::replace(&mut head.company_id, company_id);
            self.additions.events.push(Event::of(head, What::CompanyLinked(before), now));
        }
    }

    /// A discarded draft leaves a trace only to keep the key: its id is as if it had never been.
    fn remember_discard(&mut self, write: &Write, id: Option<DraftId>, now: Moment) {
        let Some(id) = write.discard_scope().or(id).filter(|_| write.key.is_some()) else { return };
        let ending = Ending { end: End::Discarded, at: now };
        self.endings.insert(id, ending);
        self.additions.endings.insert(id, ending);
        self.remember(write, id, false, now);
    }

    fn end_expired(&mut self, id: Option<DraftId>, now: Moment) {
        let Some(id) = id else { return };
        let head = self.drafts.get(&id).and_then(|state| state.head.as_ref());
        let expired = head.filter(|head| !rules::is_alive(head, now)).map(|head| head.expires_at);
        if let Some(at) = expired {
            self.end(id, Ending { end: End::Expired, at }, true);
        }
    }

    fn end(&mut self, id: DraftId, ending: Ending, is_remembered: bool) {
        let Some(state) = self.drafts.get_mut(&id) else { return };
        state.content = None;
        if let Some(head) = state.head.take() {
            let what = match ending.end {
                End::Submitted => What::Submitted,
                End::Expired => What::Expired,
                End::Discarded => What::Discarded,
            };
            self.additions.events.push(Event::of(&head, what, ending.at));
            let pair = head.email.map(|email| Pair { email, survey_id: head.survey_id });
            if let Some(pair) = pair.filter(|pair| self.draft_of.get(pair) == Some(&id)) {
                self.draft_of.remove(&pair);
            }
        }
        self.additions.ended.push(id);
        self.remembered.retain(|(draft_id, _), _| *draft_id != id);
        self.additions.keys.retain(|(draft_id, _), _| *draft_id != id);
        self.additions.previous.retain(|(draft_id, _)| *draft_id != id);
        if is_remembered {
            self.endings.insert(id, ending);
            self.additions.endings.insert(id, ending);
        }
    }

    fn remember(&mut self, write: &Write, id: DraftId, created: bool, now: Moment) {
        let Some(key) = &write.key else { return };
        let head = self.drafts.get(&id).and_then(|state| state.head.as_ref());
        let remembered = Remembered {
            request: key.request,
            created,
            version: head.map_or(Version(0), |head| head.version),
            current_screen: head.map_or_else(Default::default, |head| head.current_screen),
            answered_at: now,
        };
        self.remembered.insert((id, key.digest), remembered);
        self.additions.keys.insert((id, key.digest), remembered);
    }

    fn again(&self, write: &Write, before: Remembered, now: Moment) -> Result<Outcome, Refusal> {
        match &write.act {
            Act::Discard => return Ok(Outcome::Discarded),
            Act::Submit(_) => {
                let pair = self.pair_of(write, now).ok_or(Refusal::DraftSubmitted)?;
                let receipt = self.receipts.get(&pair).cloned().ok_or(Refusal::DraftSubmitted)?;
                return Ok(Outcome::Submitted(pair, receipt));
            }
            Act::Save(_) | Act::Patch(_) | Act::Restore(_) | Act::Extend(_) => {}
        }
        let id = self.draft_named(&write.target).ok_or(Refusal::DraftNotFound)?;
        let head = self.drafts.get(&id).and_then(|state| state.head.as_ref());
        let Some(head) = head.filter(|head| rules::is_alive(head, now)) else {
            return Err(rules::absence(None, self.endings.get(&id).copied(), self.ended_days, now));
        };
        if head.version == before.version {
            return self.saved(id, before.created);
        }
        let Remembered { version, current_screen, answered_at, created, .. } = before;
        let schema_changed = rules::schema_changed(head, self.shapes(head));
        let then = Head { version, current_screen, updated_at: answered_at, ..head.clone() };
        Ok(Outcome::SavedBefore { current: Box::new(then), schema_changed, created })
    }

    fn shapes(&self, head: &Head) -> Option<&Shapes> {
        self.terms.get(&head.survey_id)?.shapes.as_ref()
    }

    fn saved(&self, id: DraftId, created: bool) -> Result<Outcome, Refusal> {
        let state = self.drafts.get(&id).ok_or(Refusal::DraftNotFound)?;
        let head = state.head.clone().ok_or(Refusal::DraftNotFound)?;
        let content = state.content.clone().expect("the content of a draft that a write leaves is there");
        let schema_changed = rules::schema_changed(&head, self.shapes(&head));
        let draft = FormProgress { head, content };
        Ok(Outcome::Saved { current: Box::new(Current { draft, schema_changed }), created })
    }
}
