//! What goes on in surveys, in as many statements for many as for one.

use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool},
};

use super::{EventRow, funnel::expired};
use crate::{
    clock::Moment,
    db::{
        Conn,
        schema::{funnel_days, progress_events, rollup_state},
        snapshot,
    },
    on_backend,
    record::{
        Event,
        activity::{Activities, Asked},
        rules::Folding,
    },
    surveys::SurveyId,
};

/// The events that change what is told. What goes from screen to screen stays alive.
const THAT_COUNT: [&str; 6] = ["started", "company_linked", "submitted", "expired", "discarded", "erased"];

/// What goes on in surveys, as it is now: what is in the sums, the events that are not yet, and the drafts that have expired
/// without having been purged.
pub fn activity(conn: &mut Conn, asked: &Asked, now: Moment) -> QueryResult<Activities> {
    let mut found = Activities::of(asked);
    if asked.surveys.is_empty() {
        return Ok(found);
    }
    // All of it from one moment: what is folded meanwhile would count twice, or not at all.
    snapshot(conn, |conn| {
        for (survey_id, drafts) in alive(conn, asked)? {
            found.add_alive(SurveyId(survey_id), drafts);
        }
        for (survey_id, day, started, submitted) in days(conn, asked)? {
            found.add_day(SurveyId(survey_id), day, started, submitted);
        }
        let mut folding = Folding::default();
        for row in &unfolded(conn, asked)? {
            folding.add(&Event::try_from(row)?);
        }
        expired(conn, &asked.surveys, now)?.iter().for_each(|event| folding.add(event));
        found.add_sums(&folding.sums, asked);
        Ok(found)
    })
}

fn alive(conn: &mut Conn, asked: &Asked) -> QueryResult<Vec<(i64, i64)>> {
    // By days there are fewer rows than by screens, and short ones. Diesel's sum of a BIGINT is a NUMERIC on PostgreSQL.
    let ended = "sum(submitted) - sum(submitted_directly) + sum(expired) + sum(discarded) + sum(erased)";
    let alive = format!("CAST(sum(started) - ({ended}) AS BIGINT)");
    on_backend!(conn => {
        let mut query = funnel_days::table
            .filter(funnel_days::survey_id.eq_any(asked.surveys.clone()))
            .group_by(funnel_days::survey_id)
            .select((funnel_days::survey_id, sql::<BigInt>(&alive)))
            .into_boxed();
        if let Some(companies) = asked.companies.clone() {
            query = query.filter(funnel_days::company_id.eq_any(companies));
        }
        query.load(conn)
    })
}

/// A survey, a day, how many drafts began, how many submissions there were.
type DayRow = (i64, i64, i64, i64);

fn days(conn: &mut Conn, asked: &Asked) -> QueryResult<Vec<DayRow>> {
    let (started, submitted) = ("CAST(sum(started) AS BIGINT)", "CAST(sum(submitted) AS BIGINT)");
    on_backend!(conn => {
        let mut query = funnel_days::table
            .filter(funnel_days::survey_id.eq_any(asked.surveys.clone()))
            .filter(funnel_days::day.ge(asked.first.0))
            .group_by((funnel_days::survey_id, funnel_days::day))
            .select((funnel_days::survey_id, funnel_days::day, sql::<BigInt>(started), sql::<BigInt>(submitted)))
            .into_boxed();
        if let Some(companies) = asked.companies.clone() {
            query = query.filter(funnel_days::company_id.eq_any(companies));
        }
        query.load(conn)
    })
}

/// Of all companies: a draft may have come from one that is not asked for.
fn unfolded(conn: &mut Conn, asked: &Asked) -> QueryResult<Vec<EventRow>> {
    let state = rollup_state::table.select(rollup_state::folded_to);
    let folded_to: i64 = on_backend!(conn => state.get_result(conn))?;
    let query = progress_events::table
        // As a number in the text: see `live_drafts`.
        .filter(sql::<Bool>(&format!("id > {folded_to}")))
        .filter(progress_events::kind.eq_any(THAT_COUNT))
        .filter(progress_events::survey_id.eq_any(&asked.surveys))
        .order(progress_events::id);
    on_backend!(conn => query.select(EventRow::as_select()).load(conn))
}
