//! All queries about the record.

mod activity;
mod companies;
mod events;
mod fold;
mod funnel;
mod history;
mod live;
mod sums;

pub use self::{
    activity::activity,
    companies::{CompanyCounts, CompanySums, company_sums},
    events::{EventFilter, EventRow, add, events, forget},
    fold::{fold, unfolded},
    funnel::figures,
    history::{history, last_seen},
    live::{LiveDrafts, live_drafts},
};
