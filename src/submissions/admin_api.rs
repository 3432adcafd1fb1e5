//! Submissions in the hands of an admin: listed, read, exported.

use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::{Submission, admin, answers::Answer, export::ExportedSubmission};
use crate::{
    access::{Arrived, Power},
    audit::People,
    clock::Moment,
    companies::CompanyId,
    db::Database,
    http::{
        Query,
        export::Export,
        list::{Cursor, List, PAGE_PARAMETERS},
    },
    problem::Problem,
    progress::writer::Writer,
    surveys::SurveyId,
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
    let asked = admin::Asked::of(query.fields(&[&admin::FILTERS[..], &PAGE_PARAMETERS].concat())?)?;
    let found = admin::list(&caller, asked, database, writer, people).await?;
    let next = found.next.map(|place| Cursor::at(place.at, place.id, admin::ORDER));
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
    let (mut submission, answers) = admin::read(&caller, id, database, writer).await?;
    let answers = answers.into_iter().map(AnswerView::from).collect();
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
    let fields = query.fields(&[&admin::FILTERS[..], &["format"]].concat())?;
    admin::export(&caller, fields, database, writer, people).await
}
