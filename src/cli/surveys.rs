//! `formprogress survey`.

use std::{io::Read, path::Path};

use formprogress::{
    audit::{self, Entry, Subject},
    clock::Clock,
    db,
    surveys::{self, Status, SurveyId, admin::entry_of, file::SurveyFile, store::Imported},
};
use serde::Serialize;

use super::{Outcome, database, existing_database, print_json};

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
