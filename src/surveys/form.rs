//! What a survey accepts, ready to judge by: its options, the schema of its answers, and those of its screens.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use quick_cache::sync::Cache;
use serde_json::{Value, value::RawValue};

use super::{
    ScreenName, Survey, SurveyId,
    schema::{Schema, SchemaError},
    shape::Shape,
};
use crate::{
    clock::Moment,
    problem::{FieldError, MOST_ERRORS},
    progress::merge,
    submissions::answers::{Answers, Options},
};

/// What a survey accepts.
#[derive(Debug, Default)]
pub struct Form {
    options: Options,
    schema: Option<Schema>,
    screens: Vec<(String, Option<Schema>)>,
}

/// A draft as far as it fits the form.
pub struct Fitted<'a> {
    /// Its data, without what does not.
    pub data: Cow<'a, RawValue>,
    /// Where that was, as JSON Pointers into the data.
    pub dropped: Vec<String>,
}

impl Form {
    /// Of this survey. Its schemas were checked when it was imported.
    pub fn compile(survey: &Survey) -> Result<Self, SchemaError> {
        let screens =
            survey.screens.iter().map(|screen| Ok((screen.name.clone(), compiled(screen.schema.as_deref())?)));
        Ok(Self {
            options: Options::of(&survey.definition),
            schema: compiled(survey.answer_schema.as_deref())?,
            screens: screens.collect::<Result<_, SchemaError>>()?,
        })
    }

    /// Reads answers that were sent as a member of a body (`at`, such as `/answers`), or all that is wrong with them.
    pub fn answers(&self, sent: &RawValue, at: &str) -> Result<Answers, Vec<FieldError>> {
        let answers = Answers::read(sent, &self.options, at);
        let unfit = self.schema.as_ref().map(|schema| errors(schema, sent, at)).unwrap_or_default();
        match answers {
            Ok(answers) if unfit.is_empty() => Ok(answers),
            Ok(_) => Err(unfit),
            Err(mut errors) => {
                let told: HashSet<String> = errors.iter().map(|error| error.pointer.clone()).collect();
                errors.extend(unfit.into_iter().filter(|error| !told.contains(&error.pointer)));
                errors.truncate(MOST_ERRORS);
                Err(errors)
            }
        }
    }

    /// All that is wrong with a form state: as a whole, or with what a screen asks for. None: there is no such screen.
    pub fn errors(&self, data: &RawValue, screen: Option<&ScreenName>) -> Option<Vec<FieldError>> {
        let Some(ScreenName(name)) = screen else {
            return Some(self.answers(data, "/data").err().unwrap_or_default());
        };
        let by_name = self.screens.iter().find(|(own, _)| own == name);
        let (_, schema) = by_name.or_else(|| self.screens.get(name.parse::<usize>().ok()?))?;
        Some(schema.as_ref().map(|schema| errors(schema, data, "/data")).unwrap_or_default())
    }

    /// The form state as far as it fits.
    pub fn fit<'a>(&self, data: &'a RawValue) -> Fitted<'a> {
        let dropped = self.misfits(data);
        let data = if dropped.is_empty() { Cow::Borrowed(data) } else { Cow::Owned(merge::without(data, &dropped)) };
        Fitted { data, dropped }
    }

    /// What of a form state does not fit, as JSON Pointers into it.
    pub fn misfits(&self, data: &RawValue) -> Vec<String> {
        let instance = serde_json::from_str::<Value>(data.get()).ok();
        match (&self.schema, instance) {
            // What cannot be looked through is left out as a whole.
            (Some(_), Some(instance)) if length_of_pointers(&instance, 0) > LONGEST_POINTERS => vec![String::new()],
            (Some(schema), Some(instance)) => schema.misfits(&instance),
            _ => Vec::new(),
        }
    }

    /// The shape of its answers, if it has a schema of them.
    pub fn shape(&self) -> Option<&Shape> {
        self.schema.as_ref().map(Schema::shape)
    }

    /// How many screens it has; none if it does not say.
    pub fn screen_count(&self) -> Option<usize> {
        Some(self.screens.len()).filter(|count| *count > 0)
    }
}

fn compiled(schema: Option<&RawValue>) -> Result<Option<Schema>, SchemaError> {
    let value = schema.map(|schema| serde_json::from_str(schema.get())).transpose();
    let wrong = |error: serde_json::Error| SchemaError { place: String::new(), detail: error.to_string() };
    value.map_err(wrong)?.filter(|value: &Value| !value.is_null()).map(|value| Schema::compile(&value)).transpose()
}

/// How long the JSON Pointers of all values together may be, in bytes, for an instance to be judged: each may be pointed
/// at, and a value deep under long names takes a pointer as long as all of them. Forms of a megabyte stay below the half.
const LONGEST_POINTERS: usize = 4 << 20;

/// The length of the pointers of all values below one whose own has this length.
fn length_of_pointers(value: &Value, own: usize) -> usize {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, member)| length_of_pointers(member, own + 1 + name.len())).sum::<usize>() + own
        }
        Value::Array(elements) => {
            elements.iter().map(|element| length_of_pointers(element, own + 6)).sum::<usize>() + own
        }
        _ => own,
    }
}

fn errors(schema: &Schema, instance: &RawValue, at: &str) -> Vec<FieldError> {
    match serde_json::from_str(instance.get()) {
        Ok(instance) if length_of_pointers(&instance, 0) > LONGEST_POINTERS => {
            vec![FieldError::at(at, "has too much in it to be checked: too many values under too long names")]
        }
        Ok(instance) => schema
            .errors(&instance)
            .into_iter()
            .map(|misfit| FieldError::at(&format!("{at}{}", misfit.pointer), misfit.detail))
            .collect(),
        // What a draft may keep and a schema cannot judge: half a character, a number beyond every range.
        Err(_) => vec![FieldError::at(at, "must have texts of valid Unicode, and numbers below 1e308")],
    }
}

/// The forms of surveys, each compiled once.
pub struct Forms(Cache<(SurveyId, Moment), Arc<Form>>);

/// Why a form cannot be had, although the survey was imported: a bug of ours, or a hand in the database.
#[derive(Debug, thiserror::Error)]
#[error("the schema of survey {survey} cannot be used: {place}: {detail}")]
pub struct FormError {
    survey: SurveyId,
    place: String,
    detail: String,
}

impl FormError {
    /// Of this survey.
    pub fn of(survey: SurveyId, SchemaError { place, detail }: SchemaError) -> Self {
        Self { survey, place, detail }
    }
}

impl Forms {
    /// More surveys than most services have; the compiled schemas of others are made when they are asked for.
    const MOST: usize = 512;

    /// Of a survey as it was last changed.
    pub fn of(&self, survey: &Survey) -> Result<Arc<Form>, FormError> {
        self.0
            .get_or_insert_with(&(survey.id, survey.updated_at), || Form::compile(survey).map(Arc::new))
            .map_err(|cause| FormError::of(survey.id, cause))
    }
}

impl Default for Forms {
    fn default() -> Self {
        Self(Cache::new(Self::MOST))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(schema: &Value) -> Form {
        Form { schema: Some(Schema::compile(schema).expect("a schema")), ..Default::default() }
    }

    fn raw(json: &Value) -> Box<RawValue> {
        RawValue::from_string(json.to_string()).expect("JSON")
    }

    /// A name of most of a megabyte, over and over in the pointers of thousands of errors, would take gigabytes.
    #[test]
    fn what_would_take_too_much_to_point_at_is_refused_as_a_whole() {
        let form = form(&json!({"additionalProperties": {"additionalProperties": {"type": "string"}}}));
        let wrong: serde_json::Map<String, Value> = (0..1000).map(|number| (number.to_string(), json!(1))).collect();
        let state = raw(&json!({"A".repeat(500_000): wrong}));

        let errors = form.answers(&state, "/answers").expect_err("it is refused");
        assert_eq!(errors.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(), ["#/answers"]);
        let fitted = form.fit(&state);
        assert_eq!((fitted.data.get(), fitted.dropped), ("{}", vec![String::new()]));
    }

    #[test]
    fn a_large_form_is_not_too_much() {
        let form = form(&json!({"additionalProperties": {"type": "string"}}));
        let answers: serde_json::Map<String, Value> = (0..9000)
            .map(|number| (format!("a question with the number {number}"), json!("answer ".repeat(10))))
            .collect();

        assert!(form.answers(&raw(&answers.into()), "/answers").is_ok());
    }
}
