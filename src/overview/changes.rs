//! Which entries of the audit log tell of a change, and what they say in words. Pure.

use std::collections::HashMap;

use crate::{
    access::{Actor, Caller},
    audit::{Outcome, Recorded},
    clock::Moment,
    companies::CompanyId,
    progress::DraftId,
    surveys::SurveyId,
};

/// What changes something, and what was done then. What is not in here is a look, or somebody's way in and out.
const WORDS: [(&str, &str); 18] = [
    ("survey.create", "imported"),
    ("survey.replace", "replaced from a file"),
    ("survey.settings", "given other settings"),
    ("survey.status", "opened or closed"),
    ("company.create", "added"),
    ("company.change", "changed"),
    ("draft.extend", "given a longer life"),
    ("draft.discard", "discarded"),
    ("draft.submit", "submitted by an admin"),
    ("draft.restore", "restored to an earlier state"),
    ("person.erase", "erased, with all that was held about them"),
    ("account.password", "given a password"),
    ("account.add", "added"),
    ("account.change", "changed"),
    ("account.delete", "removed"),
    ("account.link", "given a link to set a password"),
    ("key.create", "made"),
    ("key.revoke", "revoked"),
];

/// Whether an entry tells of something that is different now.
pub fn is_change(entry: &Recorded) -> bool {
    entry.outcome == Outcome::Done && WORDS.iter().any(|(action, _)| *action == entry.action)
}

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

/// A change as `caller` reads it.
pub fn in_words(entry: &Recorded, names: &Names, caller: &Caller) -> Change {
    let own = caller.account.as_ref().map(|account| Actor::Account(account.id.0));
    let (what, address) = what(entry, names);
    let by = match entry.actor {
        actor if own == Some(actor) => "you".into(),
        Actor::Account(id) => format!("account {id}"),
        Actor::Key(id) => format!("API key {id}"),
        Actor::CommandLine => "an operator, on the command line".into(),
        Actor::Nobody => "somebody who was not signed in".into(),
    };
    Change { at: entry.at, what, address, done: done(entry), by }
}

fn done(entry: &Recorded) -> String {
    match (entry.action.as_str(), entry.detail.as_str()) {
        ("survey.status", "open") => "opened".into(),
        ("survey.status", "closing") => "closing since then: nobody new can start".into(),
        ("survey.status", "closed") => "closed".into(),
        (action, _) => WORDS.iter().find(|(own, _)| *own == action).map_or(action, |(_, words)| words).into(),
    }
}

/// What an entry is about, and where it is.
fn what(entry: &Recorded, names: &Names) -> (String, Option<String>) {
    let (kind, id) = entry.subject.split_once(' ').unwrap_or((entry.subject.as_str(), ""));
    let number = id.parse().unwrap_or_default();
    let is_gone = entry.action.ends_with(".delete");
    match kind {
        "survey" => {
            let name = names.surveys.get(&SurveyId(number));
            (name.cloned().unwrap_or_else(|| format!("Survey {id}")), Some(format!("/admin/surveys/{id}")))
        }
        "company" => {
            let name = names.companies.get(&CompanyId(number));
            (name.cloned().unwrap_or_else(|| format!("Company {id}")), Some(format!("/admin/companies/{id}")))
        }
        "draft" => {
            let reference = id.parse::<DraftId>().map(|id| id.reference().to_string());
            (format!("Draft {}", reference.as_deref().unwrap_or(id)), Some(format!("/admin/drafts/{id}")))
        }
        "submission" => (format!("Submission {id}"), Some(format!("/admin/submissions/{id}"))),
        "account" => (format!("Account {id}"), (!is_gone).then(|| format!("/admin/accounts/{id}"))),
        "key" => (format!("API key {id}"), Some("/admin/keys".into())),
        "person" => ("A person".into(), None),
        _ => (entry.subject.clone(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// The actions that the document explains.
    fn explained() -> impl Iterator<Item = &'static str> {
        let rows = include_str!("../../docs/audit.md").lines().filter(|line| line.starts_with("| `"));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(|name| name.contains('.'))
    }

    #[test]
    fn every_action_is_a_change_or_a_look() {
        let looks =
            [".read", ".search", ".export", ".previous", ".list", ".sign_in", ".sign_out", ".sign_out_everywhere"];
        for action in explained() {
            let is_look = looks.iter().any(|look| action.ends_with(look));
            assert_ne!(is_change(&entry(action, "survey 1", "")), is_look, "{action}");
        }
        let refused = Recorded { outcome: Outcome::Refused, ..entry("account.password", "account 1", "") };
        assert!(!is_change(&refused));
    }

    #[test]
    fn things_are_called_by_their_names_and_lead_to_their_pages() {
        let mut names = Names::default();
        names.surveys.insert(SurveyId(1), "Commuting".into());
        let of = |action, subject| what(&entry(action, subject, ""), &names);
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
        assert_eq!(done(&entry("survey.status", "survey 1", "closed")), "closed");
        assert_eq!(done(&entry("key.revoke", "key 1", "")), "revoked");
    }
}
