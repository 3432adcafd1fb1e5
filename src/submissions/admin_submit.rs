//! What it takes to submit a draft on the participant's behalf, whichever way an admin asks for it.

use super::{
    Given, Receipt,
    answers::Answers,
    api::{Asked, own_answers, receipt_of, write_of},
    digest_of,
};
use crate::{
    audit::Entry,
    http::Parameter,
    problem::Problem,
    progress::{
        DraftId, Pair,
        admin::Sent,
        api::carry_out,
        reader::Reader,
        writer::Writer,
        writes::{By, Target},
    },
};

/// With what a draft is to be submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// With what was entered in it.
    Draft,
    /// With nothing.
    None,
}

impl Parameter for Which {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "draft" => Ok(Self::Draft),
            "none" => Ok(Self::None),
            _ => Err("must be draft or none"),
        }
    }
}

/// Submits a draft; what is wrong with the wish itself counts only if there is a draft. Gives whose submission it is, what is
/// known of it, and whether it was made before.
pub async fn submit(
    id: DraftId,
    entry: Entry,
    which: Result<Which, Problem>,
    sent: &Sent<'_>,
    writer: &Writer,
    reader: &Reader<'_>,
) -> Result<(Pair, Receipt, bool), Problem> {
    let (answers, said) = match which {
        Ok(Which::Draft) => match reader.find(id).await {
            Ok(found) => (own_answers(found, reader).await?, "with the draft's answers"),
            // How the draft ended, the writer knows, and whether this is the request that ended it.
            Err(Problem::DraftNotFound | Problem::DraftExpired | Problem::DraftSubmitted) => {
                (Given::Unjudged { digest: None }, "with the draft's answers")
            }
            Err(problem) => return Err(problem),
        },
        Ok(Which::None) | Err(_) => {
            (Given::Sent { answers: Ok(Answers::default()), digest: digest_of(None) }, "without answers")
        }
    };
    let by = By::Admin(Box::new(entry.detail(said)));
    let asked = Asked { problem: which.err(), ..Default::default() };
    let (write, problem) = write_of(Target::Draft(id), by, asked, answers, sent.body, sent.headers);
    receipt_of(carry_out(writer, sent.memory(), write, problem).await?)
}
