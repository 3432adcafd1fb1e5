//! The keys of this service, at hand: each public request asks for one, and the database is not to be asked each time.
//!
//! A key that this process revokes is gone at once. What another process on the same database did is known here within
//! a second.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use rocket::tokio::sync::Mutex;

use super::{ApiKey, store};
use crate::{access::SecretDigest, db::Database, problem::Problem};

/// For how long the keys are used as they were read.
const LIFE: Duration = Duration::from_secs(1);

type Keys = HashMap<SecretDigest, Arc<ApiKey>>;

/// The keys as they were last read.
#[derive(Clone)]
pub struct Ring {
    database: Database,
    known: Arc<RwLock<Known>>,
    reading: Arc<Mutex<()>>,
}

#[derive(Clone, Default)]
struct Known {
    keys: Arc<Keys>,
    read_at: Option<Instant>,
}

impl Ring {
    /// Of this database. Nothing is read yet.
    pub fn new(database: Database) -> Self {
        Self { database, known: Arc::default(), reading: Arc::default() }
    }

    /// The key with this digest. One that nobody knows may have been made elsewhere just now: then the keys are read anew.
    pub async fn find(&self, digest: SecretDigest) -> Result<Option<Arc<ApiKey>>, Problem> {
        let asked_at = Instant::now();
        if let Some(key) = self.keys().await?.get(&digest) {
            return Ok(Some(key.clone()));
        }
        // One at a time: a flood of keys that nobody has costs a single connection.
        let _reading = self.reading.lock().await;
        let known = self.known();
        let keys = match known.read_at.is_some_and(|read_at| read_at >= asked_at) {
            true => known.keys,
            false => self.read().await?,
        };
        Ok(keys.get(&digest).cloned())
    }

    /// The keys. Those who come while somebody reads them anew take them as they were, if they ever were read.
    pub async fn keys(&self) -> Result<Arc<Keys>, Problem> {
        let known = self.known();
        if known.read_at.is_some_and(|read_at| read_at.elapsed() < LIFE) {
            return Ok(known.keys);
        }
        let _reading = match self.reading.try_lock() {
            Ok(reading) => reading,
            Err(_) if known.read_at.is_some() => return Ok(known.keys),
            Err(_) => self.reading.lock().await,
        };
        if self.known().read_at.is_some_and(|read_at| read_at.elapsed() < LIFE) {
            return Ok(self.known().keys);
        }
        match self.read().await {
            // Without a database nothing can be saved anyway; keys that were valid stay so until it is back.
            Err(_) if known.read_at.is_some() => Ok(known.keys),
            read => read,
        }
    }

    /// Reads them anew, after a change.
    pub async fn read(&self) -> Result<Arc<Keys>, Problem> {
        let read_at = Instant::now();
        let keys: Keys =
            self.database.read(store::all).await?.into_iter().map(|(digest, key)| (digest, Arc::new(key))).collect();
        let keys = Arc::new(keys);
        let mut known = self.known.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Whoever began to read before a key was revoked, and is done only now, must not bring it back.
        if known.read_at.is_none_or(|before| before <= read_at) {
            *known = Known { keys: keys.clone(), read_at: Some(read_at) };
        }
        Ok(keys)
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}
