//! Two services on one PostgreSQL, and writes of the same drafts through different doors of theirs.

use std::collections::BTreeSet;

use crate::support::{Answer, Client, Save, Server, TestDatabase, Write, at_once, database::SURVEY};

on_postgres![
    database:
    both_doors_of_both_servers_lead_to_one_draft,
    a_claim_and_a_first_save_make_one_draft,
    equal_requests_at_both_are_applied_once,
    a_submission_at_one_door_ends_the_saves_at_the_others,
    drafts_in_crossing_orders_do_not_lock_each_other_out,
];

/// Each round gives the two services another chance to come between each other.
const ROUNDS: usize = 8;

fn start(database: &TestDatabase) -> [Server; 2] {
    database.add_survey(SURVEY);
    [Server::start(database.url()), Server::start(database.url())]
}

/// Sends all at once, each to the server that it names.
async fn send(servers: &[Server; 2], writes: impl IntoIterator<Item = (usize, Write)>) -> Vec<Answer> {
    let clients: [Client; 2] = [servers[0].client(), servers[1].client()];
    let sent: Vec<_> = writes
        .into_iter()
        .map(|(server, write)| {
            let client = clients[server].clone();
            async move { write.send(&client).await }
        })
        .collect();
    let answers = at_once(sent).await;
    assert!(answers.iter().all(|answer| answer.status < 500), "{answers:?}");
    answers
}

fn participant(round: usize) -> String {
    format!("p{round}@example.com")
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn data(number: usize) -> String {
    format!(r#"{{"n":{number}}}"#)
}

/// By email at one, by id at the other.
fn by_either_door(email: &str, id: &str, number: usize) -> (usize, Write) {
    match number % 4 {
        0 => (0, Write::put(id, format!(r#"{{"survey_id":1,"data":{}}}"#, data(number)))),
        1 => (0, Write::patch(id, format!(r#"{{"data":{}}}"#, data(number)))),
        _ => (1, Write::save(Save::of(email).data(data(number)))),
    }
}

async fn both_doors_of_both_servers_lead_to_one_draft(database: &TestDatabase) {
    let servers = start(database);
    for email in (0..ROUNDS).map(participant) {
        let first = servers[0].save(email.as_str()).await.expect(201);
        let id = first.draft_id();

        let answers = send(&servers, (0..40).map(|number| by_either_door(&email, &id, number))).await;

        let mut versions: Vec<i64> = answers.into_iter().map(|answer| answer.expect(200).version()).collect();
        versions.sort_unstable();
        assert_eq!(versions, (2..=41).collect::<Vec<i64>>());
        let read = servers[0].read(&email).await.expect(200);
        assert_eq!((read.version(), read.draft_id()), (41, id.clone()));
        assert_eq!(servers[1].draft(&id).await.expect(200).body, read.body);
    }
    assert_eq!(database.count("form_progress"), ROUNDS as i64);
}

async fn a_claim_and_a_first_save_make_one_draft(database: &TestDatabase) {
    let servers = start(database);
    for round in 0..3 * ROUNDS {
        let email = participant(round);
        let ids = [new_id(), new_id(), new_id()];
        for id in &ids {
            servers[round % 2].put(id, r#"{"survey_id":1}"#).await.expect(201);
        }
        let claim = |id: &str| Write::patch(id, format!(r#"{{"email":"{email}"}}"#));
        let writes = [
            (0, claim(&ids[0])),
            (1, Write::save(email.as_str())),
            (1, claim(&ids[1])),
            (0, Write::put(&ids[2], Save::of(&email).body())),
            (0, Write::create(Save::of(&email).body())),
            (1, Write::put(&new_id(), Save::of(&email).body())),
        ];

        let answers = send(&servers, writes).await;

        let draft = servers[0].read(&email).await.expect(200).draft_id();
        for (number, answer) in answers.into_iter().enumerate() {
            match answer.status {
                200 | 201 => assert_eq!(answer.draft_id(), draft, "{}", answer.body),
                _ if number == 1 => panic!("a save never minds a draft that is there: {}", answer.body),
                _ => drop(answer.expect_problem(409, "DRAFT_EXISTS")),
            }
        }
        let one = format!("SELECT count(*) AS value FROM form_progress WHERE email = '{email}'");
        assert_eq!(database.number(&one), 1);
    }
}

async fn equal_requests_at_both_are_applied_once(database: &TestDatabase) {
    let servers = start(database);
    for round in 0..ROUNDS {
        let (email, id) = (participant(round), new_id());
        servers[0].save(email.as_str()).await.expect(201);
        let saved = servers[0].put(&id, r#"{"survey_id":1}"#).await.expect(201);
        let mut writes = vec![
            Write::save(Save::of(&email).data(r#"{"b":1}"#)),
            Write::patch(&id, r#"{"data":{"b":1}}"#).if_match(saved.etag()),
            Write::put(&new_id(), r#"{"survey_id":1}"#),
            Write::create(format!(r#"{{"survey_id":1,"email":"new-{email}"}}"#)),
            Write::submit(format!("submitted-{email}").as_str()),
        ];
        writes = writes.into_iter().map(|write| write.key("k")).collect();
        writes.push(Write::create(r#"{"survey_id":1}"#).key(&new_id()));

        let twice = writes.iter().flat_map(|write| [(0, write.clone()), (1, write.clone())]);
        let answers = send(&servers, twice).await;

        for (pair, write) in answers.chunks(2).zip(&writes) {
            assert!(pair[0].status < 300, "{write:?}: {}", pair[0].body);
            assert_eq!((pair[0].status, &pair[0].body), (pair[1].status, &pair[1].body), "{write:?}");
            let replayed = pair.iter().filter(|answer| answer.header("Idempotency-Replayed").is_some()).count();
            assert_eq!(replayed, 1, "{write:?}");
        }
        let discard = Write::discard_draft(&id).key("discard");
        let answers = send(&servers, [(0, discard.clone()), (1, discard)]).await;
        let replayed = answers.iter().filter(|answer| answer.header("Idempotency-Replayed").is_some()).count();
        assert_eq!((answers[0].status, answers[1].status, replayed), (204, 204, 1));
    }
    assert_eq!(database.count("form_progress"), 4 * ROUNDS as i64);
    assert_eq!(database.count("submissions"), ROUNDS as i64);
}

async fn a_submission_at_one_door_ends_the_saves_at_the_others(database: &TestDatabase) {
    let servers = start(database);
    for round in 0..2 * ROUNDS {
        let email = participant(round);
        let id = servers[0].save(email.as_str()).await.expect(201).draft_id();
        let submit = match round % 2 {
            0 => (1, Write::submit(email.as_str())),
            _ => (0, Write::submit_draft(&id, r#"{"answers":[100]}"#)),
        };
        let saves = (0..24).map(|number| by_either_door(&email, &id, number));

        let answers = send(
            &servers,
            saves
                .take(12)
                .chain([submit.clone(), submit])
                .chain((12..24).map(|number| by_either_door(&email, &id, number))),
        )
        .await;

        let accepted: BTreeSet<&str> =
            answers.iter().filter(|answer| answer.status == 201).map(|answer| &*answer.body).collect();
        assert_eq!(accepted.len(), 1, "one submission, and nothing started anew: {accepted:?}");
        for answer in answers {
            match answer.status {
                200 | 201 => {}
                400 => drop(answer.expect_problem(400, "ALREADY_SUBMITTED")),
                _ => drop(answer.expect_problem(410, "DRAFT_SUBMITTED")),
            }
        }
        for server in &servers {
            server.read(&email).await.expect_problem(404, "PROGRESS_NOT_FOUND");
            server.draft(&id).await.expect_problem(410, "DRAFT_SUBMITTED");
        }
    }
    assert_eq!((database.count("form_progress"), database.count("submissions")), (0, 2 * ROUNDS as i64));
}

/// Groups of one take their locks by id and then by email, groups of the other by email alone, over the same drafts.
async fn drafts_in_crossing_orders_do_not_lock_each_other_out(database: &TestDatabase) {
    let servers = start(database);
    let emails: Vec<String> = (0..30).map(participant).collect();
    let first = send(&servers, emails.iter().map(|email| (0, Write::save(email.as_str())))).await;
    let ids: Vec<String> = first.into_iter().map(|answer| answer.expect(201).draft_id()).collect();
    let anonymous: Vec<String> = (0..30).map(|_| new_id()).collect();
    send(&servers, anonymous.iter().map(|id| (1, Write::put(id, r#"{"survey_id":1}"#)))).await;

    for round in 0..ROUNDS {
        let drafts = emails.iter().zip(&ids).zip(&anonymous).enumerate();
        let writes = drafts.flat_map(|(number, ((email, id), anonymous))| {
            let other = (number + round) % 2;
            [
                (other, Write::save(Save::of(email).data(data(3 * round)))),
                (1 - other, Write::patch(id, format!(r#"{{"data":{}}}"#, data(3 * round + 1)))),
                (other, Write::put(id, Save::of(email).data(data(3 * round + 2)).body())),
                // In vain, for its email has a draft: but it has to look.
                (1 - other, Write::patch(anonymous, format!(r#"{{"email":"{email}"}}"#))),
            ]
        });
        let mut writes: Vec<(usize, Write)> = writes.collect();
        if round % 2 == 1 {
            writes.reverse();
        }

        for (answer, (_, write)) in send(&servers, writes.clone()).await.into_iter().zip(writes) {
            match answer.status {
                200 => {}
                _ => assert_eq!(answer.json()["code"], "DRAFT_EXISTS", "{write:?}: {}", answer.body),
            }
        }
    }
    let versions = database.lines("SELECT DISTINCT version::text AS value FROM form_progress ORDER BY value");
    assert_eq!(versions, ["1", &(1 + 3 * ROUNDS).to_string()]);
}
