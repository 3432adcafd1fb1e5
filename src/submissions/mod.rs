//! Submissions: the final record, and the end of a draft.

pub mod answers;
pub mod api;
pub mod rules;
pub mod store;

use std::sync::{Arc, OnceLock};

use self::answers::Answers;
use crate::{
    clock::Moment,
    companies::{CompanyId, GuestCode},
    progress::{
        Json, Pair,
        group::{Command, Needs, World},
        rules::Refusal,
    },
};

/// A participant's final answers.
#[derive(Debug)]
pub struct Submit {
    /// Who, in what.
    pub pair: Pair,
    /// The guest code, if the participant gave one. It must then be good.
    pub guest_code: Option<GuestCode>,
    /// What the participant says of themself: an object, kept as it was sent.
    pub participant: Option<Json>,
    /// The answers; none when somebody else keeps them and only says that the pair is done.
    pub answers: Answers,
    /// Of the answers as they were sent: what a repeated submission is recognised by, whatever became of the survey.
    pub digest: [u8; 32],
}

/// That a pair has submitted, and what it takes to recognise the same submission sent again.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Names the submission. The database gives the number when the group is stored.
    pub submission_id: Arc<OnceLock<i64>>,
    /// How many answers it has.
    pub answers_count: i32,
    /// Of the answers.
    pub digest: [u8; 32],
    /// When it was accepted.
    pub submitted_at: Moment,
}

/// A submission to be stored.
#[derive(Debug)]
pub struct NewSubmission {
    /// The company of the guest code, or the one that the draft was linked with.
    pub company_id: Option<CompanyId>,
    /// What the participant says of themself.
    pub participant: Option<Json>,
    /// The answers.
    pub answers: Answers,
    /// What it will be recognised by.
    pub receipt: Receipt,
}

impl Command for Submit {
    type Outcome = Receipt;

    fn needs(&self, needs: &mut Needs) {
        needs.pairs.insert(self.pair.clone());
        needs.codes.extend(self.guest_code.clone());
    }

    fn decide(&self, world: &mut World, now: Moment) -> Result<Receipt, Refusal> {
        let company = world.company(self.guest_code.as_ref());
        let terms = world.terms(self.pair.survey_id).copied();
        let participation = world.participation(&self.pair);
        let known = rules::Known {
            terms: terms.as_ref(),
            receipt: participation.receipt.as_ref(),
            draft: participation.draft.as_ref(),
            company,
        };
        match rules::submit(self, &known, now)? {
            rules::Submitted::Before(receipt) => Ok(receipt),
            rules::Submitted::Now(submission) => {
                let receipt = submission.receipt.clone();
                participation.draft = None;
                participation.receipt = Some(receipt.clone());
                participation.submission = Some(submission);
                Ok(receipt)
            }
        }
    }
}
