//! All queries about companies.

use std::collections::HashMap;

use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error},
};

use super::{Change, Company, CompanyId, GuestCode};
use crate::{
    clock::Moment,
    db::{Conn, schema::companies},
    on_backend,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = companies)]
struct Row {
    id: i64,
    name: String,
    details: String,
    guest_code: String,
    is_active: bool,
}

impl From<Row> for Company {
    fn from(Row { id, name, details, guest_code, is_active }: Row) -> Self {
        Self { id: CompanyId(id), name, details, guest_code, is_active }
    }
}

/// The active companies with these codes, by code.
pub fn by_codes(conn: &mut Conn, codes: &[&str]) -> QueryResult<HashMap<GuestCode, CompanyId>> {
    let query = companies::table
        .filter(companies::guest_code_key.eq_any(codes))
        .filter(companies::is_active.eq(true))
        .select((companies::guest_code_key, companies::id));
    let rows: Vec<(String, i64)> = on_backend!(conn => query.load(conn))?;
    Ok(rows.into_iter().map(|(code, id)| (GuestCode(code), CompanyId(id))).collect())
}

/// The active company with this code.
pub fn by_code(conn: &mut Conn, code: &GuestCode) -> QueryResult<Option<Company>> {
    let query =
        companies::table.filter(companies::guest_code_key.eq(code.as_str())).filter(companies::is_active.eq(true));
    let row: Option<Row> = on_backend!(conn => query.select(Row::as_select()).get_result(conn)).optional()?;
    Ok(row.map(Company::from))
}

/// All companies, in the order of their ids.
pub fn list(conn: &mut Conn) -> QueryResult<Vec<Company>> {
    let query = companies::table.order(companies::id);
    let rows: Vec<Row> = on_backend!(conn => query.select(Row::as_select()).load(conn))?;
    Ok(rows.into_iter().map(Company::from).collect())
}

/// Whether there is a company with this id.
pub fn exists(conn: &mut Conn, id: CompanyId) -> QueryResult<bool> {
    let query = diesel::select(diesel::dsl::exists(companies::table.find(id.0)));
    on_backend!(conn => query.get_result(conn))
}

/// Those among `ids` (none: all), behind this one, in the order of their ids; perhaps only those that are active, or not.
pub fn page(
    conn: &mut Conn,
    ids: Option<&[i64]>,
    is_active: Option<bool>,
    after: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<Company>> {
    let rows: Vec<Row> = on_backend!(conn => {
        let mut query = companies::table.order(companies::id).limit(limit).select(Row::as_select()).into_boxed();
        if let Some(ids) = ids {
            query = query.filter(companies::id.eq_any(ids));
        }
        if let Some(is_active) = is_active {
            query = query.filter(companies::is_active.eq(is_active));
        }
        query.filter(companies::id.gt(after.unwrap_or_default())).load(conn)
    })?;
    Ok(rows.into_iter().map(Company::from).collect())
}

/// The company with this id.
pub fn find(conn: &mut Conn, id: CompanyId) -> QueryResult<Option<Company>> {
    let query = companies::table.find(id.0);
    let row: Option<Row> = on_backend!(conn => query.select(Row::as_select()).get_result(conn)).optional()?;
    Ok(row.map(Company::from))
}

/// The names of these companies.
pub fn names(conn: &mut Conn, ids: &[i64]) -> QueryResult<HashMap<CompanyId, String>> {
    let query = companies::table.filter(companies::id.eq_any(ids)).select((companies::id, companies::name));
    let rows: Vec<(i64, String)> = on_backend!(conn => query.load(conn))?;
    Ok(rows.into_iter().map(|(id, name)| (CompanyId(id), name)).collect())
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// The company as it is now.
    Done(Company),
    /// Another one has this guest code. On PostgreSQL the transaction takes no more statements.
    CodeTaken,
    /// There is no company with this id.
    NotThere,
}

/// Changes a company. To be run in a write transaction.
pub fn change(conn: &mut Conn, id: CompanyId, change: &Change, now: Moment) -> QueryResult<Changed> {
    let code = change.guest_code.as_ref();
    let values = (
        change.name.as_ref().map(|name| companies::name.eq(&name.0)),
        change.details.as_ref().map(|details| companies::details.eq(&details.0)),
        code.map(|code| (companies::guest_code.eq(&code.text), companies::guest_code_key.eq(code.key.as_str()))),
        change.is_active.map(|is_active| companies::is_active.eq(is_active)),
        companies::updated_at.eq(now),
    );
    let changed = on_backend!(conn => diesel::update(companies::table.find(id.0)).set(values).execute(conn));
    match changed {
        Ok(0) => Ok(Changed::NotThere),
        Ok(_) => Ok(find(conn, id)?.map_or(Changed::NotThere, Changed::Done)),
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(Changed::CodeTaken),
        Err(error) => Err(error),
    }
}

/// A company to be added.
pub struct NewCompany<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Free text that its participants are shown.
    pub details: &'a str,
    /// The code as its admin wrote it.
    pub guest_code: &'a str,
    /// The same, as it is compared.
    pub key: &'a GuestCode,
}

/// Adds a company. None when its code is taken.
pub fn add(conn: &mut Conn, new: &NewCompany<'_>, now: Moment) -> QueryResult<Option<CompanyId>> {
    let values = (
        companies::name.eq(new.name),
        companies::details.eq(new.details),
        companies::guest_code.eq(new.guest_code),
        companies::guest_code_key.eq(new.key.as_str()),
        companies::is_active.eq(true),
        companies::created_at.eq(now),
        companies::updated_at.eq(now),
    );
    let added = on_backend!(conn => diesel::insert_into(companies::table)
        .values(values)
        .returning(companies::id)
        .get_result::<i64>(conn));
    match added {
        Ok(id) => Ok(Some(CompanyId(id))),
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(None),
        Err(error) => Err(error),
    }
}
