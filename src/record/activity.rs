//! What goes on in surveys: how many drafts are alive, and what happened on the last days. Pure.

use std::collections::BTreeMap;

use super::{chart::DayChart, day::Day, rules::Sums};
use crate::{clock::Moment, companies::CompanyId, surveys::SurveyId};

/// Of so many days, the present one the last.
pub const DAYS: i64 = 30;

/// Of what it is told.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The surveys.
    pub surveys: Vec<i64>,
    /// The companies; none for all, and for what belongs to no company.
    pub companies: Option<Vec<i64>>,
    /// The first of the days.
    pub first: Day,
}

impl Asked {
    /// Of the days up to now.
    pub fn until(now: Moment, surveys: Vec<i64>, companies: Option<Vec<i64>>) -> Self {
        Self { surveys, companies, first: Day(now.days() - DAYS + 1) }
    }

    fn takes(&self, survey_id: SurveyId, company_id: Option<CompanyId>) -> bool {
        let of_company = |ids: &Vec<i64>| company_id.is_some_and(|id| ids.contains(&id.0));
        self.surveys.contains(&survey_id.0) && self.companies.as_ref().is_none_or(of_company)
    }
}

/// What goes on in a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Drafts that are there.
    pub alive: i64,
    /// The first of the days.
    pub first: Day,
    /// Drafts that began, day by day.
    pub started: Vec<i64>,
    /// Submissions, day by day.
    pub submitted: Vec<i64>,
}

impl Activity {
    /// Where nothing has happened.
    pub fn none(first: Day) -> Self {
        let days = vec![0; DAYS as usize];
        Self { alive: 0, first, started: days.clone(), submitted: days }
    }

    /// Drafts that began on these days.
    pub fn starts(&self) -> i64 {
        self.started.iter().sum()
    }

    /// Submissions of these days.
    pub fn submissions(&self) -> i64 {
        self.submitted.iter().sum()
    }

    /// Both as charts, to one measure.
    pub fn charts(&self) -> (DayChart, DayChart) {
        let most = self.started.iter().chain(&self.submitted).copied().max().unwrap_or_default();
        (DayChart::of(self.first, &self.started, most), DayChart::of(self.first, &self.submitted, most))
    }

    fn add_day(&mut self, day: i64, started: i64, submitted: i64) {
        let place = usize::try_from(day - self.first.0).ok();
        if let Some(place) = place.filter(|place| *place < self.started.len()) {
            self.started[place] += started;
            self.submitted[place] += submitted;
        }
    }
}

/// What goes on in each survey that is asked for.
#[derive(Debug, Default)]
pub struct Activities(BTreeMap<SurveyId, Activity>);

impl Activities {
    /// Of these surveys, before anything is added.
    pub fn of(asked: &Asked) -> Self {
        Self(asked.surveys.iter().map(|id| (SurveyId(*id), Activity::none(asked.first))).collect())
    }

    /// Of a survey that was asked for.
    pub fn take(&mut self, survey_id: SurveyId) -> Option<Activity> {
        self.0.remove(&survey_id)
    }

    /// Adds drafts that are alive.
    pub fn add_alive(&mut self, survey_id: SurveyId, drafts: i64) {
        if let Some(activity) = self.0.get_mut(&survey_id) {
            activity.alive += drafts;
        }
    }

    /// Adds what happened on a day.
    pub fn add_day(&mut self, survey_id: SurveyId, day: i64, started: i64, submitted: i64) {
        if let Some(activity) = self.0.get_mut(&survey_id) {
            activity.add_day(day, started, submitted);
        }
    }

    /// Adds what has not been stored yet, as far as it was asked for.
    pub fn add_sums(&mut self, sums: &Sums, asked: &Asked) {
        for (key, sums) in sums.screens.iter().filter(|(key, _)| asked.takes(key.survey_id, key.company_id)) {
            self.add_alive(key.survey_id, sums.counts.alive());
        }
        for (key, counts) in sums.days.iter().filter(|(key, _)| asked.takes(key.survey_id, key.company_id)) {
            self.add_day(key.survey_id, key.day, counts.started, counts.submitted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_outside_the_period_counts_for_nothing() {
        let now: Moment = "2026-11-21T09:30:00Z".parse().expect("a moment");
        let asked = Asked::until(now, vec![1], None);
        let mut found = Activities::of(&asked);
        for day in [now.days() - DAYS, now.days() - DAYS + 1, now.days(), now.days() + 1] {
            found.add_day(SurveyId(1), day, 2, 1);
        }
        found.add_day(SurveyId(2), now.days(), 1, 1);

        let activity = found.take(SurveyId(1)).expect("it was asked for");
        assert_eq!((activity.starts(), activity.submissions()), (4, 2));
        assert_eq!((activity.started[0], activity.started.last()), (2, Some(&2)));
        let (started, submitted) = activity.charts();
        assert!(started.bars[0].area.height > submitted.bars[0].area.height, "one measure for both");
        assert!(found.take(SurveyId(2)).is_none());
    }
}
