//! The pages of drafts: looking for them, one of them with its answers, its earlier states, and what is done with it. All of it
//! is audited as in the API, and nobody overwrites what a participant saves meanwhile.

use chrono::TimeDelta;
use formprogress::{access::Role, companies::CompanyId};

use crate::support::{NAMED, Save, Service, accounts::SignedIn, database::SURVEY, drafts::IDS};

on_both_databases![
    drafts_are_listed_with_what_support_needs,
    one_field_finds_a_draft_by_whatever_is_known_of_it,
    filters_say_what_they_leave_and_go_on_to_the_next_page,
    a_bad_filter_is_told_on_the_page_and_nothing_is_searched_for,
    a_draft_is_shown_with_its_answers_and_its_history,
    a_draft_of_nobody_is_shown_too,
    what_was_entered_shows_as_text,
    an_earlier_state_is_compared_and_restored,
    a_draft_is_extended,
    an_extension_that_is_none_is_told_at_its_field,
    a_draft_is_discarded_after_asking,
    a_draft_is_marked_as_submitted,
    answers_that_do_not_fit_are_told_by_their_questions,
    an_act_on_a_draft_that_has_moved_on_changes_nothing,
    a_draft_that_has_ended_is_told_in_words,
    who_looks_after_a_company_sees_its_drafts_only,
    viewers_see_no_drafts,
];

const ANA: &str = NAMED.0;

fn path(behind: &str) -> String {
    format!("/admin/drafts/{}{behind}", IDS.0)
}

/// Ana's draft of Acme, with an earlier state that holds more, and the browser of an owner.
async fn draft_of_acme(service: &Service<'_>) -> (CompanyId, SignedIn) {
    let acme = service.database.add_company("Acme", "ACME");
    let code = r#""guestCodeResponse":{"guestCode":"ACME"}"#;
    let first = format!(r#"{{{code},"responses":[{{"questionId":10,"optionId":101}}],"q2":"yes","note":"x"}}"#);
    service.put(IDS.0, Save::of(ANA).data(first).screen(0).body()).await.expect(201);
    service.clock.advance(TimeDelta::days(1));
    let second = format!(r#"{{{code},"responses":[{{"questionId":10,"optionId":100}}]}}"#);
    service.put(IDS.0, Save::of(ANA).data(second).with("meta", r#"{"seen":[1]}"#).body()).await.expect(200);
    (acme, service.browser(Role::Owner, &[]))
}

/// What the audit log says of drafts.
fn draft_acts(service: &Service<'_>) -> Vec<String> {
    let acts = service.audited_acts().into_iter();
    acts.filter(|act| act.starts_with("draft.")).collect()
}

async fn drafts_are_listed_with_what_support_needs(service: &Service<'_>) {
    let early = service.sign_in("early@example.org", Role::Editor, &[]);
    early.open("/admin/drafts").await.saying("There is no draft yet");
    let (_, browser) = draft_of_acme(service).await;
    let page = browser.open("/admin/drafts").await;
    page.saying("1EFJ-T7KC-3H7G")
        .saying(ANA)
        .saying(">Commuting</a>")
        .saying(">Acme</a>")
        .saying("0 seconds ago")
        .saying("in 30 days")
        .saying("/api/admin/drafts/export?format=csv")
        .not_saying("On foot");
    assert_eq!(draft_acts(service), ["draft.search | drafts | - | - | ", "draft.search | drafts | - | - | "]);
}

async fn one_field_finds_a_draft_by_whatever_is_known_of_it(service: &Service<'_>) {
    let (_, browser) = draft_of_acme(service).await;
    service.save(NAMED.1).await.expect(201);
    for sought in ["ANA%40example.com", "1efj%20t7kc%203h7g", "+1EFJT7KC3H7G"] {
        let page = browser.open(&format!("/admin/drafts?q={sought}")).await;
        page.saying(ANA).not_saying(NAMED.1).saying("Show all");
    }
    let found = browser.get(&format!("/admin/drafts?q={}", IDS.0)).await;
    assert_eq!(found.expect_done(), path(""));
    let page = browser.open("/admin/drafts?q=ana%40example.com").await;
    page.saying("/api/admin/drafts/export?email=ana%40example.com&#38;format=ndjson");
    let audited = draft_acts(service);
    assert!(audited[0].starts_with("draft.search | person "), "{audited:?}");
    assert!(audited.iter().all(|entry| !entry.contains(ANA)), "{audited:?}");
}

async fn filters_say_what_they_leave_and_go_on_to_the_next_page(service: &Service<'_>) {
    let (acme, browser) = draft_of_acme(service).await;
    service.database.add_survey(SURVEY);
    for email in [NAMED.1, NAMED.2] {
        service.save(Save::of(email).survey(2)).await.expect(201);
        service.clock.advance(TimeDelta::minutes(1));
    }
    let page = browser.open(&format!("/admin/drafts?company_id={}", acme.0)).await;
    page.saying("Drafts of Acme.").saying(ANA).not_saying(NAMED.1);
    let page = browser.open("/admin/drafts?company_id=none&survey_id=2&screen=0").await;
    let page = page.saying("in Commuting, of no company, on screen 0.").not_saying(ANA).saying(NAMED.1);
    page.saying("<option value=\"none\" selected>none</option>");
    let of_acme = service.browser(Role::Editor, &[acme]);
    // Nothing that belongs to no company is theirs to see.
    of_acme.open("/admin/drafts").await.saying("Acme").not_saying("<option value=\"none\"");
    let page = browser.open("/admin/drafts?updated_before=2026-11-22").await;
    page.saying("last saved before 22 Nov 2026, 00:00 UTC").saying("No draft is like that");

    let first = browser.open("/admin/drafts?survey_id=2&limit=1").await.saying(NAMED.2).not_saying(NAMED.1);
    let next = first.body.split(r#"rel="next""#).next().and_then(|before| before.rsplit("href=\"").next());
    let next = next.and_then(|rest| rest.split('"').next()).expect("there is a next page").replace("&#38;", "&");
    assert!(next.starts_with("/admin/drafts?survey_id=2&limit=1&after="), "{next}");
    browser.open(&next).await.saying(NAMED.1).not_saying(NAMED.2).not_saying("Next page");
}

async fn a_bad_filter_is_told_on_the_page_and_nothing_is_searched_for(service: &Service<'_>) {
    let (_, browser) = draft_of_acme(service).await;
    for (query, wrong) in [
        ("q=nobody", "must be an email, a reference"),
        ("screen=first", "must be an integer"),
        ("updated_before=sesame", "must be a time such as"),
        ("colour=red", "is not a filter of this list"),
        ("after=x", "must be the next of the page before"),
    ] {
        let page = browser.open(&format!("/admin/drafts?{query}")).await;
        page.saying(wrong).saying("Nothing was searched for").not_saying(ANA).not_saying("/export");
    }
    assert_eq!(draft_acts(service), Vec::<String>::new());
}

async fn a_draft_is_shown_with_its_answers_and_its_history(service: &Service<'_>) {
    let (acme, browser) = draft_of_acme(service).await;
    let page = browser.open(&path("")).await;
    page.saying(r#"data-copy="the reference">1EFJ-T7KC-3H7G<"#)
        .saying(ANA)
        .saying("<code>acme</code>")
        .saying("1 of 1: Your way")
        .saying("1 of 2 questions answered")
        .saying("On foot")
        .saying("guestCodeResponse/guestCode")
        .saying("&#34;questionId&#34;: 10")
        .saying(&format!("/api/admin/drafts/{}", IDS.0))
        .saying("Begun by somebody of Acme, on screen 1 of 1: Your way")
        .saying("Gone on with on another day")
        .saying(&path("/versions/1"))
        .saying("5 values, replaced")
        .saying(&path("/discard?seen=2"));
    assert_eq!(draft_acts(service), [format!("draft.read | draft {} | 1 | {} | ", IDS.0, acme.0)]);
}

async fn a_draft_of_nobody_is_shown_too(service: &Service<'_>) {
    let id = service.start_anonymous(r#"{"a":1}"#).await;
    let browser = service.browser(Role::Editor, &[]);
    let page = browser.open(&format!("/admin/drafts/{id}")).await;
    page.saying("nobody has claimed it yet").saying("Extend").not_saying("/submit");
    browser.open("/admin/drafts").await.saying("nobody yet");
    let refused = browser.fill_in(&format!("/admin/drafts/{id}/submit"), &[("seen", "1"), ("answers", "none")]).await;
    refused.expect(409).expect_page().saying("DRAFT_ANONYMOUS");
}

async fn what_was_entered_shows_as_text(service: &Service<'_>) {
    const HOSTILE: &str = "<script>alert(1)</script>";
    let survey = format!(
        r#"{{"name":"{HOSTILE}","definition":{{"pages":[{{"name":"p","title":"{HOSTILE}","elements":[{{"name":"q","title":"{HOSTILE}"}}]}}]}}}}"#
    );
    service.database.add_survey(&survey);
    let data = format!(r#"{{"q":"{HOSTILE}","{HOSTILE}":["{HOSTILE}\u0000"],"more":1}}"#);
    let save = Save::of(ANA).survey(2).data(&data).with("meta", format!(r#""{HOSTILE}""#));
    service.put(IDS.0, save.body()).await.expect(201);
    service.put(IDS.0, Save::of(ANA).survey(2).data("{}").body()).await.expect(200);
    let browser = service.browser(Role::Owner, &[]);
    for behind in ["", "/versions/1", "/discard", "/submit", "/extend", "/versions/1/restore", "/discard?seen=1"] {
        let page = browser.get(&path(behind)).await.expect_page();
        assert!(!page.body.contains("<script>"), "{behind}: {}", page.body);
    }
    browser.open(&path("/versions/1")).await.saying("&#60;script&#62;alert(1)").saying("was ");
    browser.open("/admin/drafts").await.saying("&#60;script&#62;").not_saying("<script>");
}

async fn an_earlier_state_is_compared_and_restored(service: &Service<'_>) {
    let (acme, browser) = draft_of_acme(service).await;
    let page = browser.open(&path("/versions/1")).await;
    page.saying(r#"<del class="answer"><span class="unseen">was </span>By train</del>"#)
        .saying(r#"<ins class="answer"><span class="unseen">now </span>On foot</ins>"#)
        .saying("Always?")
        .saying("now nothing")
        .saying(&path("/versions/1/restore?seen=2"));
    let entry = |action: &str, detail: &str| format!("draft.{action} | draft {} | 1 | {} | {detail}", IDS.0, acme.0);
    assert_eq!(draft_acts(service), [entry("previous", ""), entry("read", "")]);

    browser.open(&path("/versions/1/restore?seen=2")).await.saying("Restore version 1?").saying(r#"value="2""#);
    let restored = browser.fill_in(&path("/versions/1/restore"), &[("seen", "2")]).await;
    assert_eq!(restored.expect_done(), path(""));
    browser.open(&path("")).await.saying("By train").saying("2 of 2 questions answered");
    assert_eq!(draft_acts(service)[2], entry("restore", "version 1"));

    for behind in ["/versions/7", "/versions/x"] {
        browser.get(&path(behind)).await.expect(404).expect_page().saying("STATE_NOT_FOUND");
    }
    let refused = browser.fill_in(&path("/versions/7/restore"), &[("seen", "3")]).await;
    refused.expect(404).saying("STATE_NOT_FOUND");
}

async fn a_draft_is_extended(service: &Service<'_>) {
    let (acme, browser) = draft_of_acme(service).await;
    browser.open(&path("/extend?seen=2")).await.saying("in 30 days").saying(r#"name="seen" value="2""#);
    let extended = browser.fill_in(&path("/extend"), &[("seen", "2"), ("days", "90"), ("until", "")]).await;
    assert_eq!(extended.expect_done(), path(""));
    browser.open(&path("")).await.saying("in 90 days");
    let extended = browser.fill_in(&path("/extend"), &[("seen", "2"), ("days", ""), ("until", "2027-06-01")]).await;
    extended.expect_done();
    assert_eq!(service.draft(IDS.0).await.json()["expires_at"], "2027-06-01T00:00:00.000000Z");
    let until = "until 2027-02-20T09:30:00.000000Z";
    assert_eq!(draft_acts(service)[0], format!("draft.extend | draft {} | 1 | {} | {until}", IDS.0, acme.0));
}

async fn an_extension_that_is_none_is_told_at_its_field(service: &Service<'_>) {
    let (_, browser) = draft_of_acme(service).await;
    for (fields, wrong) in [
        ([("days", "0"), ("until", "")], "Days from now must be an integer from 1 to 1826."),
        ([("days", ""), ("until", "")], "Days from now is missing, and so is until."),
        ([("days", "1"), ("until", "2027-01-01")], "Or until must not be there beside days."),
        ([("days", ""), ("until", "2020-01-01")], "Or until must be a moment in the next five years."),
    ] {
        let fields = [&fields[..], &[("seen", "2")]].concat();
        browser.fill_in(&path("/extend"), &fields).await.expect(400).expect_page().saying(wrong);
    }
    assert_eq!(draft_acts(service), Vec::<String>::new());
    browser.fill_in(&path("/extend"), &[("days", "9")]).await.expect(400).saying("seen is missing");
}

async fn a_draft_is_discarded_after_asking(service: &Service<'_>) {
    let (acme, browser) = draft_of_acme(service).await;
    let asked = browser.open(&path("/discard?seen=2")).await;
    asked.saying("What was entered in it is lost: 3 values. It cannot be restored.").saying("Back, change nothing");
    service.draft(IDS.0).await.expect(200);

    let discarded = browser.fill_in(&path("/discard"), &[("seen", "2")]).await;
    let notice = discarded.notice();
    assert!(notice.contains("1EFJ-T7KC-3H7G") && !notice.contains(ANA), "{notice}");
    assert_eq!(discarded.expect_done(), "/admin/drafts");
    assert_eq!(service.database.count("form_progress"), 0);
    assert_eq!(draft_acts(service)[0], format!("draft.discard | draft {} | 1 | {} | ", IDS.0, acme.0));
    browser.fill_in(&path("/discard"), &[("seen", "2")]).await.expect(404).expect_page().saying("DRAFT_NOT_FOUND");
}

async fn a_draft_is_marked_as_submitted(service: &Service<'_>) {
    let (acme, browser) = draft_of_acme(service).await;
    browser.open(&path("/submit?seen=2")).await.saying("This cannot be undone.").saying(r#"value="draft" checked"#);
    let refused = browser.fill_in(&path("/submit"), &[("seen", "2")]).await;
    refused.expect(400).expect_page().saying("The choice is missing.");
    let submitted = browser.fill_in(&path("/submit"), &[("seen", "2"), ("answers", "none")]).await.expect_done();
    assert!(submitted.starts_with("/admin/submissions/"), "{submitted}");
    assert_eq!(service.database.number("SELECT company_id AS value FROM submissions"), acme.0);
    let acts = draft_acts(service);
    assert_eq!(acts, [format!("draft.submit | draft {} | 1 | {} | without answers", IDS.0, acme.0)]);
    browser.get(&path("")).await.expect(410).expect_page().saying("The draft was submitted").saying("DRAFT_SUBMITTED");
}

async fn answers_that_do_not_fit_are_told_by_their_questions(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).data(r#"{"10":999}"#).body()).await.expect(201);
    let browser = service.browser(Role::Editor, &[]);
    let refused = browser.fill_in(&path("/submit"), &[("seen", "1"), ("answers", "draft")]).await;
    refused.expect(422).expect_page().saying("How?: is not an option of this question").saying("nothing was submitted");
    service.draft(IDS.0).await.expect(200);
    assert_eq!(draft_acts(service), Vec::<String>::new());
    service.patch(IDS.0, r#"{"data":{"10":100}}"#).await.expect(200);
    browser.fill_in(&path("/submit"), &[("seen", "2"), ("answers", "draft")]).await.expect_done();
    assert_eq!(service.database.number("SELECT CAST(answers_count AS bigint) AS value FROM submissions"), 1);
}

async fn an_act_on_a_draft_that_has_moved_on_changes_nothing(service: &Service<'_>) {
    let (acme, browser) = draft_of_acme(service).await;
    service.patch(IDS.0, r#"{"data":{"q2":"yes"}}"#).await.expect(200);
    let acts: [(&str, &[(&str, &str)]); 4] = [
        ("/extend", &[("seen", "2"), ("days", "60")]),
        ("/discard", &[("seen", "2")]),
        ("/submit", &[("seen", "2"), ("answers", "none")]),
        ("/versions/1/restore", &[("seen", "2")]),
    ];
    for (behind, fields) in acts {
        for refused in
            [browser.fill_in(&path(behind), fields).await, browser.get(&path(&format!("{behind}?seen=2"))).await]
        {
            let refused = refused.expect(412).expect_page().saying("VERSION_MISMATCH").saying("The draft has moved on");
            refused.saying("Always?").saying(&path(&format!("{behind}?seen=3")));
        }
        browser.open(&path(&format!("{behind}?seen=3"))).await.saying(r#"name="seen" value="3""#);
    }
    assert_eq!(service.draft(IDS.0).await.expect(200).version(), 3);
    // The present draft was shown, and nothing else was done.
    assert_eq!(draft_acts(service), vec![format!("draft.read | draft {} | 1 | {} | ", IDS.0, acme.0); 8]);
    browser.fill_in(&path("/discard"), &[("seen", "3")]).await.expect_done();
}

async fn a_draft_that_has_ended_is_told_in_words(service: &Service<'_>) {
    draft_of_acme(service).await;
    let everywhere = async |browser: &SignedIn, status: u16, words: &str| {
        for behind in ["", "/extend", "/discard", "/submit", "/versions/1", "/versions/1/restore"] {
            browser.get(&path(behind)).await.expect(status).expect_page().saying(words).saying("To the drafts");
        }
        let fields = [("seen", "2"), ("days", "9"), ("answers", "draft")];
        for behind in ["/extend", "/discard", "/submit", "/versions/1/restore"] {
            browser.fill_in(&path(behind), &fields).await.expect(status).expect_page().saying(words);
        }
    };
    service.let_drafts_expire();
    let browser = service.sign_in("later@example.org", Role::Owner, &[]);
    everywhere(&browser, 410, "The draft has expired").await;
    service.database.execute("DELETE FROM form_progress");
    everywhere(&browser, 404, "There is no such draft").await;
    browser.get("/admin/drafts/sesame").await.expect(404).expect_page().saying("There is no such draft");
    assert_eq!(draft_acts(service), Vec::<String>::new());
}

async fn who_looks_after_a_company_sees_its_drafts_only(service: &Service<'_>) {
    let (acme, _) = draft_of_acme(service).await;
    let other = service.database.add_company("Other", "OTHER");
    service.save(Save::of(NAMED.1).guest_code("OTHER")).await.expect(201);
    let of_other = service.sign_in("o@example.org", Role::Editor, &[other]);
    let page = of_other.open("/admin/drafts").await;
    page.saying(NAMED.1).not_saying(ANA).not_saying("Acme");
    of_other.get(&path("")).await.expect(404).expect_page().not_saying(ANA);
    let before = service.database.everything();
    for (behind, fields) in [("/discard", [("seen", "2"), ("days", "")]), ("/extend", [("seen", "2"), ("days", "9")])] {
        of_other.fill_in(&path(behind), &fields).await.expect(404).expect_page().not_saying(ANA);
    }
    assert_eq!(service.database.everything(), before);
    let of_acme = service.sign_in("a@example.org", Role::Editor, &[acme]);
    of_acme.open(&path("")).await.saying(ANA);
    of_acme.fill_in(&path("/extend"), &[("seen", "2"), ("days", "60")]).await.expect_done();
}

async fn viewers_see_no_drafts(service: &Service<'_>) {
    draft_of_acme(service).await;
    let viewer = service.browser(Role::Viewer, &[]);
    for path in ["/admin/drafts".to_owned(), path(""), path("/versions/1")] {
        viewer.get(&path).await.expect(403).expect_page().saying("drafts:read").not_saying(ANA);
    }
    viewer.fill_in(&path("/discard"), &[("seen", "2")]).await.expect(403).saying("drafts:write");
    viewer.open("/admin/companies").await.not_saying("/admin/drafts");
}
