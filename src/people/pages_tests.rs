//! The templates of the pages of a person, filled in.

use super::*;
use crate::{
    http::Parameter,
    pages::samples::{HOSTILE, rendered},
    people::{PersonAudit, PersonDraft, PersonEvent, PersonSubmission},
    progress::{DraftId, Screen, Version},
};

fn at(text: &str) -> Moment {
    text.parse().expect("a moment")
}

fn person(drafts: Vec<PersonDraft>, submissions: Vec<PersonSubmission>, audit: Vec<PersonAudit>) -> Person {
    let exported_at = at("2026-11-21T09:30:00Z");
    Person { email: HOSTILE.into(), exported_at, drafts, expired_drafts: 0, submissions, audit }
}

fn event(text: &str) -> PersonEvent {
    PersonEvent { at: at(text), kind: HOSTILE.into(), company_id: None, screen: None }
}

fn draft() -> PersonDraft {
    let moment = at("2026-11-20T09:30:00Z");
    PersonDraft {
        draft_id: DraftId::random(),
        survey_id: SurveyId(1),
        company_id: Some(CompanyId(7)),
        guest_code: Some(HOSTILE.into()),
        current_screen: Screen(2),
        furthest_screen: Screen(3),
        version: Version(4),
        fingerprint: None,
        created_at: moment,
        updated_at: moment,
        expires_at: moment,
        data: json("{}"),
        meta: None,
        previous_states: Vec::new(),
        events: vec![event("2026-11-20T09:30:00Z"), event("2026-11-19T09:30:00Z")],
    }
}

fn json(text: &str) -> crate::progress::Json {
    serde_json::value::RawValue::from_string(text.into()).expect("JSON").into()
}

fn submission() -> PersonSubmission {
    PersonSubmission {
        submission_id: 12,
        survey_id: SurveyId(2),
        company_id: None,
        submitted_at: at("2026-11-20T09:30:00Z"),
        participant: None,
        answers: Vec::new(),
        events: vec![event("2026-11-18T09:30:00Z")],
    }
}

fn page(held: Option<Held>, may: bool) -> PersonPage {
    let entries = Entries::prefilled(&[("email", HOSTILE)]);
    PersonPage { frame: Frame::sample("A person"), entries, held, may_erase: may, may_see_log: may }
}

#[test]
fn what_is_held_is_shown_with_links() {
    let entry = |action: &str| PersonAudit {
        at: at("2026-11-20T09:30:00Z"),
        actor: "account".into(),
        action: action.into(),
        subject: HOSTILE.into(),
    };
    let person = person(vec![draft()], vec![submission()], vec![entry("person.read"), entry(HOSTILE)]);
    let names = Names { surveys: [(SurveyId(1), HOSTILE.to_owned())].into(), ..Names::default() };
    let held = Held::of(person, names);
    assert_eq!(held.events.count, 3);
    assert_eq!(held.events.first.zip(held.events.last), Some((at("2026-11-18T09:30:00Z"), at("2026-11-20T09:30:00Z"))));
    let html = rendered(&page(Some(held), true));
    assert!(
        html.contains("/admin/submissions/12") && html.contains("Survey 2") && html.contains("Company 7"),
        "{html}"
    );
    assert!(html.contains("/admin/person/erase?email="), "{html}");
}

#[test]
fn nothing_is_an_answer_too() {
    let held = || Held::of(person(Vec::new(), Vec::new(), Vec::new()), Names::default());
    let html = rendered(&page(Some(held()), true));
    assert!(html.contains("Nothing is held"), "{html}");
    let html = rendered(&page(Some(held()), false));
    assert!(!html.contains("/admin/person/erase"), "{html}");
    rendered(&page(None, true));
    let mut wrong = page(None, true);
    wrong.entries.note("email", "must be an email address");
    rendered(&wrong);
}

#[test]
fn the_question_says_what_goes_and_what_stays() {
    let email = Email::parse("ana@example.com").expect("an email");
    let counted = Erased { drafts: 1, answers: 1200, ..Erased::default() };
    let mut entries = Entries::prefilled(&[("typed", HOSTILE)]);
    entries.note("typed", "is another email");
    let html = rendered(&question(Frame::sample(""), &email, &counted, entries));
    assert!(html.contains("This goes, for good: 1 draft, 1,200 answers."), "{html}");
    assert!(html.contains("What you typed is another email."), "{html}");
    let html = rendered(&question(Frame::sample(""), &email, &Erased::default(), Entries::default()));
    assert!(html.contains("Nothing is held about ana@example.com"), "{html}");
    assert!(!notice(&counted).contains('@') && notice(&Erased::default()).contains("Nothing"));
}

#[test]
fn the_email_may_be_typed_in_any_spelling() {
    let email = Email::parse("ana@example.com").expect("an email");
    let typed = |text: &str| typed_in(&Entries::prefilled(&[("typed", text)]), &email);
    assert_eq!(typed(" Ana@Example.COM "), Ok(()));
    for other in ["", "ana", "ben@example.com"] {
        assert!(matches!(typed(other), Err(Problem::InvalidRequest(_))), "{other}");
    }
}
