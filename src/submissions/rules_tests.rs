//! When a submission is accepted, and which company it belongs to.

use proptest::{option, prelude::*};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::{
    companies::GuestCode,
    email::Email,
    http::Parameter,
    progress::{Content, Digest, DraftId, Pair, Screen, Version},
    submissions::answers::{Answers, Options},
    surveys::{Status, SurveyId},
};

fn noon() -> Moment {
    "2026-11-21T12:00:00Z".parse().expect("a moment")
}

fn terms(status: Status) -> Terms {
    Terms { status, progress_days: 30 }
}

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("JSON")
}

fn pair() -> Pair {
    Pair { email: Email::parse("ana@example.com").expect("an address"), survey_id: SurveyId(1) }
}

fn submission(answers: &str, code: Option<&str>) -> Submit {
    Submit {
        pair: pair(),
        guest_code: code.and_then(|code| GuestCode::parse(code).ok()),
        participant: None,
        answers: Answers::read(&json(answers), &Options::default()).expect("answers"),
        digest: Sha256::digest(answers).into(),
    }
}

/// A draft that ends tomorrow, linked to a company or not.
fn draft(link: Option<(&str, i64)>) -> Head {
    let content = Content { data: json("{}").into(), meta: None };
    Head {
        draft_id: DraftId(uuid::Uuid::now_v7()),
        email: Some(pair().email),
        survey_id: SurveyId(1),
        company_id: link.map(|(_, company)| CompanyId(company)),
        guest_code: link.and_then(|(code, _)| GuestCode::parse(code).ok()),
        current_screen: Screen(0),
        furthest_screen: Screen(0),
        fingerprint: None,
        version: Version(1),
        digest: Digest::of(&content),
        created_at: noon(),
        updated_at: noon(),
        expires_at: noon().plus_days(1),
    }
}

fn receipt_of(submit: &Submit) -> Receipt {
    Receipt {
        submission_id: Default::default(),
        answers_count: submit.answers.count(),
        digest: submit.digest,
        submitted_at: noon(),
    }
}

/// The company of an accepted submission, or why it is refused.
fn company_of(new: &Submit, draft: Option<&Head>, company: Option<i64>, now: Moment) -> Result<Option<i64>, Refusal> {
    let open = terms(Status::Open);
    let known = Known { terms: Some(&open), receipt: None, draft, company: company.map(CompanyId) };
    submit(new, &known, now).map(|submitted| match submitted {
        Submitted::Now(submission) => submission.company_id.map(|id| id.0),
        Submitted::Before(_) => panic!("there was none before"),
    })
}

#[test]
fn refusals_come_in_the_order_in_which_they_help() {
    let new = submission("{}", Some("nobody's"));
    let other = receipt_of(&submission(r#"{"a":1}"#, None));
    let (open, closed) = (terms(Status::Open), terms(Status::Closed));
    for (terms, receipt, refusal) in [
        (None, Some(&other), Refusal::SurveyNotFound),
        (Some(&closed), Some(&other), Refusal::AlreadySubmitted),
        (Some(&closed), None, Refusal::SurveyClosed),
        (Some(&open), None, Refusal::InvalidGuestCode),
    ] {
        let known = Known { terms, receipt, draft: None, company: None };
        assert_eq!(submit(&new, &known, noon()).expect_err("it is refused"), refusal);
    }
}

#[test]
fn the_same_answers_are_the_same_submission_even_when_all_else_has_changed() {
    let new = submission(r#"{"a":1}"#, Some("switched off since"));
    let receipt = receipt_of(&new);
    let closed = terms(Status::Closed);
    let known = Known { terms: Some(&closed), receipt: Some(&receipt), draft: None, company: None };

    let answer = submit(&new, &known, noon().plus_days(400)).expect("it is accepted");

    assert!(matches!(answer, Submitted::Before(before) if before.submitted_at == noon()));
}

#[test]
fn a_closing_survey_takes_the_answers_of_those_who_have_begun() {
    let closing = terms(Status::Closing);
    let head = draft(None);
    let at = |draft, now| {
        let known = Known { terms: Some(&closing), receipt: None, draft, company: None };
        submit(&submission("{}", None), &known, now).map(drop)
    };

    assert_eq!(at(Some(&head), noon()), Ok(()));
    assert_eq!(at(Some(&head), noon().plus_days(1)), Err(Refusal::SurveyClosed));
    assert_eq!(at(None, noon()), Err(Refusal::SurveyClosed));
}

#[test]
fn a_code_that_is_switched_off_counts_for_the_draft_that_it_linked_as_long_as_that_lives() {
    let head = draft(Some(("acme", 7)));
    let with = |code| submission("{}", Some(code));

    assert_eq!(company_of(&with("ACME"), Some(&head), None, noon()), Ok(Some(7)));
    assert_eq!(company_of(&with("other"), Some(&head), None, noon()), Err(Refusal::InvalidGuestCode));
    assert_eq!(company_of(&with("acme"), Some(&head), None, noon().plus_days(1)), Err(Refusal::InvalidGuestCode));
    assert_eq!(company_of(&with("acme"), Some(&draft(None)), None, noon()), Err(Refusal::InvalidGuestCode));
}

#[test]
fn a_good_code_goes_before_the_one_of_the_draft() {
    let head = draft(Some(("acme", 7)));

    assert_eq!(company_of(&submission("{}", Some("other")), Some(&head), Some(8), noon()), Ok(Some(8)));
    assert_eq!(company_of(&submission("{}", None), Some(&head), None, noon()), Ok(Some(7)));
    assert_eq!(company_of(&submission("{}", None), None, None, noon()), Ok(None));
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
        let head = draft(linked);
        let head = has_draft.then_some(&head);
        let company = code.filter(|_| is_active).map(|_| 9);
        let linked = linked.filter(|_| has_draft);

        let outcome = company_of(&submission("{}", code), head, company, noon());

        let expected = match (code, is_active) {
            (Some(_), true) => Ok(Some(9)),
            (Some(code), false) if linked.is_some_and(|(own, _)| own == code) => Ok(Some(7)),
            (Some(_), false) => Err(Refusal::InvalidGuestCode),
            (None, _) => Ok(linked.map(|(_, company)| company)),
        };
        prop_assert_eq!(outcome, expected);
    }
}
