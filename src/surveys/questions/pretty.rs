//! JSON over several lines, every value as it was sent.

use std::borrow::Cow;

/// A JSON text with its parts on lines of their own, as far as it has no more characters than `most`; and whether it is whole.
pub fn pretty(json: &str, most: usize) -> (String, bool) {
    let mut text = String::with_capacity(json.len().min(most) + json.len().min(most) / 4);
    let (mut depth, mut is_text, mut is_escaped, mut is_open) = (0_usize, false, false, false);
    for character in json.chars() {
        if text.len() >= most {
            return (text, false);
        }
        if is_text {
            is_text = character != '"' || is_escaped;
            is_escaped = character == '\\' && !is_escaped;
            text.push(character);
            continue;
        }
        let is_end = matches!(character, ']' | '}');
        if character.is_ascii_whitespace() {
            continue;
        }
        if is_end {
            depth = depth.saturating_sub(1);
        }
        if is_open != is_end {
            // An empty list or object stays on its line.
            text.push_str(&line(depth));
        }
        is_open = false;
        text.push(character);
        match character {
            '"' => is_text = true,
            '[' | '{' => {
                depth += 1;
                is_open = true;
            }
            ',' => text.push_str(&line(depth)),
            ':' => text.push(' '),
            _ => {}
        }
    }
    (text, true)
}

/// The beginning of a line this deep; not so deep that the spaces are most of the page.
fn line(depth: usize) -> Cow<'static, str> {
    let deep = format!("\n{}", "  ".repeat(depth.min(20)));
    deep.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_as_they_were_sent() {
        let (text, is_whole) = pretty(r#"{"a" :[ 1e2,"x\"],{ }"],"b":{},"c":[ ],"d":{"e":[{}]}}"#, 1000);
        assert!(is_whole);
        insta::assert_snapshot!(text, @r#"
        {
          "a": [
            1e2,
            "x\"],{ }"
          ],
          "b": {},
          "c": [],
          "d": {
            "e": [
              {}
            ]
          }
        }
        "#);
        assert_eq!(pretty("7", 10), ("7".into(), true));
        assert_eq!(pretty("\"éééé\"", 3), ("\"é".into(), false));
    }

    #[test]
    fn deep_nesting_does_not_make_a_large_text_of_a_small_one() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(pretty(&deep, 50_000).0.len() < 50_100);
    }
}
