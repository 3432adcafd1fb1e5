//! How much anybody may ask of the public routes: by draft, address and key.
//!
//! `classes.rs` says what is allowed, and why; `meter.rs` counts. The guards of the public routes let each request in
//! ([`Limits::enter`]) and hand what remains to be counted to the handlers, as a [`Turn`].

pub mod classes;
pub mod clock;
pub mod headers;
pub mod meter;

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex},
};

pub use self::classes::{Class, Guessing, Policies, Policy, Quota, class_of};
use self::{
    clock::Passed,
    meter::{Debts, Rate, Standing, Who},
};
use crate::{clock::Clock, companies::GuestCode, keys::KeyId, problem::Problem, progress::writes::Target};

/// What has been used of all limits.
pub struct Limits {
    autosave: Rate,
    submit: Rate,
    address: Rate,
    key: Rate,
    lookup: Guesses,
    guest_code: Guesses,
    codes: Rate,
    names: RandomState,
}

/// Something that could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// Whether there is something of an email, and what.
    Email,
    /// A guest code.
    GuestCode,
}

impl Limits {
    /// Nothing is used yet.
    pub fn new(policies: &Policies, clock: &Clock) -> Self {
        let rate = |policy| Rate::new(policy, Passed(clock.clone()));
        Self {
            autosave: rate(policies.autosave),
            submit: rate(policies.submit),
            address: rate(policies.address),
            key: rate(policies.key),
            lookup: Guesses::new(policies.lookup, clock),
            guest_code: Guesses::new(policies.guest_code, clock),
            codes: rate(Policy { quota: Quota { units: 1, seconds: 3600 }, ..policies.autosave }),
            names: RandomState::new(),
        }
    }

    /// Lets a request in, of a class, from an address (none for a server that is trusted with its own), with a key.
    pub fn enter(
        self: &Arc<Self>,
        class: Class,
        address: Option<IpAddr>,
        key: Option<KeyId>,
        nearest: Arc<Nearest>,
    ) -> Result<Turn, Problem> {
        let address = address.map(|address| self.names.hash_one(network(address)));
        let turn = Turn { limits: self.clone(), class, address, nearest };
        if let Some(key) = key {
            turn.see(self.key.take(self.names.hash_one(key)))?;
        }
        if let Some(address) = address {
            turn.see(self.address.take(address))?;
            if let Some(guesses) = self.guesses_in(class) {
                guesses.stand(&turn, address)?;
                turn.see(guesses.asked.take(address))?;
            }
        }
        Ok(turn)
    }

    fn guesses_in(&self, class: Class) -> Option<&Guesses> {
        match class {
            Class::Lookup => Some(&self.lookup),
            Class::GuestCode => Some(&self.guest_code),
            Class::Autosave | Class::Submit | Class::Read => None,
        }
    }

    fn guesses(&self, guess: Guess) -> &Guesses {
        match guess {
            Guess::Email => &self.lookup,
            Guess::GuestCode => &self.guest_code,
        }
    }

    /// Forgets those who have used nothing lately.
    pub fn tidy(&self) {
        for rate in [&self.autosave, &self.submit, &self.address, &self.key, &self.codes] {
            rate.tidy();
        }
        for guesses in [&self.lookup, &self.guest_code] {
            guesses.asked.tidy();
            guesses.missed.tidy();
        }
    }
}

/// An address as it is counted: of IPv6, a household has 2^64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// What a client counts as whose address is not known: all of them together, as one.
pub const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// What is asked of something that could be guessed.
struct Guesses {
    asked: Rate,
    missed: Debts,
    everywhere: Debts,
    policy: Guessing,
}

/// The one that is counted for everywhere.
const EVERYWHERE: Who = 0;

impl Guesses {
    fn new(policy: Guessing, clock: &Clock) -> Self {
        let debts = |policy| Debts::new(policy, Passed(clock.clone()));
        Self {
            asked: Rate::new(policy.asked, Passed(clock.clone())),
            missed: debts(policy.missed),
            everywhere: debts(Policy { quota: policy.everywhere, ..policy.missed }),
            policy,
        }
    }

    /// Whether an address may guess on.
    fn stand(&self, turn: &Turn, address: Who) -> Result<(), Problem> {
        let somebody_is_guessing = self.everywhere.owed(EVERYWHERE) >= self.policy.everywhere.units;
        let most = if somebody_is_guessing { self.policy.wary } else { self.policy.missed.quota.units };
        turn.see(self.missed.standing(address, most))
    }
}

/// A request that was let in, and what it has yet to use.
pub struct Turn {
    limits: Arc<Limits>,
    class: Class,
    address: Option<Who>,
    nearest: Arc<Nearest>,
}

/// The limit that a request has come nearest to.
#[derive(Default)]
pub struct Nearest(Mutex<Option<Standing>>);

impl Nearest {
    /// It, if any has been asked.
    pub fn standing(&self) -> Option<Standing> {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn see(&self, standing: Standing) {
        let mut nearest = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if nearest.is_none_or(|nearest| standing.share() <= nearest.share()) {
            *nearest = Some(standing);
        }
    }
}

impl Turn {
    /// Lets it write this draft.
    pub fn write(&self, target: &Target) -> Result<(), Problem> {
        let rate = if self.class == Class::Submit { &self.limits.submit } else { &self.limits.autosave };
        // An email is no secret: who knows it must not use up what its owner has.
        let stranger = self.address.filter(|_| matches!(target, Target::Pair(_)));
        self.see(rate.take(self.limits.names.hash_one((target, stranger))))
    }

    /// Lets it try a guess, of which [`Turn::missed`] tells what came of it.
    pub fn may_guess(&self, guess: Guess) -> Result<(), Problem> {
        match self.address {
            Some(address) => self.limits.guesses(guess).stand(self, address),
            None => Ok(()),
        }
    }

    /// Counts a guest code in a draft's data that is nobody's: once an hour, since a page sends it with each save.
    pub fn missed_code(&self, target: &Target, code: &GuestCode) {
        if self.limits.codes.take(self.limits.names.hash_one((target, code))).is_ok() {
            self.missed(Guess::GuestCode);
        }
    }

    /// Counts a guess that found nothing.
    pub fn missed(&self, guess: Guess) {
        let Some(address) = self.address else { return };
        let guesses = self.limits.guesses(guess);
        guesses.missed.charge(address);
        guesses.everywhere.charge(EVERYWHERE);
        // The answer is given all the same; the next one may not be.
        drop(guesses.stand(self, address));
    }

    /// Forgives what a participant asked who was new, and has begun now. Whoever wants to buy guesses by this has to leave a
    /// draft behind for each.
    pub fn began(&self) {
        const ASKED: u32 = 2;
        let Some(address) = self.address else { return };
        self.limits.lookup.missed.forgive(address, ASKED);
        self.limits.lookup.everywhere.forgive(EVERYWHERE, ASKED);
    }

    fn see(&self, standing: Result<Standing, Standing>) -> Result<(), Problem> {
        match standing {
            Ok(standing) => {
                self.nearest.see(standing);
                Ok(())
            }
            Err(standing) => {
                self.nearest.see(standing);
                Err(Problem::TooManyRequests(standing.policy.name, standing.seconds))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policies() -> Policies {
        let quota = |text: &str| text.parse().expect("a limit");
        Policies::new(quota("120/60"), quota("60000/60"), quota("600000/60"), quota("6000/3600"), quota("3000/3600"))
    }

    /// So many guesses from so many addresses, all at one moment: how many are let in.
    fn guessed(class: Class, guess: Guess, addresses: u32, guesses: u32) -> usize {
        let now = Clock::system().now();
        let limits = Arc::new(Limits::new(&policies(), &Clock::new(move || now)));
        let guess = |number| {
            let address = IpAddr::V4(Ipv4Addr::from_bits(0xC000_0200 + number % addresses));
            let turn = limits.enter(class, Some(address), None, Arc::default());
            turn.map(|turn| turn.missed(guess)).is_ok()
        };
        (0..guesses).filter(|number| guess(*number)).count()
    }

    #[test]
    fn ten_thousand_guesses_find_little() {
        // One address comes to its own end; a hundred are soon known for what they do together.
        assert_eq!(guessed(Class::GuestCode, Guess::GuestCode, 1, 10_000), 100);
        assert_eq!(guessed(Class::GuestCode, Guess::GuestCode, 100, 10_000), 1000);
        assert_eq!(guessed(Class::GuestCode, Guess::GuestCode, 1000, 10_000), 5000);
        assert_eq!(guessed(Class::Lookup, Guess::Email, 1, 10_000), 1200);
        assert_eq!(guessed(Class::Lookup, Guess::Email, 100, 100_000), 30_000);
    }

    #[test]
    fn a_household_has_one_address() {
        let network = |text: &str| network(text.parse().expect("an address")).to_string();
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("2001:db8:1:2::"), "2001:db8:1:2::");
        assert_ne!(network("2001:db8:1:3::1"), "2001:db8:1:2::");
    }
}
