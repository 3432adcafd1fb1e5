//! `formprogress company`.

use formprogress::{
    audit::{self, Entry, Subject},
    clock::Clock,
    companies::{
        self, Change, Company, CompanyDetails, CompanyId, CompanyName, WrittenCode,
        store::{Changed, NewCompany},
    },
    db::{self, Queried},
    http::Parameter,
};
use serde::Serialize;

use super::{Outcome, database, existing_database, print_json};

#[derive(Serialize)]
struct AddedCompany {
    id: CompanyId,
}

pub fn add_company(name: &str, guest_code: &str, details: &str, json: bool) -> Outcome {
    let code = WrittenCode::parse(guest_code).map_err(|error| format!("--guest-code {error}"))?;
    let CompanyName(name) = CompanyName::parse(name).map_err(|error| format!("--name {error}"))?;
    let CompanyDetails(details) = CompanyDetails::parse(details).map_err(|error| format!("--details {error}"))?;
    let company = NewCompany { name: &name, details: &details, guest_code: &code.text, key: &code.key };
    let now = Clock::system().now();
    let entry = Entry::on_command_line("company.create", Subject::all("companies"), now);
    let added: Queried<Option<CompanyId>> = db::write(&mut database()?, |conn| {
        let Some(id) = companies::store::add(conn, &company, now)? else { return Ok(None) };
        audit::store::add(conn, &entry.to(id).about(None, id)).map(|()| Some(id))
    });
    let id = added?.ok_or_else(|| taken(&code))?;
    match json {
        true => print_json(&AddedCompany { id }),
        false => {
            println!("Company {} added: {name}, guest code {}", id.0, code.text);
            Ok(())
        }
    }
}

fn taken(code: &WrittenCode) -> String {
    format!("another company has the guest code {}: choose another one", code.text)
}

pub fn rename_company(id: CompanyId, name: &str) -> Outcome {
    let name = CompanyName::parse(name).map_err(|error| format!("the name {error}"))?;
    let company = change(id, &Change { name: Some(name), ..Default::default() })?;
    println!("Company {} is called {}.", id.0, company.name);
    Ok(())
}

pub fn set_guest_code(id: CompanyId, guest_code: &str) -> Outcome {
    let code = WrittenCode::parse(guest_code).map_err(|error| format!("the guest code {error}"))?;
    let company = change(id, &Change { guest_code: Some(code), ..Default::default() })?;
    println!("Company {} has the guest code {}.", id.0, company.guest_code);
    Ok(())
}

pub fn switch_company(id: CompanyId, is_active: bool) -> Outcome {
    let company = change(id, &Change { is_active: Some(is_active), ..Default::default() })?;
    let taken = if company.is_active { "is taken" } else { "is not taken any more" };
    println!(
        "Company {} is {}: its guest code {} {taken}.",
        id.0,
        if is_active { "on" } else { "off" },
        company.guest_code
    );
    Ok(())
}

fn change(id: CompanyId, change: &Change) -> Result<Company, Box<dyn std::error::Error>> {
    let now = Clock::system().now();
    let entry = Entry::on_command_line("company.change", id, now).about(None, id).detail(change.names());
    let changed: Queried<Changed> = db::write(&mut existing_database()?, |conn| {
        let changed = companies::store::change(conn, id, change, now)?;
        match changed {
            Changed::Done(_) => audit::store::add(conn, &entry).map(|()| changed),
            Changed::CodeTaken | Changed::NotThere => Ok(changed),
        }
    });
    match (changed?, &change.guest_code) {
        (Changed::Done(company), _) => Ok(company),
        (Changed::CodeTaken, Some(code)) => Err(taken(code).into()),
        (Changed::CodeTaken | Changed::NotThere, _) => {
            Err(format!("there is no company {}: formprogress company list", id.0).into())
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
