//! Surveys that want every write to name its version, and what goes before what when a write is judged: a known key,
//! the existence and state of the draft, the body, and If-Match last.

use crate::support::{Answer, NAMED, Save, Service, Submission, Write, drafts::IDS};
use formprogress::surveys::{Status, SurveyId};

on_both_databases![
    a_survey_may_want_every_write_to_name_its_version,
    what_overwrites_nothing_need_not_name_a_version,
    a_write_sent_again_need_not_name_a_version,
    a_survey_that_is_replaced_keeps_its_wish,
    a_known_key_goes_before_everything,
    a_known_key_goes_before_a_body_that_names_nobody,
    the_state_of_the_draft_goes_before_the_body,
    a_closed_survey_goes_before_the_body_and_the_version,
    the_state_of_the_draft_goes_before_the_version,
    the_body_goes_before_the_version,
];

const ANA: &str = NAMED.0;

/// Makes survey 1 one that wants to be told.
fn be_strict(service: &Service<'_>) {
    let survey = crate::support::database::SURVEY.replacen('{', r#"{"id":1,"require_if_match":true,"#, 1);
    service.database.add_survey(&survey);
}

#[track_caller]
fn wants_a_version(refused: Answer) {
    refused.expect_problem(428, "PRECONDITION_REQUIRED");
}

async fn a_survey_may_want_every_write_to_name_its_version(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    be_strict(service);
    wants_a_version(Write::save(ANA).send(service).await);
    wants_a_version(Write::put(IDS.0, Save::of(ANA).body()).send(service).await);
    for number in 0..8 {
        let email = format!("p{number}@example.com");
        let draft = Write::save(email.as_str()).if_match("\"0\"").send(service).await.expect(201);
        let (write, status) = Write::of_every_kind(&email, &draft.draft_id())[number].clone();
        let before = service.database.everything();

        wants_a_version(write.send(service).await);
        wants_a_version(write.clone().key("k").send(service).await);
        assert_eq!(service.database.everything(), before, "{write:?}");

        let stale = write.clone().if_match("\"7\"").key("k").send(service).await;
        stale.expect_problem(412, "VERSION_MISMATCH");
        let answer = write.clone().if_match("\"1\"").key("k").send(service).await;
        assert_eq!((answer.status, answer.header("Idempotency-Replayed")), (status, None), "{write:?}");
    }
}

async fn what_overwrites_nothing_need_not_name_a_version(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    be_strict(service);

    Write::create(r#"{"survey_id":1}"#).send(service).await.expect(201);
    Write::create(Save::of(ANA).body()).send(service).await.expect(201);
    Write::put(IDS.0, Save::of(NAMED.1).body()).header("If-None-Match", "*").send(service).await.expect(201);
    Write::discard(NAMED.2).send(service).await.expect(204);
    Write::submit(NAMED.2).send(service).await.expect(201);
    Write::respond("dora@example.com").send(service).await.expect(201);
    service.read(ANA).await.expect(200);
}

async fn a_write_sent_again_need_not_name_a_version(service: &Service<'_>) {
    let write = Write::save(ANA).key("k");
    let first = write.send(service).await.expect(201);
    be_strict(service);

    let again = write.send(service).await.expect(201);

    assert_eq!((again.header("Idempotency-Replayed"), &again.body), (Some("true"), &first.body));
}

async fn a_survey_that_is_replaced_keeps_its_wish(service: &Service<'_>) {
    be_strict(service);
    service.database.add_survey(r#"{"id":1,"name":"Commuting","definition":{}}"#);
    wants_a_version(service.save(ANA).await);

    service.database.add_survey(r#"{"id":1,"name":"Commuting","definition":{},"require_if_match":false}"#);
    service.save(ANA).await.expect(201);
    service.save(Save::of(ANA).screen(2)).await.expect(200);
}

async fn a_known_key_goes_before_everything(service: &Service<'_>) {
    let save = Write::save(Save::of(ANA).data(r#"{"a":2}"#)).key("save");
    let discard = Write::discard_draft(IDS.0).key("discard");
    let submit = Write::submit(NAMED.2).key("submit");
    service.save(ANA).await.expect(201);
    save.clone().if_match("\"1\"").send(service).await.expect(200);
    service.put(IDS.0, r#"{"survey_id":1}"#).await.expect(201);
    discard.clone().if_match("\"1\"").send(service).await.expect(204);
    submit.send(service).await.expect(201);
    let before = service.database.everything();

    for write in [save, discard, submit] {
        let again = write.clone().if_match("\"1\"").send(service).await;
        assert_eq!(again.header("Idempotency-Replayed"), Some("true"), "{write:?}: {}", again.body);
    }
    // With another body the key is told of, whatever else is wrong.
    let bad = [
        Write::save(Save::of(ANA).screen(-1)).key("save").if_match("\"9\""),
        Write::patch(IDS.0, "no json").key("discard"),
        Write::submit(Submission::of(NAMED.2).answers("[7]")).key("submit").if_match("\"9\""),
        Write::save(Save::of(NAMED.2).screen(-1)).key("submit"),
    ];
    for write in bad {
        write.send(service).await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    }
    service.database.set_status(SurveyId(1), Status::Closed);
    Write::save(ANA).key("save").send(service).await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    service.database.set_status(SurveyId(1), Status::Open);
    let after = service.database.everything();
    assert_eq!(after.len(), before.len());
    assert_eq!(service.read(ANA).await.expect(200).version(), 2);
}

/// The path names the draft, and so its keys.
async fn a_known_key_goes_before_a_body_that_names_nobody(service: &Service<'_>) {
    Write::put(IDS.0, Save::of(ANA).body()).key("k").send(service).await.expect(201);

    for body in [r#"{"data":{}}"#, r#"{"survey_id":"one"}"#, "no json", "[]"] {
        let other = Write::put(IDS.0, body).key("k").send(service).await;
        other.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    }
}

async fn the_state_of_the_draft_goes_before_the_body(service: &Service<'_>) {
    let (ben, cleo) = (NAMED.1, NAMED.2);
    let submitted = service.save(ANA).await.expect(201).draft_id();
    service.submit(ANA).await.expect(201);
    let claimed = service.save(ben).await.expect(201).draft_id();
    let before = service.database.everything();

    Write::save(Save::of(ANA).screen(-1)).send(service).await.expect_problem(400, "ALREADY_SUBMITTED");
    Write::submit(Submission::of(ANA).answers("[7]")).send(service).await.expect_problem(400, "ALREADY_SUBMITTED");
    for body in [r#"{"current_screen":-1}"#, r#"{"data":[]}"#, "no json"] {
        Write::patch(IDS.0, body).send(service).await.expect_problem(404, "DRAFT_NOT_FOUND");
        Write::submit_draft(IDS.0, r#"{"participant":1}"#).send(service).await.expect_problem(404, "DRAFT_NOT_FOUND");
        Write::patch(&submitted, body).send(service).await.expect_problem(410, "DRAFT_SUBMITTED");
        Write::put(&submitted, body).send(service).await.expect_problem(410, "DRAFT_SUBMITTED");
    }
    let claim = format!(r#"{{"email":"{cleo}","current_screen":-1}}"#);
    Write::patch(&claimed, claim).send(service).await.expect_problem(409, "DRAFT_CLAIMED");
    Write::create(Save::of(ben).screen(-1).body()).send(service).await.expect_problem(409, "DRAFT_EXISTS");
    Write::save(Save::of(cleo).survey(9).screen(-1)).send(service).await.expect_problem(404, "SURVEY_NOT_FOUND");
    assert_eq!(service.database.everything(), before);

    service.let_drafts_expire();
    Write::patch(&claimed, r#"{"current_screen":-1}"#).send(service).await.expect_problem(410, "DRAFT_EXPIRED");
}

async fn a_closed_survey_goes_before_the_body_and_the_version(service: &Service<'_>) {
    let id = service.save(ANA).await.expect(201).draft_id();
    service.database.set_status(SurveyId(1), Status::Closed);
    let writes = [
        Write::save(Save::of(ANA).screen(-1)),
        Write::put(&id, r#"{"survey_id":1,"data":[]}"#),
        Write::patch(&id, r#"{"data":[]}"#),
        Write::submit(Submission::of(ANA).answers("[7]")),
        Write::submit_draft(&id, r#"{"answers":[7]}"#),
    ];
    for write in writes {
        write.send(service).await.expect_problem(403, "SURVEY_CLOSED");
        write.clone().if_match("\"9\"").send(service).await.expect_problem(403, "SURVEY_CLOSED");
    }
}

async fn the_state_of_the_draft_goes_before_the_version(service: &Service<'_>) {
    let submitted = service.save(ANA).await.expect(201).draft_id();
    service.submit(ANA).await.expect(201);
    service.save(NAMED.1).await.expect(201);
    for tags in ["\"1\"", "\"9\"", "\"0\"", "*"] {
        Write::save(ANA).if_match(tags).send(service).await.expect_problem(400, "ALREADY_SUBMITTED");
        let other = Submission::of(ANA).answers("[101]");
        Write::submit(other).if_match(tags).send(service).await.expect_problem(400, "ALREADY_SUBMITTED");
        Write::submit(ANA).if_match(tags).send(service).await.expect(201);
        Write::patch(&submitted, "{}").if_match(tags).send(service).await.expect_problem(410, "DRAFT_SUBMITTED");
        Write::discard_draft(&submitted).if_match(tags).send(service).await.expect_problem(410, "DRAFT_SUBMITTED");
        Write::patch(IDS.0, "{}").if_match(tags).send(service).await.expect_problem(404, "DRAFT_NOT_FOUND");
        Write::discard_draft(IDS.0).if_match(tags).send(service).await.expect_problem(404, "DRAFT_NOT_FOUND");
        let start = Write::create(Save::of(NAMED.1).body()).if_match(tags);
        start.send(service).await.expect_problem(409, "DRAFT_EXISTS");
    }
}

async fn the_body_goes_before_the_version(service: &Service<'_>) {
    be_strict(service);
    let id = Write::save(ANA).if_match("\"0\"").send(service).await.expect(201).draft_id();
    let before = service.database.everything();
    let bad = [
        (Write::save(Save::of(ANA).screen(-1)), 400, "INVALID_REQUEST"),
        (Write::save(Save::of(NAMED.1).without("data")), 400, "INVALID_REQUEST"),
        (Write::put(&id, r#"{"survey_id":1,"data":[]}"#), 400, "INVALID_REQUEST"),
        (Write::patch(&id, r#"{"current_screen":-1}"#), 400, "INVALID_REQUEST"),
        (Write::patch(&id, "no json"), 400, "INVALID_JSON"),
        (Write::submit(Submission::of(ANA).answers("[7]")), 422, "ANSWERS_INVALID"),
        (Write::submit(Submission::of(ANA).with("guest_code", "\"nobody's\"")), 400, "INVALID_GUEST_CODE"),
        (Write::submit_draft(&id, r#"{"answers":[7]}"#), 422, "ANSWERS_INVALID"),
    ];
    for (write, status, code) in bad {
        write.send(service).await.expect_problem(status, code);
        write.clone().if_match("\"9\"").send(service).await.expect_problem(status, code);
    }
    assert_eq!(service.database.everything(), before);
}
