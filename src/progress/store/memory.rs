//! What is remembered of drafts: how they ended, and the keys of their writes.

use std::collections::{HashMap, HashSet};

use diesel::{
    prelude::*,
    result::Error,
    sql_types::{Array, BigInt, Binary, Bool, Integer, Text},
};

use crate::{
    clock::Moment,
    db::{
        Conn, OverColumns,
        schema::{ended_drafts, idempotency_keys},
        types, write_rows,
    },
    on_backend,
    progress::{
        DraftId, Ending, Screen, Version,
        retries::{DAYS, KeyDigest, LAST, Remembered, RequestDigest},
    },
};

/// How these drafts ended; those that did not, or are forgotten, are not in the answer.
pub fn endings(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<HashMap<DraftId, Ending>> {
    let query = ended_drafts::table.filter(ended_drafts::draft_id.eq_any(ids));
    let rows: Vec<(DraftId, String, Moment)> = on_backend!(conn => query.load(conn))?;
    rows.into_iter()
        .map(|(id, end, at)| {
            let end = end.parse().map_err(|error: &str| Error::DeserializationError(error.into()))?;
            Ok((id, Ending { end, at }))
        })
        .collect()
}

/// Writes down how drafts ended, and forgets it of those that began anew.
pub fn end(conn: &mut Conn, endings: &HashMap<DraftId, Ending>, revived: &[DraftId]) -> QueryResult<()> {
    if !revived.is_empty() {
        let query = ended_drafts::table.filter(ended_drafts::draft_id.eq_any(revived));
        on_backend!(conn => diesel::delete(query).execute(conn))?;
    }
    let rows: Vec<(DraftId, Ending)> = endings.iter().map(|(id, ending)| (*id, *ending)).collect();
    write_rows(
        conn,
        &rows,
        |conn, (id, ending)| {
            diesel::replace_into(ended_drafts::table)
                .values((
                    ended_drafts::draft_id.eq(id),
                    ended_drafts::ending.eq(ending.end.as_str()),
                    ended_drafts::ended_at.eq(ending.at),
                ))
                .execute(conn)
        },
        |conn, rows| {
            OverColumns {
                before: "INSERT INTO ended_drafts (draft_id, ending, ended_at) SELECT * FROM unnest(",
                columns: (
                    rows.iter().map(|(id, _)| *id).collect::<Vec<_>>().into_sql::<Array<types::Uuid>>(),
                    rows.iter().map(|(_, ending)| ending.end.as_str()).collect::<Vec<_>>().into_sql::<Array<Text>>(),
                    rows.iter().map(|(_, ending)| ending.at).collect::<Vec<_>>().into_sql::<Array<types::Instant>>(),
                ),
                after: ") ON CONFLICT (draft_id) DO UPDATE SET ending = excluded.ending, ended_at = excluded.ended_at",
            }
            .execute(conn)
        },
    )
    .map(drop)
}

type KeyRow = (DraftId, Vec<u8>, Vec<u8>, bool, i64, i32, Moment);

/// What is remembered of any of these keys for any of these drafts.
pub fn remembered(
    conn: &mut Conn,
    ids: &[DraftId],
    keys: &[KeyDigest],
) -> QueryResult<HashMap<(DraftId, KeyDigest), Remembered>> {
    let keys: Vec<&[u8]> = keys.iter().map(|key| &key.0[..]).collect();
    let query = idempotency_keys::table
        .filter(idempotency_keys::draft_id.eq_any(ids))
        .filter(idempotency_keys::key_digest.eq_any(keys));
    let rows: Vec<KeyRow> = on_backend!(conn => query.load(conn))?;
    let remembered = rows.into_iter().map(|(id, key, request, created, version, current_screen, answered_at)| {
        // A digest that somebody shortened is nobody's.
        let key = KeyDigest(key.try_into().unwrap_or_default());
        let request = RequestDigest(request.try_into().unwrap_or_default());
        let (version, current_screen) = (Version(version), Screen(current_screen));
        ((id, key), Remembered { request, created, version, current_screen, answered_at })
    });
    Ok(remembered.collect())
}

/// Remembers writes with keys, and now and then forgets the oldest of the same drafts.
pub fn remember(conn: &mut Conn, keys: &HashMap<(DraftId, KeyDigest), Remembered>, now: Moment) -> QueryResult<()> {
    let rows: Vec<(&(DraftId, KeyDigest), &Remembered)> = keys.iter().collect();
    write_rows(conn, &rows, remember_one, remember_all)?;
    // A sixteenth of the groups, as the clock has it: who sends the keys cannot choose.
    if !now.microseconds().is_multiple_of(16) {
        return Ok(());
    }
    // Draft by draft on both databases: PostgreSQL's planner takes one statement for all to the whole table.
    let drafts: HashSet<DraftId> = keys.keys().map(|(id, _)| *id).collect();
    drafts.into_iter().try_for_each(|id| forget_oldest(conn, id, now.minus_days(DAYS)))
}

fn remember_one(
    conn: &mut diesel::SqliteConnection,
    ((id, key), remembered): &(&(DraftId, KeyDigest), &Remembered),
) -> QueryResult<usize> {
    diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::draft_id.eq(id),
            idempotency_keys::key_digest.eq(&key.0[..]),
            idempotency_keys::request_digest.eq(&remembered.request.0[..]),
            idempotency_keys::created.eq(remembered.created),
            idempotency_keys::version.eq(remembered.version.0),
            idempotency_keys::current_screen.eq(remembered.current_screen.0),
            idempotency_keys::answered_at.eq(remembered.answered_at),
        ))
        .execute(conn)
}

fn remember_all(conn: &mut diesel::PgConnection, rows: &[(&(DraftId, KeyDigest), &Remembered)]) -> QueryResult<usize> {
    fn column<'a, T>(
        rows: &[(&'a (DraftId, KeyDigest), &'a Remembered)],
        of: impl Fn(&'a (DraftId, KeyDigest), &'a Remembered) -> T,
    ) -> Vec<T> {
        rows.iter().map(|(key, remembered)| of(key, remembered)).collect()
    }
    OverColumns {
        before: "INSERT INTO idempotency_keys (draft_id, key_digest, request_digest, created, version, current_screen, \
                 answered_at) SELECT * FROM unnest(",
        columns: (
            column(rows, |(id, _), _| *id).into_sql::<Array<types::Uuid>>(),
            column(rows, |(_, key), _| &key.0[..]).into_sql::<Array<Binary>>(),
            column(rows, |_, remembered| &remembered.request.0[..]).into_sql::<Array<Binary>>(),
            column(rows, |_, remembered| remembered.created).into_sql::<Array<Bool>>(),
            column(rows, |_, remembered| remembered.version.0).into_sql::<Array<BigInt>>(),
            column(rows, |_, remembered| remembered.current_screen.0).into_sql::<Array<Integer>>(),
            column(rows, |_, remembered| remembered.answered_at).into_sql::<Array<types::Instant>>(),
        ),
        after: ")",
    }
    .execute(conn)
}

/// Forgets the keys of a draft that are old enough and not among its last.
fn forget_oldest(conn: &mut Conn, id: DraftId, until: Moment) -> QueryResult<()> {
    let of_draft = idempotency_keys::table.filter(idempotency_keys::draft_id.eq(id));
    let last: Vec<Moment> = on_backend!(conn => of_draft
        .select(idempotency_keys::answered_at)
        .order(idempotency_keys::answered_at.desc())
        .limit(LAST)
        .load(conn))?;
    // The oldest of the last: of fewer than so many, none is older.
    let Some(oldest) = last.last().copied() else { return Ok(()) };
    let old = of_draft.filter(idempotency_keys::answered_at.lt(oldest.min(until)));
    on_backend!(conn => diesel::delete(old).execute(conn)).map(drop)
}

/// Forgets all keys of these drafts.
pub fn forget_keys(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let query = idempotency_keys::table.filter(idempotency_keys::draft_id.eq_any(ids));
    on_backend!(conn => diesel::delete(query).execute(conn)).map(drop)
}
