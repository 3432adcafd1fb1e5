//! Whether a submission is accepted. Pure, like the rules of drafts, and decided under the same lock.

use super::{NewSubmission, Receipt, Submit};
use crate::{
    clock::Moment,
    companies::CompanyId,
    progress::{
        Head,
        rules::{Refusal, admits, is_alive},
    },
    surveys::Terms,
};

/// What is known of a participant in a survey when a submission is decided.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What the survey takes; none: there is no such survey.
    pub terms: Option<&'a Terms>,
    /// The submission that the participant has made before.
    pub receipt: Option<&'a Receipt>,
    /// The participant's draft, expired or not.
    pub draft: Option<&'a Head>,
    /// The active company of the submission's guest code.
    pub company: Option<CompanyId>,
}

/// An accepted submission.
#[derive(Debug)]
pub enum Submitted {
    /// It is the one that is there already, sent again: a browser resends a POST whose connection broke.
    Before(Receipt),
    /// It is new, and the end of the draft.
    Now(NewSubmission),
}

/// Decides a submission.
pub fn submit(submit: &Submit, known: &Known<'_>, now: Moment) -> Result<Submitted, Refusal> {
    let terms = known.terms.ok_or(Refusal::SurveyNotFound)?;
    if let Some(receipt) = known.receipt {
        return match receipt.digest == submit.digest {
            true => Ok(Submitted::Before(receipt.clone())),
            false => Err(Refusal::AlreadySubmitted),
        };
    }
    let draft = known.draft.filter(|draft| is_alive(draft, now));
    if !admits(terms, draft.is_some()) {
        return Err(Refusal::SurveyClosed);
    }
    let linked = draft.and_then(|draft| draft.company_id);
    let company_id = match (&submit.guest_code, known.company) {
        (None, _) => linked,
        (Some(_), Some(company)) => Some(company),
        // A code that was switched off after the participant began must not cost them their answers.
        (Some(code), None) if draft.and_then(|draft| draft.guest_code.as_ref()) == Some(code) => linked,
        (Some(_), None) => return Err(Refusal::InvalidGuestCode),
    };
    Ok(Submitted::Now(NewSubmission {
        company_id,
        participant: submit.participant.clone(),
        answers: submit.answers.clone(),
        receipt: Receipt {
            submission_id: Default::default(),
            answers_count: submit.answers.count(),
            digest: submit.digest,
            submitted_at: now,
        },
    }))
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
