//! Many participants at once, and one participant many times at once: rules 1 and 4, and the groups of the writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Answer, Backend, Client, NAMED, Save, Service, Submission, at_once};

on_both_databases![
    of_simultaneous_first_saves_one_creates_and_the_others_update,
    every_version_in_a_storm_is_given_once,
    a_submission_in_a_storm_of_saves_is_the_end_of_them,
    of_simultaneous_submissions_one_is_kept,
    a_discard_in_a_storm_of_saves_leaves_nothing_half_done,
    many_participants_at_once_do_not_get_in_each_others_way,
    a_command_that_the_database_refuses_does_not_fail_its_neighbours,
];

const ANA: &str = NAMED.0;

fn numbered(email: &str, number: usize) -> Save {
    Save::of(email).data(format!(r#"{{"n":{number}}}"#))
}

fn versions(answers: &[Answer]) -> Vec<i64> {
    let mut versions: Vec<i64> = answers.iter().map(Answer::version).collect();
    versions.sort_unstable();
    versions
}

/// Rule 1.
async fn of_simultaneous_first_saves_one_creates_and_the_others_update(service: &Service<'_>) {
    let client: Client = (**service).clone();

    let answers = at_once((0..50).map(|number| {
        let client = client.clone();
        async move { client.save(numbered(ANA, number)).await }
    }))
    .await;

    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 49], vec![201]].concat());
    assert_eq!(versions(&answers), (1..=50).collect::<Vec<i64>>());
    assert!(answers.iter().all(|answer| answer.raw("draft_id") == answers[0].raw("draft_id")));
    assert_eq!(service.database.count("form_progress"), 1);
    let last = answers.iter().max_by_key(|answer| answer.version()).expect("there are answers");
    assert_eq!(service.read(ANA).await.expect(200).body, last.body);
}

async fn every_version_in_a_storm_is_given_once(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    let client: Client = (**service).clone();

    // Parts of one draft, from several pages at once: each save keeps what it does not name.
    let answers = at_once((0..40).map(|number| {
        let client = client.clone();
        let save = match number % 3 {
            0 => numbered(ANA, number),
            1 => Save::of(ANA).without("data").with("meta", number.to_string()),
            _ => Save::of(ANA).without("data").with("fingerprint", format!("\"{number}\"")),
        };
        async move { client.save(save).await.expect(200) }
    }))
    .await;

    assert_eq!(versions(&answers), (2..=41).collect::<Vec<i64>>());
    let last = answers.iter().max_by_key(|answer| answer.version()).expect("there are answers");
    assert_eq!(service.read(ANA).await.expect(200).body, last.body);
}

/// Rule 4.
async fn a_submission_in_a_storm_of_saves_is_the_end_of_them(service: &Service<'_>) {
    let client: Client = (**service).clone();
    let submitted = Arc::new(AtomicBool::new(false));
    let savers = (0..6).map(|saver| {
        let (client, submitted) = (client.clone(), submitted.clone());
        async move {
            for number in 0.. {
                let it_is_over = submitted.load(Ordering::SeqCst);
                let answer = client.save(numbered(ANA, saver * 1_000_000 + number)).await;
                if answer.status == 400 {
                    answer.expect_problem(400, "ALREADY_SUBMITTED");
                    return;
                }
                assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
                assert!(!it_is_over, "a save that began after the submission was accepted");
            }
        }
    });
    let storm = rocket::tokio::task::spawn(at_once(savers.collect::<Vec<_>>()));
    crate::support::deadline::until("the storm is on", async || {
        let read = service.read(ANA).await;
        read.status == 200 && read.version() > 20
    })
    .await;

    service.submit(ANA).await.expect(201);
    submitted.store(true, Ordering::SeqCst);
    storm.await.expect("the storm ends");

    service.read(ANA).await.expect(404);
    assert_eq!((service.database.count("form_progress"), service.database.count("submissions")), (0, 1));
}

async fn of_simultaneous_submissions_one_is_kept(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    let client: Client = (**service).clone();

    let answers = at_once((0..30).map(|number| {
        let client = client.clone();
        let answers = if number % 2 == 0 { "[100]" } else { "[101]" };
        async move { client.submit(Submission::of(ANA).answers(answers)).await }
    }))
    .await;

    let accepted: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(accepted.len(), 15, "those that say the same are one submission");
    assert!(accepted.iter().all(|answer| answer.body == accepted[0].body));
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.clone().expect_problem(400, "ALREADY_SUBMITTED");
    }
    assert_eq!((service.database.count("submissions"), service.database.count("answers")), (1, 1));
    assert_eq!(service.database.count("form_progress"), 0);
}

async fn a_discard_in_a_storm_of_saves_leaves_nothing_half_done(service: &Service<'_>) {
    let client: Client = (**service).clone();

    let answers = at_once((0..60).map(|number| {
        let client = client.clone();
        async move {
            match number % 6 {
                5 => client.discard(ANA).await.expect(204),
                _ => client.save(numbered(ANA, number)).await,
            }
        }
    }))
    .await;

    let saves: Vec<&Answer> = answers.iter().filter(|answer| answer.status != 204).collect();
    assert!(saves.iter().all(|answer| matches!(answer.status, 200 | 201)));
    // Every draft of the storm has one first save, and each of its versions once.
    let mut seen: Vec<(String, i64)> = saves.iter().map(|answer| (answer.raw("draft_id"), answer.version())).collect();
    seen.sort();
    for (place, (draft, version)) in seen.iter().enumerate() {
        let expected = match place.checked_sub(1).map(|before| &seen[before]) {
            Some((same, before)) if same == draft => before + 1,
            _ => 1,
        };
        assert_eq!(*version, expected, "{seen:?}");
    }
    assert!(saves.iter().all(|answer| (answer.status == 201) == (answer.version() == 1)));
    service.save(ANA).await;
    service.discard(ANA).await.expect(204);
    assert_eq!(service.database.count("form_progress"), 0);
}

async fn many_participants_at_once_do_not_get_in_each_others_way(service: &Service<'_>) {
    service.database.add_survey(r#"{"id":2,"name":"Other","definition":{}}"#);
    let client: Client = (**service).clone();

    let outcomes = at_once((0..120_usize).map(|number| {
        let client = client.clone();
        async move {
            // Few emails in two surveys: what the group loads holds rows of pairs that nobody asked for.
            let email = format!("p{}@example.com", number / 2);
            let survey = 1 + (number % 2) as i64;
            client.save(numbered(&email, number).survey(survey)).await.expect(201);
            match number % 4 {
                0 => client.submit(Submission::of(&email).with("survey_id", survey.to_string())).await.expect(201),
                1 => client.delete(&crate::support::progress_path(&email, survey)).await.expect(204),
                _ => client.save(numbered(&email, number + 1).survey(survey)).await.expect(200),
            };
            let read = client.get(&crate::support::progress_path(&email, survey)).await;
            (number, read)
        }
    }))
    .await;

    for (number, read) in outcomes {
        match number % 4 {
            0 | 1 => drop(read.expect_problem(404, "PROGRESS_NOT_FOUND")),
            _ => assert_eq!(read.expect(200).raw("data"), format!(r#"{{"n":{}}}"#, number + 1)),
        }
    }
    assert_eq!((service.database.count("form_progress"), service.database.count("submissions")), (60, 30));
}

/// The database of this test will not have one participant, for a reason that the rules cannot know.
async fn a_command_that_the_database_refuses_does_not_fail_its_neighbours(service: &Service<'_>) {
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON form_progress";
    service.database.execute(&match service.database.backend() {
        Backend::Sqlite => {
            format!("{refuse} WHEN NEW.email = 'poison@example.com' BEGIN SELECT RAISE(ABORT, 'not this one'); END")
        }
        Backend::Postgres => format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'not this one'; END $$; \
             {refuse} FOR EACH ROW WHEN (NEW.email = 'poison@example.com') EXECUTE FUNCTION refuse()"
        ),
    });
    let client: Client = (**service).clone();

    let outcomes = at_once((0..80_usize).map(|number| {
        let client = client.clone();
        async move {
            let poisonous = number % 20 == 7;
            let email = if poisonous { "poison@example.com".to_owned() } else { format!("p{number}@example.com") };
            (poisonous, client.save(numbered(&email, number)).await)
        }
    }))
    .await;

    for (poisonous, answer) in outcomes {
        match poisonous {
            true => drop(answer.expect_problem(500, "INTERNAL_ERROR")),
            false => drop(answer.expect(201)),
        }
    }
    assert_eq!(service.database.count("form_progress"), 76);
}
