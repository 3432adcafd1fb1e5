//! All queries about accounts, links and sessions.

mod changes;
mod housekeeping;
mod sessions;

use diesel::{
    dsl::{count, count_star},
    prelude::*,
};

pub use self::{
    changes::{add, change, change_password, end_sessions, new_link, remove, set_password},
    housekeeping::{forget_dead_sessions, forget_expired_links},
    sessions::{Began, begin_session, end_session, see, session},
};
use super::{Account, AccountId, PasswordHash};
use crate::{
    access::{Reach, Role, SecretDigest},
    clock::Moment,
    companies::CompanyId,
    db::{
        Conn,
        schema::{accounts, password_links},
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

/// Which accounts a list is of. None: whatever they are.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// With this email.
    pub email: Option<Email>,
    /// With this role.
    pub role: Option<Role>,
    /// Those that may sign in, or those that may not.
    pub is_active: Option<bool>,
}

/// How many accounts there are, switched off or not, and how many of them have a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhoCanSignIn {
    /// All of them.
    pub accounts: i64,
    /// Those whose person has set a password.
    pub with_password: i64,
}

/// Whether anybody can sign in.
pub fn who_can_sign_in(conn: &mut Conn) -> QueryResult<WhoCanSignIn> {
    let (accounts, with_password) = on_backend!(conn => {
        accounts::table.select((count_star(), count(accounts::password_hash))).first(conn)
    })?;
    Ok(WhoCanSignIn { accounts, with_password })
}

/// Accounts in the order of their ids, from behind `after` on.
pub fn list(conn: &mut Conn, filter: &Filter, after: i64, limit: i64) -> QueryResult<Vec<Account>> {
    let rows: Vec<Row> = on_backend!(conn => {
        let mut query = accounts::table.filter(accounts::id.gt(after)).into_boxed();
        if let Some(email) = &filter.email {
            query = query.filter(accounts::email.eq(email.as_str()));
        }
        if let Some(role) = filter.role {
            query = query.filter(accounts::role.eq(role.as_str()));
        }
        if let Some(is_active) = filter.is_active {
            query = query.filter(accounts::is_active.eq(is_active));
        }
        query.order(accounts::id).limit(limit).select(Row::as_select()).load(conn)
    })?;
    Ok(rows.into_iter().map(Account::from).collect())
}

/// One account.
pub fn find(conn: &mut Conn, id: AccountId) -> QueryResult<Option<Account>> {
    let query = accounts::table.find(id.0);
    let row: Option<Row> = on_backend!(conn => query.select(Row::as_select()).get_result(conn)).optional()?;
    Ok(row.map(Account::from))
}

/// The emails of those among these accounts that there are, with their ids.
pub fn emails(conn: &mut Conn, ids: &[i64]) -> QueryResult<Vec<(i64, String)>> {
    let query = accounts::table.filter(accounts::id.eq_any(ids)).select((accounts::id, accounts::email));
    on_backend!(conn => query.load(conn))
}

/// The account with this email, and the hash of its password if it has one.
pub fn by_email(conn: &mut Conn, email: &Email) -> QueryResult<Option<(Account, Option<PasswordHash>)>> {
    let query = accounts::table.filter(accounts::email.eq(email.as_str()));
    let row: Option<Row> = on_backend!(conn => query.select(Row::as_select()).get_result(conn)).optional()?;
    Ok(row.map(with_hash))
}

/// One account, and the hash of its password if it has one.
pub fn with_password(conn: &mut Conn, id: AccountId) -> QueryResult<Option<(Account, Option<PasswordHash>)>> {
    let query = accounts::table.find(id.0);
    let row: Option<Row> = on_backend!(conn => query.select(Row::as_select()).get_result(conn)).optional()?;
    Ok(row.map(with_hash))
}

fn with_hash(mut row: Row) -> (Account, Option<PasswordHash>) {
    let hash = row.password_hash.clone().map(PasswordHash);
    row.password_hash = row.password_hash.map(|_| String::new());
    (row.into(), hash)
}

/// The account that may set a password with this link; none if the link does not work (any more).
pub fn by_link(conn: &mut Conn, token: SecretDigest, now: Moment) -> QueryResult<Option<Account>> {
    let query = password_links::table
        .inner_join(accounts::table)
        .filter(password_links::token_digest.eq(&token.0[..]))
        .filter(password_links::expires_at.gt(now))
        .filter(accounts::is_active.eq(true));
    let row: Option<Row> = on_backend!(conn => query.select(Row::as_select()).get_result(conn)).optional()?;
    Ok(row.map(Account::from))
}
