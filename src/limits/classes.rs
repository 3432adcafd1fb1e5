//! What the limits are: which route is of which class, and what each class allows. Pure.
//!
//! The limits are there for floods and for guessing, and not for people who fill in a form. A page saves every second or two
//! while somebody types; a school of 500 has one address, and all of it starts at nine o'clock. So:
//!
//! - What one draft takes is counted by draft, whoever sends it: `autosave` and `submit`. Twice as much as a page sends that
//!   saves each second.
//! - An address as a whole is stopped only where no number of honest people would be: `address`, 1000 requests a second. A
//!   school whose 500 pupils all save each second sends half of that.
//! - What could be guessed is counted by address, over an hour: `lookup` and `guest-code`. A participant asks each of these
//!   questions once or twice. Those that find nothing count besides, and more: `lookup-misses`, `guest-code-misses`. A
//!   participant who is new makes two misses of the first kind (they have neither answered nor a draft) and is forgiven them
//!   with their first save; a typing error makes one of the second kind.
//! - Guessers come from many addresses. When there are more misses everywhere than honest people make, each address may make
//!   few: enough for a family, not for a search. What finds something is not touched by that.
//! - A key as a whole is stopped where it takes the service away from other keys: `key`.
//! - A server key stands for many people at one address, and is trusted with them: only `key` and its drafts count.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// What a route is limited as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Writes of a draft.
    Autosave,
    /// Its end.
    Submit,
    /// Questions about an email.
    Lookup,
    /// Questions about a guest code.
    GuestCode,
    /// What nobody can guess, and nobody need hide.
    Read,
}

/// Each public route: method, path, class.
pub const ROUTES: [(&str, &str, Class); 14] = [
    ("POST", "/api/progress", Class::Autosave),
    ("DELETE", "/api/progress", Class::Autosave),
    ("POST", "/api/drafts", Class::Autosave),
    ("PUT", "/api/drafts/<id>", Class::Autosave),
    ("PATCH", "/api/drafts/<id>", Class::Autosave),
    ("DELETE", "/api/drafts/<id>", Class::Autosave),
    ("POST", "/api/drafts/<id>/submit", Class::Submit),
    ("POST", "/api/submissions", Class::Submit),
    ("POST", "/api/response", Class::Submit),
    ("GET", "/api/progress", Class::Lookup),
    ("POST", "/api/participant/has-answer", Class::Lookup),
    ("POST", "/api/invitation-code", Class::GuestCode),
    ("GET", "/api/drafts/<id>", Class::Read),
    ("POST", "/api/drafts/<id>/validate", Class::Read),
];

/// The class of a route. Those that are not named are read by everybody, such as surveys.
pub fn class_of(method: &str, path: &str) -> Class {
    let named = ROUTES.iter().find(|(its_method, its_path, _)| *its_path == path && *its_method == method);
    named.map_or(Class::Read, |(.., class)| *class)
}

/// So many in so many seconds. They may come all at once, and come back little by little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub units: u32,
    /// In how many seconds.
    pub seconds: u32,
}

impl Quota {
    /// A part of it, one at least.
    const fn divided(self, by: u32) -> Self {
        let units = self.units / by;
        Self { units: if units == 0 { 1 } else { units }, ..self }
    }

    /// So many times as much.
    const fn times(self, factor: u32) -> Self {
        Self { units: self.units.saturating_mul(factor), ..self }
    }
}

impl FromStr for Quota {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is not a limit such as 120/60: so many in so many seconds, a day at most");
        let (units, seconds) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str, most| text.trim().parse().ok().filter(|number| (1..=most).contains(number));
        match (number(units, 10_000_000), number(seconds, 86_400)) {
            (Some(units), Some(seconds)) => Ok(Self { units, seconds }),
            _ => Err(wrong()),
        }
    }
}

impl<'de> Deserialize<'de> for Quota {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A limit, by the name that it has in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The name.
    pub name: &'static str,
    /// What it allows.
    pub quota: Quota,
}

/// How guessing is told from asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guessing {
    /// Questions of an address.
    pub asked: Policy,
    /// Those of them that find nothing.
    pub missed: Policy,
    /// Questions everywhere that find nothing. Beyond that, somebody is guessing.
    pub everywhere: Quota,
    /// How many an address may have then that found nothing.
    pub wary: u32,
}

/// All limits of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policies {
    /// Writes of a draft.
    pub autosave: Policy,
    /// Submissions of a draft, counted apart: autosaves must never stand in the way of the end.
    pub submit: Policy,
    /// Requests of an address.
    pub address: Policy,
    /// Requests with a key.
    pub key: Policy,
    /// Questions about emails.
    pub lookup: Guessing,
    /// Questions about guest codes.
    pub guest_code: Guessing,
}

impl Policies {
    /// All of them, out of those that an operator sets.
    pub fn new(draft: Quota, address: Quota, key: Quota, lookups: Quota, guest_codes: Quota) -> Self {
        let policy = |name, quota| Policy { name, quota };
        // 1200 misses of an address, as many as 600 new participants make before any of them has saved; 30,000 everywhere
        // that nobody was forgiven; 60 when somebody is guessing.
        let new_people = lookups.divided(5);
        // 100 misses of an address: each fifth of a school makes a typing error. 1000 everywhere; 5 when somebody is guessing.
        let typing_errors = guest_codes.divided(30);
        Self {
            autosave: policy("autosave", draft),
            submit: policy("submit", draft.divided(4)),
            address: policy("address", address),
            key: policy("key", key),
            lookup: Guessing {
                asked: policy("lookup", lookups),
                missed: policy("lookup-misses", new_people),
                everywhere: new_people.times(25),
                wary: new_people.divided(20).units,
            },
            guest_code: Guessing {
                asked: policy("guest-code", guest_codes),
                missed: policy("guest-code-misses", typing_errors),
                everywhere: typing_errors.times(10),
                wary: typing_errors.divided(20).units,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_so_many_in_so_many_seconds() {
        assert_eq!("120/60".parse(), Ok(Quota { units: 120, seconds: 60 }));
        assert_eq!(" 1 / 86400 ".parse(), Ok(Quota { units: 1, seconds: 86_400 }));
        for text in ["", "120", "0/60", "120/0", "1/86401", "10000001/1", "-1/60", "1/1/1", "many/60"] {
            assert!(text.parse::<Quota>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_smallest_limits_still_let_somebody_in() {
        let least = Quota { units: 1, seconds: 1 };
        let policies = Policies::new(least, least, least, least, least);

        assert_eq!((policies.submit.quota, policies.lookup.wary), (least, 1));
    }
}
