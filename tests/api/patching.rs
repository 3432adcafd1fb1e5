//! Merge patches (RFC 7396): what they change, and that what they do not name keeps its bytes.

use chrono::TimeDelta;

use crate::support::{
    NAMED, Save, Service,
    drafts::{IDS, draft_path},
};

on_both_databases![
    a_patch_changes_what_it_names_and_nothing_else,
    what_a_patch_does_not_name_keeps_its_bytes_and_its_order,
    a_patch_merges_into_meta_and_null_clears_it,
    a_patch_may_change_everything_at_once,
    a_patch_renews_the_expiry,
    a_patch_that_changes_nothing_writes_nothing,
    a_cleared_answer_stays_cleared,
    a_patch_must_say_that_it_is_a_merge_patch_or_json,
    a_patch_of_what_is_not_an_object_is_refused,
    a_draft_does_not_grow_beyond_what_a_body_may_be,
    a_large_draft_can_still_be_changed_and_made_smaller,
    a_patch_may_be_as_deep_as_a_body,
    a_guest_code_in_a_patch_links_the_draft,
    unknown_members_of_a_patch_are_ignored,
    who_does_not_name_a_draft_changes_none,
];

const ANA: &str = NAMED.0;

async fn put(service: &Service<'_>, data: &str) {
    service.put(IDS.0, Save::of(ANA).data(data).body()).await.expect(201);
}

async fn a_patch_changes_what_it_names_and_nothing_else(service: &Service<'_>) {
    for (data, patch, expected) in [
        (r#"{"a":1,"b":2}"#, r#"{"b":3}"#, r#"{"a":1,"b":3}"#),
        (r#"{"a":1}"#, r#"{"b":3,"c":[]}"#, r#"{"a":1,"b":3,"c":[]}"#),
        (r#"{"a":1,"b":2}"#, r#"{"a":null}"#, r#"{"b":2}"#),
        (r#"{"a":1}"#, r#"{"a":null,"b":null}"#, "{}"),
        (r#"{"a":[1,2,3]}"#, r#"{"a":[4]}"#, r#"{"a":[4]}"#),
        (r#"{"a":[{"x":1}]}"#, r#"{"a":[null]}"#, r#"{"a":[null]}"#),
        (r#"{"a":{"x":1,"y":{"z":2}}}"#, r#"{"a":{"y":{"z":3}}}"#, r#"{"a":{"x":1,"y":{"z":3}}}"#),
        (r#"{"a":{"x":1,"y":2}}"#, r#"{"a":{"x":null}}"#, r#"{"a":{"y":2}}"#),
        (r#"{"a":1}"#, r#"{"a":{"x":1,"y":null}}"#, r#"{"a":{"x":1}}"#),
        (r#"{"a":{"x":1}}"#, r#"{"a":"text"}"#, r#"{"a":"text"}"#),
        (r#"{}"#, r#"{"a":{"b":{"c":null}}}"#, r#"{"a":{"b":{}}}"#),
        (r#"{"a":null}"#, r#"{"a":false}"#, r#"{"a":false}"#),
        (r#"{"a/b":1,"":2}"#, r#"{"a/b":3,"":null}"#, r#"{"a/b":3}"#),
    ] {
        println!("{data} + {patch}");
        put(service, data).await;

        let patched = service.patch(IDS.0, format!(r#"{{"data":{patch}}}"#)).await.expect(200);

        assert_eq!((patched.raw("data"), patched.etag()), (expected.into(), "\"2\""));
        assert_eq!(service.draft(IDS.0).await.expect(200).body, patched.body);
        service.discard_draft(IDS.0).await.expect(204);
    }
}

async fn what_a_patch_does_not_name_keeps_its_bytes_and_its_order(service: &Service<'_>) {
    const KEPT: &str = r#""z":1e2, "a" : 12345678901234567890.10,
        "texts":["\u0000","\ud800","\u0041 \/","😀"], "same":1,"same" :2,"deep":{"y":-0 ,"x":{"é":1E+400}},"#;
    put(service, &format!(r#"{{{KEPT}"changed":"old","last":[ ] }}"#)).await;

    for value in [r#""new""#, "{\"b\":1.0}", "[ 1 ]"] {
        service.patch(IDS.0, format!(r#"{{"data":{{"changed":{value}}}}}"#)).await.expect(200);
        let expected = format!(r#"{{{KEPT}"changed":{value},"last":[ ] }}"#);
        assert_eq!(service.draft(IDS.0).await.expect(200).raw("data"), expected);
    }
    service.restart().await;
    service.patch(IDS.0, r#"{"data":{"deep":{"x":{"ü":7}}}}"#).await.expect(200);
    let data = service.read(ANA).await.expect(200).raw("data");
    assert!(data.contains(r#""deep":{"y":-0 ,"x":{"é":1E+400,"ü":7}},"#), "{data}");
    assert!(data.contains(r#""z":1e2, "a" : 12345678901234567890.10,"#), "{data}");
}

async fn a_patch_merges_into_meta_and_null_clears_it(service: &Service<'_>) {
    put(service, "{}").await;
    for (patch, expected) in [
        (r#"{"a":1,"b":null}"#, r#"{"a":1}"#),
        (r#"{"b" : [2]}"#, r#"{"a":1,"b":[2]}"#),
        (r#"{"a":null}"#, r#"{"b":[2]}"#),
        ("[1e2]", "[1e2]"),
        ("null", "null"),
        ("false", "false"),
        (r#"{"c":null}"#, "{}"),
    ] {
        let patched = service.patch(IDS.0, format!(r#"{{"meta":{patch}}}"#)).await.expect(200);
        assert_eq!(patched.raw("meta").replace(' ', ""), expected, "{patch}");
        assert_eq!(service.draft(IDS.0).await.expect(200).body, patched.body);
    }
}

async fn a_patch_may_change_everything_at_once(service: &Service<'_>) {
    let id = service.start_anonymous(r#"{"a":1}"#).await;
    let patch = r#"{"email":"ana@example.com","current_screen":4,"data":{"b":2},"meta":{"c":3},"fingerprint":"mine"}"#;

    let patched = service.patch(&id, patch).await.expect(200);

    let draft = patched.json();
    assert_eq!((draft["email"].as_str(), patched.version()), (Some(ANA), 2));
    assert_eq!((draft["current_screen"].as_i64(), draft["fingerprint"].as_str()), (Some(4), Some("mine")));
    assert_eq!((patched.raw("data"), patched.raw("meta")), (r#"{"a":1,"b":2}"#.into(), r#"{"c":3}"#.into()));
    let cleared = service.patch(&id, r#"{"meta":null,"fingerprint":null,"current_screen":0}"#).await.expect(200);
    assert_eq!((cleared.raw("meta"), cleared.raw("fingerprint")), ("null".into(), "null".into()));
}

async fn a_patch_renews_the_expiry(service: &Service<'_>) {
    put(service, "{}").await;
    service.clock.advance(TimeDelta::days(29));

    let patched = service.patch(IDS.0, r#"{"current_screen":1}"#).await.expect(200);

    assert_eq!(patched.json()["expires_at"], "2027-01-19T09:30:00.000000Z");
    assert_eq!(patched.json()["created_at"], "2026-11-21T09:30:00.000000Z");
    service.clock.advance(TimeDelta::days(29));
    service.draft(IDS.0).await.expect(200);
}

async fn a_patch_that_changes_nothing_writes_nothing(service: &Service<'_>) {
    let save = Save::of(ANA).data(r#"{"a":1e2,"b":{"c":[1, 2]},"d":""}"#).screen(3);
    let first = service.put(IDS.0, save.with("meta", r#"{"x":1}"#).with("fingerprint", "\"f\"").body()).await;
    let before = service.database.everything();
    service.clock.advance(TimeDelta::days(1));

    for patch in [
        "{}",
        r#"{"data":{}}"#,
        r#"{"data":{"a":1e2}}"#,
        r#"{"data":{"b":{}}}"#,
        r#"{"data":{"b":{"c":[1,2]},"not there":null}}"#,
        r#"{"data":{"b":{"not":null}}}"#,
        r#"{"meta":{}}"#,
        r#"{"meta":{"x":1}}"#,
        r#"{"current_screen":3,"fingerprint":"f","email":"Ana@example.com"}"#,
        r#"{"data":{"d":""},"meta":{"y":null},"current_screen":"3"}"#,
    ] {
        let answer = service.patch(IDS.0, patch).await.expect(200);
        assert_eq!((answer.etag(), &answer.body), (first.etag(), &first.body), "{patch}");
    }

    assert_eq!(service.database.everything(), before);
}

async fn a_cleared_answer_stays_cleared(service: &Service<'_>) {
    put(service, r#"{"name":"Ana","phone":"1"}"#).await;
    service.patch(IDS.0, r#"{"data":{"phone":null}}"#).await.expect(200);
    service.restart().await;

    service.patch(IDS.0, r#"{"data":{"name":"Anna"}}"#).await.expect(200);
    service.patch(IDS.0, r#"{"data":{"phone":null},"current_screen":1}"#).await.expect(200);

    assert_eq!(service.draft(IDS.0).await.expect(200).raw("data"), r#"{"name":"Anna"}"#);
}

async fn a_patch_must_say_that_it_is_a_merge_patch_or_json(service: &Service<'_>) {
    put(service, "{}").await;
    let before = service.database.everything();
    let patch = async |content_type: &str, body: &str| {
        let request = service.request("PATCH", &draft_path(IDS.0, "")).header("Content-Type", content_type);
        request.body(body.to_owned()).send().await
    };
    let operations = r#"[{"op":"add","path":"/a","value":1}]"#;

    for other in
        ["application/json-patch+json", "text/plain", "application/x-www-form-urlencoded", "application/vnd.x+json"]
    {
        patch(other, operations).await.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
        patch(other, r#"{"data":{"a":1}}"#).await.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let silent = service.request("PATCH", &draft_path(IDS.0, "")).body(r#"{"data":{"a":1}}"#);
    silent.send().await.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    patch("application/json", operations).await.expect_problem(400, "INVALID_JSON");

    assert_eq!(service.database.everything(), before);
    for known in ["application/merge-patch+json", "application/merge-patch+json; charset=utf-8", "application/json"] {
        patch(known, &format!(r#"{{"meta":"{known}"}}"#)).await.expect(200);
    }
}

async fn a_patch_of_what_is_not_an_object_is_refused(service: &Service<'_>) {
    put(service, r#"{"a":1}"#).await;
    let before = service.database.everything();

    for data in ["null", "[]", "1", "\"{}\"", "true"] {
        let refused = service.patch(IDS.0, format!(r#"{{"data":{data},"current_screen":2}}"#)).await;
        assert_eq!(refused.expect_problem(400, "INVALID_REQUEST").pointers(), ["#/data"]);
    }

    assert_eq!(service.database.everything(), before);
}

/// The limit of the tests is that of the service: 1 MiB.
const HALF: usize = 1 << 19;

async fn a_draft_does_not_grow_beyond_what_a_body_may_be(service: &Service<'_>) {
    put(service, &format!(r#"{{"a":"{}"}}"#, "x".repeat(HALF))).await;
    let before = service.database.everything();
    let half = "y".repeat(HALF);

    for patch in [
        format!(r#"{{"data":{{"b":"{half}"}}}}"#),
        format!(r#"{{"meta":"{half}"}}"#),
        format!(r#"{{"meta":{{"b":"{half}"}},"data":{{"c":1}}}}"#),
    ] {
        service.patch(IDS.0, patch).await.expect_problem(413, "DRAFT_TOO_LARGE");
    }

    assert_eq!(service.database.everything(), before);
}

async fn a_large_draft_can_still_be_changed_and_made_smaller(service: &Service<'_>) {
    put(service, &format!(r#"{{"a":"{}"}}"#, "x".repeat(HALF * 2 - 200))).await;

    service.patch(IDS.0, r#"{"current_screen":3}"#).await.expect(200);
    service.patch(IDS.0, r#"{"data":{"b":1}}"#).await.expect(200);
    let patched = service.patch(IDS.0, r#"{"data":{"a":"short"}}"#).await.expect(200);

    assert_eq!((patched.raw("data"), patched.version()), (r#"{"a":"short","b":1}"#.into(), 4));
}

async fn a_patch_may_be_as_deep_as_a_body(service: &Service<'_>) {
    put(service, "{}").await;
    let nested = |depth: usize, inner: &str| format!("{}{inner}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));

    let patched = service.patch(IDS.0, format!(r#"{{"data":{}}}"#, nested(127, "1"))).await.expect(200);
    assert_eq!(patched.raw("data"), nested(127, "1"));
    let refused = service.patch(IDS.0, format!(r#"{{"data":{}}}"#, nested(128, "1"))).await;
    refused.expect_problem(400, "NESTING_TOO_DEEP");
    let patched = service.patch(IDS.0, format!(r#"{{"data":{}}}"#, nested(126, r#"{"a":null,"b":2}"#))).await;

    assert_eq!(patched.expect(200).raw("data"), nested(126, r#"{"b":2}"#));
}

async fn a_guest_code_in_a_patch_links_the_draft(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    put(service, r#"{"guestCodeResponse":{"status":null}}"#).await;

    let patch = r#"{"data":{"guestCodeResponse":{"guestCode":"acme-1"}}}"#;
    let linked = service.patch(IDS.0, patch).await.expect(200);
    assert_eq!(linked.json()["company_id"], company.0);

    let patched = service.patch(IDS.0, r#"{"data":{"a":1}}"#).await.expect(200);
    assert_eq!(patched.json()["company_id"], company.0);
}

async fn unknown_members_of_a_patch_are_ignored(service: &Service<'_>) {
    put(service, "{}").await;
    let before = service.database.everything();

    let patch = r#"{"draft_id":"x","version":9,"survey_id":2,"expires_at":null,"company_id":1,"a":[]}"#;
    service.patch(IDS.0, patch).await.expect(200);

    assert_eq!(service.database.everything(), before);
}

async fn who_does_not_name_a_draft_changes_none(service: &Service<'_>) {
    put(service, "{}").await;
    let before = service.database.everything();

    service.patch(IDS.1, r#"{"data":{"a":1}}"#).await.expect_problem(404, "DRAFT_NOT_FOUND");

    assert_eq!(service.database.everything(), before);
}
