//! What has been used of a limit, by whom: of drafts, addresses and keys. Each is named by a digest.

use std::{num::NonZeroU32, time::Duration};

use governor::{
    NotUntil, RateLimiter,
    clock::{Clock as _, Reference},
    middleware::StateInformationMiddleware,
    nanos::Nanos,
    state::{
        StateStore,
        keyed::{DashMapStateStore, ShrinkableKeyedStateStore},
    },
};

use super::{Policy, Quota, clock::Passed};

/// Who something is counted for: a digest of an id, a pair or an address that nobody outside this process can make.
pub type Who = u64;

/// How somebody stands with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The limit.
    pub policy: Policy,
    /// How much is left.
    pub remaining: u32,
    /// In how many seconds all of it will be there again; or, where nothing is left, something.
    pub seconds: u64,
}

impl Standing {
    /// How much of it is left, from 0 to 1.
    pub fn share(&self) -> f64 {
        f64::from(self.remaining) / f64::from(self.policy.quota.units)
    }
}

/// The time after which one is there again.
fn interval(quota: Quota) -> Duration {
    (Duration::from_secs(quota.seconds.into()) / quota.units).max(Duration::from_nanos(1))
}

/// Whole seconds, never too few.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Counts what is asked for, and refuses what is too much.
pub struct Rate {
    policy: Policy,
    clock: Passed,
    limiter: RateLimiter<Who, DashMapStateStore<Who>, Passed, StateInformationMiddleware>,
}

impl Rate {
    /// Nobody has used anything.
    pub fn new(policy: Policy, clock: Passed) -> Self {
        let burst = NonZeroU32::new(policy.quota.units).unwrap_or(NonZeroU32::MIN);
        let quota = governor::Quota::with_period(interval(policy.quota))
            .unwrap_or_else(|| governor::Quota::per_second(NonZeroU32::MIN))
            .allow_burst(burst);
        let limiter = RateLimiter::dashmap_with_clock(quota, clock.clone());
        Self { policy, clock, limiter: limiter.with_middleware() }
    }

    /// Takes one, if it may be taken; else says how long it takes until it may.
    pub fn take(&self, who: Who) -> Result<Standing, Standing> {
        let policy = self.policy;
        match self.limiter.check_key(&who) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = policy.quota.units.saturating_sub(remaining);
                Ok(Standing { policy, remaining, seconds: seconds(interval(policy.quota) * used) })
            }
            Err(until) => Err(Standing { policy, remaining: 0, seconds: self.wait(&until).max(1) }),
        }
    }

    fn wait(&self, until: &NotUntil<Duration>) -> u64 {
        seconds(until.wait_time_from(self.clock.now()))
    }

    /// Forgets those who have used nothing lately.
    pub fn tidy(&self) {
        let before = self.limiter.len();
        self.limiter.retain_recent();
        if before > LARGE && self.limiter.len() < before / 4 {
            self.limiter.shrink_to_fit();
        }
    }

    /// How many are remembered.
    pub fn remembered(&self) -> usize {
        self.limiter.len()
    }
}

/// From how many on the room of those who are forgotten is given back.
const LARGE: usize = 10_000;

/// Counts what turned out to be a miss. That is known only when it has been looked for, and others may have been let in
/// meanwhile: so whoever misses goes into debt, and is let in again when it is paid.
pub struct Debts {
    policy: Policy,
    clock: Passed,
    // Until when each is in debt.
    until: DashMapStateStore<Who>,
}

impl Debts {
    /// Nobody has missed anything.
    pub fn new(policy: Policy, clock: Passed) -> Self {
        Self { policy, clock, until: DashMapStateStore::default() }
    }

    /// How many misses of somebody count at the moment.
    pub fn owed(&self, who: Who) -> u32 {
        // Whoever is not known is not to be remembered for having been asked about.
        if !self.until.contains_key(&who) {
            return 0;
        }
        let until = self.until.measure_and_replace(&who, Err::<((), Nanos), _>).err().flatten();
        let left = until.map_or(Duration::ZERO, |until| Duration::from(until).saturating_sub(self.clock.now()));
        let owed = left.as_nanos().div_ceil(interval(self.policy.quota).as_nanos());
        u32::try_from(owed).unwrap_or(u32::MAX)
    }

    /// How somebody stands who may owe so many: an error if it is as many already.
    pub fn standing(&self, who: Who, most: u32) -> Result<Standing, Standing> {
        let policy = Policy { quota: Quota { units: most, ..self.policy.quota }, ..self.policy };
        let owed = self.owed(who);
        let interval = interval(self.policy.quota);
        match most.checked_sub(owed).filter(|remaining| *remaining > 0) {
            Some(remaining) => Ok(Standing { policy, remaining, seconds: seconds(interval * owed) }),
            None => Err(Standing { policy, remaining: 0, seconds: seconds(interval * (owed - most + 1)) }),
        }
    }

    /// Counts a miss.
    pub fn charge(&self, who: Who) {
        let (now, interval) = (Nanos::from(self.clock.now()), Nanos::from(interval(self.policy.quota)));
        self.replace(who, |until| until.max(now) + interval);
    }

    /// Takes back so many misses.
    pub fn forgive(&self, who: Who, misses: u32) {
        if self.until.contains_key(&who) {
            let less = Nanos::from(interval(self.policy.quota) * misses);
            self.replace(who, |until| Nanos::from(until.as_u64().saturating_sub(less.as_u64())));
        }
    }

    fn replace(&self, who: Who, change: impl Fn(Nanos) -> Nanos) {
        let changed = self.until.measure_and_replace(&who, |until| {
            Ok::<_, std::convert::Infallible>(((), change(until.unwrap_or_default())))
        });
        match changed {
            Ok(()) => {}
        }
    }

    /// Forgets those who owe nothing.
    pub fn tidy(&self) {
        self.until.retain_recent(self.clock.now().duration_since(Duration::ZERO));
    }

    /// How many are remembered.
    pub fn remembered(&self) -> usize {
        self.until.len()
    }
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
