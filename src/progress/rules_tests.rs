//! What may happen to a draft, tried with every kind of save in every situation.

use proptest::{option, prelude::*};
use serde_json::value::RawValue;

use super::*;
use crate::{email::Email, http::Parameter, surveys::SurveyId};

const DAYS: u32 = 30;

fn json(text: &str) -> Json {
    RawValue::from_string(text.to_owned()).expect("JSON").into()
}

fn noon() -> Moment {
    "2026-11-21T12:00:00Z".parse().expect("a moment")
}

fn terms(status: Status) -> Terms {
    Terms { status, progress_days: DAYS }
}

/// A save that says nothing: each test adds what it is about.
fn silent() -> Save {
    Save {
        pair: Pair { email: Email::parse("ana@example.com").expect("an address"), survey_id: SurveyId(1) },
        new_id: DraftId(uuid::Uuid::now_v7()),
        current_screen: None,
        data: None,
        meta: None,
        fingerprint: None,
        guest_code: None,
    }
}

fn with_data(text: &str) -> Save {
    Save { data: Some(json(text)), ..silent() }
}

/// Decides a save as a group does: the content is there when the save asks for it, and only then.
fn decide(new: &Save, draft: Option<&FormProgress>, company: Option<CompanyId>, now: Moment) -> Result<Saved, Refusal> {
    let open = terms(Status::Open);
    let content = draft.filter(|draft| new.keeps_content_of(&draft.head)).map(|draft| &draft.content);
    let known = Known { terms: Some(&open), submitted: false, draft: draft.map(|draft| &draft.head), content, company };
    save(new, &known, now)
}

fn draft(new: &Save) -> FormProgress {
    decide(new, None, None, noon()).expect("a good first save").draft
}

#[test]
fn a_draft_lives_until_its_expiry_and_not_at_it() {
    let head = draft(&with_data("{}")).head;

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
fn refusals_come_in_the_order_in_which_they_help() {
    let new = silent();
    let known = |terms, submitted| Known { terms, submitted, draft: None, content: None, company: None };
    let (open, closed) = (terms(Status::Open), terms(Status::Closed));
    for (known, refusal) in [
        (known(None, true), Refusal::SurveyNotFound),
        (known(Some(&closed), true), Refusal::AlreadySubmitted),
        (known(Some(&closed), false), Refusal::SurveyClosed),
        (known(Some(&open), false), Refusal::DataMissing),
    ] {
        assert_eq!(save(&new, &known, noon()).expect_err("it is refused"), refusal);
    }
}

#[test]
fn a_closing_survey_does_not_take_an_expired_draft_for_one() {
    let old = draft(&with_data("{}"));
    let closing = terms(Status::Closing);
    let known = Known { terms: Some(&closing), submitted: false, draft: Some(&old.head), content: None, company: None };

    assert!(save(&with_data("{}"), &known, noon().plus_days(DAYS - 1)).is_ok());
    let refused = save(&with_data("{}"), &known, noon().plus_days(DAYS));
    assert_eq!(refused.expect_err("it is refused"), Refusal::SurveyClosed);
}

#[test]
fn only_a_save_that_keeps_something_needs_the_content() {
    let without_meta = draft(&with_data("{}")).head;
    let with_meta = draft(&Save { meta: Some(Some(json("1"))), ..with_data("{}") }).head;

    assert!(silent().keeps_content_of(&without_meta));
    assert!(!with_data("{}").keeps_content_of(&without_meta));
    assert!(with_data("{}").keeps_content_of(&with_meta));
    assert!(!Save { meta: Some(None), ..with_data("{}") }.keeps_content_of(&with_meta));
}

#[test]
fn an_unknown_code_is_not_remembered() {
    let code = GuestCode::parse("acme").ok();
    let unknown = draft(&Save { guest_code: code.clone(), ..with_data("{}") });
    assert_eq!((unknown.head.company_id, unknown.head.guest_code), (None, None));

    let known = decide(&Save { guest_code: code.clone(), ..with_data("{}") }, None, Some(CompanyId(7)), noon());
    let known = known.expect("a good first save").draft.head;
    assert_eq!((known.company_id, known.guest_code), (Some(CompanyId(7)), code));
}

/// Any save, with the company that its code would have.
fn any_save() -> impl Strategy<Value = (Save, Option<CompanyId>)> {
    let text = || prop::sample::select(vec!["{}", r#"{"a":1}"#, r#"{ "a":1}"#]);
    let print = prop::sample::select(vec!["x", "y"]).prop_map(|text| Fingerprint::parse(text).expect("a fingerprint"));
    let parts =
        (option::of(0..5_i32), option::of(text()), option::of(option::of(text())), option::of(option::of(print)));
    (parts, option::of((prop::sample::select(vec!["acme", "other"]), option::of(1..3_i64)))).prop_map(
        |((screen, data, meta, fingerprint), code)| {
            let new = Save {
                current_screen: screen.map(Screen),
                data: data.map(json),
                meta: meta.map(|meta| meta.map(json)),
                fingerprint,
                guest_code: code.and_then(|(code, _)| GuestCode::parse(code).ok()),
                ..silent()
            };
            (new, code.and_then(|(_, company)| company).map(CompanyId))
        },
    )
}

/// What a participant would see of a draft.
fn seen(draft: &FormProgress) -> (String, Option<String>, Screen, Option<Fingerprint>, Option<CompanyId>) {
    let FormProgress { head, content } = draft;
    let meta = content.meta.as_ref().map(|meta| meta.get().to_owned());
    (content.data.get().to_owned(), meta, head.current_screen, head.fingerprint.clone(), head.company_id)
}

proptest! {
    /// A whole life of a draft, save after save, with pauses of which some are longer than it lives.
    #[test]
    fn every_save_of_a_life_keeps_the_rules(saves in prop::collection::vec((any_save(), 0..40_u32), 1..12)) {
        let mut now = noon();
        let mut current: Option<FormProgress> = None;
        for ((new, company), pause) in saves {
            now = now.plus_days(pause);
            let before = current.clone().filter(|draft| is_alive(&draft.head, now));
            match (decide(&new, current.as_ref(), company, now), before) {
                (Err(refusal), before) => {
                    prop_assert_eq!(refusal, Refusal::DataMissing);
                    prop_assert!(before.is_none() && new.data.is_none());
                }
                (Ok(saved), None) => {
                    prop_assert!(saved.created && new.data.is_some());
                    let head = &saved.draft.head;
                    prop_assert_eq!((head.draft_id, head.version, head.created_at), (new.new_id, Version(1), now));
                    prop_assert_eq!(head.furthest_screen, head.current_screen);
                    current = Some(saved.draft);
                }
                (Ok(saved), Some(before)) => {
                    prop_assert!(!saved.created);
                    let (old, head) = (&before.head, &saved.draft.head);
                    prop_assert_eq!((head.draft_id, head.created_at), (old.draft_id, old.created_at));
                    prop_assert_eq!(head.furthest_screen, old.furthest_screen.max(head.current_screen));
                    let grown = head.version.0 - old.version.0;
                    prop_assert!(grown == 0 || grown == 1);
                    // A new version for all that is seen to change. The code behind a link may change unseen.
                    if seen(&saved.draft) != seen(&before) {
                        prop_assert_eq!(grown, 1);
                    } else if new.guest_code.is_none() {
                        prop_assert_eq!(grown, 0);
                    }
                    prop_assert_eq!(head.company_id, company.or(old.company_id));
                    current = Some(saved.draft);
                }
            }
            if let Some(draft) = current.as_ref().filter(|draft| draft.head.updated_at == now) {
                prop_assert_eq!(draft.head.expires_at, now.plus_days(DAYS));
                prop_assert_eq!(draft.head.digest, Digest::of(&draft.content));
            }
        }
    }

    /// Whatever is sent twice in a row, as browsers do, the second time changes nothing but the draft's life.
    #[test]
    fn a_save_sent_again_is_no_new_version((new, company) in any_save(), (other, _) in any_save()) {
        let first = Save { data: other.data.clone().or_else(|| Some(json("{}"))), ..other };
        let first = draft(&first);
        let once = decide(&new, Some(&first), company, noon()).expect("there is a draft").draft;

        let twice = decide(&new, Some(&once), company, noon().plus_days(1)).expect("there is a draft").draft;

        prop_assert_eq!(seen(&twice), seen(&once));
        prop_assert_eq!(twice.head.version, once.head.version);
        prop_assert_eq!(twice.head.expires_at, noon().plus_days(1 + DAYS));
    }

    /// What a save names is there afterwards; what it does not name is as before.
    #[test]
    fn a_save_changes_what_it_names_and_keeps_the_rest((new, company) in any_save(), (other, _) in any_save()) {
        let first = Save { data: other.data.clone().or_else(|| Some(json("{}"))), ..other };
        let before = draft(&first);

        let after = decide(&new, Some(&before), company, noon()).expect("there is a draft").draft;

        let text = |json: &Json| json.get().to_owned();
        let (data, meta, screen, fingerprint, _) = seen(&after);
        let old = seen(&before);
        prop_assert_eq!(data, new.data.as_ref().map_or(old.0, text));
        prop_assert_eq!(meta, new.meta.as_ref().map_or(old.1, |meta| meta.as_ref().map(text)));
        prop_assert_eq!(screen, new.current_screen.unwrap_or(old.2));
        prop_assert_eq!(fingerprint, new.fingerprint.clone().unwrap_or(old.3));
    }
}
