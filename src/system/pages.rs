//! The page of the state of the service.

use askama::Template;
use rocket::{Route, State as Managed, get, routes};

use super::{
    admin::{self, State},
    rules::{self, FOLDING_MINUTES, PURGE_HOURS, Warning},
};
use crate::{
    access::Power,
    db::Database,
    metrics::Metrics,
    pages::{Frame, Opened, Page, PageProblem, PageResult, Section, shown},
    progress::writer::Writer,
};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![show]
}

#[derive(Template)]
#[template(path = "system/templates/show.html")]
struct SystemPage {
    frame: Frame,
    state: State,
    warnings: Vec<Warning>,
}

#[get("/system")]
async fn show(
    opened: Result<Opened, PageProblem>,
    metrics: &Managed<Metrics>,
    writer: &Managed<Writer>,
    database: &Managed<Database>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::Metrics, "System", Section::System)?;
    let state = admin::state(&caller, metrics, writer, database).await?;
    let warnings = rules::warnings(&state, frame.now);
    Page::show(&SystemPage { frame, state, warnings })
}

/// A number that is never negative, for [`shown::count`].
fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        metrics::LastPurge,
        pages::samples::rendered,
        system::samples::{now, state},
    };

    #[test]
    fn the_template_is_rendered_with_and_without_warnings() {
        let page = |state, warnings| SystemPage { frame: Frame::sample("System"), state, warnings };
        let html = rendered(&page(state(), Vec::new()));
        assert!(html.contains("All is well") && html.contains("50.0 MiB"), "{html}");

        let purge = LastPurge { ended_at: now(), drafts: 12, took: Duration::from_millis(125) };
        let off = State { last_purge: Some(purge), unfolded_since: Some(now().minus_days(1)), ..state() };
        let all = vec![Warning::Migrations, Warning::Queue, Warning::Purge, Warning::Folding];
        let html = rendered(&page(off, all));
        assert_eq!(html.matches("class=\"warning\"").count(), 4, "{html}");
        assert!(html.contains("12 drafts deleted"), "{html}");
    }
}
