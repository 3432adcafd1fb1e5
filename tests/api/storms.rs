//! Many clients at once on one draft, through both doors: versions, keys and ends hold.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rocket::tokio::task::spawn;
use serde_json::Value;

use crate::support::{Answer, Client, NAMED, Save, Service, Write, at_once, deadline, drafts::IDS};

on_both_databases![
    of_fifty_clients_every_loser_is_told_the_truth,
    fifty_clients_that_merge_lose_nothing,
    of_equal_requests_at_the_same_moment_one_is_applied,
    a_submission_in_a_storm_through_both_doors_is_the_end,
    a_claim_on_the_heels_of_its_draft_is_judged_like_any_other,
    a_discard_sent_again_around_a_new_start_is_done_once,
];

const ANA: &str = NAMED.0;

/// A save of the whole state by one of many, each of which has its own way.
fn replacing(id: &str, number: usize) -> Write {
    let data = format!(r#"{{"n":{number}}}"#);
    match number % 3 {
        0 => Write::save(Save::of(ANA).data(data)),
        1 => Write::put(id, format!(r#"{{"survey_id":1,"data":{data}}}"#)),
        _ => Write::patch(id, format!(r#"{{"data":{data}}}"#)),
    }
}

/// The versions that somebody made, with the data that each of them had.
type States = BTreeMap<i64, Value>;

#[track_caller]
fn add(states: &mut States, draft: &Value) {
    let (version, data) = (draft["version"].as_i64().expect("a version"), draft["data"].clone());
    let other = states.insert(version, data);
    assert_eq!(other, None, "version {version} was given twice");
}

/// Sends a write that insists on what was last read, until it wins. Gives the winning answer and the refusals.
async fn insist(client: Client, id: String, number: usize) -> (Answer, Vec<Value>) {
    let mut refused = Vec::new();
    let mut current = client.draft(&id).await.expect(200).json();
    loop {
        let tag = format!("\"{}\"", current["version"]);
        let answer = replacing(&id, number).if_match(&tag).send(&client).await;
        if answer.status == 200 {
            return (answer, refused);
        }
        let answer = answer.expect_problem(412, "VERSION_MISMATCH");
        current = answer.json()["current"].clone();
        assert_eq!(answer.etag(), format!("\"{}\"", current["version"]));
        refused.push(current.clone());
    }
}

async fn of_fifty_clients_every_loser_is_told_the_truth(service: &Service<'_>) {
    let first = service.save(ANA).await.expect(201);
    let id = first.draft_id();
    let client: Client = (**service).clone();

    let outcomes = at_once((0..50).map(|number| {
        let (client, id) = (client.clone(), id.clone());
        async move {
            match number % 2 {
                0 => insist(client, id, number).await,
                _ => (replacing(&id, number).send(&client).await.expect(200), Vec::new()),
            }
        }
    }))
    .await;

    let mut states = States::new();
    add(&mut states, &first.json());
    for (won, _) in &outcomes {
        add(&mut states, &won.json());
    }
    assert!(states.keys().copied().eq(1..=51), "no version is missing: {:?}", states.keys());
    let refused: Vec<&Value> = outcomes.iter().flat_map(|(_, refused)| refused).collect();
    assert!(!refused.is_empty(), "nobody came between: this was no storm");
    for current in refused {
        let version = current["version"].as_i64().expect("a version");
        assert_eq!(states.get(&version), Some(&current["data"]), "a state that was never there: {current}");
    }
    assert_eq!(service.read(ANA).await.expect(200).json()["data"], states[&51]);
}

async fn fifty_clients_that_merge_lose_nothing(service: &Service<'_>) {
    let first = service.save(Save::of(ANA).data("{}")).await.expect(201);
    let client: Client = (**service).clone();

    let versions = at_once((0..50).map(|number| {
        let (client, mut current) = (client.clone(), first.json());
        async move {
            loop {
                let mut data = current["data"].clone();
                data[format!("edit {number}")] = number.into();
                let save = Write::save(Save::of(ANA).data(data.to_string()));
                let answer = save.if_match(&format!("\"{}\"", current["version"])).send(&client).await;
                if answer.status == 200 {
                    return answer.version();
                }
                current = answer.expect_problem(412, "VERSION_MISMATCH").json()["current"].clone();
            }
        }
    }))
    .await;

    let read = service.read(ANA).await.expect(200);
    assert_eq!(read.json()["data"].as_object().expect("an object").len(), 50, "{}", read.body);
    let distinct: std::collections::BTreeSet<i64> = versions.into_iter().collect();
    assert!(distinct.into_iter().eq(2..=51));
}

/// A browser that sends again while the first request is still on its way.
async fn of_equal_requests_at_the_same_moment_one_is_applied(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    let client: Client = (**service).clone();
    for round in 0..8 {
        let email = |kind: &str| format!("{kind}{round}@example.com");
        let mut writes = Vec::new();
        for kind in [0, 1, 2, 4, 5, 6, 7] {
            let email = email(&format!("p{kind}-"));
            let id = client.save(email.as_str()).await.expect(201).draft_id();
            writes.push(Write::of_every_kind(&email, &id)[kind].0.clone().if_match("\"1\"").key("k"));
        }
        let uuid = uuid::Uuid::new_v4().to_string();
        writes.push(Write::save(email("new").as_str()).key("k"));
        writes.push(Write::create(Save::of(&email("created")).body()).key("k"));
        writes.push(Write::create(r#"{"survey_id":1,"data":{"a":1}}"#).key(&uuid));
        writes.push(Write::put(&uuid, Save::of(&email("put")).body()).key("k"));
        writes.push(Write::submit(email("unknown").as_str()).key("k"));

        // All of them twice, and those that are equal side by side.
        let answers = at_once(writes.iter().flat_map(|write| [write.clone(), write.clone()]).map(|write| {
            let client = client.clone();
            async move { write.send(&client).await }
        }))
        .await;

        for (pair, write) in answers.chunks(2).zip(&writes) {
            let [one, other] = pair else { unreachable!("each was sent twice") };
            assert!(matches!(one.status, 200 | 201 | 204), "{write:?}: {}", one.body);
            assert_eq!((one.status, &one.body), (other.status, &other.body), "{write:?}");
            assert_eq!(one.header("ETag"), other.header("ETag"), "{write:?}");
            let applied = pair.iter().filter(|answer| answer.header("Idempotency-Replayed").is_none()).count();
            assert_eq!(applied, 1, "{write:?}");
        }
    }
    assert_eq!((service.database.count("form_progress"), service.database.count("submissions")), (8 * 7, 8 * 4));
    assert_eq!(service.database.number("SELECT max(version) AS value FROM form_progress"), 2);
}

/// Rule 4.
async fn a_submission_in_a_storm_through_both_doors_is_the_end(service: &Service<'_>) {
    let client: Client = (**service).clone();
    let id = service.save(ANA).await.expect(201).draft_id();
    let submitted = Arc::new(AtomicBool::new(false));
    let savers = (0..6).map(|saver| {
        let (client, id, submitted) = (client.clone(), id.clone(), submitted.clone());
        async move {
            for number in 0.. {
                let it_is_over = submitted.load(Ordering::SeqCst);
                // Three ways of saving, two savers each.
                let answer = replacing(&id, 3 * number * 6 + saver).send(&client).await;
                match (answer.status, saver % 3) {
                    (200, _) => assert!(!it_is_over, "a save that began after the submission was accepted"),
                    (400, 0) => return drop(answer.expect_problem(400, "ALREADY_SUBMITTED")),
                    _ => return drop(answer.expect_problem(410, "DRAFT_SUBMITTED")),
                }
            }
        }
    });
    let storm = spawn(at_once(savers.collect::<Vec<_>>()));
    deadline::until("the storm is on", async || service.read(ANA).await.version() > 20).await;

    let submissions = [Write::submit(ANA), Write::submit_draft(&id, r#"{"answers":[100]}"#)];
    let answers = at_once(submissions.iter().cycle().take(6).cloned().map(|write| {
        let client = client.clone();
        async move { write.send(&client).await.expect(201) }
    }))
    .await;
    submitted.store(true, Ordering::SeqCst);
    storm.await.expect("the storm ends");

    assert!(answers.iter().all(|answer| answer.body == answers[0].body), "all were told of one submission");
    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");
    service.draft(&id).await.expect_problem(410, "DRAFT_SUBMITTED");
    assert_eq!((service.database.count("form_progress"), service.database.count("submissions")), (0, 1));
}

/// Lets all of these wait behind writes that cannot go on, so that the writer takes them together. In which order, and
/// whether all of them, is left to chance: what must be true is true whatever comes of it.
async fn in_one_group(service: &Service<'_>, writes: impl IntoIterator<Item = Write>) -> Vec<Answer> {
    let client: Client = (**service).clone();
    let held = service.database.hold_up_writes();
    let blockers: Vec<Write> = (0..8).map(|number| Write::save(format!("b{number}@example.com").as_str())).collect();
    let writes: Vec<Write> = blockers.iter().cloned().chain(writes).collect();
    let sent = writes.into_iter().map(|write| {
        let client = client.clone();
        async move { write.send(&client).await }
    });
    let all = spawn(at_once(sent.collect::<Vec<_>>()));
    // Reads go on meanwhile. Once some that came later have been answered, most of the writes wait.
    for _ in 0..10 {
        client.get("/api/surveys/1").await.expect(200);
    }
    drop(held);
    all.await.expect("all are answered").split_off(blockers.len())
}

/// An anonymous draft is started and claimed without waiting, by somebody who has submitted, or has a draft.
async fn a_claim_on_the_heels_of_its_draft_is_judged_like_any_other(service: &Service<'_>) {
    let (ana, ben) = (NAMED.0, NAMED.1);
    service.submit(ana).await.expect(201);
    service.save(ben).await.expect(201);
    for round in 0..10 {
        let (email, refusal) =
            if round % 2 == 0 { (ana, (400, "ALREADY_SUBMITTED")) } else { (ben, (409, "DRAFT_EXISTS")) };
        let id = uuid::Uuid::new_v4().to_string();
        let claim = Write::patch(&id, format!(r#"{{"email":"{email}"}}"#));
        let writes = [vec![Write::put(&id, r#"{"survey_id":1}"#)], vec![claim; 6]].concat();

        let answers = in_one_group(service, writes).await;

        answers[0].clone().expect(201);
        for answer in &answers[1..] {
            // One that came before its draft.
            let too_early = answer.status == 404;
            if !too_early {
                answer.clone().expect_problem(refusal.0, refusal.1);
            }
        }
        assert_eq!(service.draft(&id).await.expect(200).raw("email"), "null");
    }
}

async fn a_discard_sent_again_around_a_new_start_is_done_once(service: &Service<'_>) {
    let put = Write::put(IDS.0, Save::of(ANA).body());
    for round in 0..10 {
        put.send(service).await;
        let discard = Write::discard_draft(IDS.0).key(&format!("k{round}"));

        let answers = in_one_group(service, [discard, put.clone()].into_iter().cycle().take(12)).await;

        let discards = answers.iter().filter(|answer| answer.status == 204);
        let applied = discards.filter(|answer| answer.header("Idempotency-Replayed").is_none()).count();
        assert_eq!(applied, 1, "in round {round} the same discard was applied {applied} times");
    }
}
