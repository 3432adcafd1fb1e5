//! The service's clock, as governor asks for it.

use std::time::Duration;

use crate::clock::Clock;

/// The time that has passed since the service began: it never goes back.
#[derive(Clone)]
pub struct Passed(pub Clock);

impl governor::clock::Clock for Passed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.passed()
    }
}
