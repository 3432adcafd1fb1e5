//! What is looked for among submissions. Pure.

use super::Submission;
use crate::{
    clock::Span,
    email::Email,
    timeline::{Place, Scope},
};

/// Which submissions are looked for. What is left open fits every one.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The surveys and companies.
    pub scope: Scope,
    /// The participant.
    pub email: Option<Email>,
    /// When it was accepted.
    pub submitted: Span,
}

impl Filter {
    /// Whether a submission is among those that are looked for.
    pub fn matches(&self, submission: &Submission) -> bool {
        self.scope.holds(submission.survey_id, submission.company_id)
            && self.email.as_ref().is_none_or(|email| submission.email == *email)
            && self.submitted.holds(submission.submitted_at)
    }
}

/// Where a submission stands in a list.
pub fn place_of(submission: &Submission) -> Place<i64> {
    Place { at: submission.submitted_at, id: submission.id }
}
