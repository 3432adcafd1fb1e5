//! What a merge patch asks for.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
};

use super::scanner::{Name, Scanner};

/// What a patch asks for in one place.
pub enum Patch<'a> {
    /// `null`: that nothing is there.
    Remove,
    /// That this is there, whatever was.
    Replace(&'a str),
    /// That an object is there and has this in it, beside what it has.
    Change(Changes<'a>),
}

impl<'a> Patch<'a> {
    /// Reads the value that comes next as a patch.
    pub fn read(scanner: &mut Scanner<'a>) -> Self {
        if scanner.peek() == b'{' {
            return Self::Change(Changes::read(scanner));
        }
        match scanner.value() {
            "null" => Self::Remove,
            value => Self::Replace(value),
        }
    }

    /// What comes to be where there was no object: the value as it was sent, or, when it has members to be removed or
    /// repeats some, what is left of it.
    pub fn value(&self) -> Cow<'a, str> {
        match self {
            Self::Remove => "null".into(),
            Self::Replace(value) => Cow::Borrowed(value),
            Self::Change(changes) => match changes.verbatim {
                Some(text) => Cow::Borrowed(text),
                None => {
                    let mut text = String::new();
                    changes.write(&mut text);
                    Cow::Owned(text)
                }
            },
        }
    }
}

/// An object of a patch: what it asks for in the members of the object that it meets.
pub struct Changes<'a> {
    members: Vec<Member<'a>>,
    places: HashMap<Name<'a>, usize>,
    /// The object as it was sent, if nothing in it is to be removed or repeated.
    verbatim: Option<&'a str>,
}

/// What a patch asks for in a member.
pub struct Member<'a> {
    /// Its name as it was sent, with its quotes.
    name: &'a str,
    pub patch: Patch<'a>,
}

impl<'a> Changes<'a> {
    fn read(scanner: &mut Scanner<'a>) -> Self {
        let mut changes = Self { members: Vec::new(), places: HashMap::new(), verbatim: None };
        let mut is_verbatim = true;
        let start = scanner.place();
        scanner.enter();
        while scanner.next_entry().is_some() {
            let name = scanner.name();
            let patch = Patch::read(scanner);
            is_verbatim &= match &patch {
                Patch::Remove => false,
                Patch::Replace(_) => true,
                Patch::Change(changes) => changes.verbatim.is_some(),
            };
            is_verbatim &= changes.add(Member { name, patch });
        }
        changes.verbatim = is_verbatim.then(|| scanner.since(start));
        changes
    }

    /// Adds a member, in place of an earlier one of the same name. Whether there was none.
    fn add(&mut self, member: Member<'a>) -> bool {
        match self.places.entry(Name::of(member.name)) {
            Entry::Vacant(new) => {
                new.insert(self.members.len());
                self.members.push(member);
                true
            }
            Entry::Occupied(earlier) => {
                self.members[*earlier.get()] = member;
                false
            }
        }
    }

    /// The members in their order, each name once: where it was first, with what was last said of it.
    pub fn members(&self) -> &[Member<'a>] {
        &self.members
    }

    /// Which of the members has this name.
    pub fn place(&self, name: &Name) -> Option<usize> {
        self.places.get(name).copied()
    }

    fn write(&self, text: &mut String) {
        match self.verbatim {
            Some(verbatim) => text.push_str(verbatim),
            None => {
                text.push('{');
                write_members(&self.members, text);
                text.push('}');
            }
        }
    }
}

/// Writes the members that come to be where there were none, with commas between them.
pub fn write_members<'m, 'a: 'm>(members: impl IntoIterator<Item = &'m Member<'a>>, text: &mut String) {
    let start = text.len();
    for Member { name, patch } in members {
        if matches!(patch, Patch::Remove) {
            continue;
        }
        if text.len() > start {
            text.push(',');
        }
        text.push_str(name);
        text.push(':');
        match patch {
            Patch::Change(changes) => changes.write(text),
            patch => text.push_str(&patch.value()),
        }
    }
}
