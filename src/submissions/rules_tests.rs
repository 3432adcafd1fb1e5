//! When a submission is accepted, and which company it belongs to.

#[path = "rules_tests/situation.rs"]
mod situation;

use proptest::{option, prelude::*};

use self::situation::*;
use super::*;
use crate::{
    companies::GuestCode,
    http::Parameter,
    progress::{Content, Digest, End, Ending, conditions::Tags, rules::Decision},
    submissions::digest_of,
    surveys::Status,
};

type Mend = fn(&mut Situation, &mut Write);

#[test]
fn refusals_come_in_the_order_in_which_they_help() {
    let mut situation = Situation::begun(None).after(1);
    situation.terms = None;
    situation.receipt = Some(receipt_of(r#"{"a":1}"#));
    situation.head().email = None;
    situation.remembered = Some(remembered("another body"));
    let mut write = keyed(by_id(Given::Sent { answers: Err(errors()), digest: digest_of(None) }));
    write.body_is_valid = false;
    asked(&mut write).guest_code = GuestCode::parse("nobody's").ok();

    let mends: &[(&str, Mend)] = &[
        ("KeyReused", |situation, _| situation.remembered = None),
        ("DraftExpired", |situation, _| situation.now = noon()),
        ("SurveyNotFound", |situation, _| {
            situation.terms = Situation::new().with_status(Status::Closed).terms;
            situation.terms().requires_if_match = true;
        }),
        ("AlreadySubmitted", |situation, _| situation.receipt = None),
        ("SurveyClosed", |situation, _| situation.terms().status = Status::Open),
        ("DraftAnonymous", |situation, _| situation.head().email = Some(pair().email)),
        ("BodyInvalid", |_, write| write.body_is_valid = true),
        ("InvalidGuestCode", |_, write| asked(write).guest_code = None),
        // The draft's own answers are judged last: they are those of the version that is there.
        ("AnswersInvalid", |situation, write| asked(write).answers = judged(situation.head().digest, Err(errors()))),
        ("PreconditionRequired", |_, write| write.conditions.if_match = Tags::parse("\"4\"").ok()),
        ("VersionMismatch", |_, write| write.conditions.if_match = Tags::parse("\"5\"").ok()),
        ("AnswersInvalid", |_, write| asked(write).answers = own()),
    ];
    for (refusal, mend) in mends {
        assert_eq!(situation.outcome(&write), *refusal);
        mend(&mut situation, &mut write);
    }
    assert_eq!(situation.outcome(&write), "Submitted");
}

#[test]
fn a_submission_sent_again_with_its_key_is_not_judged_again() {
    let known = Situation { remembered: Some(remembered("{}")), terms: None, ..Situation::new() };
    for write in [by_pair("{}"), by_id(own())] {
        assert_eq!(known.outcome(&keyed(write)), "Again");
    }
    let reused = Situation { remembered: Some(remembered("{ }")), terms: None, ..Situation::new() };
    assert_eq!(reused.outcome(&keyed(by_pair("{}"))), "KeyReused");
}

#[test]
fn the_same_answers_are_the_same_submission_even_when_all_else_has_changed() {
    let receipt = Some(receipt_of(r#"{"a":1}"#));
    let ending = Some(Ending { end: End::Submitted, at: noon() });
    let mut later = Situation { receipt, ending, ..Situation::new() }.with_status(Status::Closed).after(1);
    later.terms().requires_if_match = true;
    for (write, outcome) in [
        (by_pair(r#"{"a":1}"#), "SubmittedBefore"),
        (by_id(sent(r#"{"a":1}"#)), "SubmittedBefore"),
        // Whoever sends none wants the draft's own submitted, and others were.
        (by_id(own()), "AlreadySubmitted"),
        (by_id(Given::Unjudged { digest: None }), "AlreadySubmitted"),
        (by_pair(r#"{"a":2}"#), "AlreadySubmitted"),
        (by_pair(r#"{"a": 1}"#), "AlreadySubmitted"),
        (by_id(sent(r#"{"a":2}"#)), "AlreadySubmitted"),
        (
            write(Target::Pair(pair()), Given::Sent { answers: Ok(Default::default()), digest: digest_of(None) }),
            "AlreadySubmitted",
        ),
    ] {
        let mut write = write;
        write.conditions.if_match = Tags::parse("\"5\"").ok();
        asked(&mut write).guest_code = GuestCode::parse("switched off since").ok();

        assert_eq!(later.outcome(&write), outcome, "{:?}", write.act);
    }
    let answer = later.after(400).decide(&by_pair(r#"{"a":1}"#));
    assert!(matches!(answer, Ok(Decision::SubmittedBefore(before)) if before.submitted_at == noon()));
}

#[test]
fn the_drafts_own_answers_are_the_same_submission_if_they_were_submitted() {
    let receipt = Some(Receipt { is_own: true, ..receipt_of(r#"{"a":1}"#) });
    let ending = Some(Ending { end: End::Submitted, at: noon() });
    let situation = Situation { receipt, ending, ..Situation::new() };

    assert_eq!(situation.outcome(&by_id(Given::Unjudged { digest: None })), "SubmittedBefore");
    assert_eq!(situation.outcome(&by_id(sent(r#"{"a":1}"#))), "SubmittedBefore");
    let unreadable = Write { body_is_valid: false, ..by_id(Given::Unjudged { digest: None }) };
    assert_eq!(situation.outcome(&unreadable), "BodyInvalid");
}

#[test]
fn a_draft_that_began_after_it_was_looked_for_is_not_submitted_unjudged() {
    let situation = Situation::begun(None);

    for digest in [None, Some(digest_of(None))] {
        assert_eq!(situation.outcome(&by_id(Given::Unjudged { digest })), "DraftNotFound");
    }
}

#[test]
fn a_draft_that_is_no_more_has_nothing_to_submit_unless_it_was() {
    let ended = |end| Situation { ending: Some(Ending { end, at: noon() }), ..Situation::new() };
    for (situation, at_first) in [
        (Situation::begun(None).after(1), "DraftExpired"),
        (ended(End::Expired), "DraftExpired"),
        (ended(End::Submitted), "DraftSubmitted"),
        (ended(End::Discarded), "DraftNotFound"),
        (Situation::new(), "DraftNotFound"),
    ] {
        for write in [by_id(own()), by_id(sent("{}"))] {
            assert_eq!(situation.outcome(&write), at_first, "{:?}", write.act);
            assert_eq!(situation.clone().after(1).outcome(&write), at_first, "{:?}", write.act);
            assert_eq!(situation.clone().after(2).outcome(&write), "DraftNotFound", "{:?}", write.act);
        }
        // A participant may answer without a draft.
        assert_eq!(situation.outcome(&by_pair("{}")), "Submitted");
    }
}

#[test]
fn a_closing_survey_takes_the_answers_of_those_who_have_begun() {
    let closing = |situation: Situation| situation.with_status(Status::Closing);

    assert_eq!(closing(Situation::begun(None)).outcome(&by_pair("{}")), "Submitted");
    assert_eq!(closing(Situation::begun(None)).outcome(&by_id(own())), "Submitted");
    assert_eq!(closing(Situation::begun(None).after(1)).outcome(&by_pair("{}")), "SurveyClosed");
    assert_eq!(closing(Situation::new()).outcome(&by_pair("{}")), "SurveyClosed");
}

#[test]
fn a_submission_is_remembered_under_the_draft_that_it_ended_or_an_id_that_nobody_knows() {
    for (situation, draft_id) in
        [(Situation::begun(None), ID), (Situation::begun(None).after(1), UNKNOWN_ID), (Situation::new(), UNKNOWN_ID)]
    {
        let receipt = situation.submitted(&by_pair(r#"{"a":1}"#)).receipt;
        assert_eq!((receipt.draft_id, receipt.answers_count), (Some(draft_id), 1));
        assert_eq!((receipt.digest, receipt.submitted_at), (receipt_of(r#"{"a":1}"#).digest, situation.now));
    }
}

#[test]
fn a_draft_is_submitted_with_its_own_answers_unless_others_are_sent() {
    let mut situation = Situation::begun(None);
    let digest = situation.head().digest;
    let earlier = Digest::of(&Content { data: json("{}"), meta: None });
    for (answers, count, text) in [
        (own(), 2, r#"{"a":1,"b":2}"#),
        (judged(digest, Ok(Answers::default())), 0, r#"{"a":1,"b":2}"#),
        // A judgement on another content counts for nothing.
        (judged(earlier, Err(errors())), 2, r#"{"a":1,"b":2}"#),
        (sent(r#"{"c":3}"#), 1, r#"{"c":3}"#),
    ] {
        let submission = situation.submitted(&by_id(answers));
        assert_eq!((submission.answers.count(), submission.receipt.answers_count), (count, count));
        assert_eq!(submission.receipt.digest, digest_of(Some(&json(text))));
    }
}

#[test]
fn all_that_is_wrong_with_the_answers_is_told() {
    let mut situation = Situation::begun(None);
    let digest = situation.head().digest;
    for answers in [Given::Sent { answers: Err(errors()), digest: digest_of(None) }, judged(digest, Err(errors()))] {
        let refused = situation.decide(&by_id(answers));
        assert!(matches!(refused, Err(Refusal::AnswersInvalid(told)) if told == errors()));
    }
}

#[test]
fn a_code_that_is_switched_off_counts_for_the_draft_that_it_linked_as_long_as_that_lives() {
    let linked = Situation::begun(Some(("acme", 7)));
    let refused = || Err("InvalidGuestCode".to_owned());

    assert_eq!(linked.company_of(&with_code(Some("ACME"))), Ok(Some(7)));
    assert_eq!(linked.company_of(&with_code(Some("other"))), refused());
    assert_eq!(linked.after(1).company_of(&with_code(Some("acme"))), refused());
    assert_eq!(Situation::begun(None).company_of(&with_code(Some("acme"))), refused());
}

#[test]
fn a_good_code_goes_before_the_one_of_the_draft() {
    let linked = Situation::begun(Some(("acme", 7)));

    assert_eq!(linked.clone().with_company(Some(8)).company_of(&with_code(Some("other"))), Ok(Some(8)));
    assert_eq!(linked.company_of(&with_code(None)), Ok(Some(7)));
    assert_eq!(Situation::new().company_of(&with_code(None)), Ok(None));
}

proptest! {
    /// In an open survey there is one way to be refused: to give a code that is nobody's and not the draft's own.
    #[test]
    fn only_a_bad_code_is_refused_while_a_survey_is_open(
        code in option::of(prop::sample::select(vec!["acme", "other"])),
        linked in option::of(Just(("acme", 7_i64))),
        is_active in any::<bool>(),
        has_draft in any::<bool>(),
    ) {
        let situation = if has_draft { Situation::begun(linked) } else { Situation::new() };
        let situation = situation.with_company(code.filter(|_| is_active).map(|_| 9));
        let linked = linked.filter(|_| has_draft);

        let outcome = situation.company_of(&with_code(code));

        let expected = match (code, is_active) {
            (Some(_), true) => Ok(Some(9)),
            (Some(code), false) if linked.is_some_and(|(own, _)| own == code) => Ok(Some(7)),
            (Some(_), false) => Err("InvalidGuestCode".to_owned()),
            (None, _) => Ok(linked.map(|(_, company)| company)),
        };
        prop_assert_eq!(outcome, expected);
    }
}
