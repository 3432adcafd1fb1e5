//! Submissions as they are exported.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{Submission, answers::Answer, search::Filter, store};
use crate::{
    clock::Moment,
    companies::CompanyId,
    db::{Conn, QueryWalked, Walked},
    http::{
        export::{ExportRow, one_line},
        fields,
    },
    progress::Json,
    surveys::SurveyId,
    timeline::{Order, Place},
};

/// Submissions that are read at a time: few enough that the largest ones do not fill the memory.
const CHUNK: usize = 100;

/// Where a chunk begins.
pub type Reached = Option<Place<i64>>;

/// A submission: a line of NDJSON, or of CSV one for each answer.
#[derive(Serialize, ToSchema)]
pub struct ExportedSubmission {
    #[schema(example = 42)]
    submission_id: i64,
    survey_id: SurveyId,
    company_id: Option<CompanyId>,
    #[schema(format = "email", example = "ana@example.com")]
    email: String,
    submitted_at: Moment,
    /// What the participant said of themself.
    #[schema(value_type = Option<Object>)]
    participant: Option<Json>,
    /// In the order in which they were sent.
    answers: Vec<ExportedAnswer>,
}

/// An answer of an exported submission.
#[derive(Serialize, ToSchema)]
pub struct ExportedAnswer {
    /// The question's name or id.
    #[schema(example = "10")]
    question: String,
    /// The value as it was sent.
    #[schema(value_type = serde_json::Value, example = 102)]
    value: Json,
}

impl ExportRow for ExportedSubmission {
    const COLUMNS: &'static [&'static str] =
        &["submission_id", "survey_id", "company_id", "email", "submitted_at", "question", "value"];

    /// The line of a submission without answers.
    fn cells(&self) -> Vec<String> {
        self.line("", String::new())
    }

    fn lines(&self) -> Vec<Vec<String>> {
        match self.answers.as_slice() {
            [] => vec![self.cells()],
            answers => answers.iter().map(|answer| self.line(&answer.question, plain(&answer.value))).collect(),
        }
    }
}

impl ExportedSubmission {
    fn of(submission: Submission, answers: Vec<Answer>) -> Self {
        Self {
            submission_id: submission.id,
            survey_id: submission.survey_id,
            company_id: submission.company_id,
            email: submission.email.as_str().to_owned(),
            submitted_at: submission.submitted_at,
            participant: submission.participant.as_deref().map(one_line),
            answers: answers
                .into_iter()
                .map(|Answer { question, value }| ExportedAnswer { question, value: one_line(&value) })
                .collect(),
        }
    }

    fn line(&self, question: &str, value: String) -> Vec<String> {
        vec![
            self.submission_id.to_string(),
            self.survey_id.to_string(),
            self.company_id.map(|id| id.to_string()).unwrap_or_default(),
            self.email.clone(),
            self.submitted_at.to_string(),
            question.to_owned(),
            value,
        ]
    }
}

/// A chunk of submissions with their answers.
pub fn chunk(conn: &mut Conn, filter: &Filter, reached: Reached) -> QueryWalked<ExportedSubmission, Reached> {
    let Walked { found, next } = store::search(conn, filter, Order::OldestFirst, reached, CHUNK)?;
    let ids: Vec<i64> = found.iter().map(|submission| submission.id).collect();
    let mut answers = store::answers_of(conn, &ids)?;
    let found = found.into_iter().map(|submission| {
        let answers = answers.remove(&submission.id).unwrap_or_default();
        ExportedSubmission::of(submission, answers)
    });
    Ok(Walked { found: found.collect(), next: next.map(Some) })
}

/// A text without its quotes; any other value as JSON.
fn plain(value: &RawValue) -> String {
    fields::text(value).map_or_else(|| value.get().to_owned(), |text| text.into_owned())
}
