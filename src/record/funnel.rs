//! The funnel: how far drafts come, where they are lost, and how long it takes. Pure: sums become a view.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    day::Day,
    rules::{DayCounts, LAST_SCREEN, ScreenCounts, Sums},
    times::Spread,
};
use crate::{companies::CompanyId, surveys::SurveyId, surveys::SurveyScreen};

/// Of what a funnel is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The survey.
    pub survey_id: SurveyId,
    /// The companies; none for all, and for what belongs to no company.
    pub companies: Option<Vec<i64>>,
    /// The first day; none for the beginning.
    pub from: Option<Day>,
    /// The last day; none for the end.
    pub to: Option<Day>,
}

impl Asked {
    /// The first and the last day, in numbers.
    pub fn days(&self) -> (i64, i64) {
        (self.from.map_or(i64::MIN, |day| day.0), self.to.map_or(i64::MAX, |day| day.0))
    }

    fn takes(&self, survey_id: SurveyId, day: i64, company_id: Option<CompanyId>) -> bool {
        let (first, last) = self.days();
        let of_company = |ids: &Vec<i64>| company_id.is_some_and(|id| ids.contains(&id.0));
        survey_id == self.survey_id && (first..=last).contains(&day) && self.companies.as_ref().is_none_or(of_company)
    }
}

/// All that a funnel is made of: the sums of what was asked for.
#[derive(Debug, Default)]
pub struct Figures {
    screens: BTreeMap<i32, (ScreenCounts, Spread)>,
    total_times: Spread,
    days: BTreeMap<i64, DayCounts>,
}

impl Figures {
    /// Adds stored sums of a screen, with their times as they are stored.
    pub fn add_screen(&mut self, screen: i32, counts: &ScreenCounts, screen_times: &[u8], total_times: &[u8]) {
        let (sum, times) = self.screens.entry(screen).or_default();
        sum.add(counts);
        times.add_encoded(screen_times);
        self.total_times.add_encoded(total_times);
    }

    /// Adds stored sums of a day.
    pub fn add_day(&mut self, day: i64, counts: &DayCounts) {
        self.days.entry(day).or_default().add(counts);
    }

    /// Adds what has not been stored yet, as far as it was asked for.
    pub fn add_sums(&mut self, sums: &Sums, asked: &Asked) {
        let screens = sums.screens.iter();
        for (key, sums) in screens.filter(|(key, _)| asked.takes(key.survey_id, key.started_on, key.company_id)) {
            let (sum, times) = self.screens.entry(key.screen).or_default();
            sum.add(&sums.counts);
            times.add(&sums.screen_times);
            self.total_times.add(&sums.total_times);
        }
        let days = sums.days.iter();
        for (key, counts) in days.filter(|(key, _)| asked.takes(key.survey_id, key.day, key.company_id)) {
            self.days.entry(key.day).or_default().add(counts);
        }
    }

    /// The funnel, with the names of the survey's screens.
    pub fn view(&self, asked: &Asked, company_id: Option<CompanyId>, named: &[SurveyScreen]) -> FunnelView {
        let mut all = ScreenCounts::default();
        self.screens.values().for_each(|(counts, _)| all.add(counts));
        let mut happened = DayCounts::default();
        self.days.values().for_each(|counts| happened.add(counts));
        FunnelView {
            survey_id: asked.survey_id,
            company_id,
            from: asked.from,
            to: asked.to,
            started: all.here(),
            submitted: all.submitted,
            submitted_directly: happened.submitted_directly,
            expired: all.expired,
            discarded: all.discarded,
            erased: all.erased,
            alive: all.alive(),
            resumed: happened.resumed,
            median_seconds: self.total_times.median(),
            screens: self.screen_views(named),
            has_further_screens: self.screens.get(&LAST_SCREEN).is_some_and(|(counts, _)| counts.here() > 0),
            days: self.day_views(),
        }
    }

    /// The screens that the survey names, and those that drafts have reached.
    fn screen_views(&self, named: &[SurveyScreen]) -> Vec<ScreenView> {
        let nothing = (ScreenCounts::default(), Spread::default());
        let of_survey = (0..=LAST_SCREEN).zip(named).map(|(screen, _)| screen);
        let met = self.screens.iter().filter(|(_, (counts, _))| *counts != ScreenCounts::default());
        let mut listed: Vec<i32> = of_survey.chain(met.map(|(screen, _)| *screen)).collect();
        listed.sort_unstable();
        listed.dedup();

        let mut reached = 0;
        let views = listed.into_iter().rev().map(|screen| {
            let (counts, times) = self.screens.get(&screen).unwrap_or(&nothing);
            reached += counts.here();
            let name = usize::try_from(screen).ok().and_then(|index| named.get(index));
            ScreenView {
                screen,
                name: name.map(|screen| screen.name.clone()),
                title: name.map(|screen| screen.title.clone()).filter(|title| !title.is_empty()),
                reached,
                submitted: counts.submitted,
                lost: counts.lost(),
                share_lost: (reached > 0).then(|| counts.lost() as f64 / reached as f64),
                alive: counts.alive(),
                median_seconds: times.median(),
            }
        });
        let mut views: Vec<ScreenView> = views.collect();
        views.reverse();
        views
    }

    fn day_views(&self) -> Vec<DayView> {
        let days = self.days.iter().filter(|(_, counts)| **counts != DayCounts::default());
        days.map(|(day, counts)| DayView {
            day: Day(*day),
            started: counts.started,
            resumed: counts.resumed,
            submitted: counts.submitted,
            submitted_directly: counts.submitted_directly,
            expired: counts.expired,
            discarded: counts.discarded,
            erased: counts.erased,
        })
        .collect()
    }
}

/// The funnel of a survey: of the drafts that began in a period, what became of them up to now.
#[derive(Debug, Serialize, ToSchema)]
pub struct FunnelView {
    /// The survey.
    pub survey_id: SurveyId,
    /// The company that it is limited to; null for all that the caller may see.
    pub company_id: Option<CompanyId>,
    /// The first day of the period, in UTC; null for the beginning.
    pub from: Option<Day>,
    /// The last day of the period; null for the end.
    pub to: Option<Day>,
    /// Drafts that began in the period. All but `submitted_directly`, `resumed` and `days` is about these.
    #[schema(example = 120)]
    pub started: i64,
    /// Those of them that were submitted.
    pub submitted: i64,
    /// Submissions in the period that ended no draft.
    pub submitted_directly: i64,
    /// Drafts that expired.
    pub expired: i64,
    /// Drafts that were discarded, by their participant or an admin.
    pub discarded: i64,
    /// Drafts that were erased, with all that was held about the person.
    pub erased: i64,
    /// Drafts that are still there.
    pub alive: i64,
    /// How often, in the period, a draft was saved again on a later day than the last time.
    pub resumed: i64,
    /// Half of the submitted drafts took no longer, from the first save to the submission.
    #[schema(example = 640)]
    pub median_seconds: Option<u64>,
    /// Its screens, from the first to the last: those that the survey names, and those that were reached.
    pub screens: Vec<ScreenView>,
    /// Whether there are drafts at screen 255 or further on. All of those screens count as one, 255.
    pub has_further_screens: bool,
    /// What happened in the period, day by day, whenever the drafts began. Days on which nothing happened are left out.
    pub days: Vec<DayView>,
}

/// A screen of the funnel.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScreenView {
    /// Its number, as drafts have it in `current_screen`.
    pub screen: i32,
    /// Its name in the survey's `screens`; null if it has none.
    pub name: Option<String>,
    /// Its title there.
    pub title: Option<String>,
    /// Drafts that have come to this screen or a further one.
    #[schema(example = 110)]
    pub reached: i64,
    /// Drafts that were submitted, and had come this far and no further.
    pub submitted: i64,
    /// Drafts that ended here without a submission: expired, discarded or erased.
    #[schema(example = 11)]
    pub lost: i64,
    /// `lost` as a share of `reached`; null where nobody came.
    #[schema(example = 0.1)]
    pub share_lost: Option<f64>,
    /// Drafts that are still here.
    pub alive: i64,
    /// Half of the drafts that went on from here, or were submitted here, had been here no longer.
    #[schema(example = 48)]
    pub median_seconds: Option<u64>,
}

/// What happened on a day, in UTC.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayView {
    /// The day.
    pub day: Day,
    /// Drafts that began.
    pub started: i64,
    /// Drafts that were saved again, for the first time on a later day than the last time.
    pub resumed: i64,
    /// Submissions, those that ended no draft too.
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

impl FunnelView {
    /// As a table, for a terminal.
    pub fn table(&self) -> String {
        let span = |seconds: Option<u64>| seconds.map_or_else(|| "-".to_owned(), spelt);
        let mut lines = vec![
            format!(
                "{} started: {} submitted, {} expired, {} discarded, {} erased, {} alive.",
                self.started, self.submitted, self.expired, self.discarded, self.erased, self.alive
            ),
            format!(
                "{} submitted without a draft. Resumed on a later day: {}. Median to completion: {}.",
                self.submitted_directly,
                self.resumed,
                span(self.median_seconds)
            ),
            String::new(),
            format!(
                "{:>6}  {:>9}  {:>9}  {:>9}  {:>6}  {:>9}  {:>8}  NAME",
                "SCREEN", "REACHED", "SUBMITTED", "LOST", "SHARE", "ALIVE", "MEDIAN"
            ),
        ];
        lines.extend(self.screens.iter().map(|view| {
            let share = view.share_lost.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0));
            let name = view.title.as_deref().or(view.name.as_deref()).unwrap_or_default();
            let line = format!(
                "{:>6}  {:>9}  {:>9}  {:>9}  {:>6}  {:>9}  {:>8}  {name}",
                view.screen,
                view.reached,
                view.submitted,
                view.lost,
                share,
                view.alive,
                span(view.median_seconds)
            );
            line.trim_end().to_owned()
        }));
        lines.join("\n")
    }
}

/// A span of time, in its two largest units.
fn spelt(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} m {:02}", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {:02}", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {:02}", seconds / 86_400, seconds % 86_400 / 3600),
    }
}
