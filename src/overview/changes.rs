//! What entries of the audit log say of changes, in words. Pure.

use std::collections::HashMap;

use crate::{
    access::{Actor, Caller},
    audit::{Recorded, words},
    clock::Moment,
    companies::CompanyId,
    progress::DraftId,
    surveys::SurveyId,
};

/// The names by which things are called in changes.
#[derive(Debug, Default)]
pub struct Names {
    /// Of surveys.
    pub surveys: HashMap<SurveyId, String>,
    /// Of companies.
    pub companies: HashMap<CompanyId, String>,
}

/// A change in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Moment,
    /// What it was done to.
    pub what: String,
    /// Where that is.
    pub address: Option<String>,
    /// What was done.
    pub done: String,
    /// By whom.
    pub by: String,
}

/// What an entry says of a change, as `caller` reads it; none if it tells of no change.
pub fn in_words(entry: &Recorded, names: &Names, caller: &Caller) -> Option<Change> {
    let done = done(entry)?.into();
    let own = caller.account.as_ref().map(|account| Actor::Account(account.id.0));
    let by = if own == Some(entry.actor) { "you".into() } else { words::who(entry.actor, None) };
    Some(Change { at: entry.at, what: what(entry, names), address: words::page_of(entry), done, by })
}

fn done(entry: &Recorded) -> Option<&'static str> {
    let became = words::became(entry)?;
    Some(match (entry.action.as_str(), entry.detail.as_str()) {
        ("survey.status", "open") => "opened",
        ("survey.status", "closing") => "closing since then: nobody new can start",
        ("survey.status", "closed") => "closed",
        _ => became,
    })
}

/// What an entry is about.
fn what(entry: &Recorded, names: &Names) -> String {
    let (kind, id) = entry.subject.split_once(' ').unwrap_or((entry.subject.as_str(), ""));
    let number = id.parse().unwrap_or_default();
    let called = |name: Option<&String>, thing: &str| name.cloned().unwrap_or_else(|| format!("{thing} {id}"));
    match kind {
        "survey" => called(names.surveys.get(&SurveyId(number)), "Survey"),
        "company" => called(names.companies.get(&CompanyId(number)), "Company"),
        "draft" => {
            let reference = id.parse::<DraftId>().map(|id| id.reference().to_string());
            format!("Draft {}", reference.as_deref().unwrap_or(id))
        }
        "submission" => format!("Submission {id}"),
        "account" => format!("Account {id}"),
        "key" => format!("API key {id}"),
        "person" => "A person".into(),
        _ => entry.subject.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Outcome;

    fn entry(action: &str, subject: &str, detail: &str) -> Recorded {
        Recorded {
            id: 1,
            at: "2026-11-21T09:30:00Z".parse().expect("a moment"),
            actor: Actor::CommandLine,
            action: action.into(),
            subject: subject.into(),
            survey_id: None,
            company_id: None,
            outcome: Outcome::Done,
            detail: detail.into(),
            address: String::new(),
            request_id: String::new(),
        }
    }

    #[test]
    fn looks_and_what_was_refused_changed_nothing() {
        assert_eq!(done(&entry("account.read", "account 1", "")), None);
        let refused = Recorded { outcome: Outcome::Refused, ..entry("account.password", "account 1", "") };
        assert_eq!(done(&refused), None);
    }

    #[test]
    fn things_are_called_by_their_names_and_lead_to_their_pages() {
        let mut names = Names::default();
        names.surveys.insert(SurveyId(1), "Commuting".into());
        let of = |action, subject| {
            let entry = entry(action, subject, "");
            (what(&entry, &names), words::page_of(&entry))
        };
        let page = |path: &str| Some(path.to_owned());
        assert_eq!(of("survey.status", "survey 1"), ("Commuting".into(), page("/admin/surveys/1")));
        assert_eq!(of("survey.replace", "survey 2"), ("Survey 2".into(), page("/admin/surveys/2")));
        assert_eq!(of("company.change", "company 7"), ("Company 7".into(), page("/admin/companies/7")));
        let draft = "019aa5d2-7b5c-7d3e-8c1f-2f9a4b6c8d0e";
        let subject = format!("draft {draft}");
        let discarded = of("draft.discard", &subject);
        assert_eq!(discarded, ("Draft 06DA-BMKV-BHYK".into(), page(&format!("/admin/drafts/{draft}"))));
        assert_eq!(of("account.delete", "account 3"), ("Account 3".into(), None));
        assert_eq!(of("person.erase", "person 00ff"), ("A person".into(), None));
        assert_eq!(done(&entry("survey.status", "survey 1", "closed")), Some("closed"));
        assert_eq!(of("key.revoke", "key 1"), ("API key 1".into(), page("/admin/keys")));
        assert_eq!(done(&entry("key.revoke", "key 1", "")), Some("revoked"));
    }
}
