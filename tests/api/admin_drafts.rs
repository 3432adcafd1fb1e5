//! A draft in the hands of an admin: read with its history, extended, discarded, submitted, restored. All of it is audited,
//! and none of it is for those who are not to see the draft.

use chrono::TimeDelta;
use formprogress::{access::Power, companies::CompanyId, surveys::Status};

use crate::support::{
    Answer, NAMED, Save, Service,
    admin::DRAFT_POWERS,
    drafts::{IDS, draft_path},
};

on_both_databases![
    a_draft_is_read_with_its_history,
    what_was_entered_is_read_byte_for_byte,
    reading_changes_nothing_but_the_audit_log,
    a_draft_is_extended_and_never_shortened,
    an_extension_that_is_none_is_refused,
    a_draft_is_discarded,
    a_draft_is_submitted_with_its_own_answers,
    answers_that_do_not_fit_are_told_and_change_nothing,
    a_draft_is_submitted_without_answers,
    a_draft_of_nobody_cannot_be_submitted,
    a_closed_survey_does_not_keep_admins_out,
    a_survey_that_insists_on_versions_does_not_make_admins_insist,
    an_admin_may_insist_on_a_version,
    an_act_with_a_key_is_done_and_audited_once,
    earlier_states_are_listed_and_restored_beside_the_other_routes,
    a_draft_that_is_no_more_is_told_as_such,
    who_is_limited_finds_nothing_of_others,
    who_may_read_may_not_change,
];

const ANA: &str = NAMED.0;

fn path(id: &str, behind: &str) -> String {
    format!("/api/admin/drafts/{id}{behind}")
}

async fn post(service: &Service<'_>, id: &str, behind: &str, body: &str) -> Answer {
    service.post(&path(id, behind), body).await
}

/// Ana's draft, which Acme's code links.
async fn draft_of_acme(service: &Service<'_>) -> CompanyId {
    service.server_key(&DRAFT_POWERS).await;
    let acme = service.database.add_company("Acme", "ACME");
    service.put(IDS.0, Save::of(ANA).guest_code("Acme").screen(1).body()).await.expect(201);
    acme
}

async fn a_draft_is_read_with_its_history(service: &Service<'_>) {
    let acme = draft_of_acme(service).await;
    service.clock.advance(TimeDelta::days(1));
    service.patch(IDS.0, r#"{"current_screen":3,"data":{"b":2}}"#).await.expect(200);
    service.clock.advance(TimeDelta::minutes(1));
    service.patch(IDS.0, r#"{"current_screen":2,"data":{"b":null}}"#).await.expect(200);

    let draft = service.get(&path(IDS.0, "")).await.expect(200);

    assert_eq!(draft.header("Cache-Control"), Some("no-store"));
    insta::allow_duplicates! {
        insta::assert_snapshot!(draft.body, @r#"{"draft_id":"0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c01","reference":"1EFJ-T7KC-3H7G","email":"ana@example.com","survey_id":1,"company_id":1,"guest_code":"acme","current_screen":2,"furthest_screen":3,"data":{"guestCodeResponse":{"guestCode":"Acme"}},"meta":null,"fingerprint":null,"schema_changed":false,"version":3,"created_at":"2026-11-21T09:30:00.000000Z","updated_at":"2026-11-22T09:31:00.000000Z","expires_at":"2026-12-22T09:31:00.000000Z","previous_states":1,"history":[{"at":"2026-11-21T09:30:00.000000Z","kind":"started","screen":1,"company_id":1},{"at":"2026-11-22T09:30:00.000000Z","kind":"resumed","screen":1,"company_id":1},{"at":"2026-11-22T09:30:00.000000Z","kind":"screen_entered","screen":3,"company_id":1}]}"#);
    }
    assert_eq!(service.audited_acts(), [format!("draft.read | draft {} | 1 | {} | ", IDS.0, acme.0)]);
}

async fn what_was_entered_is_read_byte_for_byte(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let (data, meta) = (r#"{"b" : 1e2,"a":"\u0000","a":12345678901234567890}"#, r#"[1, "é🦀"]"#);
    service.put(IDS.0, Save::of(ANA).data(data).with("meta", meta).body()).await.expect(201);

    let draft = service.get(&path(IDS.0, "")).await.expect(200);

    assert_eq!((draft.raw("data").as_str(), draft.raw("meta").as_str()), (data, meta));
}

async fn reading_changes_nothing_but_the_audit_log(service: &Service<'_>) {
    draft_of_acme(service).await;
    let without_log = |service: &Service<'_>| {
        service.database.execute("DELETE FROM audit_log");
        service.database.everything()
    };
    let before = without_log(service);
    service.clock.advance(TimeDelta::days(1));

    service.get(&path(IDS.0, "")).await.expect(200);
    service.get("/api/admin/drafts").await.expect(200);

    assert_eq!(service.audited_acts().len(), 2);
    assert_eq!(without_log(service), before);
}

async fn a_draft_is_extended_and_never_shortened(service: &Service<'_>) {
    let acme = draft_of_acme(service).await;
    let before = service.draft(IDS.0).await.expect(200);
    service.clock.advance(TimeDelta::days(1));

    for (body, expires_at) in [
        (r#"{"days":7}"#, "2026-12-21T09:30:00.000000Z"),
        (r#"{"days":"90"}"#, "2027-02-20T09:30:00.000000Z"),
        (r#"{"until":"2027-01-01T00:00:00Z"}"#, "2027-02-20T09:30:00.000000Z"),
        (r#"{"until":"2027-03-01T01:00:00+01:00"}"#, "2027-03-01T00:00:00.000000Z"),
        (r#"{"days":1826}"#, "2031-11-22T09:30:00.000000Z"),
    ] {
        let extended = post(service, IDS.0, "/extend", body).await.expect(200);
        assert_eq!(extended.json()["expires_at"], expires_at, "{body}");
        assert_eq!((extended.etag(), extended.raw("data")), ("\"1\"", before.raw("data")), "{body}");
        assert_eq!(extended.raw("updated_at"), before.raw("updated_at"), "{body}");
    }

    service.let_drafts_expire();
    service.purge().await;
    service.draft(IDS.0).await.expect(200);
    let audited = service.audited_acts();
    assert_eq!(
        audited[1],
        format!("draft.extend | draft {} | 1 | {} | until 2027-02-20T09:30:00.000000Z", IDS.0, acme.0)
    );
    assert_eq!(audited.len(), 5);
    // An admin's hand is no sign of life.
    assert_eq!(service.database.lines("SELECT kind AS value FROM progress_events"), ["started"]);
}

async fn an_extension_that_is_none_is_refused(service: &Service<'_>) {
    draft_of_acme(service).await;
    let before = service.database.everything();
    for (body, pointer) in [
        ("{}", "#/days"),
        (r#"{"days":0}"#, "#/days"),
        (r#"{"days":1827}"#, "#/days"),
        (r#"{"days":-1}"#, "#/days"),
        (r#"{"days":1.5}"#, "#/days"),
        (r#"{"days":1,"until":"2027-01-01T00:00:00Z"}"#, "#/until"),
        (r#"{"until":"2026-11-21T09:30:00Z"}"#, "#/until"),
        (r#"{"until":"2032-01-01T00:00:00Z"}"#, "#/until"),
        (r#"{"until":"sesame"}"#, "#/until"),
    ] {
        let refused = post(service, IDS.0, "/extend", body).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(refused.pointers()[0], pointer, "{body}: {}", refused.body);
    }
    assert_eq!(service.database.everything(), before);
}

async fn a_draft_is_discarded(service: &Service<'_>) {
    let acme = draft_of_acme(service).await;

    service.delete(&path(IDS.0, "")).await.expect(204);

    service.draft(IDS.0).await.expect_problem(404, "DRAFT_NOT_FOUND");
    assert_eq!(service.database.count("form_progress"), 0);
    assert_eq!(service.audited_acts(), [format!("draft.discard | draft {} | 1 | {} | ", IDS.0, acme.0)]);
    service.delete(&path(IDS.0, "")).await.expect_problem(404, "DRAFT_NOT_FOUND");
    assert_eq!(service.audited_acts().len(), 1);
    service.save(ANA).await.expect(201);
}

async fn a_draft_is_submitted_with_its_own_answers(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    service.put(IDS.0, Save::of(ANA).data(r#"{"10":100}"#).body()).await.expect(201);

    let submitted = post(service, IDS.0, "/submit", r#"{"answers":"draft"}"#).await.expect(201).json();

    assert_eq!((&submitted["email"], &submitted["answers_count"]), (&ANA.into(), &1.into()));
    service.save(ANA).await.expect_problem(400, "ALREADY_SUBMITTED");
    service.draft(IDS.0).await.expect_problem(410, "DRAFT_SUBMITTED");
    assert_eq!(service.audited_acts(), [format!("draft.submit | draft {} | 1 | - | with the draft's answers", IDS.0)]);
    // Sent again, it is answered as the first time.
    assert_eq!(post(service, IDS.0, "/submit", r#"{"answers":"draft"}"#).await.expect(201).json(), submitted);
    post(service, IDS.0, "/submit", r#"{"answers":"none"}"#).await.expect_problem(400, "ALREADY_SUBMITTED");
}

async fn answers_that_do_not_fit_are_told_and_change_nothing(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let schema = r#"{"name":"Strict","definition":{},"answer_schema":{"type":"object","required":["age"]}}"#;
    service.database.add_survey(schema);
    service.put(IDS.0, Save::of(ANA).survey(2).data("{}").body()).await.expect(201);
    let before = service.database.everything();

    let refused = post(service, IDS.0, "/submit", r#"{"answers":"draft"}"#).await;

    refused.expect_problem(422, "ANSWERS_INVALID");
    for body in ["{}", r#"{"answers":null}"#, r#"{"answers":{"10":100}}"#, r#"{"answers":"all"}"#] {
        let refused = post(service, IDS.0, "/submit", body).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(refused.pointers(), ["#/answers"], "{body}");
    }
    assert_eq!(service.database.everything(), before);
    post(service, IDS.0, "/submit", r#"{"answers":"none"}"#).await.expect(201);
}

async fn a_draft_is_submitted_without_answers(service: &Service<'_>) {
    let acme = draft_of_acme(service).await;

    let submitted = post(service, IDS.0, "/submit", r#"{"answers":"none"}"#).await.expect(201).json();

    assert_eq!(submitted["answers_count"], 0);
    assert_eq!(service.database.number("SELECT company_id AS value FROM submissions"), acme.0);
    assert_eq!(service.audited_acts(), [format!("draft.submit | draft {} | 1 | {} | without answers", IDS.0, acme.0)]);
}

async fn a_draft_of_nobody_cannot_be_submitted(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let id = service.start_anonymous("{}").await;
    post(service, &id, "/submit", r#"{"answers":"none"}"#).await.expect_problem(409, "DRAFT_ANONYMOUS");
    assert_eq!(service.audited_acts(), Vec::<String>::new());
}

async fn a_closed_survey_does_not_keep_admins_out(service: &Service<'_>) {
    draft_of_acme(service).await;
    service.patch(IDS.0, r#"{"data":{"guestCodeResponse":null}}"#).await.expect(200);
    service.database.set_status(formprogress::surveys::SurveyId(1), Status::Closed);
    service.patch(IDS.0, "{}").await.expect_problem(403, "SURVEY_CLOSED");

    service.get(&path(IDS.0, "")).await.expect(200);
    post(service, IDS.0, "/extend", r#"{"days":60}"#).await.expect(200);
    post(service, IDS.0, "/restore", r#"{"version":1}"#).await.expect(200);
    post(service, IDS.0, "/submit", r#"{"answers":"none"}"#).await.expect(201);
}

async fn a_survey_that_insists_on_versions_does_not_make_admins_insist(service: &Service<'_>) {
    draft_of_acme(service).await;
    service.database.execute("UPDATE surveys SET requires_if_match = TRUE");
    service.patch(IDS.0, "{}").await.expect_problem(428, "PRECONDITION_REQUIRED");

    post(service, IDS.0, "/extend", r#"{"days":60}"#).await.expect(200);
    service.delete(&path(IDS.0, "")).await.expect(204);
}

async fn an_admin_may_insist_on_a_version(service: &Service<'_>) {
    draft_of_acme(service).await;
    let before = service.database.everything();
    let send = async |method: &str, behind: &str, body: &str, tag: &str| {
        let request = service.request(method, &path(IDS.0, behind)).header("If-Match", tag);
        if body.is_empty() { request.send().await } else { request.json(body).send().await }
    };
    for (method, behind, body) in
        [("POST", "/extend", r#"{"days":60}"#), ("POST", "/submit", r#"{"answers":"none"}"#), ("DELETE", "", "")]
    {
        send(method, behind, body, "\"7\"").await.expect_problem(412, "VERSION_MISMATCH");
    }
    assert_eq!(service.database.everything(), before);
    send("POST", "/extend", r#"{"days":60}"#, "\"1\"").await.expect(200);
    send("DELETE", "", "", "\"1\"").await.expect(204);
}

async fn an_act_with_a_key_is_done_and_audited_once(service: &Service<'_>) {
    draft_of_acme(service).await;
    let send = async |method: &str, behind: &str, body: &str, key: &str| {
        let request = service.request(method, &path(IDS.0, behind)).header("Idempotency-Key", key);
        if body.is_empty() { request.send().await } else { request.json(body).send().await }
    };
    let first = send("POST", "/extend", r#"{"days":60}"#, "k").await.expect(200);
    service.clock.advance(TimeDelta::days(1));
    let again = send("POST", "/extend", r#"{"days":60}"#, "k").await.expect(200);
    assert_eq!((again.body.as_str(), again.header("Idempotency-Replayed")), (first.body.as_str(), Some("true")));
    send("POST", "/extend", r#"{"days":61}"#, "k").await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");

    send("DELETE", "", "", "d").await.expect(204);
    let again = send("DELETE", "", "", "d").await.expect(204);
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(service.audited_acts().len(), 2);
}

async fn earlier_states_are_listed_and_restored_beside_the_other_routes(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    service.put(IDS.0, Save::of(ANA).data(r#"{"a":1}"#).body()).await.expect(201);
    service.put(IDS.0, Save::of(ANA).data("{}").body()).await.expect(200);

    let listed = service.get(&path(IDS.0, "/previous")).await.expect(200);
    assert_eq!(listed.body, service.get(&draft_path(IDS.0, "/previous")).await.expect(200).body);
    let restored = post(service, IDS.0, "/restore", r#"{"version":1}"#).await.expect(200);
    assert_eq!((restored.raw("data"), restored.version()), (r#"{"a":1}"#.into(), 3));
    assert_eq!(service.audited_acts()[2], format!("draft.restore | draft {} | 1 | - | version 1", IDS.0));
}

async fn a_draft_that_is_no_more_is_told_as_such(service: &Service<'_>) {
    draft_of_acme(service).await;
    let before = service.audited_acts();
    let all = async |id: &str, status: u16, code: &str| {
        for behind in ["", "/previous"] {
            service.get(&path(id, behind)).await.expect_problem(status, code);
        }
        for (behind, body) in
            [("/extend", r#"{"days":9}"#), ("/submit", r#"{"answers":"draft"}"#), ("/restore", r#"{"version":1}"#)]
        {
            post(service, id, behind, body).await.expect_problem(status, code);
            post(service, id, behind, "{").await.expect_problem(status, code);
        }
        service.delete(&path(id, "")).await.expect_problem(status, code);
    };
    all("sesame", 404, "DRAFT_NOT_FOUND").await;
    all(IDS.1, 404, "DRAFT_NOT_FOUND").await;
    service.let_drafts_expire();
    all(IDS.0, 410, "DRAFT_EXPIRED").await;
    service.purge().await;
    all(IDS.0, 410, "DRAFT_EXPIRED").await;
    assert_eq!(service.audited_acts(), before);
}

async fn who_is_limited_finds_nothing_of_others(service: &Service<'_>) {
    let acme = draft_of_acme(service).await;
    let other = service.database.add_company("Other", "OTHER");
    service.put(IDS.1, Save::of(NAMED.1).body()).await.expect(201);
    let refused = async |key: &str, id: &str| {
        let before = service.database.everything();
        for (method, behind, body) in [
            ("GET", "", ""),
            ("GET", "/previous", ""),
            ("POST", "/extend", r#"{"days":9}"#),
            ("POST", "/submit", r#"{"answers":"none"}"#),
            ("POST", "/submit", r#"{"answers":"draft"}"#),
            ("POST", "/restore", r#"{"version":1}"#),
            ("DELETE", "", ""),
        ] {
            let request = service.request(method, &path(id, behind)).with_key(key);
            let request = if body.is_empty() { request } else { request.json(body) };
            request.send().await.expect_problem(404, "DRAFT_NOT_FOUND");
        }
        assert_eq!(service.database.everything(), before);
    };
    let of_acme = service.limited_drafts_key(&[acme], &[]).await;
    let of_other = service.limited_drafts_key(&[other], &[]).await;
    let of_survey = service.limited_drafts_key(&[], &[2]).await;

    refused(&of_acme, IDS.1).await;
    for key in [&of_other, &of_survey] {
        refused(key, IDS.0).await;
    }
    service.request("GET", &path(IDS.0, "")).with_key(&of_acme).send().await.expect(200);
    // Nor are they told how it ended.
    service.submit_draft_with(IDS.0, r#"{"answers":[100]}"#).await.expect(201);
    for key in [&of_other, &of_survey] {
        refused(key, IDS.0).await;
    }
    let ended = service.request("GET", &path(IDS.0, "")).with_key(&of_acme).send().await;
    ended.expect_problem(410, "DRAFT_SUBMITTED");
}

async fn who_may_read_may_not_change(service: &Service<'_>) {
    draft_of_acme(service).await;
    service.server_key(&[Power::ReadDrafts]).await;
    service.get(&path(IDS.0, "")).await.expect(200);
    for (behind, body) in
        [("/extend", r#"{"days":9}"#), ("/submit", r#"{"answers":"none"}"#), ("/restore", r#"{"version":1}"#)]
    {
        post(service, IDS.0, behind, body).await.expect_problem(403, "FORBIDDEN");
        let nobody = service.request("POST", &path(IDS.0, behind)).anonymous().json(body).send().await;
        nobody.expect_problem(401, "UNAUTHORIZED");
    }
    service.delete(&path(IDS.0, "")).await.expect_problem(403, "FORBIDDEN");
    service.server_key(&[Power::ChangeDrafts]).await;
    for behind in ["", "/previous"] {
        service.get(&path(IDS.0, behind)).await.expect_problem(403, "FORBIDDEN");
    }
}
