//! A day of the calendar, in UTC.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::{clock::Moment, http::Parameter};

/// A day, as the number of days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = Date, example = "2026-11-21")]
pub struct Day(pub i64);

impl Day {
    /// Its first moment.
    pub fn begins_at(self) -> Moment {
        DateTime::from_timestamp(self.0.saturating_mul(86_400), 0).unwrap_or(DateTime::<Utc>::MAX_UTC).into()
    }

    /// The day after it.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    fn date(self) -> Option<NaiveDate> {
        NaiveDate::default().checked_add_signed(TimeDelta::try_days(self.0)?)
    }
}

impl FromStr for Day {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
        let day = date.map(|date| Self((date - NaiveDate::default()).num_days()));
        day.filter(|day| day.begins_at().is_storable()).ok_or("must be a day such as 2026-11-21")
    }
}

impl Parameter for Day {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.date() {
            Some(date) => date.fmt(f),
            None => f.write_str("outside the calendar"),
        }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_and_written_alike() {
        for (text, number) in [("1970-01-01", 0), ("2026-11-21", 20_778), ("1969-12-31", -1), ("2028-02-29", 21_243)] {
            assert_eq!(text.parse(), Ok(Day(number)));
            assert_eq!(Day(number).to_string(), text);
            assert_eq!(Day(number).begins_at().days(), number);
        }
        for text in ["", "2026-13-01", "2026-02-29", "26-11-21", "2026-1-1", "21.11.2026", "2026-11-21T00:00:00Z"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn no_number_is_a_panic() {
        for number in [i64::MIN, i64::MAX] {
            Day(number).begins_at();
            assert_eq!(Day(number).to_string(), "outside the calendar");
        }
    }
}
