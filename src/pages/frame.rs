//! What stands around every page: who is signed in, and where they can go.

use crate::{
    access::{Grant, Power},
    clock::Moment,
};

/// A part of the pages, with an entry in the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What is going on.
    Overview,
    /// Surveys and their funnels.
    Surveys,
    /// Drafts.
    Drafts,
    /// Submissions.
    Submissions,
    /// Companies and their guest codes.
    Companies,
    /// What is held about somebody.
    People,
    /// Who may sign in.
    Accounts,
    /// Programs and front ends.
    Keys,
    /// Who did what.
    Audit,
    /// The state of the service.
    System,
    /// One's own account.
    Own,
}

/// The menu: for each part its name, its address, and the power that its pages ask for.
const MENU: [(Section, &str, &str, Power); 10] = [
    (Section::Overview, "Overview", "/admin", Power::Figures),
    (Section::Surveys, "Surveys", "/admin/surveys", Power::Figures),
    (Section::Drafts, "Drafts", "/admin/drafts", Power::ReadDrafts),
    (Section::Submissions, "Submissions", "/admin/submissions", Power::ReadSubmissions),
    (Section::Companies, "Companies", "/admin/companies", Power::Figures),
    (Section::People, "A person", "/admin/person", Power::ReadPeople),
    (Section::Accounts, "Accounts", "/admin/accounts", Power::Accounts),
    (Section::Keys, "API keys", "/admin/keys", Power::Keys),
    (Section::Audit, "Audit log", "/admin/audit", Power::Audit),
    (Section::System, "System", "/admin/system", Power::Metrics),
];

/// An entry of the menu.
#[derive(Debug, Clone)]
pub struct Link {
    /// What it says.
    pub label: &'static str,
    /// Where it leads.
    pub address: &'static str,
    /// Whether the page that is shown is there.
    pub is_here: bool,
}

/// What every template needs beside its own.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The page's heading and title.
    pub title: String,
    /// The menu.
    pub menu: Vec<Link>,
    /// Who is signed in.
    pub email: String,
    /// To be sent with every form.
    pub csrf: String,
    /// What was just done.
    pub notice: Option<String>,
    /// The present moment.
    pub now: Moment,
}

impl Frame {
    /// Around a page of this part, for somebody who may do this.
    pub(super) fn of(signed: Signed, title: String, section: Section, grant: &Grant) -> Self {
        let open = MENU.iter().filter(|(_, _, _, power)| grant.may(*power));
        let menu = open.map(|(own, label, address, _)| Link { label, address, is_here: *own == section });
        let Signed { email, csrf, notice, now } = signed;
        Self { title, menu: menu.collect(), email, csrf, notice, now }
    }

    /// The same under another heading.
    pub fn titled(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// Where the stylesheet is.
    pub fn style(&self) -> String {
        super::assets::path("admin.css")
    }

    /// Where the icon is.
    pub fn icon(&self) -> String {
        super::assets::path("icon.svg")
    }

    /// Where the script is.
    pub fn script(&self) -> String {
        super::assets::path("admin.js")
    }

    /// For templates' tests: around a page of somebody who may do everything.
    #[cfg(test)]
    pub fn sample(title: &str) -> Self {
        let signed = Signed {
            email: "ana@example.com".into(),
            csrf: "token".into(),
            notice: Some("It is done.".into()),
            now: "2026-11-21T09:30:00Z".parse().expect("a moment"),
        };
        Self::of(signed, title.to_owned(), Section::Overview, &Grant::of_operator())
    }
}

/// Somebody who is signed in, as the frame shows them.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub email: String,
    pub csrf: String,
    pub notice: Option<String>,
    pub now: Moment,
}
