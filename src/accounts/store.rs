//! All queries about accounts and sessions.

use diesel::prelude::*;

use super::{Account, AccountId, Session};
use crate::{
    access::{Reach, Role, SecretDigest},
    clock::Moment,
    companies::CompanyId,
    db::{
        Conn,
        schema::{accounts, sessions},
    },
    email::Email,
    on_backend,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
struct Row {
    id: i64,
    email: String,
    role: String,
    companies: Option<String>,
    password_hash: Option<String>,
    is_active: bool,
    created_at: Moment,
    signed_in_at: Option<Moment>,
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            id: AccountId(row.id),
            email: Email::from_stored(row.email),
            role: row.role.parse().unwrap_or(Role::Viewer),
            companies: Reach::<CompanyId>::from_stored(row.companies.as_deref()),
            is_active: row.is_active,
            has_password: row.password_hash.is_some(),
            created_at: row.created_at,
            signed_in_at: row.signed_in_at,
        }
    }
}

/// The session with this token, whether it is still good or not.
pub fn session(conn: &mut Conn, token: SecretDigest) -> QueryResult<Option<Session>> {
    let query = sessions::table.inner_join(accounts::table).filter(sessions::token_digest.eq(&token.0[..]));
    let row: Option<(Row, Moment, Moment)> = on_backend!(conn => query
        .select((Row::as_select(), sessions::created_at, sessions::seen_at))
        .get_result(conn))
    .optional()?;
    Ok(row.map(|(account, created_at, seen_at)| Session { account: account.into(), created_at, seen_at }))
}

/// Notes that a session was used.
pub fn see(conn: &mut Conn, token: SecretDigest, now: Moment) -> QueryResult<()> {
    let session = sessions::table.find(&token.0[..]);
    on_backend!(conn => diesel::update(session).set(sessions::seen_at.eq(now)).execute(conn)).map(drop)
}
