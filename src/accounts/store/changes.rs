//! What changes accounts: each a whole act, with its rule and its audit entry, to be run in a write transaction.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{Account, AccountId, PasswordHash, Row, find, sessions::delete_all};
use crate::{
    access::{Reach, Role, Secret, SecretDigest},
    accounts::{
        Link,
        rules::{self, Change, LINK_HOURS, Refusal},
    },
    audit::{self, Entry, Subject},
    companies::CompanyId,
    db::{
        Conn, lock_all,
        schema::{accounts, companies, password_links},
    },
    email::Email,
    on_backend,
};

/// By this name accounts are locked as a whole: their rules look at all of them, and they change rarely.
pub(super) const KIND: &str = "accounts";

/// Adds an account, and a link with which its person sets a password.
pub fn add(
    conn: &mut Conn,
    email: &Email,
    role: Role,
    reach: &Reach<CompanyId>,
    mut entry: Entry,
) -> QueryResult<Result<(Account, Link), Refusal>> {
    lock_all(conn, KIND)?;
    if let Err(refusal) = rules::can_be(role, reach) {
        return Ok(Err(refusal));
    }
    if !there_are(conn, reach)? {
        return Ok(Err(Refusal::NoCompany));
    }
    let values = (
        accounts::email.eq(email.as_str()),
        accounts::role.eq(role.as_str()),
        accounts::companies.eq(reach.as_stored()),
        accounts::is_active.eq(true),
        accounts::created_at.eq(entry.at),
        accounts::updated_at.eq(entry.at),
    );
    let id: Option<i64> = on_backend!(conn => diesel::insert_into(accounts::table)
        .values(values)
        .on_conflict(accounts::email)
        .do_nothing()
        .returning(accounts::id)
        .get_result(conn))
    .optional()?;
    let Some(id) = id.map(AccountId) else { return Ok(Err(Refusal::EmailTaken)) };
    entry.subject = Subject::from(id).0;
    let limits = reach.as_stored().map_or_else(String::new, |ids| format!(", companies {ids}"));
    audit::store::add(conn, &entry.clone().detail(format!("{role}{limits}")))?;
    let account = Account {
        id,
        email: email.clone(),
        role,
        companies: reach.clone(),
        is_active: true,
        has_password: false,
        created_at: entry.at,
        signed_in_at: None,
    };
    Ok(Ok((account, put_link(conn, id, &entry)?)))
}

/// Changes an account. If it is one any more that may do other things, its sessions end.
pub fn change(
    conn: &mut Conn,
    id: AccountId,
    change: &Change,
    mut entry: Entry,
) -> QueryResult<Result<Account, Refusal>> {
    lock_all(conn, KIND)?;
    let Some(before) = find(conn, id)? else { return Ok(Err(Refusal::NoAccount)) };
    let after = match rules::changed(&before, change, others_in_charge(conn, id)?) {
        Ok(after) => after,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if after == before {
        return Ok(Ok(after));
    }
    if before.companies != after.companies && !there_are(conn, &after.companies)? {
        return Ok(Err(Refusal::NoCompany));
    }
    let values = (
        accounts::role.eq(after.role.as_str()),
        accounts::companies.eq(after.companies.as_stored()),
        accounts::is_active.eq(after.is_active),
        accounts::updated_at.eq(entry.at),
    );
    on_backend!(conn => diesel::update(accounts::table.find(id.0)).set(values).execute(conn))?;
    delete_all(conn, id, None)?;
    if !after.is_active {
        delete_links(conn, id)?;
    }
    entry.detail = rules::difference(&before, &after);
    audit::store::add(conn, &entry)?;
    Ok(Ok(after))
}

/// Deletes an account, with its sessions and links.
pub fn remove(conn: &mut Conn, id: AccountId, entry: &Entry) -> QueryResult<Result<(), Refusal>> {
    lock_all(conn, KIND)?;
    let Some(account) = find(conn, id)? else { return Ok(Err(Refusal::NoAccount)) };
    if let Err(refusal) = rules::may_go(&account, others_in_charge(conn, id)?) {
        return Ok(Err(refusal));
    }
    on_backend!(conn => diesel::delete(accounts::table.find(id.0)).execute(conn))?;
    audit::store::add(conn, entry)?;
    Ok(Ok(()))
}

/// Makes a new link to set a password. Those before it do not work any more; the password does until it is set anew.
pub fn new_link(conn: &mut Conn, id: AccountId, entry: &Entry) -> QueryResult<Result<Link, Refusal>> {
    lock_all(conn, KIND)?;
    match find(conn, id)? {
        None => return Ok(Err(Refusal::NoAccount)),
        Some(account) if !account.is_active => return Ok(Err(Refusal::SwitchedOff)),
        Some(_) => {}
    }
    audit::store::add(conn, entry)?;
    put_link(conn, id, entry).map(Ok)
}

/// Ends all sessions of an account. Tells how many there were.
pub fn end_sessions(conn: &mut Conn, id: AccountId, entry: Entry) -> QueryResult<Result<usize, Refusal>> {
    lock_all(conn, KIND)?;
    if find(conn, id)?.is_none() {
        return Ok(Err(Refusal::NoAccount));
    }
    let ended = delete_all(conn, id, None)?;
    audit::store::add(conn, &entry.detail(format!("{ended} sessions")))?;
    Ok(Ok(ended))
}

/// Sets the password of whoever has this link, and ends their sessions. The link is used up.
pub fn set_password(
    conn: &mut Conn,
    token: SecretDigest,
    hash: &PasswordHash,
    entry: &Entry,
) -> QueryResult<Result<(), Refusal>> {
    lock_all(conn, KIND)?;
    let Some(account) = super::by_link(conn, token, entry.at)? else { return Ok(Err(Refusal::LinkInvalid)) };
    store_password(conn, account.id, hash, entry)?;
    delete_all(conn, account.id, None)?;
    Ok(Ok(()))
}

/// Gives somebody who is signed in another password, and ends their other sessions.
pub fn change_password(
    conn: &mut Conn,
    id: AccountId,
    from: &PasswordHash,
    to: &PasswordHash,
    session: SecretDigest,
    entry: &Entry,
) -> QueryResult<Result<(), Refusal>> {
    lock_all(conn, KIND)?;
    let still = super::with_password(conn, id)?.and_then(|(_, hash)| hash);
    if still.as_ref() != Some(from) || super::session(conn, session)?.is_none() {
        return Ok(Err(Refusal::Outrun));
    }
    store_password(conn, id, to, entry)?;
    delete_all(conn, id, Some(session))?;
    Ok(Ok(()))
}

fn store_password(conn: &mut Conn, id: AccountId, hash: &PasswordHash, entry: &Entry) -> QueryResult<()> {
    let values = (accounts::password_hash.eq(Some(&hash.0)), accounts::updated_at.eq(entry.at));
    on_backend!(conn => diesel::update(accounts::table.find(id.0)).set(values).execute(conn))?;
    delete_links(conn, id)?;
    audit::store::add(conn, entry)
}

fn put_link(conn: &mut Conn, id: AccountId, entry: &Entry) -> QueryResult<Link> {
    delete_links(conn, id)?;
    let link = Link { token: Secret::random(""), expires_at: entry.at.plus_minutes(LINK_HOURS * 60) };
    let digest = link.token.digest();
    let values = (
        password_links::token_digest.eq(&digest.0[..]),
        password_links::account_id.eq(id.0),
        password_links::expires_at.eq(link.expires_at),
    );
    on_backend!(conn => diesel::insert_into(password_links::table).values(values).execute(conn))?;
    Ok(link)
}

fn delete_links(conn: &mut Conn, id: AccountId) -> QueryResult<()> {
    let links = password_links::table.filter(password_links::account_id.eq(id.0));
    on_backend!(conn => diesel::delete(links).execute(conn)).map(drop)
}

fn others_in_charge(conn: &mut Conn, but: AccountId) -> QueryResult<bool> {
    let others = accounts::table.filter(accounts::id.ne(but.0)).filter(accounts::role.eq(Role::Owner.as_str()));
    let others: Vec<Row> = on_backend!(conn => others.select(Row::as_select()).load(conn))?;
    Ok(others.into_iter().map(Account::from).any(|account| rules::is_in_charge(&account)))
}

/// Whether there are all the companies that are named.
fn there_are(conn: &mut Conn, reach: &Reach<CompanyId>) -> QueryResult<bool> {
    let Some(named) = reach.ids() else { return Ok(true) };
    let query = companies::table.filter(companies::id.eq_any(&named)).select(companies::id);
    let found: Vec<i64> = on_backend!(conn => query.load(conn))?;
    Ok(found.into_iter().collect::<BTreeSet<_>>() == named.into_iter().collect())
}
