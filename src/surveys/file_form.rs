//! The form in which a survey file is sent, and shown once more with what is wrong with it.

use askama::Template;

use super::{
    SurveyId,
    file::{
        SurveyFile,
        report::{Fault, faults},
    },
};
use crate::{
    http::{
        body::{JsonLimit, within_limits},
        off_thread,
    },
    pages::{Entries, Frame, Page, PageResult},
    problem::Problem,
};

/// A form for a survey file.
#[derive(Template)]
#[template(path = "surveys/templates/file.html")]
pub struct FilePage {
    /// Around it.
    pub frame: Frame,
    /// The survey that is to be replaced; none for a new one.
    pub id: Option<SurveyId>,
    /// What stands in the text area.
    pub text: String,
    /// What is wrong with the file that was sent, place by place.
    pub faults: Vec<Fault>,
    /// What is wrong with it as a whole.
    pub problem: Option<String>,
}

impl FilePage {
    /// Before anything was sent.
    pub fn empty(frame: Frame, id: Option<SurveyId>, text: String) -> Self {
        Self { frame, id, text, faults: Vec::new(), problem: None }
    }
}

/// The file of a form: the one that was uploaded, or else what stands in the text area.
pub fn text_of(entries: &Entries) -> String {
    let uploaded = entries.value("file");
    match uploaded.trim().is_empty() {
        false => uploaded.trim_start_matches('\u{feff}').to_owned(),
        true => entries.value("text").to_owned(),
    }
}

/// Why what was sent is no survey file.
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
        let said = match &problem {
            _ if !faults.is_empty() => None,
            Problem::InvalidRequest(errors) => {
                let place = |pointer: &str| pointer.trim_start_matches("#/").to_owned();
                let said = errors.iter().map(|error| format!("{} {}.", place(&error.pointer), error.detail));
                Some(said.collect::<Vec<_>>().join(" "))
            }
            Problem::BodyTooLarge(_) | Problem::NestingTooDeep | Problem::InvalidJson(_) => Some(problem.detail()),
            _ => return Err(problem.into()),
        };
        Page::refused(&problem, &FilePage { frame, id, text, faults, problem: said })
    }
}

/// Reads a file, within the limits that the API sets to bodies; off the async threads.
pub async fn read(text: &str, JsonLimit(limit): JsonLimit) -> Result<SurveyFile, Refused> {
    if text.trim().is_empty() {
        return Err(Problem::InvalidJson("Choose a file, or write the JSON into the text area.".into()).into());
    }
    within_limits(text, limit)?;
    let text = text.to_owned();
    let parse = move || SurveyFile::parse(&text).map_err(|error| faults(&text, &error));
    off_thread(parse).await?.map_err(|faults| Refused { problem: Problem::InvalidRequest(Vec::new()), faults })
}
