//! The pages of surveys: the list, a survey with its funnel, and what it still takes.

use chrono::TimeDelta;
use formprogress::{
    access::{Power, Role},
    surveys::{Status, SurveyId},
};

use crate::support::{NAMED, Save, Service, Submission};

on_both_databases![
    a_list_shows_what_goes_on_in_each_survey,
    a_list_is_filtered_and_goes_on,
    a_wrong_filter_is_told_on_the_page,
    a_survey_shows_how_far_its_drafts_come,
    a_period_and_a_company_are_chosen_in_the_address,
    a_survey_that_nobody_has_begun_says_so,
    an_account_of_a_company_sees_its_figures_alone,
    a_survey_is_closed_only_after_what_happens_is_said,
    a_survey_is_opened_without_a_question,
    what_a_survey_takes_is_only_for_those_who_may_change_it,
    a_status_that_there_is_not_is_refused,
    hostile_names_show_as_text,
];

const SCREENS: &str = r#"{"name":"Ways","definition":{},"progress_days":30,
    "screens":[{"name":"you","title":"About you"},{"name":"way"}]}"#;

async fn a_list_shows_what_goes_on_in_each_survey(service: &Service<'_>) {
    service.database.add_survey(SCREENS);
    for (email, survey) in [(NAMED.0, 1), (NAMED.1, 1), (NAMED.2, 2)] {
        service.save(Save::of(email).survey(survey)).await.expect(201);
    }
    service.submit(NAMED.0).await.expect(201);
    service.database.set_status(SurveyId(2), Status::Closing);
    let browser = service.browser(Role::Viewer, &[]);

    for _ in 0..2 {
        let page = browser.open("/admin/surveys").await.not_saying("/admin/surveys/new");
        page.reads("survey 1 open 1 2 1");
        page.reads("Ways survey 2 closing 1 1 0");
        service.fold_events().await;
    }
    service.browser(Role::Editor, &[]).open("/admin/surveys").await.saying("/admin/surveys/new");
}

async fn a_list_is_filtered_and_goes_on(service: &Service<'_>) {
    for _ in 0..2 {
        service.database.add_survey(SCREENS);
    }
    service.database.set_status(SurveyId(3), Status::Closed);
    let browser = service.browser(Role::Viewer, &[]);

    let page = browser.open("/admin/surveys?status=open&limit=1").await.saying("/admin/surveys/1\"");
    let page = page.not_saying("/admin/surveys/2\"").saying("Surveys that are open.");
    let next = page.body.split("rel=\"next\"").next().and_then(|before| before.rsplit("href=\"").next());
    let next = next.and_then(|rest| rest.split('"').next()).expect("there is a next page").replace("&#38;", "&");
    let page = browser.open(&next).await;
    page.saying("/admin/surveys/2\"").not_saying("/admin/surveys/1\"").not_saying("rel=\"next\"");
    browser.open("/admin/surveys?status=closing").await.saying("No survey is like that.");
}

async fn a_wrong_filter_is_told_on_the_page(service: &Service<'_>) {
    let browser = service.browser(Role::Viewer, &[]);
    browser.open("/admin/surveys?status=shut").await.saying("must be open, closing or closed");
    browser.open("/admin/surveys?name=x").await.saying("is not a filter of this list");
    let page = browser.open("/admin/surveys/1?from=1.1.2026&day=x").await.saying("must be a day such as 2026-11-21");
    page.saying("is not a filter of this list").not_saying("How far they came").saying("Open or closed");
    for (path, code) in
        [("/admin/surveys/7", "SURVEY_NOT_FOUND"), ("/admin/surveys/1?company_id=7", "COMPANY_NOT_FOUND")]
    {
        browser.get(path).await.expect(404).expect_page().saying(code);
    }
}

/// Three drafts: one is submitted from screen 1, one expires at screen 0, one is at screen 2.
async fn happen(service: &Service<'_>) {
    service.database.add_survey(SCREENS);
    service.save(Save::of(NAMED.1).survey(2).screen(0)).await.expect(201);
    service.clock.advance(TimeDelta::days(31));
    service.database.add_company("ACME", "ACME");
    service.save(Save::of(NAMED.0).survey(2).screen(0).guest_code("ACME")).await.expect(201);
    service.clock.advance(TimeDelta::seconds(100));
    service.save(Save::of(NAMED.0).survey(2).screen(1).guest_code("ACME")).await.expect(200);
    service.submit(Submission::of(NAMED.0).with("survey_id", "2").with("answers", "{}")).await.expect(201);
    service.save(Save::of(NAMED.2).survey(2).screen(2)).await.expect(201);
}

async fn a_survey_shows_how_far_its_drafts_come(service: &Service<'_>) {
    happen(service).await;
    let browser = service.browser(Role::Editor, &[]);

    for _ in 0..2 {
        let page = browser.open("/admin/surveys/2").await;
        page.reads("Started 3 Submitted 1 33 % Live 1 Expired 1 Discarded 0 Median time to submit 1 min 40 s");
        page.reads("0 About you 3 100 % 1 lost here (33 %) 0 still here");
        page.reads("1 way 2 67 % 0 lost here (0 %) 0 still here 1 submitted from here");
        page.reads("2 Screen 2 1 33 % 0 lost here (0 %) 1 still here");
        let page = page.saying("About you: reached by 3 of 3 drafts, 100 %; 1 lost here, 0 still here");
        let page = page.saying("/admin/drafts?survey_id=2&#38;screen=2").saying("/api/admin/surveys/2");
        let page =
            page.saying("/api/admin/events/export?format=csv&amp;survey_id=2").saying("/admin/surveys/2/replace");
        page.reads("Day by day Started 3 2026-11-21: 1");
        service.fold_events().await;
        service.purge().await;
    }
    let page = service.browser(Role::Viewer, &[]).open("/admin/surveys/2").await;
    page.not_saying("/admin/drafts").not_saying("/export").not_saying("/replace").not_saying("/status");
}

async fn a_period_and_a_company_are_chosen_in_the_address(service: &Service<'_>) {
    happen(service).await;
    let browser = service.browser(Role::Viewer, &[]);

    let page = browser.open("/admin/surveys/2?from=2026-11-22").await;
    page.reads("Drafts that began on 2026-11-22 or later, and what became of them up to now. Show all");
    page.reads("Started 2 Submitted 1 50 %");
    let page = browser.open("/admin/surveys/2?company_id=1&from=2026-11-22&to=2026-12-31").await;
    page.reads("Drafts of ACME that began from 2026-11-22 to 2026-12-31");
    page.reads("Started 1 Submitted 1 100 %");
    page.saying(r#"href="/admin/surveys/2?company_id=1&#38;from=2026-12-16""#).saying(r#"value="2026-11-22""#);
    let page = browser.open("/admin/surveys/2?to=2026-11-20").await;
    page.reads("Nobody has started it then.");
}

async fn a_survey_that_nobody_has_begun_says_so(service: &Service<'_>) {
    let page = service.browser(Role::Viewer, &[]).open("/admin/surveys/1").await;
    page.reads("Nobody has started this survey yet.");
    page.reads("This survey does not name its screens.");
}

async fn an_account_of_a_company_sees_its_figures_alone(service: &Service<'_>) {
    happen(service).await;
    let globex = service.database.add_company("Globex", "GLOBEX");
    let browser = service.browser(Role::Editor, &[globex]);

    let page = browser.open("/admin/surveys/2").await.not_saying("ACME").saying("Globex");
    page.reads("Drafts of the companies that you may see of all time");
    page.reads("Nobody has started");
    browser.open("/admin/surveys").await.reads("Ways survey 2 open 0 0 0");
    browser.get("/admin/surveys/2?company_id=1").await.expect(404).expect_page().saying("COMPANY_NOT_FOUND");
    let acme = service.sign_in("acme@example.org", Role::Editor, &[formprogress::companies::CompanyId(1)]);
    acme.open("/admin/surveys").await.reads("Ways survey 2 open 0 1 1");
}

async fn a_survey_is_closed_only_after_what_happens_is_said(service: &Service<'_>) {
    for email in [NAMED.0, NAMED.1] {
        service.save(email).await.expect(201);
    }
    let browser = service.browser(Role::Editor, &[]);
    let page = browser.open("/admin/surveys/1").await.saying(r#"href="/admin/surveys/1/status/closed""#);
    page.not_saying(r#"name="status""#);

    let asked = browser.open("/admin/surveys/1/status/closed").await;
    asked.reads("There are 2 live drafts. Participants can still see what they have saved");
    asked.saying(r#"name="status" value="closed""#).saying(r#"action="/admin/surveys/1/status""#);
    browser.open("/admin/surveys/1/status/closing").await.saying("Whoever has one can still save and submit");
    service.save(Save::of(NAMED.0).screen(1)).await.expect(200);

    let done = browser.fill_in("/admin/surveys/1/status", &[("status", "closed")]).await;
    assert_eq!(done.expect_done(), "/admin/surveys/1");
    service.save(Save::of(NAMED.0).screen(2)).await.expect_problem(403, "SURVEY_CLOSED");
    browser.open("/admin/surveys/1").await.reads("It is closed : nobody can start, save or submit anything.");
    let log = service.audit_log();
    assert_eq!(log.last().map(String::as_str), Some("account 1 survey.status survey 1 done"));
}

async fn a_survey_is_opened_without_a_question(service: &Service<'_>) {
    service.database.set_status(SurveyId(1), Status::Closed);
    let browser = service.browser(Role::Editor, &[]);
    let page = browser.open("/admin/surveys/1").await.saying(r#"name="status" value="open""#);
    page.saying(r#"name="status" value="closing""#).not_saying("/status/closed");

    browser.fill_in("/admin/surveys/1/status", &[("status", "open")]).await.expect_done();
    service.save(NAMED.0).await.expect(201);
}

async fn what_a_survey_takes_is_only_for_those_who_may_change_it(service: &Service<'_>) {
    let acme = service.database.add_company("ACME", "ACME");
    for browser in [service.browser(Role::Viewer, &[]), service.browser(Role::Editor, &[acme])] {
        browser.get("/admin/surveys/1/status/closed").await.expect(403).expect_page().saying("surveys:write");
        browser.fill_in("/admin/surveys/1/status", &[("status", "closed")]).await.expect(403).expect_page();
    }
    service.save(NAMED.0).await.expect(201);
}

async fn a_status_that_there_is_not_is_refused(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    browser.get("/admin/surveys/1/status/shut").await.expect(404).expect_page().saying("NOT_FOUND");
    browser.get("/admin/surveys/7/status/open").await.expect(404).expect_page().saying("SURVEY_NOT_FOUND");
    let refused = browser.fill_in("/admin/surveys/1/status", &[("status", "shut")]).await.expect(400).expect_page();
    refused.saying("must be open, closing or closed");
    browser.fill_in("/admin/surveys/7/status", &[("status", "open")]).await.expect(404).saying("SURVEY_NOT_FOUND");
    assert!(service.audit_log().iter().all(|line| !line.contains("survey.status")));
}

async fn hostile_names_show_as_text(service: &Service<'_>) {
    let hostile = r#"{"name":"<script>alert(1)</script>","definition":{},
        "screens":[{"name":"x","title":"\"><img src=x onerror=alert(2)>"}]}"#;
    service.database.add_survey(hostile);
    service.database.add_company("</option><script>alert(3)</script>", "ACME");
    service.server_key(&[Power::Participate]).await;
    service.save(Save::of(NAMED.0).survey(2)).await.expect(201);
    let browser = service.browser(Role::Editor, &[]);
    for path in ["/admin", "/admin/surveys", "/admin/surveys/2", "/admin/surveys/2/status/closed"] {
        let page = browser.open(path).await.not_saying("<script>alert").not_saying("<img");
        page.saying("&#60;script&#62;alert(1)");
    }
}
