//! What the events of companies add up to, over all days: what the sums say, the events that are not in them yet, and the
//! drafts that have expired without having been purged.

use std::collections::BTreeMap;

use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::{BigInt, Bool},
};

use crate::{
    clock::Moment,
    companies::CompanyId,
    db::{
        Conn,
        schema::{form_progress, funnel_days, progress_events, rollup_state},
        snapshot,
    },
    on_backend,
    surveys::SurveyId,
};

/// What became of the drafts of a company in a survey.
pub type CompanySums = BTreeMap<(CompanyId, SurveyId), CompanyCounts>;

/// What became of drafts, over all days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CompanyCounts {
    /// Drafts that began, of the company that they are linked with now.
    pub started: i64,
    /// Those of them that have ended, in whatever way.
    pub ended: i64,
    /// Submissions, those that ended no draft too.
    pub submitted: i64,
}

/// What happened in these companies. One query for all of them, of each kind; none of them counts drafts that are alive.
pub fn company_sums(conn: &mut Conn, companies: &[i64], now: Moment) -> QueryResult<CompanySums> {
    // Events must not go into the sums between the queries.
    snapshot(conn, |conn| {
        let mut sums = in_sums(conn, companies)?;
        add_unfolded(conn, companies, &mut sums)?;
        add_expired(conn, now, &mut sums)?;
        sums.retain(|(company_id, _), _| companies.contains(&company_id.0));
        Ok(sums)
    })
}

fn in_sums(conn: &mut Conn, companies: &[i64]) -> QueryResult<CompanySums> {
    // Diesel's sum of a BIGINT is a NUMERIC on PostgreSQL. No more columns than are needed: SQLite sorts the rows with all of them.
    let total = |columns: &str| sql::<BigInt>(&format!("CAST(sum({columns}) AS BIGINT)"));
    let query = funnel_days::table
        .filter(funnel_days::company_id.eq_any(companies))
        .group_by((funnel_days::company_id, funnel_days::survey_id))
        .select((
            funnel_days::company_id,
            funnel_days::survey_id,
            total("started"),
            total("submitted - submitted_directly + expired + discarded + erased"),
            total("submitted"),
        ));
    let rows: Vec<(i64, i64, i64, i64, i64)> = on_backend!(conn => query.load(conn))?;
    let sums = rows.into_iter().map(|(company_id, survey_id, started, ended, submitted)| {
        ((CompanyId(company_id), SurveyId(survey_id)), CompanyCounts { started, ended, submitted })
    });
    Ok(sums.collect())
}

type UnfoldedRow = (Option<i64>, i64, String, Option<i64>, i64, i64);

fn add_unfolded(conn: &mut Conn, companies: &[i64], sums: &mut CompanySums) -> QueryResult<()> {
    let state = rollup_state::table.select(rollup_state::folded_to);
    let folded_to: i64 = on_backend!(conn => state.get_result(conn))?;
    let columns = (
        progress_events::company_id,
        progress_events::survey_id,
        progress_events::kind,
        progress_events::from_company_id,
    );
    let is_of_one =
        progress_events::company_id.eq_any(companies).or(progress_events::from_company_id.eq_any(companies));
    let query = progress_events::table
        // As a number in the text: see the live drafts.
        .filter(sql::<Bool>(&format!("id > {folded_to}")))
        .filter(is_of_one)
        .group_by(columns)
        .select((
            progress_events::company_id,
            progress_events::survey_id,
            progress_events::kind,
            progress_events::from_company_id,
            count_star(),
            // A submission that ended no draft has none.
            sql::<BigInt>("count(started_at)"),
        ));
    let rows: Vec<UnfoldedRow> = on_backend!(conn => query.load(conn))?;
    for (company_id, survey_id, kind, from, events, of_drafts) in rows {
        let mut of = |id: Option<i64>, change: &dyn Fn(&mut CompanyCounts)| {
            let key = id.map(|id| (CompanyId(id), SurveyId(survey_id)));
            key.into_iter().for_each(|key| change(sums.entry(key).or_default()));
        };
        match kind.as_str() {
            "started" => of(company_id, &|counts| counts.started += events),
            "company_linked" => {
                of(from, &|counts| counts.started -= events);
                of(company_id, &|counts| counts.started += events);
            }
            "submitted" => of(company_id, &|counts| {
                counts.submitted += events;
                counts.ended += of_drafts;
            }),
            "expired" | "discarded" | "erased" => of(company_id, &|counts| counts.ended += events),
            _ => {}
        }
    }
    Ok(())
}

/// What the purge will write about drafts that have expired. Of all companies: so the purge's index is taken, and no other.
fn add_expired(conn: &mut Conn, now: Moment, sums: &mut CompanySums) -> QueryResult<()> {
    let query = form_progress::table
        .filter(form_progress::purge_hour.le(now.hours()))
        .filter(form_progress::expires_at.le(now))
        .select((form_progress::company_id, form_progress::survey_id));
    let rows: Vec<(Option<i64>, i64)> = on_backend!(conn => query.load(conn))?;
    for (company_id, survey_id) in rows {
        let Some(company_id) = company_id.map(CompanyId) else { continue };
        sums.entry((company_id, SurveyId(survey_id))).or_default().ended += 1;
    }
    Ok(())
}
