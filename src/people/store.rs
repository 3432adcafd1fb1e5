//! All queries about people.

use std::collections::{HashMap, HashSet};

use diesel::{prelude::*, result::Error};
use serde_json::value::RawValue;

use super::{Erased, Person, PersonAnswer, PersonAudit, PersonDraft, PersonEvent, PersonSubmission, rules::last_event};
use crate::{
    audit::{self, Entry, People, Subject},
    clock::Moment,
    companies::{CompanyId, GuestCode},
    db::{
        Conn, lock_drafts, lock_pairs,
        schema::{answers, ended_drafts, idempotency_keys, previous_states, progress_events, submissions, surveys},
        snapshot,
    },
    email::Email,
    on_backend,
    progress::{self, DraftId, Head, Pair, Screen, previous_api::StateView, retries::KeyDigest, rules::is_alive},
    record,
    surveys::SurveyId,
};

/// A submission, as far as it is needed to find what else there is.
struct Submitted {
    id: i64,
    draft_id: Option<DraftId>,
}

/// Where there is something of a person.
struct Traces {
    heads: Vec<Head>,
    submissions: Vec<Submitted>,
    /// Names under which the keys of their discards by email are remembered.
    discards: Vec<DraftId>,
}

impl Traces {
    fn of(conn: &mut Conn, email: &Email) -> QueryResult<Self> {
        let surveys = all_surveys(conn)?;
        Ok(Self {
            heads: progress::store::heads(conn, &[email.as_str()])?,
            submissions: submitted(conn, email)?,
            discards: discards(conn, email, &surveys)?,
        })
    }

    /// The ids of the drafts that there are.
    fn drafts(&self) -> Vec<DraftId> {
        self.heads.iter().map(|head| head.draft_id).collect()
    }

    /// The ids of the drafts that have ended, under which something is remembered.
    fn ended(&self) -> Vec<DraftId> {
        self.submissions
            .iter()
            .filter_map(|submission| submission.draft_id)
            .chain(self.discards.iter().copied())
            .collect()
    }

    fn submission_ids(&self) -> Vec<i64> {
        self.submissions.iter().map(|submission| submission.id).collect()
    }

    fn counted(&self, conn: &mut Conn, now: Moment) -> QueryResult<Erased> {
        let drafts = self.drafts();
        let with_keys: Vec<DraftId> = drafts.iter().copied().chain(self.ended()).collect();
        let alive = self.heads.iter().filter(|head| is_alive(head, now)).count();
        let states = previous_states::table.filter(previous_states::draft_id.eq_any(&drafts)).count();
        let given = answers::table.filter(answers::submission_id.eq_any(self.submission_ids())).count();
        let keys = idempotency_keys::table.filter(idempotency_keys::draft_id.eq_any(&with_keys)).count();
        let count = |number: i64| usize::try_from(number).unwrap_or_default();
        Ok(Erased {
            drafts: alive,
            expired_drafts: self.heads.len() - alive,
            previous_states: count(on_backend!(conn => states.get_result(conn))?),
            submissions: self.submissions.len(),
            answers: count(on_backend!(conn => given.get_result(conn))?),
            idempotency_keys: count(on_backend!(conn => keys.get_result(conn))?),
        })
    }
}

fn all_surveys(conn: &mut Conn) -> QueryResult<Vec<i64>> {
    on_backend!(conn => surveys::table.select(surveys::id).load(conn))
}

fn submitted(conn: &mut Conn, email: &Email) -> QueryResult<Vec<Submitted>> {
    let query = submissions::table
        .filter(submissions::email.eq(email.as_str()))
        .order(submissions::id)
        .select((submissions::id, submissions::draft_id));
    let rows: Vec<(i64, Option<DraftId>)> = on_backend!(conn => query.load(conn))?;
    Ok(rows.into_iter().map(|(id, draft_id)| Submitted { id, draft_id }).collect())
}

/// The keys of discards by email are remembered under names that are made of the email. Whoever knows it could find them
/// out; so they are found here in the same way, among those of all discards of the last days.
fn discards(conn: &mut Conn, email: &Email, surveys: &[i64]) -> QueryResult<Vec<DraftId>> {
    // One query after the other: together, PostgreSQL's planner might go through the keys of all drafts.
    let query = ended_drafts::table.filter(ended_drafts::ending.eq("discarded")).select(ended_drafts::draft_id);
    let discarded: Vec<DraftId> = on_backend!(conn => query.load(conn))?;
    let pairs: Vec<Pair> = surveys.iter().map(|id| Pair { email: email.clone(), survey_id: SurveyId(*id) }).collect();
    let is_theirs = |id: DraftId, key: KeyDigest| pairs.iter().any(|pair| DraftId::of_discard(pair, key) == id);
    let mut theirs = Vec::new();
    for some in discarded.chunks(1000) {
        let query = idempotency_keys::table
            .filter(idempotency_keys::draft_id.eq_any(some))
            .select((idempotency_keys::draft_id, idempotency_keys::key_digest));
        let keys: Vec<(DraftId, Vec<u8>)> = on_backend!(conn => query.load(conn))?;
        theirs.extend(keys.into_iter().filter_map(|(id, key)| {
            let key = KeyDigest(key.try_into().ok()?);
            is_theirs(id, key).then_some(id)
        }));
    }
    Ok(theirs)
}

/// What an erasure would take now.
pub fn count(conn: &mut Conn, email: &Email, now: Moment) -> QueryResult<Erased> {
    Traces::of(conn, email)?.counted(conn, now)
}

/// Erases everything that is held about a person, and tells what that was, here and in the audit log. To be run in a write
/// transaction.
///
/// PostgreSQL: with the locks of a save, in the same order, of all their drafts and of their pairs with all surveys. No
/// save of theirs slips in between; what comes later begins anew.
pub fn erase(conn: &mut Conn, email: &Email, entry: Entry, now: Moment) -> QueryResult<Erased> {
    let surveys = all_surveys(conn)?;
    let before = Traces::of(conn, email)?;
    let ids: Vec<DraftId> = before.drafts().into_iter().chain(before.ended()).collect();
    lock_drafts(conn, &ids)?;
    lock_pairs(conn, surveys.iter().map(|survey| (email.as_str(), *survey)))?;

    // Under the locks: somebody may have saved since, and whoever waits for a lock now finds nothing of this any more.
    let traces = Traces::of(conn, email)?;
    let erased = traces.counted(conn, now)?;
    let (drafts, ended) = (traces.drafts(), traces.ended());
    let events: Vec<record::Event> = traces.heads.iter().map(|head| last_event(head, now)).collect();
    progress::store::forget_keys(conn, &[&drafts[..], &ended[..]].concat())?;
    // Their earlier states go with them.
    progress::store::delete(conn, &drafts)?;
    // So do the answers.
    let gone = submissions::table.filter(submissions::id.eq_any(traces.submission_ids()));
    on_backend!(conn => diesel::delete(gone).execute(conn))?;
    progress::store::end(conn, &HashMap::new(), &ended)?;
    record::store::add(conn, &events)?;
    audit::store::add(conn, &entry.detail(erased.to_string()))?;
    Ok(erased)
}

/// Everything that is held about a person, as it is at one moment.
pub fn read(conn: &mut Conn, email: &Email, people: &People, now: Moment) -> QueryResult<Person> {
    snapshot(conn, |conn| person(conn, email, people, now))
}

fn person(conn: &mut Conn, email: &Email, people: &People, now: Moment) -> QueryResult<Person> {
    let heads = progress::store::heads(conn, &[email.as_str()])?;
    let (alive, expired): (Vec<Head>, Vec<Head>) = heads.into_iter().partition(|head| is_alive(head, now));
    let ids: Vec<DraftId> = alive.iter().map(|head| head.draft_id).collect();
    let mut contents = progress::store::contents(conn, &ids)?;
    let mut earlier = progress::store::previous_of(conn, &ids)?;
    let submitted = submission_rows(conn, email)?;
    let ended: Vec<DraftId> = submitted.iter().filter_map(|row| row.5).collect();
    let mut events = events(conn, &[&ids[..], &ended[..]].concat())?;
    let mut answers = answers_of(conn, &submitted.iter().map(|row| row.0).collect::<Vec<_>>())?;
    let subjects = ids.iter().chain(&ended).copied().collect::<HashSet<_>>().into_iter().map(Subject::from);
    let subjects = subjects.chain(submitted.iter().map(|row| Subject::one("submission", row.0)));
    let subjects: Vec<Subject> = subjects.chain([people.subject(email)]).collect();

    let mut drafts = Vec::new();
    for head in alive {
        let id = head.draft_id;
        let Some(content) = contents.remove(&id) else { continue };
        drafts.push(PersonDraft {
            draft_id: id,
            survey_id: head.survey_id,
            company_id: head.company_id,
            guest_code: head.guest_code.as_ref().map(GuestCode::to_string),
            current_screen: head.current_screen,
            furthest_screen: head.furthest_screen,
            version: head.version,
            fingerprint: head.fingerprint.or(head.survey_fingerprint),
            created_at: head.created_at,
            updated_at: head.updated_at,
            expires_at: head.expires_at,
            data: content.data,
            meta: content.meta,
            previous_states: earlier.remove(&id).unwrap_or_default().into_iter().map(StateView::from).collect(),
            events: events.remove(&id).unwrap_or_default(),
        });
    }
    let submissions = submitted.into_iter().map(|(id, survey_id, company_id, submitted_at, participant, draft_id)| {
        Ok(PersonSubmission {
            submission_id: id,
            survey_id: SurveyId(survey_id),
            company_id: company_id.map(CompanyId),
            submitted_at,
            participant: participant.map(json).transpose()?,
            answers: answers.remove(&id).unwrap_or_default(),
            events: draft_id.and_then(|id| events.remove(&id)).unwrap_or_default(),
        })
    });
    let submissions = submissions.collect::<QueryResult<_>>()?;
    let audit = audit::store::about(conn, &subjects)?.into_iter().map(|entry| PersonAudit {
        at: entry.at,
        actor: audit::store::stored(entry.actor).0.to_owned(),
        action: entry.action,
        subject: entry.subject,
    });
    let audit = audit.collect();
    let email = email.as_str().to_owned();
    Ok(Person { email, exported_at: now, drafts, expired_drafts: expired.len(), submissions, audit })
}

fn json(text: String) -> QueryResult<Box<RawValue>> {
    RawValue::from_string(text).map_err(|error| Error::DeserializationError(error.into()))
}

type SubmissionRow = (i64, i64, Option<i64>, Moment, Option<String>, Option<DraftId>);

fn submission_rows(conn: &mut Conn, email: &Email) -> QueryResult<Vec<SubmissionRow>> {
    let query = submissions::table.filter(submissions::email.eq(email.as_str())).order(submissions::id).select((
        submissions::id,
        submissions::survey_id,
        submissions::company_id,
        submissions::submitted_at,
        submissions::participant,
        submissions::draft_id,
    ));
    on_backend!(conn => query.load(conn))
}

fn answers_of(conn: &mut Conn, submissions: &[i64]) -> QueryResult<HashMap<i64, Vec<PersonAnswer>>> {
    let query = answers::table
        .filter(answers::submission_id.eq_any(submissions))
        .order((answers::submission_id, answers::position))
        .select((answers::submission_id, answers::question, answers::value));
    let rows: Vec<(i64, String, String)> = on_backend!(conn => query.load(conn))?;
    let mut found: HashMap<i64, Vec<PersonAnswer>> = HashMap::new();
    for (id, question, value) in rows {
        found.entry(id).or_default().push(PersonAnswer { question, value: json(value)? });
    }
    Ok(found)
}

fn events(conn: &mut Conn, drafts: &[DraftId]) -> QueryResult<HashMap<DraftId, Vec<PersonEvent>>> {
    let query =
        progress_events::table.filter(progress_events::draft_id.eq_any(drafts)).order(progress_events::id).select((
            progress_events::draft_id,
            progress_events::at,
            progress_events::kind,
            progress_events::company_id,
            progress_events::screen,
        ));
    type Row = (DraftId, Moment, String, Option<i64>, Option<i32>);
    let rows: Vec<Row> = on_backend!(conn => query.load(conn))?;
    let mut found: HashMap<DraftId, Vec<PersonEvent>> = HashMap::new();
    for (id, at, kind, company_id, screen) in rows {
        let event = PersonEvent { at, kind, company_id: company_id.map(CompanyId), screen: screen.map(Screen) };
        found.entry(id).or_default().push(event);
    }
    Ok(found)
}
