//! Submissions as admins see them: listed, read, and no further than one may see.

use chrono::TimeDelta;
use formprogress::{access::Power, companies::CompanyId};

use crate::support::{NAMED, Service, Submission, admin::DRAFT_POWERS, database::SURVEY};

on_both_databases![
    submissions_are_listed_by_what_is_known_of_them,
    pages_of_submissions_follow_one_another,
    a_submission_is_read_with_its_answers,
    who_is_limited_sees_no_other_submissions,
    what_is_wrong_with_a_list_of_submissions_is_told,
    who_may_not_see_submissions_is_told_so,
];

const PATH: &str = "/api/admin/submissions";

/// Ana's of Acme, a day later Ben's of nobody, a day later Cleo's in survey 2.
async fn three_submissions(service: &Service<'_>) -> CompanyId {
    service.server_key(&DRAFT_POWERS).await;
    service.database.add_survey(SURVEY);
    let acme = service.database.add_company("Acme", "ACME");
    let ana = Submission::of(NAMED.0).with("guest_code", "\"ACME\"").with("participant", r#"{"name" : "Ana"}"#);
    service.submit(ana.answers(r#"{"10":100,"q2":"yes"}"#)).await.expect(201);
    service.clock.advance(TimeDelta::days(1));
    service.submit(Submission::of(NAMED.1).without("answers")).await.expect(201);
    service.clock.advance(TimeDelta::days(1));
    service.submit(Submission::of(NAMED.2).with("survey_id", "2")).await.expect(201);
    acme
}

async fn submissions_are_listed_by_what_is_known_of_them(service: &Service<'_>) {
    let acme = three_submissions(service).await;
    for (query, expected) in [
        ("", vec![3, 2, 1]),
        ("email=ANA%40example.com", vec![1]),
        ("email=ana%40example.com&survey_id=2", vec![]),
        ("survey_id=1", vec![2, 1]),
        (&format!("company_id={}", acme.0), vec![1]),
        ("company_id=none", vec![3, 2]),
        ("company_id=none&survey_id=1", vec![2]),
        ("from=2026-11-22T09:30:00Z", vec![3, 2]),
        ("to=2026-11-22T09:30:00Z", vec![1]),
        ("from=2026-11-22&to=2026-11-22", vec![2]),
        ("from=2026-11-22&survey_id=1", vec![2]),
    ] {
        let list = service.get(&format!("{PATH}?{query}")).await.expect(200);
        assert_eq!(
            (list.items("submission_id"), list.next()),
            (expected.into_iter().map(Into::into).collect(), None),
            "{query}"
        );
    }
    let list = service.get(&format!("{PATH}?email=ana%40example.com")).await.expect(200);
    insta::allow_duplicates! {
        insta::assert_snapshot!(list.body, @r#"{"items":[{"submission_id":1,"email":"ana@example.com","survey_id":1,"company_id":1,"answers_count":2,"submitted_at":"2026-11-21T09:30:00.000000Z"}],"next":null}"#);
    }
    let audited = service.audited_acts();
    assert_eq!(audited[8], "submission.search | submissions | - | - | to=2026-11-22T09:30:00.000000Z");
    assert!(audited[1].starts_with("submission.search | person ") && !audited.concat().contains('@'), "{audited:?}");
}

async fn pages_of_submissions_follow_one_another(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    for number in 1..=7 {
        service.submit(format!("p{number}@example.com").as_str()).await.expect(201);
        if number % 2 == 0 {
            service.clock.advance(TimeDelta::minutes(1));
        }
    }
    for filter in ["", "&survey_id=1", "&company_id=none"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = service.get(&format!("{PATH}?limit=3{filter}{after}")).await.expect(200);
            seen.extend(page.items("submission_id").iter().filter_map(serde_json::Value::as_i64));
            service.submit(format!("late{}{}@example.com", seen.len(), filter.len()).as_str()).await.expect(201);
            match page.next() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let newest = seen.len() as i64;
        assert_eq!(seen, (1..=newest).rev().collect::<Vec<_>>(), "{filter}");
    }
}

async fn a_submission_is_read_with_its_answers(service: &Service<'_>) {
    let acme = three_submissions(service).await;

    let read = service.get(&format!("{PATH}/1")).await.expect(200);

    insta::allow_duplicates! {
        insta::assert_snapshot!(read.body, @r#"{"submission_id":1,"email":"ana@example.com","survey_id":1,"company_id":1,"answers_count":2,"submitted_at":"2026-11-21T09:30:00.000000Z","participant":{"name" : "Ana"},"answers":[{"question":"10","value":100},{"question":"q2","value":"yes"}]}"#);
    }
    assert_eq!(service.audited_acts(), [format!("submission.read | submission 1 | 1 | {} | ", acme.0)]);
    assert_eq!(service.get(&format!("{PATH}/2")).await.expect(200).json()["answers"], serde_json::json!([]));
    for id in ["4", "0", "-1", "sesame", "99999999999999999999"] {
        service.get(&format!("{PATH}/{id}")).await.expect_problem(404, "SUBMISSION_NOT_FOUND");
    }
}

async fn who_is_limited_sees_no_other_submissions(service: &Service<'_>) {
    let acme = three_submissions(service).await;
    let of_acme = service.limited_drafts_key(&[acme], &[]).await;
    let of_survey = service.limited_drafts_key(&[], &[2]).await;
    for (key, mine, others) in [(&of_acme, 1, [2, 3]), (&of_survey, 3, [1, 2])] {
        let get = async |path: &str| service.request("GET", &format!("{PATH}{path}")).with_key(key).send().await;
        for query in ["", "?from=2026-11-01", "?survey_id=1", "?company_id=none", "?email=ben%40example.com"] {
            let ids = get(query).await.expect(200).items("submission_id");
            assert!(ids.iter().all(|id| *id == mine), "{query}: {ids:?}");
        }
        assert_eq!(get("").await.expect(200).items("submission_id"), [mine]);
        get(&format!("/{mine}")).await.expect(200);
        for other in others {
            get(&format!("/{other}")).await.expect_problem(404, "SUBMISSION_NOT_FOUND");
        }
        let exported = get("/export?format=ndjson").await.expect(200).body;
        assert_eq!(exported.lines().count(), 1, "{exported}");
    }
}

async fn what_is_wrong_with_a_list_of_submissions_is_told(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let query = "email=x&survey_id=x&company_id=x&from=x&to=x&limit=0&after=x&screen=1";
    let refused = service.get(&format!("{PATH}?{query}")).await.expect_problem(400, "INVALID_REQUEST");
    let mut pointers = refused.pointers();
    pointers.sort();
    assert_eq!(pointers, ["after", "company_id", "email", "from", "limit", "screen", "survey_id", "to"]);
    for query in ["", "?format=xlsx", "?format=csv&limit=1"] {
        service.get(&format!("{PATH}/export{query}")).await.expect_problem(400, "INVALID_REQUEST");
    }
    assert_eq!(service.audited_acts(), Vec::<String>::new());
}

async fn who_may_not_see_submissions_is_told_so(service: &Service<'_>) {
    three_submissions(service).await;
    service.server_key(&[Power::ReadDrafts, Power::Submit, Power::Figures]).await;
    for path in ["", "/1", "/9", "/export?format=csv"] {
        service.get(&format!("{PATH}{path}")).await.expect_problem(403, "FORBIDDEN");
        let nobody = service.request("GET", &format!("{PATH}{path}")).anonymous().send().await;
        nobody.expect_problem(401, "UNAUTHORIZED");
    }
}
