//! `formprogress key`: API keys, made, listed and revoked by an operator.

use clap::{ArgGroup, Args};
use formprogress::{
    access::{Power, Secret},
    audit::{Entry, Subject},
    clock::Clock,
    companies::CompanyId,
    config, db,
    http::{Parameter, PublicUrl},
    keys::{
        ApiKey, KeyId, Name, Origin,
        admin::{self, described},
        api::{KeyView, MadeKeyView},
        rules::{self, Asked, Wrong},
        store,
    },
    surveys::SurveyId,
};

use super::{Outcome, database, existing_database, print_json, settings};

/// What a key is to be.
#[derive(Args)]
#[command(group = ArgGroup::new("kind").required(true).args(["site", "server"]))]
pub struct NewKey {
    /// A key that names a public front end. It ships in its pages, is no secret, and may use the public routes.
    #[arg(long)]
    site: bool,
    /// A program's key. It is secret, and may do what --power says.
    #[arg(long)]
    server: bool,
    /// What it is for.
    #[arg(long, value_parser = parsed::<Name>)]
    name: Name,
    /// With --site: an origin whose pages may use it, such as https://forms.example.org. Without any, all may.
    #[arg(long = "origin", value_name = "ORIGIN", value_parser = parsed::<Origin>)]
    origins: Vec<Origin>,
    /// With --server: something that it may do, such as participate, submissions:write or drafts:read.
    #[arg(long = "power", value_name = "POWER", value_parser = parsed::<Power>)]
    powers: Vec<Power>,
    /// With --server: a survey to which it is limited. Without any, it is not.
    #[arg(long = "survey", value_name = "ID", value_parser = parsed::<SurveyId>)]
    surveys: Vec<SurveyId>,
    /// With --server: a company to which it is limited. Without any, it is not.
    #[arg(long = "company", value_name = "ID", value_parser = parsed::<CompanyId>)]
    companies: Vec<CompanyId>,
    /// Print the key and all about it as an object for a script.
    #[arg(long)]
    json: bool,
}

fn parsed<T: Parameter>(text: &str) -> Result<T, String> {
    T::parse(text).map_err(str::to_owned)
}

pub fn add(new: NewKey) -> Outcome {
    let asked = Asked {
        is_server: new.server,
        origins: some(new.origins),
        powers: some(new.powers),
        surveys: some(new.surveys),
        companies: some(new.companies),
    };
    let kind = rules::kind_of(asked).map_err(first)?;
    let now = Clock::system().now();
    let conn = &mut database()?;
    let strange = store::strange_limits(conn, &kind)?;
    if !strange.is_empty() {
        return Err(first(strange).into());
    }
    let is_first = store::page(conn, KeyId(0), 1)?.is_empty();
    let entry = Entry::on_command_line("key.create", Subject::all("key"), now).detail(described(&kind));
    let (secret, key) = db::write(conn, |conn| store::make(conn, &new.name, kind, entry))?;
    match new.json {
        true => print_json(&MadeKeyView::of(&secret, key)),
        false => tell(&secret, &key, is_first),
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// The first thing that is wrong, by the name of its option.
fn first(wrong: Vec<Wrong>) -> String {
    let option = |part| match part {
        "origins" => "--origin",
        "powers" => "--power",
        "surveys" => "--survey",
        _ => "--company",
    };
    wrong.first().map(|(part, detail)| format!("{} {detail}", option(*part))).unwrap_or_default()
}

fn tell(secret: &Secret, key: &ApiKey, is_first: bool) -> Outcome {
    println!("Key {} added: {}. It is shown this once:", key.id.0, key.name);
    println!("\n  {}\n", secret.reveal());
    let listening: rocket::Config = config::figment().extract()?;
    let public_url = PublicUrl(settings()?.public_url);
    if let Some(example) = admin::example(secret, &key.kind, |path| public_url.link(&listening, path)) {
        println!("Try it:\n  {example}");
    }
    if is_first {
        println!(
            "\nThis is the first key: from now on each request to the public routes needs one, or gets 401. A front end sends\n\
             a site key as `Authorization: Bearer …`. Revoking all keys does not open the service again."
        );
    }
    Ok(())
}

pub fn list(json: bool) -> Outcome {
    let keys: Vec<ApiKey> = store::all(&mut existing_database()?)?.into_iter().map(|(_, key)| key).collect();
    if json {
        return print_json(&keys.into_iter().map(KeyView::from).collect::<Vec<_>>());
    }
    if keys.is_empty() {
        println!("No key yet, and the public routes are open: formprogress key add --site --name NAME");
        return Ok(());
    }
    println!("{:>4}  {:<15}  {:<16}  {:<16}  {:<7}  NAME: WHAT IT MAY DO", "ID", "KEY", "MADE", "LAST USE", "STATE");
    for key in keys {
        let to_the_minute = |moment: formprogress::clock::Moment| moment.to_string().replace('T', " ")[..16].to_owned();
        println!(
            "{:>4}  {:<15}  {:<16}  {:<16}  {:<7}  {}: {}",
            key.id.0,
            format!("{}…", key.hint),
            to_the_minute(key.created_at),
            key.used_at.map_or_else(|| "never".into(), to_the_minute),
            if key.revoked_at.is_some() { "revoked" } else { "valid" },
            key.name,
            described(&key.kind)
        );
    }
    Ok(())
}

pub fn revoke(id: i64) -> Outcome {
    let entry = Entry::on_command_line("key.revoke", Subject::one("key", id), Clock::system().now());
    let revoked = db::write(&mut existing_database()?, |conn| store::revoke(conn, KeyId(id), &entry))?;
    match revoked {
        Some(true) => println!("Key {id} is revoked. A running service refuses it within a second."),
        Some(false) => println!("Key {id} was revoked before."),
        None => return Err(format!("there is no key {id}: formprogress key list").into()),
    }
    Ok(())
}
