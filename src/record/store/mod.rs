//! All queries about the record.

mod companies;
mod activity;
mod events;
mod fold;
mod funnel;
mod history;
mod live;
mod sums;

pub use self::{
    companies::{CompanySums, company_sums},
    activity::activity,
    events::{EventFilter, EventRow, add, events, forget},
    fold::{fold, unfolded},
    funnel::figures,
    history::{history, last_seen},
    live::{LiveDrafts, live_drafts},
};
