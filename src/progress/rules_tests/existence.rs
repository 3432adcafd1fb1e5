//! Whether there is a draft, whether there may be one, and whose it is.

use super::{situation::*, *};

/// Writes that need a draft to be there.
fn changes() -> Vec<Write> {
    vec![patch(patching(r#"{"b":2}"#)), restore(), discard(), submit(Target::Draft(ID))]
}

#[test]
fn a_draft_lives_until_its_expiry_and_not_at_it() {
    let head = Situation::new().saved(&save(with_data("{}"))).draft.head;

    assert_eq!(head.expires_at, noon().plus_days(DAYS));
    assert!(is_alive(&head, noon().plus_days(DAYS - 1)));
    assert!(!is_alive(&head, noon().plus_days(DAYS)));
}

#[test]
fn what_a_survey_admits_depends_on_its_status_and_on_who_has_begun() {
    for (status, newcomer, begun) in
        [(Status::Open, true, true), (Status::Closing, false, true), (Status::Closed, false, false)]
    {
        assert_eq!((admits(&terms(status), false), admits(&terms(status), true)), (newcomer, begun), "{status:?}");
    }
}

#[test]
fn a_closing_survey_does_not_take_an_expired_draft_for_one() {
    let closing = Situation { terms: Some(terms(Status::Closing)), ..begun() };
    let write = save(with_data("{}"));

    assert_eq!(closing.after(DAYS - 1).outcome(&write), "Saved");
    assert_eq!(closing.after(DAYS).outcome(&write), "SurveyClosed");
}

#[test]
fn a_closing_survey_takes_every_change_of_a_draft_and_a_closed_one_only_its_discard() {
    let closing = Situation { terms: Some(terms(Status::Closing)), ..begun() };
    let closed = Situation { terms: Some(terms(Status::Closed)), ..begun() };
    for write in every_overwrite() {
        assert_eq!(closing.outcome(&write), begun().outcome(&write));
        let outcome = if matches!(write.act, Act::Discard) { "Discarded" } else { "SurveyClosed" };
        assert_eq!(closed.outcome(&write), outcome, "{:?}", write.act);
    }
}

#[test]
fn an_expired_draft_is_not_continued_by_a_save_of_its_participant() {
    let saved = begun().after(DAYS).saved(&save(with_data("{}")));

    assert!(saved.created);
    assert_eq!((saved.draft.head.draft_id, saved.draft.head.version), (NEW_ID, Version(1)));
}

#[test]
fn the_end_of_a_draft_is_told_for_as_long_as_it_is_remembered() {
    let ended = |end| Situation { ending: Some(Ending { end, at: noon() }), ..Situation::new() };
    for (situation, at_first, and_then) in [
        (begun().after(DAYS), "DraftExpired", "DraftNotFound"),
        (ended(End::Expired), "DraftExpired", "DraftNotFound"),
        (ended(End::Submitted), "DraftSubmitted", "DraftNotFound"),
        (ended(End::Discarded), "DraftNotFound", "DraftNotFound"),
        (Situation::new(), "DraftNotFound", "DraftNotFound"),
    ] {
        for (days, outcome) in [(0, at_first), (ENDED_DAYS - 1, at_first), (ENDED_DAYS, and_then)] {
            let situation = situation.after(days);
            for write in changes() {
                assert_eq!(situation.outcome(&write), outcome, "{:?} after {days} days", write.act);
            }
            // What is not remembered may begin.
            let put = situation.outcome(&put(with_data("{}")));
            assert_eq!(put, if outcome == "DraftNotFound" { "Saved" } else { outcome }, "after {days} days");
            assert_eq!(situation.outcome(&discard_by_pair()), "NothingThere");
        }
    }
}

#[test]
fn the_end_of_a_draft_is_told_even_if_its_survey_is_not_found() {
    for end in [End::Expired, End::Submitted] {
        let situation = Situation { terms: None, ending: Some(Ending { end, at: noon() }), ..Situation::new() };
        for write in changes() {
            assert_eq!(situation.outcome(&write), format!("Draft{end:?}"), "{:?}", write.act);
        }
    }
}

#[test]
fn a_draft_begins_under_the_id_that_a_put_names() {
    let saved = Situation::new().saved(&put(with_email("ana@example.com")));

    assert!(saved.created && !saved.claimed);
    let head = &saved.draft.head;
    assert_eq!((head.draft_id, head.survey_id, &head.email), (ID, SurveyId(1), &Some(pair().email)));
    assert_eq!(saved.draft.content.data.get(), "{}");
}

#[test]
fn an_id_that_is_taken_in_another_survey_is_no_place_to_put_a_draft() {
    let mut elsewhere = begun();
    elsewhere.head().survey_id = SurveyId(2);
    let write = put(with_data("{}"));

    assert_eq!(elsewhere.outcome(&write), "DraftExists");
    assert_eq!(elsewhere.after(DAYS).outcome(&write), "DraftExpired");
    let saved = elsewhere.after(DAYS + ENDED_DAYS).saved(&write);
    assert!(saved.created);
    assert_eq!(saved.draft.head.survey_id, SurveyId(1));
}

#[test]
fn a_draft_is_claimed_once_by_an_email_that_has_no_other_and_no_submission() {
    let other = draft("{}", None).head;
    let expired = Head { expires_at: noon(), ..other.clone() };
    let with = |owner: Option<&str>, other: Option<&Head>, receipt: Option<Receipt>| {
        let mut situation = Situation { other: other.cloned(), receipt, ..begun() };
        situation.head().email = owner.map(email);
        situation
    };
    for (situation, outcome) in [
        (with(None, None, None), "Saved"),
        (with(None, Some(&expired), None), "Saved"),
        (with(None, Some(&other), None), "DraftExists"),
        (with(None, None, Some(receipt())), "AlreadySubmitted"),
        (with(Some("bob@example.com"), None, None), "DraftClaimed"),
        (with(Some("bob@example.com"), Some(&other), None), "DraftClaimed"),
    ] {
        for write in [put(with_email("ana@example.com")), patch_of(with_email("ana@example.com"))] {
            assert_eq!(situation.outcome(&write), outcome, "{:?} in {situation:?}", write.act);
            if outcome == "Saved" {
                let saved = situation.saved(&write);
                assert!(saved.claimed && !saved.created);
                assert_eq!(saved.draft.head.email, Some(pair().email));
                assert_eq!(saved.draft.head.version, Version(6));
            }
        }
    }
}

#[test]
fn who_owns_a_draft_may_say_so_again() {
    let claim = || with_email("ana@example.com");

    assert_eq!(begun().outcome(&patch_of(claim())), "Unchanged");
    let saved = begun().saved(&put(claim()));
    assert!(!saved.claimed);
    assert_eq!(saved.draft.head.version, Version(5));
}

#[test]
fn a_write_that_names_nobody_leaves_an_anonymous_draft_so() {
    let mut situation = Situation { receipt: Some(receipt()), ..begun() };
    situation.head().email = None;

    let saved = situation.saved(&patch(patching(r#"{"b":2}"#)));
    assert!(!saved.claimed);
    assert_eq!(saved.draft.head.email, None);
}
