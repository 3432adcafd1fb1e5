//! What may happen to accounts and passwords. Pure.

use std::collections::BTreeSet;

use super::{Account, SessionLife};
use crate::{
    access::{Reach, Role},
    clock::Moment,
    companies::CompanyId,
};

/// Hours for which a link to set a password works.
pub const LINK_HOURS: u32 = 24;

/// The most companies to which an account is limited: past that it is hardly limited.
pub const MOST_COMPANIES: usize = 1000;

/// What an account may see that is limited to these companies; none if they are too many, or none at all.
pub fn limited_to(companies: BTreeSet<CompanyId>) -> Option<Reach<CompanyId>> {
    (1..=MOST_COMPANIES).contains(&companies.len()).then_some(Reach::Only(companies))
}

/// Why something cannot be done to an account. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// Another account has the email.
    #[error("there is an account with this email already")]
    EmailTaken,
    /// A company that there is not.
    #[error("there is no company with one of these ids")]
    NoCompany,
    /// An owner manages what all companies share.
    #[error("an owner cannot be limited to companies")]
    LimitedOwner,
    /// Nobody would be left who could manage accounts.
    #[error("this is the only active owner: make somebody else an owner first")]
    LastOwner,
    /// Somebody who may not sign in needs no password.
    #[error("this account is switched off: switch it on first")]
    SwitchedOff,
    /// The link was used, has expired or never was.
    #[error("the link does not work any more")]
    LinkInvalid,
    /// The password, or the session, is not what it was a moment ago.
    #[error("the account has changed in the meantime")]
    Outrun,
}

/// What is to become of an account. None: it stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What the person may do.
    pub role: Option<Role>,
    /// The companies to which they are limited.
    pub companies: Option<Reach<CompanyId>>,
    /// Whether they may sign in.
    pub is_active: Option<bool>,
}

/// Whether an account can manage accounts. One such must always remain.
pub fn is_in_charge(account: &Account) -> bool {
    // Who has not set a password yet may never do.
    account.role == Role::Owner && account.is_active && account.has_password && !account.companies.is_limited()
}

/// Whether there can be an account with this role and these limits.
pub fn can_be(role: Role, companies: &Reach<CompanyId>) -> Result<(), Refusal> {
    if role == Role::Owner && companies.is_limited() { Err(Refusal::LimitedOwner) } else { Ok(()) }
}

/// An account after a change. `others_in_charge`: whether anybody else can manage accounts.
pub fn changed(account: &Account, change: &Change, others_in_charge: bool) -> Result<Account, Refusal> {
    let after = Account {
        role: change.role.unwrap_or(account.role),
        companies: change.companies.clone().unwrap_or_else(|| account.companies.clone()),
        is_active: change.is_active.unwrap_or(account.is_active),
        ..account.clone()
    };
    can_be(after.role, &after.companies)?;
    match is_in_charge(account) && !is_in_charge(&after) && !others_in_charge {
        true => Err(Refusal::LastOwner),
        false => Ok(after),
    }
}

/// Whether an account may be deleted.
pub fn may_go(account: &Account, others_in_charge: bool) -> Result<(), Refusal> {
    if is_in_charge(account) && !others_in_charge { Err(Refusal::LastOwner) } else { Ok(()) }
}

/// What a change comes to, in words for the audit log.
pub fn difference(before: &Account, after: &Account) -> String {
    let reach = |account: &Account| account.companies.as_stored().unwrap_or_else(|| "all".into());
    let mut words = Vec::new();
    if before.role != after.role {
        words.push(format!("role {} to {}", before.role, after.role));
    }
    if before.companies != after.companies {
        words.push(format!("companies {} to {}", reach(before), reach(after)));
    }
    match (before.is_active, after.is_active) {
        (true, false) => words.push("switched off".into()),
        (false, true) => words.push("switched on".into()),
        _ => {}
    }
    words.join(", ")
}

/// Why somebody with this email cannot take this password; none if they can. Its length was judged when it was read.
pub fn refuses_password(password: &str, email: &str) -> Option<&'static str> {
    let is_email = password.trim().to_lowercase() == email;
    is_email.then_some("must not be the email")
}

impl SessionLife {
    /// When a session that began then ends, however busy it is.
    pub fn end(self, created_at: Moment) -> Moment {
        created_at.plus_minutes(self.hours.saturating_mul(60))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{accounts::AccountId, email::Email};

    fn account(role: Role, companies: Reach<CompanyId>, is_active: bool) -> Account {
        let created_at = "2026-11-21T09:30:00Z".parse().expect("a moment");
        let email = Email::from_stored("ana@example.com".into());
        Account {
            id: AccountId(1),
            email,
            role,
            companies,
            is_active,
            has_password: true,
            created_at,
            signed_in_at: None,
        }
    }

    fn only(id: i64) -> Reach<CompanyId> {
        Reach::Only([CompanyId(id)].into())
    }

    fn role() -> impl Strategy<Value = Role> {
        prop_oneof![Just(Role::Viewer), Just(Role::Editor), Just(Role::Owner)]
    }

    fn reach() -> impl Strategy<Value = Reach<CompanyId>> {
        prop_oneof![Just(Reach::All), (1..9_i64).prop_map(only)]
    }

    #[test]
    fn the_last_owner_stays_one() {
        let owner = account(Role::Owner, Reach::All, true);
        for change in [
            Change { role: Some(Role::Editor), ..Change::default() },
            Change { is_active: Some(false), ..Change::default() },
        ] {
            assert_eq!(changed(&owner, &change, false), Err(Refusal::LastOwner));
            assert!(changed(&owner, &change, true).is_ok());
        }
        assert_eq!(may_go(&owner, false), Err(Refusal::LastOwner));
        assert_eq!(may_go(&owner, true), Ok(()));
        assert_eq!(may_go(&account(Role::Owner, Reach::All, false), false), Ok(()));
    }

    #[test]
    fn an_owner_is_not_limited() {
        let limits = Change { companies: Some(only(7)), ..Change::default() };
        assert_eq!(changed(&account(Role::Owner, Reach::All, true), &limits, true), Err(Refusal::LimitedOwner));
        let promotes = Change { role: Some(Role::Owner), ..Change::default() };
        assert_eq!(changed(&account(Role::Editor, only(7), true), &promotes, true), Err(Refusal::LimitedOwner));
        let both = Change { role: Some(Role::Owner), companies: Some(Reach::All), is_active: None };
        assert!(changed(&account(Role::Editor, only(7), true), &both, true).is_ok());
    }

    #[test]
    fn a_limit_is_one_company_or_some() {
        let limit = |companies: i64| limited_to((1..=companies).map(CompanyId).collect());
        assert_eq!(limit(1), Some(only(1)));
        assert!(limit(1000).is_some() && limit(0).is_none() && limit(1001).is_none());
    }

    #[test]
    fn a_password_is_not_the_email() {
        assert!(refuses_password(" Ana@Example.com", "ana@example.com").is_some());
        assert!(refuses_password("ana@example.com's own", "ana@example.com").is_none());
    }

    #[test]
    fn the_audit_log_is_told_what_changed() {
        let before = account(Role::Editor, Reach::All, true);
        let after = account(Role::Viewer, only(7), false);
        assert_eq!(difference(&before, &after), "role editor to viewer, companies all to 7, switched off");
        assert_eq!(difference(&before, &before), "");
    }

    proptest! {
        #[test]
        fn whatever_changes_somebody_stays_in_charge(
            before in (role(), reach(), any::<bool>()),
            change in (proptest::option::of(role()), proptest::option::of(reach()), proptest::option::of(any::<bool>())),
            others: bool,
        ) {
            let before = account(before.0, before.1, before.2);
            let change = Change { role: change.0, companies: change.1, is_active: change.2 };
            prop_assume!(others || is_in_charge(&before));
            if let Ok(after) = changed(&before, &change, others) {
                prop_assert!(others || is_in_charge(&after));
                prop_assert!(after.role != Role::Owner || !after.companies.is_limited());
            }
        }
    }
}
