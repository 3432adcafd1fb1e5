//! Accounts: the people who run surveys, and their sessions.

pub mod store;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access::{Reach, Role},
    clock::Moment,
    companies::CompanyId,
    email::Email,
};

/// Names an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[schema(value_type = i64, minimum = 1, example = 2)]
pub struct AccountId(pub i64);

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Names it.
    pub id: AccountId,
    /// By which they sign in.
    pub email: Email,
    /// What they may do.
    pub role: Role,
    /// The companies to which they are limited.
    pub companies: Reach<CompanyId>,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Whether they have set a password.
    pub has_password: bool,
    /// When it was made.
    pub created_at: Moment,
    /// When they last signed in.
    pub signed_in_at: Option<Moment>,
}

/// A session, and whose it is.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose.
    pub account: Account,
    /// When it began.
    pub created_at: Moment,
    /// When it was last used, to about a minute.
    pub seen_at: Moment,
}

/// How long sessions last.
#[derive(Debug, Clone, Copy)]
pub struct SessionLife {
    /// Minutes without a request after which one ends.
    pub idle_minutes: u32,
    /// Hours after which one ends in any case.
    pub hours: u32,
}

impl SessionLife {
    /// Whether a session is still good.
    pub fn is_alive(self, session: &Session, now: Moment) -> bool {
        session.seen_at.plus_minutes(self.idle_minutes) > now && session.created_at.plus_minutes(self.hours * 60) > now
    }
}
