//! All queries about surveys.

use std::collections::HashMap;

use diesel::{prelude::*, result::Error};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Shapes, Status, Survey, SurveyId, Terms, file::SurveyFile};
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

/// What [`import`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// There was no survey with that id, or the file named none.
    Created(SurveyId),
    /// The survey with that id is now as the file says.
    Replaced(SurveyId),
}

/// Creates the survey of a file, or replaces the one whose id it carries. To be run in a write transaction.
pub fn import(conn: &mut Conn, file: &SurveyFile, now: Moment) -> QueryResult<Imported> {
    let texts = (
        surveys::name.eq(&file.name),
        surveys::instructions.eq(&file.instructions),
        surveys::definition.eq(file.definition.get()),
        surveys::updated_at.eq(now),
    );
    let form = (
        file.answer_schema.as_ref().map(|schema| surveys::answer_schema.eq(text_unless_null(schema))),
        file.shapes.as_ref().map(|shapes| surveys::fingerprint.eq(shapes.as_ref().map(Shapes::as_stored))),
        file.screens.as_ref().map(|screens| surveys::screens.eq(text_unless_null(screens))),
        file.require_if_match.map(|required| surveys::requires_if_match.eq(required)),
    );
    let status = file.status.map(Status::as_str);
    let days = file.progress_days.map(i32::from);
    if let Some(id) = file.id {
        // What the file does not say stays as it was: to mend a typo must not open a survey again.
        let kept = (status.map(|status| surveys::status.eq(status)), days.map(|days| surveys::progress_days.eq(days)));
        let replaced = on_backend!(conn => diesel::update(surveys::table.find(id.0)).set((texts, kept, form.clone())).execute(conn))?;
        if replaced == 1 {
            return Ok(Imported::Replaced(id));
        }
    }
    // Numbered here and not by the database, so that a file may bring its own id without a counter to correct.
    let highest: Option<i64> = on_backend!(conn => surveys::table.select(diesel::dsl::max(surveys::id)).first(conn))?;
    let id = file.id.unwrap_or(SurveyId(highest.unwrap_or_default() + 1));
    let first = (
        surveys::id.eq(id.0),
        surveys::status.eq(status.unwrap_or(Status::Open.as_str())),
        surveys::progress_days.eq(days.unwrap_or(30)),
        surveys::created_at.eq(now),
    );
    on_backend!(conn => diesel::insert_into(surveys::table).values((texts, first, form)).execute(conn))?;
    Ok(Imported::Created(id))
}

/// Sets what a survey still takes. False when there is no such survey.
pub fn set_status(conn: &mut Conn, id: SurveyId, status: Status, now: Moment) -> QueryResult<bool> {
    let values = (surveys::status.eq(status.as_str()), surveys::updated_at.eq(now));
    let changed = on_backend!(conn => diesel::update(surveys::table.find(id.0)).set(values).execute(conn))?;
    Ok(changed == 1)
}

/// `null` is how a file takes something away.
fn text_unless_null(json: &RawValue) -> Option<&str> {
    Some(json.get()).filter(|text| *text != "null")
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
