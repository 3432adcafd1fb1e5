//! The pages about survey files: taking one in, and replacing a survey with one, after a look at what that would do.

use askama::Template;
use rocket::{Route, State, get, http::Status, post, routes};

use super::{
    SurveyId,
    admin::{self, Existing},
    file_form::{FilePage, Refused, read, text_of},
    preview::{self, MOST_DRAFTS, Preview},
};
use crate::{
    access::{Caller, Power},
    clock::Moment,
    db::Database,
    http::body::JsonLimit,
    pages::{Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section},
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![ask_new, create, ask_replace, show_preview, replace]
}

#[get("/surveys/new")]
async fn ask_new(opened: Result<Opened, PageProblem>) -> PageResult {
    let (_, frame) = opened?.may(Power::ChangeSurveys, "Import a survey", Section::Surveys)?;
    Page::show(&FilePage::empty(frame, None, String::new()))
}

#[post("/surveys/new", data = "<form>")]
async fn create(
    form: Result<Posted, PageProblem>,
    limit: JsonLimit,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, entries) = form?.may(Power::ChangeSurveys, "Import a survey", Section::Surveys)?;
    let text = text_of(&entries);
    let file = match read(&text, limit).await {
        Ok(file) => file,
        Err(refused) => return refused.page(frame, None, text),
    };
    let named = file.id;
    match (admin::import(&caller, file, Existing::Keep, writer).await?, named) {
        (Some((_, survey)), _) => Page::done(format!("/admin/surveys/{}", survey.id), "The survey was imported."),
        (None, Some(id)) => {
            let note = format!("Survey {id} exists already: this file would replace it. Nothing is saved yet.");
            let sent = Sent { id, text, limit, note: Some(note) };
            sent.previewed(&caller, frame, database).await
        }
        // A file that names no survey makes a new one.
        (None, None) => Err(Problem::Internal.into()),
    }
}

fn title(id: SurveyId) -> String {
    format!("Replace survey {id}")
}

#[get("/surveys/<id>/replace")]
async fn ask_replace(
    id: Result<SurveyId, &str>,
    opened: Result<Opened, PageProblem>,
    database: &State<Database>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ChangeSurveys, "Replace a survey", Section::Surveys)?;
    let id = admin::visible(id, &caller)?;
    let text = present_text(id, database).await?;
    Page::show(&FilePage::empty(frame.titled(title(id)), Some(id), text))
}

/// The file of a survey as it is, to be edited.
async fn present_text(id: SurveyId, database: &Database) -> Result<String, Problem> {
    let file = admin::file(id, database).await?;
    serde_json::to_string_pretty(&file).map_err(|_| Problem::Internal)
}

/// A file that was sent to replace a survey.
struct Sent {
    id: SurveyId,
    text: String,
    limit: JsonLimit,
    /// What is to be said above the preview.
    note: Option<String>,
}

impl Sent {
    /// What it would do; or the form once more, with what is wrong with it.
    async fn previewed(self, caller: &Caller, frame: Frame, database: &Database) -> PageResult {
        let Self { id, text, limit, note } = self;
        let frame = frame.titled(title(id));
        let made = async {
            let file = read(&text, limit).await?;
            preview::preview(id, file, caller.now(), database).await.map_err(Refused::from)
        };
        match made.await {
            Ok(preview) => Page::show(&PreviewPage { frame, text, note, preview }),
            Err(refused) => refused.page(frame, Some(id), text),
        }
    }
}

/// What replacing a survey would do, and the button that does it.
#[derive(Template)]
#[template(path = "surveys/templates/preview.html")]
struct PreviewPage {
    frame: Frame,
    text: String,
    note: Option<String>,
    preview: Preview,
}

impl PreviewPage {
    fn most(&self) -> String {
        crate::pages::shown::count(MOST_DRAFTS)
    }
}

#[post("/surveys/<id>/replace", data = "<form>")]
async fn show_preview(
    id: Result<SurveyId, &str>,
    form: Result<Posted, PageProblem>,
    limit: JsonLimit,
    database: &State<Database>,
) -> PageResult {
    let (caller, frame, entries) = form?.may(Power::ChangeSurveys, "Replace a survey", Section::Surveys)?;
    let id = admin::visible(id, &caller)?;
    Sent { id, text: text_of(&entries), limit, note: None }.previewed(&caller, frame, database).await
}

#[post("/surveys/<id>/replace/confirm", data = "<form>")]
async fn replace(
    id: Result<SurveyId, &str>,
    form: Result<Posted, PageProblem>,
    limit: JsonLimit,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, entries) = form?.may(Power::ChangeSurveys, "Replace a survey", Section::Surveys)?;
    let id = admin::visible(id, &caller)?;
    let previewed_at = previewed_at(&entries)?;
    let text = text_of(&entries);
    let file = match read(&text, limit).await {
        Ok(file) => file,
        Err(refused) => return refused.page(frame.titled(title(id)), Some(id), text),
    };
    if admin::replace(&caller, id, file, Some(previewed_at), writer).await?.is_some() {
        return Page::done(format!("/admin/surveys/{id}"), format!("Survey {id} was replaced."));
    }
    let note = "Somebody changed the survey since you looked. Nothing was saved: this is what your file would do now.";
    let sent = Sent { id, text, limit, note: Some(note.into()) };
    match sent.previewed(&caller, frame, database).await? {
        Page::Html(_, html) => Ok(Page::Html(Status::Conflict, html)),
        elsewhere @ Page::Elsewhere(..) => Ok(elsewhere),
    }
}

/// When the survey had last been changed that a preview was made on.
fn previewed_at(entries: &Entries) -> Result<Moment, Problem> {
    let mut fields = entries.fields();
    let moment = fields.required("updated_at");
    fields.finish(moment)
}

#[cfg(test)]
#[path = "file_pages_tests.rs"]
mod tests;
