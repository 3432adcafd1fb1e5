//! A group of commands in one transaction: load what they concern, decide each in order, store the outcome.

use std::collections::{HashMap, HashSet};

use diesel::QueryResult;

use super::{
    Content, DraftId, Head, Pair,
    rules::{self, Known, Refusal, Save, Saved},
    store,
    writer::Failure,
};
use crate::{
    clock::{Clock, Moment},
    companies::{self, CompanyId, GuestCode},
    db::{Conn, lock_keys, write},
    submissions::{self, NewSubmission, Receipt},
    surveys::{self, SurveyId, Terms},
};

/// Something that may be done to a participant's draft or submission.
pub trait Command: Send + 'static {
    /// What whoever asked is told when it was done.
    type Outcome: Send + 'static;

    /// Names what has to be loaded before it can be decided.
    fn needs(&self, needs: &mut Needs);

    /// The draft whose content it cannot do without, if any.
    fn content_needed(&self, _world: &World) -> Option<DraftId> {
        None
    }

    /// Decides it, with the rules, and notes in the world what is to be stored.
    fn decide(&self, world: &mut World, now: Moment) -> Result<Self::Outcome, Refusal>;
}

/// What a group has to load.
#[derive(Default)]
pub struct Needs {
    /// Drafts, submissions and surveys.
    pub pairs: HashSet<Pair>,
    /// Companies.
    pub codes: HashSet<GuestCode>,
    /// A proof that the database takes writes.
    pub proof: bool,
}

/// What is known of a participant in a survey, as loaded and as decided since.
#[derive(Default)]
pub struct Participation {
    /// The draft's row in the database, expired or not.
    pub stored: Option<DraftId>,
    /// The draft as it is after the commands so far.
    pub draft: Option<Head>,
    /// Its content, where a command brought or needed it.
    pub content: Option<Content>,
    /// Whether the draft's row has to be written.
    pub changed: bool,
    /// The submission, if there is one.
    pub receipt: Option<Receipt>,
    /// A submission that this group adds.
    pub submission: Option<NewSubmission>,
}

/// All that the commands of a group concern.
pub struct World {
    terms: HashMap<SurveyId, Terms>,
    companies: HashMap<GuestCode, CompanyId>,
    participations: HashMap<Pair, Participation>,
}

impl World {
    /// What the survey takes.
    pub fn terms(&self, survey_id: SurveyId) -> Option<&Terms> {
        self.terms.get(&survey_id)
    }

    /// The active company of a code.
    pub fn company(&self, code: Option<&GuestCode>) -> Option<CompanyId> {
        self.companies.get(code?).copied()
    }

    /// The participation of a pair that was named in the needs.
    pub fn participation(&mut self, pair: &Pair) -> &mut Participation {
        self.participations.entry(pair.clone()).or_default()
    }

    fn draft(&self, pair: &Pair) -> Option<&Head> {
        self.participations.get(pair)?.draft.as_ref()
    }
}

/// A command with a place for its outcome, so that commands of all kinds form one group.
pub trait Job: Send {
    /// See [`Command::needs`].
    fn needs(&self, needs: &mut Needs);
    /// See [`Command::content_needed`].
    fn content_needed(&self, world: &World) -> Option<DraftId>;
    /// Decides the command and keeps its outcome. May be called again when a transaction failed.
    fn decide(&mut self, world: &mut World, now: Moment);
    /// Tells whoever waits for it how it ended: with its outcome if its group was stored.
    fn answer(self: Box<Self>, settled: Result<(), Failure>);
}

/// Runs a group: all of it is committed, or nothing.
pub fn run(conn: &mut Conn, jobs: &mut [Box<dyn Job>], clock: &Clock) -> QueryResult<()> {
    let mut needs = Needs::default();
    jobs.iter().for_each(|job| job.needs(&mut needs));
    write(conn, |conn| {
        let mut world = load(conn, &needs)?;
        let wanted: Vec<DraftId> = jobs.iter().filter_map(|job| job.content_needed(&world)).collect();
        if !wanted.is_empty() {
            load_contents(conn, &mut world, &wanted)?;
        }
        // The moment is taken under the lock, so that it never runs backwards from one version to the next.
        let now = clock.now();
        jobs.iter_mut().for_each(|job| job.decide(&mut world, now));
        save(conn, world)?;
        match needs.proof {
            true => store::prove(conn, now),
            false => Ok(()),
        }
    })
}

fn load(conn: &mut Conn, needs: &Needs) -> QueryResult<World> {
    let mut world = World { terms: HashMap::new(), companies: HashMap::new(), participations: HashMap::new() };
    if needs.pairs.is_empty() {
        return Ok(world);
    }
    lock_keys(conn, needs.pairs.iter().map(|pair| (pair.email.as_str(), pair.survey_id.0)))?;
    let emails: Vec<&str> = needs.pairs.iter().map(|pair| pair.email.as_str()).collect();
    let surveys: Vec<i64> =
        needs.pairs.iter().map(|pair| pair.survey_id.0).collect::<HashSet<_>>().into_iter().collect();

    world.terms = surveys::store::terms(conn, &surveys)?;
    // One email may take part in several surveys: rows of pairs that nobody asked for are let go.
    for head in store::heads(conn, &emails, &surveys)? {
        let Some(email) = head.email.clone() else { continue };
        let pair = Pair { email, survey_id: head.survey_id };
        if needs.pairs.contains(&pair) {
            let stored = Some(head.draft_id);
            world.participations.insert(pair, Participation { stored, draft: Some(head), ..Default::default() });
        }
    }
    for (pair, receipt) in submissions::store::receipts(conn, &emails, &surveys)? {
        if needs.pairs.contains(&pair) {
            world.participation(&pair).receipt = Some(receipt);
        }
    }
    if !needs.codes.is_empty() {
        let codes: Vec<&str> = needs.codes.iter().map(GuestCode::as_str).collect();
        world.companies = companies::store::by_codes(conn, &codes)?;
    }
    Ok(world)
}

fn load_contents(conn: &mut Conn, world: &mut World, wanted: &[DraftId]) -> QueryResult<()> {
    let mut contents = store::contents(conn, wanted)?;
    for participation in world.participations.values_mut() {
        participation.content = participation.stored.and_then(|id| contents.remove(&id));
    }
    Ok(())
}

fn save(conn: &mut Conn, world: World) -> QueryResult<()> {
    let mut gone = Vec::new();
    let mut updated = Vec::new();
    let mut added = Vec::new();
    let mut submitted = Vec::new();
    for (pair, participation) in &world.participations {
        let draft_id = participation.draft.as_ref().map(|draft| draft.draft_id);
        gone.extend(participation.stored.filter(|stored| draft_id != Some(*stored)));
        if let (true, Some(head), Some(content)) = (participation.changed, &participation.draft, &participation.content)
        {
            let rows = if participation.stored == draft_id { &mut updated } else { &mut added };
            rows.push((head, content));
        }
        submitted.extend(participation.submission.as_ref().map(|submission| (pair, submission)));
    }
    store::delete(conn, &gone)?;
    store::update(conn, &updated)?;
    store::insert(conn, &added)?;
    submissions::store::insert(conn, &submitted)
}

impl Command for Save {
    type Outcome = Saved;

    fn needs(&self, needs: &mut Needs) {
        needs.pairs.insert(self.pair.clone());
        needs.codes.extend(self.guest_code.clone());
    }

    fn content_needed(&self, world: &World) -> Option<DraftId> {
        world.draft(&self.pair).filter(|head| self.keeps_content_of(head)).map(|head| head.draft_id)
    }

    fn decide(&self, world: &mut World, now: Moment) -> Result<Saved, Refusal> {
        let company = world.company(self.guest_code.as_ref());
        let terms = world.terms(self.pair.survey_id).copied();
        let participation = world.participation(&self.pair);
        let known = Known {
            terms: terms.as_ref(),
            submitted: participation.receipt.is_some(),
            draft: participation.draft.as_ref(),
            content: participation.content.as_ref(),
            company,
        };
        let saved = rules::save(self, &known, now)?;
        participation.draft = Some(saved.draft.head.clone());
        participation.content = Some(saved.draft.content.clone());
        participation.changed = true;
        Ok(saved)
    }
}

/// A participant's wish to have nothing saved any more. There may be nothing.
pub struct Discard(pub Pair);

impl Command for Discard {
    type Outcome = ();

    fn needs(&self, needs: &mut Needs) {
        needs.pairs.insert(self.0.clone());
    }

    fn decide(&self, world: &mut World, _now: Moment) -> Result<(), Refusal> {
        world.participation(&self.0).draft = None;
        Ok(())
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
}
