//! What a write leads to: what changes, what that loses, and what is said of the form's shape.

use super::{situation::*, *};
use crate::{
    companies::{CompanyId, GuestCode},
    http::Parameter,
    progress::{Change, Screen, retries::RequestDigest, states::Patch},
};

/// The same draft as an older service saved it, which did not count.
fn uncounted(mut situation: Situation) -> Situation {
    situation.head().value_count = None;
    situation
}

#[test]
fn a_patch_that_changes_nothing_writes_nothing() {
    let mut situation = Situation::with(draft(r#"{"a":1,"b":{"c":[2]}}"#, Some("[3]")));
    situation.head().fingerprint = Some(fingerprint("x"));
    let meta = |text: &str| Patch { meta: Some(json(text)), largest: 1000, ..Default::default() };
    let screen = |screen| patch_of(Change { current_screen: Some(Screen(screen)), ..Default::default() });
    let print =
        |text: Option<&str>| patch_of(Change { fingerprint: Some(text.map(fingerprint)), ..Default::default() });
    for (write, outcome) in [
        (patch_of(Change::default()), "Unchanged"),
        (patch(patching("{}")), "Unchanged"),
        (patch(patching(r#"{"z":null}"#)), "Unchanged"),
        (patch(patching(r#"{ "b": {"c": [ 2 ], "d": null}, "a": 1 }"#)), "Unchanged"),
        (patch(patching(r#"{"a":null}"#)), "Saved"),
        (patch(patching(r#"{"a":1.0}"#)), "Saved"),
        (patch(meta("[ 3]")), "Unchanged"),
        (patch(meta("null")), "Saved"),
        (patch(meta("{}")), "Saved"),
        (screen(3), "Unchanged"),
        (screen(2), "Saved"),
        (print(Some("x")), "Unchanged"),
        (print(Some("y")), "Saved"),
        (print(None), "Saved"),
    ] {
        assert_eq!(situation.outcome(&write), outcome, "{:?}", write.act);
    }
}

#[test]
fn a_patch_may_not_make_a_draft_larger_than_a_save_may() {
    let situation = Situation::with(draft(r#"{"a":1}"#, Some("[3]")));
    let of = |data: Option<&str>, meta: Option<&str>, largest| {
        patch(Patch { data: data.map(json), meta: meta.map(json), largest, ..Default::default() })
    };
    for (write, outcome) in [
        (of(Some(r#"{"b":2}"#), None, 16), "Saved"),
        (of(Some(r#"{"b":2}"#), None, 15), "DraftTooLarge"),
        (of(None, Some("[34]"), 11), "Saved"),
        (of(None, Some("[34]"), 10), "DraftTooLarge"),
        (of(Some(r#"{"b":2}"#), Some("null"), 13), "Saved"),
        (of(Some(r#"{"b":2}"#), Some("null"), 12), "DraftTooLarge"),
        // What adds nothing is no reason to refuse the rest.
        (of(Some(r#"{"a":1}"#), Some("[3]"), 1), "Unchanged"),
    ] {
        assert_eq!(situation.outcome(&write), outcome, "{:?}", write.act);
    }
}

#[test]
fn a_state_is_brought_back_as_a_new_version() {
    let mut situation = Situation { previous: begun().previous, ..Situation::with(draft("{}", Some("[3]"))) };
    situation.head().fingerprint = Some(fingerprint("x"));

    let FormProgress { head, content } = situation.saved(&restore()).draft;

    assert_eq!(content.data.get(), r#"{"old":[1,2]}"#);
    assert!(content.meta.is_none());
    assert_eq!((head.version, head.current_screen, head.furthest_screen), (Version(6), Screen(1), Screen(4)));
    assert_eq!((head.email, head.fingerprint), (Some(pair().email), Some(fingerprint("x"))));
}

#[test]
fn a_state_is_worth_keeping_if_fewer_values_replace_it_and_nobody_insisted() {
    let had = Situation { previous: begun().previous, ..Situation::with(draft(r#"{"a":1,"b":[2,3]}"#, None)) };
    for (write, is_less) in [
        (save(with_data("{}")), true),
        (save(with_data(r#"{"a":1,"b":[2]}"#)), true),
        (save(with_data(r#"{"a":"","b":[null,2,3]}"#)), true),
        (save(with_data(r#"{"a":1,"b":[2,4]}"#)), false),
        (save(with_data(r#"{"x":1,"y":2,"z":3,"more":4}"#)), false),
        (save(Change { meta: Some(None), ..Default::default() }), false),
        (put(with_data("{}")), true),
        (patch(patching(r#"{"a":null}"#)), true),
        (patch(patching(r#"{"a":null,"c":2}"#)), false),
        (patch(patching(r#"{"c":2}"#)), false),
        (restore(), true),
    ] {
        assert_eq!(had.saved(&write).is_less, is_less, "{:?}", write.act);
        assert_eq!(uncounted(had.clone()).saved(&write).is_less, is_less, "{:?}, uncounted", write.act);
        let mut write = write;
        for header in ["\"5\"", "*"] {
            write = write.if_match(header);
            assert!(!had.saved(&write).is_less, "{header} for {:?}", write.act);
        }
        // That it is at none of some versions says nothing of the one that it is at.
        write.conditions = Conditions { if_match: None, if_none_match: Tags::parse("\"4\"").ok() };
        assert_eq!(had.saved(&write).is_less, is_less, "{:?}", write.act);
    }
}

#[test]
fn a_draft_whose_values_nobody_counted_is_replaced_by_who_insists_on_its_version() {
    for write in [save(with_data("{}")), put(with_data("{}")), patch(patching(r#"{"a":null}"#)), restore()] {
        let saved = uncounted(begun()).saved(&write.if_match("\"5\""));
        assert!(!saved.is_less);
        assert!(saved.draft.head.value_count.is_some());
    }
}

#[test]
fn a_form_has_changed_if_the_clients_fingerprint_says_so_or_else_the_surveys() {
    for (client, survey, changed) in [
        (None, None, false),
        (None, Some("2:new"), false),
        (None, Some("1:old"), false),
        (None, Some("2:older"), true),
        (Some("2:new"), Some("2:older"), false),
        (Some("1:older"), Some("2:new"), true),
        (Some("my form, version 7"), None, false),
        (Some("my form, version 7"), Some("2:new"), false),
        (Some("my form, version 7"), Some("1:older"), true),
        (Some("3:newer"), Some("3:newer"), false),
        (Some("3:newer"), Some("2:older"), true),
    ] {
        let mut situation = begun();
        situation.head().fingerprint = client.map(fingerprint);
        situation.head().survey_fingerprint = survey.map(fingerprint);
        let shapes = situation.terms().shapes.clone();

        assert_eq!(schema_changed(situation.head(), shapes.as_ref()), changed, "{client:?}, {survey:?}");
        assert!(!schema_changed(situation.head(), None));
        let Err(Refusal::VersionMismatch(Some(current))) = situation.decide(&discard().if_match("\"4\"")) else {
            panic!("it is refused")
        };
        assert_eq!(current.schema_changed, changed, "{client:?}, {survey:?}");
    }
}

#[test]
fn every_next_state_has_the_shape_of_the_survey_at_that_time() {
    let mut without_shapes = begun();
    without_shapes.terms().shapes = None;
    without_shapes.head().survey_fingerprint = Some(fingerprint("2:older"));
    let write = || save(Change::default());

    assert_eq!(
        Situation::new().saved(&save(with_data("{}"))).draft.head.survey_fingerprint,
        Some(fingerprint("2:new"))
    );
    assert_eq!(without_shapes.saved(&write()).draft.head.survey_fingerprint, None);
    // It is no new version for that.
    let head = begun().saved(&write()).draft.head;
    assert_eq!((head.survey_fingerprint, head.version), (Some(fingerprint("2:new")), Version(5)));
}

#[test]
fn an_unknown_code_is_not_remembered() {
    let code = GuestCode::parse("acme").ok();
    let write = save(Change { guest_code: code.clone(), ..with_data("{}") });

    let unknown = Situation::new().saved(&write).draft.head;
    assert_eq!((unknown.company_id, unknown.guest_code), (None, None));

    let known = Situation { company: Some(CompanyId(7)), ..Situation::new() };
    let head = known.saved(&write).draft.head;
    assert_eq!((head.company_id, &head.guest_code), (Some(CompanyId(7)), &code));

    let mut linked = begun();
    (linked.head().company_id, linked.head().guest_code) = (Some(CompanyId(7)), code.clone());
    let other = GuestCode::parse("other").ok();
    let head = linked.saved(&save(Change { guest_code: other, ..with_data("{}") })).draft.head;
    assert_eq!((head.company_id, head.guest_code), (Some(CompanyId(7)), code));
}

#[test]
fn only_a_write_that_keeps_or_loses_or_shows_something_needs_the_content() {
    let without_meta = || Situation::with(draft(r#"{"a":1}"#, None));
    let with_meta = || Situation::with(draft(r#"{"a":1}"#, Some("1")));
    let full = || with_data(r#"{"a":2}"#);
    let whole = || Change { meta: Some(None), ..full() };
    for (situation, write, is_needed) in [
        (without_meta(), save(Change::default()), true),
        (without_meta(), save(full()), false),
        (with_meta(), save(full()), true),
        (with_meta(), save(whole()), false),
        (without_meta(), save(with_data("{}")), true),
        (without_meta(), save(with_data("{}")).if_match("\"5\""), false),
        (uncounted(without_meta()), save(full()), true),
        (without_meta(), save(full()).if_match("\"4\""), true),
        (without_meta(), patch(patching("{}")), true),
        (without_meta(), restore(), true),
        (without_meta(), discard(), false),
        (without_meta(), discard().if_match("\"4\""), true),
        (without_meta(), submit(Target::Draft(ID)), false),
        (without_meta().after(DAYS), patch(patching("{}")), false),
    ] {
        assert_eq!(situation.needs_content(&write), is_needed, "{write:?}");
    }
}

#[test]
fn a_write_sent_again_shows_the_content_as_long_as_nothing_came_between() {
    let write = save(with_data("{}")).keyed("k", "{}");
    for (version, is_needed) in [(5, true), (4, false)] {
        let before = Remembered { version: Version(version), ..remembered(&write) };
        assert_eq!(Situation { remembered: Some(before), ..begun() }.needs_content(&write), is_needed);
    }
    let other = Remembered { request: RequestDigest([0; 16]), ..remembered(&write) };
    assert_eq!(Situation { remembered: Some(other), ..begun() }.outcome(&write), "KeyReused");
}
