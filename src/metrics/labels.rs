//! The labels: each of a bounded set, whatever is sent.

use std::{fmt::Debug, hash::Hash};

use prometheus_client::encoding::EncodeLabelSet;

use super::WriteEnd;

/// The route of a request that has none.
pub const UNMATCHED: &str = "unmatched";

/// What a family may be labelled with.
pub trait Set: EncodeLabelSet + Clone + Hash + Eq + Debug + Send + Sync + 'static {}

impl<T: EncodeLabelSet + Clone + Hash + Eq + Debug + Send + Sync + 'static> Set for T {}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Asked {
    pub method: &'static str,
    pub route: String,
}

/// How it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Answered {
    #[prometheus(flatten)]
    pub asked: Asked,
    pub status: u16,
}

/// By which problem it was refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Refused {
    pub code: &'static str,
}

/// How a write ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Ended {
    outcome: &'static str,
}

impl Ended {
    pub fn of(end: WriteEnd) -> Self {
        Self {
            outcome: match end {
                WriteEnd::Done => "done",
                WriteEnd::Refused => "refused",
                WriteEnd::Failed => "failed",
            },
        }
    }
}

/// Drafts of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfSurvey {
    pub survey: i64,
}
