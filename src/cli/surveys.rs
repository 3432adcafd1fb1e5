//! `formprogress survey`.

use std::{
    io::{Read, Write},
    path::Path,
};

use formprogress::{
    audit::{self, Entry, Subject},
    clock::Clock,
    db,
    surveys::{
        self, Status, SurveyId,
        admin::entry_of,
        file::SurveyFile,
        preview::{self, Plan, Reached},
        store::Imported,
    },
};
use serde::Serialize;

use super::{Outcome, database, existing_database, print_json};

#[derive(Serialize)]
struct ImportedView {
    id: SurveyId,
    created: bool,
}

/// The survey in a file, or in standard input.
fn file_at(path: &Path) -> Result<SurveyFile, Box<dyn std::error::Error>> {
    let name = if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| format!("{name} cannot be read: {error}"))?;
    Ok(SurveyFile::parse(&text).map_err(|error| format!("{name}: {error}"))?)
}

pub fn import_survey(path: &Path, json: bool) -> Outcome {
    let file = file_at(path)?;
    let now = Clock::system().now();
    let entry = Entry::on_command_line("survey.create", Subject::all("surveys"), now);
    let imported = db::write(&mut database()?, |conn| {
        let imported = surveys::store::import(conn, &file, now)?;
        audit::store::add(conn, &entry_of(imported, entry)).map(|()| imported)
    })?;
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

pub fn preview_survey(path: &Path, id: Option<SurveyId>, json: bool) -> Outcome {
    let file = file_at(path)?;
    let id = match (id, file.id) {
        (Some(id), Some(named)) if id != named => {
            return Err(format!("the file is of survey {named}, and not of survey {id}").into());
        }
        (id, named) => id.or(named).ok_or("the file has no id: say with --id which survey it is to replace")?,
    };
    let mut conn = existing_database()?;
    let present = preview::present(&mut conn, id)?.ok_or_else(|| not_there(id))?;
    let plan = Plan::of(&present, &file, Clock::system().now())?;
    let mut reached = Reached::default();
    while !reached.is_enough() {
        let chunk = plan.read(&mut conn, &reached)?;
        reached = plan.judge(chunk, reached);
    }
    let recorded = preview::recorded(&mut conn, id)?;
    let preview = plan.made(&reached, recorded);
    match json {
        true => print_json(&preview),
        false => Ok(write!(std::io::stdout(), "{preview}")?),
    }
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
    let entry = Entry::on_command_line("survey.status", id, now).about(id, None).detail(status.as_str());
    let set = db::write(&mut existing_database()?, |conn| match surveys::store::set_status(conn, id, status, now)? {
        true => audit::store::add(conn, &entry).map(|()| true),
        false => Ok(false),
    });
    match set? {
        true => {
            println!("Survey {id} is {}.", status.as_str());
            Ok(())
        }
        false => Err(not_there(id)),
    }
}

pub fn export_survey(id: SurveyId) -> Outcome {
    match surveys::store::file(&mut existing_database()?, id)? {
        Some(file) => print_json(&file),
        None => Err(not_there(id)),
    }
}

fn not_there(id: SurveyId) -> Box<dyn std::error::Error> {
    format!("there is no survey {id}: formprogress survey list").into()
}
