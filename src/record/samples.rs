//! Figures for the tests of charts and templates.

use super::{
    day::Day,
    funnel::{Asked, DayView, Figures, FunnelView, ScreenView},
};
use crate::surveys::SurveyId;

impl FunnelView {
    /// Of a survey that nobody has begun.
    pub fn sample() -> Self {
        let asked = Asked { survey_id: SurveyId(1), companies: None, from: None, to: None };
        Figures::default().view(&asked, None, &[])
    }
}

impl ScreenView {
    /// A screen without a name, from which nobody was submitted.
    pub fn sample(screen: i32, reached: i64, alive: i64, lost: i64) -> Self {
        let share_lost = (reached > 0).then(|| lost as f64 / reached as f64);
        let (name, title, submitted, median_seconds) = (None, None, 0, None);
        Self { screen, name, title, reached, submitted, lost, share_lost, alive, median_seconds }
    }
}

impl DayView {
    /// A day on which nothing else happened.
    pub fn sample(day: Day, started: i64, submitted: i64) -> Self {
        let (resumed, submitted_directly, expired, discarded, erased) = (0, 0, 0, 0, 0);
        Self { day, started, resumed, submitted, submitted_directly, expired, discarded, erased }
    }
}
