//! Accounts: the people who run surveys, and their sessions.
//!
//! Somebody is given an account and a one-time link, sets a password with it, and signs in: a session begins, of which the
//! browser keeps the token in a cookie and the database a digest. `door.rs` lets people in; `throttle.rs` says how often
//! one may try.

pub mod admin;
pub mod admin_api;
pub mod browser;
pub mod devices;
pub mod door;
pub mod links_api;
pub mod pages;
pub mod password_api;
pub mod passwords;
pub mod rules;
pub mod session_api;
pub mod store;
pub mod throttle;
pub mod views;

use serde::Serialize;
use utoipa::ToSchema;

pub use self::{
    devices::Devices,
    passwords::{Hasher, Password, PasswordHash, TriedPassword},
    throttle::Throttle,
};
use crate::{
    access::{Reach, Role, Secret},
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

/// A one-time link to set a password.
#[derive(Debug)]
pub struct Link {
    /// What is in it, and nowhere else.
    pub token: Secret,
    /// From then on it does not work.
    pub expires_at: Moment,
}

impl Link {
    /// The page that it leads to, below the address of the service.
    pub fn path(&self) -> String {
        format!("/admin/set-password/{}", self.token.reveal())
    }
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
        session.seen_at.plus_minutes(self.idle_minutes) > now && self.end(session.created_at) > now
    }
}
