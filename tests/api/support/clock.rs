//! The time of a test: it stands still until the test moves it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use formprogress::clock::{Clock, Moment};

/// Half past nine on the morning of 21 November 2026, in microseconds since 1970.
const START: i64 = 1_795_253_400_000_000;

/// A clock that the test sets.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    /// The same clock, as the service takes it.
    pub fn for_the_service(&self) -> Clock {
        let clock = self.clone();
        Clock::new(move || clock.now())
    }

    pub fn now(&self) -> Moment {
        let now: DateTime<Utc> =
            DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).expect("a moment of our calendar");
        now.into()
    }

    pub fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_microseconds().expect("a span that a test may take"), Ordering::SeqCst);
    }
}
