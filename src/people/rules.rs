//! What the record says of a draft that is erased.

use crate::{
    clock::Moment,
    progress::{Head, rules::is_alive},
    record::{Event, What},
};

/// The last event of a draft that is erased now. One that has expired and waits for the purge had ended before.
pub fn last_event(head: &Head, now: Moment) -> Event {
    match is_alive(head, now) {
        true => Event::of(head, What::Erased, now),
        false => Event::of(head, What::Expired, head.expires_at),
    }
}
