//! All queries about drafts.

use std::collections::HashMap;

use diesel::{
    prelude::*,
    result::Error,
    sql_types::{Array, BigInt, Binary, Integer, Nullable, Text},
};
use serde_json::value::RawValue;

use super::{Content, Digest, DraftId, Fingerprint, FormProgress, Head, Json, Pair, Screen, Version};
use crate::{
    clock::Moment,
    companies::{CompanyId, GuestCode},
    db::{
        Conn, OverColumns, Prepared, lock_keys,
        schema::{form_progress, readiness},
        types, write_rows,
    },
    email::Email,
    http::Parameter,
    on_backend,
    surveys::SurveyId,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = form_progress)]
struct HeadRow {
    draft_id: DraftId,
    email: Option<String>,
    survey_id: i64,
    company_id: Option<i64>,
    guest_code_key: Option<String>,
    current_screen: i32,
    furthest_screen: i32,
    fingerprint: Option<String>,
    version: i64,
    digest: Vec<u8>,
    created_at: Moment,
    updated_at: Moment,
    expires_at: Moment,
}

impl From<HeadRow> for Head {
    fn from(row: HeadRow) -> Self {
        Self {
            draft_id: row.draft_id,
            email: row.email.map(Email::from_stored),
            survey_id: SurveyId(row.survey_id),
            company_id: row.company_id.map(CompanyId),
            guest_code: row.guest_code_key.and_then(|code| GuestCode::parse(&code).ok()),
            current_screen: Screen(row.current_screen),
            furthest_screen: Screen(row.furthest_screen),
            fingerprint: row.fingerprint.and_then(|text| Fingerprint::parse(&text).ok()),
            version: Version(row.version),
            digest: Digest::from_stored(&row.digest),
            created_at: row.created_at,
            updated_at: row.updated_at,
            expires_at: row.expires_at,
        }
    }
}

/// The participant's draft, expired or not. There is one at most: `first` would add a LIMIT, whose bound value makes
/// SQLite parse the statement anew each time.
pub fn find(conn: &mut Conn, pair: &Pair) -> QueryResult<Option<FormProgress>> {
    let query = form_progress::table
        .filter(form_progress::email.eq(pair.email.as_str()))
        .filter(form_progress::survey_id.eq(pair.survey_id.0));
    let row: Option<(HeadRow, String, Option<String>)> = on_backend!(conn => query
        .select((HeadRow::as_select(), form_progress::data, form_progress::meta))
        .get_result(conn))
    .optional()?;
    row.map(|(head, data, meta)| Ok(FormProgress { head: head.into(), content: content(data, meta)? })).transpose()
}

/// The drafts of any of these emails in any of these surveys, without their content.
pub fn heads(conn: &mut Conn, emails: &[&str], surveys: &[i64]) -> QueryResult<Vec<Head>> {
    let query = form_progress::table
        .filter(form_progress::email.eq_any(emails))
        .filter(form_progress::survey_id.eq_any(surveys));
    let rows: Vec<HeadRow> = on_backend!(conn => query.select(HeadRow::as_select()).load(conn))?;
    Ok(rows.into_iter().map(Head::from).collect())
}

/// The contents of these drafts.
pub fn contents(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<HashMap<DraftId, Content>> {
    let query = form_progress::table.filter(form_progress::draft_id.eq_any(ids)).select((
        form_progress::draft_id,
        form_progress::data,
        form_progress::meta,
    ));
    let rows: Vec<(DraftId, String, Option<String>)> = on_backend!(conn => query.load(conn))?;
    rows.into_iter().map(|(id, data, meta)| Ok((id, content(data, meta)?))).collect()
}

fn content(data: String, meta: Option<String>) -> QueryResult<Content> {
    let json = |text: String| -> QueryResult<Json> {
        RawValue::from_string(text).map(Json::from).map_err(|error| Error::DeserializationError(error.into()))
    };
    Ok(Content { data: json(data)?, meta: meta.map(json).transpose()? })
}

/// The columns that a save may change, with their values.
macro_rules! changing_columns {
    ($head:expr, $content:expr) => {
        (
            form_progress::company_id.eq($head.company_id.map(|id| id.0)),
            form_progress::guest_code_key.eq($head.guest_code.as_ref().map(GuestCode::as_str)),
            form_progress::current_screen.eq($head.current_screen.0),
            form_progress::furthest_screen.eq($head.furthest_screen.0),
            form_progress::fingerprint.eq($head.fingerprint.as_ref().map(Fingerprint::as_str)),
            form_progress::version.eq($head.version.0),
            form_progress::digest.eq($head.digest.as_bytes()),
            form_progress::updated_at.eq($head.updated_at),
            form_progress::expires_at.eq($head.expires_at),
            form_progress::meta.eq($content.meta.as_ref().map(|meta| meta.get())),
            form_progress::data.eq($content.data.get()),
        )
    };
}

/// Writes the next state of drafts whose rows are there.
pub fn update(conn: &mut Conn, drafts: &[(&Head, &Content)]) -> QueryResult<()> {
    write_rows(
        conn,
        drafts,
        |conn, (head, content)| {
            let draft = diesel::update(form_progress::table.find(head.draft_id));
            Prepared(draft.set(changing_columns!(head, content))).execute(conn)
        },
        upsert_all,
    )
    .map(drop)
}

/// Adds drafts.
pub fn insert(conn: &mut Conn, drafts: &[(&Head, &Content)]) -> QueryResult<()> {
    write_rows(
        conn,
        drafts,
        |conn, (head, content)| {
            diesel::insert_into(form_progress::table)
                .values((
                    form_progress::draft_id.eq(head.draft_id),
                    form_progress::email.eq(head.email.as_ref().map(Email::as_str)),
                    form_progress::survey_id.eq(head.survey_id.0),
                    form_progress::created_at.eq(head.created_at),
                    form_progress::purge_hour.eq(head.expires_at.hours()),
                    changing_columns!(head, content),
                ))
                .execute(conn)
        },
        upsert_all,
    )
    .map(drop)
}

/// Deletes drafts.
pub fn delete(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let gone = form_progress::table.filter(form_progress::draft_id.eq_any(ids));
    on_backend!(conn => diesel::delete(gone).execute(conn)).map(drop)
}

/// One statement for all rows, new or not.
fn upsert_all(conn: &mut diesel::PgConnection, drafts: &[(&Head, &Content)]) -> QueryResult<usize> {
    fn column<'a, T>(drafts: &[(&'a Head, &'a Content)], of: impl Fn(&'a Head, &'a Content) -> T) -> Vec<T> {
        drafts.iter().map(|(head, content)| of(head, content)).collect()
    }
    type NullableTexts = Array<Nullable<Text>>;
    let columns = (
        column(drafts, |head, _| head.draft_id).into_sql::<Array<types::Uuid>>(),
        column(drafts, |head, _| head.email.as_ref().map(Email::as_str)).into_sql::<NullableTexts>(),
        column(drafts, |head, _| head.survey_id.0).into_sql::<Array<BigInt>>(),
        column(drafts, |head, _| head.company_id.map(|id| id.0)).into_sql::<Array<Nullable<BigInt>>>(),
        column(drafts, |head, _| head.guest_code.as_ref().map(GuestCode::as_str)).into_sql::<NullableTexts>(),
        column(drafts, |head, _| head.current_screen.0).into_sql::<Array<Integer>>(),
        column(drafts, |head, _| head.furthest_screen.0).into_sql::<Array<Integer>>(),
        column(drafts, |head, _| head.fingerprint.as_ref().map(Fingerprint::as_str)).into_sql::<NullableTexts>(),
        column(drafts, |head, _| head.version.0).into_sql::<Array<BigInt>>(),
        column(drafts, |head, _| head.digest.as_bytes()).into_sql::<Array<Binary>>(),
        column(drafts, |head, _| head.created_at).into_sql::<Array<types::Instant>>(),
        column(drafts, |head, _| head.updated_at).into_sql::<Array<types::Instant>>(),
        column(drafts, |head, _| head.expires_at).into_sql::<Array<types::Instant>>(),
        column(drafts, |head, _| head.expires_at.hours()).into_sql::<Array<BigInt>>(),
        column(drafts, |_, content| content.meta.as_ref().map(|meta| meta.get())).into_sql::<NullableTexts>(),
        column(drafts, |_, content| content.data.get()).into_sql::<Array<Text>>(),
    );
    OverColumns {
        before: "INSERT INTO form_progress (draft_id, email, survey_id, company_id, guest_code_key, current_screen, \
                 furthest_screen, fingerprint, version, digest, created_at, updated_at, expires_at, purge_hour, \
                 meta, data) \
                 SELECT * FROM unnest(",
        columns,
        after: ") ON CONFLICT (draft_id) DO UPDATE SET company_id = excluded.company_id, \
                guest_code_key = excluded.guest_code_key, current_screen = excluded.current_screen, \
                furthest_screen = excluded.furthest_screen, fingerprint = excluded.fingerprint, \
                version = excluded.version, digest = excluded.digest, updated_at = excluded.updated_at, \
                expires_at = excluded.expires_at, meta = excluded.meta, data = excluded.data",
    }
    .execute(conn)
}

/// How many drafts have expired and would be purged now.
pub fn count_expired(conn: &mut Conn, now: Moment) -> QueryResult<i64> {
    let query = form_progress::table
        .filter(form_progress::purge_hour.le(now.hours()))
        .filter(form_progress::expires_at.le(now))
        .count();
    on_backend!(conn => query.get_result(conn))
}

/// What a step of the purge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// Drafts that it looked at; none when there is no more to do.
    pub seen: usize,
    /// Those of them that had expired, and are gone.
    pub gone: usize,
}

/// Looks at up to `limit` drafts whose hour has come: deletes those that have expired, and writes down for the others
/// when to look again. To be run in a write transaction of its own.
pub fn purge(conn: &mut Conn, now: Moment, limit: i64) -> QueryResult<Purged> {
    let query = form_progress::table
        .filter(form_progress::purge_hour.le(now.hours()))
        .order(form_progress::purge_hour)
        .limit(limit)
        .select((form_progress::draft_id, form_progress::email, form_progress::survey_id, form_progress::expires_at));
    let due: Vec<(DraftId, Option<String>, i64, Moment)> = on_backend!(conn => query.load(conn))?;
    // The same locks as a save's, in the same order: neither can wait for the other in a circle.
    lock_keys(conn, due.iter().filter_map(|(_, email, survey, _)| Some((email.as_deref()?, *survey))))?;

    let expired: Vec<DraftId> = due.iter().filter(|(.., expires_at)| *expires_at <= now).map(|(id, ..)| *id).collect();
    let gone =
        form_progress::table.filter(form_progress::draft_id.eq_any(expired)).filter(form_progress::expires_at.le(now));
    let gone = on_backend!(conn => diesel::delete(gone).execute(conn))?;

    let alive: Vec<(DraftId, i64)> = due
        .iter()
        .filter(|(.., expires_at)| *expires_at > now)
        .map(|(id, .., expires_at)| (*id, expires_at.hours().max(now.hours() + 1)))
        .collect();
    write_rows(conn, &alive, look_again_at_one, look_again_at_all)?;
    Ok(Purged { seen: due.len(), gone })
}

fn look_again_at_one(conn: &mut diesel::SqliteConnection, (id, hour): &(DraftId, i64)) -> QueryResult<usize> {
    Prepared(diesel::update(form_progress::table.find(id)).set(form_progress::purge_hour.eq(hour))).execute(conn)
}

fn look_again_at_all(conn: &mut diesel::PgConnection, rows: &[(DraftId, i64)]) -> QueryResult<usize> {
    let (ids, hours): (Vec<DraftId>, Vec<i64>) = rows.iter().copied().unzip();
    OverColumns {
        before: "UPDATE form_progress SET purge_hour = due.hour FROM unnest(",
        columns: (ids.into_sql::<Array<types::Uuid>>(), hours.into_sql::<Array<BigInt>>()),
        after: ") AS due (id, hour) WHERE draft_id = due.id",
    }
    .execute(conn)
}

/// Writes a row of no meaning, to prove that the database takes writes.
pub fn prove(conn: &mut Conn, now: Moment) -> QueryResult<()> {
    on_backend!(conn => diesel::insert_into(readiness::table)
        .values((readiness::id.eq(1), readiness::proved_at.eq(now)))
        .on_conflict(readiness::id)
        .do_update()
        .set(readiness::proved_at.eq(now))
        .execute(conn))
    .map(drop)
}
