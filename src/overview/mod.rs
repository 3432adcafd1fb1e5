//! The overview: what is going on, what ends soon and what has changed, gathered from the record, the drafts and the audit log.
//!
//! It shows no participant, only the references of drafts: opening it leaves no entry in the audit log, which would drown in them.

pub mod changes;
pub mod pages;

use crate::{
    access::{Caller, Power},
    audit,
    clock::Span,
    db::Database,
    problem::Problem,
    progress::{self, search, store::NextToExpire},
    record::{self, activity::Activity, day::Day},
    surveys::{self, SurveyId, store::Summary},
};

/// So many surveys are shown.
const SURVEYS: usize = 12;

/// So many of the drafts that expire soon.
const DRAFTS: usize = 8;

/// So many of the last changes.
const CHANGES: usize = 10;

/// So many entries of the audit log are looked through for them.
const ENTRIES: i64 = 500;

/// Soon: so many days, and what is left of this one.
const SOON: i64 = 3;

/// The surveys in which something happened last, with what goes on in them.
pub struct Active {
    /// The last one first.
    pub surveys: Vec<(Summary, Activity)>,
    /// Whether there are others.
    pub has_more: bool,
}

/// The surveys in which something happened last.
pub async fn active(caller: &Caller, database: &Database) -> Result<Active, Problem> {
    let (ids, companies) = (caller.grant.surveys.ids(), caller.grant.companies.ids());
    let most = SURVEYS as i64 + 1;
    let found = database.read(move |conn| surveys::store::active(conn, ids.as_deref(), companies.as_deref(), most));
    let mut found = found.await?;
    let has_more = found.len() > SURVEYS;
    found.truncate(SURVEYS);
    let mut activities = record::admin::activity(caller, found.iter().map(|survey| survey.id), database).await?;
    let with_activity = |survey: Summary| {
        let activity = activities.take(SurveyId(survey.id))?;
        Some((survey, activity))
    };
    Ok(Active { surveys: found.into_iter().filter_map(with_activity).collect(), has_more })
}

/// The first day that is not soon any more.
pub fn not_soon(caller: &Caller) -> Day {
    Day(caller.now().days() + SOON + 1)
}

/// What expires soon is searched for, as in the list of drafts.
fn soon(caller: &Caller) -> search::Asked {
    let until = not_soon(caller).begins_at();
    search::Asked { expires: Span { from: None, to: Some(until) }, ..Default::default() }
}

/// The drafts that expire next; none for those who may not see drafts.
pub async fn expiring(caller: &Caller, database: &Database) -> Result<Option<NextToExpire>, Problem> {
    if !caller.grant.may(Power::ReadDrafts) {
        return Ok(None);
    }
    let (filter, now) = (soon(caller).within(&caller.grant), caller.now());
    let until = not_soon(caller).begins_at();
    let find = move |conn: &mut _| progress::store::next_to_expire(conn, &filter, until, DRAFTS, now);
    Ok(Some(database.read(find).await?))
}

/// What changed last, as far as the caller may know.
pub enum Changed {
    /// What somebody did.
    Entries {
        /// The changes, the last one first.
        entries: Vec<audit::Recorded>,
        /// Whether the whole log was looked through for them, and not only its last entries, most of which are looks.
        is_all: bool,
    },
    /// Surveys, for those who may not read the audit log.
    Surveys(Vec<Summary>),
}

/// What changed last.
pub async fn changed(caller: &Caller, database: &Database) -> Result<Changed, Problem> {
    let is_limited = caller.grant.companies.is_limited() || caller.grant.surveys.is_limited();
    if caller.grant.may(Power::Audit) && !is_limited {
        let filter = audit::Filter::default();
        let mut entries = database.read(move |conn| audit::store::list(conn, &filter, None, ENTRIES)).await?;
        let is_all = (entries.len() as i64) < ENTRIES;
        entries.retain(|entry| audit::words::became(entry).is_some());
        entries.truncate(CHANGES);
        return Ok(Changed::Entries { entries, is_all });
    }
    let ids = caller.grant.surveys.ids();
    let found = database.read(move |conn| surveys::store::changed_lately(conn, ids.as_deref(), CHANGES as i64)).await?;
    Ok(Changed::Surveys(found))
}
