//! The list of surveys.

use askama::Template;
use rocket::{State, get};

use crate::{
    access::Power,
    db::Database,
    http::{
        Query,
        list::{Cursor, List},
    },
    pages::{Entries, Frame, Opened, Page, PageProblem, PageResult, Section, shown},
    record,
    surveys::{SurveyId, admin, store::Summary},
};

#[derive(Template)]
#[template(path = "surveys/templates/list.html")]
struct ListPage {
    frame: Frame,
    entries: Entries,
    lines: Vec<Line>,
    next: Option<String>,
    may_import: bool,
}

/// A survey, and what goes on in it.
struct Line {
    survey: Summary,
    alive: String,
    started: String,
    submitted: String,
}

#[get("/surveys")]
pub async fn list(opened: Result<Opened, PageProblem>, query: Query<'_>, database: &State<Database>) -> PageResult {
    let (caller, frame) = opened?.may(Power::Figures, "Surveys", Section::Surveys)?;
    let mut entries = Entries::of_query(&query);
    let found = match admin::Asked::of(entries.filters(&admin::FILTERS)) {
        Ok(asked) => {
            let found = admin::list(&caller, &asked, database).await?;
            List::of(found, &asked.page, |survey| Cursor::of(&[&survey.id]), |survey| survey)
        }
        Err(problem) => {
            entries.blame(problem)?;
            List::with_next(Vec::new(), None)
        }
    };
    let next = found.next.map(|next| entries.address("/admin/surveys", "after", Some(&next)));
    let mut activities = record::admin::activity(&caller, found.items.iter().map(|survey| survey.id), database).await?;
    let line = |survey: Summary| {
        let activity = activities.take(SurveyId(survey.id));
        let (alive, started, submitted) =
            activity.map_or((0, 0, 0), |activity| (activity.alive, activity.starts(), activity.submissions()));
        Line { survey, alive: shown::count(alive), started: shown::count(started), submitted: shown::count(submitted) }
    };
    let lines = found.items.into_iter().map(line).collect();
    let may_import = caller.grant.may(Power::ChangeSurveys) && !caller.grant.surveys.is_limited();
    Page::show(&ListPage { frame, entries, lines, next, may_import })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{HOSTILE, rendered};

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let line = |(id, status): (i64, &str)| Line {
            survey: Summary { id, ..super::super::show::sample_summary(HOSTILE, status) },
            alive: shown::count(1234),
            started: shown::count(5),
            submitted: shown::count(0),
        };
        let page = |lines, entries, may_import| ListPage {
            frame: Frame::sample("Surveys"),
            entries,
            lines,
            next: Some("/admin/surveys?after=x".into()),
            may_import,
        };
        let lines = [(1, "open"), (2, "closing"), (3, "closed")].map(line).into();
        let html = rendered(&page(lines, Entries::default(), true));
        assert!(html.contains("badge warn") && html.contains("1,234"), "{html}");
        let html = rendered(&page(Vec::new(), Entries::default(), true));
        assert!(html.contains("formprogress survey import FILE"), "{html}");
        rendered(&page(Vec::new(), Entries::default(), false));
        let mut entries = Entries::prefilled(&[("status", HOSTILE)]);
        entries.note("status", "must be open, closing or closed");
        let html = rendered(&page(Vec::new(), entries, true));
        assert!(html.contains("must be open, closing or closed"), "{html}");
        let html = rendered(&page(Vec::new(), Entries::prefilled(&[("status", "closed")]), true));
        assert!(html.contains("Surveys that are closed."), "{html}");
    }
}
