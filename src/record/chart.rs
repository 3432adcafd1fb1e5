//! Charts, as geometry: what stands where. Templates draw it, the stylesheet colours it. Pure.

use super::{
    day::Day,
    funnel::{FunnelView, ScreenView},
};

/// A rectangle, in the units of its chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// From the left.
    pub x: i64,
    /// From the top.
    pub y: i64,
    /// To the right.
    pub width: i64,
    /// Downwards.
    pub height: i64,
}

/// A day of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayBar {
    /// The day.
    pub day: Day,
    /// How much there is of it.
    pub count: i64,
    /// Where its bar stands.
    pub area: Area,
}

/// Bars side by side on one line, one for each day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayChart {
    /// The days, in their order.
    pub bars: Vec<DayBar>,
    /// Of all days.
    pub total: i64,
    /// As wide as that, in its own units.
    pub width: i64,
    /// And as high.
    pub height: i64,
}

/// What a day takes on the line, and what of that is its bar.
const DAY: (i64, i64) = (8, 6);

/// So high are the bars of days, the line below them not counted.
const HIGH: i64 = 36;

impl DayChart {
    /// Of one count for each day from the first on. The highest bar is that of `most`, so that charts can be compared.
    pub fn of(first: Day, counts: &[i64], most: i64) -> Self {
        let bars = (0..).zip(counts).map(|(place, count)| {
            let height = part(*count, most, HIGH);
            let area = Area { x: place * DAY.0 + (DAY.0 - DAY.1) / 2, y: HIGH - height, width: DAY.1, height };
            DayBar { day: Day(first.0.saturating_add(place)), count: *count, area }
        });
        let bars: Vec<DayBar> = bars.collect();
        let width = bars.len() as i64 * DAY.0;
        Self { bars, total: counts.iter().sum(), width, height: HIGH + 1 }
    }

    /// The first day.
    pub fn first(&self) -> Option<Day> {
        self.bars.first().map(|bar| bar.day)
    }

    /// The last day.
    pub fn last(&self) -> Option<Day> {
        self.bars.last().map(|bar| bar.day)
    }
}

/// No chart shows more days than that.
const MOST_DAYS: i64 = 120;

/// Drafts that began and submissions, day by day, of the period of a funnel: its last days, where it is a long one. None where
/// nothing happened.
pub fn days_of(view: &FunnelView, today: Day) -> Option<(DayChart, DayChart)> {
    let last = view.to.map_or(today, |to| to.min(today));
    let begins = view.from.or(view.days.first().map(|day| day.day)).unwrap_or(last);
    let first = Day(begins.0.max(last.0 - MOST_DAYS + 1));
    let days = usize::try_from(last.0 - first.0 + 1).ok()?;
    let (mut started, mut submitted) = (vec![0; days], vec![0; days]);
    for day in &view.days {
        let place = usize::try_from(day.day.0 - first.0).ok().filter(|place| *place < days);
        place.into_iter().for_each(|place| (started[place], submitted[place]) = (day.started, day.submitted));
    }
    let most = started.iter().chain(&submitted).copied().max().filter(|most| *most > 0)?;
    Some((DayChart::of(first, &started, most), DayChart::of(first, &submitted, most)))
}

/// What a part of a whole takes of a length: something, if it is anything.
fn part(part: i64, whole: i64, length: i64) -> i64 {
    if part <= 0 || whole <= 0 { 0 } else { (part.min(whole) * length / whole).max(1) }
}

/// So wide is the bar of a screen that all drafts have reached.
pub const WIDE: i64 = 1000;

/// The bar of a screen: the drafts that have reached it, by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScreenBar {
    /// Those that went further, or were submitted from here.
    pub passed: (i64, i64),
    /// Those that are still here.
    pub alive: (i64, i64),
    /// Those that were lost here.
    pub lost: (i64, i64),
}

impl ScreenBar {
    /// Of a screen, among so many drafts in all. Each part has its left edge and its width.
    pub fn of(screen: &ScreenView, drafts: i64) -> Self {
        let passed = screen.reached - screen.alive - screen.lost;
        // Edges are rounded, not widths: the parts meet, and end where the whole ends.
        let edge = |count: i64| if drafts > 0 { count.clamp(0, drafts) * WIDE / drafts } else { 0 };
        let edges = [0, edge(passed), edge(passed + screen.alive), edge(screen.reached)];
        let between = |left: usize| (edges[left], edges[left + 1] - edges[left]);
        Self { passed: between(0), alive: between(1), lost: between(2) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::funnel::DayView;

    #[test]
    fn the_busiest_day_is_as_high_as_the_chart_and_none_is_invisible() {
        let chart = DayChart::of(Day(20_778), &[0, 1, 500, 1000], 1000);

        let heights: Vec<i64> = chart.bars.iter().map(|bar| bar.area.height).collect();
        assert_eq!(heights, [0, 1, HIGH / 2, HIGH]);
        assert!(chart.bars.iter().all(|bar| bar.area.y + bar.area.height == HIGH), "{chart:?}");
        assert_eq!((chart.total, chart.width), (1501, 32));
        assert_eq!(chart.last().map(|day| day.to_string()).as_deref(), Some("2026-11-24"));
        let inside = chart.bars.iter().all(|bar| bar.area.x >= 0 && bar.area.x + bar.area.width <= chart.width);
        assert!(inside, "{chart:?}");
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(DayChart::of(Day(0), &[0, 0], 0).bars[1].area.height, 0);
        let empty = DayChart::of(Day(0), &[], 7);
        assert_eq!((empty.first(), empty.last(), empty.width), (None, None, 0));
        // Sums of days can be below zero for a moment, where a draft has gone to another company.
        assert_eq!(DayChart::of(Day(0), &[-3, 2], 2).bars[0].area, Area { x: 1, y: HIGH, width: 6, height: 0 });
    }

    #[test]
    fn a_long_period_is_drawn_to_its_end() {
        let today = Day(20_778);
        let view = |from: Option<i64>, to: Option<i64>, days: &[i64]| {
            let days = days.iter().map(|day| DayView::sample(Day(*day), 3, 1)).collect();
            FunnelView { from: from.map(Day), to: to.map(Day), days, ..FunnelView::sample() }
        };
        let drawn = |view: &FunnelView| {
            days_of(view, today).map(|(started, submitted)| {
                let span = started.last().zip(started.first()).map(|(last, first)| last.0 - first.0 + 1);
                (span.unwrap_or_default(), started.total, submitted.total)
            })
        };
        assert_eq!(drawn(&view(None, None, &[20_770, 20_778])), Some((9, 6, 2)));
        assert_eq!(drawn(&view(None, None, &[18_000, 20_778])), Some((MOST_DAYS, 3, 1)));
        assert_eq!(drawn(&view(Some(20_700), Some(30_000), &[20_778])), Some((79, 3, 1)));
        assert_eq!(drawn(&view(Some(20_700), Some(20_709), &[20_700])), Some((10, 3, 1)));
        assert_eq!(drawn(&view(None, None, &[])), None);
        assert_eq!(drawn(&view(Some(30_000), None, &[])), None, "a period that is still to come");
        assert_eq!(drawn(&view(Some(5), Some(4), &[])), None);
    }

    #[test]
    fn the_parts_of_a_screen_meet_and_none_is_outside() {
        for (reached, alive, lost, drafts) in [(7, 2, 3, 7), (1, 0, 1, 3), (0, 0, 0, 9), (0, 0, 0, 0), (3, 1, 1, 7)] {
            let bar = ScreenBar::of(&ScreenView::sample(0, reached, alive, lost), drafts);
            let end = |(left, width): (i64, i64)| left + width;
            assert_eq!((bar.passed.0, end(bar.passed), end(bar.alive)), (0, bar.alive.0, bar.lost.0), "{bar:?}");
            let whole = if drafts == 0 { 0 } else { reached * WIDE / drafts };
            assert_eq!(end(bar.lost), whole, "{bar:?}");
            assert!([bar.passed, bar.alive, bar.lost].iter().all(|(_, width)| *width >= 0), "{bar:?}");
        }
    }
}
