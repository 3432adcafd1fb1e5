//! Changing a JSON text in places, so that all the rest of it keeps its bytes.

use std::{borrow::Cow, ops::Range};

use serde_json::value::RawValue;

/// Changes to a text, noted in any order and made at once. None of them overlap.
#[derive(Default)]
pub struct Edits<'a>(Vec<(Range<usize>, Cow<'a, str>)>);

impl<'a> Edits<'a> {
    /// Notes a change. An empty range is where something is put in.
    pub fn replace(&mut self, range: Range<usize>, by: impl Into<Cow<'a, str>>) {
        self.0.push((range, by.into()));
    }

    /// The text with the changes made. None when there are none.
    pub fn apply(mut self, text: &str) -> Option<Box<RawValue>> {
        if self.0.is_empty() {
            return None;
        }
        // What is put in at a place comes before what is cut from there on.
        self.0.sort_unstable_by_key(|(range, _)| (range.start, range.end));
        let added: usize = self.0.iter().map(|(_, by)| by.len()).sum();
        let removed: usize = self.0.iter().map(|(range, _)| range.len()).sum();
        let mut changed = String::with_capacity(text.len() + added - removed);
        let mut done = 0;
        for (range, by) in &self.0 {
            changed.push_str(&text[done..range.start]);
            changed.push_str(by);
            done = range.end;
        }
        changed.push_str(&text[done..]);
        Some(raw(changed))
    }
}

/// What is kept and what is removed of one object or list, told in the order of its entries, so that one comma goes
/// with each entry that does. An entry begins behind the comma or bracket before it and ends with its value.
pub struct Entries {
    /// Where the opening bracket ends.
    inside: usize,
    /// Where the last one that is kept ends.
    kept: Option<usize>,
    removed: bool,
}

impl Entries {
    /// The entries of an object or list whose bracket ends here.
    pub fn from(inside: usize) -> Self {
        Self { inside, kept: None, removed: false }
    }

    /// An entry that stays, or several in a row.
    pub fn keep(&mut self, entry: Range<usize>, edits: &mut Edits) {
        if self.kept.is_none() && self.removed {
            edits.replace(self.inside..entry.start, "");
        }
        self.kept = Some(entry.end);
    }

    /// An entry that goes.
    pub fn remove(&mut self, entry: Range<usize>, edits: &mut Edits) {
        // Those before the first that is kept go together with the comma after them, once that one is found.
        if self.kept.is_some() {
            edits.replace(entry.start - 1..entry.end, "");
        }
        self.removed = true;
    }

    /// Adds more entries, already joined, behind the last one, for an object or list whose closing bracket is here.
    pub fn finish(self, close: usize, mut more: String, edits: &mut Edits) {
        match self.kept {
            None if self.removed || !more.is_empty() => edits.replace(self.inside..close, more),
            Some(last) if !more.is_empty() => {
                more.insert(0, ',');
                edits.replace(last..last, more);
            }
            _ => {}
        }
    }
}

/// Makes JSON of a text that was put together from JSON.
pub fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).expect("whole values and members of valid JSON, spliced, are valid JSON")
}
