//! `formprogress status`: what can be known from outside of the process that serves.

use formprogress::{
    clock::Clock,
    system::{self, DatabaseState},
};
use serde::Serialize;

use super::{Outcome, existing_database, plural, print_json, settings};

#[derive(Serialize)]
struct StatusView {
    version: &'static str,
    /// Without user and password.
    database_url: String,
    database_kind: &'static str,
    database: DatabaseState,
}

pub fn status(json: bool) -> Outcome {
    let url = settings()?.database_url;
    let database = system::store::state(&mut existing_database()?, Clock::system().now())?;
    let version = env!("CARGO_PKG_VERSION");
    if json {
        let (database_url, database_kind) = (url.to_string(), url.kind());
        return print_json(&StatusView { version, database_url, database_kind, database });
    }
    let DatabaseState { bytes, migrations_applied, drafts_to_purge, record, accounts, keys, .. } = database;
    let to_fold = match record.newest_event.unwrap_or(0) {
        newest if newest > record.folded_to => format!("events to {newest} are not"),
        _ => "nothing is missing".to_owned(),
    };
    println!("formprogress {version}");
    println!("  database  {url}, {:.1} MiB", bytes as f64 / (1024.0 * 1024.0));
    println!("  tables    up to date ({})", plural(migrations_applied as i64, "migration"));
    println!("  purge     {} waiting", plural(drafts_to_purge, "expired draft"));
    println!("  record    in the sums to event {} at {}; {to_fold}", record.folded_to, record.folded_at);
    println!("  access    {}, {}", plural(accounts, "account"), plural(keys, "API key"));
    Ok(())
}
