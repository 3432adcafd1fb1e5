//! Stepping through a JSON text that is known to be valid, without taking it apart.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// A place in a valid JSON text. Moving on from it trusts that text: nothing is checked again.
pub struct Scanner<'a> {
    text: &'a str,
    place: usize,
}

impl<'a> Scanner<'a> {
    pub fn of(text: &'a str) -> Self {
        Self { text, place: 0 }
    }

    /// How many bytes are behind.
    pub fn place(&self) -> usize {
        self.place
    }

    /// What is between an earlier place and this one.
    pub fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.place]
    }

    /// The next byte; zero, which is in no JSON text, at the end.
    pub fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.place).copied().unwrap_or_default()
    }

    /// Goes into the object or list that comes next, and says where its entries begin.
    pub fn enter(&mut self) -> usize {
        self.place += 1;
        self.place
    }

    /// Goes on to the next entry of the object or list, and says where it begins, the blanks before it included.
    /// After the last entry, leaves the object or list.
    pub fn next_entry(&mut self) -> Option<usize> {
        let first = self.place;
        self.skip_blanks();
        let start = match self.peek() {
            b',' => {
                self.place += 1;
                self.place
            }
            b'}' | b']' => {
                self.place += 1;
                return None;
            }
            _ => first,
        };
        self.skip_blanks();
        Some(start)
    }

    /// The name of the member that comes next, quotes included. Goes on to the member's value.
    pub fn name(&mut self) -> &'a str {
        let name = self.string();
        self.skip_blanks();
        self.place += 1;
        self.skip_blanks();
        name
    }

    /// The whole value that comes next.
    pub fn value(&mut self) -> &'a str {
        let start = self.place;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                b'"' => {
                    self.string();
                }
                b'{' | b'[' => {
                    self.place += 1;
                    depth += 1;
                }
                b'}' | b']' => {
                    self.place += 1;
                    depth -= 1;
                }
                _ if depth == 0 => self.literal(),
                _ => self.place += 1,
            }
            if depth == 0 {
                return self.since(start);
            }
        }
    }

    /// A text, a number, a word such as `null`, or one of the marks between them. None at the end.
    fn token(&mut self) -> Option<&'a str> {
        self.skip_blanks();
        let start = self.place;
        match self.peek() {
            0 => return None,
            b'"' => {
                self.string();
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => self.place += 1,
            _ => self.literal(),
        }
        Some(self.since(start))
    }

    fn string(&mut self) -> &'a str {
        let start = self.place;
        self.place += 1;
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => self.place += 2,
                _ => self.place += 1,
            }
        }
        self.place += 1;
        self.since(start)
    }

    fn literal(&mut self) {
        while matches!(self.peek(), b'a'..=b'z' | b'0'..=b'9' | b'-' | b'+' | b'.' | b'E') {
            self.place += 1;
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.place += 1;
        }
    }
}

/// The name of a member, for comparing: however it is escaped, it is the same name.
#[derive(PartialEq, Eq, Hash)]
pub enum Name<'a> {
    /// What it says.
    Text(Cow<'a, str>),
    /// Escapes that are not Unicode, half a surrogate pair: it is the same only as what is spelled the same.
    Broken(&'a str),
}

impl<'a> Name<'a> {
    /// Reads a name with its quotes.
    pub fn of(quoted: &'a str) -> Self {
        if !quoted.contains('\\') {
            return Self::Text(quoted.trim_matches('"').into());
        }
        match serde_json::from_str(quoted) {
            Ok(text) => Self::Text(Cow::Owned(text)),
            Err(_) => Self::Broken(quoted),
        }
    }
}

/// Whether two JSON texts differ in nothing but the blanks between their tokens.
pub fn same(left: &str, right: &str) -> bool {
    left == right || tokens(left).eq(tokens(right))
}

/// How many values the JSON has, at any depth, that say something: texts that are not empty, numbers and booleans.
pub fn value_count(json: &RawValue) -> u32 {
    let mut tokens = tokens(json.get()).peekable();
    let mut count = 0_u32;
    while let Some(token) = tokens.next() {
        let says_something = !matches!(token, "null" | "\"\"" | "{" | "}" | "[" | "]" | "," | ":");
        let is_name = tokens.peek() == Some(&":");
        if says_something && !is_name {
            count = count.saturating_add(1);
        }
    }
    count
}

fn tokens(json: &str) -> impl Iterator<Item = &str> {
    let mut scanner = Scanner::of(json);
    std::iter::from_fn(move || scanner.token())
}
