//! Survey files: taken in, and given out again.

use diesel::{prelude::*, result::Error};
use serde_json::value::RawValue;

use super::stored;
use crate::{
    clock::Moment,
    db::{Conn, schema::surveys},
    on_backend,
    surveys::{Shapes, SurveyId, file::SurveyFile},
};

/// The columns that a file has a say in whether the survey is new or not, with their values.
macro_rules! columns {
    ($file:expr, $now:expr) => {{
        let file: &SurveyFile = $file;
        (
            surveys::name.eq(&file.name),
            surveys::instructions.eq(&file.instructions),
            surveys::definition.eq(file.definition.get()),
            surveys::updated_at.eq($now),
            file.answer_schema.as_ref().map(|schema| surveys::answer_schema.eq(text_unless_null(schema))),
            file.shapes.as_ref().map(|shapes| surveys::fingerprint.eq(shapes.as_ref().map(Shapes::as_stored))),
            file.screens.as_ref().map(|screens| surveys::screens.eq(text_unless_null(screens))),
            file.require_if_match.map(|required| surveys::requires_if_match.eq(required)),
        )
    }};
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
    if let Some(id) = file.id
        && replace(conn, id, file, now)?
    {
        return Ok(Imported::Replaced(id));
    }
    // Numbered here and not by the database, so that a file may bring its own id without a counter to correct.
    let highest: Option<i64> = on_backend!(conn => surveys::table.select(diesel::dsl::max(surveys::id)).first(conn))?;
    let id = file.id.unwrap_or(SurveyId(highest.unwrap_or_default() + 1));
    let first = (
        surveys::id.eq(id.0),
        surveys::status.eq(file.status.unwrap_or_default().as_str()),
        surveys::progress_days.eq(file.progress_days.map_or(30, i32::from)),
        surveys::created_at.eq(now),
    );
    let values = (columns!(file, now), first);
    on_backend!(conn => diesel::insert_into(surveys::table).values(values).execute(conn))?;
    Ok(Imported::Created(id))
}
/// Makes a survey as a file says. What the file does not say stays as it was: to mend a typo must not open a survey again.
/// False when there is no such survey.
pub fn replace(conn: &mut Conn, id: SurveyId, file: &SurveyFile, now: Moment) -> QueryResult<bool> {
    let kept = (
        file.status.map(|status| surveys::status.eq(status.as_str())),
        file.progress_days.map(|days| surveys::progress_days.eq(i32::from(days))),
    );
    let values = (columns!(file, now), kept);
    let replaced = on_backend!(conn => diesel::update(surveys::table.find(id.0)).set(values).execute(conn))?;
    Ok(replaced == 1)
}

type FileRow = (String, String, i32, String, String, Option<String>, Option<String>, bool);

/// A survey as a file that makes the same one of it again.
pub fn file(conn: &mut Conn, id: SurveyId) -> QueryResult<Option<SurveyFile>> {
    let query = surveys::table.find(id.0).select((
        surveys::name,
        surveys::instructions,
        surveys::progress_days,
        surveys::status,
        surveys::definition,
        surveys::answer_schema,
        surveys::screens,
        surveys::requires_if_match,
    ));
    let row: Option<FileRow> = on_backend!(conn => query.get_result(conn)).optional()?;
    let json = |text: String| RawValue::from_string(text).map_err(|error| Error::DeserializationError(error.into()));
    let json_or_null = |text: Option<String>| json(text.unwrap_or_else(|| "null".into())).map(Some);
    let file = row.map(|(name, instructions, days, status, definition, answer_schema, screens, required)| {
        Ok(SurveyFile {
            id: Some(id),
            name,
            instructions,
            progress_days: Some(u16::try_from(days).unwrap_or(u16::MAX)),
            status: Some(stored(&status)?),
            definition: json(definition)?,
            answer_schema: json_or_null(answer_schema)?,
            screens: json_or_null(screens)?,
            require_if_match: Some(required),
            shapes: None,
        })
    });
    file.transpose()
}

/// `null` is how a file takes something away.
fn text_unless_null(json: &RawValue) -> Option<&str> {
    Some(json.get()).filter(|text| *text != "null")
}
