//! What `--demo` loads: a survey of several screens, two companies and their guest codes, some weeks of history, and an owner.

mod history;

use diesel::{QueryResult, result::Error};

use crate::{
    access::{Reach, Role},
    accounts::{self, Link},
    audit::{Entry, Subject},
    clock::Moment,
    companies::{self, GuestCode, store::NewCompany},
    db::Conn,
    email::Email,
    http::Parameter,
    surveys::{self, SurveyId, file::SurveyFile, store::Imported},
};

/// The code that participants of the demo type.
pub const GUEST_CODE: &str = "DEMO";

/// The demo's companies, and their codes.
const COMPANIES: [(&str, &str); 2] = [("Demo Company", GUEST_CODE), ("Harbour Clinic", "HARBOUR")];

const SURVEY: &str = include_str!("../../demo/survey.json");

/// The owner of the demo.
pub const OWNER: &str = "demo@example.com";

/// What is there to try.
#[derive(Debug)]
pub struct Demo {
    /// The sample survey.
    pub survey_id: SurveyId,
    /// With which its owner sets a password; none if there is one already.
    pub owners_link: Option<Link>,
}

/// Loads the demo, unless it is there. To be run in a write transaction.
pub fn load(conn: &mut Conn, now: Moment) -> QueryResult<Demo> {
    Ok(Demo { survey_id: load_survey(conn, now)?, owners_link: load_owner(conn, now)? })
}

/// Makes an owner, or a new link for the one there is: the last start may be long ago.
fn load_owner(conn: &mut Conn, now: Moment) -> QueryResult<Option<Link>> {
    let email = Email::parse(OWNER).map_err(|error| Error::DeserializationError(error.into()))?;
    match accounts::store::by_email(conn, &email)? {
        None => {
            let entry = Entry::on_command_line("account.add", Subject::all("accounts"), now);
            let added = accounts::store::add(conn, &email, Role::Owner, &Reach::All, entry)?;
            Ok(added.ok().map(|(_, link)| link))
        }
        Some((account, None)) => {
            let entry = Entry::on_command_line("account.link", account.id, now);
            Ok(accounts::store::new_link(conn, account.id, &entry)?.ok())
        }
        Some((_, Some(_))) => Ok(None),
    }
}

/// The survey is known by its name.
fn load_survey(conn: &mut Conn, now: Moment) -> QueryResult<SurveyId> {
    let survey = SurveyFile::parse(SURVEY).map_err(|error| Error::DeserializationError(error.into()))?;
    if let Some(survey_id) = surveys::store::named(conn, &survey.name)? {
        return Ok(survey_id);
    }
    for (name, code) in COMPANIES {
        let key = GuestCode::parse(code).map_err(|error| Error::DeserializationError(error.into()))?;
        if companies::store::by_code(conn, &key)?.is_none() {
            let company = NewCompany { name, details: "Thank you for taking part.", guest_code: code, key: &key };
            companies::store::add(conn, &company, now)?;
        }
    }
    let (Imported::Created(survey_id) | Imported::Replaced(survey_id)) =
        surveys::store::import(conn, &survey, now.minus_days(history::DAYS + 1))?;
    history::play(conn, survey_id, &survey.definition, &COMPANIES.map(|(_, code)| code), now)?;
    Ok(survey_id)
}
