//! The overview, as a page.

use askama::Template;
use rocket::{Route, State, get, routes};

use super::{
    Active, Changed,
    changes::{Change, Names, in_words},
};
use crate::{
    access::{Caller, Power},
    audit::Recorded,
    companies,
    db::Database,
    http::Query,
    pages::{Frame, Opened, Page, PageProblem, PageResult, Section, shown},
    problem::Problem,
    progress::{Head, store::NextToExpire},
    record::{activity::Activity, chart::DayChart, day::Day},
    surveys::{self, SurveyId, store::Summary},
};

/// The routes of this page.
pub fn routes() -> Vec<Route> {
    routes![show]
}

#[derive(Template)]
#[template(path = "overview/templates/overview.html")]
struct OverviewPage {
    frame: Frame,
    surveys: Vec<Card>,
    has_more: bool,
    may_import: bool,
    /// Whether the figures are of some companies only.
    is_limited: bool,
    /// None for those who may not see drafts.
    expiring: Option<Expiring>,
    changes: Vec<Change>,
    changed_surveys: Vec<Summary>,
    may_read_audit: bool,
    is_all_of_the_log: bool,
}

/// A survey, and what goes on in it.
struct Card {
    survey: Summary,
    alive: String,
    started: DayChart,
    submitted: DayChart,
}

impl Card {
    fn of((survey, activity): (Summary, Activity)) -> Self {
        let (started, submitted) = activity.charts();
        Self { survey, alive: shown::plural(activity.alive, "live draft"), started, submitted }
    }
}

/// What expires soon.
struct Expiring {
    lines: Vec<Line>,
    /// Whether it is the next ones for sure.
    is_sure: bool,
    /// The last day that is soon.
    until: Day,
    /// The list of all of them.
    all: String,
}

/// A draft that expires soon.
struct Line {
    draft: Head,
    survey: String,
    left: String,
}

#[get("/")]
async fn show(opened: Result<Opened, PageProblem>, query: Query<'_>, database: &State<Database>) -> PageResult {
    let (caller, frame) = opened?.may(Power::Figures, "Overview", Section::Overview)?;
    query.none()?;
    let Active { surveys, has_more } = super::active(&caller, database).await?;
    let expiring = super::expiring(&caller, database).await?;
    let changed = super::changed(&caller, database).await?;
    let may_read_audit = matches!(changed, Changed::Entries { .. });
    let (entries, is_all_of_the_log, changed_surveys) = match changed {
        Changed::Entries { entries, is_all } => (entries, is_all, Vec::new()),
        Changed::Surveys(surveys) => (Vec::new(), true, surveys),
    };
    let names = names(expiring.as_ref(), &entries, database).await?;
    let until = super::not_soon(&caller);
    Page::show(&OverviewPage {
        surveys: surveys.into_iter().map(Card::of).collect(),
        has_more,
        may_import: caller.grant.may(Power::ChangeSurveys) && !caller.grant.surveys.is_limited(),
        is_limited: caller.grant.companies.is_limited(),
        expiring: expiring.map(|found| soon(found, &names, until, &caller)),
        changes: entries.iter().filter_map(|entry| in_words(entry, &names, &caller)).collect(),
        changed_surveys,
        may_read_audit,
        is_all_of_the_log,
        frame,
    })
}

/// The names of all that is called by one, in two queries.
async fn names(expiring: Option<&NextToExpire>, entries: &[Recorded], database: &Database) -> Result<Names, Problem> {
    let of_drafts = expiring.iter().flat_map(|found| &found.drafts).map(|head| head.survey_id.0);
    let mut surveys: Vec<i64> = of_drafts.chain(entries.iter().filter_map(|entry| Some(entry.survey_id?.0))).collect();
    let mut companies: Vec<i64> = entries.iter().filter_map(|entry| Some(entry.company_id?.0)).collect();
    for ids in [&mut surveys, &mut companies] {
        ids.sort_unstable();
        ids.dedup();
    }
    let most = companies.len() as i64;
    let read = move |conn: &mut _| {
        let companies = companies::store::page(conn, Some(&companies), None, None, most)?;
        Ok(Names {
            surveys: surveys::store::names(conn, &surveys)?,
            companies: companies.into_iter().map(|company| (company.id, company.name)).collect(),
        })
    };
    Ok(database.read(read).await?)
}

fn soon(found: NextToExpire, names: &Names, until: Day, caller: &Caller) -> Expiring {
    let line = |draft: Head| {
        let SurveyId(id) = draft.survey_id;
        let survey = names.surveys.get(&draft.survey_id).cloned().unwrap_or_else(|| format!("survey {id}"));
        Line { survey, left: shown::relative(draft.expires_at, caller.now()), draft }
    };
    Expiring {
        lines: found.drafts.into_iter().map(line).collect(),
        is_sure: found.is_sure,
        until: Day(until.0 - 1),
        all: format!("/admin/drafts?expires_before={until}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pages::samples::{HOSTILE, rendered},
        progress::{Digest, DraftId, Screen, Version},
    };

    fn survey(id: i64, status: &str) -> Summary {
        let moment = "2026-11-20T09:30:00Z".parse().expect("a moment");
        Summary {
            id,
            name: HOSTILE.into(),
            status: status.into(),
            progress_days: 30,
            fingerprint: None,
            requires_if_match: false,
            created_at: moment,
            updated_at: moment,
        }
    }

    fn draft() -> Head {
        let at = "2026-11-20T09:30:00Z".parse().expect("a moment");
        Head {
            draft_id: DraftId(uuid::Uuid::from_u128(1 << 100)),
            email: None,
            survey_id: SurveyId(1),
            company_id: None,
            guest_code: None,
            current_screen: Screen(3),
            furthest_screen: Screen(4),
            fingerprint: None,
            survey_fingerprint: None,
            version: Version(1),
            digest: Digest::from_stored(&[0; 32]),
            value_count: None,
            created_at: at,
            updated_at: at,
            expires_at: at,
        }
    }

    fn page(surveys: Vec<Card>, expiring: Option<Expiring>, changes: Vec<Change>, may: bool) -> OverviewPage {
        OverviewPage {
            frame: Frame::sample("Overview"),
            has_more: !surveys.is_empty(),
            surveys,
            may_import: may,
            is_limited: !may,
            expiring,
            changes,
            changed_surveys: if may { Vec::new() } else { vec![survey(1, "closing")] },
            may_read_audit: may,
            is_all_of_the_log: may,
        }
    }

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let mut activity = Activity::none(Day(20_749));
        (activity.alive, activity.started[3], activity.submitted[29]) = (1, 12, 3);
        let cards =
            || vec![Card::of((survey(1, "open"), activity.clone())), Card::of((survey(2, "closed"), activity.clone()))];
        let expiring = |lines, is_sure| {
            Some(Expiring { lines, is_sure, until: Day(20_781), all: "/admin/drafts?expires_before=2026-11-25".into() })
        };
        let line = || Line { draft: draft(), survey: HOSTILE.into(), left: "in 2 days".into() };
        let change = Change {
            at: draft().created_at,
            what: HOSTILE.into(),
            address: Some("/admin/surveys/1".into()),
            done: "opened".into(),
            by: "you".into(),
        };
        let html = rendered(&page(cards(), expiring(vec![line()], false), vec![change], true));
        assert!(
            html.contains("1 live draft<") && html.contains(r#"aria-label="12 started in the last 30 days"#),
            "{html}"
        );
        assert!(html.contains(&format!("/admin/drafts/{}", draft().draft_id.0)), "{html}");
        rendered(&page(cards(), expiring(Vec::new(), true), Vec::new(), true));
        rendered(&page(cards(), None, Vec::new(), false));
        let html = rendered(&page(Vec::new(), expiring(Vec::new(), true), Vec::new(), true));
        assert!(html.contains("formprogress survey import FILE") && html.contains("--demo"), "{html}");
        rendered(&page(Vec::new(), None, Vec::new(), false));
    }
}
