//! A group of commands in one transaction: load what they concern, decide each in order, store the outcome.

use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

use diesel::QueryResult;

use super::{
    Content, DraftId, Head, Pair, Version,
    retries::KeyDigest,
    rules::Refusal,
    store,
    world::{Answered, DraftState, World},
    writer::Failure,
    writes::{Act, Target, Write},
};
use crate::{
    audit,
    clock::{Clock, Moment},
    companies::{self, GuestCode},
    db::{Conn, lock_drafts, lock_pairs, write},
    email::Email,
    record, submissions,
    surveys::{self, SurveyId},
};

/// Something that the writer can do.
pub trait Command: Send + 'static {
    /// What whoever asked is told when it was done.
    type Outcome: Send + 'static;

    /// Names what has to be loaded before it can be decided.
    fn needs(&self, needs: &mut Needs);

    /// The draft whose content it cannot do without, if any.
    fn content_needed(&self, _world: &World, _now: Moment) -> Option<DraftId> {
        None
    }

    /// Decides it, and notes in the world what is to be stored.
    fn decide(&self, world: &mut World, now: Moment) -> Result<Self::Outcome, Refusal>;

    /// Whether it may be done again when nobody knows whether it was done. A command that says what is to be, and not
    /// what to add, may.
    fn is_repeatable(&self) -> bool;
}

/// What a group has to load.
#[derive(Default)]
pub struct Needs {
    /// Drafts by participant, with their submissions and surveys.
    pub pairs: HashSet<Pair>,
    /// Drafts by id.
    pub drafts: HashSet<DraftId>,
    /// Drafts that may begin under these ids, and the surveys that they would be in.
    pub beginnings: HashSet<(DraftId, SurveyId)>,
    /// Emails that drafts may be given.
    pub claims: Vec<(DraftId, Email)>,
    /// Companies.
    pub codes: HashSet<GuestCode>,
    /// What is remembered of keys.
    pub keys: HashSet<KeyDigest>,
    /// Ids under which keys are remembered beside those of drafts.
    pub scopes: Vec<DraftId>,
    /// States that may be restored.
    pub previous: Vec<(DraftId, Version)>,
    /// A proof that the database takes writes.
    pub proof: bool,
}

/// A command with a place for its outcome, so that commands of all kinds form one group.
pub trait Job: Send {
    /// See [`Command::needs`].
    fn needs(&self, needs: &mut Needs);
    /// See [`Command::content_needed`].
    fn content_needed(&self, world: &World, now: Moment) -> Option<DraftId>;
    /// Decides the command and keeps its outcome. May be called again when a transaction failed.
    fn decide(&mut self, world: &mut World, now: Moment);
    /// See [`Command::is_repeatable`].
    fn is_repeatable(&self) -> bool;
    /// Tells whoever waits for it how it ended: with its outcome if its group was stored.
    fn answer(self: Box<Self>, settled: Result<(), Failure>);
}

/// Runs a group: all of it is committed, or nothing. `committing` is set once only the commit is left to
/// fail: to when that was.
pub fn run(
    conn: &mut Conn,
    jobs: &mut [Box<dyn Job>],
    clock: &Clock,
    ended_days: u32,
    committing: &mut Option<Instant>,
) -> QueryResult<()> {
    let mut needs = Needs::default();
    jobs.iter().for_each(|job| job.needs(&mut needs));
    write(conn, |conn| {
        let mut world = load(conn, &mut needs, ended_days)?;
        // The moment is taken under the lock, so that it never runs backwards from one version to the next.
        let now = clock.now();
        let wanted: Vec<DraftId> = jobs.iter().filter_map(|job| job.content_needed(&world, now)).collect();
        if !wanted.is_empty() {
            load_contents(conn, &mut world, &wanted)?;
        }
        jobs.iter_mut().for_each(|job| job.decide(&mut world, now));
        save(conn, world, now)?;
        if needs.proof {
            store::prove(conn, now)?;
        }
        *committing = Some(Instant::now());
        Ok(())
    })
}

/// Carries out one write as of a moment in the past, in a transaction that the caller has begun: for the making of a history. It must
/// be later than what it concerns.
pub fn replay(conn: &mut Conn, write: &Write, at: Moment) -> QueryResult<Result<Answered, Refusal>> {
    let mut needs = Needs::default();
    write.needs(&mut needs);
    let mut world = load(conn, &mut needs, 1)?;
    if let Some(wanted) = write.content_needed(&world, at) {
        load_contents(conn, &mut world, &[wanted])?;
    }
    let answered = write.decide(&mut world, at);
    save(conn, world, at)?;
    Ok(answered)
}

fn load(conn: &mut Conn, needs: &mut Needs, ended_days: u32) -> QueryResult<World> {
    let mut world = World { ended_days, ..Default::default() };
    if needs.pairs.is_empty() && needs.drafts.is_empty() {
        return Ok(world);
    }
    let unowned = if needs.drafts.is_empty() { Vec::new() } else { find_owners(conn, needs, &mut world)? };
    lock_pairs(conn, needs.pairs.iter().map(|pair| (pair.email.as_str(), pair.survey_id.0)))?;

    let emails: Vec<&str> =
        needs.pairs.iter().map(|pair| pair.email.as_str()).collect::<HashSet<_>>().into_iter().collect();
    let surveys: Vec<i64> =
        needs.pairs.iter().map(|pair| pair.survey_id.0).collect::<HashSet<_>>().into_iter().collect();
    // One email may take part in several surveys: rows of pairs that nobody asked for are let go.
    for head in store::heads(conn, &emails)? {
        let Some(email) = head.email.clone() else { continue };
        let pair = Pair { email, survey_id: head.survey_id };
        if needs.pairs.contains(&pair) {
            world.draft_of.insert(pair, head.draft_id);
            add(&mut world, head);
        }
    }
    for head in store::heads_by_id(conn, &unowned)? {
        add(&mut world, head);
    }
    for (pair, receipt) in submissions::store::receipts(conn, &emails)? {
        if needs.pairs.contains(&pair) {
            if let Some(id) = receipt.draft_id {
                world.submitter_of.insert(id, pair.clone());
            }
            world.receipts.insert(pair, receipt);
        }
    }
    let of_drafts = world.drafts.values().flat_map(|state| &state.head).map(|head| head.survey_id.0);
    let surveys: HashSet<i64> = of_drafts.chain(surveys).chain(needs.beginnings.iter().map(|(_, id)| id.0)).collect();
    world.terms = surveys::store::terms(conn, &surveys.into_iter().collect::<Vec<_>>())?;
    if !needs.codes.is_empty() {
        let codes: Vec<&str> = needs.codes.iter().map(GuestCode::as_str).collect();
        world.companies = companies::store::by_codes(conn, &codes)?;
    }
    load_memory(conn, needs, &mut world)?;
    Ok(world)
}

/// Finds whose drafts the ids name, so that their pairs are locked and loaded; gives the ids of those that are nobody's.
///
/// The ids are locked first, and only then all pairs: every group takes its locks in that order. Nobody else gives a
/// draft an email while its id is locked, so that the owners found here stay the right ones.
fn find_owners(conn: &mut Conn, needs: &mut Needs, world: &mut World) -> QueryResult<Vec<DraftId>> {
    let ids: Vec<DraftId> = needs.drafts.iter().copied().collect();
    lock_drafts(conn, &ids)?;
    let found: HashMap<DraftId, (Option<Email>, SurveyId)> = store::owners(conn, &ids)?;
    for (email, survey_id) in found.values() {
        needs.pairs.extend(email.clone().map(|email| Pair { email, survey_id: *survey_id }));
    }
    // A draft may be claimed on the heels of its first save.
    for (id, email) in &needs.claims {
        let stored = found.get(id).map(|(_, survey_id)| *survey_id);
        let begun = needs.beginnings.iter().filter(|(begun, _)| begun == id).map(|(_, survey_id)| *survey_id);
        needs.pairs.extend(stored.into_iter().chain(begun).map(|survey_id| Pair { email: email.clone(), survey_id }));
    }
    let lost: Vec<DraftId> = ids.iter().filter(|id| !found.contains_key(id)).copied().collect();
    if !lost.is_empty() {
        for (id, pair) in submissions::store::submitters(conn, &lost)? {
            needs.pairs.insert(pair.clone());
            world.submitter_of.insert(id, pair);
        }
    }
    Ok(found.into_iter().filter(|(_, (email, _))| email.is_none()).map(|(id, _)| id).collect())
}

fn add(world: &mut World, head: Head) {
    let state = DraftState { is_stored: true, head: Some(head.clone()), ..Default::default() };
    world.drafts.insert(head.draft_id, state);
}

/// What is remembered: of drafts that are no more, of keys, of states that may be restored.
fn load_memory(conn: &mut Conn, needs: &Needs, world: &mut World) -> QueryResult<()> {
    let lost: Vec<DraftId> = needs.drafts.iter().filter(|id| !world.drafts.contains_key(id)).copied().collect();
    if !lost.is_empty() {
        world.endings = store::endings(conn, &lost)?;
    }
    if !needs.keys.is_empty() {
        let submitted = world.receipts.values().filter_map(|receipt| receipt.draft_id);
        let ids: HashSet<DraftId> =
            world.drafts.keys().chain(&lost).chain(&needs.scopes).copied().chain(submitted).collect();
        let keys: Vec<KeyDigest> = needs.keys.iter().copied().collect();
        world.remembered = store::remembered(conn, &ids.into_iter().collect::<Vec<_>>(), &keys)?;
    }
    for (id, version) in &needs.previous {
        if let Some(previous) = store::previous_at(conn, *id, *version)? {
            world.previous.insert((*id, *version), previous);
        }
    }
    Ok(())
}

fn load_contents(conn: &mut Conn, world: &mut World, wanted: &[DraftId]) -> QueryResult<()> {
    for (id, content) in store::contents(conn, wanted)? {
        if let Some(state) = world.drafts.get_mut(&id) {
            state.content = Some(content);
        }
    }
    Ok(())
}

fn save(conn: &mut Conn, world: World, now: Moment) -> QueryResult<()> {
    let mut claimed: Vec<(DraftId, &Email)> = Vec::new();
    let mut updated: Vec<(&Head, &Content)> = Vec::new();
    let mut added: Vec<(&Head, &Content)> = Vec::new();
    for state in world.drafts.values().filter(|state| state.is_changed) {
        let (Some(head), Some(content)) = (&state.head, &state.content) else { continue };
        let is_there = state.is_stored && !state.is_restarted;
        if let (true, true, Some(email)) = (is_there, state.is_claimed, &head.email) {
            claimed.push((head.draft_id, email));
        }
        if is_there { &mut updated } else { &mut added }.push((head, content));
    }
    let additions = &world.additions;
    let gone = world.gone();
    let forgotten: Vec<DraftId> = gone.iter().chain(&additions.ended).copied().collect();
    store::forget_keys(conn, &forgotten)?;
    store::delete(conn, &gone)?;
    store::claim(conn, &claimed)?;
    store::update(conn, &updated)?;
    store::insert(conn, &added)?;
    submissions::store::forget_drafts(conn, &additions.revived)?;
    store::end(conn, &additions.endings, &additions.revived)?;
    store::remember(conn, &additions.keys, now)?;
    store::keep_previous(conn, &additions.previous)?;
    submissions::store::insert(conn, &additions.submissions)?;
    record::store::add(conn, &additions.events)?;
    additions.audit.iter().try_for_each(|entry| audit::store::add(conn, entry))
}

impl Command for Write {
    type Outcome = Answered;

    fn needs(&self, needs: &mut Needs) {
        match &self.target {
            Target::Pair(pair) => drop(needs.pairs.insert(pair.clone())),
            Target::Draft(id) => drop(needs.drafts.insert(*id)),
        }
        needs.keys.extend(self.keys());
        needs.scopes.extend(self.discard_scope());
        match (&self.act, &self.target) {
            (Act::Save(save), target) => {
                needs.codes.extend(save.change.guest_code.clone());
                if let (Target::Draft(_), Some(email)) = (target, save.change.email.clone()) {
                    needs.pairs.insert(Pair { email, survey_id: save.survey_id });
                }
                let id = if let Target::Draft(id) = target { *id } else { save.new_id };
                needs.beginnings.insert((id, save.survey_id));
            }
            (Act::Patch(patch), Target::Draft(id)) => {
                needs.codes.extend(patch.change.guest_code.clone());
                needs.claims.extend(patch.change.email.clone().map(|email| (*id, email)));
            }
            (Act::Restore(version), Target::Draft(id)) => needs.previous.push((*id, *version)),
            (Act::Submit(submit), _) => needs.codes.extend(submit.guest_code.clone()),
            (Act::Patch(_) | Act::Restore(_) | Act::Extend(_) | Act::Discard, _) => {}
        }
    }

    fn content_needed(&self, world: &World, now: Moment) -> Option<DraftId> {
        world.content_needed(self, now)
    }

    fn decide(&self, world: &mut World, now: Moment) -> Result<Self::Outcome, Refusal> {
        world.decide(self, now)
    }

    fn is_repeatable(&self) -> bool {
        let is_create = matches!(&self.act, Act::Save(save) if save.way == super::writes::Way::Create);
        self.key.is_some() || !(self.conditions.any() || is_create)
    }
}

/// Writes something, to prove that the service can.
pub struct Prove;

impl Command for Prove {
    type Outcome = ();

    fn needs(&self, needs: &mut Needs) {
        needs.proof = true;
    }

    fn decide(&self, _world: &mut World, _now: Moment) -> Result<(), Refusal> {
        Ok(())
    }

    fn is_repeatable(&self) -> bool {
        true
    }
}
