//! The templates of the pages of submissions, filled in.

use serde_json::value::RawValue;

use super::*;
use crate::{
    email::Email,
    pages::samples::{HOSTILE, rendered},
    surveys::questions,
};

fn at() -> Moment {
    "2026-11-21T09:30:00Z".parse().expect("a moment")
}

fn line(id: i64, company: Option<&str>) -> Line {
    let submission = Submission {
        id,
        email: Email::from_stored(HOSTILE.into()),
        survey_id: SurveyId(1),
        company_id: company.map(|_| CompanyId(7)),
        participant: None,
        answers_count: 1234,
        submitted_at: at(),
        draft_id: None,
    };
    Line { submission, survey: HOSTILE.into(), company: company.map(str::to_owned) }
}

fn list_page(entries: &[(&str, &str)], lines: Vec<Line>, choices: &Choices) -> ListPage {
    ListPage {
        frame: Frame::sample("Submissions"),
        entries: Entries::prefilled(entries),
        surveys: choices.clone(),
        companies: choices.clone(),
        no_company: "none",
        is_filtered: !entries.is_empty(),
        next: Some("/admin/submissions?after=x".into()),
        has_stopped: lines.len() == 1,
        lines,
        csv: "/api/admin/submissions/export?format=csv".into(),
        ndjson: "/api/admin/submissions/export?format=ndjson".into(),
    }
}

#[test]
fn the_list_is_rendered_full_and_empty() {
    let few = Choices::of([(1, HOSTILE.to_owned())].into_iter());
    let many = Choices::of((1..300).map(|id| (id, HOSTILE.to_owned())));
    let filters = [("email", HOSTILE), ("survey_id", "1"), ("company_id", "none"), ("from", "2026-11-01")];
    let html = rendered(&list_page(&filters, vec![line(1, Some(HOSTILE)), line(2, None)], &few));
    assert!(html.contains("1,234") && html.contains("Next page") && !html.contains("Search on"), "{html}");
    let html = rendered(&list_page(&filters, vec![line(1, None)], &many));
    assert!(html.contains("Search on") && html.contains("<datalist"), "{html}");
    rendered(&list_page(&filters, Vec::new(), &few));
    let html = rendered(&list_page(&[], Vec::new(), &few));
    assert!(html.contains("no submission yet") && !html.contains("data-export"), "{html}");
    let mut page = list_page(&[("from", HOSTILE)], Vec::new(), &few);
    page.entries.note("from", "must be a time");
    rendered(&page);
}

#[test]
fn a_submission_is_rendered_full_and_empty() {
    let sheet = |screens| Sheet {
        screens,
        other: vec![questions::Line { name: HOSTILE.into(), answer: Some(HOSTILE.into()) }],
        is_cut: true,
    };
    let lines = vec![
        questions::Line { name: HOSTILE.into(), answer: Some(HOSTILE.into()) },
        questions::Line { name: "Why?".into(), answer: None },
    ];
    let mut page = SubmissionPage {
        frame: Frame::sample("Submission 7"),
        id: 7,
        email: HOSTILE.into(),
        survey_id: SurveyId(1),
        survey: HOSTILE.into(),
        company: Some((CompanyId(7), HOSTILE.into())),
        submitted_at: at(),
        answers_count: 2,
        answers: sheet(vec![questions::SheetScreen { title: HOSTILE.into(), lines }]),
        participant: sheet(Vec::new()),
        raw: Some(HOSTILE.into()),
        person: Some("/admin/person?email=x".into()),
    };
    let html = rendered(&page);
    assert!(html.contains("no answer"), "{html}");
    page = SubmissionPage {
        answers: Sheet::default(),
        participant: Sheet::default(),
        company: None,
        person: None,
        raw: None,
        ..page
    };
    rendered(&page);
}

#[test]
fn raw_answers_stand_on_lines_of_their_own() {
    let answer = |question: &str, value: &str| Answer {
        question: question.into(),
        value: RawValue::from_string(value.into()).expect("JSON"),
    };
    let answers = [answer("a\"", "1e2"), answer("b", "[ ]")];
    let expected = "[\n {\"question\": \"a\\\"\", \"value\": 1e2},\n {\"question\": \"b\", \"value\": [ ]}\n]";
    assert_eq!(raw(&answers).as_deref(), Some(expected));
    assert_eq!(raw(&[answer("a", &format!("\"{}\"", "x".repeat(LONGEST_RAW)))]), None);
}
