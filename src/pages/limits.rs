//! Choosing the surveys or companies to which something is limited: a part of several forms.

use super::Entries;
use crate::http::{Fields, Parameter};

/// How many there are to tick. Those beyond are typed, by their ids.
pub const MOST_CHOICES: i64 = 200;

/// What there is to choose from.
pub struct Limits {
    /// The name of its fields: `companies`, `companies_limit` and `companies_more`.
    pub name: &'static str,
    /// What stands above it.
    pub legend: &'static str,
    /// Ids and names.
    pub choices: Vec<(i64, String)>,
    /// Whether there are more than can be ticked.
    pub has_more: bool,
}

impl Limits {
    /// Among these: one more than [`MOST_CHOICES`], if there are so many.
    pub fn among(name: &'static str, legend: &'static str, found: impl Iterator<Item = (i64, String)>) -> Self {
        let mut choices: Vec<(i64, String)> = found.collect();
        let has_more = choices.len() as i64 > MOST_CHOICES;
        choices.truncate(MOST_CHOICES as usize);
        Self { name, legend, choices, has_more }
    }

    /// The field that says whether there is a limit.
    pub fn limit_field(&self) -> String {
        format!("{}_limit", self.name)
    }

    /// The field for those that cannot be ticked.
    pub fn more_field(&self) -> String {
        format!("{}_more", self.name)
    }

    /// What stands in its fields for something that is limited to these, or to none: names and values.
    pub fn prefilled(&self, ids: Option<&[i64]>) -> Vec<(String, String)> {
        let limit = |word: &str| (self.limit_field(), word.to_owned());
        let Some(ids) = ids else { return vec![limit("all")] };
        let is_choice = |id: &i64| self.choices.iter().any(|(choice, _)| choice == id);
        let (ticked, typed): (Vec<i64>, Vec<i64>) = ids.iter().partition(|id| is_choice(id));
        let typed = typed.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let ticked = ticked.into_iter().map(|id| (self.name.to_owned(), id.to_string()));
        [limit("some"), (self.more_field(), typed)].into_iter().chain(ticked).collect()
    }
}

/// What was chosen: none for no limit. What is wrong is noted in `fields`.
pub fn chosen<T: Parameter>(entries: &Entries, fields: &mut Fields<'_>, name: &str) -> Option<Vec<T>> {
    let mut chosen = fields.list::<T>(name).unwrap_or_default();
    let typed = entries.value(&format!("{name}_more")).split([',', ' ', '\n', '\r', '\t']);
    for id in typed.filter(|id| !id.is_empty()) {
        match T::parse(id) {
            Ok(id) => chosen.push(id),
            Err(_) => fields.note_unless_wrong(name, "must be named by their ids, with spaces between"),
        }
    }
    match (entries.value(&format!("{name}_limit")), chosen.is_empty()) {
        ("some", true) => fields.note_unless_wrong(name, "must be ticked, one at least, or choose “No limit”"),
        ("some", false) => return Some(chosen),
        (_, false) => fields.note_unless_wrong(name, "are ticked, but “No limit” is chosen: choose one of both"),
        (_, true) => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{companies::CompanyId, problem::Problem};

    fn chosen_in(values: &[(&str, &str)]) -> Result<Option<Vec<i64>>, Problem> {
        let entries = Entries::prefilled(values);
        let mut fields = entries.fields();
        let ids = chosen::<CompanyId>(&entries, &mut fields, "companies");
        fields.finish(Some(ids.map(|ids| ids.into_iter().map(|id| id.0).collect())))
    }

    #[test]
    fn what_is_ticked_and_what_is_typed_are_both_chosen() {
        assert_eq!(chosen_in(&[]), Ok(None));
        assert_eq!(chosen_in(&[("companies_limit", "all")]), Ok(None));
        let both =
            [("companies_limit", "some"), ("companies", "7"), ("companies", "8"), ("companies_more", "301, 302")];
        assert_eq!(chosen_in(&both), Ok(Some(vec![7, 8, 301, 302])));
    }

    #[test]
    fn nothing_that_was_chosen_is_dropped_silently() {
        for wrong in [
            &[("companies_limit", "some")][..],
            &[("companies_limit", "all"), ("companies", "7")],
            &[("companies_limit", "some"), ("companies", "seven")],
            &[("companies_limit", "some"), ("companies_more", "7; 8")],
        ] {
            let Err(Problem::InvalidRequest(errors)) = chosen_in(wrong) else { panic!("{wrong:?} is refused") };
            assert_eq!(errors.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(), ["companies"]);
        }
    }

    #[test]
    fn what_cannot_be_ticked_is_typed() {
        let limits = Limits::among("companies", "Companies", (1..=250).map(|id| (id, format!("Company {id}"))));
        assert_eq!((limits.choices.len(), limits.has_more), (200, true));
        let values = limits.prefilled(Some(&[7, 230]));
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(values, [("companies_limit", "some"), ("companies_more", "230"), ("companies", "7")]);
        assert_eq!(chosen_in(&values), Ok(Some(vec![7, 230])));
    }
}
