//! The pages of submissions.

use std::collections::HashMap;

use askama::Template;
use rocket::{Route, State, get, routes};

use super::{Submission, admin, answers::Answer};
use crate::{
    access::{Caller, Power},
    audit::People,
    clock::Moment,
    companies::{self, CompanyId},
    db::{Conn, Database},
    http::{
        Query,
        list::{Cursor, List, PAGE_PARAMETERS},
    },
    pages::{Choices, Entries, Frame, Opened, Page, PageProblem, PageResult, Section, shown},
    progress::writer::Writer,
    surveys::{
        self, SurveyId,
        questions::{Questions, Sheet},
    },
};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![list, show]
}

const LIST: &str = "/admin/submissions";
const EXPORT: &str = "/api/admin/submissions/export";

/// A submission in the list.
struct Line {
    submission: Submission,
    survey: String,
    company: Option<String>,
}

#[derive(Template)]
#[template(path = "submissions/templates/list.html")]
struct ListPage {
    frame: Frame,
    entries: Entries,
    surveys: Choices,
    companies: Choices,
    /// What the choice of no company is called; empty for those who see nothing that belongs to none.
    no_company: &'static str,
    is_filtered: bool,
    lines: Vec<Line>,
    next: Option<String>,
    /// Whether the search has stopped before it found as many as a page has, or the end.
    has_stopped: bool,
    csv: String,
    ndjson: String,
}

#[get("/submissions")]
async fn list(
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    database: &State<Database>,
    writer: &State<Writer>,
    people: &State<People>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ReadSubmissions, "Submissions", Section::Submissions)?;
    let mut entries = Entries::of_query(&query);
    let (mut found, mut has_stopped) = (List::with_next(Vec::new(), None), false);
    match admin::Asked::of(entries.filters(&[&admin::FILTERS[..], &PAGE_PARAMETERS].concat())) {
        Ok(asked) => {
            let most = asked.most();
            let walked = admin::list(&caller, asked, database, writer, people).await?;
            has_stopped = walked.next.is_some() && walked.found.len() < most;
            found = List::with_next(walked.found, walked.next.map(|next| Cursor::at(next.at, next.id, admin::ORDER)));
        }
        Err(problem) => entries.blame(problem)?,
    }
    let next = found.next.map(|next| entries.address(LIST, "after", Some(&next)));
    // Not the place in the list: an export has all.
    let filters = Entries::prefilled(&admin::FILTERS.map(|name| (name, entries.value(name))));
    let (lines, surveys, companies) = named(&caller, found.items, database).await?;
    Page::show(&ListPage {
        frame,
        surveys,
        companies,
        no_company: if caller.grant.companies.is_limited() { "" } else { "none" },
        is_filtered: !filters.is_empty(),
        lines,
        next,
        has_stopped,
        csv: filters.address(EXPORT, "format", Some("csv")),
        ndjson: filters.address(EXPORT, "format", Some("ndjson")),
        entries,
    })
}

/// Submissions with the names of what they belong to, and all that the filters can choose.
async fn named(
    caller: &Caller,
    found: Vec<Submission>,
    database: &Database,
) -> Result<(Vec<Line>, Choices, Choices), PageProblem> {
    let survey_ids: Vec<i64> = found.iter().map(|submission| submission.survey_id.0).collect();
    let company_ids: Vec<i64> = found.iter().filter_map(|submission| Some(submission.company_id?.0)).collect();
    let grant = caller.grant.clone();
    let read = move |conn: &mut Conn| {
        let surveys = surveys::store::names(conn, &survey_ids)?;
        let companies = companies::store::names(conn, &company_ids)?;
        Ok((surveys, companies, Choices::surveys(conn, &grant)?, Choices::companies(conn, &grant)?))
    };
    let (surveys, companies, among_surveys, among_companies) = database.read(read).await?;
    let lines = found.into_iter().map(|submission| Line {
        survey: survey_name(&surveys, submission.survey_id),
        company: submission.company_id.map(|id| company_name(&companies, id)),
        submission,
    });
    Ok((lines.collect(), among_surveys, among_companies))
}

fn survey_name(names: &HashMap<SurveyId, String>, id: SurveyId) -> String {
    names.get(&id).cloned().unwrap_or_else(|| format!("Survey {id}"))
}

fn company_name(names: &HashMap<CompanyId, String>, id: CompanyId) -> String {
    names.get(&id).cloned().unwrap_or_else(|| format!("Company {id}"))
}

/// No more of the raw JSON than that stands in a page; all of it is a click away.
const LONGEST_RAW: usize = 100_000;

#[derive(Template)]
#[template(path = "submissions/templates/show.html")]
struct SubmissionPage {
    frame: Frame,
    id: i64,
    email: String,
    survey_id: SurveyId,
    survey: String,
    company: Option<(CompanyId, String)>,
    submitted_at: Moment,
    answers_count: i32,
    answers: Sheet,
    participant: Sheet,
    /// As it was sent; none if it is longer than somebody reads.
    raw: Option<String>,
    /// Where to look at all that is held about the participant, for those who may.
    person: Option<String>,
}

#[get("/submissions/<id>")]
async fn show(
    id: &str,
    opened: Result<Opened, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ReadSubmissions, "Submission", Section::Submissions)?;
    let (submission, answers) = admin::read(&caller, id, database, writer).await?;
    let Submission { id, email, survey_id, company_id, participant, answers_count, submitted_at, .. } = submission;
    let read = move |conn: &mut Conn| {
        let ids: Vec<i64> = company_id.map(|id| id.0).into_iter().collect();
        Ok((surveys::store::find(conn, survey_id)?, companies::store::names(conn, &ids)?))
    };
    let (survey, companies) = database.read(read).await?;
    let questions = survey.as_ref().map(|survey| Questions::of(&survey.definition)).unwrap_or_default();
    let given = answers.iter().map(|answer| (answer.question.as_str(), &*answer.value));
    let person = Entries::prefilled(&[("email", email.as_str())]).address("/admin/person", "", None);
    Page::show(&SubmissionPage {
        frame: frame.titled(format!("Submission {id}")),
        id,
        email: email.as_str().to_owned(),
        survey_id,
        survey: survey.map_or_else(|| format!("Survey {survey_id}"), |survey| survey.name),
        company: company_id.map(|id| (id, company_name(&companies, id))),
        submitted_at,
        answers_count,
        answers: questions.sheet_of(given),
        participant: participant.map(|json| Questions::default().sheet(&json)).unwrap_or_default(),
        raw: raw(&answers),
        person: (caller.grant.may(Power::ReadPeople) && caller.without_limits().is_ok()).then_some(person),
    })
}

/// The answers as JSON, a line each.
fn raw(answers: &[Answer]) -> Option<String> {
    let mut text = String::from("[");
    for (index, Answer { question, value }) in answers.iter().enumerate() {
        let question = serde_json::to_string(question).ok()?;
        text.push_str(if index > 0 { ",\n " } else { "\n " });
        text.push_str(&format!("{{\"question\": {question}, \"value\": {value}}}"));
        if text.len() > LONGEST_RAW {
            return None;
        }
    }
    text.push_str("\n]");
    Some(text)
}

#[cfg(test)]
mod tests {
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
}
