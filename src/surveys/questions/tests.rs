use proptest::prelude::*;

use super::*;

const GROUPS: &str = r#"{"question_groups":[
    {"id":1,"name":"Your way","questions":[
        {"id":10,"text":"How do you get to work?","options":[{"id":100,"text":"On foot"},{"id":102,"text":"By bus"}]},
        {"id":11,"text":"How long?","options":[]},
        {"text":"without an id"}, 7]},
    {"id":2,"name":"Empty","questions":[]},
    {"id":3,"name":"Last words","questions":[{"id":40,"text":"Again?","options":[{"id":400,"text":"Yes"}]}]}]}"#;

const PAGES: &str = r#"{"title":"x","pages":[
    {"name":"p1","title":{"de":"Weg","default":"Way"},"elements":[
        {"type":"radiogroup","name":"way","title":{"en":"How?","de":"Wie?"},"choices":["bus",{"value":"car","text":{"de":"Auto"}}]},
        {"type":"html","name":"hint","html":"<b>x</b>"},
        {"type":"panel","name":"inner","elements":[{"type":"boolean","name":"again","labelTrue":"Gladly"}]}]},
    {"name":"p2","elements":[{"type":"checkbox","name":"wishes","choices":[1,2]},{"type":"matrix","name":"grid"}]}]}"#;

fn raw(json: &str) -> Box<RawValue> {
    serde_json::from_str(json).expect("JSON")
}

/// All lines, as `screen | question | answer`.
fn lines(definition: &str, data: &str) -> Vec<String> {
    let (definition, data) = (raw(definition), raw(data));
    let sheet = Questions::of(&definition).sheet(&data);
    let answers = sheet.screens.iter().flat_map(|screen| screen.lines.iter().map(|line| (screen.title.as_str(), line)));
    let all = answers.chain(sheet.other.iter().map(|line| ("-", line)));
    all.map(|(title, line)| format!("{title} | {} | {}", line.name, line.answer.as_deref().unwrap_or("-"))).collect()
}

#[test]
fn responses_in_a_list_are_shown_at_their_questions() {
    let data = r#"{"guestCodeResponse":{"guestCode":"DEMO"},"emailResponse":"ana@example.com",
        "responses":[{"questionId":10,"optionId":102},{"questionId":"11","value":35,"unit":"minutes"},{"questionId":77,"optionId":1},null]}"#;
    insta::assert_snapshot!(lines(GROUPS, data).join("\n"), @r#"
    Your way | How do you get to work? | By bus
    Your way | How long? | 35, unit: minutes
    Last words | Again? | -
    - | guestCodeResponse/guestCode | DEMO
    - | emailResponse | ana@example.com
    - | responses/2/questionId | 77
    - | responses/2/optionId | 1
    - | responses/3 | -
    "#);
}

#[test]
fn answers_by_the_questions_ids_are_shown_at_them() {
    insta::assert_snapshot!(lines(GROUPS, r#"{"10":["100",102,9],"40":400,"11":"","x":[1,2],"y":[{"z":{}}]}"#).join("\n"), @r#"
    Your way | How do you get to work? | On foot, By bus, 9
    Your way | How long? | -
    Last words | Again? | Yes
    - | x | 1, 2
    - | y/0/z | {}
    "#);
    assert_eq!(
        lines(GROUPS, r#"{"answers":{"40":400,"zz":1}}"#)[2..],
        ["Last words | Again? | Yes", "- | answers/zz | 1"]
    );
    assert_eq!(lines(GROUPS, r#"{"3":{"40":400},"1":{"40":1}}"#)[2..], ["Last words | Again? | Yes", "- | 1/40 | 1"]);
}

#[test]
fn a_list_of_options_is_shown_at_their_questions() {
    assert_eq!(lines(GROUPS, r#"[100,"400",5]"#)[..1], ["Your way | How do you get to work? | On foot"]);
    assert_eq!(lines(GROUPS, r#"[100,"400",5]"#)[2..], ["Last words | Again? | Yes", "- | 2 | 5"]);
}

#[test]
fn forms_of_surveyjs_are_read_with_their_panels_and_languages() {
    let data = r#"{"way":"car","again":true,"wishes":[2,"other"],"grid":{ "a" : [ "b c" ] },"way-Comment":"x"}"#;
    insta::assert_snapshot!(lines(PAGES, data).join("\n"), @r#"
    Way | How? | Auto
    Way | again | Gladly
    p2 | wishes | 2, other
    p2 | grid | {"a":["b c"]}
    - | way-Comment | x
    "#);
    assert_eq!(lines(r#"{"elements":[{"name":"only"}]}"#, r#"{"only":false}"#), [" | only | no"]);
}

#[test]
fn answers_and_changes_go_by_the_same_questions() {
    let told = |definition: &str| -> Vec<String> {
        let definition = raw(definition);
        let all: Vec<Asked<'_>> = asked(&definition).collect();
        let shown = Questions::of(&definition).questions;
        let shown: Vec<_> = shown.iter().map(|question| (&question.id, &question.text)).collect();
        let compared = all.iter().filter(|asked| !asked.is_repeated).map(|asked| (&asked.id, &asked.text));
        assert_eq!(compared.collect::<Vec<_>>(), shown);
        all.iter().map(|asked| format!("{}: {}", asked.id, asked.text)).collect()
    };
    assert_eq!(told(GROUPS), ["10: How do you get to work?", "11: How long?", "40: Again?"]);
    assert_eq!(told(PAGES), ["way: How?", "again: again", "wishes: wishes", "grid: grid"]);
    let others = r#"{"elements":[{"name":"mail","valueName":"contact","id":"x","title":{"de":"Mail?"}},
        {"type":"panel","name":"box","elements":[{"type":"paneldynamic","name":"children","templateElements":[
            {"type":"panel","elements":[{"name":"age","title":"How old?"}]}]}]},{"title":"no name"},7]}"#;
    assert_eq!(told(others), ["contact: Mail?", "children: children", "age: How old?"]);
    assert_eq!(told(r#"{"pages":{"elements":3},"x":[{"id":1}]}"#), Vec::<String>::new());
}

#[test]
fn the_answers_of_a_submission_are_shown_in_the_order_of_the_questions() {
    let (definition, answers) =
        (raw(GROUPS), [("40", raw("400")), ("10", raw(r#"{"questionId":10,"optionId":100}"#)), ("z", raw("1"))]);
    let sheet = Questions::of(&definition).sheet_of(answers.iter().map(|(question, value)| (*question, &**value)));
    assert_eq!(sheet.answered(), (2, 3));
    assert_eq!(sheet.screens[0].lines[0].answer.as_deref(), Some("On foot"));
    assert_eq!(sheet.other, [Line { name: "z".into(), answer: Some("1".into()) }]);
}

#[test]
fn what_is_strange_is_shown_as_it_is() {
    let data =
        r#"{"a":12345678901234567890,"a":1e400,"b":"\u0000\u001b\r\nx","c":"\ud800","\ud800":1,"d/e~":{},"f":null}"#;
    insta::assert_snapshot!(lines("{}", data).join("\n"), @r#"
    - | a | 12345678901234567890
    - | a | 1e400
    - | b | ␀␛
    x
    - | c | "\ud800"
    - | "\ud800" | 1
    - | d/e~ | {}
    - | f | -
    "#);
    assert_eq!(lines(GROUPS, r#"{"10":100,"10":102}"#)[0], "Your way | How do you get to work? | By bus");
    for data in ["7", "\"x\"", "null", "[]", "[1]"] {
        lines(GROUPS, data);
    }
}

#[test]
fn however_much_there_is_no_more_is_shown_than_anybody_reads() {
    let size = |definition: &str, data: &str| {
        let (definition, data) = (raw(definition), raw(data));
        let sheet = Questions::of(&definition).sheet(&data);
        assert!(sheet.is_cut);
        format!("{sheet:?}").len()
    };
    let many: String = (0..100_000).map(|number| format!(r#""{number}":1,"#)).collect();
    assert!(size("{}", &format!(r#"{{{many}"z":1}}"#)) < 100_000);
    assert!(size("{}", &format!(r#"{{"{}":{{{many}"z":1}}}}"#, "n".repeat(500_000))) < 400_000);
    let long = format!(r#"{{"x":"{}"}}"#, "é".repeat(500_000));
    assert!(size("{}", &long) < 5_000);
    assert!(size("{}", &format!(r#"{{"x":[{}{long}]}}"#, "[1, 2],".repeat(100_000))) < 100_000);
    let questions: Vec<String> = (0..5000).map(|id| format!(r#"{{"id":{id},"text":"{}"}}"#, "t".repeat(150))).collect();
    let definition = format!(r#"{{"question_groups":[{{"questions":[{}]}}]}}"#, questions.join(","));
    let answers: Vec<String> = (0..5000).map(|id| format!(r#""{id}":"{}""#, "a".repeat(150))).collect();
    assert!(size(&definition, &format!("{{{}}}", answers.join(","))) < 600_000);
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(size("{}", &deep) < 5_000);
}

fn any_json() -> impl Strategy<Value = String> {
    let name = || {
        prop_oneof![
            Just("10"),
            Just("responses"),
            Just("questionId"),
            Just("optionId"),
            Just("id"),
            Just("elements"),
            Just("pages"),
            Just("type"),
            Just("name"),
            Just("choices"),
            Just("question_groups"),
            Just("questions"),
            Just("options"),
            Just("a\\u0000"),
            Just("\\ud800"),
            Just("text")
        ]
    };
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("10".to_owned()),
        Just("12345678901234567890123".to_owned()),
        Just("\"panel\"".to_owned()),
        Just("\"\\udc00\"".to_owned()),
        Just("\"\\u0000\"".to_owned()),
        "\"[a-z<& é]{0,12}\"",
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|elements| format!("[{}]", elements.join(" ,"))),
            prop::collection::vec((name(), inner), 0..6).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\" : {value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_definition_and_no_data_breaks_it(definition in any_json(), data in any_json()) {
        let (definition, data) = (raw(&definition), raw(&data));
        let questions = Questions::of(&definition);
        let sheet = questions.sheet(&data);
        prop_assert!(sheet.other.len() <= 300 && sheet.answered().1 <= MOST_QUESTIONS);
        let parts = questions.apart(&data);
        prop_assert_eq!(parts.answers.len(), sheet.answered().1);
    }
}
