//! Accounts and sessions, as they are shown.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Account, AccountId};
use crate::{
    access::{Power, Reach, Role, rules},
    clock::Moment,
    companies::CompanyId,
};

/// An account.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
    id: AccountId,
    #[schema(example = "ana@example.com")]
    email: String,
    role: Role,
    /// The companies to which it is limited; null for no limit.
    companies: Option<Vec<CompanyId>>,
    /// Whether the person may sign in.
    is_active: bool,
    /// Whether they have set a password.
    has_password: bool,
    created_at: Moment,
    /// When they last signed in.
    signed_in_at: Option<Moment>,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            email: account.email.as_str().to_owned(),
            role: account.role,
            companies: match account.companies {
                Reach::All => None,
                Reach::Only(companies) => Some(companies.into_iter().collect()),
            },
            is_active: account.is_active,
            has_password: account.has_password,
            created_at: account.created_at,
            signed_in_at: account.signed_in_at,
        }
    }
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    account: AccountView,
    /// What they may do.
    powers: Vec<Power>,
    /// To be sent as `X-CSRF-Token` with each request of this session that changes something.
    #[schema(example = "Zm9ybXByb2dyZXNzIGtlZXBzIGRyYWZ0cyBvZiBmb3JtcyA")]
    csrf_token: String,
    /// When the session ends however busy it is.
    ends_at: Moment,
    /// Minutes without a request after which it ends before.
    #[schema(example = 120)]
    idle_minutes: u32,
}

impl SessionView {
    /// Of this account, whose session's CSRF token and end are these.
    pub fn new(account: Account, csrf_token: String, ends_at: Moment, idle_minutes: u32) -> Self {
        let powers = rules::grant_of(account.role, account.companies.clone()).powers.into_iter().collect();
        Self { account: account.into(), powers, csrf_token, ends_at, idle_minutes }
    }
}
