//! Leaving values out of a JSON text.

use std::{borrow::Cow, collections::HashMap};

use serde_json::value::RawValue;

use super::{
    edits::{Edits, Entries, raw},
    scanner::{Name, Scanner},
};

/// The JSON without the values at these JSON Pointers (RFC 6901): members are cut from objects, elements from lists.
/// All pointers are to the JSON as it is given; those to nothing are ignored. Without the whole, it is `{}`.
///
/// A member that is repeated is left out each time, so that nothing of it stays.
pub fn without(target: &RawValue, pointers: &[String]) -> Box<RawValue> {
    if pointers.iter().any(String::is_empty) {
        return raw("{}".to_owned());
    }
    let mut edits = Edits::default();
    cut(&mut Scanner::of(target.get()), 0, &Cuts::of(pointers), &mut edits);
    edits.apply(target.get()).unwrap_or_else(|| target.to_owned())
}

/// Cuts what is to be left out of the value that comes next, at this place in the tree of pointers.
fn cut(scanner: &mut Scanner, place: usize, cuts: &Cuts, edits: &mut Edits) {
    let is_list = scanner.peek() == b'[';
    if !is_list && scanner.peek() != b'{' {
        scanner.value();
        return;
    }
    let mut entries = Entries::from(scanner.enter());
    let mut index = 0;
    while let Some(start) = scanner.next_entry() {
        let next = match is_list {
            true => cuts.step(place, &index.to_string()),
            false => match Name::of(scanner.name()) {
                Name::Text(name) => cuts.step(place, &name),
                // No pointer can name it.
                Name::Broken(_) => None,
            },
        };
        index += 1;
        match next {
            Some(next) if !cuts.is_end[next] => cut(scanner, next, cuts, edits),
            _ => _ = scanner.value(),
        }
        let entry = start..scanner.place();
        match next {
            Some(next) if cuts.is_end[next] => entries.remove(entry, edits),
            _ => entries.keep(entry, edits),
        }
    }
    entries.finish(scanner.place() - 1, String::new(), edits);
}

/// The pointers as a tree: place 0 is the whole JSON, and from each place there are steps to others.
struct Cuts<'a> {
    steps: HashMap<(usize, Cow<'a, str>), usize>,
    /// Of each place, whether a pointer ends there.
    is_end: Vec<bool>,
}

impl<'a> Cuts<'a> {
    fn of(pointers: &'a [String]) -> Self {
        let mut cuts = Self { steps: HashMap::new(), is_end: vec![false] };
        for steps in pointers.iter().filter_map(|pointer| pointer.strip_prefix('/')) {
            let mut place = 0;
            for step in steps.split('/') {
                let next = cuts.is_end.len();
                place = *cuts.steps.entry((place, unescape(step))).or_insert(next);
                if place == next {
                    cuts.is_end.push(false);
                }
            }
            cuts.is_end[place] = true;
        }
        cuts
    }

    fn step(&self, place: usize, name: &str) -> Option<usize> {
        self.steps.get(&(place, Cow::Borrowed(name))).copied()
    }
}

fn unescape(step: &str) -> Cow<'_, str> {
    match step.contains('~') {
        true => step.replace("~1", "/").replace("~0", "~").into(),
        false => step.into(),
    }
}
