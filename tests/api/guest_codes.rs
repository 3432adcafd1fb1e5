//! Rule 8: a guest code in the data links the draft to its company, and nothing in the data can be an error.

use crate::support::{NAMED, Save, Service, Submission};

on_both_databases![
    a_guest_code_links_the_draft_to_its_company,
    a_code_that_nobody_has_links_nothing,
    an_inactive_code_links_nothing,
    a_save_without_a_code_keeps_the_link,
    an_unknown_code_keeps_the_link,
    another_good_code_moves_the_link,
    a_new_link_is_a_new_version,
    no_shape_of_the_guest_code_is_an_error,
    a_code_switched_off_later_still_counts_for_the_draft_that_it_linked,
    a_code_switched_off_does_not_count_for_others,
    a_submission_without_a_code_belongs_to_the_company_of_the_draft,
    a_submission_with_an_unknown_code_is_refused,
];

const ANA: &str = NAMED.0;

async fn a_guest_code_links_the_draft_to_its_company(service: &Service<'_>) {
    service.database.add_company("Other", "OTHER");
    let company = service.database.add_company("Acme", "ACME-1");

    let answer = service.save(Save::of(ANA).guest_code(" acme-1 ")).await.expect(201);

    assert_eq!(answer.json()["company_id"], company.0);
    assert_eq!(service.read(ANA).await.expect(200).json()["company_id"], company.0);
}

async fn a_code_that_nobody_has_links_nothing(service: &Service<'_>) {
    let answer = service.save(Save::of(ANA).guest_code("nobody's")).await.expect(201);

    assert_eq!(answer.raw("company_id"), "null");
}

async fn an_inactive_code_links_nothing(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    service.database.deactivate(company);

    let answer = service.save(Save::of(ANA).guest_code("ACME-1")).await.expect(201);

    assert_eq!(answer.raw("company_id"), "null");
}

async fn a_save_without_a_code_keeps_the_link(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    service.save(Save::of(ANA).guest_code("ACME-1")).await.expect(201);

    for data in ["{}", r#"{"guestCodeResponse":null}"#, r#"{"guestCodeResponse":{"guestCode":""}}"#] {
        assert_eq!(service.save(Save::of(ANA).data(data)).await.expect(200).json()["company_id"], company.0);
    }
    let without_data = service.save(Save::of(ANA).without("data").screen(2)).await.expect(200);
    assert_eq!(without_data.json()["company_id"], company.0);
}

async fn an_unknown_code_keeps_the_link(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    service.save(Save::of(ANA).guest_code("ACME-1")).await.expect(201);

    let answer = service.save(Save::of(ANA).guest_code("nobody's")).await.expect(200);

    assert_eq!(answer.json()["company_id"], company.0);
}

async fn another_good_code_moves_the_link(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME-1");
    let other = service.database.add_company("Other", "OTHER");
    service.save(Save::of(ANA).guest_code("ACME-1")).await.expect(201);

    let answer = service.save(Save::of(ANA).guest_code("OTHER")).await.expect(200);

    assert_eq!(answer.json()["company_id"], other.0);
}

async fn a_new_link_is_a_new_version(service: &Service<'_>) {
    service.save(Save::of(ANA).guest_code("ACME-1")).await.expect(201);
    service.database.add_company("Acme", "ACME-1");

    let linked = service.save(Save::of(ANA).guest_code("ACME-1")).await.expect(200);
    let again = service.save(Save::of(ANA).guest_code("ACME-1")).await.expect(200);

    assert_eq!((linked.version(), again.version()), (2, 2));
}

async fn no_shape_of_the_guest_code_is_an_error(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME-1");
    for data in [
        r#"{"guestCodeResponse":[]}"#,
        r#"{"guestCodeResponse":"ACME-1"}"#,
        r#"{"guestCodeResponse":7}"#,
        r#"{"guestCodeResponse":{"guestCode":null}}"#,
        r#"{"guestCodeResponse":{"guestCode":7}}"#,
        r#"{"guestCodeResponse":{"guestCode":["ACME-1"]}}"#,
        r#"{"guestCodeResponse":{"guestCode":{"guestCode":"ACME-1"}}}"#,
        r#"{"guestCodeResponse":{"guestCode":"a\u0000b"}}"#,
        r#"{"guestCodeResponse":{"guestCode":"\ud800"}}"#,
        r#"{"guestCodeResponse":{"\ud800":1}}"#,
        r#"{"guestCodeResponse":{"guestCode":"'; DROP TABLE companies; --"}}"#,
        r#"{"emailResponse":null,"guestCodeResponse":null}"#,
    ] {
        let answer = service.save(Save::of(ANA).data(data)).await;
        assert!(answer.status < 300, "{data}: {}", answer.body);
        assert_eq!((answer.raw("company_id"), answer.raw("data")), ("null".into(), data.into()));
    }
    let long = format!(r#"{{"guestCodeResponse":{{"guestCode":"{}"}}}}"#, "x".repeat(100_000));
    service.save(Save::of(ANA).data(long)).await.expect(200);
}

/// Switching a code off must not cost a participant who has begun their answers.
async fn a_code_switched_off_later_still_counts_for_the_draft_that_it_linked(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    service.save(Save::of(ANA).guest_code("ACME-1")).await.expect(201);
    service.database.deactivate(company);

    service.save(Save::of(ANA).guest_code("ACME-1").screen(2)).await.expect(200);
    service.submit(Submission::of(ANA).with("guest_code", "\"Acme-1\"")).await.expect(201);

    assert_eq!(service.database.number("SELECT company_id AS value FROM submissions"), company.0);
}

async fn a_code_switched_off_does_not_count_for_others(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    service.database.add_company("Other", "OTHER");
    service.save(Save::of(ANA).guest_code("OTHER")).await.expect(201);
    service.save(NAMED.1).await.expect(201);
    service.database.deactivate(company);
    let before = service.database.everything();

    for email in [NAMED.0, NAMED.1, NAMED.2] {
        let answer = service.submit(Submission::of(email).with("guest_code", "\"ACME-1\"")).await;
        answer.expect_problem(400, "INVALID_GUEST_CODE");
    }

    assert_eq!(service.database.everything(), before);
}

async fn a_submission_without_a_code_belongs_to_the_company_of_the_draft(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    service.save(Save::of(ANA).guest_code("ACME-1")).await.expect(201);

    service.submit(ANA).await.expect(201);

    assert_eq!(service.database.number("SELECT company_id AS value FROM submissions"), company.0);
}

async fn a_submission_with_an_unknown_code_is_refused(service: &Service<'_>) {
    service.save(ANA).await.expect(201);

    let answer = service.submit(Submission::of(ANA).with("guest_code", "\"nobody's\"")).await;

    answer.expect_problem(400, "INVALID_GUEST_CODE");
    service.read(ANA).await.expect(200);
}
