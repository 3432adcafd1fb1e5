//! `formprogress admin`: the people who may sign in.

use formprogress::{
    access::{Reach, Role},
    accounts::{
        self, Account, AccountId, Link,
        rules::{LINK_HOURS, Refusal},
        store::Filter,
        views::AccountView,
    },
    audit::{Entry, Subject},
    clock::Clock,
    companies::CompanyId,
    config,
    db::{self, Conn},
    email::Email,
    http::{Parameter, PublicUrl},
};
use serde::Serialize;

use super::{Outcome, database, existing_database, plural, print_json, settings};

#[derive(Serialize)]
struct LinkView {
    id: AccountId,
    password_link: String,
    password_link_expires_at: formprogress::clock::Moment,
}

pub fn add(email: &str, role: Role, companies: Vec<i64>, json: bool) -> Outcome {
    let email = parsed(email)?;
    let reach = match companies.is_empty() {
        true => Reach::All,
        false => Reach::Only(companies.into_iter().map(CompanyId).collect()),
    };
    let entry = Entry::on_command_line("account.add", Subject::all("accounts"), Clock::system().now());
    let add = |conn: &mut Conn| accounts::store::add(conn, &email, role, &reach, entry);
    let (account, link) = db::write(&mut database()?, add)?.map_err(said)?;
    if !json {
        println!("Account {} added: {}, {role}", account.id.0, email.as_str());
    }
    print_link(account.id, &link, json)
}

pub fn new_link(email: &str, json: bool) -> Outcome {
    let (mut conn, account) = existing(email)?;
    let entry = Entry::on_command_line("account.link", account.id, Clock::system().now());
    let link = db::write(&mut conn, |conn| accounts::store::new_link(conn, account.id, &entry))?.map_err(said)?;
    print_link(account.id, &link, json)
}

pub fn list(json: bool) -> Outcome {
    let listed = accounts::store::list(&mut existing_database()?, &Filter::default(), 0, i64::MAX)?;
    if json {
        return print_json(&listed.into_iter().map(AccountView::from).collect::<Vec<_>>());
    }
    if listed.is_empty() {
        println!("No account yet: formprogress admin add EMAIL");
        return Ok(());
    }
    println!("{:>6}  {:<6}  {:<10}  {:<6}  {:<8}  EMAIL", "ID", "ROLE", "COMPANIES", "ACTIVE", "PASSWORD");
    for account in listed {
        println!(
            "{:>6}  {:<6}  {:<10}  {:<6}  {:<8}  {}",
            account.id.0,
            account.role,
            account.companies.as_stored().unwrap_or_else(|| "all".into()),
            if account.is_active { "yes" } else { "no" },
            if account.has_password { "set" } else { "not yet" },
            account.email.as_str()
        );
    }
    Ok(())
}

pub fn remove(email: &str) -> Outcome {
    let (mut conn, account) = existing(email)?;
    let entry = Entry::on_command_line("account.delete", account.id, Clock::system().now());
    db::write(&mut conn, |conn| accounts::store::remove(conn, account.id, &entry))?.map_err(said)?;
    println!("Account {} removed.", account.id.0);
    Ok(())
}

pub fn sign_out(email: &str) -> Outcome {
    let (mut conn, account) = existing(email)?;
    let entry = Entry::on_command_line("account.sign_out_everywhere", account.id, Clock::system().now());
    let ended = db::write(&mut conn, |conn| accounts::store::end_sessions(conn, account.id, entry))?.map_err(said)?;
    println!("{} of account {} ended.", plural(ended as i64, "session"), account.id.0);
    Ok(())
}

fn parsed(email: &str) -> Result<Email, String> {
    Email::parse(email).map_err(|error| format!("EMAIL {error}"))
}

fn existing(email: &str) -> Result<(Conn, Account), Box<dyn std::error::Error>> {
    let email = parsed(email)?;
    let mut conn = existing_database()?;
    match accounts::store::by_email(&mut conn, &email)? {
        Some((account, _)) => Ok((conn, account)),
        None => Err("there is no account with this email: formprogress admin list".into()),
    }
}

fn said(refusal: Refusal) -> String {
    match refusal {
        Refusal::NoCompany => format!("--company: {refusal}: formprogress company list"),
        Refusal::EmailTaken => format!("{refusal}: formprogress admin link EMAIL makes it a new link"),
        refusal => refusal.to_string(),
    }
}

fn print_link(id: AccountId, link: &Link, json: bool) -> Outcome {
    let listening: rocket::Config = config::figment().extract()?;
    let password_link = PublicUrl(settings()?.public_url).link(&listening, &link.path());
    match json {
        true => print_json(&LinkView { id, password_link, password_link_expires_at: link.expires_at }),
        false => {
            println!("Set a password within {LINK_HOURS} hours, with this link, which works once:\n{password_link}");
            Ok(())
        }
    }
}
