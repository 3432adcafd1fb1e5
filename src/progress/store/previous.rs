//! The states of drafts that saves replaced with less.

use std::collections::{HashMap, HashSet};

use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Integer, Nullable, Text},
};

use super::content;
use crate::{
    clock::Moment,
    db::{Conn, OverColumns, schema::previous_states, types, write_rows},
    on_backend,
    progress::{DraftId, Previous, PreviousLine, Screen, Version},
};

/// How many states of a draft are kept.
const MOST: i64 = 3;

type Row = (i64, i32, i32, Moment, Moment, Option<String>, String);

const COLUMNS: (
    previous_states::version,
    previous_states::current_screen,
    previous_states::value_count,
    previous_states::saved_at,
    previous_states::replaced_at,
    previous_states::meta,
    previous_states::data,
) = (
    previous_states::version,
    previous_states::current_screen,
    previous_states::value_count,
    previous_states::saved_at,
    previous_states::replaced_at,
    previous_states::meta,
    previous_states::data,
);

/// The states of a draft that are kept, the newest first.
pub fn previous(conn: &mut Conn, id: DraftId) -> QueryResult<Vec<Previous>> {
    let of_draft = previous_states::table.filter(previous_states::draft_id.eq(id));
    let query = of_draft.order(previous_states::version.desc()).select(COLUMNS);
    let rows: Vec<Row> = on_backend!(conn => query.load(conn))?;
    rows.into_iter().map(state).collect()
}

/// What is known of the states of a draft that are kept, without what is in them; the newest first.
pub fn previous_lines(conn: &mut Conn, id: DraftId) -> QueryResult<Vec<PreviousLine>> {
    let query = previous_states::table.filter(previous_states::draft_id.eq(id)).order(previous_states::version.desc());
    let query = query.select((previous_states::version, previous_states::value_count, previous_states::replaced_at));
    let rows: Vec<(i64, i32, Moment)> = on_backend!(conn => query.load(conn))?;
    let line = |(version, value_count, replaced_at): (i64, i32, Moment)| PreviousLine {
        version: Version(version),
        value_count: value_count.unsigned_abs(),
        replaced_at,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// The same of several drafts, in one query.
pub fn previous_of(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<HashMap<DraftId, Vec<Previous>>> {
    let of_drafts = previous_states::table.filter(previous_states::draft_id.eq_any(ids));
    let query = of_drafts.order(previous_states::version.desc()).select((previous_states::draft_id, COLUMNS));
    let rows: Vec<(DraftId, Row)> = on_backend!(conn => query.load(conn))?;
    let mut found: HashMap<DraftId, Vec<Previous>> = HashMap::new();
    for (id, row) in rows {
        found.entry(id).or_default().push(state(row)?);
    }
    Ok(found)
}

/// The state of a draft at this version, if it is kept.
pub fn previous_at(conn: &mut Conn, id: DraftId, version: Version) -> QueryResult<Option<Previous>> {
    let query = previous_states::table.find((id, version.0)).select(COLUMNS);
    let row: Option<Row> = on_backend!(conn => query.get_result(conn)).optional()?;
    row.map(state).transpose()
}

fn state((version, screen, value_count, saved_at, replaced_at, meta, data): Row) -> QueryResult<Previous> {
    Ok(Previous {
        version: Version(version),
        current_screen: Screen(screen),
        value_count: value_count.unsigned_abs(),
        saved_at,
        replaced_at,
        content: content(data, meta)?,
    })
}

/// Keeps states, and of each draft no more than the last ones.
pub fn keep_previous(conn: &mut Conn, states: &[(DraftId, Previous)]) -> QueryResult<()> {
    write_rows(conn, states, keep_one, keep_all)?;
    let drafts: HashSet<DraftId> = states.iter().map(|(id, _)| *id).collect();
    let drafts: Vec<DraftId> = drafts.into_iter().collect();
    write_rows(conn, &drafts, forget_earlier, forget_all_earlier).map(drop)
}

fn keep_one(conn: &mut diesel::SqliteConnection, (id, state): &(DraftId, Previous)) -> QueryResult<usize> {
    diesel::insert_into(previous_states::table)
        .values((
            previous_states::draft_id.eq(id),
            previous_states::version.eq(state.version.0),
            previous_states::current_screen.eq(state.current_screen.0),
            previous_states::value_count.eq(state.value_count.cast_signed()),
            previous_states::saved_at.eq(state.saved_at),
            previous_states::replaced_at.eq(state.replaced_at),
            previous_states::meta.eq(state.content.meta.as_ref().map(|meta| meta.get())),
            previous_states::data.eq(state.content.data.get()),
        ))
        .execute(conn)
}

fn keep_all(conn: &mut diesel::PgConnection, states: &[(DraftId, Previous)]) -> QueryResult<usize> {
    fn column<'a, T>(states: &'a [(DraftId, Previous)], of: impl Fn(&'a Previous) -> T) -> Vec<T> {
        states.iter().map(|(_, state)| of(state)).collect()
    }
    OverColumns {
        before: "INSERT INTO previous_states (draft_id, version, current_screen, value_count, saved_at, replaced_at, meta, \
                 data) SELECT * FROM unnest(",
        columns: (
            states.iter().map(|(id, _)| *id).collect::<Vec<_>>().into_sql::<Array<types::Uuid>>(),
            column(states, |state| state.version.0).into_sql::<Array<BigInt>>(),
            column(states, |state| state.current_screen.0).into_sql::<Array<Integer>>(),
            column(states, |state| state.value_count.cast_signed()).into_sql::<Array<Integer>>(),
            column(states, |state| state.saved_at).into_sql::<Array<types::Instant>>(),
            column(states, |state| state.replaced_at).into_sql::<Array<types::Instant>>(),
            column(states, |state| state.content.meta.as_ref().map(|meta| meta.get()))
                .into_sql::<Array<Nullable<Text>>>(),
            column(states, |state| state.content.data.get()).into_sql::<Array<Text>>(),
        ),
        after: ")",
    }
    .execute(conn)
}

fn forget_earlier(conn: &mut diesel::SqliteConnection, id: &DraftId) -> QueryResult<usize> {
    let of_draft = previous_states::table.filter(previous_states::draft_id.eq(id));
    let versions: Vec<i64> =
        of_draft.select(previous_states::version).order(previous_states::version.desc()).limit(MOST).load(conn)?;
    let first_kept = versions.last().copied().unwrap_or_default();
    diesel::delete(of_draft.filter(previous_states::version.lt(first_kept))).execute(conn)
}

/// The same in one statement. Raw, since Diesel has no delete that joins. The bound is found for each draft, through the
/// index: a condition on the state alone would be tried on every row of the table.
fn forget_all_earlier(conn: &mut diesel::PgConnection, ids: &[DraftId]) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM previous_states AS state USING (SELECT id, (SELECT version FROM previous_states AS last \
         WHERE last.draft_id = id ORDER BY version DESC OFFSET $2 - 1 LIMIT 1) AS first_kept \
         FROM unnest($1) AS draft (id)) AS draft \
         WHERE state.draft_id = draft.id AND state.version < draft.first_kept",
    )
    .bind::<Array<types::Uuid>, _>(ids)
    .bind::<BigInt, _>(MOST)
    .execute(conn)
}
