//! All queries about surveys.

mod files;
mod recent;

use std::collections::HashMap;

use diesel::{prelude::*, result::Error};
use serde::Serialize;
use serde_json::value::RawValue;

pub use self::{
    files::{Imported, file, import, replace},
    recent::{active, changed_lately},
};
use super::{Settings, Shapes, Status, Survey, SurveyId, Terms};
use crate::{
    clock::Moment,
    db::{
        Conn,
        schema::{form_progress, submissions, surveys},
    },
    on_backend,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = surveys)]
struct Row {
    id: i64,
    name: String,
    instructions: String,
    definition: String,
    answer_schema: Option<String>,
    screens: Option<String>,
    fingerprint: Option<String>,
    status: String,
    created_at: Moment,
    updated_at: Moment,
}

/// What these surveys take; those that do not exist are not in the answer.
pub fn terms(conn: &mut Conn, ids: &[i64]) -> QueryResult<HashMap<SurveyId, Terms>> {
    let columns =
        (surveys::id, surveys::status, surveys::progress_days, surveys::requires_if_match, surveys::fingerprint);
    let query = surveys::table.filter(surveys::id.eq_any(ids)).select(columns);
    let rows: Vec<(i64, String, i32, bool, Option<String>)> = on_backend!(conn => query.load(conn))?;
    rows.into_iter()
        .map(|(id, status, days, requires_if_match, shapes)| {
            let terms = Terms {
                status: stored(&status)?,
                progress_days: days.unsigned_abs(),
                requires_if_match,
                shapes: shapes.as_deref().and_then(Shapes::from_stored),
            };
            Ok((SurveyId(id), terms))
        })
        .collect()
}

/// The survey with this id.
pub fn find(conn: &mut Conn, id: SurveyId) -> QueryResult<Option<Survey>> {
    let query = surveys::table.find(id.0);
    let row: Option<Row> = on_backend!(conn => query.select(Row::as_select()).get_result(conn)).optional()?;
    row.map(survey).transpose()
}

/// Whether there is a survey with this id.
pub fn exists(conn: &mut Conn, id: SurveyId) -> QueryResult<bool> {
    let query = diesel::select(diesel::dsl::exists(surveys::table.find(id.0)));
    on_backend!(conn => query.get_result(conn))
}

/// The first survey of this name.
pub fn named(conn: &mut Conn, name: &str) -> QueryResult<Option<SurveyId>> {
    let query = surveys::table.filter(surveys::name.eq(name)).order(surveys::id).select(surveys::id);
    let id: Option<i64> = on_backend!(conn => query.first(conn)).optional()?;
    Ok(id.map(SurveyId))
}

/// Whether there is any survey.
pub fn any(conn: &mut Conn) -> QueryResult<bool> {
    let query = diesel::select(diesel::dsl::exists(surveys::table.select(surveys::id)));
    on_backend!(conn => query.get_result(conn))
}

/// A survey among others, for its admins.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = surveys)]
pub struct Summary {
    /// Names it.
    pub id: i64,
    /// Its title.
    pub name: String,
    /// What it still takes, as it is stored.
    pub status: String,
    /// How many days a draft lives after its last save.
    pub progress_days: i32,
    /// Its shapes, as they are stored.
    pub fingerprint: Option<String>,
    /// Whether every write must name the version that it was made on.
    pub requires_if_match: bool,
    /// When it was imported.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// Those among `ids` (none: all), behind this one, in the order of their ids; perhaps only those of a status.
pub fn page(
    conn: &mut Conn,
    ids: Option<&[i64]>,
    status: Option<Status>,
    after: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<Summary>> {
    on_backend!(conn => {
        let mut query = surveys::table.order(surveys::id).limit(limit).select(Summary::as_select()).into_boxed();
        if let Some(ids) = ids {
            query = query.filter(surveys::id.eq_any(ids));
        }
        if let Some(status) = status {
            query = query.filter(surveys::status.eq(status.as_str()));
        }
        query.filter(surveys::id.gt(after.unwrap_or_default())).load(conn)
    })
}

/// A survey as it stands among others.
pub fn summary(conn: &mut Conn, id: SurveyId) -> QueryResult<Option<Summary>> {
    let query = surveys::table.find(id.0);
    on_backend!(conn => query.select(Summary::as_select()).get_result(conn)).optional()
}

/// The names of these surveys.
pub fn names(conn: &mut Conn, ids: &[i64]) -> QueryResult<HashMap<SurveyId, String>> {
    let query = surveys::table.filter(surveys::id.eq_any(ids)).select((surveys::id, surveys::name));
    let rows: Vec<(i64, String)> = on_backend!(conn => query.load(conn))?;
    Ok(rows.into_iter().map(|(id, name)| (SurveyId(id), name)).collect())
}

/// A survey among others, with what has come of it.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// Names it.
    pub id: SurveyId,
    /// Its title.
    pub name: String,
    /// What it still takes.
    pub status: Status,
    /// How many days a draft lives after its last save.
    pub progress_days: i32,
    /// Drafts that have not expired.
    pub drafts: i64,
    /// Submissions.
    pub submissions: i64,
}

/// All surveys, in the order of their ids.
pub fn list(conn: &mut Conn, now: Moment) -> QueryResult<Vec<Listed>> {
    let columns = (surveys::id, surveys::name, surveys::status, surveys::progress_days);
    let rows: Vec<(i64, String, String, i32)> =
        on_backend!(conn => surveys::table.order(surveys::id).select(columns).load(conn))?;
    let drafts: HashMap<i64, i64> = on_backend!(conn => form_progress::table
        .filter(form_progress::expires_at.gt(now))
        .group_by(form_progress::survey_id)
        .select((form_progress::survey_id, diesel::dsl::count_star()))
        .load::<(i64, i64)>(conn))?
    .into_iter()
    .collect();
    let submitted: HashMap<i64, i64> = on_backend!(conn => submissions::table
        .group_by(submissions::survey_id)
        .select((submissions::survey_id, diesel::dsl::count_star()))
        .load::<(i64, i64)>(conn))?
    .into_iter()
    .collect();
    rows.into_iter()
        .map(|(id, name, status, progress_days)| {
            let of = |counts: &HashMap<i64, i64>| counts.get(&id).copied().unwrap_or_default();
            let (drafts, submissions) = (of(&drafts), of(&submitted));
            Ok(Listed { id: SurveyId(id), name, status: stored(&status)?, progress_days, drafts, submissions })
        })
        .collect()
}

/// Sets what a survey still takes. False when there is no such survey.
pub fn set_status(conn: &mut Conn, id: SurveyId, status: Status, now: Moment) -> QueryResult<bool> {
    let values = (surveys::status.eq(status.as_str()), surveys::updated_at.eq(now));
    let changed = on_backend!(conn => diesel::update(surveys::table.find(id.0)).set(values).execute(conn))?;
    Ok(changed == 1)
}

/// Changes a survey's settings, as far as they say anything.
pub fn set(conn: &mut Conn, id: SurveyId, settings: &Settings, now: Moment) -> QueryResult<()> {
    let values = (
        surveys::updated_at.eq(now),
        settings.name.as_ref().map(|name| surveys::name.eq(&name.0)),
        settings.progress_days.map(|days| surveys::progress_days.eq(i32::from(days.0))),
        settings.require_if_match.map(|required| surveys::requires_if_match.eq(required)),
    );
    on_backend!(conn => diesel::update(surveys::table.find(id.0)).set(values).execute(conn)).map(drop)
}

fn survey(row: Row) -> QueryResult<Survey> {
    let wrong = |error: serde_json::Error| Error::DeserializationError(error.into());
    let json = |text: String| RawValue::from_string(text).map_err(wrong);
    Ok(Survey {
        id: SurveyId(row.id),
        name: row.name,
        instructions: row.instructions,
        definition: json(row.definition)?,
        answer_schema: row.answer_schema.map(json).transpose()?,
        screens: row.screens.map(|text| serde_json::from_str(&text).map_err(wrong)).transpose()?.unwrap_or_default(),
        shapes: row.fingerprint.as_deref().and_then(Shapes::from_stored),
        status: stored(&row.status)?,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn stored(status: &str) -> QueryResult<Status> {
    status.parse().map_err(|error: &str| Error::DeserializationError(error.into()))
}
