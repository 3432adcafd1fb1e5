//! What SQLite does with one save per transaction and without HTTP: the figure that the service's durable saves are
//! held against. `bench-plain-sqlite DATABASE PAYLOADS SECONDS` fills a fresh database with 10,000 drafts, upserts
//! them at random for so many seconds, each upsert a transaction of its own, and prints one line of JSON.
//!
//! PAYLOADS is a file with one survey state a line; each holds [`STAMP`] once, where every save puts another number.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Statement, params};

const SCHEMA: &str = include_str!("../migrations/sqlite/2026-11-21-000000_create_tables/up.sql");
const STAMP: &str = "1111111111111";
const DRAFTS: u64 = 10_000;
const WARM_UP: Duration = Duration::from_secs(2);

const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
const SURVEY: &str = "INSERT INTO surveys (id, name, definition, created_at, updated_at)
    VALUES (1, 'Benchmark', '{\"pages\":[]}', '2026-11-21T00:00:00.000000Z', '2026-11-21T00:00:00.000000Z')";
const UPSERT: &str = "INSERT INTO form_progress
        (draft_id, email, survey_id, current_screen, furthest_screen, version, digest, created_at, updated_at, expires_at, data)
    VALUES (?1, ?2, 1, ?3, ?3, 1, ?4, ?5, ?5, ?6, ?7)
    ON CONFLICT (email, survey_id) DO UPDATE SET
        current_screen = excluded.current_screen,
        furthest_screen = max(furthest_screen, excluded.current_screen),
        version = version + 1,
        digest = excluded.digest,
        updated_at = excluded.updated_at,
        expires_at = excluded.expires_at,
        data = excluded.data";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, payloads, seconds] = arguments.as_slice() else {
        return Err("usage: bench-plain-sqlite DATABASE PAYLOADS SECONDS".into());
    };
    let seconds = Duration::from_secs(seconds.parse()?);

    let connection = open_fresh(Path::new(database))?;
    let mut saves = Saves {
        upsert: connection.prepare(UPSERT)?,
        payloads: Payload::read_all(Path::new(payloads))?,
        count: 0,
        random: 1,
    };

    connection.execute_batch("BEGIN")?;
    for draft in 1..=DRAFTS {
        saves.save(draft)?;
    }
    connection.execute_batch("COMMIT")?;

    saves.save_for(WARM_UP)?;
    let start = Instant::now();
    let count = saves.save_for(seconds)?;
    let took = start.elapsed().as_secs_f64();

    println!(
        r#"{{"saves":{count},"seconds":{took:.3},"saves_per_second":{:.1},"sqlite":"{}"}}"#,
        count as f64 / took,
        rusqlite::version()
    );
    Ok(())
}

/// A new database with the service's tables and one survey.
fn open_fresh(path: &Path) -> Result<Connection, Box<dyn Error>> {
    if path.exists() {
        return Err(format!("{} exists already: this wants a fresh database", path.display()).into());
    }
    let connection = Connection::open(path)?;
    connection.execute_batch(PRAGMAS)?;
    connection.execute_batch(SCHEMA)?;
    connection.execute_batch(SURVEY)?;
    Ok(connection)
}

/// A survey state, cut where the stamp goes.
struct Payload {
    head: String,
    tail: String,
}

impl Payload {
    fn read_all(path: &Path) -> Result<Vec<Self>, Box<dyn Error>> {
        let text = std::fs::read_to_string(path)?;
        let payloads = text
            .lines()
            .map(|line| line.split_once(STAMP).map(|(head, tail)| Self { head: head.into(), tail: tail.into() }))
            .collect::<Option<Vec<_>>>()
            .ok_or("a payload has no stamp in it")?;
        if payloads.is_empty() {
            return Err("there are no payloads".into());
        }
        Ok(payloads)
    }
}

/// The loop's state: the prepared upsert, and what makes each save another one.
struct Saves<'c> {
    upsert: Statement<'c>,
    payloads: Vec<Payload>,
    count: u64,
    random: u64,
}

impl Saves<'_> {
    /// Saves random drafts until the time is up; returns how many.
    fn save_for(&mut self, time: Duration) -> Result<u64, Box<dyn Error>> {
        let (first, end) = (self.count, Instant::now() + time);
        while Instant::now() < end {
            let draft = self.next_random() % DRAFTS + 1;
            self.save(draft)?;
        }
        Ok(self.count - first)
    }

    /// One save. Without a surrounding transaction SQLite makes it one, forced to disk before this returns.
    fn save(&mut self, draft: u64) -> Result<(), Box<dyn Error>> {
        self.count += 1;
        let number = self.next_random() as usize % self.payloads.len();
        let payload = &self.payloads[number];
        let data = format!("{}{}{}", payload.head, 1_700_000_000_000 + self.count, payload.tail);
        let now = Utc::now();
        self.upsert.execute(params![
            // Looks like a UUID of version 7, which the service gives: time first.
            format!("{:08x}-{:04x}-7000-8000-{draft:012x}", self.count >> 16, self.count & 0xffff),
            format!("user{draft:07}@example.com"),
            (number % 12) as i64,
            // As long as a digest and never the same; computing one is not the storage's work.
            [self.count.to_be_bytes(); 4].as_flattened(),
            text(now),
            text(now + TimeDelta::days(30)),
            data,
        ])?;
        Ok(())
    }

    /// Numbers without a pattern that matters here (xorshift64*).
    fn next_random(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }
}

/// A time as the service stores it.
fn text(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
