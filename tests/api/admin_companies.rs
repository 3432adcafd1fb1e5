//! Companies, as admins list, add and change them.

use formprogress::access::Power;
use serde_json::{Value, json};

use crate::support::{Save, Service, TestDatabase, formprogress};

const COMPANIES: &str = "/api/admin/companies";
const ALL: [Power; 2] = [Power::Figures, Power::ChangeCompanies];

mod over_http {
    use super::*;

    on_both_databases![
        a_company_is_added_read_and_changed,
        a_guest_code_that_is_taken_is_refused,
        everything_wrong_with_a_company_is_told_at_once,
        a_change_of_nothing_writes_nothing,
        companies_are_listed_page_by_page,
        guest_codes_are_for_those_who_may_change_them,
        a_caller_limited_to_companies_sees_and_changes_no_others,
        whoever_lacks_the_power_is_refused,
        a_code_that_is_switched_off_links_nothing_until_it_is_on_again,
    ];
}

mod on_the_command_line {
    use super::*;

    on_both_databases![
        database:
        a_company_is_renamed_given_another_code_and_switched_off,
        a_change_that_cannot_be_is_refused,
    ];
}

async fn add(service: &Service<'_>, name: &str, code: &str) -> Value {
    let body = json!({"name": name, "guest_code": code}).to_string();
    service.post(COMPANIES, body).await.expect(201).json()
}

async fn a_company_is_added_read_and_changed(service: &Service<'_>) {
    service.server_key(&ALL).await;

    let added = service.post(COMPANIES, r#"{"name":" Acme ","guest_code":" ACME-1 ","details":"Hello."}"#).await;
    let added = added.expect(201);
    let place = added.header("Location").expect("a new thing has a place").to_owned();
    let expected = json!({"id": 1, "name": "Acme", "details": "Hello.", "guest_code": "ACME-1", "is_active": true});
    assert_eq!((added.json(), place.as_str()), (expected.clone(), "/api/admin/companies/1"));
    assert_eq!(service.get(&place).await.expect(200).json(), expected);

    let changes = r#"{"name":"Acme & Sons","details":"","guest_code":"ACME-2","is_active":false}"#;
    let changed = service.request("PATCH", &place).json(changes).send().await.expect(200).json();
    let expected = json!({"id": 1, "name": "Acme & Sons", "details": "", "guest_code": "ACME-2", "is_active": false});
    assert_eq!(changed, expected);
    service.request("PATCH", &place).json(r#"{"is_active":true,"name":null}"#).send().await.expect(200);

    let expected = json!({"id": 1, "name": "Acme & Sons", "details": "", "guest_code": "ACME-2", "is_active": true});
    assert_eq!(service.get(&place).await.expect(200).json(), expected);
    assert_eq!(
        service.audited(),
        [
            "key company.create company 1",
            "key company.change company 1: name, details, guest_code, is_active",
            "key company.change company 1: is_active"
        ]
    );
}

async fn a_guest_code_that_is_taken_is_refused(service: &Service<'_>) {
    service.server_key(&ALL).await;
    add(service, "Acme", "ACME").await;
    add(service, "Other", "OTHER").await;
    let before = service.database.everything();

    let same = service.post(COMPANIES, r#"{"name":"Third","guest_code":"acme "}"#).await;
    same.expect_problem(409, "GUEST_CODE_TAKEN");
    let same = service.request("PATCH", "/api/admin/companies/2").json(r#"{"guest_code":"Acme"}"#).send().await;
    same.expect_problem(409, "GUEST_CODE_TAKEN");

    assert_eq!(service.database.everything(), before);
    // Its own is not another's.
    service.request("PATCH", "/api/admin/companies/2").json(r#"{"guest_code":"other"}"#).send().await.expect(200);
}

async fn everything_wrong_with_a_company_is_told_at_once(service: &Service<'_>) {
    service.server_key(&ALL).await;
    add(service, "Acme", "ACME").await;
    let before = service.database.everything();

    let refused = service.post(COMPANIES, r#"{"name":" ","details":7}"#).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(refused.pointers(), ["#/details", "#/name", "#/guest_code"]);
    let body = r#"{"name":"a\u0000b","details":"\u0000","guest_code":"","is_active":"yes"}"#;
    let refused = service.request("PATCH", "/api/admin/companies/1").json(body).send().await;
    let mut pointers = refused.expect_problem(400, "INVALID_REQUEST").pointers();
    pointers.sort();
    assert_eq!(pointers, ["#/details", "#/guest_code", "#/is_active", "#/name"]);
    for query in ["?is_active=maybe", "?limit=0", "?limit=201", "?after=%21", "?after=eA", "?name=Acme"] {
        service.get(&format!("{COMPANIES}{query}")).await.expect_problem(400, "INVALID_REQUEST");
    }

    assert_eq!(service.database.everything(), before);
}

async fn a_change_of_nothing_writes_nothing(service: &Service<'_>) {
    service.server_key(&ALL).await;
    add(service, "Acme", "ACME").await;
    let before = service.database.everything();

    let same = r#"{"name":" Acme ","details":"","guest_code":"ACME","is_active":true}"#;
    for body in ["{}", r#"{"name":null}"#, r#"{"colour":"red"}"#, same] {
        service.request("PATCH", "/api/admin/companies/1").json(body).send().await.expect(200);
    }
    for id in ["2", "0", "x", "9223372036854775808"] {
        let path = format!("{COMPANIES}/{id}");
        service.request("PATCH", &path).json("{}").send().await.expect_problem(404, "COMPANY_NOT_FOUND");
        service.get(&path).await.expect_problem(404, "COMPANY_NOT_FOUND");
    }

    assert_eq!(service.database.everything(), before);
}

async fn companies_are_listed_page_by_page(service: &Service<'_>) {
    service.server_key(&ALL).await;
    for number in 1..=5 {
        add(service, &format!("Company {number}"), &format!("C-{number}")).await;
    }
    service.database.deactivate(formprogress::companies::CompanyId(2));

    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = service.get(&format!("{COMPANIES}?limit=2{after}")).await.expect(200).json();
        seen.extend(page["items"].as_array().expect("items").iter().map(|item| item["id"].as_i64()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5].map(Some));

    let ids = async |query: &str| {
        let page = service.get(&format!("{COMPANIES}{query}")).await.expect(200).json();
        page["items"].as_array().expect("items").iter().filter_map(|item| item["id"].as_i64()).collect::<Vec<_>>()
    };
    assert_eq!(ids("?is_active=false").await, [2]);
    assert_eq!(ids("?is_active=true").await, [1, 3, 4, 5]);
}

async fn guest_codes_are_for_those_who_may_change_them(service: &Service<'_>) {
    service.server_key(&ALL).await;
    add(service, "Acme", "SESAME").await;

    let figures = service.limited_key(&[Power::Figures], None, None).await;
    for path in [COMPANIES, "/api/admin/companies/1"] {
        let seen = service.as_key(&figures, "GET", path, "").await.expect(200);
        assert!(seen.body.contains(r#""guest_code":null"#) && !seen.body.contains("SESAME"), "{}", seen.body);
    }
}

async fn a_caller_limited_to_companies_sees_and_changes_no_others(service: &Service<'_>) {
    service.server_key(&ALL).await;
    add(service, "Acme", "ACME").await;
    add(service, "Other", "OTHER").await;
    let limited = service.limited_key(&ALL, None, Some(&[1])).await;

    let list = service.as_key(&limited, "GET", COMPANIES, "").await.expect(200).json();
    assert_eq!((list["items"].as_array().map(Vec::len), &list["items"][0]["id"]), (Some(1), &json!(1)));
    service.as_key(&limited, "PATCH", "/api/admin/companies/1", r#"{"name":"Mine"}"#).await.expect(200);
    let before = service.database.everything();
    for (method, body) in [("GET", ""), ("PATCH", r#"{"name":"Mine too"}"#)] {
        let hidden = service.as_key(&limited, method, "/api/admin/companies/2", body).await;
        hidden.expect_problem(404, "COMPANY_NOT_FOUND");
    }
    let new = r#"{"name":"New","guest_code":"NEW"}"#;
    service.as_key(&limited, "POST", COMPANIES, new).await.expect_problem(403, "FORBIDDEN");
    assert_eq!(service.database.everything(), before);
}

async fn whoever_lacks_the_power_is_refused(service: &Service<'_>) {
    service.server_key(&ALL).await;
    add(service, "Acme", "ACME").await;
    let figures = service.limited_key(&[Power::Figures], None, None).await;
    let codes = service.limited_key(&[Power::ChangeCompanies], None, None).await;
    let before = service.database.everything();

    let new = r#"{"name":"New","guest_code":"NEW"}"#;
    for (method, path, body, key) in [
        ("GET", COMPANIES, "", &codes),
        ("GET", "/api/admin/companies/1", "", &codes),
        ("POST", COMPANIES, new, &figures),
        ("PATCH", "/api/admin/companies/1", r#"{"name":"New"}"#, &figures),
    ] {
        service.as_key(key, method, path, body).await.expect_problem(403, "FORBIDDEN");
        let nobody = service.request(method, path).anonymous();
        let nobody = if body.is_empty() { nobody } else { nobody.json(body) };
        nobody.send().await.expect_problem(401, "UNAUTHORIZED");
    }

    assert_eq!(service.database.everything(), before);
}

async fn a_code_that_is_switched_off_links_nothing_until_it_is_on_again(service: &Service<'_>) {
    service.server_key(&[Power::Figures, Power::ChangeCompanies, Power::Participate]).await;
    add(service, "Acme", "ACME").await;
    let switch = async |on: bool| {
        let body = json!({"is_active": on}).to_string();
        service.request("PATCH", "/api/admin/companies/1").json(body).send().await.expect(200);
    };
    let company_of = async |email: &str| {
        service.save(Save::of(email).guest_code("acme")).await.expect(201).json()["company_id"].clone()
    };

    switch(false).await;
    assert_eq!(company_of("ana@example.com").await, Value::Null);
    service.post("/api/invitation-code", r#"{"invitation_code":"ACME"}"#).await.expect(400);
    switch(true).await;
    assert_eq!(company_of("ben@example.com").await, 1);
}

async fn a_company_is_renamed_given_another_code_and_switched_off(database: &TestDatabase) {
    let company = |arguments: &[&str]| formprogress(database.url(), &[&["company"], arguments].concat());
    company(&["add", "--name", "Acme", "--guest-code", "ACME"]).expect_success();

    let said = |arguments: &[&str]| company(arguments).expect_success().stdout;
    assert_eq!(said(&["rename", "1", " Acme & Sons "]), "Company 1 is called Acme & Sons.\n");
    assert_eq!(said(&["code", "1", " NEW "]), "Company 1 has the guest code NEW.\n");
    assert_eq!(said(&["off", "1"]), "Company 1 is off: its guest code NEW is not taken any more.\n");
    let listed = company(&["list", "--json"]).expect_success().json();
    assert_eq!(
        listed,
        json!([{"id": 1, "name": "Acme & Sons", "details": "", "guest_code": "NEW", "is_active": false}])
    );
    assert_eq!(said(&["on", "1"]), "Company 1 is on: its guest code NEW is taken.\n");

    let audited = database.lines("SELECT actor || ' ' || action || ' ' || detail AS value FROM audit_log ORDER BY id");
    assert_eq!(
        audited,
        [
            "command_line company.create ",
            "command_line company.change name",
            "command_line company.change guest_code",
            "command_line company.change is_active",
            "command_line company.change is_active"
        ]
    );
}

async fn a_change_that_cannot_be_is_refused(database: &TestDatabase) {
    let company = |arguments: &[&str]| formprogress(database.url(), &[&["company"], arguments].concat());
    company(&["add", "--name", "Acme", "--guest-code", "ACME"]).expect_success();
    company(&["add", "--name", "Other", "--guest-code", "OTHER"]).expect_success();
    let before = database.everything();

    company(&["code", "2", "acme"]).expect_refusal("another company has the guest code acme");
    company(&["code", "2", " "]).expect_refusal("the guest code must not be empty");
    company(&["rename", "2", " "]).expect_refusal("the name must not be empty");
    company(&["off", "3"]).expect_refusal("there is no company 3");

    assert_eq!(database.everything(), before);
}
