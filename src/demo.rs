//! What `--demo` loads: a survey of several screens, a company and its guest code.

use diesel::{QueryResult, result::Error};

use crate::{
    clock::Moment,
    companies::{self, GuestCode, store::NewCompany},
    db::Conn,
    http::Parameter,
    surveys::{self, SurveyId, file::SurveyFile, store::Imported},
};

/// The code that participants of the demo type.
pub const GUEST_CODE: &str = "DEMO";

const SURVEY: &str = include_str!("../demo/survey.json");

/// What is there to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demo {
    /// The sample survey.
    pub survey_id: SurveyId,
}

/// Loads the demo, unless it is there: its survey is known by its name. To be run in a write transaction.
pub fn load(conn: &mut Conn, now: Moment) -> QueryResult<Demo> {
    let survey = SurveyFile::parse(SURVEY).map_err(|error| Error::DeserializationError(error.into()))?;
    if let Some(survey_id) = surveys::store::named(conn, &survey.name)? {
        return Ok(Demo { survey_id });
    }
    let key = GuestCode::parse(GUEST_CODE).map_err(|error| Error::DeserializationError(error.into()))?;
    if companies::store::by_code(conn, &key)?.is_none() {
        let company = NewCompany {
            name: "Demo Company",
            details: "Thank you for taking part.",
            guest_code: GUEST_CODE,
            key: &key,
        };
        companies::store::add(conn, &company, now)?;
    }
    match surveys::store::import(conn, &survey, now)? {
        Imported::Created(survey_id) | Imported::Replaced(survey_id) => Ok(Demo { survey_id }),
    }
}
