//! The commands, and what they say.

mod accounts;
mod audit;
mod companies;
mod drafts;
mod keys;
mod manage;
mod people;
mod record;
mod serve;
mod status;
mod surveys;

use std::{io::Write, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use formprogress::{
    access::Role,
    companies::CompanyId,
    config::{self, Settings},
    db::{self, Conn, DatabaseUrl},
    http::{Parameter, export::Format},
    record::day::Day,
    surveys::{Status, SurveyId},
};
use serde::Serialize;

use self::drafts::{DraftCommand, SubmissionCommand};

/// What a command ends with: nothing, or one clear line.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Draft storage for multi-page forms and surveys: save each screen, resume on any device, submit once.
///
/// Without a command it serves. The database is DATABASE_URL (sqlite:PATH or postgres://USER@HOST/NAME), by default
/// the file formprogress.sqlite in the working folder. All settings are in the README; they come from Rocket.toml,
/// ROCKET_* and FORMPROGRESS_*.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArguments,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API (the default). Migrates the database first, and says what to open next.
    Serve(ServeArguments),
    /// Bring the database up to date and stop. Safe to run from several machines at once.
    Migrate,
    /// Delete the drafts that have expired. The service does the same by itself, on its purge_schedule.
    ///
    /// Works in small steps, so that a running service's saves are not held up. Adds up new events, too, and deletes those that
    /// are older than event_days; the funnel keeps what they add up to.
    Purge {
        /// Only say how many there are.
        #[arg(long)]
        dry_run: bool,
        /// Print {"dry_run":…,"drafts":…} for a script.
        #[arg(long)]
        json: bool,
    },
    /// Say what state the database is in: its size, what waits for the purge, how far the record's sums are.
    ///
    /// What a running service does at this moment, /metrics and /api/admin/system tell.
    Status {
        /// Print an object for a script.
        #[arg(long)]
        json: bool,
    },
    /// Import, list and close surveys.
    #[command(subcommand)]
    Survey(SurveyCommand),
    /// Add and list companies with their guest codes.
    #[command(subcommand)]
    Company(CompanyCommand),
    /// Export what became of drafts.
    #[command(subcommand)]
    Events(EventsCommand),
    /// Give out, or erase, everything that is held about a participant.
    #[command(subcommand)]
    Person(PersonCommand),
    /// Who did what: admins, keys and this command line.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Add, list and remove the people who may sign in.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Make, list and revoke API keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Find, show, extend and discard drafts.
    #[command(subcommand)]
    Draft(DraftCommand),
    /// Export submissions.
    #[command(subcommand)]
    Submission(SubmissionCommand),
    /// Print the OpenAPI document of the API.
    Openapi,
}

#[derive(Args, Default)]
struct ServeArguments {
    /// Load a sample survey, a company and its guest code DEMO, unless they are there already.
    #[arg(long)]
    demo: bool,
}

#[derive(Subcommand)]
enum SurveyCommand {
    /// Create a survey from a JSON file, or replace the one whose id the file carries.
    ///
    /// The file is an object with name and definition (the front end's own JSON: question_groups, or SurveyJS pages),
    /// and may have instructions, progress_days (how long a draft lives after its last save, 30), status (open,
    /// closing or closed) and id. A file without an id always makes a new survey. When a survey is replaced, its drafts
    /// and submissions stay, and so do its status and progress_days unless the file names them.
    #[command(after_help = "Example:\n  formprogress survey import commuting.json\n  \
        echo '{\"name\":\"Commuting\",\"definition\":{\"pages\":[]}}' | formprogress survey import -")]
    Import {
        /// The file; - for standard input.
        file: PathBuf,
        /// Print {"id":…,"created":…} for a script.
        #[arg(long)]
        json: bool,
    },
    /// Say what importing a file would change of a survey, and what it would do to its drafts. Nothing is changed.
    ///
    /// Of the drafts, the 2000 that began last are looked at. Only numbers are told, and names of the survey's own.
    #[command(after_help = "Example:\n  formprogress survey preview commuting.json --id 3")]
    Preview {
        /// The file; - for standard input.
        file: PathBuf,
        /// The survey that it is to replace; not needed if the file carries its id.
        #[arg(long)]
        id: Option<SurveyId>,
        /// Print what POST /api/admin/surveys/{id}/preview answers.
        #[arg(long)]
        json: bool,
    },
    /// List the surveys, with their drafts and submissions.
    List {
        /// Print a list of objects for a script.
        #[arg(long)]
        json: bool,
    },
    /// Show how far the drafts of a survey come, where they are lost, and how long it takes.
    Funnel {
        /// The survey's id, as `survey list` shows it.
        id: SurveyId,
        /// Only drafts of this company, as `company list` shows it.
        #[arg(long)]
        company: Option<CompanyId>,
        /// Only drafts that began on this day or later, in UTC, such as 2026-11-01.
        #[arg(long)]
        from: Option<Day>,
        /// Only drafts that began on this day or earlier.
        #[arg(long)]
        to: Option<Day>,
        /// Print what GET /api/admin/surveys/{id}/funnel answers.
        #[arg(long)]
        json: bool,
    },
    /// Print a survey as a file that makes the same one when it is imported.
    Export {
        /// The survey's id, as `survey list` shows it.
        id: SurveyId,
    },
    /// Open a survey again that was closed.
    Open {
        /// The survey's id, as `survey list` shows it.
        id: SurveyId,
    },
    /// Close a survey: it takes no more saves and no more answers. Nothing is deleted; `survey open` opens it again.
    Close {
        /// The survey's id, as `survey list` shows it.
        id: SurveyId,
        /// Let those who have a draft finish it; only new ones are refused (status closing).
        #[arg(long)]
        let_finish: bool,
    },
}

#[derive(Subcommand)]
enum EventsCommand {
    /// Write all events to standard output, the oldest first. What the columns mean stands in docs/record.md.
    Export {
        /// Only those of this survey.
        #[arg(long)]
        survey: Option<SurveyId>,
        /// csv (with a header line), or ndjson (a JSON object a line).
        #[arg(long, default_value = "csv", value_parser = Format::parse)]
        format: Format,
        /// Only those with a higher id: the last one of the export before.
        #[arg(long, default_value_t = 0)]
        after: i64,
    },
}

#[derive(Subcommand)]
enum CompanyCommand {
    /// Call a company something else.
    Rename {
        /// The company's id, as `company list` shows it.
        id: CompanyId,
        /// The new name.
        name: String,
    },
    /// Give a company another guest code. The old one is then unknown; drafts keep their link.
    Code {
        /// The company's id, as `company list` shows it.
        id: CompanyId,
        /// The new code.
        guest_code: String,
    },
    /// Switch a company's guest code off: it is not taken any more. Drafts keep their link.
    Off {
        /// The company's id, as `company list` shows it.
        id: CompanyId,
    },
    /// Switch it on again.
    On {
        /// The company's id, as `company list` shows it.
        id: CompanyId,
    },
    /// Add a company, with the guest code that its participants will type.
    Add {
        /// What it is called.
        #[arg(long)]
        name: String,
        /// Its code, unique among all companies. Capitals and spaces around it do not matter.
        #[arg(long)]
        guest_code: String,
        /// Free text that its participants are shown.
        #[arg(long, default_value = "")]
        details: String,
        /// Print {"id":…} for a script.
        #[arg(long)]
        json: bool,
    },
    /// List the companies with their guest codes.
    List {
        /// Print a list of objects for a script.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Add an account, and print a one-time link with which its person sets a password.
    ///
    /// The link begins with public_url, or with the address and port of the service where that is not set.
    #[command(after_help = "Example:\n  formprogress admin add ana@example.com\n  \
        formprogress admin add ben@example.com --role editor --company 7")]
    Add {
        /// By which the person signs in.
        email: String,
        /// What they may do: viewer (figures), editor (surveys, drafts and submissions too) or owner (everything).
        #[arg(long, default_value = "owner")]
        role: Role,
        /// The id of a company to which the account is limited; may be repeated. Not for owners.
        #[arg(long)]
        company: Vec<i64>,
        /// Print {"id":…,"password_link":…,"password_link_expires_at":…} for a script.
        #[arg(long)]
        json: bool,
    },
    /// Print a new link to set a password. Until it is used the password stays what it is.
    Link {
        /// Whose.
        email: String,
        /// Print {"id":…,"password_link":…,"password_link_expires_at":…} for a script.
        #[arg(long)]
        json: bool,
    },
    /// List the accounts.
    List {
        /// Print a list of objects for a script.
        #[arg(long)]
        json: bool,
    },
    /// Delete an account, with its sessions and links.
    Remove {
        /// Whose.
        email: String,
    },
    /// End all sessions of an account.
    SignOut {
        /// Whose.
        email: String,
    },
}

#[derive(Subcommand)]
enum PersonCommand {
    /// Print everything that is held about a participant, as JSON. Leaves an entry in the audit log.
    Export {
        /// Their email.
        email: String,
    },
    /// Erase everything that is held about a participant, in one act. Nobody can bring it back.
    ///
    /// Drafts with their earlier states, submissions with their answers, and what is remembered of either. The figures and
    /// the audit log stay: they do not name anybody. An account with the same email is not touched.
    Erase {
        /// Their email.
        email: String,
        /// Do it. Without this it is only said what would go.
        #[arg(long)]
        yes: bool,
        /// Print the counts as an object, for a script.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Show the last entries, the newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
        /// Print a list of objects for a script.
        #[arg(long)]
        json: bool,
    },
    /// Print all entries, the oldest first.
    Export {
        /// csv or ndjson.
        #[arg(long, default_value = "csv", value_parser = format)]
        format: Format,
    },
}

fn format(text: &str) -> Result<Format, &'static str> {
    Format::parse(text)
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a key. It is shown this once.
    ///
    /// With the first key the public routes close: from then on each request to them needs one.
    #[command(after_help = "Examples:\n  \
        formprogress key add --site --name 'The survey page' --origin https://forms.example.org\n  \
        formprogress key add --server --name 'Submission handler' --power submissions:write --survey 1")]
    Add(keys::NewKey),
    /// List the keys: what they may do, when they were last used, and whether they are still valid.
    List {
        /// Print a list of objects for a script.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key. A running service refuses it within a second.
    Revoke {
        /// The key's id, as `key list` shows it.
        id: i64,
    },
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Outcome {
    match arguments.command.unwrap_or(Command::Serve(arguments.serve)) {
        Command::Serve(ServeArguments { demo }) => serve::serve(demo),
        Command::Migrate => manage::migrate(),
        Command::Purge { dry_run, json } => manage::purge(dry_run, json),
        Command::Status { json } => status::status(json),
        Command::Survey(SurveyCommand::Import { file, json }) => surveys::import_survey(&file, json),
        Command::Survey(SurveyCommand::Preview { file, id, json }) => surveys::preview_survey(&file, id, json),
        Command::Survey(SurveyCommand::List { json }) => surveys::list_surveys(json),
        Command::Survey(SurveyCommand::Open { id }) => surveys::set_survey_status(id, Status::Open),
        Command::Survey(SurveyCommand::Close { id, let_finish }) => {
            surveys::set_survey_status(id, if let_finish { Status::Closing } else { Status::Closed })
        }
        Command::Company(CompanyCommand::Add { name, guest_code, details, json }) => {
            companies::add_company(&name, &guest_code, &details, json)
        }
        Command::Company(CompanyCommand::List { json }) => companies::list_companies(json),
        Command::Survey(SurveyCommand::Funnel { id, company, from, to, json }) => {
            record::funnel(id, company, from, to, json)
        }
        Command::Events(EventsCommand::Export { survey, format, after }) => {
            record::export_events(survey, format, after)
        }
        Command::Survey(SurveyCommand::Export { id }) => surveys::export_survey(id),
        Command::Company(CompanyCommand::Rename { id, name }) => companies::rename_company(id, &name),
        Command::Company(CompanyCommand::Code { id, guest_code }) => companies::set_guest_code(id, &guest_code),
        Command::Company(CompanyCommand::Off { id }) => companies::switch_company(id, false),
        Command::Company(CompanyCommand::On { id }) => companies::switch_company(id, true),
        Command::Person(PersonCommand::Export { email }) => people::export_person(&email),
        Command::Person(PersonCommand::Erase { email, yes, json }) => people::erase_person(&email, yes, json),
        Command::Audit(AuditCommand::List { limit, json }) => audit::list(limit, json),
        Command::Audit(AuditCommand::Export { format }) => audit::export(format),
        Command::Admin(AdminCommand::Add { email, role, company, json }) => accounts::add(&email, role, company, json),
        Command::Admin(AdminCommand::Link { email, json }) => accounts::new_link(&email, json),
        Command::Admin(AdminCommand::List { json }) => accounts::list(json),
        Command::Admin(AdminCommand::Remove { email }) => accounts::remove(&email),
        Command::Admin(AdminCommand::SignOut { email }) => accounts::sign_out(&email),
        Command::Key(KeyCommand::Add(new)) => keys::add(new),
        Command::Key(KeyCommand::List { json }) => keys::list(json),
        Command::Key(KeyCommand::Revoke { id }) => keys::revoke(id),
        Command::Draft(command) => drafts::run(command),
        Command::Submission(command) => drafts::run_on_submissions(command),
        Command::Openapi => manage::print_openapi(),
    }
}

/// The database of a command that creates or changes things: made and migrated if need be.
fn database() -> Result<Conn, Box<dyn std::error::Error>> {
    let mut conn = Conn::open(&settings()?.database_url)?;
    db::apply(&mut conn)?;
    Ok(conn)
}

/// The database of a command that needs one to be there: a mistyped path must not make a new one.
fn existing_database() -> Result<Conn, Box<dyn std::error::Error>> {
    let url = settings()?.database_url;
    if let DatabaseUrl::Sqlite(path) = &url
        && !path.exists()
    {
        return Err(format!("there is no database at {url}: check DATABASE_URL, or run `formprogress migrate`").into());
    }
    let mut conn = Conn::open(&url)?;
    db::check(&mut conn)?;
    Ok(conn)
}

fn settings() -> Result<Settings, config::ConfigError> {
    Settings::of(&config::figment())
}

fn plural(count: impl Into<i64>, one: &str) -> String {
    match count.into() {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    }
}

fn print_json<T: Serialize>(value: &T) -> Outcome {
    // Whoever reads it may have seen enough: an error, not a panic.
    Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string(value)?)?)
}
