//! JSON Merge Patch (RFC 7396) on JSON as it was sent: what a patch does not touch keeps its bytes and its order. Read
//! into values and written again, numbers of many digits, escapes and repeated members would not come back the same.
//!
//! [`merge`] reads the patch into a tree, goes through the target once to find what the patch names in it, and only
//! then decides: a repeated member counts as its last, which is known at the end of its object.

mod edits;
mod patch;
mod scanner;
mod without;

use std::ops::Range;

use serde_json::value::RawValue;

pub use scanner::value_count;
pub use without::without;

use edits::{Edits, Entries};
use patch::{Changes, Patch, write_members};
use scanner::{Name, Scanner, same};

/// The target with the patch applied. None when the patch changes nothing: all it has is there already, spelled the
/// same but for blanks between tokens. Both must be nested no deeper than what the edge lets in.
///
/// Members that are replaced keep their places and the spelling of their names, new ones follow behind. A member that
/// is repeated in the target and named by the patch is left only once, the last one. A name that is not valid Unicode
/// is the same only as one spelled the same.
pub fn merge(target: &RawValue, patch: &RawValue) -> Option<Box<RawValue>> {
    let mut scanner = Scanner::of(target.get());
    let patch = Patch::read(&mut Scanner::of(patch.get()));
    let mut edits = Edits::default();
    match &patch {
        Patch::Change(changes) if scanner.peek() == b'{' => {
            let found = Found::read(&mut scanner, changes);
            apply(target.get(), &found, changes, &mut edits);
        }
        _ => replace(target.get(), 0..target.get().len(), &patch, &mut edits),
    }
    edits.apply(target.get())
}

/// What there is in an object of the target, as far as a patch goes into it.
struct Found {
    /// What is between its brackets.
    inside: Range<usize>,
    runs: Vec<Run>,
}

enum Run {
    /// Members that the patch does not name, all there are in a row.
    Untouched(Range<usize>),
    Named(Named),
}

/// A member that the patch names.
struct Named {
    entry: Range<usize>,
    value: Range<usize>,
    /// Which member of the patch names it.
    place: usize,
    /// What is in it, if it and what the patch has for it are both objects.
    found: Option<Found>,
}

impl Found {
    /// Goes through the object that comes next.
    fn read(scanner: &mut Scanner, changes: &Changes) -> Self {
        let open = scanner.enter();
        let mut runs = Vec::new();
        while let Some(start) = scanner.next_entry() {
            let place = changes.place(&Name::of(scanner.name()));
            let value = scanner.place();
            let found = match place.map(|place| &changes.members()[place].patch) {
                Some(Patch::Change(changes)) if scanner.peek() == b'{' => Some(Self::read(scanner, changes)),
                _ => {
                    scanner.value();
                    None
                }
            };
            let end = scanner.place();
            match (place, runs.last_mut()) {
                (Some(place), _) => runs.push(Run::Named(Named { entry: start..end, value: value..end, place, found })),
                (None, Some(Run::Untouched(run))) => run.end = end,
                (None, _) => runs.push(Run::Untouched(start..end)),
            }
        }
        Self { inside: open..scanner.place() - 1, runs }
    }

    fn named(&self) -> impl Iterator<Item = &Named> {
        self.runs.iter().filter_map(|run| match run {
            Run::Named(named) => Some(named),
            Run::Untouched(_) => None,
        })
    }
}

/// Notes what the patch changes in an object of the target.
fn apply<'a>(target: &str, found: &Found, changes: &Changes<'a>, edits: &mut Edits<'a>) {
    // Where the last of those that a member of the patch names begins: it is the one that readers of JSON see.
    let mut last = vec![None; changes.members().len()];
    for named in found.named() {
        last[named.place] = Some(named.entry.start);
    }
    let mut entries = Entries::from(found.inside.start);
    for run in &found.runs {
        let named = match run {
            Run::Untouched(members) => {
                entries.keep(members.clone(), edits);
                continue;
            }
            Run::Named(named) => named,
        };
        let patch = &changes.members()[named.place].patch;
        let is_last = last[named.place] == Some(named.entry.start);
        if !is_last || matches!(patch, Patch::Remove) {
            entries.remove(named.entry.clone(), edits);
            continue;
        }
        entries.keep(named.entry.clone(), edits);
        match (patch, &named.found) {
            (Patch::Change(changes), Some(found)) => apply(target, found, changes, edits),
            _ => replace(target, named.value.clone(), patch, edits),
        }
    }
    let new = changes.members().iter().zip(last).filter_map(|(member, last)| last.is_none().then_some(member));
    let mut more = String::new();
    write_members(new, &mut more);
    entries.finish(found.inside.end, more, edits);
}

/// Notes that something else is to be there, unless it is the same.
fn replace<'a>(target: &str, range: Range<usize>, patch: &Patch<'a>, edits: &mut Edits<'a>) {
    let value = patch.value();
    if !same(&target[range.clone()], &value) {
        edits.replace(range, value);
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod properties;
