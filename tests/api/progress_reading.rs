//! Reading a draft and discarding it. Reading changes nothing (rule 6).

use chrono::TimeDelta;

use crate::support::{NAMED, Save, Service, progress_path};

on_both_databases![
    a_draft_is_not_there_before_it_is_saved,
    a_client_that_has_the_version_is_told_so,
    a_client_that_has_another_version_gets_the_draft,
    nobody_may_keep_a_draft_in_a_cache,
    reading_changes_nothing,
    a_head_request_is_answered_like_a_get_without_the_body,
    a_discarded_draft_is_gone,
    discarding_nothing_succeeds,
    a_save_after_a_discard_starts_a_new_draft,
];

const ANA: &str = NAMED.0;

async fn a_draft_is_not_there_before_it_is_saved(service: &Service<'_>) {
    service.save(NAMED.1).await.expect(201);

    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");
    service.get(&progress_path(ANA, 99)).await.expect_problem(404, "PROGRESS_NOT_FOUND");
}

async fn a_client_that_has_the_version_is_told_so(service: &Service<'_>) {
    service.save(ANA).await.expect(201);

    for tags in ["\"1\"", "W/\"1\"", "\"7\", \"1\"", "\"7\" , W/\"1\"", "*"] {
        let request = service.request("GET", &progress_path(ANA, 1)).header("If-None-Match", tags);
        let answer = request.send().await.expect(304);

        assert_eq!((answer.body.as_str(), answer.etag()), ("", "\"1\""), "{tags}");
    }
}

async fn a_client_that_has_another_version_gets_the_draft(service: &Service<'_>) {
    service.save(ANA).await.expect(201);

    for tags in ["\"2\"", "1", "\"11\"", "\"2\", \"3\"", "", "\""] {
        let request = service.request("GET", &progress_path(ANA, 1)).header("If-None-Match", tags);
        let answer = request.send().await.expect(200);

        assert_eq!(answer.etag(), "\"1\"", "{tags}");
    }
}

async fn nobody_may_keep_a_draft_in_a_cache(service: &Service<'_>) {
    let saved = service.save(ANA).await.expect(201);
    let read = service.read(ANA).await.expect(200);
    let not_modified = service.request("GET", &progress_path(ANA, 1)).header("If-None-Match", "*").send().await;
    let refused = service.read(NAMED.1).await.expect(404);

    for answer in [saved, read, not_modified, refused] {
        assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{}", answer.status);
    }
}

async fn reading_changes_nothing(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    let before = service.database.everything();

    service.clock.advance(TimeDelta::days(29));
    service.read(ANA).await.expect(200);
    service.read(NAMED.1).await.expect(404);

    assert_eq!(service.database.everything(), before);
}

async fn a_head_request_is_answered_like_a_get_without_the_body(service: &Service<'_>) {
    let saved = service.save(ANA).await.expect(201);

    let head = service.request("HEAD", &progress_path(ANA, 1)).send().await.expect(200);

    assert_eq!((head.etag(), head.body.as_str()), ("\"1\"", ""));
    assert_eq!(head.header("Content-Length"), Some(saved.body.len().to_string().as_str()));
}

async fn a_discarded_draft_is_gone(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    service.save(NAMED.1).await.expect(201);

    let answer = service.discard(ANA).await.expect(204);

    assert_eq!(answer.body, "");
    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");
    service.read(NAMED.1).await.expect(200);
    assert_eq!(service.database.count("form_progress"), 1);
}

async fn discarding_nothing_succeeds(service: &Service<'_>) {
    service.discard(ANA).await.expect(204);
    service.delete(&progress_path(ANA, 99)).await.expect(204);
}

async fn a_save_after_a_discard_starts_a_new_draft(service: &Service<'_>) {
    let first = service.save(Save::of(ANA).screen(3)).await.expect(201);
    service.discard(ANA).await.expect(204);

    let second = service.save(ANA).await.expect(201);

    assert_ne!(second.json()["draft_id"], first.json()["draft_id"]);
    assert_eq!((second.version(), &second.json()["current_screen"]), (1, &0.into()));
}
