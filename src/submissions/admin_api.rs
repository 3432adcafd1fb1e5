//! Submissions in the hands of an admin: listed, read, exported.

use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::{
    Submission,
    answers::Answer,
    export::{ExportedSubmission, chunk},
    search::Filter,
    store,
};
use crate::{
    access::{Arrived, Grant, Power, caller::look},
    audit::{Entry, People, Subject},
    clock::{Moment, Span},
    companies::{Belonging, CompanyId},
    db::{Conn, Database},
    email::Email,
    http::{
        Fields, Query,
        export::{Export, Format},
        list::{Cursor, List, PAGE_PARAMETERS, Page},
    },
    problem::Problem,
    progress::writer::Writer,
    surveys::SurveyId,
    timeline::{Order, Scope},
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![search, show, export]
}

/// What submissions may be searched by. What is left out fits every one.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the documentation of parameters that are read one by one, to find all errors at once")]
pub struct SubmissionFilterParameters {
    /// The participant, in any spelling.
    email: Option<String>,
    survey_id: Option<SurveyId>,
    /// A company's id, or `none` for submissions of no company.
    company_id: Option<String>,
    /// Accepted at this moment (RFC 3339, or a day) or later.
    from: Option<Moment>,
    /// Accepted before this moment.
    to: Option<Moment>,
}

const FILTERS: [&str; 5] = ["email", "survey_id", "company_id", "from", "to"];

/// What is searched for.
struct Sought {
    email: Option<Email>,
    survey_id: Option<SurveyId>,
    company: Option<Belonging>,
    submitted: Span,
}

impl Sought {
    fn of(fields: &mut Fields<'_>) -> Self {
        Self {
            email: fields.optional("email"),
            survey_id: fields.optional("survey_id"),
            company: fields.optional("company_id"),
            submitted: Span::from_to(fields),
        }
    }

    /// What is searched for among what this grant lets be seen.
    fn within(self, grant: &Grant) -> Filter {
        let scope = Scope::of(grant, self.survey_id, self.company);
        Filter { scope, email: self.email, submitted: self.submitted }
    }

    /// An entry for the audit log: the filters, but of the participant no more than a digest.
    fn audited(&self, entry: impl FnOnce(Subject) -> Entry, people: &People) -> Entry {
        let subject = self.email.as_ref().map_or_else(|| Subject::all("submissions"), |email| people.subject(email));
        let said = [
            self.company.filter(|company| *company == Belonging::None).map(|none| format!("company_id={none}")),
            self.submitted.from.map(|from| format!("from={from}")),
            self.submitted.to.map(|to| format!("to={to}")),
        ];
        let said = said.into_iter().flatten().collect::<Vec<_>>().join(" ");
        entry(subject).about(self.survey_id, self.company.and_then(Belonging::company_id)).detail(said)
    }
}

/// A submission in a list.
#[derive(Serialize, ToSchema)]
pub struct SubmissionLine {
    #[schema(example = 42)]
    submission_id: i64,
    #[schema(format = "email", example = "ana@example.com")]
    email: String,
    survey_id: SurveyId,
    company_id: Option<CompanyId>,
    #[schema(example = 12)]
    answers_count: i32,
    submitted_at: Moment,
}

impl From<Submission> for SubmissionLine {
    fn from(submission: Submission) -> Self {
        Self {
            submission_id: submission.id,
            email: submission.email.as_str().to_owned(),
            survey_id: submission.survey_id,
            company_id: submission.company_id,
            answers_count: submission.answers_count,
            submitted_at: submission.submitted_at,
        }
    }
}

/// List submissions
///
/// Those that were accepted last come first. Where no index leads to what is asked for, a page may be short, or empty, and not
/// be the last one: `next` alone says whether there are more.
#[utoipa::path(
    operation_id = "listSubmissions",
    context_path = "/api/admin", tag = "Admin: submissions", security(("api_key" = []), ("session" = [])),
    params(SubmissionFilterParameters, crate::openapi::Limit, crate::openapi::After),
    responses(
        (status = 200, description = "The submissions", body = List<SubmissionLine>),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/submissions")]
async fn search(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
    writer: &State<Writer>,
    people: &State<People>,
) -> Result<Json<List<SubmissionLine>>, Problem> {
    let caller = arrived?.may(Power::ReadSubmissions)?;
    let mut fields = query.fields(&[&FILTERS[..], &PAGE_PARAMETERS].concat())?;
    let sought = Sought::of(&mut fields);
    let (page, order) = (Page::of(&mut fields), Order::NewestFirst);
    let reached = page.reached(&mut fields, order);
    fields.finish(Some(()))?;
    look(writer, sought.audited(|subject| caller.entry("submission.search", subject), people)).await?;
    let (filter, most) = (sought.within(&caller.grant), page.limit as usize);
    let found = database.read(move |conn| store::search(conn, &filter, order, reached, most)).await?;
    let next = found.next.map(|place| Cursor::at(place.at, place.id, order));
    Ok(Json(List::with_next(found.found.into_iter().map(SubmissionLine::from).collect(), next)))
}

/// A submission with all that was sent.
#[derive(Serialize, ToSchema)]
pub struct AdminSubmissionView {
    #[serde(flatten)]
    line: SubmissionLine,
    /// What the participant said of themself.
    #[schema(value_type = Option<Object>)]
    participant: Option<crate::progress::Json>,
    /// In the order in which they were sent.
    answers: Vec<AnswerView>,
}

/// An answer.
#[derive(Serialize, ToSchema)]
pub struct AnswerView {
    /// The question's name or id.
    #[schema(example = "10")]
    question: String,
    /// The value as it was sent.
    #[schema(value_type = serde_json::Value, example = 102)]
    value: Box<RawValue>,
}

impl From<Answer> for AnswerView {
    fn from(Answer { question, value }: Answer) -> Self {
        Self { question, value }
    }
}

/// Read a submission
#[utoipa::path(
    operation_id = "readSubmission",
    context_path = "/api/admin", tag = "Admin: submissions", security(("api_key" = []), ("session" = [])),
    params(("id" = i64, Path, description = "Names the submission")),
    responses(
        (status = 200, description = "The submission", body = AdminSubmissionView),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::SubmissionNotFound),
        crate::openapi::AnyAdmin
    )
)]
#[get("/submissions/<id>")]
async fn show(
    id: &str,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> Result<Json<AdminSubmissionView>, Problem> {
    let caller = arrived?.may(Power::ReadSubmissions)?;
    query.none()?;
    // What is no id names none.
    let id: i64 = id.parse().map_err(|_| Problem::SubmissionNotFound)?;
    let read = move |conn: &mut Conn| Ok((store::find(conn, id)?, store::answers_of(conn, &[id])?));
    let (submission, mut answers) = database.read(read).await?;
    let mut submission = submission.ok_or(Problem::SubmissionNotFound)?;
    caller.sees(submission.survey_id, submission.company_id, Problem::SubmissionNotFound)?;
    let entry = caller.entry("submission.read", Subject::one("submission", id));
    look(writer, entry.about(submission.survey_id, submission.company_id)).await?;
    let answers = answers.remove(&id).unwrap_or_default().into_iter().map(AnswerView::from).collect();
    Ok(Json(AdminSubmissionView { participant: submission.participant.take(), line: submission.into(), answers }))
}

/// Export submissions
///
/// Those that were accepted first come first. Streamed; an export that breaks off in the middle breaks the connection. NDJSON
/// has a submission a line. CSV has an answer a line, so that it is the same for every survey: a submission without answers
/// has one line, without a question. A text stands in the CSV as it is, any other value as JSON; what participants say of
/// themselves is in NDJSON only.
#[utoipa::path(
    operation_id = "exportSubmissions",
    context_path = "/api/admin", tag = "Admin: submissions", security(("api_key" = []), ("session" = [])),
    params(("format" = String, Query, description = "`csv` or `ndjson`"), SubmissionFilterParameters),
    responses(
        (status = 200, description = "The submissions", content((ExportedSubmission = "application/x-ndjson"), (String = "text/csv"))),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/submissions/export")]
async fn export(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
    writer: &State<Writer>,
    people: &State<People>,
) -> Result<Export, Problem> {
    let caller = arrived?.may(Power::ReadSubmissions)?;
    let mut fields = query.fields(&[&FILTERS[..], &["format"]].concat())?;
    let sought = Sought::of(&mut fields);
    let format = fields.required::<Format>("format");
    let format = fields.finish(format)?;
    look(writer, sought.audited(|subject| caller.entry("submission.export", subject), people)).await?;
    let filter = sought.within(&caller.grant);
    let fetch = move |conn: &mut Conn, reached| chunk(conn, &filter, reached);
    Export::in_chunks("submissions", format, database.inner().clone(), None, fetch).await
}
