//! The pages of accounts: everybody's, for owners, and one's own.

use formprogress::access::Role;

use crate::support::{
    Service,
    accounts::{PASSWORD, SignedIn, cookie},
};

on_both_databases![
    an_owner_adds_an_account_and_its_link_is_shown_once,
    an_account_that_cannot_be_is_refused_at_its_fields,
    the_list_is_filtered_and_paged,
    an_account_is_changed_and_its_sessions_end,
    a_stale_form_changes_what_was_changed_in_it_alone,
    an_account_is_switched_off_and_on,
    a_new_link_is_shown_once,
    an_account_is_signed_out_everywhere,
    an_account_is_removed_after_a_question,
    the_last_owner_stays,
    companies_beyond_those_that_can_be_ticked_are_typed,
    everybody_sees_their_own_account,
    a_password_is_changed_on_the_page,
    a_password_that_cannot_be_is_refused_at_its_field,
];

const HOSTILE: &str = "<script>alert(1)</script>";

fn link_in(page: &str) -> String {
    let link = page.split("data-copy=\"the link\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a link");
    link.split_once("/admin/").map(|(_, rest)| format!("/admin/{rest}")).expect("it leads here")
}

async fn an_owner_adds_an_account_and_its_link_is_shown_once(service: &Service<'_>) {
    let company = service.database.add_company(HOSTILE, "ACME");
    let owner = service.browser(Role::Owner, &[]);
    owner.open("/admin/accounts/new").await.saying("&#60;script&#62;alert(1)").saying("No limit").not_saying(HOSTILE);

    let ticked = company.0.to_string();
    let fields =
        [("email", "Ben@example.com"), ("role", "editor"), ("companies_limit", "some"), ("companies", ticked.as_str())];
    let added = owner.fill_in("/admin/accounts", &fields).await.expect(200).expect_page();

    let link = link_in(&added.saying("ben@example.com").saying("shown this once").body);
    service.get(&link).await.expect(200).expect_page();
    let list = owner.open("/admin/accounts").await.saying("has not set a password").not_saying(HOSTILE);
    assert!(!list.body.contains(&link) && list.body.contains("&#60;script&#62;alert(1)"), "{}", list.body);
    let details = service.database.lines("SELECT detail AS value FROM audit_log WHERE action = 'account.add'");
    assert!(details.contains(&format!("editor, companies {}", company.0)), "{details:?}");
    let kept = service.database.everything().concat();
    assert!(!kept.contains(link.rsplit('/').next().expect("a token")), "only a digest of it is kept");
}

async fn an_account_that_cannot_be_is_refused_at_its_fields(service: &Service<'_>) {
    let company = service.database.add_company("ACME", "ACME").0.to_string();
    let owner = service.browser(Role::Owner, &[]);
    service.add_account("ben@example.com", Role::Viewer, &[]);
    let before = service.database.everything();
    let some = ("companies_limit", "some");
    for (fields, status, said) in [
        (&[("role", "viewer")][..], 400, "Email is missing."),
        (&[("email", "ben"), ("role", "viewer")], 400, "Email must be an email address"),
        (&[("email", "cleo@example.com")], 400, "Role is missing."),
        (&[("email", "ben@example.com"), ("role", "viewer")], 409, "Email has an account already"),
        (
            &[("email", "cleo@example.com"), ("role", "owner"), some, ("companies", &company)],
            400,
            "Companies cannot limit an owner",
        ),
        (&[("email", "cleo@example.com"), ("role", "viewer"), some], 400, "Companies must be ticked"),
        (
            &[("email", "cleo@example.com"), ("role", "viewer"), some, ("companies", "99")],
            400,
            "Companies must be there",
        ),
        (&[("email", "cleo@example.com"), ("role", "viewer"), ("companies", &company)], 400, "“No limit” is chosen"),
    ] {
        let refused = owner.fill_in("/admin/accounts", fields).await.expect(status).expect_page().saying(said);
        for (name, value) in fields.iter().filter(|(name, _)| *name == "email") {
            assert!(refused.body.contains(&format!("value=\"{value}\"")), "{name} is shown once more");
        }
    }
    assert_eq!(service.database.everything(), before);
}

async fn the_list_is_filtered_and_paged(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    for number in 0..3 {
        service.add_account(&format!("p{number}@example.com"), Role::Viewer, &[]);
    }
    let page = owner.open("/admin/accounts?role=viewer&limit=2").await.saying("p0@").saying("p1@").not_saying("p2@");
    let next = page.body.split("href=\"").find(|rest| rest.contains("rel=\"next\"")).expect("a next page");
    let next = next.split('"').next().expect("an address").replace("&#38;", "&").replace("&amp;", "&");
    assert!(next.contains("role=viewer"), "{next}");
    owner.open(&next).await.saying("p2@").not_saying("p1@").not_saying("Next page");
    owner.open("/admin/accounts?email=p1%40example.com").await.saying("p1@").not_saying("p0@").saying("Show all");
    owner.open("/admin/accounts?is_active=false").await.saying("No account is like that");
    let wrong = owner.open("/admin/accounts?role=king&colour=red").await;
    wrong.saying("must be viewer, editor or owner").saying("is not a filter of this list");
    assert!(service.audit_log().last().is_some_and(|line| line.contains(" account.list accounts done")));
}

fn page_of(whom: &SignedIn) -> String {
    format!("/admin/accounts/{}", whom.account.0)
}

async fn an_account_is_changed_and_its_sessions_end(service: &Service<'_>) {
    let company = service.database.add_company("ACME", "ACME");
    let owner = service.browser(Role::Owner, &[]);
    let ben = service.sign_in("ben@example.com", Role::Viewer, &[]);
    owner.open(&page_of(&ben)).await.saying("ben@example.com").not_saying("your own account");
    owner.open(&page_of(&owner)).await.saying("your own account");

    let same = owner.fill_in(&page_of(&ben), &[("role", "viewer"), ("companies_limit", "all")]).await.expect_done();
    assert_eq!(same, page_of(&ben));
    ben.get("/api/admin/session").await.expect(200);
    let ticked = company.0.to_string();
    let change = [("role", "editor"), ("companies_limit", "some"), ("companies", ticked.as_str())];
    owner.fill_in(&page_of(&ben), &change).await.expect_done();

    ben.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    let checked = format!("value=\"{ticked}\" checked");
    owner.open(&page_of(&ben)).await.saying("value=\"editor\" required checked").saying(&checked);
    let details = service.database.lines("SELECT detail AS value FROM audit_log WHERE action = 'account.change'");
    assert_eq!(details, [format!("role viewer to editor, companies all to {ticked}")]);
    let limited = [("role", "owner"), ("companies_limit", "some"), ("companies", ticked.as_str())];
    owner.fill_in(&page_of(&ben), &limited).await.expect(400).saying("Companies cannot limit an owner");
    owner.fill_in(&page_of(&ben), &[]).await.expect(400).saying("Role is missing.");
    owner.fill_in("/admin/accounts/99", &[("role", "viewer")]).await.expect(404).expect_page();
    owner.get("/admin/accounts/x").await.expect(404).expect_page().saying("ACCOUNT_NOT_FOUND");
}

async fn a_stale_form_changes_what_was_changed_in_it_alone(service: &Service<'_>) {
    let company = service.database.add_company("ACME", "ACME").0.to_string();
    let (owner, ben) = (service.browser(Role::Owner, &[]), service.sign_in("ben@example.com", Role::Editor, &[]));
    let page = owner.open(&page_of(&ben)).await;
    page.saying(r#"name="was_role" value="editor""#).saying(r#"name="was_companies" value="all""#);

    let shown = [("was_role", "editor"), ("was_companies", "all")];
    let fill_in = async |fields: &[_]| owner.fill_in(&page_of(&ben), &[&shown, fields].concat()).await.expect_done();
    fill_in(&[("role", "viewer"), ("companies_limit", "all")]).await;
    let limited = [("companies_limit", "some"), ("companies", company.as_str())];
    fill_in(&[&[("role", "editor")], &limited[..]].concat()).await;
    let page = owner.open(&page_of(&ben)).await;
    page.saying(r#"name="was_role" value="viewer""#).saying(&format!(r#"name="was_companies" value="{company}""#));
}

async fn an_account_is_switched_off_and_on(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let ben = service.sign_in("ben@example.com", Role::Viewer, &[]);
    let switch = format!("{}/switch", page_of(&ben));
    owner.fill_in(&switch, &[("is_active", "false")]).await.expect_done();
    ben.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    owner.open(&page_of(&ben)).await.saying("Switch on").not_saying("Switch off");
    let link = owner.fill_in(&format!("{}/link", page_of(&ben)), &[]).await.expect(400).expect_page();
    link.saying("This account is switched off.");
    owner.fill_in(&switch, &[("is_active", "true")]).await.expect_done();
    owner.open(&page_of(&ben)).await.saying("Switch off");
    owner.fill_in(&switch, &[]).await.expect(400).expect_page();
}

async fn a_new_link_is_shown_once(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let (id, first) = service.add_account("ben@example.com", Role::Viewer, &[]);
    let made = owner.fill_in(&format!("/admin/accounts/{}/link", id.0), &[]).await.expect(200).expect_page();
    service.get(&link_in(&made.body)).await.expect(200).saying("ben@example.com");
    service.get(&first.path()).await.expect(410);
    let line = format!("account {} account.link account {} done", owner.account.0, id.0);
    assert!(service.audit_log().contains(&line));
}

async fn an_account_is_signed_out_everywhere(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let ben = service.sign_in("ben@example.com", Role::Viewer, &[]);
    owner.fill_in(&format!("{}/sign-out", page_of(&ben)), &[]).await.expect_done();
    ben.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    owner.fill_in("/admin/accounts/99/sign-out", &[]).await.expect(404).expect_page();
}

async fn an_account_is_removed_after_a_question(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let ben = service.sign_in("ben@example.com", Role::Viewer, &[]);
    let remove = format!("{}/remove", page_of(&ben));
    owner.open(&remove).await.saying("Remove the account of ben@example.com?").saying("cannot be brought back");
    ben.get("/api/admin/session").await.expect(200);
    assert_eq!(owner.fill_in(&remove, &[]).await.expect_done(), "/admin/accounts");
    ben.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    owner.open("/admin/accounts").await.not_saying("ben@example.com");
    owner.get(&remove).await.expect(404).expect_page();
    owner.fill_in(&remove, &[]).await.expect(404).expect_page();
}

async fn the_last_owner_stays(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let said = "This is the only active owner who has a password.";
    let page = page_of(&owner);
    for (behind, fields) in [("", &[("role", "editor")][..]), ("/switch", &[("is_active", "false")]), ("/remove", &[])]
    {
        owner.fill_in(&format!("{page}{behind}"), fields).await.expect(409).expect_page().saying(said);
    }
    owner.get("/api/admin/session").await.expect(200);
}

async fn companies_beyond_those_that_can_be_ticked_are_typed(service: &Service<'_>) {
    for number in 0..=200 {
        service.database.add_company(&format!("Company {number}"), &format!("C{number}"));
    }
    let owner = service.browser(Role::Owner, &[]);
    let last = service.database.number("SELECT max(id) AS value FROM companies").to_string();
    owner.open("/admin/accounts/new").await.saying("Company 199").not_saying("Company 200").saying("by their ids");
    let fields = [("email", "ben@example.com"), ("role", "viewer"), ("companies_limit", "some")];
    let fields = [&fields[..], &[("companies_more", last.as_str())]].concat();
    owner.fill_in("/admin/accounts", &fields).await.expect(200);
    let id = service.database.number("SELECT max(id) AS value FROM accounts");
    let page = owner.open(&format!("/admin/accounts/{id}")).await.saying("Company 200");
    page.saying(&format!("name=\"companies_more\" value=\"{last}\""));
}

async fn everybody_sees_their_own_account(service: &Service<'_>) {
    let company = service.database.add_company(HOSTILE, "ACME");
    let ben = service.sign_in("ben@example.com", Role::Viewer, &[company]);
    let page = ben.open("/admin/account").await.saying("ben@example.com").saying("2 hours").not_saying(HOSTILE);
    let page = page.saying("See surveys, companies and figures").not_saying("Read the audit log");
    page.saying("&#60;script&#62;alert(1)").saying("action=\"/admin/sign-out-everywhere\"");
    service.browser(Role::Owner, &[]).open("/admin/account").await.saying("Read the audit log");
    ben.get("/admin/accounts").await.expect(403).expect_page().saying("accounts:write");
}

async fn person(service: &Service<'_>) -> SignedIn {
    service.add_person("ana@example.com", Role::Viewer, &[]).await;
    let answer = service.try_sign_in("ana@example.com", PASSWORD).await.expect(200);
    assert!(cookie(&answer, "formprogress_session").is_some());
    SignedIn::by(service, &answer)
}

async fn a_password_is_changed_on_the_page(service: &Service<'_>) {
    let (ana, elsewhere) = (person(service).await, service.try_sign_in("ana@example.com", PASSWORD).await.expect(200));
    let elsewhere = SignedIn::by(service, &elsewhere);
    let new = "staple that, horse";
    let fields = [("current_password", PASSWORD), ("new_password", new), ("again", new)];
    assert_eq!(ana.fill_in("/admin/account/password", &fields).await.expect_done(), "/admin/account");
    ana.open("/admin/account").await;
    elsewhere.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    service.try_sign_in("ana@example.com", PASSWORD).await.expect(401);
    service.try_sign_in("ana@example.com", new).await.expect(200);
}

async fn a_password_that_cannot_be_is_refused_at_its_field(service: &Service<'_>) {
    let ana = person(service).await;
    let new = "staple that, horse";
    for ([current, password, again], said) in [
        (["", new, new], "Present password is missing."),
        ([PASSWORD, "short", "short"], "New password must have 12 characters at least"),
        ([PASSWORD, new, "another"], "This must be the new password once more."),
        ([PASSWORD, "ana@example.com", "ana@example.com"], "New password must not be the email."),
        (["not my password", new, new], "Present password is not your password."),
    ] {
        let fields = [("current_password", current), ("new_password", password), ("again", again)];
        let refused = ana.fill_in("/admin/account/password", &fields).await.expect(400).expect_page().saying(said);
        refused.not_saying(new).not_saying("not my password");
    }
    let line = format!("account {0} account.password account {0} refused", ana.account.0);
    assert_eq!(service.audit_log().last(), Some(&line));
    service.try_sign_in("ana@example.com", PASSWORD).await.expect(200);
}
