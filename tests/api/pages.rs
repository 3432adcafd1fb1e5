//! What all admin pages share: signing in and out, first steps, protection against other sites, errors.

use formprogress::access::Role;
use url::form_urlencoded;

use crate::support::{
    Answer, Service,
    accounts::{PASSWORD, SignedIn, cookie, set_cookie},
};

on_both_databases![
    before_there_is_an_account_the_page_says_what_to_do,
    whoever_is_not_signed_in_is_asked_to_and_comes_back,
    a_wrong_password_is_refused_on_the_page,
    signing_out_ends_the_session,
    signing_out_everywhere_ends_all_sessions,
    a_form_of_another_site_is_refused,
    errors_are_pages_with_their_code,
    assets_are_kept_by_browsers_as_long_as_they_are_the_same,
    a_key_opens_no_page,
    a_form_may_be_sent_in_parts,
    a_notice_is_shown_once_and_only_in_its_session,
    a_stranger_sends_no_large_form,
    a_form_has_no_more_fields_than_ours,
];

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

async fn sign_in(service: &Service<'_>, email: &str, password: &str, next: &str) -> Answer {
    let fields = [("email", email), ("password", password), ("next", next)];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    service.request("POST", "/admin/sign-in").anonymous().header(FORM.0, FORM.1).body(body).send().await
}

async fn before_there_is_an_account_the_page_says_what_to_do(service: &Service<'_>) {
    let to = service.get("/admin/companies").await.expect_done();
    service.get(&to).await.expect(200).expect_page().saying("formprogress admin add");
    service.add_account("ana@example.com", Role::Owner, &[]);
    service.get("/admin/sign-in").await.expect(200).expect_page().saying("formprogress admin link");
    service.add_person("ben@example.com", Role::Viewer, &[]).await;
    service.get("/admin/sign-in").await.expect(200).expect_page().saying("Password");
}

async fn whoever_is_not_signed_in_is_asked_to_and_comes_back(service: &Service<'_>) {
    service.add_person("ana@example.com", Role::Owner, &[]).await;
    let to = service.get("/admin/companies?is_active=true").await.expect_done();
    let page = service.get(&to).await.expect(200).expect_page();
    let page = page.saying(r#"name="next" value="/admin/companies?is_active=true""#);
    assert!(page.body.contains(r#"action="/admin/sign-in""#));

    let done = sign_in(service, "Ana@example.com", PASSWORD, "/admin/companies?is_active=true").await;
    let session = cookie(&done, "formprogress_session").expect("a session");
    assert_eq!(done.expect_done(), "/admin/companies?is_active=true");
    let cookie = format!("formprogress_session={session}");
    let page = service.request("GET", "/admin/companies").header("Cookie", &cookie).send().await.expect(200);
    page.saying("ana@example.com").saying("Sign out");

    let elsewhere = sign_in(service, "ana@example.com", PASSWORD, "https://evil.example/").await;
    assert_eq!(elsewhere.expect_done(), "/admin");
}

async fn a_wrong_password_is_refused_on_the_page(service: &Service<'_>) {
    service.add_person("ana@example.com", Role::Owner, &[]).await;
    let refused =
        sign_in(service, "ana@example.com", "a wrong password", "/admin/drafts").await.expect(401).expect_page();
    refused.saying(r#"value="ana@example.com""#).saying(r#"value="/admin/drafts""#).not_saying("a wrong password");
    let refused = sign_in(service, "ana", "x", "").await.expect(400).expect_page();
    refused.saying("Email must be an email address");
}

async fn signing_out_ends_the_session(service: &Service<'_>) {
    let (browser, other) = (service.browser(Role::Viewer, &[]), service.sign_in("ben@example.com", Role::Viewer, &[]));
    assert_eq!(browser.fill_in("/admin/sign-out", &[]).await.expect_done(), "/admin/sign-in");
    browser.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    browser.fill_in("/admin/sign-out", &[]).await.expect(401).saying("You are signed out");
    other.open("/admin/companies").await;
}

async fn signing_out_everywhere_ends_all_sessions(service: &Service<'_>) {
    let browser = service.browser(Role::Viewer, &[]);
    assert_eq!(browser.fill_in("/admin/sign-out-everywhere", &[]).await.expect_done(), "/admin/sign-in");
    browser.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    assert_eq!(service.audit_log().last().expect("an entry").split(' ').nth(2), Some("account.sign_out_everywhere"));
}

async fn a_form_of_another_site_is_refused(service: &Service<'_>) {
    let browser = service.browser(Role::Owner, &[]);
    let form = |body: String| browser.bare_request("POST", "/admin/companies").header(FORM.0, FORM.1).body(body);
    let good = format!("name=ACME&guest_code=ACME&csrf={}", browser.csrf_token());
    for (request, why) in [
        (form("name=ACME&guest_code=ACME".into()), "without the token"),
        (form("name=ACME&guest_code=ACME&csrf=x".into()), "with another token"),
        (form(good.clone()).header("Sec-Fetch-Site", "cross-site"), "from another site"),
        (form(good.clone()).header("Sec-Fetch-Site", "same-site"), "from another host of the site"),
    ] {
        let refused = request.send().await;
        assert_eq!(refused.status, 403, "{why}: {}", refused.body);
        refused.expect_page().saying("CSRF_TOKEN_INVALID");
    }
    browser.open("/admin/companies").await.saying("no company yet");
    form(good).header("Sec-Fetch-Site", "same-origin").send().await.expect_done();
}

async fn errors_are_pages_with_their_code(service: &Service<'_>) {
    let browser = service.browser(Role::Viewer, &[]);
    browser.get("/admin/nothing-here").await.expect(404).expect_page().saying("NOT_FOUND");
    browser.get("/admin/companies/new").await.expect(403).expect_page().saying("companies:write");
    browser.bare_request("DELETE", "/admin/companies").send().await.expect(405).expect_page();
    browser.get("/administrator").await.expect_problem(404, "NOT_FOUND");
    assert_eq!(service.get("/").await.expect_done(), "/admin");
}

async fn assets_are_kept_by_browsers_as_long_as_they_are_the_same(service: &Service<'_>) {
    let page = service.get("/admin/nothing-here").await.body;
    let path = page
        .split(r#"stylesheet" href=""#)
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a stylesheet")
        .to_owned();
    let style = service.get(&path).await.expect(200);
    assert_eq!(style.header("Content-Type"), Some("text/css; charset=utf-8"));
    assert!(style.header("Cache-Control").is_some_and(|cache| cache.contains("immutable")), "{:?}", style.headers);
    let other = service.get("/admin/assets/other/admin.js").await.expect(200);
    assert_eq!(other.header("Cache-Control"), Some("no-store"));
}

async fn a_key_opens_no_page(service: &Service<'_>) {
    service.server_key(&[formprogress::access::Power::Figures]).await;
    assert_eq!(service.get("/admin/companies").await.expect_done(), "/admin/sign-in?next=%2Fadmin%2Fcompanies");
}

async fn a_form_may_be_sent_in_parts(service: &Service<'_>) {
    let browser = service.browser(Role::Owner, &[]);
    let parts = [("csrf", browser.csrf_token()), ("name", "Äcme".into()), ("guest_code", "ACME".into())];
    let parts = parts
        .iter()
        .map(|(name, value)| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    let body = parts.collect::<String>() + "--x--\r\n";
    let request = browser.bare_request("POST", "/admin/companies");
    let sent = request.header("Content-Type", "multipart/form-data; boundary=x").body(body).send().await;
    assert_eq!(sent.expect_done(), "/admin/companies/1");
    browser.open("/admin/companies").await.saying("Äcme");
}

async fn a_stranger_sends_no_large_form(service: &Service<'_>) {
    let next = |length: usize| format!("/admin/{}", "x".repeat(length));
    let refused = sign_in(service, "ana@example.com", PASSWORD, &next(20 * 1024)).await;
    refused.expect(413).expect_page().saying("BODY_TOO_LARGE");
    sign_in(service, "ana@example.com", PASSWORD, &next(2 * 1024)).await.expect(401).expect_page();
}

async fn a_form_has_no_more_fields_than_ours(service: &Service<'_>) {
    let request = service.request("POST", "/admin/sign-in").anonymous().header(FORM.0, FORM.1);
    request.body("a&".repeat(1001)).send().await.expect(400).expect_page().saying("BAD_REQUEST");

    let browser = service.browser(Role::Owner, &[]);
    let part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
    for (kind, body) in
        [(FORM.1, "a&".repeat(1_500_000)), ("multipart/form-data; boundary=x", part.repeat(1001) + "--x--\r\n")]
    {
        let request = browser.bare_request("POST", "/admin/companies").header(FORM.0, kind);
        request.body(body).send().await.expect(400).expect_page().saying("BAD_REQUEST");
    }
}

async fn a_notice_is_shown_once_and_only_in_its_session(service: &Service<'_>) {
    let (browser, other) = (service.browser(Role::Owner, &[]), service.sign_in("ben@example.com", Role::Owner, &[]));
    let done = browser.fill_in("/admin/companies", &[("name", "Äcme"), ("guest_code", "ACME")]).await;
    let notice = cookie(&done, "formprogress_notice").expect("a notice");
    let line = set_cookie(&done, "formprogress_notice").expect("a notice");
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
    let with = async |who: &SignedIn, notice: &str| {
        let cookies = format!("formprogress_session={}; formprogress_notice={notice}", who.token);
        service.request("GET", "/admin/companies").header("Cookie", &cookies).send().await.expect(200).expect_page()
    };

    let shown = with(&browser, &notice).await.saying("Äcme was added.");
    assert!(set_cookie(&shown, "formprogress_notice").is_some_and(|line| line.contains("Max-Age=0")), "it is taken");
    for forged in [notice.as_str(), "x", "WW91IGhhdmUgd29u.x", "%F0%9F%98%80", "1:%F0%9F%98%80", ".", ""] {
        with(&other, forged).await.not_saying("role=\"status\"");
    }
}
