//! The commands beside `serve`: each opens the database, does one thing, and says what it did.

use std::time::Instant;

use formprogress::{clock::Clock, db, jobs, openapi::ApiDoc, progress};
use serde::Serialize;
use utoipa::OpenApi;

use super::{Outcome, existing_database, plural, print_json, settings};

pub fn migrate() -> Outcome {
    let url = settings()?.database_url;
    let migrated = db::apply(&mut db::Conn::open(&url)?)?;
    match migrated.applied {
        0 => println!("{url} is up to date ({} in all).", plural(migrated.known as i64, "migration")),
        applied => println!("{url}: {} applied, {} in all.", plural(applied as i64, "migration"), migrated.known),
    }
    Ok(())
}

#[derive(Serialize)]
struct Purged {
    dry_run: bool,
    drafts: i64,
}

pub fn purge(dry_run: bool, json: bool) -> Outcome {
    let clock = Clock::system();
    let mut conn = existing_database()?;
    let started = Instant::now();
    let drafts = match dry_run {
        true => progress::store::count_expired(&mut conn, clock.now())?,
        false => {
            let settings = settings()?;
            let drafts = jobs::purge::run_here(&mut conn, &clock, settings.ended_draft_days)?;
            jobs::rollup::run_here(&mut conn, &clock)?;
            jobs::retention::run_here(&mut conn, &clock, settings.keeping())?;
            i64::try_from(drafts)?
        }
    };
    match (json, dry_run) {
        (true, _) => print_json(&Purged { dry_run, drafts })?,
        (false, true) => println!("{} would be purged.", plural(drafts, "expired draft")),
        (false, false) => {
            println!("{} purged in {:.1} s.", plural(drafts, "expired draft"), started.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

pub fn print_openapi() -> Outcome {
    println!("{}", ApiDoc::openapi().to_pretty_json()?);
    Ok(())
}
