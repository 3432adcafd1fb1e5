//! What a survey still takes: asked first where that shuts participants out.

use rocket::{State, get, post};

use crate::{
    access::Power,
    db::Database,
    pages::{Confirm, Entries, Opened, Page, PageProblem, PageResult, Posted, Section, shown},
    problem::Problem,
    progress::writer::Writer,
    record,
    surveys::{Status, SurveyId, admin},
};

#[get("/surveys/<id>/status/<status>")]
pub async fn ask(
    id: Result<SurveyId, &str>,
    status: &str,
    opened: Result<Opened, PageProblem>,
    database: &State<Database>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ChangeSurveys, "Open or close a survey", Section::Surveys)?;
    let id = admin::visible(id, &caller)?;
    let survey = admin::find(id, database).await?;
    let status: Status = status.parse().map_err(|_| Problem::NotFound)?;
    let alive = record::admin::activity(&caller, [id.0], database).await?.take(id);
    let alive = alive.map_or(0, |activity| activity.alive);
    Page::show(&Confirm {
        frame: frame.titled(question(status, &survey.name)),
        what: consequences(status, alive, survey.progress_days),
        action: format!("/admin/surveys/{id}/status"),
        button: match status {
            Status::Open => "Open the survey",
            Status::Closing => "Start closing the survey",
            Status::Closed => "Close the survey",
        },
        back: format!("/admin/surveys/{id}"),
        hidden: vec![("status", status.as_str().to_owned())],
        typed: None,
        entries: Entries::default(),
    })
}

fn question(status: Status, name: &str) -> String {
    match status {
        Status::Open => format!("Open “{name}” for everybody?"),
        Status::Closing => format!("Let nobody new into “{name}”?"),
        Status::Closed => format!("Close “{name}”?"),
    }
}

/// What will happen, to the drafts that there are and to those who have none.
fn consequences(status: Status, alive: i64, days: i32) -> Vec<String> {
    let drafts = shown::plural(alive, "live draft");
    let (is, they) = if alive == 1 { ("is", "it") } else { ("are", "they") };
    match status {
        Status::Open => vec![
            "Everybody can start a draft, save and submit.".into(),
            format!("There {is} {drafts} now: whoever has one can go on where they were."),
        ],
        Status::Closing => vec![
            "Nobody can start a draft any more. Whoever tries is told that the survey is closed.".into(),
            format!(
                "There {is} {drafts}. Whoever has one can still save and submit; {they} will expire {days} days after the last save, as now."
            ),
            "Nothing is deleted, and you can open the survey again.".into(),
        ],
        Status::Closed => vec![
            "Nobody can start, save or submit anything any more. Whoever tries is told that the survey is closed."
                .into(),
            format!(
                "There {is} {drafts}. Participants can still see what they have saved, but they cannot go on with it or submit it."
            ),
            "The time of drafts goes on while the survey is closed: what expires meanwhile is lost.".into(),
            "Nothing is deleted now, and you can open the survey again.".into(),
        ],
    }
}

#[post("/surveys/<id>/status", data = "<form>")]
pub async fn set(id: Result<SurveyId, &str>, form: Result<Posted, PageProblem>, writer: &State<Writer>) -> PageResult {
    let (caller, _, entries) = form?.may(Power::ChangeSurveys, "Open or close a survey", Section::Surveys)?;
    let id = admin::visible(id, &caller)?;
    let mut fields = entries.fields();
    let status = fields.required::<Status>("status");
    let status = fields.finish(status)?;
    let survey = admin::set_status(&caller, id, status, writer).await?;
    let now = match status {
        Status::Open => "is open: everybody can start a draft.",
        Status::Closing => "is closing: who has a draft can finish it, and nobody can start one.",
        Status::Closed => "is closed: it takes nothing any more.",
    };
    Page::done(format!("/admin/surveys/{id}"), format!("“{}” {now}", survey.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_to_the_drafts_is_said() {
        for (status, said) in [
            (Status::Open, "There are 1,234 live drafts now: whoever has one can go on"),
            (
                Status::Closing,
                "There are 1,234 live drafts. Whoever has one can still save and submit; they will expire 30 days",
            ),
            (Status::Closed, "There are 1,234 live drafts. Participants can still see"),
        ] {
            let what = consequences(status, 1234, 30);
            assert!(what.iter().any(|sentence| sentence.starts_with(said)), "{what:?}");
        }
        assert!(consequences(Status::Closing, 1, 7)[1].starts_with("There is 1 live draft."));
    }
}
