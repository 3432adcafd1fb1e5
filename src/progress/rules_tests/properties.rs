//! The rules, tried with every kind of write in every situation.

use proptest::{option, prelude::*, sample::select};

use super::{situation::*, *};
use crate::{
    companies::GuestCode,
    http::Parameter,
    progress::{Change, Digest, Json, Screen, merge, states::Patch},
    submissions::{Given, Own, Submit, answers::Answers, digest_of},
};

fn any_text() -> impl Strategy<Value = &'static str> {
    select(vec!["{}", r#"{"a":1}"#, r#"{ "a":1}"#, r#"{"a":"x","b":[2,3]}"#])
}

/// Any change of a draft, apart from whose it is.
fn any_change() -> impl Strategy<Value = Change> {
    (
        option::of(0..5_i32),
        option::of(any_text()),
        option::of(option::of(any_text())),
        option::of(option::of(select(vec!["x", "1:old"]))),
        option::of(select(vec!["acme", "other"])),
    )
        .prop_map(|(screen, data, meta, print, code)| Change {
            email: None,
            current_screen: screen.map(Screen),
            data: data.map(|text| Data::of(json(text))),
            meta: meta.map(|meta| meta.map(json)),
            fingerprint: print.map(|print| print.map(fingerprint)),
            guest_code: code.and_then(|code| GuestCode::parse(code).ok()),
        })
}

fn any_patch() -> impl Strategy<Value = Patch> {
    let text = || option::of(select(vec!["{}", r#"{"a":null}"#, r#"{"b":{"c":3}}"#, r#"{"a":1}"#]));
    (any_change(), text(), text(), select(vec![0, 12, 1000])).prop_map(|(change, data, meta, largest)| Patch {
        change: Change { data: None, meta: None, ..change },
        data: data.map(json),
        meta: meta.map(json),
        largest,
    })
}

fn any_email() -> impl Strategy<Value = Option<&'static str>> {
    option::of(select(vec!["ana@example.com", "bob@example.com"]))
}

fn any_submission() -> impl Strategy<Value = Write> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(is_own, is_good, has_code)| {
        let verdict = if is_good { Ok(Answers::default()) } else { Err(Vec::new()) };
        let answers = match is_own {
            true => Given::Own(Own { form: Default::default(), judged: (draft("{}", None).head.digest, verdict) }),
            false => Given::Sent { answers: verdict, digest: digest_of(None) },
        };
        let guest_code = if has_code { GuestCode::parse("acme").ok() } else { None };
        let act = Act::Submit(Submit { guest_code, participant: None, answers, unknown_draft_id: NEW_ID });
        Write { act, ..discard() }
    })
}

fn any_conditions() -> impl Strategy<Value = Conditions> {
    let tags = |share| option::weighted(share, select(vec!["\"5\"", "\"5\"", "\"4\"", "\"0\"", "*", "\"op:k\""]));
    (tags(0.5), tags(0.1)).prop_map(|(if_match, if_none_match)| Conditions {
        if_match: if_match.and_then(|tags| Tags::parse(tags).ok()),
        if_none_match: if_none_match.and_then(|tags| Tags::parse(tags).ok()),
    })
}

fn any_write() -> impl Strategy<Value = Write> {
    let save = (any_change(), any_email(), select(vec![save, create, put])).prop_map(|(change, email_text, way)| {
        let mut write = way(change);
        write.change().email = email_text.map(email).filter(|_| matches!(write.target, Target::Draft(_)));
        write
    });
    let patch = (any_patch(), any_email()).prop_map(|(change, email_text)| {
        let mut write = patch(change);
        write.change().email = email_text.map(email);
        write
    });
    let ends = prop_oneof![any_submission(), Just(()).prop_map(|()| restore()), Just(()).prop_map(|()| discard())];
    let by_pair = prop_oneof![any_submission(), Just(()).prop_map(|()| discard())]
        .prop_map(|write| Write { target: Target::Pair(pair()), ..write });
    let key = option::weighted(0.2, select(vec!["{}", "{ }"]));
    (prop_oneof![3 => save, 2 => patch, 2 => ends, 1 => by_pair], any_conditions(), key, prop::bool::weighted(0.9))
        .prop_map(|(write, conditions, key, body_is_valid)| Write {
            conditions,
            key: key.map(|body| Key::new("k", "a write", body)),
            body_is_valid,
            ..write
        })
}

fn any_draft() -> impl Strategy<Value = FormProgress> {
    let survey = select(vec![1, 1, 1, 1, 2]);
    (any_text(), option::of(any_text()), any::<bool>(), any_email(), survey).prop_map(
        |(data, meta, is_counted, owner, survey)| {
            let mut draft = draft(data, meta);
            draft.head.email = owner.map(email);
            draft.head.survey_id = SurveyId(survey);
            draft.head.value_count = draft.head.value_count.filter(|_| is_counted);
            draft
        },
    )
}

fn any_situation() -> impl Strategy<Value = Situation> {
    let status = select(vec![Status::Open, Status::Open, Status::Closing, Status::Closed]);
    let survey = option::weighted(0.95, (status, prop::bool::weighted(0.2), any::<bool>()));
    let ending = option::weighted(0.2, select(vec![End::Expired, End::Submitted, End::Discarded]));
    let rare = || prop::bool::weighted(0.1);
    let days = select(vec![0, 0, 0, 0, DAYS, DAYS + ENDED_DAYS]);
    let produced = option::of(4..6_i64);
    (survey, option::weighted(0.9, any_draft()), ending, rare(), rare(), any::<bool>(), any::<bool>(), days, produced)
        .prop_map(|(survey, own, ending, has_receipt, has_other, is_active, has_previous, days, produced)| Situation {
            terms: survey.map(|(status, requires_if_match, has_shapes)| {
                let shapes = terms(status).shapes.filter(|_| has_shapes);
                Terms { requires_if_match, shapes, ..terms(status) }
            }),
            draft: own,
            ending: ending.map(|end| Ending { end, at: noon() }),
            receipt: has_receipt.then(receipt),
            other: has_other.then(|| draft("{}", None).head),
            company: is_active.then_some(CompanyId(7)),
            previous: begun().previous.filter(|_| has_previous),
            remembered: produced.map(|version| {
                let write = discard().keyed("k", "{}");
                Remembered { version: Version(version), ..remembered(&write) }
            }),
            produced: produced.map(|version| (KeyDigest::of("k"), Version(version))),
            now: noon().plus_days(days),
        })
}

/// What a participant would see of a draft.
fn seen(draft: &FormProgress) -> (String, Option<String>, Screen, Option<Fingerprint>, Option<CompanyId>) {
    let FormProgress { head, content } = draft;
    let meta = content.meta.as_ref().map(|meta| meta.get().to_owned());
    (content.data.get().to_owned(), meta, head.current_screen, head.fingerprint.clone(), head.company_id)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    /// The content that a write does not ask for makes no difference; without it nothing fails either.
    #[test]
    fn a_write_asks_for_all_the_content_that_it_needs(write in any_write(), situation in any_situation()) {
        let with_what_it_asked_for = situation.decide(&write);

        let with_all = situation.decide_with_content(&write);
        prop_assert_eq!(name_of(&with_what_it_asked_for), name_of(&with_all));
        if let (Ok(Decision::Saved(one)), Ok(Decision::Saved(other))) = (with_what_it_asked_for, with_all) {
            prop_assert_eq!(seen(&one.draft), seen(&other.draft));
            prop_assert_eq!(one.draft.head, other.draft.head);
            prop_assert_eq!(one.is_less, other.is_less);
        }
    }

    /// Whatever is done has passed each judgement, in whatever order they come.
    #[test]
    fn nothing_is_done_against_a_rule(write in any_write(), situation in any_situation()) {
        let Situation { terms, draft, now, produced, .. } = &situation;
        let alive = draft.as_ref().map(|draft| &draft.head).filter(|head| is_alive(head, *now));
        let decision = situation.decide_with_content(&write);
        let starts = match decision {
            Ok(Decision::Saved(saved)) => saved.created,
            Ok(Decision::Unchanged | Decision::Discarded) => false,
            Ok(Decision::Submitted(_)) => alive.is_none(),
            Ok(Decision::Again(_) | Decision::NothingThere | Decision::SubmittedBefore(_)) | Err(_) => return Ok(()),
        };

        let terms = terms.as_ref().expect("nothing is done in no survey");
        let own = |key: &KeyDigest| produced.and_then(|(digest, version)| (digest == *key).then_some(version));
        prop_assert!(write.body_is_valid);
        prop_assert!(write.conditions.hold(alive.map(|head| head.version), own));
        prop_assert!(write.conditions.any() || !terms.requires_if_match || starts);
        prop_assert_eq!(starts, alive.is_none());
        prop_assert!(matches!(write.act, Act::Discard) || admits(terms, !starts));
        let is_known = write.key.is_some() && situation.remembered.is_some();
        prop_assert!(!is_known);
    }

    /// A whole life of a draft, save after save, with pauses of which some are longer than it lives.
    #[test]
    fn every_save_of_a_life_keeps_the_rules(
        saves in prop::collection::vec((any_change(), option::of(1..3_i64), 0..40_u32), 1..12),
    ) {
        let mut life = Situation::new();
        for (change, company, pause) in saves {
            life.now = life.now.plus_days(pause);
            life.company = company.filter(|_| change.guest_code.is_some()).map(CompanyId);
            let before = life.draft.clone().filter(|draft| is_alive(&draft.head, life.now));
            let write = save(change.clone());
            let saved = match (life.decide(&write), &before) {
                (Ok(Decision::Saved(saved)), _) => saved,
                (outcome, before) => {
                    prop_assert_eq!(name_of(&outcome), "DataMissing");
                    prop_assert!(before.is_none() && change.data.is_none());
                    continue;
                }
            };
            let head = &saved.draft.head;
            prop_assert_eq!(saved.created, before.is_none());
            prop_assert!(!saved.claimed);
            match before {
                None => {
                    prop_assert!(change.data.is_some() && !saved.is_less);
                    prop_assert_eq!((head.draft_id, head.version, head.created_at), (NEW_ID, Version(1), life.now));
                    prop_assert_eq!(head.furthest_screen, head.current_screen);
                }
                Some(before) => {
                    let old = &before.head;
                    prop_assert_eq!((head.draft_id, head.created_at), (old.draft_id, old.created_at));
                    prop_assert_eq!(head.furthest_screen, old.furthest_screen.max(head.current_screen));
                    let grown = head.version.0 - old.version.0;
                    prop_assert!(grown == 0 || grown == 1);
                    // A new version for all that is seen to change. The code behind a link may change unseen.
                    if seen(&saved.draft) != seen(&before) {
                        prop_assert_eq!(grown, 1);
                    } else if change.guest_code.is_none() {
                        prop_assert_eq!(grown, 0);
                    }
                    prop_assert_eq!(head.company_id, life.company.or(old.company_id));
                    prop_assert_eq!(saved.is_less, head.value_count < old.value_count);
                }
            }
            prop_assert_eq!((head.updated_at, head.expires_at), (life.now, life.now.plus_days(DAYS)));
            prop_assert_eq!(head.digest, Digest::of(&saved.draft.content));
            prop_assert_eq!(head.value_count, Some(merge::value_count(&saved.draft.content.data)));
            life.draft = Some(saved.draft);
        }
    }

    /// Whatever is sent twice in a row, as browsers do, the second time changes nothing but the draft's life.
    #[test]
    fn a_save_sent_again_is_no_new_version(change in any_change(), own in any_draft()) {
        let situation = Situation { company: Some(CompanyId(7)), ..Situation::with(own) };
        let once = situation.saved(&save(change.clone())).draft;

        let later = Situation { draft: Some(once.clone()), ..situation.after(1) };
        let twice = later.saved(&save(change)).draft;

        prop_assert_eq!(seen(&twice), seen(&once));
        prop_assert_eq!(twice.head.version, once.head.version);
        prop_assert_eq!(twice.head.expires_at, noon().plus_days(1 + DAYS));
    }

    /// The same for a patch, which is not even written.
    #[test]
    fn a_patch_sent_again_changes_nothing(change in any_patch(), own in any_draft()) {
        let situation = Situation { company: Some(CompanyId(7)), ..Situation::with(own) };
        let write = patch(change);
        let Ok(Decision::Saved(once)) = situation.decide(&write) else { return Ok(()) };

        let later = Situation { draft: Some(once.draft), ..situation.after(1) };
        prop_assert_eq!(later.outcome(&write), "Unchanged");
    }

    /// What a save names is there afterwards; what it does not name is as before.
    #[test]
    fn a_save_changes_what_it_names_and_keeps_the_rest(change in any_change(), before in any_draft()) {
        let after = Situation::with(before.clone()).saved(&save(change.clone())).draft;

        let text = |json: &Json| json.get().to_owned();
        let (data, meta, screen, fingerprint, _) = seen(&after);
        let old = seen(&before);
        prop_assert_eq!(data, change.data.as_ref().map_or(old.0, |data| text(&data.json)));
        prop_assert_eq!(meta, change.meta.as_ref().map_or(old.1, |meta| meta.as_ref().map(text)));
        prop_assert_eq!(screen, change.current_screen.unwrap_or(old.2));
        prop_assert_eq!(fingerprint, change.fingerprint.clone().unwrap_or(old.3));
    }
}
