//! The surveys and companies among which a filter chooses: by name as long as there are not too many of them, else by id.

use super::Entries;
use crate::{
    access::Grant,
    companies,
    db::{Conn, Queried},
    surveys,
};

/// More than that nobody looks through.
const MOST: usize = 200;

/// What can be chosen.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Ids and names, in the order of the ids.
    pub options: Vec<(i64, String)>,
    /// Whether these are all. Otherwise any other id can be typed.
    pub are_all: bool,
}

impl Choices {
    /// Of all, or of one more than are shown.
    pub fn of(options: impl Iterator<Item = (i64, String)>) -> Self {
        let mut options: Vec<_> = options.collect();
        let are_all = options.len() <= MOST;
        options.truncate(MOST);
        Self { options, are_all }
    }

    /// The surveys that this grant lets be seen.
    pub fn surveys(conn: &mut Conn, grant: &Grant) -> Queried<Self> {
        let ids = grant.surveys.ids();
        let found = surveys::store::page(conn, ids.as_deref(), None, None, MOST as i64 + 1)?;
        Ok(Self::of(found.into_iter().map(|survey| (survey.id, survey.name))))
    }

    /// The companies that this grant lets be seen, active or not.
    pub fn companies(conn: &mut Conn, grant: &Grant) -> Queried<Self> {
        let ids = grant.companies.ids();
        let found = companies::store::page(conn, ids.as_deref(), None, None, MOST as i64 + 1)?;
        Ok(Self::of(found.into_iter().map(|company| (company.id.0, company.name))))
    }

    /// What is entered, if it is none of these.
    pub fn stranger<'a>(&self, entries: &'a Entries, name: &str) -> Option<&'a str> {
        let entered = entries.value(name).trim();
        let is_known = self.options.iter().any(|(id, _)| id.to_string() == entered);
        Some(entered).filter(|entered| !entered.is_empty() && *entered != "none" && !is_known)
    }

    /// What is entered, as it is called.
    pub fn called(&self, entries: &Entries, name: &str) -> Option<String> {
        let entered = entries.value(name).trim();
        let known = self.options.iter().find(|(id, _)| id.to_string() == entered).map(|(_, name)| name.clone());
        known.or_else(|| Some(entered.to_owned()).filter(|entered| !entered.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_called_by_its_name() {
        let choices = Choices::of([(1, "Commuting".to_owned()), (2, "Canteen".to_owned())].into_iter());
        let entries = Entries::prefilled(&[("survey_id", "2"), ("company_id", "none"), ("other", "77")]);
        assert_eq!(choices.called(&entries, "survey_id").as_deref(), Some("Canteen"));
        assert_eq!((choices.stranger(&entries, "survey_id"), choices.stranger(&entries, "company_id")), (None, None));
        assert_eq!(choices.stranger(&entries, "other"), Some("77"));
        assert_eq!(choices.called(&entries, "missing"), None);
    }

    #[test]
    fn no_more_are_offered_than_anybody_looks_through() {
        let choices = Choices::of((0..201).map(|id| (id, id.to_string())));
        assert_eq!((choices.options.len(), choices.are_all), (200, false));
        assert!(Choices::of((0..200).map(|id| (id, id.to_string()))).are_all);
    }
}
