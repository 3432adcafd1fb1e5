//! Asking before something is lost: one page for all such acts.

use askama::Template;

use super::{Entries, Frame};

/// Asks first, and says what will happen.
#[derive(Template)]
#[template(path = "pages/templates/confirm.html")]
pub struct Confirm {
    /// With the question as its title.
    pub frame: Frame,
    /// What will happen, a sentence each.
    pub what: Vec<String>,
    /// Where the answer is posted.
    pub action: String,
    /// What the button says: the act itself, never "OK".
    pub button: &'static str,
    /// Where "Keep it" leads.
    pub back: String,
    /// Sent along.
    pub hidden: Vec<(&'static str, String)>,
    /// What has to be typed, where much is at stake: what stands above the field `typed`.
    pub typed: Option<String>,
    /// What was wrong with it.
    pub entries: Entries,
}
