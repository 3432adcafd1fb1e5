//! The pages about survey files: taking one in.

use askama::Template;
use rocket::{Route, State, get, post, routes, tokio::task::spawn_blocking};

use super::{
    SurveyId,
    admin::{self, Existing},
    file::{
        SurveyFile,
        report::{Fault, faults},
    },
};
use crate::{
    access::Power,
    http::body::{JsonLimit, within_limits},
    pages::{Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section},
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![ask_new, create]
}

/// A form for a survey file, and what is wrong with the one that was sent.
#[derive(Template)]
#[template(path = "surveys/templates/file.html")]
pub struct FilePage {
    pub frame: Frame,
    /// The survey that is to be replaced; none for a new one.
    pub id: Option<SurveyId>,
    /// What stands in the text area.
    pub text: String,
    pub faults: Vec<Fault>,
    /// What is wrong with the file as a whole.
    pub problem: Option<String>,
}

impl FilePage {
    /// For a file that nobody has sent yet.
    fn empty(frame: Frame, id: Option<SurveyId>, text: String) -> Self {
        Self { frame, id, text, faults: Vec::new(), problem: None }
    }
}

/// The file of a form: the one that was uploaded, or else what stands in the text area.
pub fn text_of(entries: &Entries) -> String {
    let uploaded = entries.value("file");
    match uploaded.trim().is_empty() {
        false => uploaded.trim_start_matches('\u{feff}').to_owned(),
        // Browsers write the line breaks of text areas in their own way.
        true => entries.value("text").replace("\r\n", "\n"),
    }
}

/// Why a text is no survey file.
pub struct Refused {
    problem: Problem,
    faults: Vec<Fault>,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem, faults: Vec::new() }
    }
}

impl Refused {
    /// The form once more, with what was sent and what is wrong with it.
    pub fn page(self, frame: Frame, id: Option<SurveyId>, text: String) -> PageResult {
        let Self { problem, faults } = self;
        let said = match (&problem, faults.is_empty()) {
            (_, false) => None,
            (Problem::InvalidRequest(errors), _) => {
                let said = errors.iter().map(|error| format!("{} {}.", error.pointer.trim_start_matches("#/"), error.detail));
                Some(said.collect::<Vec<_>>().join(" "))
            }
            (Problem::BodyTooLarge(_) | Problem::NestingTooDeep | Problem::InvalidJson(_), _) => {
                Some(problem.body("").detail)
            }
            _ => return Err(problem.into()),
        };
        Page::refused(&problem, &FilePage { frame, id, text, faults, problem: said })
    }
}

/// Reads a file, within the limits of the API's bodies.
pub async fn read(text: &str, JsonLimit(limit): JsonLimit) -> Result<SurveyFile, Refused> {
    if text.trim().is_empty() {
        return Err(Problem::InvalidJson("Choose a file, or write one into the text area.".into()).into());
    }
    within_limits(text, limit)?;
    let text = text.to_owned();
    let parsed = spawn_blocking(move || SurveyFile::parse(&text).map_err(|error| faults(&text, &error))).await;
    parsed.map_err(|_| Problem::Internal)?.map_err(|faults| Refused { problem: Problem::InvalidRequest(Vec::new()), faults })
}

#[get("/surveys/new")]
async fn ask_new(opened: Result<Opened, PageProblem>) -> PageResult {
    let (_, frame) = opened?.may(Power::ChangeSurveys, "Import a survey", Section::Surveys)?;
    Page::show(&FilePage::empty(frame, None, String::new()))
}

#[post("/surveys/new", data = "<form>")]
async fn create(form: Result<Posted, PageProblem>, limit: JsonLimit, writer: &State<Writer>) -> PageResult {
    let (caller, frame, entries) = form?.may(Power::ChangeSurveys, "Import a survey", Section::Surveys)?;
    let text = text_of(&entries);
    let file = match read(&text, limit).await {
        Ok(file) => file,
        Err(refused) => return refused.page(frame, None, text),
    };
    match admin::import(&caller, file, Existing::Keep, writer).await? {
        Some((_, survey)) => Page::done(format!("/admin/surveys/{}", survey.id), "The survey was imported."),
        None => Err(Problem::Internal.into()),
    }
}
