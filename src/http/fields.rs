//! Taking values out of a request, and finding everything that is wrong with them at once.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::problem::{FieldError, MOST_ERRORS, Problem};

/// A value that a text can name: in a query, in a path, or as a JSON string.
pub trait Parameter: Sized {
    /// Whether a JSON number may stand for it too.
    const NUMERIC: bool = false;

    /// Reads it, or says what it must be (a phrase that follows its name).
    fn parse(text: &str) -> Result<Self, &'static str>;
}

impl Parameter for bool {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "must be true or false")
    }
}

fn from_json<P: Parameter>(json: &RawValue) -> Result<P, &'static str> {
    match json.get().as_bytes() {
        [b'"', ..] => P::parse(&text(json).ok_or("must be a text of valid Unicode")?),
        [b'-' | b'0'..=b'9', ..] if P::NUMERIC => P::parse(json.get()),
        _ if P::NUMERIC => Err("must be an integer"),
        _ => Err("must be a text"),
    }
}

/// The text of a JSON string; None for anything else, and for escapes that are not Unicode.
pub fn text(json: &RawValue) -> Option<Cow<'_, str>> {
    // Only owned strings are read through escapes; most have none and are borrowed.
    match json.get() {
        plain if plain.starts_with('"') && !plain.contains('\\') => Some(plain.trim_matches('"').into()),
        escaped => serde_json::from_str::<String>(escaped).ok().map(Cow::Owned),
    }
}

enum Source<'a> {
    Body(Vec<(String, &'a RawValue)>),
    Query(Vec<(Cow<'a, str>, Cow<'a, str>)>),
}

/// The members of a body, or the parameters of a query. Each `required` or `optional` takes one and notes what is
/// wrong with it; [`Fields::finish`] answers with all of that at once.
pub struct Fields<'a> {
    source: Source<'a>,
    errors: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    pub(super) fn of_body(members: Vec<(String, &'a RawValue)>) -> Self {
        Self { source: Source::Body(members), errors: Vec::new() }
    }

    pub(crate) fn of_query(parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Self {
        Self { source: Source::Query(parameters), errors: Vec::new() }
    }

    /// A value that must be there. None once something is wrong with it.
    pub fn required<T: Parameter + PartialEq>(&mut self, name: &str) -> Option<T> {
        self.required_as(&[name])
    }

    /// A value that must be there, under any of these names; under several, it must be the same.
    pub fn required_as<T: Parameter + PartialEq>(&mut self, names: &[&str]) -> Option<T> {
        let before = self.errors.len();
        let found = self.take(names);
        if found.is_none() && self.errors.len() == before {
            self.note(names[0], "is missing");
        }
        found
    }

    /// A value that may be missing or null.
    pub fn optional<T: Parameter + PartialEq>(&mut self, name: &str) -> Option<T> {
        self.take(&[name])
    }

    /// A list in the body, which may be missing or null; in a form, all that is chosen under this name.
    pub fn list<T: Parameter>(&mut self, name: &str) -> Option<Vec<T>> {
        if let Source::Query(parameters) = &self.source {
            let chosen = parameters.iter().filter(|(given, _)| given == name);
            let chosen: Vec<Result<T, &'static str>> = chosen.map(|(_, value)| T::parse(value)).collect();
            return chosen.into_iter().map(|value| value.map_err(|detail| self.note(name, detail)).ok()).collect();
        }
        let json = self.raw(name).filter(|json| json.get() != "null")?;
        let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(json.get()) else {
            self.note(name, "must be a list");
            return None;
        };
        let mut list = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            match from_json(element) {
                Ok(value) => list.push(value),
                Err(detail) => self.note(&format!("{name}/{index}"), detail),
            }
        }
        Some(list)
    }

    /// A member of the body that may be missing, as it was sent: `null` is a value here.
    pub fn raw(&mut self, name: &str) -> Option<&'a RawValue> {
        let Source::Body(members) = &self.source else { return None };
        let mut found = members.iter().filter(|(key, _)| key == name).map(|(_, value)| *value);
        let (first, repeated) = (found.next(), found.next().is_some());
        if repeated {
            self.note(name, "is given more than once");
        }
        first
    }

    /// Notes that something is wrong with a field.
    pub fn note(&mut self, name: &str, detail: &str) {
        let pointer = match self.source {
            Source::Body(_) => format!("#/{name}"),
            Source::Query(_) => name.to_owned(),
        };
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(FieldError { pointer, detail: detail.to_owned() });
        }
    }

    /// The same, unless something is wrong with it, or with a value in it, already.
    pub fn note_unless_wrong(&mut self, name: &str, detail: &str) {
        let is_within = |pointer: &str| {
            let place = pointer.trim_start_matches("#/").strip_prefix(name);
            place.is_some_and(|place| place.is_empty() || place.starts_with('/'))
        };
        if !self.errors.iter().any(|error| is_within(&error.pointer)) {
            self.note(name, detail);
        }
    }

    /// The value made of the fields, unless something was wrong with any of them.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(Problem::InvalidRequest(self.errors)),
        }
    }

    fn take<T: Parameter + PartialEq>(&mut self, names: &[&str]) -> Option<T> {
        let found: Vec<(String, Result<T, &'static str>)> = match &self.source {
            Source::Body(members) => members
                .iter()
                .filter(|(name, value)| names.contains(&name.as_str()) && value.get() != "null")
                .map(|(name, value)| (name.clone(), from_json(value)))
                .collect(),
            Source::Query(parameters) => parameters
                .iter()
                .filter(|(name, _)| names.contains(&name.as_ref()))
                .map(|(name, value)| (name.to_string(), T::parse(value)))
                .collect(),
        };
        let mut taken: Option<(String, T)> = None;
        for (name, value) in found {
            match (value, &taken) {
                (Err(detail), _) => self.note(&name, detail),
                (Ok(value), None) => taken = Some((name, value)),
                (Ok(_), Some((first, _))) if *first == name => self.note(&name, "is given more than once"),
                (Ok(value), Some((first, same))) if value != *same => {
                    let detail = format!("contradicts {first}");
                    self.note(&name, &detail);
                }
                (Ok(_), Some(_)) => {}
            }
        }
        taken.map(|(_, value)| value)
    }
}
