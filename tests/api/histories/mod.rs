//! Random histories of one participant: several clients, retries, reordered requests and lost answers, the clock and
//! restarts, against a plain model of the contract.

mod merging;
mod model;
mod request;
mod world;

use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use rocket::tokio::{runtime::Handle, task::block_in_place};

use self::{
    merging::{Step, Tabs, step},
    world::World,
};
use crate::support::Service;

on_both_databases![every_history_is_as_the_model_tells_it, clients_that_merge_lose_no_edit];

/// How many histories are tried.
const HISTORIES: u32 = 34;

/// Something that happens.
#[derive(Debug, Clone)]
enum Event {
    Write {
        client: usize,
        kind: Kind,
        guard: Guard,
        key: Key,
        fate: Fate,
    },
    /// One of the last requests comes, for the first time or once more.
    Again {
        which: Index,
        is_lost: bool,
    },
    Read {
        client: usize,
        by_id: bool,
    },
    Pass {
        days: i64,
        purge: bool,
    },
    Restart,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Save,
    /// Without data.
    Turn,
    Put,
    Set,
    Remove,
    PatchNothing,
    Discard,
    DiscardDraft,
    Submit(&'static str),
    SubmitDraft(&'static str),
}

#[derive(Debug, Clone, Copy)]
enum Guard {
    None,
    Seen,
    SeenOrOp,
    Any,
}

#[derive(Debug, Clone, Copy)]
enum Key {
    None,
    New,
    /// A client that does not do as it should.
    Last,
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Answered,
    AnswerLost,
    Delayed,
}

fn event() -> impl Strategy<Value = Event> {
    let kind = prop_oneof![
        9 => Just(Kind::Save), 2 => Just(Kind::Turn), 7 => Just(Kind::Put), 10 => Just(Kind::Set),
        3 => Just(Kind::Remove), 3 => Just(Kind::PatchNothing), 1 => Just(Kind::Discard), 1 => Just(Kind::DiscardDraft),
        1 => prop_oneof![Just("[100]"), Just("[101]")].prop_map(Kind::Submit),
        1 => Just("[100]").prop_map(Kind::SubmitDraft)
    ];
    let guard =
        prop_oneof![3 => Just(Guard::None), 4 => Just(Guard::Seen), 4 => Just(Guard::SeenOrOp), 1 => Just(Guard::Any)];
    let fate = prop_oneof![4 => Just(Fate::Answered), 2 => Just(Fate::AnswerLost), 2 => Just(Fate::Delayed)];
    let key = prop_oneof![6 => Just(Key::New), 3 => Just(Key::None), 1 => Just(Key::Last)];
    let write = (0..3_usize, kind, guard, key, fate).prop_map(|(client, kind, guard, key, fate)| Event::Write {
        client,
        kind,
        guard,
        key,
        fate,
    });
    // A draft lives for 30 days, and is remembered for 7 more.
    let days = prop_oneof![Just(1_i64), Just(8), Just(29), Just(30)];
    prop_oneof![
        12 => write,
        9 => (any::<Index>(), any::<bool>()).prop_map(|(which, is_lost)| Event::Again { which, is_lost }),
        3 => (0..3_usize, any::<bool>()).prop_map(|(client, by_id)| Event::Read { client, by_id }),
        2 => (days, any::<bool>()).prop_map(|(days, purge)| Event::Pass { days, purge }),
        1 => Just(Event::Restart),
    ]
}

/// Tries these histories, and shows the shortest of those that fail.
fn for_every<S: Strategy>(histories: u32, history: S, mut check: impl AsyncFnMut(S::Value) -> Result<(), String>) {
    let config = Config { cases: histories, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let check = std::cell::RefCell::new(&mut check);
    let tried = TestRunner::new_with_rng(config, rng).run(&history, |history| {
        let mut check = check.borrow_mut();
        let checked = block_in_place(|| Handle::current().block_on(check(history)));
        checked.map_err(TestCaseError::fail)
    });
    if let Err(failure) = tried {
        panic!("{failure}");
    }
}

async fn every_history_is_as_the_model_tells_it(service: &Service<'_>) {
    let mut number = 0;
    for_every(HISTORIES, (any::<bool>(), prop::collection::vec(event(), 5..40)), async |(has_begun, events)| {
        number += 1;
        let mut world = World::new(service, format!("p{number}@example.com"));
        if has_begun {
            world.begin().await?;
        }
        for event in events {
            world.take(event).await?;
        }
        Ok(())
    });
    assert_eq!(service.database.number("SELECT count(*) - count(DISTINCT email) AS value FROM form_progress"), 0);
}

/// For clients that always insist on a version, and merge when they are refused.
async fn clients_that_merge_lose_no_edit(service: &Service<'_>) {
    let mut number = 0;
    for_every(HISTORIES / 2, prop::collection::vec(step(), 5..40), async |steps: Vec<Step>| {
        number += 1;
        let mut tabs = Tabs::open(service, format!("p{number}@example.com")).await;
        for step in steps {
            tabs.take(step).await?;
        }
        tabs.finish().await
    });
}
