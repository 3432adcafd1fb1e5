//! A funnel as it is shown: each screen with its bar, its numbers and what they mean.

use crate::{
    pages::{Entries, shown},
    progress::Screen,
    record::{
        chart::{DayChart, ScreenBar, days_of},
        day::Day,
        funnel::{FunnelView, ScreenView},
    },
    surveys::SurveyId,
};

/// What a survey's page tells of its funnel.
pub struct Told {
    /// The figures.
    pub view: FunnelView,
    /// Its screens.
    pub lines: Vec<Line>,
    /// Drafts that began and submissions, day by day.
    pub days: Option<(DayChart, DayChart)>,
}

/// A screen of the funnel.
pub struct Line {
    /// Its number.
    pub number: i32,
    /// What it is called.
    pub label: String,
    /// Its bar.
    pub bar: ScreenBar,
    /// All of it in a sentence.
    pub sentence: String,
    /// How many came, and which part of all that is.
    pub reached: (String, String),
    /// How many were lost here, and which part of those that came that is.
    pub lost: (String, String),
    /// How many are still here.
    pub alive: String,
    /// How many were submitted from here.
    pub submitted: String,
    /// How long they were here.
    pub median: String,
    /// The list of the drafts that stand here.
    pub drafts: String,
}

impl Told {
    /// Of these figures, on this day.
    pub fn of(view: FunnelView, today: Day) -> Self {
        let lines = view.screens.iter().map(|screen| Line::of(screen, &view)).collect();
        let days = days_of(&view, today);
        Self { view, lines, days }
    }

    /// Of the drafts that began, so many were submitted.
    pub fn completion(&self) -> String {
        shown::percent(self.view.submitted, self.view.started)
    }

    /// How long half of them took.
    pub fn median(&self) -> String {
        median(self.view.median_seconds)
    }

    /// The list of all its drafts that are there.
    pub fn drafts(&self) -> String {
        drafts_at(&self.view, None)
    }
}

impl Line {
    fn of(screen: &ScreenView, view: &FunnelView) -> Self {
        let ScreenView { reached, lost, alive, .. } = *screen;
        let name = screen.title.as_ref().or(screen.name.as_ref());
        let label = name.cloned().unwrap_or_else(|| format!("Screen {}", screen.screen));
        let (share, share_lost) = (shown::percent(reached, view.started), shown::percent(lost, reached));
        Self {
            number: screen.screen,
            sentence: format!(
                "{label}: reached by {} of {}, {share}; {} lost here, {} still here",
                shown::count(reached),
                shown::plural(view.started, "draft"),
                shown::count(lost),
                shown::count(alive)
            ),
            label,
            bar: ScreenBar::of(screen, view.started),
            reached: (shown::count(reached), share),
            lost: (shown::count(lost), share_lost),
            alive: shown::count(alive),
            submitted: shown::count(screen.submitted),
            median: median(screen.median_seconds),
            drafts: drafts_at(view, Some(Screen(screen.screen))),
        }
    }
}

fn median(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "–".into(), shown::duration)
}

/// Where drafts of the survey are listed, of the funnel's company if it has one.
fn drafts_at(view: &FunnelView, screen: Option<Screen>) -> String {
    let SurveyId(survey_id) = view.survey_id;
    let mut filters = vec![("survey_id", survey_id.to_string())];
    filters.extend(screen.map(|screen| ("screen", screen.0.to_string())));
    filters.extend(view.company_id.map(|id| ("company_id", id.0.to_string())));
    let filters: Vec<(&str, &str)> = filters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Entries::prefilled(&filters).address("/admin/drafts", "after", None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::companies::CompanyId;

    #[test]
    fn a_screen_is_told_in_a_sentence_and_leads_to_its_drafts() {
        let screens = vec![ScreenView::sample(0, 4, 0, 1), ScreenView::sample(1, 3, 2, 0)];
        let company_id = Some(CompanyId(7));
        let view = FunnelView { started: 4, company_id, submitted: 1, screens, ..FunnelView::sample() };

        let told = Told::of(view, Day(20_778));

        assert_eq!(told.lines[0].sentence, "Screen 0: reached by 4 of 4 drafts, 100 %; 1 lost here, 0 still here");
        assert_eq!(told.lines[1].lost, ("0".into(), "0 %".into()));
        assert_eq!(told.lines[1].drafts, "/admin/drafts?survey_id=1&screen=1&company_id=7");
        assert_eq!((told.completion(), told.median()), ("25 %".into(), "–".into()));
    }
}
