//! How events add up to the figures of the funnel. Pure.
//!
//! The unit is a draft, and its place is the furthest screen that it has reached. Of its place and its end it counts with the
//! day on which it began; what happened is counted besides by the day on which it happened.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Event, What, times::Times};
use crate::{clock::Moment, companies::CompanyId, progress::DraftId, surveys::SurveyId};

/// The furthest screen that is counted for itself: those behind it count as this one, so that numbers which no form has
/// cannot make the sums as many as they like.
pub const LAST_SCREEN: i32 = 255;

/// Drafts that belong together: of a survey and a company, begun on a day (since 1970), at a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScreenKey {
    /// The survey.
    pub survey_id: SurveyId,
    /// The day on which they began.
    pub started_on: i64,
    /// The company, if any.
    pub company_id: Option<CompanyId>,
    /// The furthest screen that they have reached.
    pub screen: i32,
}

/// What became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScreenCounts {
    /// Came to this screen, from one before, as their first, or with a link to this company.
    pub arrived: i64,
    /// Went from it, to a further one or with a link to another company.
    pub departed: i64,
    /// Were submitted here.
    pub submitted: i64,
    /// Expired here.
    pub expired: i64,
    /// Were discarded here.
    pub discarded: i64,
    /// Were erased here.
    pub erased: i64,
}

/// The same with how long they took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScreenSums {
    /// What became of them.
    pub counts: ScreenCounts,
    /// How long those that went on, or were submitted, had been at this screen.
    pub screen_times: Times,
    /// How long those that were submitted took in all.
    pub total_times: Times,
}

/// What happened in a survey, to drafts of a company, on a day (since 1970).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayKey {
    /// The survey.
    pub survey_id: SurveyId,
    /// The day.
    pub day: i64,
    /// The company, if any.
    pub company_id: Option<CompanyId>,
}

/// How often it happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayCounts {
    /// Drafts that began: of the company that they are linked with now.
    pub started: i64,
    /// Drafts that were saved again on a later day: of the company that they were linked with then.
    pub resumed: i64,
    /// Submissions.
    pub submitted: i64,
    /// Those of them that ended no draft.
    pub submitted_directly: i64,
    /// Drafts that expired.
    pub expired: i64,
    /// Drafts that were discarded.
    pub discarded: i64,
    /// Drafts that were erased.
    pub erased: i64,
}

macro_rules! adding {
    ($counts:ident: $($member:ident)+) => {
        impl $counts {
            /// Adds what another has counted.
            pub fn add(&mut self, other: &Self) {
                $(self.$member += other.$member;)+
            }
        }
    };
}

adding!(ScreenCounts: arrived departed submitted expired discarded erased);
adding!(DayCounts: started resumed submitted submitted_directly expired discarded erased);

impl ScreenCounts {
    /// Drafts that have come to this screen and no further, alive or not.
    pub fn here(&self) -> i64 {
        self.arrived - self.departed
    }

    /// Those of them that ended without a submission.
    pub fn lost(&self) -> i64 {
        self.expired + self.discarded + self.erased
    }

    /// Those of them that are still there.
    pub fn alive(&self) -> i64 {
        self.here() - self.submitted - self.lost()
    }
}

/// What events add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// By the day on which drafts began, and by screen.
    pub screens: BTreeMap<ScreenKey, ScreenSums>,
    /// By the day on which it happened.
    pub days: BTreeMap<DayKey, DayCounts>,
}

/// Adds up events, in the order in which they were written.
#[derive(Debug, Default)]
pub struct Folding {
    /// What they have added up to.
    pub sums: Sums,
    /// When the drafts that were met came to the screen at which they are.
    entered: HashMap<DraftId, Moment>,
}

impl Folding {
    /// The drafts of which it has to be looked up when they came to the screen that they leave with these events.
    pub fn unknown(&self, events: &[Event]) -> Vec<DraftId> {
        let mut met: HashSet<DraftId> = HashSet::new();
        let mut unknown = Vec::new();
        for event in events {
            let leaves = matches!(event.what, What::ScreenEntered(_) | What::Submitted) && event.course.is_some();
            let enters = matches!(event.what, What::ScreenEntered(_) | What::Started);
            if leaves && !met.contains(&event.draft_id) && !self.entered.contains_key(&event.draft_id) {
                unknown.push(event.draft_id);
            }
            if leaves || enters {
                met.insert(event.draft_id);
            }
        }
        unknown
    }

    /// Learns when drafts came to the screen at which they are.
    pub fn learn(&mut self, entered: impl IntoIterator<Item = (DraftId, Moment)>) {
        self.entered.extend(entered);
    }

    /// Adds an event.
    pub fn add(&mut self, event: &Event) {
        self.add_to_day(event);
        self.add_to_screens(event);
        match event.what {
            What::Started | What::ScreenEntered(_) => drop(self.entered.insert(event.draft_id, event.at)),
            What::CompanyLinked(_) | What::Resumed => {}
            What::Submitted | What::Expired | What::Discarded | What::Erased => {
                self.entered.remove(&event.draft_id);
            }
        }
    }

    fn add_to_day(&mut self, event: &Event) {
        match (event.what, event.course) {
            (What::Started, _) => self.day(event.at.days(), event.company_id, event).started += 1,
            // The draft belongs to the company from its beginning.
            (What::CompanyLinked(from), Some(course)) => {
                self.day(course.started_at.days(), from, event).started -= 1;
                self.day(course.started_at.days(), event.company_id, event).started += 1;
            }
            (What::CompanyLinked(_), None) | (What::ScreenEntered(_), _) => {}
            (What::Resumed, _) => self.day(event.at.days(), event.company_id, event).resumed += 1,
            (What::Submitted, course) => {
                let day = self.day(event.at.days(), event.company_id, event);
                day.submitted += 1;
                day.submitted_directly += i64::from(course.is_none());
            }
            (What::Expired, _) => self.day(event.at.days(), event.company_id, event).expired += 1,
            (What::Discarded, _) => self.day(event.at.days(), event.company_id, event).discarded += 1,
            (What::Erased, _) => self.day(event.at.days(), event.company_id, event).erased += 1,
        }
    }

    fn add_to_screens(&mut self, event: &Event) {
        let Some(course) = event.course else { return };
        let company_id = event.company_id;
        let key = |company_id, screen: i32| ScreenKey {
            survey_id: event.survey_id,
            started_on: course.started_at.days(),
            company_id,
            screen: screen.min(LAST_SCREEN),
        };
        let here = key(company_id, course.screen.0);
        match event.what {
            What::Started => self.counts(here).arrived += 1,
            What::CompanyLinked(from) => {
                self.counts(key(from, course.screen.0)).departed += 1;
                self.counts(here).arrived += 1;
            }
            What::ScreenEntered(from) => {
                let left = key(company_id, from.0);
                self.counts(left).departed += 1;
                self.counts(here).arrived += 1;
                self.time(left, event);
            }
            What::Resumed => {}
            What::Submitted => {
                self.counts(here).submitted += 1;
                self.time(here, event);
                let total = event.at.seconds_since(course.started_at);
                self.sums.screens.entry(here).or_default().total_times.add(total);
            }
            What::Expired => self.counts(here).expired += 1,
            What::Discarded => self.counts(here).discarded += 1,
            What::Erased => self.counts(here).erased += 1,
        }
    }

    /// The time at a screen that an event leaves. Unknown when it was entered so long ago that the event is forgotten.
    fn time(&mut self, left: ScreenKey, event: &Event) {
        if let Some(entered) = self.entered.get(&event.draft_id) {
            let seconds = event.at.seconds_since(*entered);
            self.sums.screens.entry(left).or_default().screen_times.add(seconds);
        }
    }

    fn counts(&mut self, key: ScreenKey) -> &mut ScreenCounts {
        &mut self.sums.screens.entry(key).or_default().counts
    }

    fn day(&mut self, day: i64, company_id: Option<CompanyId>, event: &Event) -> &mut DayCounts {
        self.sums.days.entry(DayKey { survey_id: event.survey_id, day, company_id }).or_default()
    }
}
