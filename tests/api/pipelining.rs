//! Edits that do not wait for the answer to the one before: `If-Match: "5", "op:<key>"`.

use crate::support::{Answer, NAMED, Save, Service, Write, at_once, drafts::IDS};

on_both_databases![
    an_edit_may_follow_one_whose_answer_is_not_there_yet,
    an_edit_that_overtakes_another_is_not_undone_by_it,
    an_edit_that_follows_a_refused_one_is_refused,
    what_another_tab_saved_between_is_not_overwritten,
    an_edit_sent_again_leaves_the_ones_after_it,
    a_page_may_close_with_a_submission_in_flight,
    a_key_stands_for_its_version_through_both_doors,
    a_patch_that_changed_nothing_may_be_followed,
    a_key_says_nothing_of_other_drafts,
    edits_that_race_each_other_end_with_the_last,
];

const ANA: &str = NAMED.0;

/// An edit of a member, made on version 1 or on what the edits with these keys led to.
fn edit(id: &str, number: usize, after: &[&str]) -> Write {
    let tags: Vec<String> = after.iter().map(|key| format!("\"op:{key}\"")).collect();
    let tags = [vec!["\"1\"".to_owned()], tags].concat().join(", ");
    Write::patch(id, format!(r#"{{"data":{{"n":{number}}}}}"#)).if_match(&tags).key(&format!("k{number}"))
}

async fn start(service: &Service<'_>) -> String {
    service.save(ANA).await.expect(201).draft_id()
}

async fn n(service: &Service<'_>) -> (i64, serde_json::Value) {
    let read = service.read(ANA).await.expect(200);
    (read.version(), read.json()["data"]["n"].clone())
}

#[track_caller]
fn is_refused(answer: Answer, current: i64) {
    assert_eq!(answer.expect_problem(412, "VERSION_MISMATCH").json()["current"]["version"], current);
}

async fn an_edit_may_follow_one_whose_answer_is_not_there_yet(service: &Service<'_>) {
    let id = start(service).await;
    let (first, second, third) = (edit(&id, 1, &[]), edit(&id, 2, &["k1"]), edit(&id, 3, &["k1", "k2"]));

    assert_eq!(first.send(service).await.expect(200).etag(), "\"2\"");
    assert_eq!(second.send(service).await.expect(200).etag(), "\"3\"");
    assert_eq!(third.send(service).await.expect(200).etag(), "\"4\"");

    // The same as a weak tag, and with characters that divide a list.
    let comma = Write::patch(&id, r#"{"data":{"n":4}}"#).key("a,W/b").if_match("W/\"op:k3\"");
    comma.send(service).await.expect(200);
    let after = Write::patch(&id, r#"{"data":{"n":5}}"#).if_match("\"1\",\"op:a,W/b\"");
    after.send(service).await.expect(200);
    assert_eq!(n(service).await, (6, 5.into()));
}

async fn an_edit_that_overtakes_another_is_not_undone_by_it(service: &Service<'_>) {
    let id = start(service).await;
    let (first, second) = (edit(&id, 1, &[]), edit(&id, 2, &["k1"]));

    assert_eq!(second.send(service).await.expect(200).etag(), "\"2\"");
    is_refused(first.send(service).await, 2);

    assert_eq!(n(service).await, (2, 2.into()));
    // Nothing came of the first one: a third that names it has only the second to go by.
    is_refused(edit(&id, 3, &["k1"]).send(service).await, 2);
    assert_eq!(edit(&id, 4, &["k1", "k2"]).send(service).await.expect(200).etag(), "\"3\"");
}

async fn an_edit_that_follows_a_refused_one_is_refused(service: &Service<'_>) {
    let id = start(service).await;
    service.save(Save::of(ANA).data(r#"{"other":"tab"}"#)).await.expect(200);

    is_refused(edit(&id, 1, &[]).send(service).await, 2);
    is_refused(edit(&id, 2, &["k1"]).send(service).await, 2);

    assert_eq!(service.read(ANA).await.raw("data"), r#"{"other":"tab"}"#);
}

async fn what_another_tab_saved_between_is_not_overwritten(service: &Service<'_>) {
    let id = start(service).await;
    edit(&id, 1, &[]).send(service).await.expect(200);
    service.save(Save::of(ANA).data(r#"{"other":"tab"}"#)).await.expect(200);

    is_refused(edit(&id, 2, &["k1"]).send(service).await, 3);
    is_refused(Write::discard(ANA).if_match("\"1\", \"op:k1\"").send(service).await, 3);
    is_refused(Write::submit(ANA).if_match("\"1\", \"op:k1\"").send(service).await, 3);

    assert_eq!(service.read(ANA).await.raw("data"), r#"{"other":"tab"}"#);
}

async fn an_edit_sent_again_leaves_the_ones_after_it(service: &Service<'_>) {
    let id = start(service).await;
    let (first, second) = (edit(&id, 1, &[]), edit(&id, 2, &["k1"]));
    first.send(service).await.expect(200);
    second.send(service).await.expect(200);

    let again = first.send(service).await.expect(200);

    assert_eq!((again.etag(), again.header("Idempotency-Replayed")), ("\"2\"", Some("true")));
    assert_eq!(n(service).await, (3, 2.into()));
}

async fn a_page_may_close_with_a_submission_in_flight(service: &Service<'_>) {
    let id = start(service).await;
    edit(&id, 1, &[]).send(service).await.expect(200);

    Write::submit(ANA).if_match("\"1\", \"op:k1\"").send(service).await.expect(201);

    service.save(NAMED.1).await.expect(201);
    Write::save(Save::of(NAMED.1).screen(1)).if_match("\"1\"").key("k").send(service).await.expect(200);
    Write::discard(NAMED.1).if_match("\"1\", \"op:k\"").send(service).await.expect(204);
}

async fn a_key_stands_for_its_version_through_both_doors(service: &Service<'_>) {
    let id = start(service).await;
    edit(&id, 1, &[]).send(service).await.expect(200);
    let save = Write::save(Save::of(ANA).data(r#"{"n":2}"#)).if_match("\"1\", \"op:k1\"").key("k2");
    assert_eq!(save.send(service).await.expect(200).etag(), "\"3\"");
    let put = Write::put(&id, r#"{"survey_id":1,"data":{"n":3}}"#).if_match("\"op:k2\"");
    assert_eq!(put.send(service).await.expect(200).etag(), "\"4\"");
}

async fn a_patch_that_changed_nothing_may_be_followed(service: &Service<'_>) {
    let id = start(service).await;
    Write::patch(&id, r#"{"data":{"a":1}}"#).if_match("\"1\"").key("k0").send(service).await.expect(200);

    assert_eq!(edit(&id, 1, &["k0"]).send(service).await.expect(200).etag(), "\"2\"");
    is_refused(Write::patch(&id, "{}").if_match("\"op:k0\"").send(service).await, 2);
}

async fn a_key_says_nothing_of_other_drafts(service: &Service<'_>) {
    let id = start(service).await;
    edit(&id, 1, &[]).send(service).await.expect(200);
    // At the same version, by another key.
    service.put(IDS.0, r#"{"survey_id":1}"#).await.expect(201);
    Write::patch(IDS.0, r#"{"data":{"n":9}}"#).key("other").send(service).await.expect(200);

    is_refused(Write::patch(IDS.0, "{}").if_match("\"op:k1\"").send(service).await, 2);
    is_refused(Write::patch(&id, "{}").if_match("\"op:other\"").send(service).await, 2);
    // Nor of the one that comes after it.
    service.discard(ANA).await.expect(204);
    let next = service.save(ANA).await.expect(201);
    service.save(Save::of(ANA).data(r#"{"n":0}"#)).await.expect(200);
    is_refused(Write::patch(&next.draft_id(), "{}").if_match("\"op:k1\"").send(service).await, 2);
}

/// As a page that closes does it: both are on their way at once, over connections of their own.
async fn edits_that_race_each_other_end_with_the_last(service: &Service<'_>) {
    for round in 0..12 {
        let email = format!("p{round}@example.com");
        let id = service.save(email.as_str()).await.expect(201).draft_id();
        let writes = [edit(&id, 1, &[]), edit(&id, 2, &["k1"])];
        let client = (**service).clone();

        let answers = at_once(writes.map(|write| {
            let client = client.clone();
            async move { write.send(&client).await }
        }))
        .await;

        let read = service.read(&email).await.expect(200);
        assert_eq!(read.json()["data"]["n"], 2, "the last edit is what stays");
        assert_eq!(answers[1].status, 200, "{}", answers[1].body);
        match answers[0].status {
            200 => assert_eq!((answers[0].etag(), answers[1].etag()), ("\"2\"", "\"3\"")),
            _ => is_refused(answers[0].clone(), 2),
        }
        assert_eq!(read.etag(), answers[1].etag());
    }
}
