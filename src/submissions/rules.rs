//! Whether a submission is accepted. Pure, like the rules of drafts, called by them, and decided under the same lock.

use super::{Given, NewSubmission, Receipt, Submit};
use crate::{
    clock::Moment,
    companies::CompanyId,
    progress::{
        Head,
        rules::{Known, Refusal, absence, admits, ended_by},
        writes::{Target, Write},
    },
    submissions::answers::Answers,
};

/// Whether there is somebody to submit, who has not. Some: it was submitted before, with the same answers. A browser
/// resends a POST whose connection broke.
pub fn admit(
    submit: &Submit,
    write: &Write,
    known: &Known<'_>,
    alive: Option<&Head>,
    now: Moment,
) -> Result<Option<Receipt>, Refusal> {
    if let (Target::Draft(_), None) = (&write.target, alive) {
        match absence(known.draft, known.ending, known.ended_days, now) {
            Refusal::DraftSubmitted if known.receipt.is_some() => {}
            lost => return Err(lost),
        }
    }
    let terms = known.terms.ok_or(Refusal::SurveyNotFound)?;
    if let Some(receipt) = known.receipt {
        return match (write.body_is_valid, submit.answers.are_in(receipt)) {
            (_, false) => Err(Refusal::AlreadySubmitted),
            (false, true) => Err(Refusal::BodyInvalid),
            (true, true) => Ok(Some(receipt.clone())),
        };
    }
    if !write.is_by_admin() && !admits(terms, alive.is_some()) {
        return Err(Refusal::SurveyClosed);
    }
    match (&write.target, alive) {
        (Target::Draft(_), Some(draft)) if draft.email.is_none() => Err(Refusal::DraftAnonymous),
        _ => Ok(None),
    }
}

/// Whether what was sent is good.
pub fn judge_body(submit: &Submit, known: &Known<'_>, alive: Option<&Head>) -> Result<(), Refusal> {
    company(submit, known, alive)?;
    match &submit.answers {
        Given::Sent { answers: Err(errors), .. } => Err(Refusal::AnswersInvalid(errors.clone())),
        Given::Sent { .. } | Given::Own(_) => Ok(()),
        Given::Unjudged { .. } => Err(Refusal::DraftNotFound),
    }
}

/// The submission, which takes the answers that were sent, or those of the draft.
pub fn submit(submit: &Submit, known: &Known<'_>, alive: Option<&Head>, now: Moment) -> Result<NewSubmission, Refusal> {
    let company_id = company(submit, known, alive)?;
    let (answers, digest) = match &submit.answers {
        Given::Sent { answers, digest } => (answers.clone(), *digest),
        Given::Own(own) => {
            let (head, content) = alive.zip(known.content).ok_or(Refusal::DraftNotFound)?;
            (own.judge(head.digest, content), super::digest_of(Some(&content.data)))
        }
        Given::Unjudged { .. } => return Err(Refusal::DraftNotFound),
    };
    let answers: Answers = answers.map_err(Refusal::AnswersInvalid)?;
    Ok(NewSubmission {
        company_id,
        participant: submit.participant.clone(),
        receipt: Receipt {
            submission_id: Default::default(),
            draft_id: Some(ended_by(alive, submit.unknown_draft_id)),
            answers_count: answers.count(),
            digest,
            is_own: submit.answers.is_own(),
            submitted_at: now,
        },
        answers,
    })
}

fn company(submit: &Submit, known: &Known<'_>, alive: Option<&Head>) -> Result<Option<CompanyId>, Refusal> {
    let linked = alive.and_then(|draft| draft.company_id);
    match (&submit.guest_code, known.company) {
        (None, _) => Ok(linked),
        (Some(_), Some(company)) => Ok(Some(company)),
        // A code that was switched off after the participant began must not cost them their answers.
        (Some(code), None) if alive.and_then(|draft| draft.guest_code.as_ref()) == Some(code) => Ok(linked),
        (Some(_), None) => Err(Refusal::InvalidGuestCode),
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
