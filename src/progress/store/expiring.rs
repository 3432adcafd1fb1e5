//! The drafts that expire next.

use diesel::prelude::*;

use super::HeadRow;
use crate::{
    clock::Moment,
    db::{Conn, schema::form_progress},
    on_backend,
    progress::{Head, search::Filter},
};

/// So many drafts are looked at, those first whose hour comes first.
const LOOKED_AT: i64 = 1000;

/// Drafts that expire next.
#[derive(Debug)]
pub struct NextToExpire {
    /// The first of them first.
    pub drafts: Vec<Head>,
    /// Whether none expires before these, and there are no more unless there are as many as were asked for.
    pub is_sure: bool,
}

/// Up to `most` drafts of a filter that expire before a moment: along the index of the purge, whose hours are lower bounds of
/// the expiries. Where more drafts than are looked at have the same hours, there may be others that expire a little earlier.
pub fn next_to_expire(
    conn: &mut Conn,
    filter: &Filter,
    until: Moment,
    most: usize,
    now: Moment,
) -> QueryResult<NextToExpire> {
    let query = form_progress::table
        .filter(form_progress::purge_hour.le(until.hours()))
        .order(form_progress::purge_hour)
        .limit(LOOKED_AT);
    let rows: Vec<(HeadRow, i64)> =
        on_backend!(conn => query.select((HeadRow::as_select(), form_progress::purge_hour)).load(conn))?;
    // What has not been looked at has this hour at least, and expires no earlier.
    let reached = rows.last().filter(|_| rows.len() as i64 == LOOKED_AT).map(|(_, hour)| *hour);
    let mut drafts: Vec<Head> = rows.into_iter().map(|(row, _)| Head::from(row)).collect();
    drafts.retain(|head| head.expires_at < until && filter.matches(head, now));
    drafts.sort_unstable_by_key(|head| (head.expires_at, head.draft_id));
    let has_enough = drafts.len() >= most;
    drafts.truncate(most);
    let is_sure =
        reached.is_none_or(|reached| has_enough && drafts.last().is_none_or(|last| last.expires_at.hours() < reached));
    Ok(NextToExpire { drafts, is_sure })
}
