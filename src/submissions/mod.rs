//! Submissions: the final record, and the end of a draft.

pub mod admin;
pub mod admin_api;
pub mod admin_submit;
pub mod admin_submit_api;
pub mod answers;
pub mod api;
pub mod export;
pub mod front_end;
pub mod pages;
pub mod rules;
pub mod search;
pub mod store;

use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use self::answers::Answers;
use crate::{
    clock::Moment,
    companies::{CompanyId, GuestCode},
    email::Email,
    problem::FieldError,
    progress::{Content, Digest, DraftId, Json},
    surveys::{SurveyId, form::Form},
};

/// A participant's final answers.
#[derive(Debug)]
pub struct Submit {
    /// The guest code, if the participant gave one. It must then be good.
    pub guest_code: Option<GuestCode>,
    /// What the participant says of themself: an object, kept as it was sent.
    pub participant: Option<Json>,
    /// The answers.
    pub answers: Given,
    /// Under which the submission is remembered if it ends no draft: an id that nobody knows.
    pub unknown_draft_id: DraftId,
}

/// Where the answers of a submission come from.
#[derive(Debug)]
pub enum Given {
    /// They were sent; or nothing was, since somebody else keeps them and only says that the pair is done.
    Sent {
        /// The answers, or what is wrong with them.
        answers: Result<Answers, Vec<FieldError>>,
        /// Of the answers as they were sent: what a repeated submission is recognised by, whatever became of the survey.
        digest: [u8; 32],
    },
    /// They are those of the draft.
    Own(Own),
    /// The draft was not there when they were to be judged. It may have been submitted before, with the same answers.
    Unjudged {
        /// Of the answers as they were sent; none if they are the draft's.
        digest: Option<[u8; 32]>,
    },
}

impl Given {
    /// Whether they are those of the draft.
    pub fn is_own(&self) -> bool {
        matches!(self, Self::Own(_) | Self::Unjudged { digest: None })
    }

    /// Whether a submission was made of the same.
    pub fn are_in(&self, receipt: &Receipt) -> bool {
        match self {
            Self::Sent { digest, .. } | Self::Unjudged { digest: Some(digest) } => receipt.digest == *digest,
            // A draft that has been submitted is not there any more to be compared with.
            Self::Own(_) | Self::Unjudged { digest: None } => receipt.is_own,
        }
    }
}

/// What it takes to submit a draft's own answers.
#[derive(Debug)]
pub struct Own {
    /// What the survey accepts.
    pub form: Arc<Form>,
    /// A content of the draft, by its digest, and the judgement on it. Most drafts are still as they were read then, and
    /// the writer is spared the judging.
    pub judged: (Digest, Result<Answers, Vec<FieldError>>),
}

impl Own {
    /// The answers of this content, or what is wrong with them.
    pub fn judge(&self, digest: Digest, content: &Content) -> Result<Answers, Vec<FieldError>> {
        match self.judged.0 == digest {
            true => self.judged.1.clone(),
            false => self.form.answers(&content.data, "/data"),
        }
    }
}

/// What a repeated submission is recognised by: its answers as they were sent.
pub fn digest_of(answers: Option<&RawValue>) -> [u8; 32] {
    Sha256::digest(answers.map_or("", RawValue::get)).into()
}

/// That a pair has submitted, and what it takes to recognise the same submission sent again.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Names the submission. The database gives the number when the group is stored.
    pub submission_id: Arc<OnceLock<i64>>,
    /// The draft that it ended, or an id that nobody knew.
    pub draft_id: Option<DraftId>,
    /// How many answers it has.
    pub answers_count: i32,
    /// Of the answers.
    pub digest: [u8; 32],
    /// Whether they were the draft's own.
    pub is_own: bool,
    /// When it was accepted.
    pub submitted_at: Moment,
}

/// A submission that was stored, without its answers.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Names it.
    pub id: i64,
    /// The participant.
    pub email: Email,
    /// The survey.
    pub survey_id: SurveyId,
    /// The company.
    pub company_id: Option<CompanyId>,
    /// What the participant said of themself.
    pub participant: Option<Json>,
    /// How many answers it has.
    pub answers_count: i32,
    /// When it was accepted.
    pub submitted_at: Moment,
    /// The draft that it ended, or an id that nobody knew; none once that is forgotten.
    pub draft_id: Option<DraftId>,
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
