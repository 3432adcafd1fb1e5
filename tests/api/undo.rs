//! Undo: what saves replaced with less can be seen and brought back, by the survey admin's own server.

use chrono::TimeDelta;

use crate::support::{
    Answer, NAMED, Save, Service,
    drafts::{IDS, draft_path},
};

on_both_databases![
    a_save_that_holds_fewer_values_keeps_the_state_before,
    each_kind_of_save_keeps_what_it_replaces_with_less,
    what_counts_as_a_value_is_what_was_answered,
    a_save_that_insists_on_a_version_keeps_nothing,
    the_last_three_states_are_kept,
    states_are_kept_for_each_draft_on_its_own,
    a_state_is_restored_as_a_new_version,
    a_restore_that_holds_less_can_be_undone_too,
    a_restore_may_insist_on_a_version,
    a_restore_with_a_key_is_done_once,
    a_state_that_is_not_kept_cannot_be_restored,
    a_version_that_is_none_is_refused,
    a_draft_that_is_not_there_goes_before_a_bad_version,
    nobody_without_the_key_sees_or_restores_anything,
    states_go_with_the_draft,
];

const ANA: &str = NAMED.0;

async fn put(service: &Service<'_>, data: &str) -> Answer {
    service.put(IDS.0, Save::of(ANA).data(data).body()).await
}

async fn authorized(service: &Service<'_>, method: &str, id: &str, behind: &str) -> crate::support::client::Request {
    service.drafts_key().await;
    service.request(method, &draft_path(id, behind))
}

async fn previous(service: &Service<'_>, id: &str) -> Answer {
    authorized(service, "GET", id, "/previous").await.send().await.expect(200)
}

async fn versions(service: &Service<'_>) -> Vec<i64> {
    let states = previous(service, IDS.0).await.json()["states"].clone();
    states.as_array().expect("a list").iter().map(|state| state["version"].as_i64().expect("a version")).collect()
}

async fn restore(service: &Service<'_>, version: i64) -> Answer {
    authorized(service, "POST", IDS.0, "/restore").await.json(format!(r#"{{"version":{version}}}"#)).send().await
}

async fn a_save_that_holds_fewer_values_keeps_the_state_before(service: &Service<'_>) {
    let save = Save::of(ANA).data(r#"{"a" : 1e2,"b":["x",true]}"#).with("meta", "[1]").screen(2);
    service.put(IDS.0, save.body()).await.expect(201);
    service.clock.advance(TimeDelta::minutes(1));
    assert_eq!(previous(service, IDS.0).await.body, r#"{"states":[]}"#);

    put(service, r#"{"a":1}"#).await.expect(200);

    let answer = previous(service, IDS.0).await;
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    insta::allow_duplicates! {
        insta::assert_snapshot!(answer.body, @r#"{"states":[{"version":1,"current_screen":2,"value_count":3,"saved_at":"2026-11-21T09:30:00.000000Z","replaced_at":"2026-11-21T09:31:00.000000Z","data":{"a" : 1e2,"b":["x",true]},"meta":[1]}]}"#);
    }
}

async fn each_kind_of_save_keeps_what_it_replaces_with_less(service: &Service<'_>) {
    let full = r#"{"a":1,"b":2}"#;
    put(service, full).await.expect(201);

    service.patch(IDS.0, r#"{"data":{"a":null}}"#).await.expect(200);
    assert_eq!(versions(service).await, [1]);
    put(service, full).await.expect(200);
    service.save(Save::of(ANA).data("{}")).await.expect(200);
    assert_eq!(versions(service).await, [3, 1]);
    put(service, full).await.expect(200);
    put(service, r#"{"a":1}"#).await.expect(200);
    assert_eq!(versions(service).await, [5, 3, 1]);
}

/// Autosaves that replace as much as there was, or more, keep nothing.
async fn what_counts_as_a_value_is_what_was_answered(service: &Service<'_>) {
    put(service, r#"{"a":"x","b":{"c":[1,false]}}"#).await.expect(201);
    for data in [
        r#"{"a":"y","b":{"c":[2,true]}}"#,
        r#"{"p":0,"q":"0","r":false}"#,
        r#"{"a":{"b":{"c":[["x"],["y"],["z"]]}},"d":null,"e":"","f":[],"g":{}}"#,
        r#"{"a":1,"b":2,"c":3,"d":4}"#,
    ] {
        put(service, data).await.expect(200);
    }
    assert_eq!(versions(service).await, Vec::<i64>::new());

    // Empty texts, null and empty lists are no answers.
    put(service, r#"{"a":1,"b":2,"c":3,"d":"","e":null,"f":[],"g":{}}"#).await.expect(200);
    assert_eq!(versions(service).await, [5]);
    for body in [r#"{"current_screen":9}"#, r#"{"meta":{}}"#, r#"{"fingerprint":"x"}"#] {
        service.patch(IDS.0, body).await.expect(200);
    }
    assert_eq!(versions(service).await, [5]);
}

async fn a_save_that_insists_on_a_version_keeps_nothing(service: &Service<'_>) {
    put(service, r#"{"a":1,"b":2,"c":3}"#).await.expect(201);
    for (tag, method, path, body) in [
        ("\"1\"", "PUT", draft_path(IDS.0, ""), Save::of(ANA).data(r#"{"a":1,"b":2}"#).body()),
        ("\"2\"", "POST", "/api/progress".into(), Save::of(ANA).data(r#"{"a":1}"#).body()),
        ("*", "PATCH", draft_path(IDS.0, ""), r#"{"data":{"a":null}}"#.into()),
    ] {
        service.request(method, &path).header("If-Match", tag).json(body).send().await.expect(200);
    }
    assert_eq!(versions(service).await, Vec::<i64>::new());
}

async fn the_last_three_states_are_kept(service: &Service<'_>) {
    put(service, r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}"#).await.expect(201);
    for left in ["a", "b", "c", "d", "e"] {
        service.clock.advance(TimeDelta::minutes(1));
        service.patch(IDS.0, format!(r#"{{"data":{{"{left}":null}}}}"#)).await.expect(200);
    }

    assert_eq!(versions(service).await, [5, 4, 3]);
    assert_eq!(service.database.count("previous_states"), 3);
    service.restart().await;
    assert_eq!(versions(service).await, [5, 4, 3]);
    restore(service, 2).await.expect_problem(404, "STATE_NOT_FOUND");
}

async fn states_are_kept_for_each_draft_on_its_own(service: &Service<'_>) {
    for (id, email) in [(IDS.0, ANA), (IDS.1, NAMED.1)] {
        service.put(id, Save::of(email).data(format!(r#"{{"of":"{email}"}}"#)).body()).await.expect(201);
        service.put(id, Save::of(email).data("{}").body()).await.expect(200);
    }
    for (id, email) in [(IDS.0, ANA), (IDS.1, NAMED.1)] {
        let states = previous(service, id).await.json()["states"].clone();
        assert_eq!((states.as_array().map(Vec::len), states[0]["data"]["of"].as_str()), (Some(1), Some(email)));
    }
}

async fn a_state_is_restored_as_a_new_version(service: &Service<'_>) {
    let save = Save::of(ANA).data(r#"{"a" : 1e2,"b":"\u0000"}"#).with("meta", "[1]").screen(2);
    let first = service.put(IDS.0, save.body()).await.expect(201);
    let cleared = Save::of(ANA).data(r#"{"a":null}"#).with("meta", "null").screen(0).with("fingerprint", "\"f\"");
    service.put(IDS.0, cleared.body()).await.expect(200);
    service.clock.advance(TimeDelta::days(1));

    let restored = restore(service, 1).await.expect(200);

    for member in ["data", "meta", "current_screen", "email", "created_at", "draft_id"] {
        assert_eq!(restored.raw(member), first.raw(member), "{member}");
    }
    assert_eq!((restored.etag(), restored.version()), ("\"3\"", 3));
    assert_eq!(restored.json()["expires_at"], "2026-12-22T09:30:00.000000Z");
    for read in [service.draft(IDS.0).await, service.read(ANA).await] {
        assert_eq!(read.expect(200).body, restored.body);
    }
    // It holds more than what it replaced: nothing is added to what is kept.
    assert_eq!(versions(service).await, [1]);
}

async fn a_restore_that_holds_less_can_be_undone_too(service: &Service<'_>) {
    put(service, r#"{"a":1}"#).await.expect(201);
    put(service, "{}").await.expect(200);
    put(service, r#"{"a":1,"b":2}"#).await.expect(200);

    restore(service, 1).await.expect(200);

    assert_eq!(versions(service).await, [3, 1]);
    assert_eq!(restore(service, 3).await.expect(200).raw("data"), r#"{"a":1,"b":2}"#);
}

async fn a_restore_may_insist_on_a_version(service: &Service<'_>) {
    put(service, r#"{"a":1}"#).await.expect(201);
    let now = put(service, "{}").await.expect(200);
    service.drafts_key().await;
    let before = service.database.everything();
    let restore = async |tag: &str| {
        let request = authorized(service, "POST", IDS.0, "/restore").await.header("If-Match", tag);
        request.json(r#"{"version":1}"#).send().await
    };

    let refused = restore("\"1\"").await.expect_problem(412, "VERSION_MISMATCH");
    assert_eq!(refused.raw("current"), now.body);
    assert_eq!(service.database.everything(), before);

    restore("\"2\"").await.expect(200);
}

async fn a_restore_with_a_key_is_done_once(service: &Service<'_>) {
    put(service, r#"{"a":1}"#).await.expect(201);
    put(service, "{}").await.expect(200);
    let restore = async || {
        let request = authorized(service, "POST", IDS.0, "/restore").await.header("Idempotency-Key", "k");
        request.json(r#"{"version":"1"}"#).send().await.expect(200)
    };
    let first = restore().await;
    put(service, "{}").await.expect(200);

    let again = restore().await;

    assert_eq!((again.etag(), again.header("Idempotency-Replayed")), (first.etag(), Some("true")));
    assert_eq!(service.draft(IDS.0).await.expect(200).raw("data"), "{}");
}

async fn a_state_that_is_not_kept_cannot_be_restored(service: &Service<'_>) {
    put(service, r#"{"a":1}"#).await.expect(201);
    put(service, "{}").await.expect(200);
    service.drafts_key().await;
    let before = service.database.everything();

    for version in [0, 2, 3, i64::MAX] {
        restore(service, version).await.expect_problem(404, "STATE_NOT_FOUND");
    }

    assert_eq!(service.database.everything(), before);
}

async fn a_version_that_is_none_is_refused(service: &Service<'_>) {
    put(service, "{}").await.expect(201);
    for body in [r#"{}"#, r#"{"version":null}"#, r#"{"version":-1}"#, r#"{"version":1.5}"#, r#"{"version":"sesame"}"#] {
        let refused = authorized(service, "POST", IDS.0, "/restore").await.json(body).send().await;
        let refused = refused.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(refused.pointers(), ["#/version"]);
        assert!(!refused.body.contains("sesame"), "{}", refused.body);
    }
}

/// The order of judgement: existence and state come before the body.
async fn a_draft_that_is_not_there_goes_before_a_bad_version(service: &Service<'_>) {
    put(service, "{}").await.expect(201);
    service.let_drafts_expire();
    for (id, status, code) in [(IDS.0, 410, "DRAFT_EXPIRED"), (IDS.1, 404, "DRAFT_NOT_FOUND")] {
        for body in [r#"{"version":1}"#, r#"{"version":"x"}"#, "{}", "{"] {
            println!("{id}: {body}");
            let refused = authorized(service, "POST", id, "/restore").await.json(body).send().await;
            refused.expect_problem(status, code);
        }
    }
}

async fn nobody_without_the_key_sees_or_restores_anything(service: &Service<'_>) {
    put(service, r#"{"a":"sesame"}"#).await.expect(201);
    put(service, "{}").await.expect(200);
    let key = service.drafts_key().await;
    let before = service.database.everything();
    let short = &key[..key.len() - 1];
    let wrong = [format!("Bearer {short}"), format!("Basic {key}"), key.clone(), "Bearer".into(), String::new()];

    // Who may not ask is not told either whether there is such a draft.
    for (id, header) in [IDS.0, IDS.1, "sesame"].iter().flat_map(|id| wrong.iter().map(move |header| (id, header))) {
        let with_header = |request: crate::support::client::Request| match header.as_str() {
            "" => request.anonymous(),
            header => request.header("Authorization", header),
        };
        let list = with_header(service.request("GET", &draft_path(id, "/previous"))).send().await;
        let restore = with_header(service.request("POST", &draft_path(id, "/restore")));
        for refused in [list, restore.json(r#"{"version":1}"#).send().await] {
            let refused = refused.expect_problem(401, "UNAUTHORIZED");
            assert!(refused.header("WWW-Authenticate").is_some_and(|scheme| scheme.starts_with("Bearer")), "{header}");
            assert!(!refused.body.contains("sesame"), "{}", refused.body);
        }
    }

    assert_eq!(service.database.everything(), before);
    let list = service.request("GET", &draft_path(IDS.0, "/previous"));
    list.header("Authorization", &format!("token  {key} ")).send().await.expect(200);
}

async fn states_go_with_the_draft(service: &Service<'_>) {
    put(service, r#"{"a":1}"#).await.expect(201);
    put(service, "{}").await.expect(200);

    service.discard_draft(IDS.0).await.expect(204);

    assert_eq!(service.database.count("previous_states"), 0);
    put(service, "{}").await.expect(201);
    assert_eq!(versions(service).await, Vec::<i64>::new());
}
