//! The time, given to whoever needs it: the service takes the system's, tests set their own.

use std::sync::Arc;

pub use crate::db::types::Moment;

/// A source of the present moment.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::new(Moment::now)
    }

    /// A clock that says what `now` says.
    pub fn new(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}
