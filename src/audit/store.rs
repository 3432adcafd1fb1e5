//! All queries about the audit log.

use diesel::{prelude::*, result::Error};

use super::{Action, ByActor, Entry, Filter, Recorded, Subject};
use crate::{
    access::Actor,
    clock::Moment,
    companies::CompanyId,
    db::{
        Conn, QueryRows,
        schema::{audit_log, installation},
    },
    on_backend,
    surveys::SurveyId,
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

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log)]
struct Row {
    id: i64,
    at: Moment,
    actor: String,
    actor_id: Option<i64>,
    action: String,
    subject: String,
    survey_id: Option<i64>,
    company_id: Option<i64>,
    outcome: String,
    detail: String,
    address: String,
    request_id: String,
}

impl Row {
    fn read(self) -> QueryResult<Recorded> {
        let actor = match (self.actor.as_str(), self.actor_id) {
            ("account", Some(id)) => Actor::Account(id),
            ("key", Some(id)) => Actor::Key(id),
            ("command_line", _) => Actor::CommandLine,
            _ => Actor::Nobody,
        };
        Ok(Recorded {
            id: self.id,
            at: self.at,
            actor,
            action: self.action,
            subject: self.subject,
            survey_id: self.survey_id.map(SurveyId),
            company_id: self.company_id.map(CompanyId),
            outcome: self.outcome.parse().map_err(|error: &str| Error::DeserializationError(error.into()))?,
            detail: self.detail,
            address: self.address,
            request_id: self.request_id,
        })
    }
}

/// The query for the entries of a filter, for either database.
macro_rules! matching {
    ($filter:expr) => {{
        let filter: &Filter = $filter;
        let mut query = audit_log::table.select(Row::as_select()).into_boxed();
        if let Some(ByActor { kind, id }) = filter.actor {
            query = query.filter(audit_log::actor.eq(kind));
            if let Some(id) = id {
                query = query.filter(audit_log::actor_id.eq(id));
            }
        }
        if let Some(Action(action)) = &filter.action {
            query = match action.contains('.') {
                true => query.filter(audit_log::action.eq(action)),
                false => query.filter(audit_log::action.like(format!("{}.%", action.replace('_', "\\_"))).escape('\\')),
            };
        }
        if let Some(Subject(subject)) = &filter.subject {
            query = query.filter(audit_log::subject.eq(subject));
        }
        if let Some(SurveyId(id)) = filter.survey_id {
            query = query.filter(audit_log::survey_id.eq(id));
        }
        if let Some(CompanyId(id)) = filter.company_id {
            query = query.filter(audit_log::company_id.eq(id));
        }
        if let Some(outcome) = filter.outcome {
            query = query.filter(audit_log::outcome.eq(outcome.as_str()));
        }
        if let Some(from) = filter.from {
            query = query.filter(audit_log::at.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(audit_log::at.lt(to));
        }
        query
    }};
}

/// Entries before this one, the newest first.
pub fn list(conn: &mut Conn, filter: &Filter, before: Option<i64>, limit: i64) -> QueryResult<Vec<Recorded>> {
    let rows: Vec<Row> = on_backend!(conn => {
        let mut query = matching!(filter).order(audit_log::id.desc()).limit(limit);
        if let Some(before) = before {
            query = query.filter(audit_log::id.lt(before));
        }
        query.load(conn)
    })?;
    rows.into_iter().map(Row::read).collect()
}

/// Entries after this one, the oldest first, each with its id.
pub fn chunk(conn: &mut Conn, filter: &Filter, after: i64, limit: i64) -> QueryRows<Recorded> {
    let rows: Vec<Row> = on_backend!(conn => {
        matching!(filter).filter(audit_log::id.gt(after)).order(audit_log::id).limit(limit).load(conn)
    })?;
    rows.into_iter().map(|row| Ok((row.id, row.read()?))).collect()
}

/// All entries about these subjects, the oldest first.
pub fn about(conn: &mut Conn, subjects: &[Subject]) -> QueryResult<Vec<Recorded>> {
    let subjects: Vec<&str> = subjects.iter().map(|subject| subject.0.as_str()).collect();
    let query = audit_log::table.filter(audit_log::subject.eq_any(subjects)).order(audit_log::id);
    let rows: Vec<Row> = on_backend!(conn => query.select(Row::as_select()).load(conn))?;
    rows.into_iter().map(Row::read).collect()
}

/// Forgets up to `limit` of the oldest entries, as far as they are from before this moment. Tells how many.
///
/// Ids go with the time, near enough: an entry that is out of its order keeps those behind it for a little longer.
pub fn forget_old(conn: &mut Conn, until: Moment, limit: i64) -> QueryResult<usize> {
    let query = audit_log::table.order(audit_log::id).limit(limit).select((audit_log::id, audit_log::at));
    let oldest: Vec<(i64, Moment)> = on_backend!(conn => query.load(conn))?;
    let Some((last, _)) = oldest.into_iter().take_while(|(_, at)| *at < until).last() else { return Ok(0) };
    let old = audit_log::table.filter(audit_log::id.le(last));
    on_backend!(conn => diesel::delete(old).execute(conn))
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
