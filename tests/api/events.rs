//! The record: each thing that becomes of a draft is an event, written once, and nothing else is.

use chrono::TimeDelta;
use formprogress::access::{Grant, Power, Reach};
use formprogress::{companies::CompanyId, keys::Kind, surveys::SurveyId};
use serde_json::Value;

use crate::support::{Save, Service, Submission, drafts::IDS};

on_both_databases![
    a_draft_is_recorded_from_its_start_to_its_submission,
    a_save_on_a_later_day_is_a_return,
    a_link_with_a_company_is_recorded_where_the_draft_was,
    a_code_that_comes_with_the_submission_links_the_draft_first,
    a_save_over_an_expired_draft_ends_it_and_starts_another,
    an_id_whose_draft_expired_starts_another,
    a_claim_ends_an_expired_draft_of_the_same_email,
    a_discarded_draft_is_recorded_as_such,
    the_purge_records_what_expired_with_its_own_moment,
    a_submission_without_a_draft_is_an_event_of_its_own,
    a_submission_over_an_expired_draft_ends_no_draft,
    an_admins_restoring_is_no_return,
    what_changes_nothing_is_no_event,
    a_refused_write_is_no_event,
    events_are_listed_page_by_page,
    events_are_listed_by_what_they_are_of,
    what_is_wrong_with_a_list_is_told,
    who_is_limited_sees_no_events_of_others,
    drafts_are_named_only_to_those_who_may_read_them,
    events_need_their_power,
];

/// The id of a draft opens it: who may not read drafts is given another name, always the same.
async fn drafts_are_named_only_to_those_who_may_read_them(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let id = service.save(Save::of("ana@example.com").screen(0)).await.expect(201).draft_id();
    service.save(Save::of("ana@example.com").screen(1)).await.expect(200);
    let named = async || {
        let list = service.get("/api/admin/events").await.expect(200).json();
        let items = list["items"].as_array().expect("a list has items").clone();
        items.iter().map(|event| event["draft_id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named().await, [id.clone(), id.clone()]);

    service.server_key(&[Power::Events]).await;
    let hidden = named().await;
    assert!(hidden[0] == hidden[1] && hidden[0] != id, "{hidden:?}");
    let export = service.get("/api/admin/events/export?format=csv").await.expect(200).body;
    assert!(!export.contains(&id) && export.contains(&hidden[0]), "{export}");
}

const POWERS: [Power; 5] = [Power::Participate, Power::Submit, Power::Events, Power::ReadDrafts, Power::ChangeDrafts];

/// All events, in a few words each: the kind, the screen, and what changed.
async fn recorded(service: &Service<'_>) -> Vec<String> {
    let list = service.get("/api/admin/events?limit=200").await.expect(200).json();
    list["items"].as_array().expect("a list has items").iter().map(in_words).collect()
}

fn in_words(event: &Value) -> String {
    let word = |member: &str| event[member].as_i64().map_or_else(|| "-".to_owned(), |number| number.to_string());
    let mut words = format!("{} {}", event["kind"].as_str().expect("an event has a kind"), word("screen"));
    if event["kind"] == "screen_entered" {
        words += &format!(" from {}", word("from_screen"));
    }
    if event["kind"] == "company_linked" {
        words += &format!(" from company {} to {}", word("from_company_id"), word("company_id"));
    }
    words
}

async fn a_draft_is_recorded_from_its_start_to_its_submission(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let id = service.save(Save::of("ana@example.com").screen(0)).await.expect(201).draft_id();
    for screen in [1, 1, 0, 3, 2] {
        service.clock.advance(TimeDelta::seconds(10));
        service.save(Save::of("ana@example.com").screen(screen).data(format!("{{\"s\":{screen}}}"))).await.expect(200);
    }
    service.submit("ana@example.com").await.expect(201);

    assert_eq!(
        recorded(service).await,
        ["started 0", "screen_entered 1 from 0", "screen_entered 3 from 1", "submitted 3"]
    );
    let list = service.get("/api/admin/events").await.expect(200).json();
    for event in list["items"].as_array().expect("a list has items") {
        assert_eq!(event["draft_id"], *id);
        assert_eq!(event["survey_id"], 1);
        assert_eq!(event["started_at"], "2026-11-21T09:30:00.000000Z");
    }
    assert_eq!(list["items"][2]["at"], "2026-11-21T09:30:40.000000Z");
}

async fn a_save_on_a_later_day_is_a_return(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let id = service.start_anonymous("{}").await;
    service.clock.advance(TimeDelta::days(1));
    service.patch(&id, r#"{"current_screen":2}"#).await.expect(200);
    service.patch(&id, r#"{"current_screen":1}"#).await.expect(200);

    assert_eq!(recorded(service).await, ["started 0", "resumed 0", "screen_entered 2 from 0"]);
}

async fn a_link_with_a_company_is_recorded_where_the_draft_was(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let acme = service.database.add_company("Acme", "ACME").0;
    let globex = service.database.add_company("Globex", "GLOBEX").0;
    service.save(Save::of("ana@example.com").screen(1)).await.expect(201);
    service.save(Save::of("ana@example.com").guest_code("acme").screen(2)).await.expect(200);
    service.save(Save::of("ana@example.com").guest_code("GLOBEX")).await.expect(200);
    service.save(Save::of("ana@example.com").guest_code("nobody's")).await.expect(200);

    assert_eq!(
        recorded(service).await,
        [
            "started 1".to_owned(),
            format!("company_linked 1 from company - to {acme}"),
            "screen_entered 2 from 1".to_owned(),
            format!("company_linked 2 from company {acme} to {globex}"),
        ]
    );
}

async fn a_code_that_comes_with_the_submission_links_the_draft_first(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let acme = service.database.add_company("Acme", "ACME").0;
    service.save(Save::of("ana@example.com").screen(4)).await.expect(201);
    service.submit(Submission::of("ana@example.com").with("guest_code", "\"ACME\"")).await.expect(201);

    assert_eq!(
        recorded(service).await,
        ["started 4".to_owned(), format!("company_linked 4 from company - to {acme}"), "submitted 4".to_owned()]
    );
}

async fn a_save_over_an_expired_draft_ends_it_and_starts_another(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    service.save(Save::of("ana@example.com").screen(3)).await.expect(201);
    service.let_drafts_expire();
    service.save(Save::of("ana@example.com").screen(1)).await.expect(201);
    service.purge().await;

    assert_eq!(recorded(service).await, ["started 3", "expired 3", "started 1"]);
}

async fn an_id_whose_draft_expired_starts_another(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    service.put(IDS.0, r#"{"survey_id":1,"data":{},"current_screen":2}"#).await.expect(201);
    // The id is free again once nobody remembers the draft, even if no purge has come by.
    service.clock.advance(TimeDelta::days(38));
    service.put(IDS.0, r#"{"survey_id":1,"data":{}}"#).await.expect(201);
    service.purge().await;

    assert_eq!(recorded(service).await, ["started 2", "expired 2", "started 0"]);
}

async fn a_claim_ends_an_expired_draft_of_the_same_email(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    service.save(Save::of("ana@example.com").screen(5)).await.expect(201);
    service.let_drafts_expire();
    let id = service.start_anonymous("{}").await;
    service.patch(&id, r#"{"email":"ana@example.com"}"#).await.expect(200);
    service.purge().await;

    assert_eq!(recorded(service).await, ["started 5", "started 0", "expired 5"]);
}

async fn a_discarded_draft_is_recorded_as_such(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    service.save("ana@example.com").await.expect(201);
    service.discard("ana@example.com").await.expect(204);
    service.discard("ana@example.com").await.expect(204);
    service.put(IDS.0, r#"{"survey_id":1,"data":{}}"#).await.expect(201);
    service.discard_draft(IDS.0).await.expect(204);
    service.save("ben@example.com").await.expect(201);
    service.let_drafts_expire();
    service.discard("ben@example.com").await.expect(204);

    assert_eq!(recorded(service).await, ["started 0", "discarded 0", "started 0", "discarded 0", "started 0"]);
}

async fn the_purge_records_what_expired_with_its_own_moment(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    service.save(Save::of("ana@example.com").screen(2)).await.expect(201);
    service.clock.advance(TimeDelta::days(40));
    service.purge().await;
    service.purge().await;

    assert_eq!(recorded(service).await, ["started 2", "expired 2"]);
    let list = service.get("/api/admin/events?kind=expired").await.expect(200).json();
    assert_eq!(list["items"][0]["at"], "2026-12-21T09:30:00.000000Z");
}

async fn a_submission_without_a_draft_is_an_event_of_its_own(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    service.submit("ana@example.com").await.expect(201);
    service.submit("ana@example.com").await.expect(201);

    assert_eq!(recorded(service).await, ["submitted -"]);
    let list = service.get("/api/admin/events").await.expect(200).json();
    assert_eq!(list["items"][0]["started_at"], Value::Null);
}

async fn a_submission_over_an_expired_draft_ends_no_draft(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    service.save(Save::of("ana@example.com").screen(2)).await.expect(201);
    service.let_drafts_expire();
    service.submit("ana@example.com").await.expect(201);
    service.purge().await;

    assert_eq!(recorded(service).await, ["started 2", "submitted -", "expired 2"]);
}

async fn an_admins_restoring_is_no_return(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let id = service.save(Save::of("ana@example.com").data(r#"{"a":1,"b":2}"#)).await.expect(201).draft_id();
    service.save(Save::of("ana@example.com").data("{}")).await.expect(200);
    service.clock.advance(TimeDelta::days(1));
    service.post(&format!("/api/drafts/{id}/restore"), r#"{"version":1}"#).await.expect(200);

    assert_eq!(recorded(service).await, ["started 0"]);
}

async fn what_changes_nothing_is_no_event(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let id = service.save(Save::of("ana@example.com").screen(2)).await.expect(201).draft_id();
    for _ in 0..2 {
        service.save(Save::of("ana@example.com").screen(2)).await.expect(200);
        service.patch(&id, "{}").await.expect(200);
        service.draft(&id).await.expect(200);
    }

    assert_eq!(recorded(service).await, ["started 2"]);
}

async fn a_refused_write_is_no_event(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let id = service.save("ana@example.com").await.expect(201).draft_id();
    service.save(Save::of("ana@example.com").screen(-1)).await.expect(400);
    let stale = service.request("PATCH", &format!("/api/drafts/{id}")).header("If-Match", "\"7\"");
    stale.json(r#"{"current_screen":3}"#).send().await.expect(412);
    service.submit(Submission::of("ana@example.com").answers("[999]")).await.expect(422);

    assert_eq!(recorded(service).await, ["started 0"]);
}

async fn events_are_listed_page_by_page(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    service.save("ana@example.com").await.expect(201);
    for screen in 1..=4 {
        service.save(Save::of("ana@example.com").screen(screen)).await.expect(200);
    }

    let mut path = "/api/admin/events?limit=2".to_owned();
    let mut pages: Vec<Vec<i64>> = Vec::new();
    loop {
        let page = service.get(&path).await.expect(200).json();
        let screens = page["items"].as_array().expect("a list has items").iter();
        pages.push(screens.map(|event| event["screen"].as_i64().expect("a screen")).collect());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/admin/events?limit=2&after={next}");
    }

    assert_eq!(pages, [vec![0, 1], vec![2, 3], vec![4]]);
}

async fn events_are_listed_by_what_they_are_of(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let other = service.database.add_survey(crate::support::database::SURVEY);
    let acme = service.database.add_company("Acme", "ACME").0;
    let ana = service.save(Save::of("ana@example.com").screen(1)).await.expect(201).draft_id();
    service.save(Save::of("ana@example.com").guest_code("ACME").screen(2)).await.expect(200);
    service.save(Save::of("ben@example.com").survey(other.0)).await.expect(201);
    let listed = async |query: String| {
        let list = service.get(&format!("/api/admin/events?{query}")).await.expect(200).json();
        list["items"].as_array().expect("a list has items").iter().map(in_words).collect::<Vec<_>>()
    };

    let linked = format!("company_linked 1 from company - to {acme}");
    assert_eq!(listed(format!("survey_id={other}")).await, ["started 0"]);
    assert_eq!(listed(format!("company_id={acme}")).await, [linked.as_str(), "screen_entered 2 from 1"]);
    assert_eq!(listed(format!("draft_id={ana}&kind=started")).await, ["started 1"]);
    assert_eq!(listed("survey_id=77".into()).await, Vec::<String>::new());
}

async fn what_is_wrong_with_a_list_is_told(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let query = "survey_id=x&company_id=0&draft_id=1&kind=opened&limit=0&after=%21&page=2";
    let refused = service.get(&format!("/api/admin/events?{query}")).await.expect_problem(400, "INVALID_REQUEST");

    let mut pointers = refused.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["after", "company_id", "draft_id", "kind", "limit", "page", "survey_id"]);
    // A cursor of something else.
    service.get("/api/admin/events?after=YWJj").await.expect_problem(400, "INVALID_REQUEST");
}

async fn who_is_limited_sees_no_events_of_others(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let other = service.database.add_survey(crate::support::database::SURVEY);
    let acme = service.database.add_company("Acme", "ACME");
    let globex = service.database.add_company("Globex", "GLOBEX");
    service.save(Save::of("ana@example.com").guest_code("ACME").screen(1)).await.expect(201);
    service.save(Save::of("ben@example.com").guest_code("GLOBEX").screen(2)).await.expect(201);
    service.save(Save::of("cleo@example.com").screen(3)).await.expect(201);
    service.save(Save::of("dan@example.com").guest_code("ACME").survey(other.0).screen(4)).await.expect(201);
    let limited = async |surveys: Reach<SurveyId>, companies: Reach<CompanyId>, query: String| {
        let grant = Grant { powers: [Power::Events].into(), surveys, companies };
        let key = service.key(Kind::Server { grant }).await;
        let request = service.request("GET", &format!("/api/admin/events?{query}"));
        let list = request.header("Authorization", &format!("Bearer {key}")).send().await.expect(200).json();
        list["items"].as_array().expect("a list has items").iter().map(in_words).collect::<Vec<_>>()
    };

    let of_acme = || Reach::Only([acme].into());
    assert_eq!(limited(Reach::All, of_acme(), String::new()).await, ["started 1", "started 4"]);
    assert_eq!(limited(Reach::Only([other].into()), of_acme(), String::new()).await, ["started 4"]);
    let of_globex = format!("company_id={}", globex.0);
    assert_eq!(limited(Reach::All, of_acme(), of_globex).await, Vec::<String>::new());
    let of_other = format!("survey_id={other}");
    assert_eq!(limited(Reach::Only([SurveyId(1)].into()), Reach::All, of_other).await, Vec::<String>::new());
}

async fn events_need_their_power(service: &Service<'_>) {
    for path in ["/api/admin/events", "/api/admin/events/export?format=csv"] {
        service.request("GET", path).anonymous().send().await.expect_problem(401, "UNAUTHORIZED");
        service.server_key(&[Power::Figures, Power::ReadDrafts]).await;
        service.get(path).await.expect_problem(403, "FORBIDDEN");
    }
}
