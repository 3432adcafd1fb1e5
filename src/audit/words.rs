//! What stands in the log, in words.

use super::{Outcome, Recorded};
use crate::access::Actor;

/// What is told of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Its name.
    pub action: &'static str,
    /// What somebody did.
    pub did: &'static str,
    /// What was done to a thing that is different since; none of a look, or of somebody's way in and out.
    pub became: Option<&'static str>,
}

const fn look(action: &'static str, did: &'static str) -> Told {
    Told { action, did, became: None }
}

const fn change(action: &'static str, did: &'static str, became: &'static str) -> Told {
    Told { action, did, became: Some(became) }
}

/// Every action. `docs/audit.md` explains them; a test holds both in step.
pub const ACTIONS: &[Told] = &[
    change("survey.create", "imported a survey", "imported"),
    change("survey.replace", "replaced a survey", "replaced from a file"),
    change("survey.settings", "changed the settings of a survey", "given other settings"),
    change("survey.status", "opened or closed a survey", "opened or closed"),
    change("company.create", "added a company", "added"),
    change("company.change", "changed a company", "changed"),
    look("draft.search", "searched drafts"),
    look("draft.export", "exported drafts"),
    look("draft.read", "read a draft"),
    look("draft.previous", "looked at the earlier states of a draft"),
    change("draft.extend", "gave a draft a longer life", "given a longer life"),
    change("draft.discard", "discarded a draft", "discarded"),
    change("draft.submit", "submitted a draft", "submitted by an admin"),
    change("draft.restore", "restored an earlier state of a draft", "restored to an earlier state"),
    look("submission.search", "listed submissions"),
    look("submission.export", "exported submissions"),
    look("submission.read", "read a submission"),
    look("events.read", "looked at the record"),
    look("events.export", "exported the record"),
    look("person.read", "was given all that is held about a person"),
    change("person.erase", "erased all that was held about a person", "erased, with all that was held about them"),
    look("audit.read", "looked at the audit log"),
    look("audit.export", "exported the audit log"),
    look("account.sign_in", "signed in"),
    look("account.sign_out", "signed out"),
    look("account.sign_out_everywhere", "ended all sessions of an account"),
    change("account.password", "set a password", "given a password"),
    change("account.add", "added an account", "added"),
    change("account.change", "changed an account", "changed"),
    change("account.delete", "removed an account", "removed"),
    change("account.link", "made a link to set a password", "given a link to set a password"),
    look("account.list", "listed the accounts"),
    look("account.read", "looked at an account"),
    change("key.create", "made an API key", "made"),
    change("key.revoke", "revoked an API key", "revoked"),
];

/// The kinds of actions, by which the log can be filtered too.
pub const KINDS: [(&str, &str); 9] = [
    ("survey", "anything with surveys"),
    ("company", "anything with companies"),
    ("draft", "anything with drafts"),
    ("submission", "anything with submissions"),
    ("events", "anything with the record"),
    ("person", "anything with a person"),
    ("account", "anything with accounts"),
    ("key", "anything with API keys"),
    ("audit", "anything with this log"),
];

fn told(action: &str) -> Option<&'static Told> {
    ACTIONS.iter().find(|told| told.action == action)
}

/// What somebody did, in words; an action of another version stands as it is.
pub fn did(action: &str) -> &str {
    told(action).map_or(action, |told| told.did)
}

/// What an entry says was done to a thing that is different since; none if it tells of no change.
pub fn became(entry: &Recorded) -> Option<&'static str> {
    let is_done = entry.outcome == Outcome::Done;
    told(&entry.action).filter(|_| is_done)?.became
}

/// Where what an entry was done to has a page; none if it has none.
pub fn page_of(entry: &Recorded) -> Option<String> {
    let (kind, id) = entry.subject.split_once(' ')?;
    let path = match kind {
        "survey" => "surveys",
        "company" => "companies",
        "draft" => "drafts",
        "submission" => "submissions",
        "account" if entry.action != "account.delete" => "accounts",
        "key" => return Some("/admin/keys".into()),
        _ => return None,
    };
    Some(format!("/admin/{path}/{id}"))
}

/// Who did something; by the email of an account or the name of a key, if it is known.
pub fn who(actor: Actor, name: Option<&str>) -> String {
    match (actor, name) {
        (Actor::Account(_), Some(email)) => email.into(),
        (Actor::Account(id), None) => format!("account {id}"),
        (Actor::Key(_), Some(name)) => format!("API key {name}"),
        (Actor::Key(id), None) => format!("API key {id}"),
        (Actor::CommandLine, _) => "an operator on the command line".into(),
        (Actor::Nobody, _) => "somebody who was not signed in".into(),
    }
}

/// Who did something, as the filter names them.
pub fn actor(actor: Actor) -> String {
    match actor {
        Actor::Account(id) => format!("account:{id}"),
        Actor::Key(id) => format!("key:{id}"),
        Actor::CommandLine => "command_line".into(),
        Actor::Nobody => "nobody".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The actions that the table of the document lists.
    fn explained() -> BTreeSet<&'static str> {
        let rows = include_str!("../../docs/audit.md").lines().filter(|line| line.starts_with("| `"));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(|name| name.contains('.')).collect()
    }

    #[test]
    fn every_action_has_words_and_every_word_an_action() {
        let in_words: BTreeSet<&str> = ACTIONS.iter().map(|told| told.action).collect();
        assert_eq!(in_words.len(), ACTIONS.len(), "none is there twice");
        assert_eq!(in_words, explained(), "audit/words.rs (left) and docs/audit.md (right) list the same actions");
        let kinds: BTreeSet<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
        let used: BTreeSet<&str> = in_words.iter().filter_map(|name| Some(name.split_once('.')?.0)).collect();
        assert_eq!(kinds, used);
    }

    #[test]
    fn every_action_is_a_change_or_a_look() {
        let looks =
            [".read", ".search", ".export", ".previous", ".list", ".sign_in", ".sign_out", ".sign_out_everywhere"];
        for told in ACTIONS {
            let is_look = looks.iter().any(|look| told.action.ends_with(look));
            assert_ne!(told.became.is_some(), is_look, "{}", told.action);
        }
    }

    #[test]
    fn an_action_of_another_version_stands_as_it_is() {
        assert_eq!(did("key.revoke"), "revoked an API key");
        assert_eq!(did("moon.land"), "moon.land");
    }
}
