//! Whatever the JSON is: what merging, leaving out and counting mean, compared with the same on values.

use std::fmt;

use proptest::{collection::vec, prelude::*, sample::select};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::*;

const BLANKS: [&str; 4] = ["", "", " ", "\n\t"];
const SCALARS: [&str; 14] = [
    "null",
    "null",
    "true",
    "false",
    "0",
    "1",
    "1.0",
    "-1e2",
    "12345678901234567890123",
    r#""""#,
    r#""a b""#,
    r#""\u0061 b""#,
    r#""\u0000""#,
    r#""},\"[{\\""#,
];
const NAMES: [&str; 9] =
    [r#""a""#, r#""\u0061""#, r#""b""#, r#""c""#, r#""d""#, r#""""#, r#""0""#, r#""~1/""#, r#""{\",\\""#];

/// JSON texts of a few names, so that many of them meet, with names repeated and blanks everywhere.
fn any_json() -> BoxedStrategy<String> {
    let blanks = || select(&BLANKS[..]);
    select(&SCALARS[..])
        .prop_map(str::to_owned)
        .prop_recursive(5, 60, 6, move |inner| {
            let entry =
                (blanks(), inner, blanks()).prop_map(|(before, value, after)| format!("{before}{value}{after}"));
            let member = (blanks(), select(&NAMES[..]), blanks(), entry.clone())
                .prop_map(|(before, name, after, value)| format!("{before}{name}{after}:{value}"));
            let joined = |entries: Vec<String>, blanks: &str| match entries.is_empty() {
                true => blanks.to_owned(),
                false => entries.join(","),
            };
            let list = (vec(entry, 0..4), blanks()).prop_map(move |(all, none)| format!("[{}]", joined(all, none)));
            let object =
                (vec(member, 0..7), blanks()).prop_map(move |(all, none)| format!("{{{}}}", joined(all, none)));
            prop_oneof![1 => list, 3 => object]
        })
        .boxed()
}

fn any_object() -> impl Strategy<Value = String> {
    any_json().prop_filter("an object", |json| json.starts_with('{'))
}

fn any_pointer() -> impl Strategy<Value = String> {
    let steps = ["a", "b", "c", "d", "", "0", "1", "01", "~01~1", "{\",\\"];
    vec(select(steps.to_vec()), 1..5).prop_map(|steps| format!("/{}", steps.join("/")))
}

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("JSON")
}

fn value(json: &RawValue) -> Value {
    serde_json::from_str(json.get()).expect("JSON")
}

/// As the standard has it, word for word.
fn merge_values(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = match target {
        Value::Object(target) => target,
        _ => serde_json::Map::new(),
    };
    for (name, patch) in patch {
        match patch {
            Value::Null => _ = target.remove(name),
            patch => {
                let merged = merge_values(target.remove(name).unwrap_or_default(), patch);
                target.insert(name.clone(), merged);
            }
        }
    }
    Value::Object(target)
}

/// The value without what is at the pointers. The list elements go last to first, so that none moves too early.
fn without_values(mut value: Value, pointers: &[String]) -> Value {
    let mut found: Vec<Vec<Result<usize, String>>> = Vec::new();
    for pointer in pointers.iter().filter(|pointer| value.pointer(pointer).is_some()) {
        let mut within = &value;
        let mut path = Vec::new();
        for step in pointer[1..].split('/').map(|step| step.replace("~1", "/").replace("~0", "~")) {
            within = match within {
                Value::Array(_) => {
                    let index = step.parse().expect("an index");
                    path.push(Ok(index));
                    &within[index]
                }
                _ => {
                    path.push(Err(step.clone()));
                    &within[&step]
                }
            };
        }
        found.push(path);
    }
    found.sort();
    found.dedup();
    for path in found.iter().rev() {
        let (last, way) = path.split_last().expect("a step");
        let within = way.iter().fold(&mut value, |within, step| match step {
            Ok(index) => &mut within[*index],
            Err(name) => &mut within[name],
        });
        match (within, last) {
            (Value::Array(list), Ok(index)) => _ = list.remove(*index),
            (Value::Object(object), Err(name)) => _ = object.remove(name),
            _ => panic!("a pointer to nothing"),
        }
    }
    value
}

fn count_values(value: &Value) -> u32 {
    match value {
        Value::Null => 0,
        Value::String(text) => u32::from(!text.is_empty()),
        Value::Bool(_) | Value::Number(_) => 1,
        Value::Array(list) => list.iter().map(count_values).sum(),
        Value::Object(object) => object.values().map(count_values).sum(),
    }
}

/// The members of an object, repeated ones too: what each is named, and its text from the name to the value's end.
struct Members<'a>(Vec<(String, &'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Raw;
        impl<'de> Visitor<'de> for Raw {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push((serde_json::from_str(name.get()).expect("a name"), name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Raw)
    }
}

/// The text of each member that the patch does not name, from its name to the end of its value.
fn untouched<'a>(json: &'a RawValue, patch: &Value) -> Vec<&'a str> {
    let members: Members = serde_json::from_str(json.get()).expect("an object");
    let place = |part: &RawValue| part.get().as_ptr() as usize - json.get().as_ptr() as usize;
    members
        .0
        .iter()
        .filter(|(said, ..)| patch.get(said).is_none())
        .map(|(_, name, value)| &json.get()[place(name)..place(value) + value.get().len()])
        .collect()
}

proptest! {
    #[test]
    fn merging_means_what_the_standard_says(target in any_json(), patch in any_json()) {
        let (target, patch) = (json(&target), json(&patch));
        let expected = merge_values(value(&target), &value(&patch));
        let merged = merge(&target, &patch);
        prop_assert_eq!(value(merged.as_ref().unwrap_or(&target)), expected);
    }

    #[test]
    fn merging_again_changes_nothing(target in any_json(), patch in any_json()) {
        let patch = json(&patch);
        if let Some(merged) = merge(&json(&target), &patch) {
            prop_assert_eq!(merge(&merged, &patch).map(|json| json.get().to_owned()), None);
        }
    }

    #[test]
    fn members_that_the_patch_does_not_name_stay_as_they_are(target in any_object(), patch in any_object()) {
        let (target, patch) = (json(&target), json(&patch));
        let Some(merged) = merge(&target, &patch) else { return Ok(()) };
        let named = value(&patch);
        prop_assert_eq!(untouched(&merged, &named), untouched(&target, &named));
    }

    #[test]
    fn a_patch_of_what_is_there_changes_nothing(target in any_object()) {
        // An object without repeated members or nulls, then the same with other blanks.
        let target = merge(&json("{}"), &json(&target)).unwrap_or_else(|| json("{}"));
        let patch = json(&format!("{{ {} }}", &target.get()[1..target.get().len() - 1]));
        prop_assert!(merge(&target, &patch).is_none());
        prop_assert!(same(target.get(), patch.get()));
    }

    #[test]
    fn leaving_out_is_leaving_out_values(target in any_json(), pointers in vec(any_pointer(), 0..6)) {
        let target = json(&target);
        let left = without(&target, &pointers);
        prop_assert_eq!(value(&left), without_values(value(&target), &pointers));
        if let Value::Object(_) = value(&target) {
            let first_steps = pointers.iter().map(|pointer| pointer[1..].split('/').next().unwrap_or_default());
            let named = first_steps.map(|step| (step.replace("~1", "/").replace("~0", "~"), Value::Null)).collect();
            prop_assert_eq!(untouched(&left, &named), untouched(&target, &named));
        }
    }

    #[test]
    fn counting_is_counting_values(text in any_json()) {
        let sent = json(&text);
        let value = value(&sent);
        // Values have no repeated members, the text may.
        prop_assert!(value_count(&sent) >= count_values(&value));
        let written = json(&serde_json::to_string_pretty(&value).expect("JSON"));
        prop_assert_eq!(value_count(&written), count_values(&value));
    }
}
