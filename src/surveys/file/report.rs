//! What is wrong with a survey file, for people: where, with the line itself, what, and what would be right.

use serde_json::value::RawValue;

use super::FileError;
use crate::{http::body::Object, surveys::shape::references::percent_decoded};

/// A place in a text, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in bytes.
    pub column: usize,
}

/// A line of a text as far as it is worth showing, with a place in it marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// What stands before the place.
    pub before: String,
    /// The character there; a sign for the end of the line.
    pub marked: String,
    /// What stands behind it.
    pub after: String,
}

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON Pointer to it; none where there is no JSON yet.
    pub pointer: Option<String>,
    /// Its line, counted from 1, and its column in characters.
    pub place: Option<(usize, usize)>,
    /// The line itself.
    pub excerpt: Option<Excerpt>,
    /// What is wrong, and what would be right; with a pointer, to be read after it.
    pub detail: String,
}

/// How many bytes are read again, all faults together, to find their lines. The faults past that are told without.
const MOST_READ: usize = 64 << 20;
/// Characters of a line that are shown on each side of the place.
const WINDOW: usize = 60;

/// All that is wrong with the file of this text, from its first line to its last.
pub fn faults(text: &str, error: &FileError) -> Vec<Fault> {
    match error {
        FileError::Json(detail, position) => {
            let offset = position.map(|position| {
                let offset = offset_of(text, position);
                // The reader stops before some of these characters, and behind others.
                let is_next = detail.contains("control character") && !is_control(text, offset);
                if is_next && is_control(text, offset + 1) { offset + 1 } else { offset }
            });
            vec![at(text, None, offset, in_words(detail))]
        }
        FileError::Members(errors) => {
            let mut left = MOST_READ;
            let fault = |error: &crate::problem::FieldError| {
                let pointer = error.pointer.strip_prefix('#').and_then(percent_decoded).unwrap_or_default();
                let offset = located(text, &pointer, &mut left);
                at(text, Some(pointer), offset, error.detail.clone())
            };
            let mut faults: Vec<Fault> = errors.iter().map(fault).collect();
            faults.sort_by_key(|fault| fault.place.unwrap_or((usize::MAX, 0)));
            faults
        }
    }
}

fn is_control(text: &str, offset: usize) -> bool {
    text.as_bytes().get(offset).is_some_and(|byte| *byte < b' ')
}

fn at(text: &str, pointer: Option<String>, offset: Option<usize>, detail: String) -> Fault {
    let Some(offset) = offset else { return Fault { pointer, place: None, excerpt: None, detail } };
    let (before, behind) = text.split_at(offset);
    let line = before.matches('\n').count() + 1;
    let before = before.rsplit('\n').next().unwrap_or_default();
    let column = before.chars().count() + 1;
    let mut behind = behind.lines().next().unwrap_or_default().chars();
    let marked = behind.next().map_or_else(|| "⏎".to_owned(), String::from);
    let shown = before.chars().skip(column.saturating_sub(WINDOW + 1)).collect();
    let excerpt = Excerpt { before: shown, marked, after: behind.take(WINDOW).collect() };
    Fault { pointer, place: Some((line, column)), excerpt: Some(excerpt), detail }
}

/// Where a position is, in bytes; the end of the line before for what was noticed at a line's break.
fn offset_of(text: &str, position: Position) -> usize {
    let begins = text.split_inclusive('\n').take(position.line.saturating_sub(1)).map(str::len).sum::<usize>();
    let offset = (begins + position.column).saturating_sub(1).min(text.len());
    (0..=offset).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or_default()
}

/// Where a value begins; where it is missing, what should hold it.
fn located(text: &str, pointer: &str, left: &mut usize) -> Option<usize> {
    let mut here = text.trim_start();
    for name in pointer.split('/').skip(1) {
        *left = left.checked_sub(here.len())?;
        match step(here, &name.replace("~1", "/").replace("~0", "~")) {
            Some(value) => here = value,
            None => break,
        }
    }
    here.as_ptr().addr().checked_sub(text.as_ptr().addr()).filter(|offset| text.is_char_boundary(*offset))
}

fn step<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    if json.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        return Some(elements.get(name.parse::<usize>().ok()?)?.get());
    }
    let members: Object<'a> = serde_json::from_str(json).ok()?;
    members.0.into_iter().rev().find_map(|(own, value)| (own == name).then_some(value.get()))
}

/// What a reader of JSON says, and what would be right. Others of its sentences are passed on.
const WORDS: [(&str, &str); 10] = [
    ("EOF while parsing a string", "The file ends within a text: close it with a double quote"),
    ("EOF while parsing", "The file ends too early: something that was opened with { or [ is not closed"),
    ("expected `,` or `}`", "A comma or } must stand before this"),
    ("expected `,` or `]`", "A comma or ] must stand before this"),
    ("expected `:`", "A colon must stand before this, between a member's name and its value"),
    ("key must be a string", "The name of a member must stand here, in double quotes"),
    ("trailing comma", "There is a comma too many before this"),
    ("trailing characters", "There is something behind the end of the object: a file holds one survey"),
    (
        "control character",
        "A line break or a tab within a text must be written as \\n or \\t; perhaps a double quote is missing",
    ),
    (
        "expected value",
        "A value must stand here: a text in double quotes, a number, true, false, null, a list or an object",
    ),
];

fn in_words(detail: &str) -> String {
    let known = WORDS.iter().find(|(said, _)| detail.contains(said));
    match known {
        Some((_, words)) => format!("{words}."),
        None => {
            let mut words = detail.chars();
            let first = words.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
            format!("{first}{}.", words.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surveys::file::SurveyFile;

    fn told(text: &str) -> Vec<Fault> {
        faults(text, &SurveyFile::parse(text).expect_err("it is refused"))
    }

    #[test]
    fn a_slip_in_the_json_is_shown_where_it_is() {
        for (text, place, marked, words) in [
            ("{\n  \"name\": \"ä\" \"definition\": {}\n}", (2, 15), "\"", "A comma or }"),
            ("{\n  \"name\": \"x\",\n}", (3, 1), "}", "comma too many"),
            ("{\"name\": \"x\n\"}", (1, 12), "⏎", "A line break or a tab"),
            ("{\"na\tme\": 1}", (1, 5), "\t", "A line break or a tab"),
            ("{\"name\": \"x\"", (1, 12), "\"", "too early"),
            ("{\"name\" \"x\"}", (1, 9), "\"", "A colon"),
            ("{name: 1}", (1, 2), "n", "in double quotes"),
            ("{\"name\": x}", (1, 10), "x", "A value"),
            ("{\"name\": 1} {", (1, 13), "{", "behind the end"),
        ] {
            let faults = told(text);
            let fault = &faults[0];
            assert_eq!((faults.len(), fault.place), (1, Some(place)), "{text}: {fault:?}");
            let excerpt = fault.excerpt.as_ref().expect("a line");
            assert_eq!(excerpt.marked, marked, "{text}: {fault:?}");
            assert!(fault.detail.contains(words), "{text}: {fault:?}");
        }
        let fault = &told("[]")[0];
        assert_eq!(
            (fault.place, fault.detail.as_str()),
            (None, "It must be a JSON object with a name and a definition.")
        );
    }

    #[test]
    fn everything_that_is_wrong_has_its_line() {
        let text = "{\"name\": \" \",\n \"definition\": {},\n \"screens\": [{\"name\": \"a\"},\n  {\"name\": \"a\"}],\n \"a/b\": 0,\n\
                    \"answer_schema\": {\"properties\": {\"é\": {\n\"type\": \"strin\"}}}}";
        let places: Vec<_> =
            told(text).into_iter().map(|fault| (fault.pointer.unwrap_or_default(), fault.place)).collect();
        assert_eq!(
            places,
            [
                ("/name".into(), Some((1, 10))),
                ("/screens/1".into(), Some((4, 3))),
                ("/a~1b".into(), Some((5, 9))),
                ("/answer_schema/properties/é/type".into(), Some((7, 9))),
            ]
        );
        // What is missing has the place of what should hold it.
        assert_eq!(told(" {\"definition\": {}}")[0].place, Some((1, 2)));
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{{\"name\": \"x\", {} x}}", "\"a\": 1,".repeat(1000));
        let excerpt = told(&text)[0].excerpt.clone().expect("a line");
        assert_eq!((excerpt.before.chars().count(), excerpt.marked.as_str(), excerpt.after.as_str()), (60, "x", "}"));
    }

    #[test]
    fn a_file_that_would_take_long_to_look_through_is_told_without_lines() {
        let deep = format!("{}{}{}", "{\"a\":".repeat(100), "0", "}".repeat(100));
        let mut left = 5000;
        assert_eq!(located(&deep, &"/a".repeat(100), &mut left), None);
        assert!(located(&deep, &"/a".repeat(3), &mut MOST_READ.clone()).is_some());
    }
}
