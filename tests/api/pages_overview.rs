//! The overview.

use chrono::TimeDelta;
use formprogress::{
    access::Role,
    surveys::{Status, SurveyId},
};

use crate::support::{NAMED, Save, Service, TestDatabase};

on_both_databases![
    without_a_survey_the_page_says_what_to_do,
    surveys_show_what_goes_on_in_them,
    the_survey_in_which_something_happened_last_comes_first,
    drafts_that_expire_soon_are_named_and_that_is_written_down,
    a_draft_that_lives_on_does_not_expire_soon,
    who_may_not_see_drafts_sees_figures_alone,
    an_account_of_a_company_sees_its_own,
    the_last_changes_are_told_in_words,
    who_may_not_read_the_log_sees_which_surveys_changed,
];

fn add_survey(database: &TestDatabase, name: &str) -> SurveyId {
    database.add_survey(&format!(r#"{{"name":"{name}","definition":{{}}}}"#))
}

fn looked_at_drafts(service: &Service<'_>) -> bool {
    service.audit_log().iter().any(|line| line.contains("draft."))
}

async fn without_a_survey_the_page_says_what_to_do(service: &Service<'_>) {
    service.database.execute("DELETE FROM surveys");
    let page = service.browser(Role::Owner, &[]).open("/admin").await.saying("/admin/surveys/new");
    page.saying("formprogress survey import FILE").saying("--demo");
    let page = service.browser(Role::Viewer, &[]).open("/admin").await.not_saying("/admin/surveys/new");
    page.reads("Somebody who may change surveys has to import one.");
}

async fn surveys_show_what_goes_on_in_them(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);
    service.clock.advance(TimeDelta::days(2));
    for email in [NAMED.1, NAMED.2] {
        service.save(email).await.expect(201);
    }
    service.submit(NAMED.1).await.expect(201);
    service.discard(NAMED.2).await.expect(204);
    let browser = service.browser(Role::Viewer, &[]);

    for _ in 0..2 {
        let page = browser.open("/admin").await;
        page.reads("1 live draft Started 3");
        let page = page.saying(r#"aria-label="3 started in the last 30 days""#).saying("<title>2026-11-23: 2</title>");
        page.saying(r#"aria-label="1 submitted in the last 30 days""#);
        service.fold_events().await;
    }
    // Purged or not, what has expired is not there any more, and what was long ago is not in the chart.
    service.clock.advance(TimeDelta::days(29));
    let browser = service.sign_in("later@example.org", Role::Viewer, &[]);
    for _ in 0..2 {
        browser.open("/admin").await.reads("0 live drafts Started 2");
        service.purge().await;
    }
}

async fn the_survey_in_which_something_happened_last_comes_first(service: &Service<'_>) {
    let ids: Vec<SurveyId> = (0..14).map(|number| add_survey(service.database, &format!("Survey {number}"))).collect();
    for (number, id) in [3_usize, 9, 5].into_iter().map(|number| (number, ids[number].0)) {
        service.save(Save::of(&format!("p{number}@example.com")).survey(id)).await.expect(201);
        service.clock.advance(TimeDelta::days(1));
    }
    service.fold_events().await;

    let page = service.browser(Role::Viewer, &[]).open("/admin").await.saying("All surveys");
    let cards: Vec<&str> = page.body.split("<h3>").skip(1).filter_map(|card| card.split("</h3>").next()).collect();
    assert_eq!(cards.len(), 12, "{cards:?}");
    for (card, name) in cards.iter().zip(["Survey 5", "Survey 9", "Survey 3", "Survey 13", "Survey 12"]) {
        assert!(card.contains(&format!(">{name}<")), "{cards:?}");
    }
}

async fn drafts_that_expire_soon_are_named_and_that_is_written_down(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    browser.open("/admin").await.reads("No draft expires before the end of 2026-11-24.");
    assert!(!looked_at_drafts(service), "nobody was looked at");
    for number in 0..10 {
        service.save(&*format!("p{number}@example.com")).await.expect(201);
        service.clock.advance(TimeDelta::hours(1));
    }
    let first = service.read("p0@example.com").await.expect(200).json();
    let reference = first["reference"].as_str().expect("a reference");
    service.clock.advance(TimeDelta::days(27));

    let browser = service.sign_in("later@example.org", Role::Editor, &[]);
    let page = browser.open("/admin").await.not_saying("p0@example.com");
    let drafts: Vec<&str> = page.body.split("href=\"/admin/drafts/").skip(1).collect();
    assert_eq!(drafts.len(), 8, "{}", page.body);
    assert!(drafts[0].contains(reference), "the first comes first: {}", page.body);
    page.reads("in 3 days");
    page.saying("/admin/drafts?expires_before=2026-12-22").not_saying("only some of the next");
    let log = service.audit_log();
    assert!(!log.iter().any(|line| line.contains("draft.")), "no participant was shown: {log:?}");
}

async fn a_draft_that_lives_on_does_not_expire_soon(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);
    service.save(NAMED.1).await.expect(201);
    service.clock.advance(TimeDelta::days(28));
    // The index knows nothing of it.
    service.save(Save::of(NAMED.1).screen(2)).await.expect(200);

    let page = service.browser(Role::Editor, &[]).open("/admin").await;
    assert_eq!(page.body.matches("href=\"/admin/drafts/").count(), 1, "{}", page.body);
    service.clock.advance(TimeDelta::days(3));
    let browser = service.sign_in("later@example.org", Role::Editor, &[]);
    browser.open("/admin").await.reads("No draft expires before the end of");
}

async fn who_may_not_see_drafts_sees_figures_alone(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);
    service.clock.advance(TimeDelta::days(29));
    let page = service.browser(Role::Viewer, &[]).open("/admin").await;
    page.reads("1 live draft");
    page.not_saying("Expires soon").not_saying("/admin/drafts").not_saying("/admin/audit");
    assert!(!looked_at_drafts(service));
}

async fn an_account_of_a_company_sees_its_own(service: &Service<'_>) {
    let (acme, globex) =
        (service.database.add_company("ACME", "ACME"), service.database.add_company("Globex", "GLOBEX"));
    // Begun before its participant said so: it is ACME's from its beginning.
    service.save(NAMED.0).await.expect(201);
    service.fold_events().await;
    service.clock.advance(TimeDelta::days(1));
    service.save(Save::of(NAMED.0).guest_code("ACME")).await.expect(200);
    service.save(Save::of(NAMED.1).guest_code("GLOBEX")).await.expect(201);
    service.save(NAMED.2).await.expect(201);
    service.clock.advance(TimeDelta::days(28));
    let mine = service.sign_in("acme@example.org", Role::Editor, &[acme]);
    let both = service.sign_in("both@example.org", Role::Editor, &[acme, globex]);
    let all = service.sign_in("all@example.org", Role::Editor, &[]);

    for _ in 0..2 {
        let page = mine.open("/admin").await.saying("of the companies that you may see.");
        page.reads("1 live draft Started 1");
        let page = page.saying("<title>2026-11-21: 1</title>").not_saying("/admin/audit");
        assert_eq!(page.body.matches("href=\"/admin/drafts/").count(), 1, "{}", page.body);
        both.open("/admin").await.reads("2 live drafts Started 2");
        all.open("/admin").await.reads("3 live drafts Started 3");
        service.fold_events().await;
    }
}

async fn the_last_changes_are_told_in_words(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    owner.fill_in("/admin/companies", &[("name", "ACME & Sons"), ("guest_code", "ACME")]).await.expect_done();
    owner.fill_in("/admin/surveys/1/status", &[("status", "closing")]).await.expect_done();
    service.browser(Role::Editor, &[]).fill_in("/admin/surveys/1/status", &[("status", "open")]).await.expect_done();

    let page = owner.open("/admin").await.saying("/admin/audit").saying(r#"href="/admin/companies/1""#);
    page.reads("opened, by account 2");
    page.reads("closing since then: nobody new can start, by you");
    page.reads("ACME &#38; Sons added, by you");
    page.not_saying("audit.read").not_saying("looked at");
    let looks = service.audit_log().iter().filter(|line| line.contains("audit.read audit")).count();
    assert_eq!(looks, 0, "the overview is no reading of the log: {:?}", service.audit_log());
}

async fn who_may_not_read_the_log_sees_which_surveys_changed(service: &Service<'_>) {
    add_survey(service.database, "Second");
    service.clock.advance(TimeDelta::days(1));
    service.database.set_status(SurveyId(1), Status::Closed);
    let acme = service.database.add_company("ACME", "ACME");
    for browser in [service.browser(Role::Editor, &[]), service.browser(Role::Viewer, &[acme])] {
        let page = browser.open("/admin").await.not_saying("/admin/audit");
        page.reads("Changed lately");
        let lately = page.body.split("Changed lately").nth(1).expect("it is there");
        assert!(lately.contains("/admin/surveys/1\"") && lately.contains("/admin/surveys/2\""), "{lately}");
    }
    assert!(service.audit_log().iter().all(|line| !line.contains("audit.read")));
}
