//! Deleting what has expired.

use std::collections::HashMap;

use diesel::{
    prelude::*,
    sql_types::{Array, BigInt},
};

use super::{HeadRow, delete, end, forget_keys};
use crate::{
    clock::Moment,
    db::{
        Conn, OverColumns, Prepared, lock_drafts, lock_pairs,
        schema::{ended_drafts, form_progress},
        types, write_rows,
    },
    on_backend,
    progress::{DraftId, End, Ending, Head, rules::is_alive},
    record::{self, Event, What},
    submissions,
};

/// How many drafts have expired and would be purged now.
pub fn count_expired(conn: &mut Conn, now: Moment) -> QueryResult<i64> {
    let query = form_progress::table
        .filter(form_progress::purge_hour.le(now.hours()))
        .filter(form_progress::expires_at.le(now))
        .count();
    on_backend!(conn => query.get_result(conn))
}

/// What a step of the purge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// Drafts that it looked at; none when there is no more to do.
    pub seen: usize,
    /// Those of them that had expired, and are gone.
    pub gone: usize,
}

/// Looks at up to `limit` drafts whose hour has come: deletes those that have expired, and writes down for the others
/// when to look again. To be run in a write transaction of its own.
pub fn purge(conn: &mut Conn, now: Moment, limit: i64) -> QueryResult<Purged> {
    let query = form_progress::table
        .filter(form_progress::purge_hour.le(now.hours()))
        .order(form_progress::purge_hour)
        .limit(limit)
        .select((form_progress::draft_id, form_progress::email, form_progress::survey_id));
    let due: Vec<(DraftId, Option<String>, i64)> = on_backend!(conn => query.load(conn))?;
    let ids: Vec<DraftId> = due.iter().map(|(id, ..)| *id).collect();
    // The same locks as a save's, in the same order: neither can wait for the other in a circle.
    lock_drafts(conn, &ids)?;
    lock_pairs(conn, due.iter().filter_map(|(_, email, survey)| Some((email.as_deref()?, *survey))))?;

    // Under the locks nobody moves an expiry on: what it is now decides.
    let query = form_progress::table.filter(form_progress::draft_id.eq_any(&ids));
    let rows: Vec<HeadRow> = on_backend!(conn => query.select(HeadRow::as_select()).load(conn))?;
    let looked_at: Vec<Head> = rows.into_iter().map(Head::from).collect();
    let (expired, alive): (Vec<&Head>, Vec<&Head>) = looked_at.iter().partition(|head| !is_alive(head, now));
    let events: Vec<Event> = expired.iter().map(|head| Event::of(head, What::Expired, head.expires_at)).collect();
    let expired: HashMap<DraftId, Ending> =
        expired.iter().map(|head| (head.draft_id, Ending { end: End::Expired, at: head.expires_at })).collect();
    let gone: Vec<DraftId> = expired.keys().copied().collect();
    forget_keys(conn, &gone)?;
    delete(conn, &gone)?;
    end(conn, &expired, &[])?;
    record::store::add(conn, &events)?;

    let alive: Vec<(DraftId, i64)> =
        alive.iter().map(|head| (head.draft_id, head.expires_at.hours().max(now.hours() + 1))).collect();
    write_rows(conn, &alive, look_again_at_one, look_again_at_all)?;
    Ok(Purged { seen: due.len(), gone: gone.len() })
}

/// Forgets up to `limit` drafts that ended at this moment or before, with their keys. Tells how many.
pub fn forget_ended(conn: &mut Conn, until: Moment, limit: i64) -> QueryResult<usize> {
    let query = ended_drafts::table
        .filter(ended_drafts::ended_at.le(until))
        .order(ended_drafts::ended_at)
        .limit(limit)
        .select(ended_drafts::draft_id);
    let ids: Vec<DraftId> = on_backend!(conn => query.load(conn))?;
    if ids.is_empty() {
        return Ok(0);
    }
    lock_drafts(conn, &ids)?;
    let ended =
        ended_drafts::table.filter(ended_drafts::draft_id.eq_any(&ids)).filter(ended_drafts::ended_at.le(until));
    let ended: Vec<DraftId> = on_backend!(conn => ended.select(ended_drafts::draft_id).load(conn))?;
    forget_keys(conn, &ended)?;
    submissions::store::forget_drafts(conn, &ended)?;
    end(conn, &HashMap::new(), &ended)?;
    Ok(ids.len())
}

fn look_again_at_one(conn: &mut diesel::SqliteConnection, (id, hour): &(DraftId, i64)) -> QueryResult<usize> {
    Prepared(diesel::update(form_progress::table.find(id)).set(form_progress::purge_hour.eq(hour))).execute(conn)
}

fn look_again_at_all(conn: &mut diesel::PgConnection, rows: &[(DraftId, i64)]) -> QueryResult<usize> {
    let (ids, hours): (Vec<DraftId>, Vec<i64>) = rows.iter().copied().unzip();
    OverColumns {
        before: "UPDATE form_progress SET purge_hour = due.hour FROM unnest(",
        columns: (ids.into_sql::<Array<types::Uuid>>(), hours.into_sql::<Array<BigInt>>()),
        after: ") AS due (id, hour) WHERE draft_id = due.id",
    }
    .execute(conn)
}
