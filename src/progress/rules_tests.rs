//! Which writes of a draft are done, and which are refused, for what, and in which order.

#[path = "rules_tests/admins.rs"]
mod admins;
#[path = "rules_tests/existence.rs"]
mod existence;
#[path = "rules_tests/properties.rs"]
mod properties;
#[path = "rules_tests/situation.rs"]
mod situation;
#[path = "rules_tests/states.rs"]
mod states;

use self::situation::*;
use super::*;
use crate::{
    progress::{Change, conditions::Tags, states::Patch},
    surveys::SurveyId,
};

type Mend = fn(&mut Situation, &mut Write);

/// Everything is wrong with a write. What is told first is mended first, until the write is done.
#[track_caller]
fn assert_order(mut situation: Situation, write: Write, mends: &[(&str, Mend)], done: &str) {
    let mut write = write.keyed("k", "{}");
    situation.remembered = Some(remembered(&save(Change::default()).keyed("k", "another body")));
    assert_eq!(situation.outcome(&write), "KeyReused");
    situation.remembered = None;
    for (refusal, mend) in mends {
        assert_eq!(situation.outcome(&write), *refusal);
        mend(&mut situation, &mut write);
    }
    assert_eq!(situation.outcome(&write), done);
}

/// The survey is closed and wants every write to name its version, and the body is bad.
fn spoil(mut situation: Situation, mut write: Write) -> (Situation, Write) {
    situation.terms().status = Status::Closed;
    situation.terms().requires_if_match = true;
    write.body_is_valid = false;
    (situation, write)
}

const OPEN: Mend = |situation, _| situation.terms().status = Status::Open;
const READ_BODY: Mend = |_, write| write.body_is_valid = true;
const NAME_A_VERSION: Mend = |_, write| write.conditions.if_match = Tags::parse("\"4\"").ok();
const NAME_THE_VERSION: Mend = |_, write| write.conditions.if_match = Tags::parse("\"5\"").ok();
const NAME_NO_DRAFT: Mend = |_, write| write.conditions.if_match = Tags::parse("\"0\"").ok();
const FORGET_ENDING: Mend = |situation, _| situation.ending = None;
const FORGET_SUBMISSION: Mend = |situation, _| situation.receipt = None;
const GO_BACK: Mend = |situation, _| situation.now = noon();
const CLAIM_FOR_NOBODY: Mend = |_, write| write.change().email = None;
const FIND_SURVEY: Mend = |situation, _| {
    situation.terms = Some(Terms { requires_if_match: true, ..terms(Status::Closed) });
};

#[test]
fn refusals_of_a_first_save_come_in_the_order_in_which_they_help() {
    let (mut situation, write) = spoil(Situation::new(), save(Change::default()));
    situation.terms = None;
    situation.receipt = Some(receipt());

    assert_order(
        situation,
        write,
        &[
            ("SurveyNotFound", FIND_SURVEY),
            ("AlreadySubmitted", FORGET_SUBMISSION),
            ("SurveyClosed", OPEN),
            ("BodyInvalid", READ_BODY),
            ("DataMissing", |_, write| *write.change() = with_data("{}")),
            ("PreconditionRequired", NAME_A_VERSION),
            ("VersionMismatch", NAME_NO_DRAFT),
        ],
        "Saved",
    );
}

#[test]
fn refusals_of_a_new_draft_come_in_the_order_in_which_they_help() {
    let (mut situation, write) = spoil(begun(), create(Change::default()));
    situation.terms = None;
    situation.receipt = Some(receipt());

    assert_order(
        situation,
        write.if_match("\"4\""),
        &[
            ("SurveyNotFound", FIND_SURVEY),
            ("AlreadySubmitted", FORGET_SUBMISSION),
            ("SurveyClosed", OPEN),
            ("DraftExists", |situation, _| situation.draft = None),
            ("BodyInvalid", READ_BODY),
            ("VersionMismatch", NAME_NO_DRAFT),
        ],
        "Saved",
    );
}

#[test]
fn refusals_of_a_draft_put_under_a_new_id_come_in_the_order_in_which_they_help() {
    let (mut situation, write) = spoil(Situation::new(), put(with_email("ana@example.com")));
    situation.terms = None;
    situation.ending = Some(Ending { end: End::Submitted, at: noon() });
    situation.receipt = Some(receipt());
    situation.other = Some(draft("{}", None).head);

    assert_order(
        situation,
        write,
        &[
            ("DraftSubmitted", FORGET_ENDING),
            ("AlreadySubmitted", FORGET_SUBMISSION),
            ("DraftExists", |situation, _| situation.other = None),
            ("SurveyNotFound", FIND_SURVEY),
            ("SurveyClosed", OPEN),
            ("BodyInvalid", READ_BODY),
            ("PreconditionRequired", NAME_A_VERSION),
            ("VersionMismatch", NAME_NO_DRAFT),
        ],
        "Saved",
    );
}

#[test]
fn refusals_of_a_draft_put_in_place_of_another_come_in_the_order_in_which_they_help() {
    let (mut situation, write) = spoil(begun(), put(with_email("bob@example.com")));
    situation.terms = None;
    situation.receipt = Some(receipt());
    situation.head().survey_id = SurveyId(2);

    assert_order(
        situation,
        write,
        &[
            ("DraftExists", |situation, _| situation.head().survey_id = SurveyId(1)),
            ("DraftClaimed", CLAIM_FOR_NOBODY),
            ("SurveyNotFound", FIND_SURVEY),
            ("AlreadySubmitted", FORGET_SUBMISSION),
            ("SurveyClosed", OPEN),
            ("BodyInvalid", READ_BODY),
            ("PreconditionRequired", NAME_A_VERSION),
            ("VersionMismatch", NAME_THE_VERSION),
        ],
        "Saved",
    );
}

#[test]
fn refusals_of_a_patch_come_in_the_order_in_which_they_help() {
    let large = Patch { change: with_email("bob@example.com"), largest: 1, ..patching(r#"{"b":2}"#) };
    let (mut situation, write) = spoil(begun().after(DAYS), patch(large));
    situation.terms = None;

    assert_order(
        situation,
        write,
        &[
            ("DraftExpired", GO_BACK),
            ("DraftClaimed", CLAIM_FOR_NOBODY),
            ("SurveyNotFound", FIND_SURVEY),
            ("SurveyClosed", OPEN),
            ("BodyInvalid", READ_BODY),
            ("PreconditionRequired", NAME_A_VERSION),
            ("VersionMismatch", NAME_THE_VERSION),
            ("DraftTooLarge", |_, write| write.act = patch(patching(r#"{"b":2}"#)).act),
        ],
        "Saved",
    );
}

#[test]
fn refusals_of_a_restoration_come_in_the_order_in_which_they_help() {
    let (mut situation, write) = spoil(begun().after(DAYS), restore());
    situation.terms = None;
    situation.previous = None;

    assert_order(
        situation,
        write,
        &[
            ("DraftExpired", GO_BACK),
            ("SurveyNotFound", FIND_SURVEY),
            ("SurveyClosed", OPEN),
            ("BodyInvalid", READ_BODY),
            ("StateNotFound", |situation, _| situation.previous = begun().previous),
            ("PreconditionRequired", NAME_A_VERSION),
            ("VersionMismatch", NAME_THE_VERSION),
        ],
        "Saved",
    );
}

#[test]
fn refusals_of_a_discard_come_in_the_order_in_which_they_help() {
    let (situation, write) = spoil(begun().after(DAYS), discard());

    assert_order(
        situation,
        write,
        &[
            ("DraftExpired", GO_BACK),
            ("BodyInvalid", READ_BODY),
            ("PreconditionRequired", NAME_A_VERSION),
            ("VersionMismatch", NAME_THE_VERSION),
        ],
        "Discarded",
    );
}

#[test]
fn a_write_sent_again_with_its_key_is_not_judged_again() {
    for write in every_overwrite().into_iter().chain([create(Change::default())]) {
        let (situation, write) = spoil(begun().after(DAYS), write.if_match("\"4\"").keyed("k", "{}"));
        let before = remembered(&write);
        let situation = Situation { terms: None, remembered: Some(before), ..situation };

        assert!(matches!(situation.decide(&write), Ok(Decision::Again(again)) if again == before), "{:?}", write.act);
        let other = write.keyed("k", "{ }");
        assert_eq!(situation.outcome(&other), "KeyReused", "{:?}", other.act);
    }
}

#[test]
fn a_key_that_is_new_changes_nothing() {
    for write in every_overwrite() {
        let plain = begun().outcome(&write);
        assert_eq!(begun().outcome(&write.keyed("k", "{}")), plain);
    }
}

#[test]
fn a_write_is_done_to_the_version_that_it_insists_on() {
    let mut situation = begun();
    situation.produced = Some((KeyDigest::of("mine"), Version(5)));
    for write in every_overwrite() {
        let plain = situation.outcome(&write);
        let mut write = write;
        for header in ["\"5\"", "W/\"5\"", "\"4\", \"5\"", "*", "\"3\", \"op:mine\""] {
            write = write.if_match(header);
            assert_eq!(situation.outcome(&write), plain, "{header} for {:?}", write.act);
        }
        for header in ["\"4\"", "\"6\"", "\"0\"", "\"3\", \"op:other\"", "\"draft\""] {
            write = write.if_match(header);
            let Err(Refusal::VersionMismatch(Some(current))) = situation.decide(&write) else {
                panic!("{header} is not refused for {:?}", write.act)
            };
            assert_eq!(current.draft.head.version, Version(5));
            assert_eq!(current.draft.content.data.get(), r#"{"a":1}"#);
        }
    }
}

#[test]
fn zero_stands_for_no_draft_yet() {
    let first = || with_data("{}");
    for write in [save(first()), put(first()), create(first()), submit(Target::Pair(pair()))] {
        let plain = Situation::new().outcome(&write);
        let write = write.if_match("\"0\"");
        assert_eq!(Situation::new().outcome(&write), plain);
        // A draft that has expired is none.
        let expired = if matches!(write.target, Target::Pair(_)) { plain.as_str() } else { "DraftExpired" };
        assert_eq!(begun().after(DAYS).outcome(&write), expired);
        for header in ["\"5\"", "*", "\"op:mine\""] {
            let write = Write { conditions: discard().if_match(header).conditions, ..save(first()) };
            let refused = Situation::new().decide(&write);
            assert!(matches!(refused, Err(Refusal::VersionMismatch(None))), "{header}");
        }
    }
}

#[test]
fn what_is_not_there_to_be_changed_is_not_found_whatever_a_write_insists_on() {
    for header in ["\"0\"", "\"5\"", "*"] {
        for write in [patch(patching("{}")), restore(), discard(), submit(Target::Draft(ID))] {
            assert_eq!(Situation::new().outcome(&write.if_match(header)), "DraftNotFound", "{header}");
        }
        assert_eq!(Situation::new().outcome(&discard_by_pair().if_match(header)), "NothingThere", "{header}");
    }
}

#[test]
fn if_none_match_with_a_star_only_creates() {
    let mut write = put(with_data("{}"));
    write.conditions.if_none_match = Some(Tags::Any);

    assert!(Situation::new().saved(&write).created);
    assert!(matches!(begun().decide(&write), Err(Refusal::VersionMismatch(Some(_)))));
}

#[test]
fn a_survey_may_want_every_write_that_can_overwrite_something_to_name_its_version() {
    let strict = |mut situation: Situation| {
        situation.terms().requires_if_match = true;
        situation
    };
    let (nobody, somebody) = (strict(Situation::new()), strict(begun()));
    for write in every_overwrite() {
        assert_eq!(somebody.outcome(&write), "PreconditionRequired", "{:?}", write.act);
        assert_ne!(somebody.outcome(&write.if_match("\"5\"")), "PreconditionRequired");
    }
    for (write, outcome) in [
        (save(with_data("{}")), "PreconditionRequired"),
        (save(with_data("{}")).if_match("\"0\""), "Saved"),
        (put(with_data("{}")), "PreconditionRequired"),
        (put(with_data("{}")).if_match("\"0\""), "Saved"),
        // These overwrite nothing.
        (create(with_data("{}")), "Saved"),
        (submit(Target::Pair(pair())), "Submitted"),
        (discard_by_pair(), "NothingThere"),
    ] {
        assert_eq!(nobody.outcome(&write), outcome, "{:?}", write.act);
    }
    let mut only_new = put(with_data("{}"));
    only_new.conditions.if_none_match = Some(Tags::Any);
    assert_eq!(nobody.outcome(&only_new), "Saved");
}
