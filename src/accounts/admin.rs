//! What owners do with accounts and everybody with their own, whichever way they ask: the admin API and the pages are two ways
//! to say the same.
//!
//! What the rules refuse is given as their [`Refusal`]: each way has its own words for it.

use super::{
    Account, AccountId, Link, Session,
    rules::{Change, Refusal},
    store::{self, Filter},
};
use crate::{
    access::{Caller, Reach, Role, caller::look},
    audit::Subject,
    companies::CompanyId,
    db::Database,
    email::Email,
    http::{Fields, list::Page},
    problem::Problem,
    progress::writer::Writer,
};

/// What a list is of, and which part of it.
pub struct Asked {
    /// Which accounts.
    pub filter: Filter,
    /// How many.
    pub page: Page,
    /// Behind which id.
    pub after: i64,
}

/// The filters of the list.
pub const FILTERS: [&str; 5] = ["email", "role", "is_active", "limit", "after"];

impl Asked {
    /// Of a query.
    pub fn of(mut fields: Fields<'_>) -> Result<Self, Problem> {
        let filter = Filter {
            email: fields.optional("email"),
            role: fields.optional("role"),
            is_active: fields.optional("is_active"),
        };
        let page = Page::of(&mut fields);
        let after = page.after_id(&mut fields).unwrap_or(0);
        fields.finish(Some(Self { filter, page, after }))
    }
}

/// Accounts in the order of their ids: one more than the page has, if there are so many. That somebody looks is written down.
pub async fn list(
    caller: &Caller,
    asked: &Asked,
    database: &Database,
    writer: &Writer,
) -> Result<Vec<Account>, Problem> {
    look(writer, caller.entry("account.list", Subject::all("accounts"))).await?;
    let (filter, after, limit) = (asked.filter.clone(), asked.after, asked.page.one_more());
    Ok(database.read(move |conn| store::list(conn, &filter, after, limit)).await?)
}

/// The account that a path names.
pub fn named(id: &str) -> Result<AccountId, Problem> {
    let id = id.parse().ok().filter(|id| *id >= 1);
    id.map(AccountId).ok_or(Problem::AccountNotFound)
}

/// One account. That somebody looks is written down.
pub async fn find(caller: &Caller, id: AccountId, database: &Database, writer: &Writer) -> Result<Account, Problem> {
    let account = database.read(move |conn| store::find(conn, id)).await?.ok_or(Problem::AccountNotFound)?;
    look(writer, caller.entry("account.read", id)).await?;
    Ok(account)
}

/// Adds an account, and a link with which its person sets a password.
pub async fn add(
    caller: &Caller,
    email: Email,
    role: Role,
    companies: Reach<CompanyId>,
    writer: &Writer,
) -> Result<Result<(Account, Link), Refusal>, Problem> {
    let entry = caller.entry("account.add", Subject::all("accounts"));
    Ok(writer.change(move |conn| store::add(conn, &email, role, &companies, entry)).await?)
}

/// Changes an account. Its sessions end if it is one any more that may do other things.
pub async fn change(
    caller: &Caller,
    id: AccountId,
    change: Change,
    writer: &Writer,
) -> Result<Result<Account, Refusal>, Problem> {
    let entry = caller.entry("account.change", id);
    Ok(writer.change(move |conn| store::change(conn, id, &change, entry)).await?)
}

/// Deletes an account, with its sessions and links.
pub async fn remove(caller: &Caller, id: AccountId, writer: &Writer) -> Result<Result<(), Refusal>, Problem> {
    let entry = caller.entry("account.delete", id);
    Ok(writer.change(move |conn| store::remove(conn, id, &entry)).await?)
}

/// Ends all sessions of an account. Tells how many there were.
pub async fn end_sessions(caller: &Caller, id: AccountId, writer: &Writer) -> Result<Result<usize, Refusal>, Problem> {
    let entry = caller.entry("account.sign_out_everywhere", id);
    Ok(writer.change(move |conn| store::end_sessions(conn, id, entry)).await?)
}

/// Makes a new link to set a password. Those before it stop working.
pub async fn new_link(caller: &Caller, id: AccountId, writer: &Writer) -> Result<Result<Link, Refusal>, Problem> {
    let entry = caller.entry("account.link", id);
    Ok(writer.change(move |conn| store::new_link(conn, id, &entry)).await?)
}

/// The session of whoever asks.
pub async fn own_session(caller: &Caller, database: &Database) -> Result<Session, Problem> {
    let digest = caller.session.ok_or(Problem::Unauthorized)?;
    database.read(move |conn| store::session(conn, digest)).await?.ok_or(Problem::Unauthorized)
}

/// Ends the session of whoever asks.
pub async fn sign_out(caller: &Caller, id: AccountId, writer: &Writer) -> Result<(), Problem> {
    let session = caller.session.ok_or(Problem::Unauthorized)?;
    let entry = caller.entry("account.sign_out", id);
    Ok(writer.change(move |conn| store::end_session(conn, session, &entry)).await?)
}
