//! All queries about the record.

mod events;
mod fold;
mod funnel;
mod history;
mod live;
mod sums;

pub use self::{
    events::{EventFilter, EventRow, add, events, forget},
    fold::{fold, unfolded},
    funnel::figures,
    history::{history, last_seen},
    live::{LiveDrafts, live_drafts},
};
