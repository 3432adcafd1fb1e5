//! What an admin may do with a draft that a participant may not, and how long a draft may be made to live.

use super::{situation::*, *};
use crate::{audit::Entry, progress::writes::By};

fn by_admin(mut write: Write) -> Write {
    write.by = By::Admin(Box::new(Entry::on_command_line("draft.test", ID, noon())));
    write
}

fn extend(until: Moment) -> Write {
    Write { act: Act::Extend(until), ..by_admin(restore()) }
}

#[test]
fn neither_a_closed_survey_nor_one_that_insists_on_versions_refuses_an_admin() {
    let mut situation = begun();
    situation.terms().status = Status::Closed;
    situation.terms().requires_if_match = true;
    for (write, for_participants, for_admins) in [
        (patch_of(Change::default()), "SurveyClosed", "Unchanged"),
        (restore(), "SurveyClosed", "Saved"),
        (extend(noon()), "SurveyClosed", "Saved"),
        (submit(Target::Draft(ID)), "SurveyClosed", "Submitted"),
        (discard(), "PreconditionRequired", "Discarded"),
    ] {
        let write = Write { by: By::Participant, ..write };
        assert_eq!(situation.outcome(&write), for_participants, "{:?}", write.act);
        assert_eq!(situation.outcome(&by_admin(write)), for_admins);
    }
}

#[test]
fn an_admin_who_names_a_version_insists_on_it() {
    for write in [extend(noon()), by_admin(submit(Target::Draft(ID))), by_admin(discard())] {
        assert_eq!(begun().outcome(&write.if_match("\"99\"")), "VersionMismatch");
    }
}

#[test]
fn an_extension_moves_the_expiry_on_and_nothing_else() {
    let situation = begun();
    let before = situation.clone().head().clone();
    for (until, expires_at) in [
        (before.expires_at.plus_days(60), before.expires_at.plus_days(60)),
        (before.expires_at, before.expires_at),
        (before.expires_at.minus_days(1), before.expires_at),
        (noon().minus_days(1), before.expires_at),
    ] {
        let saved = situation.saved(&extend(until));

        assert_eq!(saved.draft.head, Head { expires_at, ..before.clone() });
        assert!(!saved.created && !saved.claimed && !saved.is_less);
    }
}

#[test]
fn a_draft_that_is_no_more_cannot_be_extended() {
    assert_eq!(Situation::new().outcome(&extend(noon().plus_days(9))), "DraftNotFound");
    let expired = begun().after(DAYS);
    assert_eq!(expired.outcome(&extend(expired.now.plus_days(9))), "DraftExpired");
}
