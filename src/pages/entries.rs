//! What somebody has entered: the fields of a form, or the filters in an address, to be read and to be shown once more.

use std::borrow::Cow;

use url::form_urlencoded;

use crate::{
    http::{Fields, Query},
    problem::{FieldError, Problem},
};

/// Names and values, and what is wrong with them.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    given: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Entries {
    /// Of a posted form.
    pub(super) fn of_form(given: Vec<(String, String)>) -> Self {
        Self { given, errors: Vec::new() }
    }

    /// Of an address.
    pub fn of_query(query: &Query<'_>) -> Self {
        Self::of_form(query.parameters().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// A form that nobody has filled in yet, with what stands in it from the start.
    pub fn prefilled(values: &[(&str, &str)]) -> Self {
        Self::of_form(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The same for a form that tells what it showed: what somebody else changes in the meantime is not changed back by it.
    pub fn shown(values: &[(&str, &str)]) -> Self {
        let mut entries = Self::prefilled(values);
        let was = values.iter().map(|(name, value)| (was(name), (*value).to_owned()));
        entries.given.extend(was);
        entries
    }

    /// What the form showed under this name, if it tells.
    pub fn shown_before(&self, name: &str) -> Option<&str> {
        let was = was(name);
        self.given.iter().find(|(given, _)| *given == was).map(|(_, value)| value.as_str())
    }

    /// Whether this, which was read under this name, is something else than the form showed.
    pub fn is_changed(&self, name: &str, now: impl ToString) -> bool {
        self.shown_before(name) != Some(now.to_string().as_str())
    }

    /// The values, to be parsed as those of a query or a body. What is left blank is missing.
    pub fn fields(&self) -> Fields<'_> {
        let filled = self.given.iter().filter(|(_, value)| !value.trim().is_empty());
        Fields::of_query(filled.map(|(name, value)| (Cow::from(name), Cow::from(value))).collect())
    }

    /// The same for filters; one that is not among `known` is noted, since a misspelt name must not be ignored.
    pub fn filters(&self, known: &[&str]) -> Fields<'_> {
        let mut fields = self.fields();
        for (name, _) in self.given.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            fields.note(&name.chars().take(64).collect::<String>(), "is not a filter of this list");
        }
        fields
    }

    /// Whether anything is entered.
    pub fn is_empty(&self) -> bool {
        self.given.iter().all(|(_, value)| value.trim().is_empty())
    }

    /// The first value of this name, or nothing.
    pub fn value(&self, name: &str) -> &str {
        self.given.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value)
    }

    /// Whether this value is among those of this name: a box is ticked, an option chosen.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.given.iter().any(|(given, own)| given == name && own == value)
    }

    /// What is wrong with the value of this name, if anything is.
    pub fn error(&self, name: &str) -> Option<&str> {
        let of_it = |error: &&FieldError| {
            let place = error.pointer.trim_start_matches("#/");
            place.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.errors.iter().find(of_it).map(|error| error.detail.as_str())
    }

    /// All that is wrong, with the names.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Takes up what is wrong with the entries, so that they can be shown once more; gives any other problem back.
    pub fn blame(&mut self, problem: Problem) -> Result<(), Problem> {
        match problem {
            Problem::InvalidRequest(errors) => {
                self.errors = errors;
                Ok(())
            }
            other => Err(other),
        }
    }

    /// Notes that something is wrong with a value.
    pub fn note(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(FieldError { pointer: name.to_owned(), detail: detail.into() });
    }

    /// An address with these filters, but with another value of one of them; none takes it away.
    pub fn address(&self, path: &str, name: &str, value: Option<&str>) -> String {
        let others = self.given.iter().filter(|(given, value)| given != name && !value.trim().is_empty());
        let all = others.map(|(name, value)| (name.as_str(), value.as_str())).chain(value.map(|value| (name, value)));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// The hidden field that tells what a field showed.
fn was(name: &str) -> String {
    format!("was_{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::Email;

    fn entries() -> Entries {
        Entries::prefilled(&[("email", " "), ("name", "a&b"), ("power", "x"), ("power", "y")])
    }

    #[test]
    fn what_is_left_blank_is_missing() {
        let entries = entries();
        let mut fields = entries.fields();
        assert!(fields.required::<Email>("email").is_none());
        let Err(Problem::InvalidRequest(errors)) = fields.finish(Some(())) else { panic!("it is refused") };
        assert_eq!((errors[0].pointer.as_str(), errors[0].detail.as_str()), ("email", "is missing"));
    }

    #[test]
    fn what_is_as_it_was_shown_is_not_changed() {
        let entries = Entries::shown(&[("days", "30"), ("role", "editor")]);
        assert!(!entries.is_changed("days", 30) && entries.is_changed("days", 31));
        assert_eq!((entries.value("role"), entries.shown_before("role")), ("editor", Some("editor")));
        assert!(entries.is_changed("other", ""), "what the form does not tell is taken at its word");
    }

    #[test]
    fn addresses_keep_the_other_filters() {
        let entries = entries();
        assert_eq!(entries.address("/x", "after", Some("ä=")), "/x?name=a%26b&power=x&power=y&after=%C3%A4%3D");
        assert_eq!(entries.address("/x", "power", None), "/x?name=a%26b");
        assert_eq!(Entries::default().address("/x", "after", None), "/x");
    }

    #[test]
    fn what_is_wrong_stands_at_its_field() {
        let mut entries = entries();
        let errors = vec![FieldError::at("/power/1", "is none"), FieldError::at("/named", "is something else")];
        entries.blame(Problem::InvalidRequest(errors)).expect("it is taken up");
        assert_eq!(entries.error("power"), Some("is none"));
        assert_eq!(entries.error("name"), None);
        assert!(entries.blame(Problem::Internal).is_err());
    }
}
