//! For the tests of templates.

use super::forms::Named;
use crate::{
    access::{Reach, Role},
    accounts::{Account, AccountId},
    companies::{Company, CompanyId},
    email::Email,
    pages::{limits::Limits, samples::HOSTILE},
};

/// An account; the first may sign in and does.
pub fn account(id: i64, companies: Reach<CompanyId>) -> Account {
    let now = "2026-11-21T09:30:00Z".parse().expect("a moment");
    Account {
        id: AccountId(id),
        email: Email::from_stored(HOSTILE.into()),
        role: if id == 1 { Role::Owner } else { Role::Viewer },
        companies,
        is_active: id != 2,
        has_password: id == 1,
        created_at: now,
        signed_in_at: (id == 1).then_some(now),
    }
}

/// Four companies, of which one is gone.
pub fn limited() -> Reach<CompanyId> {
    Reach::Only((1..=4).map(CompanyId).collect())
}

/// The names of some.
pub fn companies() -> Named {
    let company = |id| Company {
        id: CompanyId(id),
        name: HOSTILE.into(),
        details: String::new(),
        guest_code: String::new(),
        is_active: true,
    };
    Named::among(vec![company(1), company(2)])
}

/// Companies to choose from, more than can be ticked.
pub fn choices() -> Limits {
    Limits::among("companies", "Companies", (1..=201).map(|id| (id, HOSTILE.to_owned())))
}
