//! The members of a survey file, taken one by one, so that everything that is wrong is told at once.

use serde_json::value::RawValue;

use crate::{http::body::Object, problem::FieldError};

/// What is wrong with a member: where below it, as a JSON Pointer, and what.
pub type Wrong = Vec<(String, String)>;

/// One thing that is wrong with a member itself.
pub fn wrong<T>(detail: impl Into<String>) -> Result<T, Wrong> {
    Err(vec![(String::new(), detail.into())])
}

/// The members of a file that nobody has read yet, and what is wrong with the others.
pub struct Members<'a> {
    members: Vec<(String, &'a RawValue)>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

impl<'a> Members<'a> {
    /// All members of a file.
    pub fn of(object: Object<'a>) -> Self {
        Self { members: object.0, errors: Vec::new() }
    }

    fn note(&mut self, name: &str, below: &str, detail: impl Into<String>) {
        let name = name.replace('~', "~0").replace('/', "~1");
        self.errors.push(FieldError::at(&format!("/{name}{below}"), detail));
    }

    fn raw(&mut self, name: &str) -> Option<&'a RawValue> {
        let (named, others): (Vec<_>, _) =
            std::mem::take(&mut self.members).into_iter().partition(|(member, _)| member == name);
        self.members = others;
        if named.len() > 1 {
            self.note(name, "", "is given more than once");
        }
        named.into_iter().next().map(|(_, json)| json)
    }

    fn read<T>(
        &mut self,
        name: &str,
        json: &'a RawValue,
        read: impl FnOnce(&'a RawValue) -> Result<T, Wrong>,
    ) -> Option<T> {
        let errors = match read(json) {
            Ok(value) => return Some(value),
            Err(errors) => errors,
        };
        errors.into_iter().for_each(|(below, detail)| self.note(name, &below, detail));
        None
    }

    /// A member that may be missing, or null.
    pub fn take<T>(&mut self, name: &str, read: impl FnOnce(&'a RawValue) -> Result<T, Wrong>) -> Option<T> {
        let json = self.raw(name).filter(|json| json.get() != "null")?;
        self.read(name, json, read)
    }

    /// One that may be missing, and whose null says something. With its text.
    pub fn take_with_null<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, Wrong>,
    ) -> Option<(T, Box<RawValue>)> {
        let json = self.raw(name)?;
        self.read(name, json, |json| Ok((read(json)?, json.to_owned())))
    }

    /// One that must be there.
    pub fn required<T>(&mut self, name: &str, read: impl FnOnce(&'a RawValue) -> Result<T, Wrong>) -> Option<T> {
        match self.raw(name) {
            Some(json) => self.read(name, json, read),
            None => {
                self.note(name, "", "is missing");
                None
            }
        }
    }

    /// Notes those that nobody has read.
    pub fn refuse_others(&mut self) {
        for (name, _) in std::mem::take(&mut self.members) {
            self.note(&name.chars().take(64).collect::<String>(), "", "is not a member of a survey file");
        }
    }
}
