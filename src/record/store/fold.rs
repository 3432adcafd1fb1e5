//! Folding events into the sums: each exactly once, whoever does it and however often.

use diesel::prelude::*;

use super::{
    events::{EventFilter, EventRow, events},
    sums,
};
use crate::{
    clock::Moment,
    db::{
        Conn, keep_writers_out,
        schema::{progress_events, rollup_state},
    },
    on_backend,
    progress::DraftId,
    record::{Event, rules::Folding},
};

/// Up to which event the sums may go now; none if there is nothing new. To be run in a write transaction of its own, a short
/// one: it waits for the writes that are under way, and holds up new ones.
///
/// An event has its id before it is committed, and one with a lower id may be committed later. Once no write is under way,
/// all that there will ever be up to the highest id is there.
pub fn unfolded(conn: &mut Conn) -> QueryResult<Option<i64>> {
    let folded_to: i64 =
        on_backend!(conn => rollup_state::table.find(1).select(rollup_state::folded_to).get_result(conn))?;
    // Most of the time there are few events, and often none: then nobody has to wait.
    if newest(conn)?.is_none_or(|newest| newest <= folded_to) {
        return Ok(None);
    }
    keep_writers_out(conn, "progress_events")?;
    newest(conn)
}

fn newest(conn: &mut Conn) -> QueryResult<Option<i64>> {
    on_backend!(conn => progress_events::table.select(diesel::dsl::max(progress_events::id)).first(conn))
}

/// Folds up to `limit` of the next events, up to the id that [`unfolded`] has told. Tells how many. To be run in a write
/// transaction of its own.
pub fn fold(conn: &mut Conn, until: i64, limit: i64, now: Moment) -> QueryResult<usize> {
    // The row is locked by this, so that of two processes the second goes on where the first has ended.
    let state = diesel::update(rollup_state::table.find(1)).set(rollup_state::folded_at.eq(now));
    let folded_to: i64 = on_backend!(conn => state.returning(rollup_state::folded_to).get_result(conn))?;
    let mut rows = events(conn, &EventFilter::default(), folded_to, limit)?;
    rows.retain(|row| row.id <= until);
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(0) };

    let mut folding = Folding::default();
    add(conn, &mut folding, &rows)?;
    sums::add(conn, &folding.sums)?;
    let state = diesel::update(rollup_state::table.find(1)).set(rollup_state::folded_to.eq(last));
    on_backend!(conn => state.execute(conn))?;
    Ok(rows.len())
}

/// Adds the next events, looking up what they do not say themselves.
pub fn add(conn: &mut Conn, folding: &mut Folding, rows: &[EventRow]) -> QueryResult<()> {
    let Some(first) = rows.first().map(|row| row.id) else { return Ok(()) };
    let events = rows.iter().map(Event::try_from).collect::<QueryResult<Vec<Event>>>()?;
    folding.learn(entries_before(conn, &folding.unknown(&events), first)?);
    events.iter().for_each(|event| folding.add(event));
    Ok(())
}

/// When these drafts came to the screen at which they were before this event.
fn entries_before(conn: &mut Conn, drafts: &[DraftId], id: i64) -> QueryResult<Vec<(DraftId, Moment)>> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let query = progress_events::table
        .filter(progress_events::draft_id.eq_any(drafts))
        .filter(progress_events::id.lt(id))
        .filter(progress_events::kind.eq_any(["started", "screen_entered"]))
        .select((progress_events::id, progress_events::draft_id, progress_events::at));
    let mut entries: Vec<(i64, DraftId, Moment)> = on_backend!(conn => query.load(conn))?;
    // The last one of each draft counts, and comes last.
    entries.sort_unstable_by_key(|(id, ..)| *id);
    Ok(entries.into_iter().map(|(_, draft_id, at)| (draft_id, at)).collect())
}
