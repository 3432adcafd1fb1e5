//! The time, given to whoever needs it: the service takes the system's, tests set their own.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, NaiveDate, Utc};

pub use crate::db::types::Moment;
use crate::http::{Fields, Parameter};

impl Parameter for Moment {
    /// A time as RFC 3339 has it; or a day, for its beginning in UTC.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let day = || Some(text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc());
        let time = || DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
        let moment: Option<DateTime<Utc>> = time().or_else(day);
        let moment = moment.map(Self::from).filter(|moment| moment.is_storable());
        moment.ok_or("must be a time such as 2026-11-21T09:30:00Z, or a day such as 2026-11-21")
    }
}

/// The end of a stretch of time, as people say it: a day is in it as a whole, a moment is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End(pub Moment);

impl Parameter for End {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let moment = Moment::parse(text)?;
        let is_day = text.parse::<NaiveDate>().is_ok();
        Ok(Self(if is_day { moment.plus_days(1) } else { moment }))
    }
}

/// A stretch of time, open where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// From this moment on.
    pub from: Option<Moment>,
    /// Until before this moment.
    pub to: Option<Moment>,
}

impl Span {
    /// From and to: a day at its end is in it.
    pub fn from_to(fields: &mut Fields<'_>) -> Self {
        Self { from: fields.optional("from"), to: fields.optional("to").map(|End(to)| to) }
    }

    /// Of two parameters, after and before which moments it is.
    pub fn of(fields: &mut Fields<'_>, from: &str, to: &str) -> Self {
        Self { from: fields.optional(from), to: fields.optional(to) }
    }

    /// Whether a moment is in it.
    pub fn holds(&self, moment: Moment) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.to.is_none_or(|to| moment < to)
    }
}

/// A source of the present moment.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Moment + Send + Sync>,
    passed: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        let began = Instant::now();
        Self { now: Arc::new(Moment::now), passed: Arc::new(move || began.elapsed()) }
    }

    /// A clock that says what `now` says.
    pub fn new(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        let now: Arc<dyn Fn() -> Moment + Send + Sync> = Arc::new(now);
        let (began, same) = (DateTime::<Utc>::from(now()), now.clone());
        let passed = move || (DateTime::<Utc>::from(same()) - began).to_std().unwrap_or_default();
        Self { now, passed: Arc::new(passed) }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        (self.now)()
    }

    /// The time that has passed since this clock was made. When the system's clock is set, it goes on regardless.
    pub fn passed(&self) -> Duration {
        (self.passed)()
    }
}
