//! A survey file: what `formprogress survey import` and the admin API read, and what an export gives.

mod members;
pub mod report;

use std::{collections::HashSet, fmt};

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use self::{
    members::{Members, Wrong, wrong},
    report::Position,
};
use super::{
    Shapes, Status, SurveyId, SurveyName, SurveyScreen,
    schema::{Schema, SchemaError},
};
use crate::{
    http::{Parameter, body::Object, fields},
    problem::{FieldError, MOST_ERRORS},
};

/// The members of a survey's JSON that are the service's own: a definition must not have them.
const OWN: [&str; 6] = ["id", "name", "instructions", "fingerprint", "created_at", "updated_at"];

/// A survey as it stands in a file. Only `name` and `definition` must be there.
#[derive(Debug, Serialize, ToSchema)]
pub struct SurveyFile {
    /// The survey to replace; without it a new one is made.
    #[schema(required = false)]
    pub id: Option<SurveyId>,
    /// Its title.
    #[schema(example = "How do you get to work?")]
    pub name: String,
    /// What participants are told first.
    #[schema(required = false)]
    pub instructions: String,
    /// How many days a draft lives after its last save; 30 for a new survey, as before for one that is replaced.
    #[schema(required = false, minimum = 1, example = 30)]
    pub progress_days: Option<u16>,
    /// What it still takes; everything for a new survey, as before for one that is replaced.
    #[schema(required = false)]
    pub status: Option<Status>,
    /// The front end's own JSON, an object: `question_groups`, or SurveyJS's `pages`.
    #[schema(value_type = Object)]
    pub definition: Box<RawValue>,
    /// What the answers must be: a JSON Schema (2020-12). None for a new survey, as before for one that is replaced;
    /// null for none from now on.
    #[schema(value_type = Option<Object>, required = false)]
    pub answer_schema: Option<Box<RawValue>>,
    /// The screens, in their order: a list of `{name, title, schema?}`. As before, and null, like `answer_schema`.
    #[schema(value_type = Option<Vec<Object>>, required = false)]
    pub screens: Option<Box<RawValue>>,
    /// Whether every write of a draft must name the version that it was made on. Not for a new survey, as before for
    /// one that is replaced.
    #[schema(required = false)]
    pub require_if_match: Option<bool>,
    /// The shape of the answers: made of `answer_schema`, not read.
    #[serde(skip)]
    #[schema(ignore)]
    pub shapes: Option<Option<Shapes>>,
}

/// Why a file is not a survey.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not JSON, or not an object; the message says where, and so does the place where it is known.
    #[error("{0}")]
    Json(String, Option<Position>),
    /// Members that are missing, unknown or not good: all that were found.
    #[error("{}", Listed(.0))]
    Members(Vec<FieldError>),
}

/// What is wrong with a file, on one line.
struct Listed<'a>(&'a [FieldError]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 5;
        for (index, error) in self.0.iter().take(MOST).enumerate() {
            let place = error.pointer.trim_start_matches("#/");
            let between = if place.contains('/') { ":" } else { "" };
            write!(f, "{}{place}{between} {}", if index == 0 { "" } else { "; " }, error.detail)?;
        }
        match self.0.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl SurveyFile {
    /// Reads the text of a file, or tells all that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        if !text.trim_start().starts_with('{') {
            return Err(FileError::Json("it must be a JSON object with a name and a definition".into(), None));
        }
        let object: Object<'_> = serde_json::from_str(text).map_err(|error| {
            let position = Position { line: error.line(), column: error.column() };
            FileError::Json(format!("it is not a survey file: {error}"), Some(position))
        })?;
        let mut members = Members::of(object);
        let id = members.take("id", id);
        let name = members.required("name", name);
        let instructions = members.take("instructions", text_of);
        let progress_days = members.take("progress_days", days);
        let status = members.take("status", status);
        let definition = members.required("definition", definition);
        let answer_schema = members.take_with_null("answer_schema", shapes_of);
        let screens = members.take_with_null("screens", check_screens);
        let require_if_match = members.take("require_if_match", |json| {
            serde_json::from_str(json.get()).map_err(|_| vec![("".into(), "must be true or false".into())])
        });
        members.refuse_others();
        let (shapes, answer_schema) = answer_schema.unzip();
        match (name, definition) {
            (Some(name), Some(definition)) if members.errors.is_empty() => Ok(Self {
                id,
                name,
                instructions: instructions.unwrap_or_default(),
                progress_days,
                status,
                definition,
                answer_schema,
                screens: screens.map(|(_, json)| json),
                require_if_match,
                shapes,
            }),
            _ => {
                members.errors.truncate(MOST_ERRORS);
                Err(FileError::Members(members.errors))
            }
        }
    }
}

fn text_of(json: &RawValue) -> Result<String, Wrong> {
    match fields::text(json) {
        Some(text) if text.contains('\0') => wrong("must not have the control character \\u0000"),
        Some(text) => Ok(text.into_owned()),
        None => wrong("must be a text of valid Unicode"),
    }
}

/// The next survey is numbered after the highest one: a file must not use all numbers up.
const LARGEST_ID: i64 = i32::MAX as i64;

fn id(json: &RawValue) -> Result<SurveyId, Wrong> {
    let id = SurveyId::parse(json.get()).ok().filter(|SurveyId(id)| *id <= LARGEST_ID);
    id.map_or_else(|| wrong("must be an integer from 1 to 2147483647"), Ok)
}

fn name(json: &RawValue) -> Result<String, Wrong> {
    SurveyName::parse(&text_of(json)?).map_or_else(wrong, |SurveyName(name)| Ok(name))
}

fn days(json: &RawValue) -> Result<u16, Wrong> {
    let days = json.get().parse().ok().filter(|days| *days > 0);
    days.map_or_else(|| wrong("must be from 1 to 65535"), Ok)
}

fn status(json: &RawValue) -> Result<Status, Wrong> {
    let told: String = json.get().chars().take(40).collect();
    let status = fields::text(json).and_then(|text| text.parse().ok());
    status.map_or_else(|| wrong(format!("must be open, closing or closed, not {told}")), Ok)
}

fn definition(json: &RawValue) -> Result<Box<RawValue>, Wrong> {
    let Ok(definition) = serde_json::from_str::<Object<'_>>(json.get()) else {
        return wrong("must be an object");
    };
    let own = definition.0.iter().map(|(member, _)| member).filter(|member| OWN.contains(&member.as_str()));
    let errors: Wrong = own
        .map(|member| {
            let why = format!("the survey's own {member} stands beside it in the API");
            (String::new(), format!("must not have a member {member}: {why}"))
        })
        .collect();
    if errors.is_empty() { Ok(json.to_owned()) } else { Err(errors) }
}

/// Checks the schema of the answers, and finds its shape.
fn shapes_of(schema: &RawValue) -> Result<Option<Shapes>, Wrong> {
    if schema.get() == "null" {
        return Ok(None);
    }
    let value = compiled(schema)?;
    Shapes::of(&value).map(Some).or_else(|error| wrong(error.to_string()))
}

fn check_screens(screens: &RawValue) -> Result<(), Wrong> {
    let screens: Option<Vec<SurveyScreen>> = serde_json::from_str(screens.get())
        .or_else(|error| wrong(format!("must be a list of {{name, title, schema?}}: {error}")))?;
    let (mut names, mut errors) = (HashSet::new(), Wrong::new());
    for (index, screen) in screens.iter().flatten().enumerate() {
        let at = format!("/{index}");
        if screen.name.trim().is_empty() || screen.name.contains('\0') || screen.title.contains('\0') {
            let detail = "name must not be empty, nor have the control character \\u0000";
            errors.push((at.clone(), detail.into()));
        }
        if !names.insert(&screen.name) {
            errors.push((at.clone(), format!("the name {:?} is given to another screen already", screen.name)));
        }
        let schema = screen.schema.as_deref().filter(|schema| schema.get() != "null");
        if let Some(Err(wrong)) = schema.map(compiled) {
            errors.extend(wrong.into_iter().map(|(below, detail)| (format!("{at}/schema{below}"), detail)));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The schema as a value, if it can be used.
fn compiled(schema: &RawValue) -> Result<serde_json::Value, Wrong> {
    let value = serde_json::from_str(schema.get()).or_else(|error| wrong(format!("is not a schema: {error}")))?;
    match Schema::compile(&value) {
        Ok(_) => Ok(value),
        Err(SchemaError { place, detail }) => Err(vec![(place, detail)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_needs_a_name_and_a_definition() {
        let file = SurveyFile::parse(r#"{"name":"Commuting","definition":{"pages":[]}}"#).expect("a survey file");
        assert_eq!((file.progress_days, file.status, file.id), (None, None, None));
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let wrong = |text: &str| SurveyFile::parse(text).expect_err(text).to_string();
        assert!(wrong(r#"{"definition":{}}"#).contains("name"));
        assert!(wrong(r#"{"name":"x","definition":[]}"#).contains("definition must be an object"));
        assert!(wrong(r#"{"name":"x","definition":{"id":3}}"#).contains("must not have a member id"));
        assert!(wrong(r#"{"name":"x","definition":{},"progress_days":0}"#).contains("from 1 to 65535"));
        assert!(wrong(r#"{"name":"x","definition":{},"progress_days":"30"}"#).contains("from 1 to 65535"));
        assert!(wrong("[]").contains("must be a JSON object"));
        assert!(wrong(r#"{"name":"x","definition":{},"status":"shut"}"#).contains("shut"));
        assert!(wrong(r#"{"name":"x","definition":{},"progres_days":3}"#).contains("progres_days"));
        assert!(wrong(r#"{"name":"x","definition":{},"id":-3}"#).contains("from 1 to"));
        assert!(wrong(r#"{"name":"x","definition":{},"id":2147483648}"#).contains("from 1 to"));
        let long = "x".repeat(501);
        assert!(wrong(&format!(r#"{{"name":"{long}","definition":{{}}}}"#)).contains("500 characters"));
        assert!(wrong(r#"{"name":"x\u0000","definition":{}}"#).contains("control character"));
        assert!(wrong(r#"{"name":"x","name":"y","definition":{}}"#).contains("name is given more than once"));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_with_its_place() {
        let file = r#"{"name":" ","status":"shut","progress_days":"30","answer_schema":{"properties":{"a":{"type":"strin"}}},
            "screens":[{"name":"a"},{"name":"a","schema":{"pattern":"["}}],"require_if_match":1,"a/b":0}"#;
        let Err(FileError::Members(errors)) = SurveyFile::parse(file) else { panic!("it is refused") };
        let places: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(
            places,
            [
                "#/name",
                "#/progress_days",
                "#/status",
                "#/definition",
                "#/answer_schema/properties/a/type",
                "#/screens/1",
                "#/screens/1/schema/pattern",
                "#/require_if_match",
                "#/a~1b"
            ]
        );
        assert!(FileError::Members(errors).to_string().ends_with("; and 4 more"));
    }
}
