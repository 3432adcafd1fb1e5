//! How often one may try to sign in: by the address, by the account that is tried (whether or not there is one), and all
//! together, so that no number of addresses and emails can keep the processor busy. Failures cost more than successes.
//!
//! Nobody is locked out for good by somebody else's tries: those of a browser that is known count by themselves, apart
//! from strangers' (`devices.rs`).

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{Quota, RateLimiter, clock::Clock as _, middleware::NoOpMiddleware, state::keyed::DashMapStateStore};

use super::{AccountId, Devices};
use crate::{audit::People, clock::Clock, email::Email, limits::clock::Passed, problem::Problem};

/// What is allowed: so many units at once, one more each so many seconds. A success takes one, a failure more.
struct Allowance {
    units: u32,
    seconds: u64,
    failure: u32,
}

/// An office behind one address may all come in the morning.
const ADDRESS: Allowance = Allowance { units: 60, seconds: 10, failure: 5 };
/// Ten failures, then one guess a minute.
const ACCOUNT: Allowance = Allowance { units: 30, seconds: 60, failure: 3 };
/// The same for a known browser, which recovers sooner.
const DEVICE: Allowance = Allowance { units: 30, seconds: 30, failure: 3 };
/// All strangers: a hash takes some hundredths of a second.
const STRANGERS: Allowance = Allowance { units: 200, seconds: 1, failure: 2 };

/// Limits are kept in so many places, so that their memory is bounded however many addresses and emails are tried. Which
/// place is whose depends on the installation's secret: nobody can aim at somebody else's.
const PLACES: u32 = 1 << 20;

/// Places that are as good as new are given back each time so many tries have come.
const TIDY_EVERY: u32 = 1024;

/// Counts tries to sign in.
pub struct Throttle {
    people: People,
    devices: Devices,
    address: Limit,
    account: Limit,
    device: Limit,
    strangers: Limit,
    tries: AtomicU32,
}

/// A try that was let through. If it fails, say so: [`Throttle::failed`].
#[must_use]
pub struct Try(Vec<(Which, u32)>);

#[derive(Clone, Copy)]
enum Which {
    Address,
    Account,
    Device,
    Strangers,
}

impl Throttle {
    /// With nothing counted yet.
    pub fn new(people: People, clock: &Clock) -> Self {
        Self {
            devices: Devices::new(people.clone()),
            people,
            address: Limit::new(&ADDRESS, clock),
            account: Limit::new(&ACCOUNT, clock),
            device: Limit::new(&DEVICE, clock),
            strangers: Limit::new(&STRANGERS, clock),
            tries: AtomicU32::new(0),
        }
    }

    /// Counts a try to sign in, or says how long to wait. `device` is what the browser's cookie says.
    pub fn admit(&self, address: Option<IpAddr>, email: &Email, device: Option<&str>) -> Result<Try, Problem> {
        match device.filter(|device| self.devices.knows(device, email)) {
            Some(device) => self.count(vec![(Which::Device, self.place("device", device))]),
            None => self.count(vec![
                (Which::Address, self.place("address", &network_of(address))),
                (Which::Account, self.place("account", email.as_str())),
                (Which::Strangers, 0),
            ]),
        }
    }

    /// The same for somebody who is signed in and is asked for the password again.
    pub fn admit_again(&self, account: AccountId) -> Result<Try, Problem> {
        self.count(vec![(Which::Device, self.place("again", &account.0.to_string()))])
    }

    /// Counts that a try failed.
    pub fn failed(&self, tried: Try) {
        for (which, place) in tried.0 {
            self.limit(which).take_more(place);
        }
    }

    /// The browsers that are known.
    pub fn devices(&self) -> &Devices {
        &self.devices
    }

    fn count(&self, places: Vec<(Which, u32)>) -> Result<Try, Problem> {
        if self.tries.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            [&self.address, &self.account, &self.device].into_iter().for_each(Limit::tidy);
        }
        for (which, place) in &places {
            self.limit(*which).take(*place)?;
        }
        Ok(Try(places))
    }

    fn limit(&self, which: Which) -> &Limit {
        match which {
            Which::Address => &self.address,
            Which::Account => &self.account,
            Which::Device => &self.device,
            Which::Strangers => &self.strangers,
        }
    }

    fn place(&self, kind: &str, text: &str) -> u32 {
        let [a, b, c, d, ..] = self.people.digest(&format!("sign-in {kind}"), text);
        u32::from_be_bytes([a, b, c, d]) % PLACES
    }
}

/// Whoever has an IPv6 address has 2^64 of them.
fn network_of(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V6(v6)) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).to_string(),
        Some(IpAddr::V4(v4)) => v4.to_string(),
        None => String::new(),
    }
}

struct Limit {
    limiter: RateLimiter<u32, DashMapStateStore<u32>, Passed, NoOpMiddleware<Duration>>,
    clock: Passed,
    failure: u32,
}

impl Limit {
    fn new(allowance: &Allowance, clock: &Clock) -> Self {
        let clock = Passed(clock.clone());
        let quota = Quota::with_period(Duration::from_secs(allowance.seconds)).expect("some seconds");
        let quota = quota.allow_burst(NonZeroU32::new(allowance.units).expect("some units"));
        Self { limiter: RateLimiter::dashmap_with_clock(quota, clock.clone()), clock, failure: allowance.failure }
    }

    fn take(&self, place: u32) -> Result<(), Problem> {
        self.limiter.check_key(&place).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Problem::TooManyRequests("sign-in", (wait.as_millis().div_ceil(1000) as u64).max(1))
        })
    }

    /// Takes what a failure costs besides, as far as there is so much.
    fn take_more(&self, place: u32) {
        let _taken = (1..self.failure).try_for_each(|_| self.limiter.check_key(&place));
    }

    fn tidy(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::{clock::Moment, http::Parameter};

    struct Hands(Arc<Mutex<Moment>>);

    impl Hands {
        fn wait(&self, seconds: u64) {
            let mut now = self.0.lock().expect("nobody panicked");
            *now = (DateTime::<Utc>::from(*now) + Duration::from_secs(seconds)).into();
        }
    }

    fn throttle() -> (Throttle, Hands) {
        let now = Arc::new(Mutex::new("2026-11-21T09:30:00Z".parse::<Moment>().expect("a moment")));
        let hands = Hands(now.clone());
        let clock = Clock::new(move || *now.lock().expect("nobody panicked"));
        (Throttle::new(People::new(b"secret"), &clock), hands)
    }

    fn email(text: &str) -> Email {
        Email::parse(text).expect("an email")
    }

    fn from(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, last]))
    }

    /// How many tries are let through before one is not, and for how long that one has to wait.
    fn until_refused(mut one: impl FnMut() -> Result<(), Problem>) -> (u32, u64) {
        for tries in 0..10_000 {
            if let Err(Problem::TooManyRequests(_, seconds)) = one() {
                return (tries, seconds);
            }
        }
        panic!("never refused");
    }

    #[test]
    fn failures_cost_more_than_successes() {
        let (throttle, _) = throttle();
        let fails = |email: &Email| throttle.admit(from(1), email, None).map(|tried| throttle.failed(tried));
        let succeeds = |email: &Email| throttle.admit(from(2), email, None).map(drop);

        assert_eq!(until_refused(|| fails(&email("ana@example.com"))), (10, 60));
        assert_eq!(until_refused(|| succeeds(&email("ben@example.com"))), (30, 60));
    }

    #[test]
    fn one_address_gets_so_many_failures_whomever_it_tries() {
        let (throttle, _) = throttle();
        let mut number = 0;
        let refused = until_refused(|| {
            number += 1;
            let tried = throttle.admit(from(1), &email(&format!("a{number}@example.com")), None)?;
            throttle.failed(tried);
            Ok(())
        });
        assert_eq!(refused, (12, 10));
        assert!(throttle.admit(from(2), &email("a1@example.com"), None).is_ok());
    }

    #[test]
    fn a_known_browser_counts_by_itself_and_for_its_email_alone() {
        let (throttle, _) = throttle();
        let (ana, ben) = (email("ana@example.com"), email("ben@example.com"));
        let bens = throttle.devices().cookie(&ben, None);
        let device = throttle.devices().cookie(&ana, None);
        until_refused(|| throttle.admit(from(1), &ana, None).map(|tried| throttle.failed(tried)));

        assert!(throttle.admit(from(1), &ana, Some(&device)).is_ok());
        for wrong in ["", ".", "x.y", &bens, &device[1..], &format!("{device}A")] {
            assert!(throttle.admit(from(1), &ana, Some(wrong)).is_err(), "{wrong}");
        }
        let (tries, _) =
            until_refused(|| throttle.admit(from(1), &ana, Some(&device)).map(|tried| throttle.failed(tried)));
        assert!(tries <= 10, "a stolen cookie gets no more than a stranger: {tries}");
    }

    #[test]
    fn all_strangers_together_get_so_many_and_known_browsers_do_not_notice() {
        let (throttle, _) = throttle();
        let mut number = 0_u32;
        let (tries, seconds) = until_refused(|| {
            number += 1;
            let address = Some(IpAddr::from(number.to_be_bytes()));
            let tried = throttle.admit(address, &email(&format!("a{number}@example.com")), None)?;
            throttle.failed(tried);
            Ok(())
        });
        assert!(tries <= 100 && seconds == 1, "{tries} {seconds}");
        let ana = email("ana@example.com");
        assert!(throttle.admit(from(1), &ana, Some(&throttle.devices().cookie(&ana, None))).is_ok());
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_count_as_one() {
        let of = |text: &str| network_of(Some(text.parse().expect("an address")));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }

    #[test]
    fn what_is_as_good_as_new_takes_no_memory() {
        let (throttle, hands) = throttle();
        for number in 0..3000_u32 {
            drop(throttle.admit(Some(IpAddr::from(number.to_be_bytes())), &email("ana@example.com"), None));
        }
        assert!(throttle.address.limiter.len() > 2000);
        hands.wait(3600);
        throttle.address.tidy();
        assert_eq!(throttle.address.limiter.len(), 0);
    }

    proptest! {
        #[test]
        fn whoever_waits_as_told_gets_in(tries in proptest::collection::vec((0..3_u8, 0..90_u64, any::<bool>()), 0..300)) {
            let (throttle, hands) = throttle();
            let ana = email("ana@example.com");
            for (address, seconds, fails) in tries {
                if let Ok(tried) = throttle.admit(from(address), &ana, None) && fails {
                    throttle.failed(tried);
                }
                hands.wait(seconds / 30);
            }
            let mut waits = 0;
            while let Err(Problem::TooManyRequests(_, seconds)) = throttle.admit(from(0), &ana, None) {
                hands.wait(seconds);
                waits += 1;
                prop_assert!(waits <= 3);
            }
        }
    }
}
