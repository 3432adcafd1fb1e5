//! What powers and roles mean, in words for those who give them and those who have them.

use super::{Power, Role};

impl Power {
    /// What somebody with it may do.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Participate => "Use the public routes, as a participant’s front end does",
            Self::Figures => "See surveys, companies and figures, and nothing of any one participant",
            Self::Events => "Export the record of what became of drafts",
            Self::ReadDrafts => "Search and read drafts",
            Self::ChangeDrafts => "Extend, discard, submit and restore drafts",
            Self::ReadSubmissions => "List, read and export submissions",
            Self::Submit => "Submit, or mark as completed, on a participant’s behalf",
            Self::ChangeSurveys => "Import, replace, open and close surveys",
            Self::ChangeCompanies => "Add and change companies and their guest codes",
            Self::ReadPeople => "See everything that is held about a person",
            Self::ErasePeople => "Erase everything that is held about a person",
            Self::Audit => "Read the audit log",
            Self::Metrics => "Read the metrics and the state of the service",
            Self::Accounts => "Manage accounts",
            Self::Keys => "Manage API keys",
        }
    }
}

impl Role {
    /// All of them, the one that may do least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Owner];

    /// What somebody with it may do, in a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Viewer => "Sees surveys, companies and figures, and nothing of any one participant.",
            Self::Editor => "Sees and changes surveys, companies, drafts and submissions as well.",
            Self::Owner => {
                "Does all of that, and looks after people’s data, accounts, API keys, the audit log and the system."
            }
        }
    }
}
