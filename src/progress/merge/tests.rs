//! Merging, leaving out and counting: what each does to the text.

use super::*;

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The merged text; None when nothing changed.
fn merged(target: &str, patch: &str) -> Option<String> {
    merge(&json(target), &json(patch)).map(|json| json.get().to_owned())
}

#[track_caller]
fn assert_merges(cases: &[(&str, &str, &str)]) {
    for (target, patch, result) in cases {
        assert_eq!(merged(target, patch).as_deref(), Some(*result), "{target} with {patch}");
    }
}

#[test]
fn the_examples_of_the_standard() {
    assert_merges(&[
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, "null", "null"),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ]);
}

#[test]
fn what_is_not_touched_keeps_its_bytes() {
    assert_merges(&[
        ("{ \"a\" : 1e2 ,\n\t\"b\":2 }", r#"{"b":3}"#, "{ \"a\" : 1e2 ,\n\t\"b\":3 }"),
        ("{ \"a\" : 1e2 ,\n\t\"b\":2 }", r#"{"c": 3}"#, "{ \"a\" : 1e2 ,\n\t\"b\":2,\"c\":3 }"),
        ("{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", r#"{"a":null}"#, "{\n  \"b\": 2,\n  \"c\": 3\n}"),
        ("{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", r#"{"b":null}"#, "{\n  \"a\": 1,\n  \"c\": 3\n}"),
        ("{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", r#"{"c":null}"#, "{\n  \"a\": 1,\n  \"b\": 2\n}"),
        ("{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", r#"{"a":null,"b":null}"#, "{\n  \"c\": 3\n}"),
        ("{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", r#"{"b":null,"c":null}"#, "{\n  \"a\": 1\n}"),
        ("{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", r#"{"a":null,"c":null,"d":4}"#, "{\n  \"b\": 2,\"d\":4\n}"),
        ("{ \"a\": 1 , \"b\": 2 }", r#"{"a":null,"b":null}"#, "{}"),
        ("{ \"a\": 1 , \"b\": 2 }", r#"{"a":null,"b":null,"c":3,"d":4}"#, r#"{"c":3,"d":4}"#),
        ("{ \n }", r#"{"a":1}"#, r#"{"a":1}"#),
        (
            r#"{"a":"\ud800","b":12345678901234567890123}"#,
            r#"{"c":"\u0000"}"#,
            r#"{"a":"\ud800","b":12345678901234567890123,"c":"\u0000"}"#,
        ),
        (
            r#"{"a":{"b":[ 1, {"c":null} ],"d":"}\"]"},"e":[]}"#,
            r#"{"a":{"x":1},"e":{}}"#,
            r#"{"a":{"b":[ 1, {"c":null} ],"d":"}\"]","x":1},"e":{}}"#,
        ),
    ]);
}

#[test]
fn what_is_new_is_as_it_was_sent_but_for_its_nulls() {
    assert_merges(&[
        ("{}", r#"{"b" : { "x" : 1e2 } , "a":[ {"n":null} ]}"#, r#"{"b":{ "x" : 1e2 },"a":[ {"n":null} ]}"#),
        (r#"{"z":0}"#, r#"{"b" : { "x" : 1e2 } , "a":null}"#, r#"{"z":0,"b":{ "x" : 1e2 }}"#),
        ("7", r#"{ "a":{"n":null, "x": {"m":null}, "y" : [null] } }"#, r#"{"a":{"x":{},"y":[null]}}"#),
        (r#"{"a":1}"#, r#"{"a":{"n":null}}"#, r#"{"a":{}}"#),
        ("{}", r#"{"a":{"b":null,"c":1,"c":2,"b":3}}"#, r#"{"a":{"b":3,"c":2}}"#),
        ("null", "{}", "{}"),
    ]);
}

#[test]
fn nothing_changes() {
    for (target, patch) in [
        ("{}", "{}"),
        ("{ }", r#"{"a":null}"#),
        (r#"{"a":1}"#, "{}"),
        (r#"{"a":[1, {"b" : "x y"}]}"#, r#"{"a":[ 1,{"b":"x y"} ]}"#),
        (r#"{"a":{"b":1,"c":2}}"#, r#"{ "a" : { "c":2, "b":1, "d":null } }"#),
        (r#"{"a":{"b":{}}}"#, r#"{"a":{"b":{}}}"#),
        ("[ 1]", "[1 ]"),
        ("null", "null"),
        (r#"{"\ud800":1}"#, r#"{"\ud800":1}"#),
    ] {
        assert_eq!(merged(target, patch), None, "{target} with {patch}");
    }
}

#[test]
fn values_that_are_spelled_differently_are_different() {
    assert_merges(&[
        (r#"{"a":1}"#, r#"{"a":1.0}"#, r#"{"a":1.0}"#),
        (r#"{"a":"b"}"#, r#"{"a":"\u0062"}"#, r#"{"a":"\u0062"}"#),
        (r#"{"a":"x y"}"#, r#"{"a":"xy"}"#, r#"{"a":"xy"}"#),
        (r#"{"a":[12]}"#, r#"{"a":[1,2]}"#, r#"{"a":[1,2]}"#),
    ]);
}

#[test]
fn names_are_compared_by_what_they_say() {
    assert_merges(&[
        (r#"{"\u0061":1}"#, r#"{"a":2}"#, r#"{"\u0061":2}"#),
        (r#"{"a":1,"":2}"#, r#"{"\u0061":null}"#, r#"{"":2}"#),
        (r#"{"a\"b":1,"":2}"#, r#"{"a\u0022b":{"x":1},"":3}"#, r#"{"a\"b":{"x":1},"":3}"#),
        // Half a surrogate pair says nothing: only the spelling can be compared.
        (r#"{"\ud800":1}"#, r#"{"\uD800":2}"#, r#"{"\ud800":1,"\uD800":2}"#),
        (r#"{"\ud800":1,"a":1}"#, r#"{"\ud800":2}"#, r#"{"\ud800":2,"a":1}"#),
        (r#"{"\ud800":1,"a":1}"#, r#"{"a":{"\udfff":{}}}"#, r#"{"\ud800":1,"a":{"\udfff":{}}}"#),
        (r#"{"\"\\ud800\"":1,"\ud800":2}"#, r#"{"\ud800":null}"#, r#"{"\"\\ud800\"":1}"#),
    ]);
}

#[test]
fn a_repeated_member_counts_as_its_last() {
    assert_merges(&[
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":4}"#, r#"{"b":2,"a":4}"#),
        (r#"{"a":1,"b":2,"\u0061":3}"#, r#"{"a":3}"#, r#"{"b":2,"\u0061":3}"#),
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":null}"#, r#"{"b":2}"#),
        (r#"{"b":1,"a":1,"a":2,"c":3}"#, r#"{"a":null}"#, r#"{"b":1,"c":3}"#),
        (r#"{"a":{"x":1},"a":{"y":1}}"#, r#"{"a":{"x":2}}"#, r#"{"a":{"y":1,"x":2}}"#),
        (r#"{"a":{"x":1},"a":2}"#, r#"{"a":{"x":2}}"#, r#"{"a":{"x":2}}"#),
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"b":4}"#, r#"{"a":1,"b":4,"a":3}"#),
        (r#"{"a":1}"#, r#"{"a":null,"b":1,"\u0061":2}"#, r#"{"a":2,"b":1}"#),
        (r#"{"a":1}"#, r#"{"a":2,"a":null}"#, r#"{}"#),
    ]);
}

#[test]
fn values_are_left_out_at_pointers() {
    for (target, pointers, result) in [
        (r#"{"a":[1,{"b":2,"c":3}],"d":4}"#, vec!["/a/1/b", "/d"], r#"{"a":[1,{"c":3}]}"#),
        ("[0, 1, 2, 3]", vec!["/0", "/2"], "[ 1, 3]"),
        ("[0, 1, 2, 3 ]", vec!["/3", "/1"], "[0, 2 ]"),
        ("[ 0, 1 ]", vec!["/0", "/1"], "[]"),
        ("[[0],[1,2]]", vec!["/0/0", "/1/1", "/1/01", "/1/-", "/1/2", "/1/+0"], "[[],[1]]"),
        (r#"{"a/b":1,"m~n":2,"~1":3,"":4}"#, vec!["/a~1b", "/m~0n", "/~01", "/"], "{}"),
        (r#"{"\u0061":1,"b" : 1e2, "a":2}"#, vec!["/a", "/a/x"], r#"{"b" : 1e2}"#),
        (r#"{"a":{"x":1},"a":{"x":2,"y":3}}"#, vec!["/a/x"], r#"{"a":{},"a":{"y":3}}"#),
        (r#"{"\ud800":1,"a":[ ]}"#, vec!["/\\ud800", "a", "/a/0", "/b/c", "/~2"], r#"{"\ud800":1,"a":[ ]}"#),
        (r#"{"a":1}"#, vec!["/b", ""], "{}"),
        ("7", vec!["/a", "/0"], "7"),
    ] {
        let pointers: Vec<String> = pointers.into_iter().map(str::to_owned).collect();
        assert_eq!(without(&json(target), &pointers).get(), result, "{target} without {pointers:?}");
    }
}

#[test]
fn what_says_something_is_counted() {
    for (text, count) in [
        ("null", 0),
        (r#""""#, 0),
        (r#"" ""#, 1),
        ("-1.5e-7", 1),
        ("false", 1),
        (r#"{"name":{"null":null,"a" : "","b":[true,0,"\"",[[]],{}]}, "c":"x:y" }"#, 4),
    ] {
        assert_eq!(value_count(&json(text)), count, "{text}");
    }
}

#[test]
fn objects_of_many_members_take_no_longer_for_each() {
    let object = |numbers: std::ops::Range<u32>, value: &str| {
        let members: Vec<String> = numbers.map(|number| format!(r#""field {number}":{value}"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    let all_changed = merged(&object(0..10_000, r#""before""#), &object(5_000..15_000, "[2]")).expect("a change");
    assert!(all_changed.starts_with(r#"{"field 0":"before","#) && all_changed.ends_with(r#","field 14999":[2]}"#));
    assert_eq!(merged(&all_changed, &object(5_000..15_000, "[2]")), None);
    assert_eq!(merged(&all_changed, &object(0..15_000, "null")).as_deref(), Some("{}"));
    // Each of the repeated members is an object that the patch would change in as many places.
    let repeated = format!("{{{}\"a\":{{}}}}", r#""a":{},"#.repeat(10_000));
    let patch = format!(r#"{{"a":{}}}"#, object(0..10_000, "1"));
    assert_eq!(merged(&repeated, &patch), Some(patch));
    let pointers: Vec<String> = (0..10_000).map(|number| format!("/field {number}")).collect();
    assert_eq!(without(&json(&object(0..10_001, "[]")), &pointers).get(), r#"{"field 10000":[]}"#);
}

#[test]
fn the_deepest_nesting_is_merged() {
    let nested = |value: &str| format!("{}{value}{}", r#"{"a":"#.repeat(127), "}".repeat(127));
    assert_eq!(merged(&nested("1"), &nested("2")), Some(nested("2")));
    assert_eq!(merged(&nested("{}"), &nested(r#"{"b":null}"#)), None);
    assert_eq!(merged("{}", &nested(r#"{"b":null}"#)), Some(nested("{}")));
    assert_eq!(without(&json(&nested(r#"{"b":1}"#)), &[format!("{}/b", "/a".repeat(127))]).get(), nested("{}"));
    let endless = "/a".repeat(100_000);
    assert_eq!(without(&json(&nested("1")), &[endless]).get(), nested("1"));
}
