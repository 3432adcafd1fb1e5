//! What admins do with people, whichever way they ask. Only for callers without limits: a person may have taken part anywhere.

use super::{Erased, Person, store};
use crate::{
    access::{Caller, caller::look},
    audit::People,
    db::{Conn, Database},
    email::Email,
    problem::Problem,
    progress::writer::Writer,
};

/// Everything that is held about a person.
pub async fn read(
    caller: &Caller,
    email: Email,
    people: &People,
    database: &Database,
    writer: &Writer,
) -> Result<Person, Problem> {
    look(writer, caller.entry("person.read", people.subject(&email))).await?;
    let (people, now) = (people.clone(), caller.now());
    Ok(database.read(move |conn| store::read(conn, &email, &people, now)).await?)
}

/// How much an erasure would take now.
pub async fn count(
    caller: &Caller,
    email: Email,
    people: &People,
    database: &Database,
    writer: &Writer,
) -> Result<Erased, Problem> {
    look(writer, caller.entry("person.read", people.subject(&email)).detail("counts")).await?;
    let now = caller.now();
    Ok(database.read(move |conn| store::count(conn, &email, now)).await?)
}

/// Erases everything that is held about a person.
pub async fn erase(caller: &Caller, email: Email, people: &People, writer: &Writer) -> Result<Erased, Problem> {
    let (now, entry) = (caller.now(), caller.entry("person.erase", people.subject(&email)));
    Ok(writer.change(move |conn: &mut Conn| store::erase(conn, &email, entry, now)).await?)
}
