//! All queries about drafts. Here those that find and read them.

mod expiring;
mod memory;
mod previous;
mod purge;
mod rows;
mod search;

use std::collections::HashMap;

use diesel::{prelude::*, result::Error};
use serde_json::value::RawValue;

pub use self::{
    expiring::{NextToExpire, next_to_expire},
    memory::{end, endings, forget_keys, remember, remembered},
    previous::{keep_previous, previous, previous_at, previous_lines, previous_of},
    purge::{Purged, count_expired, forget_ended, purge},
    rows::{claim, delete, insert, prove, update},
    search::{find_all, search},
};
use super::{Content, Digest, DraftId, Fingerprint, FormProgress, Head, Json, Pair, Screen, Version};
use crate::{
    clock::Moment,
    companies::{CompanyId, GuestCode},
    db::{
        Conn, by_email_alone,
        schema::{form_progress, surveys},
    },
    email::Email,
    http::Parameter,
    on_backend,
    surveys::{Shapes, SurveyId},
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
    survey_fingerprint: Option<String>,
    version: i64,
    digest: Vec<u8>,
    value_count: Option<i32>,
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
            survey_fingerprint: row.survey_fingerprint.and_then(|text| Fingerprint::parse(&text).ok()),
            version: Version(row.version),
            digest: Digest::from_stored(&row.digest),
            value_count: row.value_count.map(i32::unsigned_abs),
            created_at: row.created_at,
            updated_at: row.updated_at,
            expires_at: row.expires_at,
        }
    }
}

/// A draft with the shapes of its survey.
pub type Found = (FormProgress, Option<Shapes>);

/// The participant's draft, expired or not. There is one at most: `first` would add a LIMIT, whose bound value makes
/// SQLite parse the statement anew each time.
pub fn find(conn: &mut Conn, pair: &Pair) -> QueryResult<Option<Found>> {
    let query = form_progress::table
        .inner_join(surveys::table)
        .filter(form_progress::email.eq(pair.email.as_str()))
        .filter(by_email_alone(form_progress::survey_id).eq(pair.survey_id.0));
    let row: Option<FoundRow> = on_backend!(conn => query
        .select((HeadRow::as_select(), form_progress::data, form_progress::meta, surveys::fingerprint))
        .get_result(conn))
    .optional()?;
    row.map(found).transpose()
}

/// The draft with this id, expired or not.
pub fn find_by_id(conn: &mut Conn, id: DraftId) -> QueryResult<Option<Found>> {
    let draft = form_progress::draft_id.eq(id);
    let query = form_progress::table.inner_join(surveys::table).filter(draft);
    let row: Option<FoundRow> = on_backend!(conn => query
        .select((HeadRow::as_select(), form_progress::data, form_progress::meta, surveys::fingerprint))
        .get_result(conn))
    .optional()?;
    row.map(found).transpose()
}

type FoundRow = (HeadRow, String, Option<String>, Option<String>);

fn found((head, data, meta, shapes): FoundRow) -> QueryResult<Found> {
    let shapes = shapes.as_deref().and_then(Shapes::from_stored);
    Ok((FormProgress { head: head.into(), content: content(data, meta)? }, shapes))
}

/// Whose these drafts are, and in what; those that do not exist are not in the answer.
pub fn owners(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<HashMap<DraftId, (Option<Email>, SurveyId)>> {
    let columns = (form_progress::draft_id, form_progress::email, form_progress::survey_id);
    let query = form_progress::table.filter(form_progress::draft_id.eq_any(ids)).select(columns);
    let rows: Vec<(DraftId, Option<String>, i64)> = on_backend!(conn => query.load(conn))?;
    Ok(rows.into_iter().map(|(id, email, survey)| (id, (email.map(Email::from_stored), SurveyId(survey)))).collect())
}

/// The drafts with these ids, without their content.
pub fn heads_by_id(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<Vec<Head>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = form_progress::table.filter(form_progress::draft_id.eq_any(ids));
    let rows: Vec<HeadRow> = on_backend!(conn => query.select(HeadRow::as_select()).load(conn))?;
    Ok(rows.into_iter().map(Head::from).collect())
}

/// The drafts of any of these emails, in whatever survey, without their content.
pub fn heads(conn: &mut Conn, emails: &[&str]) -> QueryResult<Vec<Head>> {
    if emails.is_empty() {
        return Ok(Vec::new());
    }
    let query = form_progress::table.filter(form_progress::email.eq_any(emails));
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
