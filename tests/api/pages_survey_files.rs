//! Survey files on the pages: taken in, looked at before they replace a survey, and the settings.

use formprogress::access::Role;
use serde_json::{Value, json};

use crate::support::{Answer, NAMED, Save, Service, accounts::SignedIn};

const FILE: &str = r#"{"name":"Travel","definition":{"pages":[]}}"#;

on_both_databases![
    a_survey_is_imported_from_a_text,
    a_survey_is_imported_from_a_file,
    what_is_wrong_with_a_file_is_shown_with_its_lines_and_can_be_mended,
    a_slip_in_the_json_is_shown_with_its_line,
    a_file_beyond_the_limits_of_the_api_is_refused_on_the_page,
    a_file_with_the_id_of_a_survey_is_previewed_first,
    a_survey_is_replaced_after_a_preview,
    a_round_through_the_text_area_changes_nothing,
    a_survey_that_changed_meanwhile_is_previewed_anew,
    a_file_of_another_survey_is_refused,
    a_preview_shows_no_participants_data_and_no_markup,
    settings_are_changed_in_a_form,
    a_stale_form_changes_what_was_changed_in_it_alone,
    whoever_may_not_change_surveys_sees_no_form,
];

/// Sends a form as browsers send one with a file in it.
async fn upload(browser: &SignedIn, path: &str, name: &str, content: &str) -> Answer {
    let csrf = browser.csrf_token();
    let part = |name: &str, extra: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{extra}\r\n\r\n{value}\r\n")
    };
    let file = format!("; filename=\"{name}\"\r\nContent-Type: application/json");
    let body = part("csrf", "", &csrf) + &part("file", &file, content) + &part("text", "", "{}") + "--x--\r\n";
    let request = browser.bare_request("POST", path);
    request.header("Content-Type", "multipart/form-data; boundary=x").body(body).send().await
}

/// The value of a hidden field.
fn hidden(page: &Answer, name: &str) -> String {
    let at = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
    let value = page.body.split(&at).nth(1).and_then(|rest| rest.split('"').next()).expect("the field is there");
    value.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
}

/// What stands in the text area.
fn area(page: &Answer) -> String {
    let (_, field) = page.body.split_once("<textarea").expect("a text area");
    let text = field.split_once(">\n").and_then(|(_, text)| text.split_once("</textarea>")).expect("it has a text").0;
    text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
}

async fn a_survey_is_imported_from_a_text(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    browser.open("/admin/surveys/new").await.saying("A survey file is a JSON object");
    let done = browser.fill_in("/admin/surveys/new", &[("text", FILE)]).await;
    assert_eq!(done.expect_done(), "/admin/surveys/2");
    assert_eq!(browser.get("/api/admin/surveys/2").await.expect(200).json()["name"], "Travel");
    assert!(service.audit_log().last().expect("an entry").ends_with("survey.create survey 2 done"));
}

async fn a_survey_is_imported_from_a_file(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    // With the mark that some editors put before a text.
    let done = upload(&browser, "/admin/surveys/new", "travel.json", &format!("\u{feff}{FILE}")).await;
    assert_eq!(done.expect_done(), "/admin/surveys/2");
}

async fn what_is_wrong_with_a_file_is_shown_with_its_lines_and_can_be_mended(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    let file = "{\"name\": \"Travel\",\n \"definition\": [],\n \"progress_days\": 0,\n \"answer_schema\": {\"type\": \"strin\"},\n \"colour\": \"<red>\"}";
    let page = upload(&browser, "/admin/surveys/new", "travel.json", file).await.expect(400).expect_page();
    assert_eq!(area(&page), file, "what was uploaded can be mended on the page");
    page.saying("4 things are wrong")
        .saying("<code>/definition</code> must be an object.")
        .saying("Line 2, column 16.")
        .saying("<code>/progress_days</code> must be from 1 to 65535.")
        .saying("<code>/answer_schema/type</code>")
        .saying("<code>/colour</code> is not a member of a survey file.")
        .saying("Line 5, column 12.")
        .saying("<mark>&#34;</mark>&#60;red&#62;");
    assert_eq!(service.database.count("surveys"), 1);
    let page = browser.fill_in("/admin/surveys/new", &[("text", " ")]).await.expect(400).expect_page();
    page.saying("Choose a file, or write the JSON");
}

async fn a_slip_in_the_json_is_shown_with_its_line(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    let file = "{\r\n  \"name\": \"Travel\"\r\n  \"definition\": {}\r\n}";
    let page = browser.fill_in("/admin/surveys/new", &[("text", file)]).await.expect(400).expect_page();
    page.saying("A comma or } must stand before this.")
        .saying("Line 3, column 3.")
        .saying("  <mark>&#34;</mark>definition");
}

async fn a_file_beyond_the_limits_of_the_api_is_refused_on_the_page(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    let large = format!("{{\"name\":\"x\",\"definition\":{{\"a\":\"{}\"}}}}", "x".repeat(1 << 20));
    let page = upload(&browser, "/admin/surveys/new", "large.json", &large).await.expect(413).expect_page();
    assert_eq!(area(&page), large);
    let api = browser.post("/api/admin/surveys", large).await.expect(413).json()["detail"].clone();
    page.saying(api.as_str().expect("words"));

    let deep =
        format!("{{\"name\":\"x\",\"definition\":{}{}}}", "{\"a\":".repeat(130), "0".to_owned() + &"}".repeat(130));
    let page = upload(&browser, "/admin/surveys/new", "deep.json", &deep).await.expect(400).expect_page();
    let api = browser.post("/api/admin/surveys", deep).await.expect(400).json()["detail"].clone();
    page.saying(api.as_str().expect("words"));
    let page =
        upload(&browser, "/admin/surveys/new", "huge.json", &"x".repeat(4 << 20)).await.expect(413).expect_page();
    page.saying("BODY_TOO_LARGE");
    assert_eq!(service.database.count("surveys"), 1);
}

async fn a_file_with_the_id_of_a_survey_is_previewed_first(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    let before = browser.get("/api/admin/surveys/1").await.expect(200).body;
    let file = r#"{"id":1,"name":"Newer","definition":{}}"#;

    let page = browser.fill_in("/admin/surveys/new", &[("text", file)]).await.expect(200).expect_page();

    let page = page.saying("Survey 1 exists already").saying("to “Newer”.").saying("/admin/surveys/1/replace/confirm");
    assert_eq!(browser.get("/api/admin/surveys/1").await.expect(200).body, before);
    assert_eq!(confirm(&browser, &page).await.expect_done(), "/admin/surveys/1");
    assert_eq!(browser.get("/api/admin/surveys/1").await.expect(200).json()["name"], "Newer");
}

async fn confirm(browser: &SignedIn, page: &Answer) -> Answer {
    let (text, updated_at) = (hidden(page, "text"), hidden(page, "updated_at"));
    browser.fill_in("/admin/surveys/1/replace/confirm", &[("text", &text), ("updated_at", &updated_at)]).await
}

fn with_schema(name: &str, schema: &Value) -> String {
    json!({"name": name, "definition": {"pages": []}, "answer_schema": schema}).to_string()
}

async fn a_survey_is_replaced_after_a_preview(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    let schema = json!({"properties": {"phone": {"type": "string"}}});
    browser.put("/api/admin/surveys/1", with_schema("Commuting", &schema)).await.expect(200);
    service.save(Save::of(NAMED.0).data(r#"{"phone":"1"}"#)).await.expect(201);
    service.save(Save::of(NAMED.1).data("{}")).await.expect(201);
    let form = browser.open("/admin/surveys/1/replace").await;
    assert!(area(&form).contains("\"phone\""), "the present file stands there");

    let schema = json!({"properties": {"mail": {"type": "string"}}});
    let file = with_schema("Commuting", &schema);
    let page = upload(&browser, "/admin/surveys/1/replace", "x.json", &file).await.expect(200).expect_page();
    let page = page
        .saying("The schema of the answers changes, and with it their shape.")
        .saying("All 2 drafts of the survey were looked at.")
        .saying("<dt>Marked as of an older form</dt><dd>2</dd>")
        .saying("<dt>Shown without some answers</dt><dd>1</dd>")
        .saying("<code>/phone</code>");
    assert_eq!(hidden(&page, "text"), file);
    assert!(!service.audit_log().iter().any(|line| line.starts_with("account") && line.contains("preview")));

    assert_eq!(confirm(&browser, &page).await.expect_done(), "/admin/surveys/1");
    let now = browser.get("/api/admin/surveys/1").await.expect(200).json();
    assert_eq!(now["answer_schema"], schema);
    assert!(service.audit_log().last().expect("an entry").ends_with("survey.replace survey 1 done"));
}

async fn a_round_through_the_text_area_changes_nothing(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    let file = "{\"name\":\"x\",\"definition\":{\n  \"a\": [1e2,\n 3]}}";
    browser.put("/api/admin/surveys/1", file).await.expect(200);
    let stored = browser.get("/api/admin/surveys/1").await.expect(200).body;
    let text = area(&browser.open("/admin/surveys/1/replace").await).replace('\n', "\r\n");
    let page = browser.fill_in("/admin/surveys/1/replace", &[("text", &text)]).await.expect(200).expect_page();
    let page = page.saying("the survey is as the file says already");
    confirm(&browser, &page).await.expect_done();
    assert_eq!(browser.get("/api/admin/surveys/1").await.expect(200).body, stored);
}

async fn a_survey_that_changed_meanwhile_is_previewed_anew(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    let page = browser.fill_in("/admin/surveys/1/replace", &[("text", FILE)]).await.expect(200).expect_page();
    service.clock.advance(chrono::TimeDelta::seconds(1));
    browser.patch("/api/admin/surveys/1", r#"{"name":"Meanwhile"}"#).await.expect(200);

    let again = confirm(&browser, &page).await.expect(409).expect_page();
    let again = again.saying("Somebody changed the survey since you looked").saying("from “Meanwhile” to “Travel”");
    assert_eq!(browser.get("/api/admin/surveys/1").await.expect(200).json()["name"], "Meanwhile");
    confirm(&browser, &again).await.expect_done();
    assert_eq!(browser.get("/api/admin/surveys/1").await.expect(200).json()["name"], "Travel");
    let without = browser.fill_in("/admin/surveys/1/replace/confirm", &[("text", FILE)]).await;
    without.expect(400).expect_page().saying("updated_at");
}

async fn a_file_of_another_survey_is_refused(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    let file = r#"{"id":2,"name":"x","definition":{}}"#;
    let page = browser.fill_in("/admin/surveys/1/replace", &[("text", file)]).await.expect(400).expect_page();
    assert_eq!(area(&page), file);
    page.saying("id must be the one in the path");
    for path in ["/admin/surveys/9/replace", "/admin/surveys/9/settings"] {
        browser.get(path).await.expect(404).expect_page().saying("SURVEY_NOT_FOUND");
    }
    let page = browser.fill_in("/admin/surveys/9/replace", &[("text", FILE)]).await.expect(404).expect_page();
    page.saying("SURVEY_NOT_FOUND");
}

async fn a_preview_shows_no_participants_data_and_no_markup(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    let schema = json!({"properties": {"phone": {"type": "string"}}});
    browser.put("/api/admin/surveys/1", with_schema("Commuting", &schema)).await.expect(200);
    let data = json!({"phone": "secret", "secret": 1}).to_string();
    service.save(Save::of("secret@example.com").data(data)).await.expect(201);
    let hostile = "<script>alert(1)</script>";
    let file = json!({"name": hostile, "definition": {"pages": [{"elements": [{"name": hostile, "title": hostile}]}]},
        "screens": [{"name": hostile}], "answer_schema": {"properties": {hostile: {"type": "string"}}}});
    let file = file.to_string();
    let page = browser.fill_in("/admin/surveys/1/replace", &[("text", &file)]).await.expect(200).expect_page();
    page.not_saying(hostile).not_saying("secret").saying("&#60;script&#62;");
}

async fn settings_are_changed_in_a_form(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    browser.open("/admin/surveys/1/settings").await.saying("value=\"30\"").saying("next save on");
    let fields = [("name", "Travel"), ("progress_days", "60"), ("require_if_match", "true")];
    let done = browser.fill_in("/admin/surveys/1/settings", &fields).await;
    assert_eq!(done.expect_done(), "/admin/surveys/1");
    let page = browser.open("/admin/surveys/1/settings").await;
    page.saying("value=\"Travel\"").saying("value=\"60\"").saying(" checked");
    assert!(service.audit_log().last().expect("an entry").ends_with("survey.settings survey 1 done"));

    let refused = browser.fill_in("/admin/surveys/1/settings", &[("name", " "), ("progress_days", "0")]).await;
    let page = refused.expect(400).expect_page();
    page.saying("Name is missing.")
        .saying("Days a draft lives must be an integer from 1 to 65535.")
        .saying("value=\"0\"");
    // A box that is not ticked says no.
    browser.fill_in("/admin/surveys/1/settings", &fields[..2]).await.expect_done();
    assert_eq!(browser.get("/api/admin/surveys/1").await.expect(200).json()["require_if_match"], false);
}

async fn a_stale_form_changes_what_was_changed_in_it_alone(service: &Service<'_>) {
    let (browser, path) = (service.browser(Role::Editor, &[]), "/admin/surveys/1/settings");
    let survey = async || browser.get("/api/admin/surveys/1").await.expect(200).json();
    let name = survey().await["name"].as_str().expect("a name").to_owned();
    let page = browser.open(path).await.saying(&format!(r#"name="was_name" value="{name}""#));
    page.saying(r#"name="was_progress_days" value="30""#).saying(r#"name="was_require_if_match" value="false""#);

    let shown = [("was_name", name.as_str()), ("was_progress_days", "30"), ("was_require_if_match", "false")];
    let changes: [&[_]; 3] = [
        &[("name", "Travel"), ("progress_days", "30")],
        &[("name", &name), ("progress_days", "60")],
        &[("name", &name), ("progress_days", "30"), ("require_if_match", "true")],
    ];
    for change in changes {
        browser.fill_in(path, &[&shown, change].concat()).await.expect_done();
    }
    let survey = survey().await;
    assert_eq!((&survey["name"], &survey["progress_days"]), (&"Travel".into(), &60.into()));
    assert_eq!(survey["require_if_match"], true);
}

async fn whoever_may_not_change_surveys_sees_no_form(service: &Service<'_>) {
    let acme = service.database.add_company("ACME", "ACME");
    for browser in [service.browser(Role::Viewer, &[]), service.browser(Role::Editor, &[acme])] {
        for path in ["/admin/surveys/new", "/admin/surveys/1/replace", "/admin/surveys/1/settings"] {
            browser.get(path).await.expect(403).expect_page().saying("surveys:write");
            browser.fill_in(path, &[("text", FILE), ("name", "x"), ("progress_days", "3")]).await.expect(403);
        }
        let fields = [("text", FILE), ("updated_at", "2026-11-21T09:30:00Z")];
        browser.fill_in("/admin/surveys/1/replace/confirm", &fields).await.expect(403);
        browser.post("/api/admin/surveys/1/preview", FILE).await.expect(403);
        browser.patch("/api/admin/surveys/1", r#"{"name":"x"}"#).await.expect(403);
    }
    assert_eq!(service.database.count("surveys"), 1);
}
