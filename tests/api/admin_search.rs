//! Searching drafts: by what support and survey admins know of them, page by page, and no further than one may see.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use formprogress::companies::CompanyId;

use crate::support::{
    NAMED, Save, Service,
    admin::DRAFT_POWERS,
    database::SURVEY,
    drafts::{IDS, draft_path},
};

on_both_databases![
    each_filter_finds_what_it_names,
    a_draft_in_a_list_is_shown_without_what_was_entered,
    a_draft_is_found_by_what_the_participant_reads_out,
    drafts_that_share_a_reference_are_both_shown,
    pages_follow_one_another_while_drafts_come_and_go,
    drafts_of_one_moment_are_listed_once_each,
    a_short_page_is_not_the_last_one,
    expired_drafts_are_not_shown,
    who_is_limited_sees_nothing_else,
    a_cursor_that_is_none_of_this_list_is_refused,
    everything_that_is_wrong_with_a_search_is_told_at_once,
    who_may_not_search_is_told_so,
    a_search_is_audited_without_the_email,
];

const PATH: &str = "/api/admin/drafts";

/// Four drafts, a day apart: Ana's of Acme, Ben's of nobody, Cleo's of Other in survey 2, and one without an email.
/// A day later Ana saves again.
async fn four_drafts(service: &Service<'_>) -> (CompanyId, CompanyId) {
    service.server_key(&DRAFT_POWERS).await;
    service.database.add_survey(SURVEY);
    let companies = (service.database.add_company("Acme", "ACME"), service.database.add_company("Other", "OTHER"));
    let day = || service.clock.advance(TimeDelta::days(1));
    service.save(Save::of(NAMED.0).guest_code("acme").screen(1)).await.expect(201);
    day();
    service.save(Save::of(NAMED.1).screen(2)).await.expect(201);
    day();
    service.save(Save::of(NAMED.2).guest_code("other").survey(2).screen(2)).await.expect(201);
    day();
    service.start_anonymous("{}").await;
    day();
    service.save(Save::of(NAMED.0).guest_code("acme").screen(3)).await.expect(200);
    companies
}

/// The drafts that a search finds, by the first letter of their email.
async fn found(service: &Service<'_>, query: &str) -> String {
    let list = service.get(&format!("{PATH}?{query}")).await.expect(200);
    assert_eq!(list.next(), None, "{query}");
    list.items("email")
        .iter()
        .map(|email| email.as_str().map_or('?', |email| email.chars().next().unwrap_or('?')))
        .collect()
}

async fn each_filter_finds_what_it_names(service: &Service<'_>) {
    let (acme, _) = four_drafts(service).await;
    for (query, expected) in [
        ("", "?cba"),
        ("sort=-created", "?cba"),
        ("sort=created", "abc?"),
        ("email=ANA%40Example.com", "a"),
        ("email=ana%40example.com&survey_id=2", ""),
        ("email=nobody%40example.com", ""),
        ("survey_id=1", "?ba"),
        ("survey_id=2", "c"),
        ("survey_id=3", ""),
        (&format!("company_id={}", acme.0), "a"),
        (&format!("company_id={}&survey_id=2", acme.0), ""),
        ("company_id=none", "?b"),
        ("company_id=none&survey_id=1&sort=created", "b?"),
        ("company_id=99", ""),
        ("screen=2", "cb"),
        ("screen=2&survey_id=1", "b"),
        ("screen=1", ""),
        ("created_after=2026-11-22T09:30:00Z", "?cb"),
        ("created_before=2026-11-22T09:30:00Z", "a"),
        ("created_after=2026-11-22&created_before=2026-11-24", "cb"),
        ("created_after=2026-11-22&created_before=2026-11-24&sort=created", "bc"),
        ("updated_before=2026-11-24", "cb"),
        ("updated_after=2026-11-25", "a"),
        ("updated_before=2026-11-24&survey_id=1", "b"),
        ("expires_before=2026-12-23", "b"),
        ("expires_before=2026-12-23&survey_id=2", ""),
        ("expires_after=2026-12-24", "?a"),
        ("expires_after=2026-12-23&expires_before=2026-12-24T10:00:00Z", "?c"),
    ] {
        assert_eq!(found(service, query).await, expected, "{query}");
    }
}

async fn a_draft_in_a_list_is_shown_without_what_was_entered(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    service.put(IDS.0, Save::of(NAMED.0).screen(2).data(r#"{"secret":1}"#).body()).await.expect(201);
    service.put(IDS.0, Save::of(NAMED.0).screen(1).data(r#"{"secret":2}"#).body()).await.expect(200);

    let list = service.get(PATH).await.expect(200);

    assert_eq!(list.header("Cache-Control"), Some("no-store"));
    insta::allow_duplicates! {
        insta::assert_snapshot!(list.body, @r#"{"items":[{"draft_id":"0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c01","reference":"1EFJ-T7KC-3H7G","email":"ana@example.com","survey_id":1,"company_id":null,"current_screen":1,"furthest_screen":2,"version":2,"created_at":"2026-11-21T09:30:00.000000Z","updated_at":"2026-11-21T09:30:00.000000Z","expires_at":"2026-12-21T09:30:00.000000Z"}],"next":null}"#);
    }
}

async fn a_draft_is_found_by_what_the_participant_reads_out(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let draft = service.save(NAMED.0).await.expect(201).json();
    service.clock.advance(TimeDelta::seconds(1));
    service.save(NAMED.1).await.expect(201);
    let reference = draft["reference"].as_str().expect("a draft has a reference");

    for heard in [reference, &reference.to_lowercase(), &reference.replace('-', "%20"), &reference.replace('0', "o")] {
        let list = service.get(&format!("{PATH}?reference={heard}")).await.expect(200);
        assert_eq!(list.items("draft_id"), [draft["draft_id"].clone()], "{heard}");
    }
    assert_eq!(found(service, "reference=0000-0000-0000").await, "");
    assert_eq!(found(service, &format!("reference={reference}&email=ben%40example.com")).await, "");
}

async fn drafts_that_share_a_reference_are_both_shown(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    // They differ behind the first 60 bits.
    service.put(IDS.0, Save::of(NAMED.0).body()).await.expect(201);
    let first = service.put(IDS.1, Save::of(NAMED.1).body()).await.expect(201).json();
    let reference = first["reference"].as_str().expect("a draft has a reference");

    assert_eq!(found(service, &format!("reference={reference}&sort=created")).await, "ab");
    let page = service.get(&format!("{PATH}?reference={reference}&limit=1")).await.expect(200);
    let after = page.next().expect("there is another");
    assert_eq!(found(service, &format!("reference={reference}&limit=1&after={after}")).await, "a");
}

async fn pages_follow_one_another_while_drafts_come_and_go(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let mut ids = Vec::new();
    for number in 0..25 {
        ids.push(service.save(format!("p{number}@example.com").as_str()).await.expect(201).draft_id());
        service.clock.advance(TimeDelta::minutes(1));
    }
    for (sort, survey) in [("-created", ""), ("created", ""), ("-created", "&survey_id=1"), ("created", "&survey_id=1")]
    {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = service.get(&format!("{PATH}?limit=10&sort={sort}{survey}{after}")).await.expect(200);
            seen.extend(page.items("draft_id").iter().map(|id| id.as_str().expect("an id").to_owned()));
            // A draft that was seen goes, one that was seen is saved again, and one begins.
            service.discard_draft(&seen[0]).await;
            service.patch(&seen[1], format!(r#"{{"data":{{"n":{}}}}}"#, seen.len())).await.expect(200);
            service
                .save(
                    format!("late{}{sort}{survey}@example.com", seen.len()).replace('&', "").replace('=', "").as_str(),
                )
                .await
                .expect(201);
            service.clock.advance(TimeDelta::minutes(1));
            match page.next() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let different: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(different.len(), seen.len(), "{sort}: nothing is listed twice");
        ids.retain(|id| *id != seen[0]);
        assert!(ids.iter().all(|id| different.contains(id)), "{sort}: nothing that was there is left out");
    }
}

/// The test's clock stands still: only their ids tell them apart.
async fn drafts_of_one_moment_are_listed_once_each(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let mut ids = BTreeSet::new();
    for number in 0..9 {
        ids.insert(service.save(format!("p{number}@example.com").as_str()).await.expect(201).draft_id());
    }
    for sort in ["created", "-created"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        while seen.len() < 9 {
            let page = service.get(&format!("{PATH}?limit=4&sort={sort}{after}")).await.expect(200);
            seen.extend(page.items("draft_id").iter().map(|id| id.as_str().expect("an id").to_owned()));
            after = page.next().map_or(String::new(), |next| format!("&after={next}"));
        }
        assert_eq!(after, "");
        let sorted: Vec<String> = ids.iter().cloned().collect();
        let expected: Vec<String> = if sort == "created" { sorted } else { sorted.into_iter().rev().collect() };
        assert_eq!(seen, expected, "{sort}");
    }
}

/// No index leads to screens: a request looks at some thousands of drafts, and says where to go on.
async fn a_short_page_is_not_the_last_one(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    service.save(Save::of(NAMED.0).screen(9)).await.expect(201);
    let copies = |number: u32| {
        format!(
            "('00000000-0000-4000-8000-{number:012}', 1, 0, 0, 1, '', '2026-11-22T00:00:00.{number:06}Z', \
             '2026-11-22T00:00:00.{number:06}Z', '2027-11-22T00:00:00.000000Z', '{{}}')"
        )
    };
    let rows: Vec<String> = (1..=6000).map(copies).collect();
    service.database.execute(&format!(
        "INSERT INTO form_progress (draft_id, survey_id, current_screen, furthest_screen, version, digest, created_at, \
         updated_at, expires_at, data) VALUES {}",
        rows.join(",")
    ));
    for (query, sort) in [("screen=9", "-created"), ("screen=9&survey_id=1", "-created")] {
        let first = service.get(&format!("{PATH}?{query}&sort={sort}")).await.expect(200);
        assert_eq!(first.items("email").len(), 0);
        let after = first.next().expect("there is more to look at");
        let second = service.get(&format!("{PATH}?{query}&sort={sort}&after={after}")).await.expect(200);
        assert_eq!((second.items("email"), second.next()), (vec![NAMED.0.into()], None));
    }
    // From the other end it is found at once.
    let found = service.get(&format!("{PATH}?screen=9&sort=created&limit=1")).await.expect(200);
    assert_eq!(found.items("email"), [NAMED.0]);
}

async fn expired_drafts_are_not_shown(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    for number in 0..5 {
        service.save(format!("old{number}@example.com").as_str()).await.expect(201);
    }
    service.let_drafts_expire();
    service.save(NAMED.0).await.expect(201);
    service.save(NAMED.1).await.expect(201);

    for query in ["", "sort=created", "survey_id=1&sort=created", "expires_before=2027-12-01"] {
        let page = service.get(&format!("{PATH}?limit=2&{query}")).await.expect(200);
        assert_eq!((page.items("email").len(), page.next()), (2, None), "{query}: {}", page.body);
    }
    assert_eq!(found(service, "email=old1%40example.com").await, "");
}

async fn who_is_limited_sees_nothing_else(service: &Service<'_>) {
    let (acme, other) = four_drafts(service).await;
    let list = async |key: &str, query: &str| {
        let list = service.request("GET", &format!("{PATH}?{query}")).with_key(key).send().await.expect(200);
        let emails = list.items("email");
        emails
            .iter()
            .map(|email| email.as_str().map_or('?', |email| email.chars().next().unwrap_or('?')))
            .collect::<String>()
    };
    let of_acme = service.limited_drafts_key(&[acme], &[]).await;
    let of_both = service.limited_drafts_key(&[acme, other], &[]).await;
    let of_survey = service.limited_drafts_key(&[], &[2]).await;
    let of_neither = service.limited_drafts_key(&[acme], &[2]).await;
    let none = "company_id=none";
    let of_other = format!("company_id={}", other.0);
    for (key, query, expected) in [
        (&of_acme, "", "a"),
        (&of_acme, none, ""),
        (&of_acme, &of_other, ""),
        (&of_acme, "email=ben%40example.com", ""),
        (&of_acme, "email=cleo%40example.com", ""),
        (&of_acme, "expires_before=2030-01-01", "a"),
        (&of_both, "", "ca"),
        (&of_both, "sort=created", "ac"),
        (&of_both, "survey_id=2", "c"),
        (&of_survey, "", "c"),
        (&of_survey, "survey_id=1", ""),
        (&of_neither, "", ""),
    ] {
        assert_eq!(list(key, query).await, expected, "{query}");
    }
    let ben = service.read(NAMED.1).await.expect(200).json();
    let reference = ben["reference"].as_str().expect("a draft has a reference").to_owned();
    assert_eq!(list(&of_acme, &format!("reference={reference}")).await, "");
}

async fn a_cursor_that_is_none_of_this_list_is_refused(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    for name in [NAMED.0, NAMED.1, NAMED.2] {
        service.save(name).await.expect(201);
    }
    let next = service.get(&format!("{PATH}?limit=1")).await.expect(200).next().expect("there is more");
    for after in ["", "sesame", "MTc2Mzcx", &next[..next.len() - 9], &format!("{next}AAAA"), "%00", "🦀"] {
        let refused = service.get(&format!("{PATH}?after={after}")).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(refused.pointers(), ["after"], "{after}");
    }
    let refused = service.get(&format!("{PATH}?sort=created&after={next}")).await;
    assert_eq!(refused.expect_problem(400, "INVALID_REQUEST").pointers(), ["after"]);
    service.get(&format!("{PATH}?sort=-created&limit=2&after={next}")).await.expect(200);
}

async fn everything_that_is_wrong_with_a_search_is_told_at_once(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let query = "email=x&reference=U&survey_id=0&company_id=all&screen=-1&created_after=yesterday&created_before=1&\
                 updated_after=x&updated_before=x&expires_after=x&expires_before=x&sort=email&limit=201&after=x&sesame=1";
    let refused = service.get(&format!("{PATH}?{query}")).await.expect_problem(400, "INVALID_REQUEST");

    let mut pointers = refused.pointers();
    pointers.sort();
    assert_eq!(
        pointers,
        [
            "after",
            "company_id",
            "created_after",
            "created_before",
            "email",
            "expires_after",
            "expires_before",
            "limit",
            "reference",
            "screen",
            "sesame",
            "sort",
            "survey_id",
            "updated_after",
            "updated_before"
        ]
    );
    assert_eq!(service.audited_acts(), Vec::<String>::new());
}

async fn who_may_not_search_is_told_so(service: &Service<'_>) {
    service.get(PATH).await.expect_problem(401, "UNAUTHORIZED");
    service.server_key(&[formprogress::access::Power::Figures]).await;
    for path in
        [PATH.to_owned(), format!("{PATH}/export?format=csv"), format!("/api/admin{}", &draft_path(IDS.0, "")[4..])]
    {
        service.get(&path).await.expect_problem(403, "FORBIDDEN");
        service.request("GET", &path).anonymous().send().await.expect_problem(401, "UNAUTHORIZED");
    }
}

async fn a_search_is_audited_without_the_email(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    service.get(&format!("{PATH}?survey_id=1&screen=2&created_after=2026-11-20&company_id=none")).await.expect(200);
    service.get(&format!("{PATH}?email=ana%40example.com")).await.expect(200);
    service.get(&format!("{PATH}?email=ANA%40example.com&limit=1")).await.expect(200);
    service.get(&format!("{PATH}/export?format=ndjson&email=ben%40example.com")).await.expect(200);

    let audited = service.audited_acts();
    assert_eq!(
        audited[0],
        "draft.search | drafts | 1 | - | survey_id=1 company_id=none screen=2 created_after=2026-11-20T00:00:00.000000Z"
    );
    assert!(audited[1].starts_with("draft.search | person "), "{audited:?}");
    assert_eq!(audited[1], audited[2]);
    assert!(audited[3].starts_with("draft.export | person ") && audited[3] != audited[1], "{audited:?}");
    assert!(!audited.concat().contains('@'), "{audited:?}");
}
