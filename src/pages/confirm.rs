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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{HOSTILE, rendered};

    #[test]
    fn the_template_is_rendered_and_no_text_becomes_markup() {
        let page = |what: &[&str], typed: Option<&str>| {
            let mut entries = Entries::prefilled(&[("typed", HOSTILE)]);
            entries.note("typed", "must be the same");
            Confirm {
                frame: Frame::sample(HOSTILE),
                what: what.iter().map(|sentence| (*sentence).to_owned()).collect(),
                action: HOSTILE.into(),
                button: "Discard the draft",
                back: HOSTILE.into(),
                hidden: vec![("version", HOSTILE.into())],
                typed: typed.map(str::to_owned),
                entries,
            }
        };
        rendered(&page(&["It is lost."], None));
        let html = rendered(&page(&["It is lost.", HOSTILE], Some("Type the email")));
        assert!(html.contains("What you typed must be the same."), "{html}");
    }
}
