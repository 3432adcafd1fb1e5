//! Forgetting what has come to its end: for the scheduled job.

use diesel::prelude::*;

use crate::{
    accounts::SessionLife,
    clock::Moment,
    db::{
        Conn,
        schema::{password_links, sessions},
    },
    on_backend,
};

/// Forgets up to `limit` sessions that have come to their end. Tells how many.
pub fn forget_dead_sessions(conn: &mut Conn, now: Moment, life: SessionLife, limit: i64) -> QueryResult<usize> {
    let query = sessions::table
        .filter(
            sessions::created_at
                .le(now.minus_minutes(life.hours.saturating_mul(60)))
                .or(sessions::seen_at.le(now.minus_minutes(life.idle_minutes))),
        )
        .limit(limit)
        .select(sessions::token_digest);
    let dead: Vec<Vec<u8>> = on_backend!(conn => query.load(conn))?;
    let dead = sessions::table.filter(sessions::token_digest.eq_any(dead));
    on_backend!(conn => diesel::delete(dead).execute(conn))
}

/// Forgets up to `limit` links to set a password that have expired. Tells how many.
pub fn forget_expired_links(conn: &mut Conn, now: Moment, limit: i64) -> QueryResult<usize> {
    let query = password_links::table
        .filter(password_links::expires_at.le(now))
        .limit(limit)
        .select(password_links::token_digest);
    let expired: Vec<Vec<u8>> = on_backend!(conn => query.load(conn))?;
    let expired = password_links::table.filter(password_links::token_digest.eq_any(expired));
    on_backend!(conn => diesel::delete(expired).execute(conn))
}
