//! The record: what became of drafts, as events that are added with the change that they tell of. What they add up to is
//! the funnel.
//!
//! There is nothing of a participant in an event but the id of the draft. The funnel reads sums of the events by day, so
//! that it stays right when drafts, and in the end the events themselves, are gone.

pub mod activity;
pub mod admin;
pub mod admin_api;
pub mod chart;
pub mod day;
pub mod funnel;
pub mod rules;
#[cfg(test)]
mod samples;
pub mod store;
pub mod times;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    clock::Moment,
    companies::CompanyId,
    http::Parameter,
    progress::{DraftId, Head, Screen},
    surveys::SurveyId,
};

/// Something that became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Moment,
    /// What.
    pub what: What,
    /// The survey.
    pub survey_id: SurveyId,
    /// The company that the draft was linked with, from then on or to its end.
    pub company_id: Option<CompanyId>,
    /// The draft; for a submission that ended none, an id that nobody knows.
    pub draft_id: DraftId,
    /// Where the draft was; none for a submission that ended none.
    pub course: Option<Course>,
}

/// Something that became of a draft, as it is shown with the draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct Happened {
    /// When.
    pub at: Moment,
    /// What: `started`, `company_linked`, `screen_entered`, `resumed`, `submitted`, `expired`, `discarded` or `erased`.
    #[schema(example = "screen_entered")]
    pub kind: String,
    /// The furthest screen that the draft had reached, with this.
    pub screen: Option<Screen>,
    /// The company that it belonged to from then on.
    pub company_id: Option<CompanyId>,
}

/// How far a draft had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// When it began.
    pub started_at: Moment,
    /// The furthest screen that it has reached, with the event.
    pub screen: Screen,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It was saved for the first time.
    Started,
    /// A guest code linked it with a company, after this one or none.
    CompanyLinked(Option<CompanyId>),
    /// It reached a screen further on than any before, of which this one was the furthest.
    ScreenEntered(Screen),
    /// It was saved on a later day than the last time.
    Resumed,
    /// It was submitted.
    Submitted,
    /// It came to the end of its life.
    Expired,
    /// It was thrown away, by the participant or an admin.
    Discarded,
    /// It was erased, with all that was held about the person.
    Erased,
}

impl What {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::CompanyLinked(_) => "company_linked",
            Self::ScreenEntered(_) => "screen_entered",
            Self::Resumed => "resumed",
            Self::Submitted => "submitted",
            Self::Expired => "expired",
            Self::Discarded => "discarded",
            Self::Erased => "erased",
        }
    }
}

/// A kind of event, by its name on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind(pub &'static str);

/// All kinds of events.
pub const KINDS: [&str; 8] =
    ["started", "company_linked", "screen_entered", "resumed", "submitted", "expired", "discarded", "erased"];

impl Parameter for Kind {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let kind = KINDS.into_iter().find(|kind| *kind == text);
        kind.map(Self)
            .ok_or("must be started, company_linked, screen_entered, resumed, submitted, expired, discarded or erased")
    }
}

impl Event {
    /// Of a draft, as it is or was.
    pub fn of(head: &Head, what: What, at: Moment) -> Self {
        Self {
            at,
            what,
            survey_id: head.survey_id,
            company_id: head.company_id,
            draft_id: head.draft_id,
            course: Some(Course { started_at: head.created_at, screen: head.furthest_screen }),
        }
    }
}

/// What a save made of a draft, in the order in which it counts.
pub fn of_save<'a>(old: Option<&'a Head>, new: &'a Head, now: Moment) -> impl Iterator<Item = Event> + 'a {
    let events: [Option<What>; 4] = match old {
        None => [Some(What::Started), None, None, None],
        Some(old) => [
            None,
            (old.company_id != new.company_id).then_some(What::CompanyLinked(old.company_id)),
            (old.updated_at.days() < new.updated_at.days()).then_some(What::Resumed),
            (old.furthest_screen < new.furthest_screen).then_some(What::ScreenEntered(old.furthest_screen)),
        ],
    };
    events.into_iter().flatten().map(move |what| match (what, old) {
        // Where the draft was before it went on.
        (What::CompanyLinked(_) | What::Resumed, Some(old)) => {
            let course = Course { started_at: new.created_at, screen: old.furthest_screen };
            Event { course: Some(course), ..Event::of(new, what, now) }
        }
        _ => Event::of(new, what, now),
    })
}
