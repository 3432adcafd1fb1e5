//! The commands beside `serve`: each opens the database, does one thing, and says what it did.

use std::{io::Read, path::Path, time::Instant};

use formprogress::{
    clock::Clock,
    companies::{self, GuestCode, store::NewCompany},
    db,
    http::Parameter,
    jobs,
    openapi::ApiDoc,
    progress,
    surveys::{self, Status, SurveyId, file::SurveyFile, store::Imported},
};
use serde::Serialize;
use utoipa::OpenApi;

use super::{Outcome, database, existing_database, plural, settings};

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
            jobs::rollup::run_here(&mut conn, &clock, settings.event_days)?;
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

#[derive(Serialize)]
struct ImportedView {
    id: SurveyId,
    created: bool,
}

pub fn import_survey(path: &Path, json: bool) -> Outcome {
    let name = if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| format!("{name} cannot be read: {error}"))?;
    let file = SurveyFile::parse(&text).map_err(|error| format!("{name}: {error}"))?;
    let now = Clock::system().now();
    let imported = db::write(&mut database()?, |conn| surveys::store::import(conn, &file, now))?;
    let (id, created) = match imported {
        Imported::Created(id) => (id, true),
        Imported::Replaced(id) => (id, false),
    };
    match json {
        true => print_json(&ImportedView { id, created })?,
        false => println!("Survey {id} {}: {}", if created { "created" } else { "replaced" }, file.name),
    }
    Ok(())
}

pub fn list_surveys(json: bool) -> Outcome {
    let views = surveys::store::list(&mut existing_database()?, Clock::system().now())?;
    if json {
        return print_json(&views);
    }
    if views.is_empty() {
        println!("No survey yet: formprogress survey import FILE");
        return Ok(());
    }
    println!("{:>6}  {:<7}  {:>4}  {:>9}  {:>11}  NAME", "ID", "STATUS", "DAYS", "DRAFTS", "SUBMISSIONS");
    for view in views {
        println!(
            "{:>6}  {:<7}  {:>4}  {:>9}  {:>11}  {}",
            view.id,
            view.status.as_str(),
            view.progress_days,
            view.drafts,
            view.submissions,
            view.name
        );
    }
    Ok(())
}

pub fn set_survey_status(id: SurveyId, status: Status) -> Outcome {
    let now = Clock::system().now();
    match db::write(&mut existing_database()?, |conn| surveys::store::set_status(conn, id, status, now))? {
        true => {
            println!("Survey {id} is {}.", status.as_str());
            Ok(())
        }
        false => Err(format!("there is no survey {id}: formprogress survey list").into()),
    }
}

#[derive(Serialize)]
struct AddedCompany {
    id: companies::CompanyId,
}

pub fn add_company(name: &str, guest_code: &str, details: &str, json: bool) -> Outcome {
    let key = GuestCode::parse(guest_code).map_err(|error| format!("--guest-code {error}"))?;
    let (name, guest_code) = (name.trim(), guest_code.trim());
    if name.is_empty() {
        return Err("--name must not be empty".into());
    }
    let company = NewCompany { name, details, guest_code, key: &key };
    let now = Clock::system().now();
    let id = db::write(&mut database()?, |conn| companies::store::add(conn, &company, now))?
        .ok_or_else(|| format!("another company has the guest code {guest_code}: choose another one"))?;
    match json {
        true => print_json(&AddedCompany { id }),
        false => {
            println!("Company {} added: {name}, guest code {guest_code}", id.0);
            Ok(())
        }
    }
}

pub fn list_companies(json: bool) -> Outcome {
    let views = companies::store::list(&mut existing_database()?)?;
    if json {
        return print_json(&views);
    }
    if views.is_empty() {
        println!("No company yet: formprogress company add --name NAME --guest-code CODE");
        return Ok(());
    }
    println!("{:>6}  {:<20}  {:<6}  NAME", "ID", "GUEST CODE", "ACTIVE");
    for view in views {
        println!(
            "{:>6}  {:<20}  {:<6}  {}",
            view.id.0,
            view.guest_code,
            if view.is_active { "yes" } else { "no" },
            view.name
        );
    }
    Ok(())
}

pub fn print_openapi() -> Outcome {
    println!("{}", ApiDoc::openapi().to_pretty_json()?);
    Ok(())
}

pub fn print_json<T: Serialize>(value: &T) -> Outcome {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}
