//! All queries about the record.

mod events;
mod fold;
mod funnel;
mod sums;

pub use self::{
    events::{EventFilter, EventRow, add, events, forget},
    fold::{fold, unfolded},
    funnel::figures,
};
