use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::DateTime;

use super::*;
use crate::clock::Clock;

const TEN_A_MINUTE: Policy = Policy { name: "test", quota: Quota { units: 10, seconds: 60 } };

/// A clock, and what moves it on by so many milliseconds.
fn clock() -> (Passed, impl Fn(i64)) {
    let milliseconds = Arc::new(AtomicI64::new(1_795_253_400_000));
    let same = milliseconds.clone();
    let now = move || DateTime::from_timestamp_millis(same.load(Ordering::SeqCst)).expect("a moment").into();
    (Passed(Clock::new(now)), move |by| {
        milliseconds.fetch_add(by, Ordering::SeqCst);
    })
}

#[test]
fn all_may_come_at_once_and_come_back_little_by_little() {
    let (clock, advance) = clock();
    let rate = Rate::new(TEN_A_MINUTE, clock);
    for left in (0..10).rev() {
        let standing = rate.take(1).expect("it is there");
        assert_eq!((standing.remaining, standing.seconds), (left, u64::from(10 - left) * 6));
    }

    assert_eq!(rate.take(1).map_err(|standing| (standing.remaining, standing.seconds)), Err((0, 6)));
    assert!(rate.take(2).is_ok(), "somebody else has their own");
    advance(5_999);
    assert_eq!(rate.take(1).map_err(|standing| standing.seconds), Err(1));
    advance(1);
    assert!(rate.take(1).is_ok());
    assert!(rate.take(1).is_err());
}

#[test]
fn what_was_let_in_before_it_missed_is_paid_for() {
    let (clock, advance) = clock();
    let debts = Debts::new(TEN_A_MINUTE, clock);
    // As many as are under way when the first miss is known.
    (0..30).for_each(|_| debts.charge(1));

    assert_eq!(debts.standing(1, 10).map_err(|standing| standing.seconds), Err(21 * 6));
    advance(21 * 6_000);
    assert_eq!(debts.standing(1, 10).map(|standing| standing.remaining), Ok(1));
    assert_eq!(debts.standing(1, 5).map_err(|standing| standing.seconds), Err(5 * 6), "where less is allowed");
    assert_eq!(debts.standing(2, 10).map(|standing| standing.remaining), Ok(10));
}

#[test]
fn what_is_forgiven_is_not_owed() {
    let (clock, advance) = clock();
    let debts = Debts::new(TEN_A_MINUTE, clock);
    advance(1_000_000);
    (0..4).for_each(|_| debts.charge(1));

    debts.forgive(1, 3);
    assert_eq!(debts.owed(1), 1);
    debts.forgive(1, 100);
    debts.forgive(2, 1);
    assert_eq!((debts.owed(1), debts.owed(2), debts.remembered()), (0, 0, 1));
    debts.charge(1);
    assert_eq!(debts.owed(1), 1);
}

#[test]
fn those_who_use_nothing_are_forgotten() {
    let (clock, advance) = clock();
    let (rate, debts) = (Rate::new(TEN_A_MINUTE, clock.clone()), Debts::new(TEN_A_MINUTE, clock));
    advance(1_000_000);
    for who in 0..20_000 {
        assert!(rate.take(who).is_ok());
        debts.charge(who);
        assert_eq!(debts.owed(who + 100_000), 0);
    }
    rate.tidy();
    debts.tidy();
    assert_eq!((rate.remembered(), debts.remembered()), (20_000, 20_000));

    advance(60_001);
    rate.tidy();
    debts.tidy();
    assert_eq!((rate.remembered(), debts.remembered()), (0, 0));
}
