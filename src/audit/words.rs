//! What stands in the log, in words.

use super::Recorded;
use crate::access::Actor;

/// Every action, and what was done. `docs/audit.md` explains them; a test holds both in step.
pub const ACTIONS: [(&str, &str); 35] = [
    ("survey.create", "imported a survey"),
    ("survey.replace", "replaced a survey"),
    ("survey.settings", "changed the settings of a survey"),
    ("survey.status", "opened or closed a survey"),
    ("company.create", "added a company"),
    ("company.change", "changed a company"),
    ("draft.search", "searched drafts"),
    ("draft.export", "exported drafts"),
    ("draft.read", "read a draft"),
    ("draft.previous", "looked at the earlier states of a draft"),
    ("draft.extend", "gave a draft a longer life"),
    ("draft.discard", "discarded a draft"),
    ("draft.submit", "submitted a draft"),
    ("draft.restore", "restored an earlier state of a draft"),
    ("submission.search", "listed submissions"),
    ("submission.export", "exported submissions"),
    ("submission.read", "read a submission"),
    ("events.read", "looked at the record"),
    ("events.export", "exported the record"),
    ("person.read", "was given all that is held about a person"),
    ("person.erase", "erased all that was held about a person"),
    ("audit.read", "looked at the audit log"),
    ("audit.export", "exported the audit log"),
    ("account.sign_in", "signed in"),
    ("account.sign_out", "signed out"),
    ("account.sign_out_everywhere", "ended all sessions of an account"),
    ("account.password", "set a password"),
    ("account.add", "added an account"),
    ("account.change", "changed an account"),
    ("account.delete", "removed an account"),
    ("account.link", "made a link to set a password"),
    ("account.list", "listed the accounts"),
    ("account.read", "looked at an account"),
    ("key.create", "made an API key"),
    ("key.revoke", "revoked an API key"),
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

/// What was done, in words; an action of another version stands as it is.
pub fn action(name: &str) -> &str {
    ACTIONS.iter().find(|(known, _)| *known == name).map_or(name, |(_, words)| words)
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
        _ => return None,
    };
    Some(format!("/admin/{path}/{id}"))
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
        let in_words: BTreeSet<&str> = ACTIONS.iter().map(|(name, _)| *name).collect();
        assert_eq!(in_words.len(), ACTIONS.len(), "none is there twice");
        assert_eq!(in_words, explained(), "audit/words.rs (left) and docs/audit.md (right) list the same actions");
        let kinds: BTreeSet<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
        let used: BTreeSet<&str> = in_words.iter().filter_map(|name| Some(name.split_once('.')?.0)).collect();
        assert_eq!(kinds, used);
    }

    #[test]
    fn an_action_of_another_version_stands_as_it_is() {
        assert_eq!(action("key.revoke"), "revoked an API key");
        assert_eq!(action("moon.land"), "moon.land");
    }
}
