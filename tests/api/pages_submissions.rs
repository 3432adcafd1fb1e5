//! The pages of submissions: listed, filtered, read, and where they are exported.

use chrono::TimeDelta;
use formprogress::{access::Role, companies::CompanyId};

use crate::support::{NAMED, Service, Submission};

on_both_databases![
    submissions_are_listed_with_what_they_belong_to,
    filters_stand_in_the_address_and_are_said,
    a_filter_that_cannot_be_is_told_and_nothing_is_searched,
    pages_follow_one_another_and_keep_the_filters,
    a_search_that_stops_early_can_go_on,
    the_links_of_the_export_have_the_filters_and_not_the_place,
    a_submission_is_shown_with_its_questions,
    a_submission_without_answers_says_so,
    whoever_is_limited_sees_no_other_submissions,
    what_was_looked_at_is_written_down,
    hostile_answers_are_shown_as_text,
    of_many_surveys_any_can_be_named_by_its_id,
];

const LIST: &str = "/admin/submissions";
const COMMUTING: &str = r#"{"name":"Commuting & <b>more</b>","definition":{"question_groups":[{"id":1,"name":"Your way","questions":[
    {"id":10,"text":"How?","options":[{"id":100,"text":"On foot"}]},{"id":11,"text":"How far?"}]}]}}"#;

/// Ana's of Acme in survey 2, a day later Ben's of nobody in survey 1.
async fn two_submissions(service: &Service<'_>) -> CompanyId {
    service.database.add_survey(COMMUTING);
    let acme = service.database.add_company("Acme", "ACME");
    let ana = Submission::of(NAMED.0).with("survey_id", "2").with("guest_code", "\"ACME\"");
    let ana = ana.with("participant", r#"{"name":"Ana <i>","phone":[1,2]}"#);
    service.submit(ana.answers(r#"{"10":100,"zz":1e2}"#)).await.expect(201);
    service.clock.advance(TimeDelta::minutes(1));
    service.submit(Submission::of(NAMED.1).without("answers")).await.expect(201);
    acme
}

/// The participants in the order of the list.
fn listed(page: &str) -> Vec<&str> {
    let links = page.split("<th scope=\"row\"><a href=\"/admin/submissions/").skip(1);
    links.filter_map(|rest| rest.split('>').nth(1)?.split('<').next()).collect()
}

async fn submissions_are_listed_with_what_they_belong_to(service: &Service<'_>) {
    let browser = service.browser(Role::Editor, &[]);
    browser.open(LIST).await.saying("There is no submission yet").not_saying("data-export");
    two_submissions(service).await;
    let page = browser.open(LIST).await.saying("Commuting &#38; &#60;b&#62;more").saying("<td>Acme</td>");
    assert_eq!(listed(&page.body), [NAMED.1, NAMED.0]);
    page.saying("datetime=\"2026-11-21T09:31:00.000000Z\"").not_saying("Next page");
}

async fn filters_stand_in_the_address_and_are_said(service: &Service<'_>) {
    let acme = two_submissions(service).await;
    let browser = service.browser(Role::Editor, &[]);
    let company = format!("company_id={acme}");
    for (query, expected, said) in [
        ("email=ANA%40example.com", vec![NAMED.0], "of ANA@example.com"),
        ("survey_id=2&email=", vec![NAMED.0], "in the survey “Commuting &#38;"),
        (company.as_str(), vec![NAMED.0], "of the company “Acme”"),
        ("company_id=none", vec![NAMED.1], "of no company"),
        ("from=2026-11-21&to=2026-11-21", vec![NAMED.1, NAMED.0], "accepted from 2026-11-21 on"),
        ("to=2026-11-20", vec![], "accepted up to 2026-11-20"),
        ("survey_id=77", vec![], "in the survey “77”"),
    ] {
        let page = browser.open(&format!("{LIST}?{query}")).await.saying(said).saying("Show all");
        assert_eq!(listed(&page.body), expected, "{query}");
    }
    browser.open(&format!("{LIST}?to=2026-11-20")).await.saying("No submission is like that");
    browser.open(&format!("{LIST}?survey_id=2")).await.saying("<option value=\"2\" selected>");
}

async fn a_filter_that_cannot_be_is_told_and_nothing_is_searched(service: &Service<'_>) {
    two_submissions(service).await;
    let browser = service.browser(Role::Editor, &[]);
    for (query, name) in
        [("email=x", "email"), ("from=yesterday", "from"), ("colour=red", "colour"), ("after=x", "after")]
    {
        let page = browser.open(&format!("{LIST}?{query}")).await;
        let page =
            page.saying(&format!("<code>{name}</code>")).saying("Nothing was searched for").not_saying("data-export");
        assert_eq!(listed(&page.body), Vec::<&str>::new());
    }
    browser.open(&format!("{LIST}?email=%3Cb%3E&from=2026-11-01")).await.saying("value=\"&#60;b&#62;\"");
    let audited = service.audited_acts();
    assert!(!audited.iter().any(|act| act.starts_with("submission.")), "{audited:?}");
}

async fn pages_follow_one_another_and_keep_the_filters(service: &Service<'_>) {
    for number in 1..=5 {
        service.submit(format!("p{number}@example.com").as_str()).await.expect(201);
    }
    let browser = service.browser(Role::Editor, &[]);
    let (mut path, mut seen) = (format!("{LIST}?limit=2&survey_id=1&from=2026-11-01"), Vec::new());
    loop {
        let page = browser.open(&path).await.saying("from 2026-11-01");
        seen.extend(listed(&page.body).into_iter().map(str::to_owned));
        let next = page.body.split("<a class=\"button\" href=\"").find(|rest| rest.contains("rel=\"next\">Next page"));
        let Some(next) = next.and_then(|rest| rest.split('"').next()) else { break };
        path = next.replace("&#38;", "&");
        assert!(path.contains("survey_id=1") && path.contains("limit=2"), "{path}");
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(|number| format!("p{number}@example.com")));
}

async fn a_search_that_stops_early_can_go_on(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    service.submit(NAMED.1).await.expect(201);
    service.clock.advance(TimeDelta::minutes(1));
    service.submit(Submission::of(NAMED.0).with("guest_code", "\"ACME\"")).await.expect(201);
    // More of Acme than one search looks at, before the one of nobody.
    service.database.execute(
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 6500) \
         INSERT INTO submissions (email, survey_id, company_id, answers_count, digest, submitted_at, has_own_answers) \
         SELECT 'p' || n || '@example.com', survey_id, company_id, answers_count, digest, submitted_at, has_own_answers \
         FROM number, submissions WHERE company_id = 1",
    );
    let browser = service.browser(Role::Editor, &[]);
    let page = browser.open(&format!("{LIST}?company_id=none")).await.saying("None of the last few thousand");
    let next = page.body.split("<a class=\"button\" href=\"").find(|rest| rest.contains("rel=\"next\">Search on"));
    let next = next.and_then(|rest| rest.split('"').next()).expect("it goes on").replace("&#38;", "&");
    let page = browser.open(&next).await.saying("of no company");
    assert_eq!(listed(&page.body), [NAMED.1]);
}

async fn the_links_of_the_export_have_the_filters_and_not_the_place(service: &Service<'_>) {
    for number in 1..=3 {
        service.submit(format!("p{number}@example.com").as_str()).await.expect(201);
    }
    let browser = service.browser(Role::Editor, &[]);
    let page = browser.open(&format!("{LIST}?limit=2&survey_id=1&email=")).await;
    let links = page.body.split("href=\"").filter(|rest| rest.starts_with("/api/admin/submissions/export"));
    let links: Vec<String> =
        links.filter_map(|rest| rest.split('"').next()).map(|link| link.replace("&#38;", "&")).collect();
    assert_eq!(
        links,
        ["csv", "ndjson"].map(|format| format!("/api/admin/submissions/export?survey_id=1&format={format}"))
    );
    let exported = browser.bare_request("GET", &links[1]).send().await.expect(200);
    assert_eq!(exported.body.lines().count(), 3);
}

async fn a_submission_is_shown_with_its_questions(service: &Service<'_>) {
    let acme = two_submissions(service).await;
    let browser = service.browser(Role::Editor, &[]);
    let page = browser.open(&format!("{LIST}/1")).await;
    let page = page.saying("How?").saying("On foot").saying("How far?").saying("no answer").saying("Your way");
    let page = page.saying("<code>zz</code>").saying("{&#34;question&#34;: &#34;zz&#34;, &#34;value&#34;: 1e2}");
    let page = page.saying("Ana &#60;i&#62;").saying(&format!("/admin/companies/{acme}\">Acme")).saying(NAMED.0);
    // An editor does not see people as a whole.
    page.not_saying("/admin/person").saying("/api/admin/submissions/1");
    let owner = service.browser(Role::Owner, &[]);
    owner.open(&format!("{LIST}/1")).await.saying("/admin/person?email=ana%40example.com");
    for id in ["3", "0", "x", "99999999999999999999"] {
        browser.get(&format!("{LIST}/{id}")).await.expect(404).expect_page().saying("SUBMISSION_NOT_FOUND");
    }
}

async fn a_submission_without_answers_says_so(service: &Service<'_>) {
    two_submissions(service).await;
    let browser = service.browser(Role::Editor, &[]);
    let page = browser.open(&format!("{LIST}/2")).await.saying("This submission has no answers");
    page.not_saying("<h2>Answers").not_saying("<details>");
}

async fn whoever_is_limited_sees_no_other_submissions(service: &Service<'_>) {
    let acme = two_submissions(service).await;
    let browser = service.browser(Role::Editor, &[acme]);
    for query in ["", "?email=ben%40example.com", "?company_id=none", "?survey_id=1"] {
        let page = browser.open(&format!("{LIST}{query}")).await;
        assert!(!listed(&page.body).contains(&NAMED.1), "{query}");
    }
    browser.open(LIST).await.saying(NAMED.0).not_saying("value=\"none\"");
    browser.open(&format!("{LIST}/1")).await;
    browser.get(&format!("{LIST}/2")).await.expect(404).saying("SUBMISSION_NOT_FOUND");
    let viewer = service.browser(Role::Viewer, &[]);
    viewer.get(LIST).await.expect(403).saying("submissions:read");
    viewer.get(&format!("{LIST}/1")).await.expect(403).saying("submissions:read");
}

async fn what_was_looked_at_is_written_down(service: &Service<'_>) {
    let acme = two_submissions(service).await;
    let browser = service.browser(Role::Editor, &[]);
    browser.open(&format!("{LIST}?email=ana%40example.com")).await;
    browser.open(&format!("{LIST}?company_id=none&from=2026-11-21")).await;
    browser.open(&format!("{LIST}/1")).await;
    let acts = service.audited_acts();
    let acts: Vec<&String> = acts.iter().filter(|act| act.starts_with("submission.")).collect();
    assert!(acts[0].starts_with("submission.search | person ") && !acts[0].contains('@'), "{acts:?}");
    assert_eq!(
        acts[1..],
        [
            "submission.search | submissions | - | - | company_id=none from=2026-11-21T00:00:00.000000Z",
            &format!("submission.read | submission 1 | 2 | {acme} | ")
        ]
    );
}

async fn hostile_answers_are_shown_as_text(service: &Service<'_>) {
    const HOSTILE: &str = "</pre></td><script>alert(1)</script>\\\"onfocus=\\\"alert(2)";
    let submission = Submission::of(NAMED.0).with("participant", format!("{{\"{HOSTILE}\":\"{HOSTILE}\"}}"));
    service.submit(submission.answers(&format!("{{\"{HOSTILE}\":\"{HOSTILE}\"}}"))).await.expect(201);
    let browser = service.browser(Role::Owner, &[]);
    for page in [LIST, "/admin/submissions/1"] {
        browser.open(page).await.not_saying("<script>alert").not_saying("\"onfocus");
    }
    browser.open("/admin/submissions/1").await.saying("&#60;script&#62;alert(1)");
}

async fn of_many_surveys_any_can_be_named_by_its_id(service: &Service<'_>) {
    for number in 2..=201 {
        service.database.add_survey(&format!(r#"{{"name":"Survey {number}","definition":{{"pages":[]}}}}"#));
    }
    let browser = service.browser(Role::Editor, &[]);
    let page = browser.open(&format!("{LIST}?survey_id=201")).await;
    page.saying("<datalist id=\"survey_id-choices\">").saying("value=\"201\"").not_saying(">Survey 201<");
}
