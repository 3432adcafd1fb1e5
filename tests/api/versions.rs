//! Writes that insist on a version: `If-Match` and `If-None-Match`.

use crate::support::{Answer, NAMED, Save, Service, Submission, Write, drafts::IDS};

on_both_databases![
    every_write_may_insist_on_a_version,
    a_version_is_one_through_both_doors,
    current_is_what_a_read_gives_byte_for_byte,
    a_version_is_named_in_many_ways,
    other_tags_do_not_name_it,
    what_is_no_list_of_tags_is_refused,
    zero_stands_for_no_draft_yet,
    where_there_is_no_draft_no_version_matches,
    an_expired_draft_has_no_version,
    none_of_them_may_be_there,
];

const ANA: &str = NAMED.0;

/// The refusal, which must tell how the draft is.
#[track_caller]
fn tells_the_truth(refused: Answer, read: &Answer) {
    let refused = refused.expect_problem(412, "VERSION_MISMATCH");
    assert_eq!(refused.raw("current"), read.body);
    assert_eq!(refused.etag(), read.etag());
}

/// The refusal, which must tell that there is no draft.
#[track_caller]
fn tells_that_there_is_none(refused: Answer) {
    let refused = refused.expect_problem(412, "VERSION_MISMATCH");
    assert_eq!((refused.raw("current"), refused.header("ETag")), ("null".into(), None));
}

/// The draft of an email in survey 1, at version 2.
async fn at_version_2(service: &Service<'_>, email: &str) -> Answer {
    service.save(email).await.expect(201);
    let save = Save::of(email).data(r#"{"a":2}"#).with("meta", "[1]");
    service.save(save).await.expect(200)
}

async fn every_write_may_insist_on_a_version(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    for number in 0..8 {
        let email = format!("p{number}@example.com");
        let draft = at_version_2(service, &email).await;
        let (write, status) = Write::of_every_kind(&email, &draft.draft_id())[number].clone();
        let before = service.database.everything();

        for stale in ["\"1\"", "\"3\"", "\"0\""] {
            tells_the_truth(write.clone().if_match(stale).send(service).await, &service.read(&email).await);
        }
        assert_eq!(service.database.everything(), before, "{write:?}");
        assert_eq!(service.read(&email).await.body, draft.body, "{write:?}");

        let answer = write.clone().if_match("\"2\"").send(service).await;

        assert_eq!(answer.status, status, "{write:?} {}", answer.body);
        match status {
            200 => assert_eq!((answer.etag(), service.read(&email).await.etag()), ("\"3\"", "\"3\"")),
            _ => drop(service.read(&email).await.expect(404)),
        }
    }
}

async fn a_version_is_one_through_both_doors(service: &Service<'_>) {
    let id = service.save(ANA).await.expect(201).draft_id();

    let put = Write::put(&id, r#"{"survey_id":1,"data":{"a":2}}"#).if_match("\"1\"").send(service).await.expect(200);
    let save = Write::save(Save::of(ANA).data(r#"{"a":3}"#)).if_match(put.etag()).send(service).await.expect(200);
    let patch = Write::patch(&id, r#"{"data":{"b":4}}"#).if_match(save.etag()).send(service).await.expect(200);

    assert_eq!((put.version(), save.version(), patch.version()), (2, 3, 4));
    for read in [service.read(ANA).await, service.draft(&id).await] {
        assert_eq!((read.etag(), read.raw("data")), ("\"4\"", r#"{"a":3,"b":4}"#.into()));
    }
    tells_the_truth(Write::discard(ANA).if_match(save.etag()).send(service).await, &patch);
    Write::discard_draft(&id).if_match(patch.etag()).send(service).await.expect(204);
}

async fn current_is_what_a_read_gives_byte_for_byte(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    let data = r#"{"guestCodeResponse":{"guestCode":"acme"},"n" : 1e2,"big":12345678901234567890,"n":"\u0000😀"}"#;
    let save = Save::of(ANA).data(data).with("meta", r#"{ "gates":[ ] }"#).with("fingerprint", "\"mine\"").screen(7);
    let id = service.save(save).await.expect(201).draft_id();

    let by_email = Write::save(ANA).if_match("\"9\"").send(service).await;
    let by_id = Write::patch(&id, "{}").if_match("\"9\"").send(service).await;
    let minimal = Write::save(ANA).if_match("\"9\"").header("Prefer", "return=minimal").send(service).await;

    let read = service.read(ANA).await.expect(200);
    assert_eq!((read.raw("data"), read.json()["company_id"].as_i64()), (data.into(), Some(1)));
    for refused in [by_email, by_id, minimal] {
        assert_eq!(refused.header("Cache-Control"), Some("no-store"));
        tells_the_truth(refused, &read);
    }
}

async fn a_version_is_named_in_many_ways(service: &Service<'_>) {
    let id = service.save(ANA).await.expect(201).draft_id();
    let mut version = 1;
    for form in [
        "\"V\"",
        "W/\"V\"",
        "\"99\", \"V\"",
        "\"98\",W/\"V\"",
        "*",
        " * ",
        ", \"V\" ,,",
        "\"x\",\t\"V\"",
        "\"0\",\"V\"",
    ] {
        let tags = form.replace('V', &version.to_string());
        let save = Write::save(Save::of(ANA).data(format!(r#"{{"n":{version}}}"#)));
        let answer = save.if_match(&tags).send(service).await;
        assert_eq!((answer.status, answer.version()), (200, version + 1), "{tags}");

        let tags = form.replace('V', &(version + 1).to_string());
        let patch = Write::patch(&id, format!(r#"{{"data":{{"p":{version}}}}}"#));
        let answer = patch.if_match(&tags).send(service).await;
        assert_eq!((answer.status, answer.version()), (200, version + 2), "{tags}");
        version += 2;
    }
    // A list may go over several headers.
    let save = Write::save(Save::of(ANA).data("{}")).if_match("\"98\", \"97\"").if_match(&format!("\"{version}\""));
    assert_eq!(save.send(service).await.expect(200).version(), version + 1);
}

async fn other_tags_do_not_name_it(service: &Service<'_>) {
    let draft = at_version_2(service, ANA).await;
    let id = draft.draft_id();
    let long = "\"99999999999999999999999999\"";
    for tags in
        ["\"3\"", "\"1\", \"3\"", "W/\"1\"", "\"\"", "\"02x\"", "\"-2\"", "\"+2\"", "\" 2\"", "\"op:2\"", "\"0\"", long]
    {
        tells_the_truth(Write::save(ANA).if_match(tags).send(service).await, &draft);
        tells_the_truth(Write::patch(&id, "{}").if_match(tags).send(service).await, &draft);
        tells_the_truth(Write::put(&id, Save::of(ANA).body()).if_match(tags).send(service).await, &draft);
    }
    let over_several = Write::save(ANA).if_match("\"1\"").if_match("\"3\", \"4\"").send(service).await;
    tells_the_truth(over_several, &draft);
}

async fn what_is_no_list_of_tags_is_refused(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    let id = at_version_2(service, ANA).await.draft_id();
    let before = service.database.everything();
    for tags in ["2", "\"2", "2\"", "\"2\" \"3\"", "*, \"2\"", "w/\"2\"", "\"2\", 3", "'2'", ",", ""] {
        for (write, _) in Write::of_every_kind(ANA, &id) {
            let refused = write.if_match(tags).send(service).await.expect_problem(400, "INVALID_REQUEST");
            assert_eq!(refused.pointers(), ["If-Match"], "{tags}");
        }
    }
    let start = Write::create(r#"{"survey_id":1}"#).if_match("1").header("If-None-Match", "x").key("a b");
    let refused = start.send(service).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(refused.pointers(), ["If-Match", "If-None-Match", "Idempotency-Key"], "all at once");
    assert_eq!(service.database.everything(), before);
}

async fn zero_stands_for_no_draft_yet(service: &Service<'_>) {
    let (ben, cleo) = (NAMED.1, NAMED.2);
    let saved = Write::save(ANA).if_match("\"0\"").send(service).await.expect(201);
    let put = Write::put(IDS.0, Save::of(ben).body());
    let put_first = put.clone().if_match("W/\"0\"").send(service).await.expect(201);
    Write::create(r#"{"survey_id":1}"#).if_match("\"0\"").send(service).await.expect(201);
    Write::create(Save::of("dora@example.com").body()).if_match("\"0\"").send(service).await.expect(201);
    Write::submit(cleo).if_match("\"0\"").send(service).await.expect(201);

    tells_the_truth(Write::save(Save::of(ANA).screen(9)).if_match("\"0\"").send(service).await, &saved);
    tells_the_truth(put.if_match("\"0\"").send(service).await, &put_first);
    tells_the_truth(Write::submit(ANA).if_match("\"0\"").send(service).await, &saved);
    tells_the_truth(Write::discard(ANA).if_match("\"0\"").send(service).await, &saved);
    Write::save(ANA).if_match("\"0\", \"1\"").send(service).await.expect(200);
}

async fn where_there_is_no_draft_no_version_matches(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    let before = service.database.everything();
    let write = [
        Write::save(ANA),
        Write::put(IDS.0, Save::of(ANA).body()),
        Write::create(Save::of(ANA).body()),
        Write::create(r#"{"survey_id":1}"#),
        Write::submit(ANA),
        Write::respond(ANA),
    ];
    for write in write {
        for tags in ["\"1\"", "*", "W/\"2\"", "\"op:0\"", "\"x\""] {
            tells_that_there_is_none(write.clone().if_match(tags).send(service).await);
        }
    }
    // To be gone is what a discard wants.
    Write::discard(ANA).if_match("\"1\"").send(service).await.expect(204);
    assert_eq!(service.database.everything(), before);
}

/// Rule 5.
async fn an_expired_draft_has_no_version(service: &Service<'_>) {
    let id = service.save(ANA).await.expect(201).draft_id();
    service.let_drafts_expire();

    tells_that_there_is_none(Write::save(ANA).if_match("\"1\"").send(service).await);
    tells_that_there_is_none(Write::submit(Submission::of(ANA)).if_match("*").send(service).await);
    Write::patch(&id, "{}").if_match("\"1\"").send(service).await.expect_problem(410, "DRAFT_EXPIRED");
    let saved = Write::save(ANA).if_match("\"0\"").send(service).await.expect(201);

    assert_eq!(saved.version(), 1);
    assert_ne!(saved.draft_id(), id);
}

async fn none_of_them_may_be_there(service: &Service<'_>) {
    let put = Write::put(IDS.0, Save::of(ANA).body()).header("If-None-Match", "*");
    let first = put.send(service).await.expect(201);
    tells_the_truth(put.send(service).await, &first);
    tells_the_truth(Write::save(ANA).header("If-None-Match", "*").send(service).await, &first);
    tells_the_truth(Write::save(ANA).header("If-None-Match", "W/\"1\", \"7\"").send(service).await, &first);
    Write::save(NAMED.1).header("If-None-Match", "*").send(service).await.expect(201);

    let patch = Write::patch(IDS.0, r#"{"data":{"a":2}}"#).header("If-None-Match", "\"7\"");
    assert_eq!(patch.send(service).await.expect(200).version(), 2);
    // Both conditions must hold.
    let both = Write::patch(IDS.0, r#"{"data":{"a":3}}"#).if_match("\"2\"").header("If-None-Match", "\"2\"");
    tells_the_truth(both.send(service).await, &service.read(ANA).await);
}
