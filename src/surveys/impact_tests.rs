use proptest::{collection::btree_map, prelude::*};
use serde_json::{Value, json, value::RawValue};

use super::*;
use crate::{
    clock::Moment,
    progress::{Content, Digest, DraftId, Head, Screen, Version},
    surveys::{Status, SurveyId, file::SurveyFile},
};

fn moment() -> Moment {
    "2026-11-21T09:30:00Z".parse().expect("a moment")
}

fn raw(json: &Value) -> Box<RawValue> {
    RawValue::from_string(json.to_string()).expect("JSON")
}

fn survey(schema: &Value, definition: &Value, screens: usize) -> Survey {
    let named = (0..screens).map(|screen| json!({"name": screen.to_string()})).collect::<Vec<_>>();
    let file = json!({"name": "x", "definition": definition, "answer_schema": schema, "screens": named});
    let file = SurveyFile::parse(&file.to_string()).expect("a survey file");
    Survey {
        id: SurveyId(1),
        name: file.name,
        instructions: String::new(),
        definition: file.definition,
        answer_schema: file.answer_schema.filter(|schema| schema.get() != "null"),
        screens: serde_json::from_value(named.into()).expect("screens"),
        shapes: file.shapes.flatten(),
        status: Status::Open,
        created_at: moment(),
        updated_at: moment(),
    }
}

/// A draft that was saved in this survey.
fn draft(survey: &Survey, data: &Value, screen: i32) -> FormProgress {
    let content = Content { data: raw(data).into(), meta: None };
    let head = Head {
        draft_id: DraftId(uuid::Uuid::from_u128(1)),
        email: None,
        survey_id: SurveyId(1),
        company_id: None,
        guest_code: None,
        current_screen: Screen(screen),
        furthest_screen: Screen(screen),
        fingerprint: None,
        survey_fingerprint: fingerprint(survey),
        version: Version(1),
        digest: Digest::of(&content),
        value_count: None,
        created_at: moment(),
        updated_at: moment(),
        expires_at: moment(),
    };
    FormProgress { head, content }
}

fn before() -> Survey {
    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}, "phone": {"type": "string"},
        "children": {"type": "array", "items": {"type": "object", "properties": {"age": {"type": "integer"}}}}},
        "patternProperties": {"^x": {"type": "string"}}});
    survey(&schema, &json!({"pages": [{"elements": [{"name": "phone", "title": "Your number?"}]}]}), 3)
}

fn after() -> Survey {
    let schema = json!({"type": "object", "required": ["mail"], "properties": {"name": {"type": "string", "maxLength": 3},
        "mail": {"type": "string"},
        "children": {"type": "array", "items": {"type": "object", "properties": {"age": {"type": "string"}}}}}});
    survey(&schema, &json!({}), 2)
}

fn places<const N: usize>(places: [&str; N]) -> BTreeSet<String> {
    places.into_iter().map(str::to_owned).collect()
}

#[test]
fn a_draft_is_told_by_what_would_become_of_it() {
    let (before, after) = (before(), after());
    let judge = Judge::of(&before, &after).expect("the schemas are good");
    let effect = |data: Value, screen| judge.effect(&draft(&before, &data, screen));

    let fine = Effect { schema_changed: true, ..Effect::default() };
    assert_eq!(effect(json!({"name": "Ana"}), 1), fine, "what is missing may still come");
    assert_eq!(effect(json!({}), 2), Effect { is_beyond_the_screens: true, ..fine.clone() });
    let long = effect(json!({"name": "Annabel"}), 0);
    assert_eq!((long.dropped, long.refused), (places([]), places(["/name"])), "a limit can be mended");
    let lost = effect(json!({"phone": "1", "children": [{"age": 3}, {"age": 4}]}), 0);
    assert_eq!(lost.dropped, places(["/phone", "/children/*/age"]));
    assert!(lost.refused.contains("/children/*/age"), "{lost:?}");
}

#[test]
fn names_that_participants_chose_are_not_told() {
    let (before, after) = (before(), after());
    let judge = Judge::of(&before, &after).expect("the schemas are good");
    let secret = "ana@example.com";
    let data = json!({"x ana@example.com": "1", secret: {"phone": 1}, "children": [{secret: 1, "a/b": 2}]});
    let effect = judge.effect(&draft(&before, &data, 0));
    assert!(!format!("{effect:?}").contains("ana"), "{effect:?}");
    assert_eq!(effect.dropped, places(["/*", "/children/*/*"]));
}

#[test]
fn the_most_frequent_places_come_first_with_their_questions() {
    let (before, after) = (before(), after());
    let judge = Judge::of(&before, &after).expect("the schemas are good");
    let mut impact = Impact::default();
    for data in [json!({"phone": "1"}), json!({"phone": "2", "children": [{"age": 1}]}), json!({"name": "Ana"})] {
        impact.add(judge.effect(&draft(&before, &data, 2)));
    }
    let view = impact.view(&judge, 10);
    assert_eq!((view.live, view.looked_at, view.schema_changed), (10, 3, 3));
    assert_eq!((view.losing_answers, view.beyond_the_screens), (2, 3));
    let lost: Vec<_> = view.lost.iter().map(|place| (place.pointer.as_str(), place.drafts)).collect();
    assert_eq!(lost, [("/phone", 2), ("/children/*/age", 1)]);
    assert_eq!(view.lost[0].question.as_deref(), Some("Your number?"));
}

/// Answers to some of the questions of both forms, and some of no form.
fn data() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(json!(3)),
        Just(json!("x")),
        Just(json!(null)),
        Just(json!([{"age": 3}, {"age": "3", "other": 1}])),
        Just(json!({"name": {"deep": [1]}})),
    ];
    let name = prop_oneof![
        Just("name"),
        Just("phone"),
        Just("mail"),
        Just("children"),
        Just("xyz"),
        Just("who@x.org"),
        Just("7")
    ];
    btree_map(name, value, 0..6).prop_map(|members| json!(members))
}

proptest! {
    #[test]
    fn a_draft_loses_answers_exactly_when_fitting_drops_some(data in data(), screen in 0..4_i32) {
        let (before, after) = (before(), after());
        let judge = Judge::of(&before, &after).expect("the schemas are good");
        let draft = draft(&before, &data, screen);
        let effect = judge.effect(&draft);
        let form = Form::compile(&after).expect("the schemas are good");
        let fitted = form.fit(&draft.content.data);
        prop_assert_eq!(effect.dropped.is_empty(), fitted.dropped.is_empty());
        prop_assert!(effect.dropped.len() <= fitted.dropped.len());
        prop_assert_eq!(effect.is_beyond_the_screens, screen >= 2);
        // Each place that is told is one that is dropped, but for names that are not told.
        let depth = |place: &String| place.matches('/').count();
        let depths: BTreeSet<usize> = fitted.dropped.iter().map(depth).collect();
        prop_assert!(effect.dropped.iter().all(|place| depths.contains(&depth(place))));
        prop_assert!(effect.dropped.iter().chain(&effect.refused).all(|place| !place.contains("who@x.org")));
    }

    #[test]
    fn the_order_of_drafts_makes_no_difference(all in prop::collection::vec(data(), 0..12)) {
        let (before, after) = (before(), after());
        let judge = Judge::of(&before, &after).expect("the schemas are good");
        let sum = |all: &mut dyn Iterator<Item = &Value>| {
            let mut impact = Impact::default();
            all.for_each(|data| impact.add(judge.effect(&draft(&before, data, 0))));
            impact
        };
        let view = sum(&mut all.iter()).view(&judge, 0);
        prop_assert_eq!(&view, &sum(&mut all.iter().rev()).view(&judge, 0));
        prop_assert!(view.losing_answers <= view.looked_at && view.refused <= view.looked_at);
        prop_assert!(view.lost.iter().all(|place| place.drafts <= view.losing_answers));
        prop_assert!(view.refused_for.iter().all(|place| place.drafts <= view.refused));
    }
}
