//! What admins do with surveys, whichever way they ask: the admin API and the pages are two ways to say the same.

use super::{
    Settings, Status, SurveyId,
    file::{FileError, SurveyFile},
    store::{self, Imported, Summary},
};
use crate::{
    access::Caller,
    audit::{self, Entry, Subject},
    clock::Moment,
    db::{Conn, Database, Queried},
    http::{Fields, list::Page, off_thread},
    problem::{FieldError, Problem},
    progress::writer::Writer,
};

/// What a list is of, and which part of it.
pub struct Asked {
    /// Only those of this status.
    pub status: Option<Status>,
    /// How many.
    pub page: Page,
    /// Behind which id.
    pub after: Option<i64>,
}

/// The filters of the list.
pub const FILTERS: [&str; 3] = ["status", "limit", "after"];

impl Asked {
    /// Of a query.
    pub fn of(mut fields: Fields<'_>) -> Result<Self, Problem> {
        let (status, page) = (fields.optional::<Status>("status"), Page::of(&mut fields));
        let after = page.after_id(&mut fields);
        fields.finish(Some(Self { status, page, after }))
    }
}

/// Surveys in the order of their ids: one more than the page has, if there are so many.
pub async fn list(caller: &Caller, asked: &Asked, database: &Database) -> Result<Vec<Summary>, Problem> {
    let (ids, status) = (caller.grant.surveys.ids(), asked.status);
    let (after, limit) = (asked.after, asked.page.one_more());
    Ok(database.read(move |conn| store::page(conn, ids.as_deref(), status, after, limit)).await?)
}

/// The survey that a path names, if the caller may see it.
pub fn visible(id: Result<SurveyId, &str>, caller: &Caller) -> Result<SurveyId, Problem> {
    // Surveys belong to no company: whoever is limited to some companies sees all of them, as every participant does.
    id.ok().filter(|id| caller.grant.surveys.sees(*id)).ok_or(Problem::SurveyNotFound)
}

/// The survey with this id, as it stands among others.
pub async fn find(id: SurveyId, database: &Database) -> Result<Summary, Problem> {
    database.read(move |conn| store::summary(conn, id)).await?.ok_or(Problem::SurveyNotFound)
}

/// The survey with this id as a file that makes the same one of it again.
pub async fn file(id: SurveyId, database: &Database) -> Result<SurveyFile, Problem> {
    database.read(move |conn| store::file(conn, id)).await?.ok_or(Problem::SurveyNotFound)
}

/// Reads a file off the async threads: compiling its schemas may take a while.
pub async fn read(text: String) -> Result<SurveyFile, Problem> {
    let file = off_thread(move || SurveyFile::parse(&text)).await?;
    file.map_err(|error| match error {
        FileError::Json(detail, _) => Problem::InvalidJson(detail),
        FileError::Members(errors) => Problem::InvalidRequest(errors),
    })
}

/// What is to happen to a survey whose id a file carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It becomes as the file says.
    Replace,
    /// It stays, and nothing is imported.
    Keep,
}

/// Creates the survey of a file, or replaces the one whose id it carries; none if that is to be kept. A caller who is limited to
/// some surveys may replace those, and create none.
pub async fn import(
    caller: &Caller,
    file: SurveyFile,
    existing: Existing,
    writer: &Writer,
) -> Result<Option<(Imported, Summary)>, Problem> {
    if let Some(id) = file.id {
        // Before it is known whether there is one: whoever may not see it is not told.
        visible(Ok(id), caller)?;
    }
    let (now, may_create) = (caller.now(), !caller.grant.surveys.is_limited());
    let entry = caller.entry("survey.create", Subject::all("surveys"));
    let import = move |conn: &mut Conn| {
        let is_there = file.id.map_or(Ok(false), |id| store::exists(conn, id))?;
        if !is_there && !may_create {
            return Ok(Err(Problem::Forbidden));
        }
        if is_there && existing == Existing::Keep {
            return Ok(Ok(None));
        }
        let imported = store::import(conn, &file, now)?;
        audit::store::add(conn, &entry_of(imported, entry))?;
        let (Imported::Created(id) | Imported::Replaced(id)) = imported;
        Ok(Ok(store::summary(conn, id)?.map(|survey| (imported, survey))))
    };
    writer.change(import).await?
}

/// What the audit log says of an import.
pub fn entry_of(imported: Imported, entry: Entry) -> Entry {
    let (id, action) = match imported {
        Imported::Created(id) => (id, "survey.create"),
        Imported::Replaced(id) => (id, "survey.replace"),
    };
    Entry { action, ..entry.to(id).about(id, None) }
}

/// Refuses a file that carries the id of another survey than the one that it is to replace.
pub fn must_be_of(id: SurveyId, file: &SurveyFile) -> Result<(), Problem> {
    match file.id.is_some_and(|named| named != id) {
        true => {
            Err(Problem::InvalidRequest(vec![FieldError::at("/id", "must be the one in the path, or be left out")]))
        }
        false => Ok(()),
    }
}

/// Makes a survey as a file says; the survey as it is then. None if it was changed since the moment that is given.
pub async fn replace(
    caller: &Caller,
    id: SurveyId,
    file: SurveyFile,
    unchanged_since: Option<Moment>,
    writer: &Writer,
) -> Result<Option<Summary>, Problem> {
    must_be_of(id, &file)?;
    let (now, entry) = (caller.now(), caller.entry("survey.replace", id).about(id, None));
    let change = move |conn: &mut Conn| {
        let Some(present) = store::summary(conn, id)? else { return Ok(Err(Problem::SurveyNotFound)) };
        if unchanged_since.is_some_and(|known| known != present.updated_at) {
            return Ok(Ok(None));
        }
        store::replace(conn, id, &file, now)?;
        audit::store::add(conn, &entry)?;
        store::summary(conn, id).map(Ok)
    };
    writer.change(change).await?
}

/// Says what a survey takes from now on.
pub async fn set_status(caller: &Caller, id: SurveyId, status: Status, writer: &Writer) -> Result<Summary, Problem> {
    let (now, entry) = (caller.now(), caller.entry("survey.status", id).about(id, None).detail(status.as_str()));
    changed(writer, id, entry, move |conn| store::set_status(conn, id, status, now)).await
}

/// Changes a survey's settings; a change of nothing writes nothing.
pub async fn set(caller: &Caller, id: SurveyId, settings: Settings, writer: &Writer) -> Result<Summary, Problem> {
    let (now, entry) = (caller.now(), caller.entry("survey.settings", id).about(id, None));
    let change = move |conn: &mut Conn| {
        let Some(present) = store::summary(conn, id)? else { return Ok(None) };
        let settings = settings.unlike(&present);
        if settings == Settings::default() {
            return Ok(Some(present));
        }
        store::set(conn, id, &settings, now)?;
        audit::store::add(conn, &entry.detail(settings.names()))?;
        store::summary(conn, id)
    };
    writer.change(change).await?.ok_or(Problem::SurveyNotFound)
}

/// Makes a change of a survey, and writes it down; the survey as it is then.
async fn changed(
    writer: &Writer,
    id: SurveyId,
    entry: Entry,
    change: impl FnOnce(&mut Conn) -> Queried<bool> + Send + 'static,
) -> Result<Summary, Problem> {
    let change = move |conn: &mut Conn| match change(conn)? {
        true => {
            audit::store::add(conn, &entry)?;
            store::summary(conn, id)
        }
        false => Ok(None),
    };
    writer.change(change).await?.ok_or(Problem::SurveyNotFound)
}
