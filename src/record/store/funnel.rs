//! Reading the funnel: what is in the sums, and what is not yet.

use diesel::{connection::DefaultLoadingMode, prelude::*};

use super::{
    events::{EventFilter, events},
    fold,
    sums::{DayRow, ScreenRow},
};
use crate::{
    clock::Moment,
    companies::CompanyId,
    db::{
        Conn, by_hour_alone,
        schema::{form_progress, funnel_days, funnel_screens, rollup_state},
        snapshot,
    },
    on_backend,
    progress::{DraftId, Screen},
    record::{
        Course, Event, What,
        funnel::{Asked, Figures},
        rules::Folding,
    },
    surveys::SurveyId,
};

/// Events that are read at a time.
const CHUNK: i64 = 5000;

/// The figures of a survey as they are now: those that are stored, the events that are not in them yet, and the drafts that
/// have expired without having been purged.
pub fn figures(conn: &mut Conn, asked: &Asked, now: Moment) -> QueryResult<Figures> {
    // All of it from one moment: what is folded meanwhile would count twice, or not at all.
    snapshot(conn, |conn| {
        let mut figures = Figures::default();
        stored_screens(conn, asked, &mut figures)?;
        stored_days(conn, asked, &mut figures)?;
        let mut folding = Folding::default();
        add_unfolded(conn, asked, &mut folding)?;
        expired(conn, &[asked.survey_id.0], now)?.iter().for_each(|event| folding.add(event));
        figures.add_sums(&folding.sums, asked);
        Ok(figures)
    })
}

fn stored_screens(conn: &mut Conn, asked: &Asked, figures: &mut Figures) -> QueryResult<()> {
    let (first, last) = asked.days();
    on_backend!(conn => {
        let mut query = funnel_screens::table
            .filter(funnel_screens::survey_id.eq(asked.survey_id.0))
            .filter(funnel_screens::started_on.between(first, last))
            .select(ScreenRow::as_select())
            .into_boxed();
        if let Some(companies) = asked.companies.clone() {
            query = query.filter(funnel_screens::company_id.eq_any(companies));
        }
        for row in query.load_iter::<ScreenRow, DefaultLoadingMode>(conn)? {
            let row = row?;
            figures.add_screen(row.screen, &row.counts(), &row.screen_times, &row.total_times);
        }
        Ok(())
    })
}

fn stored_days(conn: &mut Conn, asked: &Asked, figures: &mut Figures) -> QueryResult<()> {
    let (first, last) = asked.days();
    on_backend!(conn => {
        let mut query = funnel_days::table
            .filter(funnel_days::survey_id.eq(asked.survey_id.0))
            .filter(funnel_days::day.between(first, last))
            .select(DayRow::as_select())
            .into_boxed();
        if let Some(companies) = asked.companies.clone() {
            query = query.filter(funnel_days::company_id.eq_any(companies));
        }
        for row in query.load_iter::<DayRow, DefaultLoadingMode>(conn)? {
            let row = row?;
            figures.add_day(row.day, &row.counts());
        }
        Ok(())
    })
}

fn add_unfolded(conn: &mut Conn, asked: &Asked, folding: &mut Folding) -> QueryResult<()> {
    let mut after: i64 =
        on_backend!(conn => rollup_state::table.find(1).select(rollup_state::folded_to).get_result(conn))?;
    // Of all companies: a draft may have come from one that is not asked for.
    let filter = EventFilter { surveys: Some(vec![asked.survey_id.0]), ..Default::default() };
    loop {
        let rows = events(conn, &filter, after, CHUNK)?;
        fold::add(conn, folding, &rows)?;
        match rows.last() {
            Some(last) if rows.len() as i64 == CHUNK => after = last.id,
            _ => return Ok(()),
        }
    }
}

type ExpiredRow = (DraftId, i64, Option<i64>, Moment, i32, Moment);

/// What the purge will write about the drafts of these surveys that have expired.
pub(super) fn expired(conn: &mut Conn, surveys: &[i64], now: Moment) -> QueryResult<Vec<Event>> {
    let query = form_progress::table
        .filter(form_progress::purge_hour.le(now.hours()))
        .filter(form_progress::expires_at.le(now))
        .filter(by_hour_alone(form_progress::survey_id).eq_any(surveys))
        .select((
            form_progress::draft_id,
            form_progress::survey_id,
            form_progress::company_id,
            form_progress::created_at,
            form_progress::furthest_screen,
            form_progress::expires_at,
        ));
    let rows: Vec<ExpiredRow> = on_backend!(conn => query.load(conn))?;
    let event = |(draft_id, survey_id, company_id, started_at, screen, at): ExpiredRow| Event {
        at,
        what: What::Expired,
        survey_id: SurveyId(survey_id),
        company_id: company_id.map(CompanyId),
        draft_id,
        course: Some(Course { started_at, screen: Screen(screen) }),
    };
    Ok(rows.into_iter().map(event).collect())
}
