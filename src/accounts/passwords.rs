//! Passwords: what counts as one, and their hashes (argon2id).
//!
//! A hash takes 19 MiB and tens of milliseconds, on purpose. So it is made off the async threads, two at once, and who
//! finds no place soon is told to come back.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use argon2::{
    Argon2, PasswordHasher, PasswordVerifier,
    password_hash::{self, SaltString},
};
use rocket::tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::{http::Parameter, problem::Problem};

/// Characters that a password has at least and at most. Beside a throttled sign-in twelve are plenty (NIST SP 800-63B).
const SHORTEST: usize = 12;
const LONGEST: usize = 256;

/// A password that somebody wants to have.
#[derive(Clone, PartialEq)]
pub struct Password(String);

impl Password {
    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Parameter for Password {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text.chars().count() {
            ..SHORTEST => Err("must have 12 characters at least: a few words are better than one with signs"),
            SHORTEST..=LONGEST => Ok(Self(text.to_owned())),
            _ => Err("must have 256 characters at most"),
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password that somebody says is theirs.
#[derive(Clone, PartialEq)]
pub struct TriedPassword(String);

impl Parameter for TriedPassword {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text.chars().count() > LONGEST {
            true => Err("must have 256 characters at most"),
            false => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Debug for TriedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TriedPassword(…)")
    }
}

/// What is kept of a password: its argon2id hash, in PHC form.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Hashes that are made at the same time.
const AT_ONCE: usize = 2;

/// For how long one waits for a place.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hash of no password, with the parameters of ours: to take as long for somebody who has none.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Makes and compares hashes.
#[derive(Clone)]
pub struct Hasher {
    places: Arc<Semaphore>,
    made: Arc<AtomicU64>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), made: Arc::default() }
    }
}

impl Hasher {
    /// The hash of a new password.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, Problem> {
        self.run(move || hashed(password.reveal())).await
    }

    /// Whether a password is the one of this hash. Without a hash nobody's is compared, and the answer is no.
    pub async fn verify(&self, password: TriedPassword, hash: Option<PasswordHash>) -> Result<bool, Problem> {
        self.run(move || matches(&password.0, hash.as_ref())).await
    }

    /// How many hashes were made since the start, to compare with or to keep.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = Problem::TooManyRequests("passwords", PATIENCE.as_secs());
        let place = timeout(PATIENCE, self.places.clone().acquire_owned()).await;
        let Ok(Ok(place)) = place else { return Err(busy) };
        self.made.fetch_add(1, Ordering::Relaxed);
        let done = spawn_blocking(move || {
            let _place = place;
            work()
        });
        let failed = |cause: &dyn fmt::Display| {
            tracing::error!(%cause, "a password could not be hashed");
            Problem::Internal
        };
        done.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }
}

fn hashed(password: &str) -> Result<PasswordHash, password_hash::Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).expect("the system has randomness");
    let salt = SaltString::encode_b64(&salt)?;
    Ok(PasswordHash(Argon2::default().hash_password(password.as_bytes(), &salt)?.to_string()))
}

fn matches(password: &str, hash: Option<&PasswordHash>) -> Result<bool, password_hash::Error> {
    let text = hash.map_or(NOBODYS, |hash| &hash.0);
    let kept = password_hash::PasswordHash::new(text)?;
    match Argon2::default().verify_password(password.as_bytes(), &kept) {
        Ok(()) => Ok(hash.is_some()),
        Err(password_hash::Error::Password) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_12_to_256_characters() {
        assert!(Password::parse("11 letters.").is_err());
        assert!(Password::parse("12 letters..").is_ok());
        assert!(Password::parse(&"é".repeat(12)).is_ok());
        assert!(Password::parse(&"é".repeat(256)).is_ok());
        assert!(Password::parse(&"é".repeat(257)).is_err());
    }

    #[test]
    fn a_hash_matches_its_own_password_alone() {
        let hash = hashed("correct horse battery").expect("a hash");
        assert_eq!(matches("correct horse battery", Some(&hash)), Ok(true));
        assert_eq!(matches("Correct horse battery", Some(&hash)), Ok(false));
        assert_ne!(hashed("correct horse battery").expect("another"), hash, "each has a salt of its own");
    }

    #[test]
    fn nobodys_hash_takes_as_long_as_any_other_and_matches_nothing() {
        let parameters = |text: &str| text.rsplitn(3, '$').last().map(str::to_owned);
        let hash = hashed("correct horse battery").expect("a hash");
        assert_eq!(parameters(NOBODYS), parameters(&hash.0));
        assert_eq!(NOBODYS.len(), hash.0.len());
        assert_eq!(matches("", None), Ok(false));
    }

    #[test]
    fn debug_output_never_shows_a_password() {
        let password = Password::parse("correct horse battery").expect("a password");
        let tried = TriedPassword::parse("correct horse battery").expect("a password");
        let hash = PasswordHash("$argon2id$horse".into());
        assert!(!format!("{password:?} {tried:?} {hash:?}").contains("horse"));
    }
}
