//! The pages of companies and their guest codes.

use chrono::TimeDelta;
use formprogress::{access::Role, companies::CompanyId};

use crate::support::{NAMED, Save, Service, Submission};

on_both_databases![
    the_list_has_the_figures_of_each_company,
    a_company_has_its_figures_survey_by_survey,
    figures_stay_the_same_when_events_are_folded_and_drafts_are_purged,
    a_company_is_renamed_and_only_what_is_different_is_written_down,
    a_stale_form_changes_what_was_changed_in_it_alone,
    line_breaks_are_stored_as_they_were_typed,
    what_is_wrong_with_a_company_stands_at_its_field,
    a_new_guest_code_ends_the_old_one,
    a_guest_code_that_is_taken_is_refused_at_its_field,
    switching_off_asks_first_and_says_what_will_happen,
    whoever_may_not_change_companies_sees_no_code_and_no_form,
    whoever_is_limited_to_a_company_sees_and_changes_no_other,
    hostile_names_and_codes_are_shown_as_text,
];

const HOSTILE: &str = "</td><script>alert(1)</script>\"onfocus=\"alert(2)";

/// Ana and Ben begin at Acme, of whom Ben submits; Cleo begins at Globex and comes to Acme; Dan submits without a draft.
async fn take_part(service: &Service<'_>) -> (CompanyId, CompanyId) {
    let acme = service.database.add_company("Acme", "ACME");
    let globex = service.database.add_company("Globex", "GLOBEX");
    for email in [NAMED.0, NAMED.1] {
        service.save(Save::of(email).guest_code("ACME")).await.expect(201);
    }
    service.save(Save::of(NAMED.2).guest_code("GLOBEX")).await.expect(201);
    service.save(Save::of(NAMED.2).guest_code("ACME")).await.expect(200);
    service.submit(Submission::of(NAMED.1).without("answers")).await.expect(201);
    let dan = Submission::of("dan@example.com").with("guest_code", "\"ACME\"").without("answers");
    service.submit(dan).await.expect(201);
    (acme, globex)
}

/// The figures on a company's page: participants, live drafts, submissions.
fn figures(page: &str) -> Vec<&str> {
    page.split("<dd>").skip(1).filter_map(|rest| rest.split('<').next()).collect()
}

/// The numbers in the line of a table with this beginning.
fn numbers<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let line =
        page.split("<tr>").find(|line| line.contains(&format!(">{name}</a></th>"))).expect("a line of the table");
    line.split(r#"<td class="number">"#).skip(1).filter_map(|rest| rest.split('<').next()).collect()
}

async fn the_list_has_the_figures_of_each_company(service: &Service<'_>) {
    take_part(service).await;
    let browser = service.browser(Role::Viewer, &[]);
    let page = browser.open("/admin/companies").await.body;
    assert_eq!(numbers(&page, "Acme"), ["3", "2", "2"]);
    assert_eq!(numbers(&page, "Globex"), ["0", "0", "0"]);
}

async fn a_company_has_its_figures_survey_by_survey(service: &Service<'_>) {
    let (acme, globex) = take_part(service).await;
    let editor = service.browser(Role::Editor, &[]);
    let page = editor.open(&format!("/admin/companies/{acme}")).await;
    assert_eq!(figures(&page.body), ["3", "2", "2"]);
    let page = page
        .saying(&format!("/admin/surveys/1?company_id={acme}"))
        .saying(&format!("/admin/drafts?survey_id=1&#38;company_id={acme}"))
        .saying(&format!("/admin/submissions?survey_id=1&#38;company_id={acme}"));
    assert!(page.body.contains("ACME"));
    let page = editor.open(&format!("/admin/companies/{globex}")).await;
    assert_eq!(figures(&page.body), ["0", "0", "0"]);
    page.saying("Nobody has taken part");
    editor.get("/admin/companies/77").await.expect(404).saying("COMPANY_NOT_FOUND");
    editor.get("/admin/companies/x").await.expect(404).saying("COMPANY_NOT_FOUND");
}

async fn figures_stay_the_same_when_events_are_folded_and_drafts_are_purged(service: &Service<'_>) {
    let (acme, _) = take_part(service).await;
    let browser = service.browser(Role::Viewer, &[]);
    let seen = async || {
        let page = browser.open(&format!("/admin/companies/{acme}")).await.body;
        figures(&page).iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()
    };
    service.fold_events().await;
    assert_eq!(seen().await, ["3", "2", "2"]);
    service.discard(NAMED.0).await.expect(204);
    assert_eq!(seen().await, ["3", "1", "2"]);
    // The session would end long before the draft.
    service.let_drafts_expire();
    let browser = service.sign_in("late@example.org", Role::Viewer, &[]);
    let seen = async || {
        let page = browser.open(&format!("/admin/companies/{acme}")).await.body;
        figures(&page).iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(seen().await, ["3", "0", "2"], "expired and not purged");
    service.purge().await;
    assert_eq!(seen().await, ["3", "0", "2"], "purged");
    service.fold_events().await;
    assert_eq!(seen().await, ["3", "0", "2"], "folded");
}

async fn a_company_is_renamed_and_only_what_is_different_is_written_down(service: &Service<'_>) {
    let id = service.database.add_company("Acme", "ACME");
    let path = format!("/admin/companies/{id}");
    let browser = service.browser(Role::Editor, &[]);

    let done = browser.fill_in(&path, &[("name", " Acme & Sons "), ("details", "Hello.\r\nThank you.")]).await;
    assert_eq!(done.expect_done(), path);
    browser.open(&path).await.saying("<h1>Acme &#38; Sons</h1>").saying("Hello.\nThank you.</textarea>");
    browser.fill_in(&path, &[("name", "Acme & Sons"), ("details", "Hello.\r\nThank you.")]).await.expect_done();
    browser.fill_in(&path, &[("name", "Acme & Sons"), ("details", "")]).await.expect_done();
    browser.open(&path).await.not_saying("Thank you.");

    let acts = service.audited_acts();
    let changes: Vec<&String> = acts.iter().filter(|act| act.starts_with("company.")).collect();
    let of = |what: &str| format!("company.change | company {id} | - | {id} | {what}");
    assert_eq!(changes, [&of("name, details"), &of("details")]);
}

async fn a_stale_form_changes_what_was_changed_in_it_alone(service: &Service<'_>) {
    let id = service.database.add_company("Acme", "ACME");
    let (path, browser) = (format!("/admin/companies/{id}"), service.browser(Role::Editor, &[]));
    let page = browser.open(&path).await;
    page.saying(r#"name="was_name" value="Acme""#).saying(r#"name="was_details" value="Welcome.""#);

    let shown = [("was_name", "Acme"), ("was_details", "Welcome.")];
    let fill_in = async |name, details| {
        let fields = [&shown[..], &[("name", name), ("details", details)]].concat();
        browser.fill_in(&path, &fields).await
    };
    fill_in("Globex", "Welcome.").await.expect_done();
    fill_in("Acme", "Hello.").await.expect_done();
    browser.open(&path).await.saying("<h1>Globex</h1>").saying("Hello.</textarea>");
    let refused = fill_in(" ", "Thank you.").await.expect(400);
    refused.saying(r#"name="was_name" value="Acme""#).saying(r#"name="was_details" value="Welcome.""#);
}

async fn line_breaks_are_stored_as_they_were_typed(service: &Service<'_>) {
    let browser = service.browser(Role::Owner, &[]);
    // 10,000 characters, as long as each line break is one.
    let details = format!("\r\n{}", "x\r\n".repeat(4999)) + "x";
    let add = |name| {
        let fields = [("name", name), ("guest_code", "ACME"), ("details", details.as_str())];
        let browser = &browser;
        async move { browser.fill_in("/admin/companies", &fields).await }
    };
    let refused = add("").await.expect(400).expect_page();
    refused.saying(">\n\nx\nx").saying("Name is missing");
    add("Acme").await.expect_done();
    let stored = service.database.lines("SELECT details AS value FROM companies");
    assert_eq!(stored, [details.replace("\r\n", "\n")]);
}

async fn what_is_wrong_with_a_company_stands_at_its_field(service: &Service<'_>) {
    let id = service.database.add_company("Acme", "ACME");
    let browser = service.browser(Role::Editor, &[]);
    let before = service.database.everything();

    let long = "x".repeat(201);
    let refused = browser.fill_in(&format!("/admin/companies/{id}"), &[("name", &long), ("details", "Kept.")]).await;
    let refused = refused.expect(400).expect_page().saying("Name must have 200 characters at most");
    refused.saying(&format!("value=\"{long}\"")).saying("Kept.</textarea>").saying("<h1>Acme</h1>");
    let refused = browser.fill_in(&format!("/admin/companies/{id}"), &[("name", " ")]).await;
    refused.expect(400).expect_page().saying("Name is missing");
    let refused = browser.fill_in(&format!("/admin/companies/{id}/code"), &[("guest_code", "")]).await;
    refused.expect(400).expect_page().saying("New guest code is missing");
    browser.fill_in("/admin/companies/77", &[("name", "x")]).await.expect(404).saying("COMPANY_NOT_FOUND");

    assert_eq!(service.database.everything(), before);
}

async fn a_new_guest_code_ends_the_old_one(service: &Service<'_>) {
    let id = service.database.add_company("Acme", "ACME");
    service.save(Save::of(NAMED.0).guest_code("ACME")).await.expect(201);
    let browser = service.browser(Role::Editor, &[]);

    let done = browser.fill_in(&format!("/admin/companies/{id}/code"), &[("guest_code", "SESAME")]).await;
    let notice =
        done.headers.get_all("Set-Cookie").iter().any(|line| line.to_str().is_ok_and(|line| line.contains("SESAME")));
    assert!(!notice, "the code is not in a cookie: {:?}", done.headers);
    assert_eq!(done.expect_done(), format!("/admin/companies/{id}"));

    let old = r#"{"invitation_code":"ACME"}"#;
    service.post("/api/invitation-code", old).await.expect(400);
    service.post("/api/invitation-code", r#"{"invitation_code":"sesame"}"#).await.expect(200);
    let page = browser.open(&format!("/admin/companies/{id}")).await.saying("SESAME");
    assert_eq!(figures(&page.body), ["1", "1", "0"], "the draft keeps its link");
    assert!(!service.audited_acts().concat().contains("SESAME"));
}

async fn a_guest_code_that_is_taken_is_refused_at_its_field(service: &Service<'_>) {
    let id = service.database.add_company("Acme", "ACME");
    service.database.add_company("Globex", "GLOBEX");
    let browser = service.browser(Role::Editor, &[]);
    let refused = browser.fill_in(&format!("/admin/companies/{id}/code"), &[("guest_code", " globex ")]).await;
    let refused = refused.expect(409).expect_page().saying("New guest code is taken by another company.");
    refused.saying("aria-invalid=\"true\"").saying("<h1>Acme</h1>");
}

async fn switching_off_asks_first_and_says_what_will_happen(service: &Service<'_>) {
    let id = service.database.add_company("Acme", "ACME");
    service.save(Save::of(NAMED.0).guest_code("ACME")).await.expect(201);
    let (browser, path) = (service.browser(Role::Editor, &[]), format!("/admin/companies/{id}"));

    let asked = browser.open(&format!("{path}/off")).await.saying("Switch off Acme?").saying("1 live draft");
    asked.saying(&format!("action=\"{path}/off\"")).saying("ACME is not taken any more");
    browser.open(&path).await.saying("Switch it off");
    assert_eq!(browser.fill_in(&format!("{path}/off"), &[]).await.expect_done(), path);
    service.post("/api/invitation-code", r#"{"invitation_code":"ACME"}"#).await.expect(400);
    browser.open(&path).await.saying("Switch it on").saying("This company is switched off");
    assert_eq!(browser.fill_in(&format!("{path}/on"), &[]).await.expect_done(), path);
    service.post("/api/invitation-code", r#"{"invitation_code":"ACME"}"#).await.expect(200);

    let acts = service.audited_acts();
    let changes: Vec<&String> = acts.iter().filter(|act| act.starts_with("company.")).collect();
    let switched = format!("company.change | company {id} | - | {id} | is_active");
    assert_eq!(changes, [&switched, &switched]);
}

async fn whoever_may_not_change_companies_sees_no_code_and_no_form(service: &Service<'_>) {
    let id = service.database.add_company("Acme", "SESAME");
    let (viewer, path) = (service.browser(Role::Viewer, &[]), format!("/admin/companies/{id}"));
    for page in ["/admin/companies", &path] {
        viewer.open(page).await.saying("Acme").not_saying("SESAME").not_saying("textarea");
    }
    for (page, fields) in [("", ("name", "x")), ("/code", ("guest_code", "x")), ("/off", ("", "")), ("/on", ("", ""))] {
        let refused = viewer.fill_in(&format!("{path}{page}"), &[fields]).await;
        refused.expect(403).expect_page().saying("companies:write");
    }
    viewer.get(&format!("{path}/off")).await.expect(403);
}

async fn whoever_is_limited_to_a_company_sees_and_changes_no_other(service: &Service<'_>) {
    let (acme, globex) = take_part(service).await;
    service.clock.advance(TimeDelta::minutes(1));
    let browser = service.browser(Role::Editor, &[globex]);
    browser.open("/admin/companies").await.saying("Globex").not_saying("Acme").not_saying("Add a company");
    browser.fill_in(&format!("/admin/companies/{globex}"), &[("name", "Ours")]).await.expect_done();
    let before = service.database.lines("SELECT name || guest_code AS value FROM companies ORDER BY id");
    for page in ["", "/off"] {
        browser.get(&format!("/admin/companies/{acme}{page}")).await.expect(404).saying("COMPANY_NOT_FOUND");
    }
    for (page, fields) in [("", ("name", "x")), ("/code", ("guest_code", "x")), ("/off", ("", "")), ("/on", ("", ""))] {
        browser.fill_in(&format!("/admin/companies/{acme}{page}"), &[fields]).await.expect(404).expect_page();
    }
    assert_eq!(service.database.lines("SELECT name || guest_code AS value FROM companies ORDER BY id"), before);
}

async fn hostile_names_and_codes_are_shown_as_text(service: &Service<'_>) {
    let browser = service.browser(Role::Owner, &[]);
    let fields = [("name", HOSTILE), ("guest_code", HOSTILE), ("details", HOSTILE)];
    let path = browser.fill_in("/admin/companies", &fields).await.expect_done();
    for page in ["/admin/companies", &path, &format!("{path}/off")] {
        let shown = browser.open(page).await.saying("&#60;script&#62;alert(1)");
        shown.not_saying("<script>alert").not_saying("\"onfocus");
    }
}
