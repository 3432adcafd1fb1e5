//! When keys were last used, to about a minute: no request waits for this to be written, and few have it written.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use rocket::tokio;

use super::{KeyId, store};
use crate::{clock::Moment, progress::writer::Writer};

/// Notes the uses of keys.
#[derive(Clone)]
pub struct Uses {
    writer: Writer,
    // Of each key, the last use that was written down by this process. There are few keys, and hardly anybody writes here.
    noted: Arc<RwLock<HashMap<KeyId, Moment>>>,
}

impl Uses {
    /// Nothing is noted yet.
    pub fn new(writer: Writer) -> Self {
        Self { writer, noted: Arc::default() }
    }

    /// Notes that a key was used, unless it was noted within the last minute. The first use of a minute is written at once:
    /// nothing waits in memory that a stop could lose.
    pub fn note(&self, id: KeyId, now: Moment) {
        let is_recent = |noted: &HashMap<KeyId, Moment>| noted.get(&id).is_some_and(|at| at.plus_minutes(1) > now);
        if is_recent(&self.noted.read().unwrap_or_else(|poisoned| poisoned.into_inner())) {
            return;
        }
        let mut noted = self.noted.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if is_recent(&noted) {
            return;
        }
        noted.insert(id, now);
        drop(noted);
        let writer = self.writer.clone();
        // The writer logs what goes wrong. The next minute's use is noted in any case.
        tokio::spawn(async move { writer.change(move |conn| store::used(conn, id, now)).await });
    }
}
