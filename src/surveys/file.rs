//! A survey file: what `formprogress survey import` reads.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{
    Shapes, Status, SurveyId, SurveyScreen,
    schema::{Schema, SchemaError},
};
use crate::http::{Parameter, body::Object};

/// The members of a survey's JSON that are the service's own: a definition must not have them.
const OWN: [&str; 6] = ["id", "name", "instructions", "fingerprint", "created_at", "updated_at"];

/// A survey as it stands in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyFile {
    /// The survey to replace; without it a new one is made.
    #[serde(default, deserialize_with = "id")]
    pub id: Option<SurveyId>,
    /// Its title.
    pub name: String,
    /// What participants are told first.
    #[serde(default)]
    pub instructions: String,
    /// How many days a draft lives after its last save; 30 for a new survey, as before for one that is replaced.
    #[serde(default, deserialize_with = "days")]
    pub progress_days: Option<u16>,
    /// What it still takes; everything for a new survey, as before for one that is replaced.
    #[serde(default)]
    pub status: Option<Status>,
    /// The front end's own JSON, an object: `question_groups`, or SurveyJS's `pages`.
    pub definition: Box<RawValue>,
    /// What the answers must be: a JSON Schema (2020-12). None for a new survey, as before for one that is replaced;
    /// null for none from now on.
    #[serde(default, deserialize_with = "given")]
    pub answer_schema: Option<Box<RawValue>>,
    /// The screens, in their order: a list of `{name, title, schema?}`. As before, and null, like `answer_schema`.
    #[serde(default, deserialize_with = "given")]
    pub screens: Option<Box<RawValue>>,
    /// Whether every write of a draft must name the version that it was made on. Not for a new survey, as before for
    /// one that is replaced.
    #[serde(default)]
    pub require_if_match: Option<bool>,
    /// The shape of the answers: made of `answer_schema`, not read.
    #[serde(skip)]
    pub shapes: Option<Option<Shapes>>,
}

/// Why a file is not a survey.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not JSON, or not of this shape; the message says where.
    #[error("it is not a survey file: {0}")]
    Shape(#[from] serde_json::Error),
    /// The shape is right, a value is not.
    #[error("{0}")]
    Value(String),
}

impl SurveyFile {
    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        if !text.trim_start().starts_with('{') {
            return Err(FileError::Value("it must be a JSON object with a name and a definition".into()));
        }
        let mut file: Self = serde_json::from_str(text)?;
        if file.name.contains('\0') || file.instructions.contains('\0') {
            return Err(FileError::Value("name and instructions must not have the control character \\u0000".into()));
        }
        if file.name.trim().is_empty() {
            return Err(FileError::Value("name must not be empty".into()));
        }
        let definition: Object<'_> = serde_json::from_str(file.definition.get())
            .map_err(|_| FileError::Value("definition must be an object".into()))?;
        match definition.0.iter().find(|(member, _)| OWN.contains(&member.as_str())) {
            Some((member, _)) => Err(FileError::Value(format!(
                "definition must not have a member {member}: the survey's own {member} stands beside it in the API"
            ))),
            None => {
                file.shapes = file.answer_schema.as_deref().map(shapes_of).transpose()?;
                file.screens.as_deref().map_or(Ok(()), check_screens)?;
                Ok(file)
            }
        }
    }
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

/// Checks the schema of the answers, and finds its shape.
fn shapes_of(schema: &RawValue) -> Result<Option<Shapes>, FileError> {
    if schema.get() == "null" {
        return Ok(None);
    }
    let value = compiled(schema, "answer_schema")?;
    let shapes = Shapes::of(&value).map_err(|error| FileError::Value(format!("answer_schema: {error}")))?;
    Ok(Some(shapes))
}

fn check_screens(screens: &RawValue) -> Result<(), FileError> {
    let wrong = |detail: String| Err(FileError::Value(detail));
    let screens: Option<Vec<SurveyScreen>> = serde_json::from_str(screens.get())
        .map_err(|error| FileError::Value(format!("screens must be a list of {{name, title, schema?}}: {error}")))?;
    let mut names = HashSet::new();
    for (index, screen) in screens.iter().flatten().enumerate() {
        if screen.name.trim().is_empty() || screen.name.contains('\0') || screen.title.contains('\0') {
            return wrong(format!("screens/{index}: name must not be empty, nor have the control character \\u0000"));
        }
        if !names.insert(&screen.name) {
            return wrong(format!("screens/{index}: the name {:?} is given to another screen already", screen.name));
        }
        if let Some(schema) = screen.schema.as_deref().filter(|schema| schema.get() != "null") {
            compiled(schema, &format!("screens/{index}/schema"))?;
        }
    }
    Ok(())
}

/// The schema as a value, if it can be used.
fn compiled(schema: &RawValue, member: &str) -> Result<serde_json::Value, FileError> {
    let value = serde_json::from_str(schema.get())
        .map_err(|error| FileError::Value(format!("{member} is not a schema: {error}")))?;
    match Schema::compile(&value) {
        Ok(_) => Ok(value),
        Err(SchemaError { place, detail }) => Err(FileError::Value(format!("{member}{place}: {detail}"))),
    }
}

fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    let days = Option::<serde_json::Value>::deserialize(deserializer)?;
    let read =
        |days: serde_json::Value| days.as_u64().and_then(|days| u16::try_from(days).ok()).filter(|days| *days > 0);
    days.map(|days| read(days).ok_or_else(|| serde::de::Error::custom("progress_days must be from 1 to 65535")))
        .transpose()
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SurveyId>, D::Error> {
    let id = Option::<serde_json::Value>::deserialize(deserializer)?;
    let read = |id: serde_json::Value| SurveyId::parse(&id.to_string());
    id.map(|id| read(id).map_err(|detail| serde::de::Error::custom(format!("id {detail}")))).transpose()
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
        assert!(wrong(r#"{"name":"x\u0000","definition":{}}"#).contains("control character"));
    }
}
