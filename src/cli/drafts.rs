//! The commands about drafts and submissions: what support asks for, and what an operator does on somebody's behalf.
//!
//! Whoever looks, changes or exports here leaves an entry in the audit log, as on the admin API.

use std::io::stdout;

use clap::{Args, Subcommand};
use formprogress::{
    access::Grant,
    audit::{self, Entry, People, Subject},
    clock::{Clock, Moment, Span},
    db::{self, Conn},
    email::Email,
    http::{
        Parameter,
        export::{self, Format},
    },
    progress::{
        Current, DraftId, FormProgress, Head, Reference,
        admin::Days,
        admin_api::AdminDraftView,
        conditions::Conditions,
        rules,
        search::Asked,
        search_api::DraftLine,
        store,
        world::{Answered, Outcome as WriteOutcome},
        writer,
        writes::{Act, By, Target, Write},
    },
    record, submissions,
    surveys::SurveyId,
    timeline::{Order, Scope},
};

use super::{Outcome, existing_database, plural, print_json, settings};

/// The most drafts that a search shows.
const MOST: usize = 50;

#[derive(Subcommand)]
pub enum DraftCommand {
    /// Find drafts by email, reference or survey: up to 50, those that began last come first.
    Find(FindArguments),
    /// Show a draft with its history.
    Show {
        /// The draft's id, as `draft find` shows it.
        id: DraftId,
        /// Print an object for a script, with data and meta.
        #[arg(long)]
        json: bool,
    },
    /// Let a draft live longer. Never shortens its life.
    Extend {
        /// The draft's id, as `draft find` shows it.
        id: DraftId,
        /// So many days from now, 1826 at most.
        #[arg(long, value_parser = Days::parse)]
        days: Days,
    },
    /// Discard a draft: what was entered is lost, and the participant may begin again.
    Discard {
        /// The draft's id, as `draft find` shows it.
        id: DraftId,
    },
}

#[derive(Args)]
pub struct FindArguments {
    /// The participant's address, in any spelling.
    #[arg(long, value_parser = Email::parse)]
    email: Option<Email>,
    /// What the participant reads out, such as 01K8-3FZQ-7MXA.
    #[arg(long, value_parser = Reference::parse)]
    reference: Option<Reference>,
    /// A survey's id.
    #[arg(long)]
    survey: Option<SurveyId>,
    /// Print a list of objects for a script.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
pub enum SubmissionCommand {
    /// Write all submissions of a survey with their answers to standard output.
    Export {
        /// The survey's id.
        #[arg(long)]
        survey: SurveyId,
        /// csv (an answer a line) or ndjson (a submission a line).
        #[arg(long, default_value = "csv", value_parser = Format::parse)]
        format: Format,
    },
}

/// Runs a command about drafts.
pub fn run(command: DraftCommand) -> Outcome {
    match command {
        DraftCommand::Find(arguments) => find(arguments),
        DraftCommand::Show { id, json } => show(id, json),
        DraftCommand::Extend { id, days: Days(days) } => extend(id, days),
        DraftCommand::Discard { id } => discard(id),
    }
}

/// Runs a command about submissions.
pub fn run_on_submissions(command: SubmissionCommand) -> Outcome {
    let SubmissionCommand::Export { survey, format } = command;
    let mut conn = existing_database()?;
    let entry = Entry::on_command_line("submission.export", Subject::all("submissions"), Clock::system().now());
    note(&mut conn, &entry.about(survey, None))?;
    let scope = Scope::of(&Grant::of_operator(), Some(survey), None);
    let filter = submissions::search::Filter { scope, email: None, submitted: Span::default() };
    let fetch = |reached| submissions::export::chunk(&mut conn, &filter, reached).map_err(Box::from);
    export::print(&mut stdout().lock(), format, None, fetch)
}

fn note(conn: &mut Conn, entry: &Entry) -> Outcome {
    Ok(db::write(conn, |conn| audit::store::add(conn, entry))?)
}

fn find(FindArguments { email, reference, survey, json }: FindArguments) -> Outcome {
    if email.is_none() && reference.is_none() && survey.is_none() {
        return Err("say what to look for: --email, --reference or --survey".into());
    }
    let (mut conn, now) = (existing_database()?, Clock::system().now());
    let asked = Asked { email, reference, survey_id: survey, ..Asked::default() };
    let people = People::new(&db::write(&mut conn, |conn| audit::store::secret(conn, now))?);
    note(&mut conn, &asked.audited(|subject| Entry::on_command_line("draft.search", subject, now), &people))?;
    let filter = asked.within(&Grant::of_operator());
    let found = store::search(&mut conn, &filter, Order::NewestFirst, None, MOST, now)?;
    if json {
        return print_json(&found.found.into_iter().map(DraftLine::from).collect::<Vec<_>>());
    }
    if found.found.is_empty() {
        println!("No draft alive is like that.");
        return Ok(());
    }
    println!(
        "{:<36}  {:<14}  {:>6}  {:>6}  {:<20}  {:<20}  EMAIL",
        "ID", "REFERENCE", "SURVEY", "SCREEN", "SAVED", "EXPIRES"
    );
    for head in found.found {
        let (reference, email) = (head.draft_id.reference(), head.email.as_ref().map_or("-", Email::as_str));
        println!(
            "{:<36}  {reference:<14}  {:>6}  {:>6}  {:<20}  {:<20}  {email}",
            head.draft_id.0,
            head.survey_id,
            head.current_screen.0,
            to_the_second(head.updated_at),
            to_the_second(head.expires_at),
        );
    }
    if found.next.is_some() {
        println!("There are more: the admin API lists them all.");
    }
    Ok(())
}

fn show(id: DraftId, json: bool) -> Outcome {
    let (mut conn, now) = (existing_database()?, Clock::system().now());
    let found = store::find_by_id(&mut conn, id)?.filter(|(draft, _)| rules::is_alive(&draft.head, now));
    let Some((draft, shapes)) = found else { return Err(absence(&mut conn, id, now)?.into()) };
    let Head { survey_id, company_id, .. } = draft.head;
    note(&mut conn, &Entry::on_command_line("draft.read", id, now).about(survey_id, company_id))?;
    let previous = store::previous_lines(&mut conn, id)?.len() as i64;
    let history = record::store::history(&mut conn, id)?;
    if json {
        let schema_changed = rules::schema_changed(&draft.head, shapes.as_ref());
        return print_json(&AdminDraftView::of(Current { draft, schema_changed }, previous, history));
    }
    let FormProgress { head, content } = draft;
    println!("draft      {}, reference {}", head.draft_id.0, head.draft_id.reference());
    println!("email      {}", head.email.as_ref().map_or("none yet", Email::as_str));
    println!("survey     {survey_id}, company {}", company_id.map_or("none".into(), |id| id.to_string()));
    println!("screen     {}, the furthest was {}", head.current_screen.0, head.furthest_screen.0);
    println!("version    {}, {} can be restored", head.version.0, plural(previous, "earlier state"));
    println!("created    {}", to_the_second(head.created_at));
    println!("saved      {}", to_the_second(head.updated_at));
    println!("expires    {}", to_the_second(head.expires_at));
    println!("data       {} bytes (--json shows them)", content.data.get().len());
    for event in history {
        let screen = event.screen.map_or(String::new(), |screen| format!(", screen {}", screen.0));
        println!("history    {} {}{screen}", to_the_second(event.at), event.kind);
    }
    Ok(())
}

fn extend(id: DraftId, days: u32) -> Outcome {
    let until = Clock::system().now().plus_days(days);
    let said = format!("until {until}");
    match carry_out("draft.extend", id, Act::Extend(until), said)? {
        Answered { outcome: WriteOutcome::Saved { current, .. }, .. } => {
            println!("Draft {} lives until {}.", id.0, to_the_second(current.draft.head.expires_at));
            Ok(())
        }
        _ => Err("the draft was not extended".into()),
    }
}

fn discard(id: DraftId) -> Outcome {
    carry_out("draft.discard", id, Act::Discard, String::new())?;
    println!("Draft {} is discarded.", id.0);
    Ok(())
}

/// Has the rules decide, under the same locks as in the service.
fn carry_out(
    action: &'static str,
    id: DraftId,
    act: Act,
    said: String,
) -> Result<Answered, Box<dyn std::error::Error>> {
    let (mut conn, clock) = (existing_database()?, Clock::system());
    let owner = store::heads_by_id(&mut conn, &[id])?.pop();
    let (survey_id, company_id) = owner.map_or((None, None), |head| (Some(head.survey_id), head.company_id));
    let entry = Entry::on_command_line(action, id, clock.now()).about(survey_id, company_id).detail(said);
    let write = Write {
        target: Target::Draft(id),
        conditions: Conditions::default(),
        key: None,
        body_is_valid: true,
        by: By::Admin(Box::new(entry)),
        act,
    };
    Ok(writer::run_here(&mut conn, write, &clock, settings()?.ended_draft_days)??)
}

/// What to say of a draft that is not there.
fn absence(conn: &mut Conn, id: DraftId, now: Moment) -> Result<String, Box<dyn std::error::Error>> {
    let head = store::heads_by_id(conn, &[id])?.pop();
    let ending = store::endings(conn, &[id])?.remove(&id);
    Ok(rules::absence(head.as_ref(), ending, settings()?.ended_draft_days, now).to_string())
}

/// `2026-11-21 09:30:00Z`: as exact as people need it.
fn to_the_second(moment: Moment) -> String {
    let text = moment.to_string();
    format!("{}Z", text.split('.').next().unwrap_or_default().replace('T', " "))
}
