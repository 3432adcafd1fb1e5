//! The page of a survey's settings.

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::{Settings, SurveyId, admin};
use crate::{
    access::Power,
    db::Database,
    pages::{Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section},
    progress::writer::Writer,
};

/// The routes of this page.
pub fn routes() -> Vec<Route> {
    routes![ask, set]
}

#[derive(Template)]
#[template(path = "surveys/templates/settings.html")]
struct SettingsPage {
    frame: Frame,
    id: SurveyId,
    entries: Entries,
}

fn title(id: SurveyId) -> String {
    format!("Settings of survey {id}")
}

#[get("/surveys/<id>/settings")]
async fn ask(
    id: Result<SurveyId, &str>,
    opened: Result<Opened, PageProblem>,
    database: &State<Database>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ChangeSurveys, "Settings of a survey", Section::Surveys)?;
    let id = admin::visible(id, &caller)?;
    let survey = admin::find(id, database).await?;
    let required = survey.requires_if_match.to_string();
    let days = survey.progress_days.to_string();
    let values = [("name", survey.name.as_str()), ("progress_days", &days), ("require_if_match", &required)];
    Page::show(&SettingsPage { frame: frame.titled(title(id)), id, entries: Entries::shown(&values) })
}

#[post("/surveys/<id>/settings", data = "<form>")]
async fn set(id: Result<SurveyId, &str>, form: Result<Posted, PageProblem>, writer: &State<Writer>) -> PageResult {
    let (caller, frame, mut entries) = form?.may(Power::ChangeSurveys, "Settings of a survey", Section::Surveys)?;
    let id = admin::visible(id, &caller)?;
    let problem = match Settings::of_form(entries.fields()) {
        Ok(settings) => {
            admin::set(&caller, id, changed(settings, &entries), writer).await?;
            return Page::done(format!("/admin/surveys/{id}"), "The settings were saved.");
        }
        Err(problem) => problem,
    };
    entries.blame(problem.clone())?;
    Page::refused(&problem, &SettingsPage { frame: frame.titled(title(id)), id, entries })
}

/// What is different from what the form showed.
fn changed(settings: Settings, entries: &Entries) -> Settings {
    let Settings { name, progress_days, require_if_match } = settings;
    Settings {
        name: name.filter(|name| entries.is_changed("name", &name.0)),
        progress_days: progress_days.filter(|days| entries.is_changed("progress_days", days.0)),
        require_if_match: require_if_match.filter(|required| entries.is_changed("require_if_match", required)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{HOSTILE, rendered};

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let mut entries =
            Entries::prefilled(&[("name", HOSTILE), ("progress_days", HOSTILE), ("require_if_match", "true")]);
        entries.note("progress_days", "must be an integer from 1 to 65535");
        let html = rendered(&SettingsPage { frame: Frame::sample("Settings"), id: SurveyId(3), entries });
        assert!(html.contains("Days a draft lives must be an integer"), "{html}");
        assert!(html.contains(" checked"), "{html}");
        rendered(&SettingsPage { frame: Frame::sample("Settings"), id: SurveyId(3), entries: Entries::default() });
    }
}
