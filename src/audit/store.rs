//! All queries about the audit log.

use diesel::prelude::*;

use super::Entry;
use crate::{
    access::Actor,
    clock::Moment,
    db::{
        Conn,
        schema::{audit_log, installation},
    },
    on_backend,
};

/// Adds an entry, in the transaction of what it tells of.
pub fn add(conn: &mut Conn, entry: &Entry) -> QueryResult<()> {
    let (actor, actor_id) = stored(entry.actor);
    let values = (
        audit_log::at.eq(entry.at),
        audit_log::actor.eq(actor),
        audit_log::actor_id.eq(actor_id),
        audit_log::action.eq(entry.action),
        audit_log::subject.eq(&entry.subject),
        audit_log::survey_id.eq(entry.survey_id.map(|id| id.0)),
        audit_log::company_id.eq(entry.company_id.map(|id| id.0)),
        audit_log::outcome.eq(entry.outcome.as_str()),
        audit_log::detail.eq(&entry.detail),
        audit_log::address.eq(&entry.address),
        audit_log::request_id.eq(&entry.request_id),
    );
    on_backend!(conn => diesel::insert_into(audit_log::table).values(values).execute(conn)).map(drop)
}

/// An actor as it is stored.
pub fn stored(actor: Actor) -> (&'static str, Option<i64>) {
    match actor {
        Actor::Account(id) => ("account", Some(id)),
        Actor::Key(id) => ("key", Some(id)),
        Actor::CommandLine => ("command_line", None),
        Actor::Nobody => ("nobody", None),
    }
}

/// The secret of this installation, made when it is first asked for. To be run in a write transaction.
pub fn secret(conn: &mut Conn, now: Moment) -> QueryResult<Vec<u8>> {
    let mut fresh = [0_u8; 32];
    getrandom::fill(&mut fresh).expect("the system has randomness");
    let values = (installation::id.eq(1), installation::secret.eq(&fresh[..]), installation::created_at.eq(now));
    on_backend!(conn => diesel::insert_into(installation::table)
        .values(values)
        .on_conflict(installation::id)
        .do_nothing()
        .execute(conn))?;
    on_backend!(conn => installation::table.find(1).select(installation::secret).get_result(conn))
}
