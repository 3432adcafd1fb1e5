//! The sums as they are stored. Only the folding writes them, one at a time.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{prelude::*, upsert::excluded};

use crate::{
    companies::CompanyId,
    db::{
        Conn,
        schema::{funnel_days, funnel_screens},
        write_rows,
    },
    on_backend,
    record::{
        rules::{DayCounts, DayKey, ScreenCounts, ScreenKey, ScreenSums, Sums},
        times::Times,
    },
    surveys::SurveyId,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = funnel_screens)]
pub struct ScreenRow {
    pub survey_id: i64,
    pub started_on: i64,
    pub company_id: i64,
    pub screen: i32,
    pub arrived: i64,
    pub departed: i64,
    pub submitted: i64,
    pub expired: i64,
    pub discarded: i64,
    pub erased: i64,
    pub screen_times: Vec<u8>,
    pub total_times: Vec<u8>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = funnel_days)]
pub struct DayRow {
    pub survey_id: i64,
    pub day: i64,
    pub company_id: i64,
    pub started: i64,
    pub resumed: i64,
    pub submitted: i64,
    pub submitted_directly: i64,
    pub expired: i64,
    pub discarded: i64,
    pub erased: i64,
}

/// Zero stands for no company: a key has no empty parts.
fn company(id: i64) -> Option<CompanyId> {
    (id != 0).then_some(CompanyId(id))
}

impl ScreenRow {
    /// What became of the drafts.
    pub fn counts(&self) -> ScreenCounts {
        let Self { arrived, departed, submitted, expired, discarded, erased, .. } = *self;
        ScreenCounts { arrived, departed, submitted, expired, discarded, erased }
    }

    fn key(&self) -> ScreenKey {
        ScreenKey {
            survey_id: SurveyId(self.survey_id),
            started_on: self.started_on,
            company_id: company(self.company_id),
            screen: self.screen,
        }
    }

    fn of(key: &ScreenKey, sums: &ScreenSums) -> Self {
        let ScreenCounts { arrived, departed, submitted, expired, discarded, erased } = sums.counts;
        Self {
            survey_id: key.survey_id.0,
            started_on: key.started_on,
            company_id: key.company_id.map_or(0, |id| id.0),
            screen: key.screen,
            arrived,
            departed,
            submitted,
            expired,
            discarded,
            erased,
            screen_times: sums.screen_times.encoded(),
            total_times: sums.total_times.encoded(),
        }
    }
}

impl DayRow {
    /// What happened.
    pub fn counts(&self) -> DayCounts {
        let Self { started, resumed, submitted, submitted_directly, expired, discarded, erased, .. } = *self;
        DayCounts { started, resumed, submitted, submitted_directly, expired, discarded, erased }
    }

    fn key(&self) -> DayKey {
        DayKey { survey_id: SurveyId(self.survey_id), day: self.day, company_id: company(self.company_id) }
    }

    fn of(key: &DayKey, counts: &DayCounts) -> Self {
        let DayCounts { started, resumed, submitted, submitted_directly, expired, discarded, erased } = *counts;
        Self {
            survey_id: key.survey_id.0,
            day: key.day,
            company_id: key.company_id.map_or(0, |id| id.0),
            started,
            resumed,
            submitted,
            submitted_directly,
            expired,
            discarded,
            erased,
        }
    }
}

/// Adds to what is stored.
pub fn add(conn: &mut Conn, sums: &Sums) -> QueryResult<()> {
    let mut screens = sums.screens.clone();
    for stored in stored_screens(conn, &sums.screens)? {
        if let Some(sums) = screens.get_mut(&stored.key()) {
            sums.counts.add(&stored.counts());
            sums.screen_times.merge(&Times::decoded(&stored.screen_times));
            sums.total_times.merge(&Times::decoded(&stored.total_times));
        }
    }
    let mut days = sums.days.clone();
    for stored in stored_days(conn, &sums.days)? {
        if let Some(counts) = days.get_mut(&stored.key()) {
            counts.add(&stored.counts());
        }
    }
    let screens: Vec<ScreenRow> = screens.iter().map(|(key, sums)| ScreenRow::of(key, sums)).collect();
    let days: Vec<DayRow> = days.iter().map(|(key, counts)| DayRow::of(key, counts)).collect();
    write_rows(conn, &screens, put_screen, put_screens)?;
    write_rows(conn, &days, put_day, put_days).map(drop)
}

/// What is stored of these, and perhaps of some beside them. Survey by survey and day by day: nearly all events are of
/// drafts that began on a few days.
fn stored_screens(conn: &mut Conn, wanted: &BTreeMap<ScreenKey, ScreenSums>) -> QueryResult<Vec<ScreenRow>> {
    let mut rows = Vec::new();
    let days: BTreeSet<(SurveyId, i64)> = wanted.keys().map(|key| (key.survey_id, key.started_on)).collect();
    for (survey_id, started_on) in days {
        let keys = || wanted.keys().filter(|key| (key.survey_id, key.started_on) == (survey_id, started_on));
        let companies: BTreeSet<i64> = keys().map(|key| key.company_id.map_or(0, |id| id.0)).collect();
        let screens: BTreeSet<i32> = keys().map(|key| key.screen).collect();
        let query = funnel_screens::table
            .filter(funnel_screens::survey_id.eq(survey_id.0))
            .filter(funnel_screens::started_on.eq(started_on))
            .filter(funnel_screens::company_id.eq_any(companies))
            .filter(funnel_screens::screen.eq_any(screens));
        rows.extend(on_backend!(conn => query.select(ScreenRow::as_select()).load(conn))?);
    }
    Ok(rows)
}

fn stored_days(conn: &mut Conn, wanted: &BTreeMap<DayKey, DayCounts>) -> QueryResult<Vec<DayRow>> {
    let mut rows = Vec::new();
    let surveys: BTreeSet<SurveyId> = wanted.keys().map(|key| key.survey_id).collect();
    for survey_id in surveys {
        let days: BTreeSet<i64> = wanted.keys().filter(|key| key.survey_id == survey_id).map(|key| key.day).collect();
        let query =
            funnel_days::table.filter(funnel_days::survey_id.eq(survey_id.0)).filter(funnel_days::day.eq_any(days));
        rows.extend(on_backend!(conn => query.select(DayRow::as_select()).load(conn))?);
    }
    Ok(rows)
}

macro_rules! putting {
    ($one:ident $all:ident: $table:ident $row:ident, ($($key:ident)+), ($($value:ident)+)) => {
        fn $one(conn: &mut diesel::SqliteConnection, row: &$row) -> QueryResult<usize> {
            diesel::insert_into($table::table)
                .values(($($table::$key.eq(row.$key),)+ $($table::$value.eq(&row.$value),)+))
                .on_conflict(($($table::$key,)+))
                .do_update()
                .set(($($table::$value.eq(excluded($table::$value)),)+))
                .execute(conn)
        }

        fn $all(conn: &mut diesel::PgConnection, rows: &[$row]) -> QueryResult<usize> {
            let values: Vec<_> = rows
                .iter()
                .map(|row| ($($table::$key.eq(row.$key),)+ $($table::$value.eq(&row.$value),)+))
                .collect();
            diesel::insert_into($table::table)
                .values(values)
                .on_conflict(($($table::$key,)+))
                .do_update()
                .set(($($table::$value.eq(excluded($table::$value)),)+))
                .execute(conn)
        }
    };
}

putting!(
    put_screen put_screens: funnel_screens ScreenRow, (survey_id started_on company_id screen),
    (arrived departed submitted expired discarded erased screen_times total_times)
);
putting!(
    put_day put_days: funnel_days DayRow, (survey_id day company_id),
    (started resumed submitted submitted_directly expired discarded erased)
);
