//! Adding events, and reading them back.

use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Integer, Nullable, Text},
};

use crate::{
    companies::CompanyId,
    db::{Conn, OverColumns, schema::progress_events, types, write_rows},
    progress::Screen,
    record::{Event, What},
};

/// Adds events, in the order in which they happened and in the transaction of what they tell of.
pub fn add(conn: &mut Conn, events: &[Event]) -> QueryResult<()> {
    write_rows(conn, events, add_one, add_all).map(drop)
}

fn from_screen(event: &Event) -> Option<i32> {
    if let What::ScreenEntered(Screen(from)) = event.what { Some(from) } else { None }
}

fn from_company(event: &Event) -> Option<i64> {
    if let What::CompanyLinked(from) = event.what { from.map(|CompanyId(id)| id) } else { None }
}

fn add_one(conn: &mut diesel::SqliteConnection, event: &Event) -> QueryResult<usize> {
    diesel::insert_into(progress_events::table)
        .values((
            progress_events::at.eq(event.at),
            progress_events::kind.eq(event.what.as_str()),
            progress_events::survey_id.eq(event.survey_id.0),
            progress_events::company_id.eq(event.company_id.map(|id| id.0)),
            progress_events::draft_id.eq(event.draft_id),
            progress_events::started_at.eq(event.course.map(|course| course.started_at)),
            progress_events::screen.eq(event.course.map(|course| course.screen.0)),
            progress_events::from_screen.eq(from_screen(event)),
            progress_events::from_company_id.eq(from_company(event)),
        ))
        .execute(conn)
}

fn add_all(conn: &mut diesel::PgConnection, events: &[Event]) -> QueryResult<usize> {
    fn column<T>(events: &[Event], of: impl Fn(&Event) -> T) -> Vec<T> {
        events.iter().map(of).collect()
    }
    OverColumns {
        before: "INSERT INTO progress_events (at, kind, survey_id, company_id, draft_id, started_at, screen, from_screen, \
                 from_company_id) SELECT * FROM unnest(",
        columns: (
            column(events, |event| event.at).into_sql::<Array<types::Instant>>(),
            column(events, |event| event.what.as_str()).into_sql::<Array<Text>>(),
            column(events, |event| event.survey_id.0).into_sql::<Array<BigInt>>(),
            column(events, |event| event.company_id.map(|id| id.0)).into_sql::<Array<Nullable<BigInt>>>(),
            column(events, |event| event.draft_id).into_sql::<Array<types::Uuid>>(),
            column(events, |event| event.course.map(|course| course.started_at))
                .into_sql::<Array<Nullable<types::Instant>>>(),
            column(events, |event| event.course.map(|course| course.screen.0)).into_sql::<Array<Nullable<Integer>>>(),
            column(events, from_screen).into_sql::<Array<Nullable<Integer>>>(),
            column(events, from_company).into_sql::<Array<Nullable<BigInt>>>(),
        ),
        after: ")",
    }
    .execute(conn)
}
