//! `formprogress audit`.

use std::io::Write;

use formprogress::{
    audit::{self, Entry, Filter, Recorded, Subject},
    clock::Clock,
    db::{self, Conn},
    http::export::{CHUNK, Format, head, lines},
};

use super::{Outcome, existing_database, print_json};

/// To look at the log leaves an entry too, here as over HTTP.
fn look(conn: &mut Conn, action: &'static str) -> Outcome {
    let entry = Entry::on_command_line(action, Subject::all("audit"), Clock::system().now());
    Ok(db::write(conn, |conn| audit::store::add(conn, &entry))?)
}

pub fn list(limit: i64, json: bool) -> Outcome {
    let mut conn = existing_database()?;
    look(&mut conn, "audit.read")?;
    let entries = audit::store::list(&mut conn, &Filter::default(), None, limit)?;
    if json {
        return print_json(&entries);
    }
    println!("{:<27}  {:<12}  {:<18}  {:<7}  SUBJECT", "AT", "ACTOR", "ACTION", "OUTCOME");
    for entry in &entries {
        let (at, outcome) = (entry.at.to_string(), entry.outcome.as_str());
        println!("{at:<27}  {:<12}  {:<18}  {outcome:<7}  {}", actor_of(entry), entry.action, entry.subject);
    }
    Ok(())
}

fn actor_of(entry: &Recorded) -> String {
    match audit::store::stored(entry.actor) {
        (kind, Some(id)) => format!("{kind} {id}"),
        (kind, None) => kind.to_owned(),
    }
}

pub fn export(format: Format) -> Outcome {
    let mut conn = existing_database()?;
    look(&mut conn, "audit.export")?;
    let mut out = std::io::stdout().lock();
    out.write_all(&head::<Recorded>(format)?)?;
    let mut after = 0;
    loop {
        let rows = audit::store::chunk(&mut conn, &Filter::default(), after, CHUNK)?;
        out.write_all(&lines(format, &rows)?)?;
        match rows.last() {
            Some((last, _)) if rows.len() as i64 >= CHUNK => after = *last,
            _ => return Ok(out.flush()?),
        }
    }
}
