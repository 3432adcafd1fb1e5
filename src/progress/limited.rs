//! The writes of participants, within the limits, and with an eye on those who guess.

use super::{
    Change,
    api::carry_out,
    world::{Answered, Outcome},
    writer::Writer,
    writes::{Act, Target, Write},
};
use crate::{access::Visitor, companies::GuestCode, limits::Guess, problem::Problem};

/// Has the write of a participant carried out, as [`carry_out`] does, as far as the limits let it.
pub async fn carry_out_for(
    visitor: &Visitor,
    writer: &Writer,
    memory: usize,
    mut write: Write,
    problem: Option<Problem>,
) -> Result<Answered, Problem> {
    visitor.may_write(&write.target)?;
    if matches!(&write.act, Act::Submit(submit) if submit.guest_code.is_some()) {
        visitor.may_guess(Guess::GuestCode)?;
    }
    let mut code = code_in(&write).cloned();
    if code.is_some() && visitor.may_guess(Guess::GuestCode).is_err() {
        // No data may refuse a save: who has guessed too often is told nothing of this code, and the draft is not linked.
        code = None;
        if let Some(change) = change_of(&mut write.act) {
            change.guest_code = None;
        }
    }
    let is_pair = matches!(write.target, Target::Pair(_));
    let names_email = is_pair || change_of(&mut write.act).is_some_and(|change| change.email.is_some());
    // Refused if there is a draft at another version, or one of another id, and told that all is well if there is none: that can
    // be asked of any email.
    let is_discard = matches!(write.act, Act::Discard);
    let insists = write.conditions.if_match.is_some();
    let may_ask = insists && if is_pair { is_discard } else { names_email };
    if may_ask {
        visitor.may_guess(Guess::Email)?;
    }
    let submits = is_pair && matches!(write.act, Act::Submit(_));
    let target = write.target.clone();
    let answered = carry_out(writer, memory, write, problem).await;
    if let (Some(code), Ok(Answered { outcome: Outcome::Saved { current, .. }, .. })) = (&code, &answered)
        && current.draft.head.guest_code.as_ref() != Some(code)
    {
        visitor.missed_code(&target, code);
    }
    match &answered {
        Ok(Answered { outcome: Outcome::Saved { created: true, .. }, replayed: false }) => visitor.began(),
        Ok(Answered { outcome: Outcome::Discarded, .. }) if may_ask => visitor.missed(Guess::Email),
        Err(Problem::InvalidGuestCode) => visitor.missed(Guess::GuestCode),
        // Bad answers tell whether good ones came before.
        Err(Problem::AnswersInvalid(_)) if submits => {
            visitor.may_guess(Guess::Email)?;
            visitor.missed(Guess::Email);
        }
        Err(Problem::AlreadySubmitted) if submits => visitor.may_guess(Guess::Email)?,
        // A write that insists on a version that nobody has would be a read of any email's draft.
        Err(Problem::VersionMismatch(current)) if names_email => {
            visitor.may_guess(Guess::Email)?;
            if current.is_none() {
                visitor.missed(Guess::Email);
            }
        }
        _ => {}
    }
    answered
}

/// The guest code in the data that a write brings.
fn code_in(write: &Write) -> Option<&GuestCode> {
    match &write.act {
        Act::Save(save) => save.change.guest_code.as_ref(),
        Act::Patch(patch) => patch.change.guest_code.as_ref(),
        Act::Submit(_) | Act::Restore(_) | Act::Extend(_) | Act::Discard => None,
    }
}

fn change_of(act: &mut Act) -> Option<&mut Change> {
    match act {
        Act::Save(save) => Some(&mut save.change),
        Act::Patch(patch) => Some(&mut patch.change),
        Act::Submit(_) | Act::Restore(_) | Act::Extend(_) | Act::Discard => None,
    }
}
