//! The pages of a person: what is held about them, and its erasure.

use formprogress::access::{Power, Role};

use crate::support::{NAMED, Save, Service, Submission, admin::person_path, database::SURVEY, drafts::IDS};

on_both_databases![
    what_is_held_is_shown_with_links_and_dates,
    that_nothing_is_held_is_an_answer,
    an_email_that_is_none_is_refused_at_its_field,
    the_question_says_what_will_go_and_what_stays,
    everything_goes_once_the_email_is_typed,
    another_email_typed_erases_nothing,
    erasing_nothing_says_so,
    who_looked_and_who_erased_is_written_down,
    people_are_for_owners_without_limits,
    hostile_emails_are_shown_as_text,
    the_page_and_the_download_tell_of_the_same,
];

const ERASE: &str = "/admin/person/erase";

/// A draft with an earlier state in survey 1, of Acme, and a submission with two answers in survey 2.
async fn take_part(service: &Service<'_>, email: &str, id: &str) {
    if service.database.count("companies") == 0 {
        service.database.add_survey(SURVEY);
        service.database.add_company("Acme & <b>Sons</b>", "ACME");
    }
    let full = Save::of(email).data(r#"{"guestCodeResponse":{"guestCode":"ACME"},"a":1,"b":2}"#).screen(3);
    service.put(id, full.body()).await.expect(201);
    service.put(id, Save::of(email).data(r#"{"a":1}"#).screen(1).body()).await.expect(200);
    let submission = Submission::of(email).with("survey_id", "2").answers(r#"{"q":1,"p":"x"}"#);
    service.submit(submission).await.expect(201);
}

fn page_of(email: &str) -> String {
    person_path(email).replace("/api", "")
}

fn question_of(email: &str) -> String {
    page_of(email).replace("/person", "/person/erase")
}

async fn what_is_held_is_shown_with_links_and_dates(service: &Service<'_>) {
    take_part(service, NAMED.0, IDS.0).await;
    let owner = service.browser(Role::Owner, &[]);
    owner.open("/admin/person").await.saying("Email of a participant").not_saying("Download");

    let page = owner.open(&page_of(" Ana@Example.COM ")).await.saying("<h2>ana@example.com</h2>");
    let page = page.saying(&format!("/admin/drafts/{}", IDS.0)).saying("/admin/submissions/1").saying("Commuting");
    let page = page.saying("Acme &#38; &#60;b&#62;Sons").saying("2026-11-21T09:30:00.000000Z");
    let page = page.saying("/api/admin/person?email=ana%40example.com").saying("/admin/audit?email=ana%40example.com");
    page.saying("/admin/person/erase?email=ana%40example.com").not_saying("ACME");
}

async fn that_nothing_is_held_is_an_answer(service: &Service<'_>) {
    take_part(service, NAMED.0, IDS.0).await;
    let owner = service.browser(Role::Owner, &[]);
    let page = owner.open(&page_of(NAMED.1)).await.saying("Nothing is held about <strong>ben@example.com</strong>");
    page.saying("That is an answer").not_saying("Download all of it");
}

async fn an_email_that_is_none_is_refused_at_its_field(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let page = owner.open("/admin/person?email=ana").await.saying("Email of a participant must be an email address");
    page.saying("value=\"ana\"");
    owner.open("/admin/person?email=ana%40example.com&yes=1").await.saying("<code>yes</code>");
    owner.get("/admin/person/erase").await.expect(400).expect_page().saying("INVALID_REQUEST");
    owner.fill_in(ERASE, &[("typed", "ana@example.com")]).await.expect(400).expect_page();
    assert!(!service.audited_acts().iter().any(|act| act.starts_with("person.")));
}

async fn the_question_says_what_will_go_and_what_stays(service: &Service<'_>) {
    take_part(service, NAMED.0, IDS.0).await;
    let owner = service.browser(Role::Owner, &[]);
    let page = owner.open(&question_of(NAMED.0)).await;
    let page = page.saying("1 draft, 1 earlier state, 1 submission, 2 answers.").saying("The figures stay");
    page.saying("type the email: ana@example.com")
        .saying("name=\"typed\"")
        .not_saying("value=\"ana@example.com\" required");
}

async fn everything_goes_once_the_email_is_typed(service: &Service<'_>) {
    take_part(service, NAMED.0, IDS.0).await;
    take_part(service, NAMED.1, IDS.1).await;
    let owner = service.browser(Role::Owner, &[]);

    let done = owner.fill_in(ERASE, &[("email", NAMED.0), ("typed", " Ana@EXAMPLE.com ")]).await;
    let notice = done.notice();
    assert!(!notice.contains("ana") && notice.contains("erased"), "{notice}");
    assert_eq!(done.expect_done(), "/admin/person");

    owner.open(&page_of(NAMED.0)).await.saying("Nothing is held");
    owner.open(&page_of(NAMED.1)).await.saying(&format!("/admin/drafts/{}", IDS.1));
    service.server_key(&[Power::Participate]).await;
    service.draft(IDS.0).await.expect(404);
}

async fn another_email_typed_erases_nothing(service: &Service<'_>) {
    take_part(service, NAMED.0, IDS.0).await;
    let owner = service.browser(Role::Owner, &[]);
    for (typed, said) in [("", "is missing"), ("ana", "must be an email address"), (NAMED.1, "is another email")] {
        let refused = owner.fill_in(ERASE, &[("email", NAMED.0), ("typed", typed)]).await.expect(400).expect_page();
        refused.saying(&format!("What you typed {said}")).saying("1 draft").saying("aria-invalid");
    }
    owner.open(&page_of(NAMED.0)).await.saying(IDS.0);
    assert!(!service.audited_acts().iter().any(|act| act.starts_with("person.erase")));
}

async fn erasing_nothing_says_so(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    owner.open(&question_of(NAMED.0)).await.saying("Nothing is held about ana@example.com");
    let done = owner.fill_in(ERASE, &[("email", NAMED.0), ("typed", NAMED.0)]).await;
    assert_eq!(done.expect_done(), "/admin/person");
}

async fn who_looked_and_who_erased_is_written_down(service: &Service<'_>) {
    take_part(service, NAMED.0, IDS.0).await;
    let owner = service.browser(Role::Owner, &[]);
    owner.open("/admin/person").await;
    owner.open(&page_of(NAMED.0)).await;
    owner.open(&question_of(NAMED.0)).await;
    owner.fill_in(ERASE, &[("email", NAMED.0), ("typed", NAMED.0)]).await.expect_done();

    let acts = service.audited_acts();
    let acts: Vec<&String> = acts.iter().filter(|act| act.starts_with("person.")).collect();
    let said: Vec<(&str, &str)> =
        acts.iter().filter_map(|act| Some((act.split(' ').next()?, act.rsplit(" | ").next()?))).collect();
    let erased = "drafts 1, expired_drafts 0, previous_states 1, submissions 1, answers 2, idempotency_keys 0";
    assert_eq!(said, [("person.read", ""), ("person.read", "counts"), ("person.erase", erased)]);
    assert!(acts.iter().all(|act| !act.contains('@')), "{acts:?}");
}

async fn people_are_for_owners_without_limits(service: &Service<'_>) {
    take_part(service, NAMED.0, IDS.0).await;
    let acme = service.database.add_company("Other", "OTHER");
    let editor = service.browser(Role::Editor, &[]);
    let limited = service.browser(Role::Editor, &[acme]);
    let before = service.database.lines("SELECT email AS value FROM form_progress");
    for browser in [&editor, &limited] {
        browser.open("/admin/companies").await.not_saying("A person");
        for path in ["/admin/person", &page_of(NAMED.0), &question_of(NAMED.0)] {
            browser.get(path).await.expect(403).expect_page().not_saying(IDS.0);
        }
        browser.fill_in(ERASE, &[("email", NAMED.0), ("typed", NAMED.0)]).await.expect(403).expect_page();
    }
    assert_eq!(service.database.lines("SELECT email AS value FROM form_progress"), before);
}

async fn hostile_emails_are_shown_as_text(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let hostile = "\"><script>alert(1)</script>@example.com";
    let page = owner.open(&page_of(hostile)).await;
    page.saying("&#60;script&#62;alert(1)").not_saying("<script>alert");
    // An apostrophe, an ampersand and a brace may stand in an email.
    let email = "o'x&{y}@example.com";
    service.save(email).await.expect(201);
    owner.open(&page_of(email)).await.saying("o&#39;x&#38;{y}@example.com");
    owner.open(&question_of(email)).await.saying("value=\"o&#39;x&#38;{y}@example.com\"");
    owner.fill_in(ERASE, &[("email", email), ("typed", email)]).await.expect_done();
}

async fn the_page_and_the_download_tell_of_the_same(service: &Service<'_>) {
    take_part(service, NAMED.0, IDS.0).await;
    let owner = service.browser(Role::Owner, &[]);
    let download = owner.bare_request("GET", &person_path(NAMED.0)).send().await.expect(200);
    assert_eq!(download.header("Content-Disposition"), Some("attachment; filename=\"person.json\""));
    let person = download.json();
    let (draft, submission) = (&person["drafts"][0], &person["submissions"][0]);
    let count = |list: &serde_json::Value| list.as_array().expect("a list").len();
    let (states, answers) = (count(&draft["previous_states"]), count(&submission["answers"]));
    assert_eq!((states, answers), (1, 2));

    let page = owner.open(&page_of(NAMED.0)).await;
    let (drafts, submissions) = (count(&person["drafts"]), count(&person["submissions"]));
    page.reads(&format!("Live drafts {drafts} Submissions {submissions} Expired drafts {}", person["expired_drafts"]));
    page.reads(&format!("Sons&#60;/b&#62; {states} {} 21 Nov", count(&draft["events"])));
    page.reads(&format!("none {answers} {} 21 Nov", count(&submission["events"])));
}
