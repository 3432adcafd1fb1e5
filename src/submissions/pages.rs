//! The pages of submissions.

use askama::Template;
use rocket::{Route, State, get, routes};

use super::{Submission, admin, answers::Answer};
use crate::{
    access::{Caller, Power},
    audit::People,
    clock::Moment,
    companies::CompanyId,
    db::{Conn, Database},
    http::{
        Query,
        list::{Cursor, List, PAGE_PARAMETERS},
        off_thread,
    },
    pages::{Choices, Entries, Frame, Names, Opened, Page, PageProblem, PageResult, Section, shown},
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
    let survey_ids: Vec<SurveyId> = found.iter().map(|submission| submission.survey_id).collect();
    let company_ids: Vec<CompanyId> = found.iter().filter_map(|submission| submission.company_id).collect();
    let grant = caller.grant.clone();
    let read = move |conn: &mut Conn| {
        let names = Names::of(conn, &survey_ids, &company_ids)?;
        Ok((names, Choices::surveys(conn, &grant)?, Choices::companies(conn, &grant)?))
    };
    let (names, surveys, companies) = database.read(read).await?;
    let lines = found.into_iter().map(|submission| Line {
        survey: names.survey(submission.survey_id),
        company: submission.company_id.map(|id| names.company(id)),
        submission,
    });
    Ok((lines.collect(), surveys, companies))
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
        Ok((surveys::store::find(conn, survey_id)?, Names::of(conn, &[], company_id.as_slice())?))
    };
    let (survey, names) = database.read(read).await?;
    let (survey, answers, participant, raw) = off_thread(move || {
        let questions = survey.as_ref().map(|survey| Questions::of(&survey.definition)).unwrap_or_default();
        let given = answers.iter().map(|answer| (answer.question.as_str(), &*answer.value));
        let participant = participant.map(|json| Questions::default().sheet(&json)).unwrap_or_default();
        (survey.map(|survey| survey.name), questions.sheet_of(given), participant, raw(&answers))
    })
    .await?;
    let person = Entries::prefilled(&[("email", email.as_str())]).address("/admin/person", "", None);
    Page::show(&SubmissionPage {
        frame: frame.titled(format!("Submission {id}")),
        id,
        email: email.as_str().to_owned(),
        survey_id,
        survey: survey.unwrap_or_else(|| names.survey(survey_id)),
        company: company_id.map(|id| (id, names.company(id))),
        submitted_at,
        answers_count,
        answers,
        participant,
        raw,
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
#[path = "pages_tests.rs"]
mod tests;
