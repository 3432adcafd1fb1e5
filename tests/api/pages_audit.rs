//! The page of the audit log.

use formprogress::{
    access::{Power, Role},
    keys::Kind,
};

use crate::support::{Answer, NAMED, Save, Service};

on_both_databases![
    entries_are_told_in_words_the_newest_first,
    entries_are_chosen_by_filters_that_stay_in_the_address,
    wrong_filters_are_told_on_the_page,
    to_look_at_the_log_leaves_an_entry,
    only_owners_see_the_log,
];

const HOSTILE: &str = "<script>alert(1)</script>";

/// The entries of a page, without its filters: those name every action too.
fn table(page: &Answer) -> &str {
    page.body.split("<tbody>").nth(1).expect("a table")
}

async fn entries_are_told_in_words_the_newest_first(service: &Service<'_>) {
    let company = service.database.add_company(HOSTILE, "ACME");
    service.save(Save::of(NAMED.0).guest_code("ACME")).await.expect(201);
    let owner = service.sign_in("ona@example.com", Role::Owner, &[]);
    let draft = service.read(NAMED.0).await.json()["draft_id"].as_str().expect("an id").to_owned();
    owner.get(&format!("/api/admin/drafts/{draft}")).await.expect(200);
    owner.patch(&format!("/api/admin/companies/{}", company.0), r#"{"details":"New"}"#).await.expect(200);
    service.try_sign_in("ona@example.com", "not the password").await.expect(401);

    let page = owner.open("/admin/audit").await.not_saying(HOSTILE).not_saying(NAMED.0);

    let table = table(&page);
    let link = format!("href=\"/admin/drafts/{draft}\"");
    let acts = ["signed in", "changed a company", "read a draft", "added an account", "refused</span>"];
    let others =
        ["an operator on the command line", "ona@example.com", "Commuting, &#60;script&#62;", &link, "127.0.0.1"];
    for words in acts.iter().chain(&others) {
        assert!(table.contains(words), "{words} does not stand in\n{table}");
    }
    let place = |words: &str| table.find(words).expect("it is told");
    assert!(place("changed a company") < place("read a draft"), "the newest first");
}

async fn entries_are_chosen_by_filters_that_stay_in_the_address(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    service.save(NAMED.0).await.expect(201);
    let people = format!("/api/admin/person?email={}", NAMED.0.replace('@', "%40"));
    owner.get(&people).await.expect(200);
    service.server_key(&[Power::Figures, Power::ReadDrafts]).await;
    service.get("/api/admin/drafts").await.expect(200);
    owner.open("/admin/audit").await.saying("key a test&#39;s");

    let some = owner.open("/admin/audit?action=person&email=ana%40example.com").await;
    let found = table(&some);
    assert!(found.contains("was given all that is held"), "{found}");
    assert!(!found.contains("ana@example.com") && !found.contains("added an account"), "{found}");
    let csv = "/api/admin/audit/export?action=person&#38;email=ana%40example.com&#38;format=csv";
    some.saying("Show all entries").saying(csv).saying("format=ndjson");
    owner.get(&csv.replace("&#38;", "&")).await.expect(200).saying("person.read");

    let page = owner.open("/admin/audit?actor=key").await;
    let by_key = table(&page);
    assert!(by_key.contains("draft.search") && !by_key.contains("person.read"), "{by_key}");
    // To look for them is about them, and the only entry that is.
    let page = owner.open("/admin/audit?survey_id=1&company_id=7").await;
    let of_both = table(&page);
    assert_eq!(of_both.matches("<tr>").count(), 1, "{of_both}");
    owner.open("/admin/audit?to=2001-01-01").await.saying("No entry is like that");
    let page = owner.open("/admin/audit?action=account&limit=1").await;
    let next = page.body.split("href=\"").find(|rest| rest.contains("rel=\"next\"")).expect("a next page");
    let next = next.split('"').next().expect("an address").replace("&#38;", "&");
    assert!(next.contains("action=account") && next.contains("limit=1"), "{next}");
    let page = owner.open(&next).await;
    assert!(table(&page).contains("<code>account."), "{}", page.body);
}

async fn wrong_filters_are_told_on_the_page(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let page = owner.open("/admin/audit?actor=ana&from=soon&colour=red&subject=%3Cscript%3E").await;
    let page = page.saying("must be account, account:ID").saying("is not a filter of this list");
    let page = page.saying("must be a subject such as survey 1").not_saying("<script>").not_saying("format=csv");
    let count = |words: &str| page.body.matches(words).count();
    assert_eq!((count("aria-describedby=\"wrongs\""), count("id=\"wrongs\"")), (3, 1), "{}", page.body);
    assert_eq!((count("aria-invalid"), count("Nothing was searched for")), (3, 1), "{}", page.body);
    owner
        .open("/admin/audit?subject=survey%201&email=ana%40example.com")
        .await
        .saying("cannot be given beside subject");
    assert!(!service.audit_log().iter().any(|line| line.contains("audit.read")), "nothing was looked at");
}

async fn to_look_at_the_log_leaves_an_entry(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let page = owner.open("/admin/audit").await;
    assert!(table(&page).contains("looked at the audit log"), "{}", page.body);
    let line = format!("account {} audit.read audit done", owner.account.0);
    assert_eq!(service.audit_log().last(), Some(&line));
}

async fn only_owners_see_the_log(service: &Service<'_>) {
    service.key(Kind::Site { origins: None }).await;
    service.browser(Role::Editor, &[]).get("/admin/audit").await.expect(403).expect_page().saying("audit:read");
}
