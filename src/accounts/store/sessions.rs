//! Sessions: begun, seen, ended.

use diesel::prelude::*;

use super::{PasswordHash, Row};
use crate::{
    access::SecretDigest,
    accounts::{Account, AccountId, Session, rules::Refusal},
    audit::{self, Entry},
    clock::Moment,
    db::{
        Conn, lock_all,
        schema::{accounts, sessions},
    },
    on_backend,
};

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

/// A session that is to begin.
pub struct Began {
    /// Whose.
    pub account: AccountId,
    /// The hash that their password matched.
    pub hash: PasswordHash,
    /// What is kept of the new session's token.
    pub token: SecretDigest,
    /// The session that the browser had before, if it had one.
    pub instead_of: Option<SecretDigest>,
}

/// Begins a session, unless the account was switched off, or given another password, since that was compared.
pub fn begin_session(conn: &mut Conn, began: &Began, entry: &Entry) -> QueryResult<Result<Account, Refusal>> {
    lock_all(conn, super::changes::KIND)?;
    let account = super::with_password(conn, began.account)?;
    let still = account.filter(|(account, hash)| account.is_active && hash.as_ref() == Some(&began.hash));
    let Some((account, _)) = still else { return Ok(Err(Refusal::Outrun)) };
    if let Some(former) = began.instead_of {
        delete(conn, former)?;
    }
    let values = (
        sessions::token_digest.eq(&began.token.0[..]),
        sessions::account_id.eq(account.id.0),
        sessions::created_at.eq(entry.at),
        sessions::seen_at.eq(entry.at),
    );
    on_backend!(conn => diesel::insert_into(sessions::table).values(values).execute(conn))?;
    let signed_in_at = Some(entry.at);
    let row = accounts::table.find(account.id.0);
    on_backend!(conn => diesel::update(row).set(accounts::signed_in_at.eq(signed_in_at)).execute(conn))?;
    audit::store::add(conn, entry)?;
    Ok(Ok(Account { signed_in_at, ..account }))
}

/// Ends one session.
pub fn end_session(conn: &mut Conn, token: SecretDigest, entry: &Entry) -> QueryResult<()> {
    delete(conn, token)?;
    audit::store::add(conn, entry)
}

fn delete(conn: &mut Conn, token: SecretDigest) -> QueryResult<()> {
    on_backend!(conn => diesel::delete(sessions::table.find(&token.0[..])).execute(conn)).map(drop)
}

/// Ends all sessions of an account but one, if one is named. Tells how many.
pub(super) fn delete_all(conn: &mut Conn, account: AccountId, but: Option<SecretDigest>) -> QueryResult<usize> {
    let all = sessions::table.filter(sessions::account_id.eq(account.0));
    match but {
        None => on_backend!(conn => diesel::delete(all).execute(conn)),
        Some(but) => {
            let others = all.filter(sessions::token_digest.ne(but.0.to_vec()));
            on_backend!(conn => diesel::delete(others).execute(conn))
        }
    }
}
