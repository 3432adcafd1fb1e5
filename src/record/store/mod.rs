//! All queries about the record.

mod events;

pub use events::add;
