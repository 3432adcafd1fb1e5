//! All queries about the state of the service.

use diesel::{dsl::max, prelude::*};

use super::{DatabaseState, RecordState};
use crate::{
    clock::Moment,
    db::{
        self, Conn,
        schema::{accounts, api_keys, progress_events, rollup_state},
    },
    on_backend,
    progress::store::count_expired,
};

/// The state of the database at this moment.
pub fn state(conn: &mut Conn, now: Moment) -> QueryResult<DatabaseState> {
    let (migrations_applied, migrations_known) = db::counts(conn)?;
    let (folded_to, folded_at) = on_backend!(conn => rollup_state::table
        .select((rollup_state::folded_to, rollup_state::folded_at))
        .get_result(conn))?;
    let newest = progress_events::table.select(max(progress_events::id));
    let keys = api_keys::table.filter(api_keys::revoked_at.is_null()).count();
    Ok(DatabaseState {
        bytes: db::size(conn)?,
        migrations_applied,
        migrations_known,
        drafts_to_purge: count_expired(conn, now)?,
        record: RecordState { newest_event: on_backend!(conn => newest.get_result(conn))?, folded_to, folded_at },
        accounts: on_backend!(conn => accounts::table.count().get_result(conn))?,
        keys: on_backend!(conn => keys.get_result(conn))?,
    })
}

/// When the oldest event happened that is not in the sums yet; none if all are.
pub fn unfolded_since(conn: &mut Conn, folded_to: i64) -> QueryResult<Option<Moment>> {
    let query = progress_events::table
        .filter(progress_events::id.gt(folded_to))
        .order(progress_events::id)
        .select(progress_events::at);
    on_backend!(conn => query.first(conn)).optional()
}
