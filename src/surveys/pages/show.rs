//! A survey: how far its drafts come, and what it is.

use askama::Template;
use rocket::{State, get};

use super::funnel::Told;
use crate::{
    access::{Caller, Power},
    db::{Conn, Database},
    http::Query,
    pages::{Choices, Entries, Frame, Names, Opened, Page, PageProblem, PageResult, Section, shown},
    record::{self, chart::WIDE, day::Day},
    surveys::{Survey, SurveyId, admin, store::Summary},
};

#[derive(Template)]
#[template(path = "surveys/templates/show.html")]
struct SurveyPage {
    frame: Frame,
    entries: Entries,
    survey: Survey,
    summary: Summary,
    /// None where it was asked for something that cannot be.
    told: Option<Told>,
    companies: Choices,
    /// The name of the company that is asked for.
    company: Option<String>,
    periods: Vec<Period>,
    may: May,
}

/// What the page offers.
struct May {
    change: bool,
    see_drafts: bool,
    see_submissions: bool,
    export_events: bool,
    /// All companies, and what belongs to none.
    see_all: bool,
}

impl May {
    fn of(caller: &Caller) -> Self {
        Self {
            change: caller.grant.may(Power::ChangeSurveys),
            see_drafts: caller.grant.may(Power::ReadDrafts),
            see_submissions: caller.grant.may(Power::ReadSubmissions),
            export_events: caller.grant.may(Power::Events),
            see_all: !caller.grant.companies.is_limited(),
        }
    }
}

/// A period that is a click away.
struct Period {
    label: &'static str,
    address: String,
    is_here: bool,
}

impl SurveyPage {
    fn path(&self) -> String {
        format!("/admin/surveys/{}", self.survey.id)
    }

    fn wide(&self) -> i64 {
        WIDE
    }
}

#[get("/surveys/<id>")]
pub async fn show(
    id: Result<SurveyId, &str>,
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    database: &State<Database>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::Figures, "Survey", Section::Surveys)?;
    let id = admin::visible(id, &caller)?;
    let mut entries = Entries::of_query(&query);
    let (survey, told) = match record::admin::Chosen::of(entries.filters(&record::admin::FILTERS)) {
        Ok(chosen) => {
            let (survey, view) = record::admin::funnel(&caller, id, chosen, database).await?;
            (survey, Some(Told::of(view, Day(frame.now.days()))))
        }
        Err(problem) => {
            entries.blame(problem)?;
            (record::admin::visible_survey(&caller, id, database).await?, None)
        }
    };
    let summary = admin::find(id, database).await?;
    let (asked, grant) = (told.as_ref().and_then(|told| told.view.company_id), caller.grant.clone());
    let read = move |conn: &mut Conn| Ok((Choices::companies(conn, &grant)?, Names::of(conn, &[], asked.as_slice())?));
    let (companies, names) = database.read(read).await?;
    let company = asked.map(|id| names.company(id));
    let (periods, frame) = (periods(id, &entries, Day(frame.now.days())), frame.titled(&survey.name));
    Page::show(&SurveyPage {
        frame,
        entries,
        survey,
        summary,
        told,
        companies,
        company,
        periods,
        may: May::of(&caller),
    })
}

/// The last days, and all of them.
fn periods(id: SurveyId, entries: &Entries, today: Day) -> Vec<Period> {
    let path = format!("/admin/surveys/{id}");
    let period = |(label, days): (&'static str, Option<i64>)| {
        let from = days.map(|days| Day(today.0 - days + 1).to_string());
        let company = entries.value("company_id");
        let filters = Entries::prefilled(&[("company_id", company), ("from", from.as_deref().unwrap_or_default())]);
        let is_here = entries.value("to").is_empty() && entries.value("from") == filters.value("from");
        Period { label, address: filters.address(&path, "to", None), is_here }
    };
    [("7 days", Some(7)), ("30 days", Some(30)), ("90 days", Some(90)), ("All time", None)].map(period).into()
}

#[cfg(test)]
pub fn sample_summary(name: &str, status: &str) -> Summary {
    let moment = "2026-11-20T09:30:00Z".parse().expect("a moment");
    Summary {
        id: 1,
        name: name.into(),
        status: status.into(),
        progress_days: 30,
        fingerprint: Some(format!("1:{name}")),
        requires_if_match: true,
        created_at: moment,
        updated_at: moment,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::{
        companies::CompanyId,
        pages::samples::{HOSTILE, rendered},
        record::funnel::{DayView, FunnelView, ScreenView},
        surveys::{Shapes, Status, SurveyScreen},
    };

    fn survey(status: Status, screens: Vec<SurveyScreen>) -> Survey {
        let summary = sample_summary(HOSTILE, "open");
        Survey {
            id: SurveyId(1),
            name: HOSTILE.into(),
            instructions: HOSTILE.into(),
            definition: RawValue::from_string("{}".into()).expect("an object"),
            answer_schema: None,
            screens,
            shapes: Shapes::from_stored("1:a"),
            status,
            created_at: summary.created_at,
            updated_at: summary.updated_at,
        }
    }

    fn page(status: Status, told: Option<Told>, may_all: bool, entries: Entries) -> SurveyPage {
        let screen = SurveyScreen { name: HOSTILE.into(), title: HOSTILE.into(), schema: None };
        SurveyPage {
            frame: Frame::sample(HOSTILE),
            periods: periods(SurveyId(1), &entries, Day(20_778)),
            entries,
            survey: survey(status, if may_all { vec![screen] } else { Vec::new() }),
            summary: sample_summary(HOSTILE, status.as_str()),
            told,
            companies: Choices { options: vec![(7, HOSTILE.into())], are_all: may_all },
            company: may_all.then(|| HOSTILE.into()),
            may: May {
                change: may_all,
                see_drafts: may_all,
                see_submissions: may_all,
                export_events: may_all,
                see_all: may_all,
            },
        }
    }

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let named = ScreenView { title: Some(HOSTILE.into()), ..ScreenView::sample(0, 1200, 3, 100) };
        let view = FunnelView {
            started: 1200,
            submitted: 400,
            submitted_directly: 2,
            erased: 1,
            company_id: Some(CompanyId(7)),
            from: Some(Day(20_770)),
            screens: vec![named, ScreenView::sample(1, 1097, 0, 3)],
            days: vec![DayView::sample(Day(20_775), 30, 12)],
            has_further_screens: true,
            ..FunnelView::sample()
        };
        let entries = || Entries::prefilled(&[("company_id", "7"), ("from", "2026-11-13")]);
        let html = rendered(&page(Status::Open, Some(Told::of(view, Day(20_778))), true, entries()));
        assert!(html.contains("1,200") && html.contains("/admin/surveys/1/status/closing"), "{html}");
        assert!(html.contains("/admin/drafts?survey_id=1&#38;screen=1"), "{html}");

        let nothing = || Some(Told::of(FunnelView::sample(), Day(20_778)));
        let html = rendered(&page(Status::Closed, nothing(), false, Entries::default()));
        assert!(html.contains("Nobody has started") && !html.contains("/status"), "{html}");
        let html = rendered(&page(Status::Closing, nothing(), true, Entries::default()));
        assert!(html.contains(r#"name="status" value="open""#), "{html}");
        let mut entries = Entries::prefilled(&[("from", HOSTILE)]);
        entries.note("from", "must be a day such as 2026-11-21");
        rendered(&page(Status::Open, None, true, entries));
    }

    #[test]
    fn periods_end_today_and_keep_the_company() {
        let entries = Entries::prefilled(&[("company_id", "7"), ("from", "2026-11-15")]);
        let periods = periods(SurveyId(3), &entries, Day(20_778));
        assert_eq!(periods[0].address, "/admin/surveys/3?company_id=7&from=2026-11-15");
        assert_eq!(periods.iter().map(|period| period.is_here).collect::<Vec<_>>(), [true, false, false, false]);
        assert_eq!(periods[3].address, "/admin/surveys/3?company_id=7");
    }
}
