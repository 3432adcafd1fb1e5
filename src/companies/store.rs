//! All queries about companies.

use std::collections::HashMap;

use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error},
};

use super::{Company, CompanyId, GuestCode};
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
