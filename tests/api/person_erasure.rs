//! Erasure: everything that is held about a person goes, in one act, and nothing of it is left anywhere.

use std::process::Command;

use chrono::TimeDelta;
use formprogress::{
    access::{Grant, Power, Reach},
    clock::Moment,
    db::write,
    keys::{self, Kind},
};
use serde_json::{Value, json};

use crate::support::{
    Backend, Client, NAMED, Save, Server, Service, Submission, TestDatabase,
    admin::person_path,
    at_once,
    database::SURVEY,
    drafts::{IDS, draft_path},
    formprogress,
};

mod over_http {
    use super::*;

    on_both_databases![
        everything_goes_and_is_counted,
        nothing_of_anybody_else_goes,
        erasing_again_finds_nothing,
        whoever_holds_an_id_finds_nothing,
        the_person_may_begin_anew,
        the_record_says_how_each_draft_ended,
        what_is_remembered_of_a_discard_goes_too,
        an_erasure_among_saves_leaves_nothing_half_done,
        a_draft_that_nobody_has_claimed_is_nobodys,
    ];
}

mod outside {
    use super::*;

    on_both_databases![
        database:
        the_command_line_asks_before_it_erases,
        nothing_of_the_person_is_left_anywhere,
    ];
}

const ANA: &str = NAMED.0;

const POWERS: [Power; 5] = [Power::ReadPeople, Power::ErasePeople, Power::Participate, Power::Submit, Power::Audit];

async fn prepare(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    service.database.add_survey(SURVEY);
    service.database.add_company("Acme", "ACME");
    service.server_key(&POWERS).await;
}

async fn erase(service: &Service<'_>, email: &str) -> Value {
    service.delete(&person_path(email)).await.expect(200).json()
}

fn erased(drafts: i64, expired: i64, states: i64, submissions: i64, answers: i64, keys: i64) -> Value {
    json!({"drafts": drafts, "expired_drafts": expired, "previous_states": states, "submissions": submissions,
        "answers": answers, "idempotency_keys": keys})
}

/// A draft with an earlier state in survey 1; one submitted by its id in survey 2; a submission without one in survey 3.
/// Writes of the first two have keys. Gives the id of the one that was submitted.
async fn take_part(service: &Service<'_>, email: &str, id: &str) -> String {
    let put = async |key: &str, data: &str| {
        let save = Save::of(email).data(data).body();
        service.request("PUT", &draft_path(id, "")).header("Idempotency-Key", key).json(save).send().await
    };
    put("k1", r#"{"a":1,"b":2}"#).await.expect(201);
    put("k2", r#"{"a":1}"#).await.expect(200);
    let start = format!(r#"{{"survey_id":2,"email":"{email}","data":{{"q":"a"}}}}"#);
    let submitted = service.start(start).await.expect(201).draft_id();
    let submit = service.request("POST", &draft_path(&submitted, "/submit")).header("Idempotency-Key", "k3");
    submit.json(r#"{"answers":{"q":"a","p":"b"}}"#).send().await.expect(201);
    service.submit(Submission::of(email).with("survey_id", "3").answers("[100]")).await.expect(201);
    submitted
}

async fn everything_goes_and_is_counted(service: &Service<'_>) {
    prepare(service).await;
    take_part(service, ANA, IDS.0).await;
    service.get(&person_path(ANA)).await.expect(200);

    assert_eq!(erase(service, " ANA@example.com").await, erased(1, 0, 1, 2, 3, 3));

    for table in ["form_progress", "previous_states", "submissions", "answers", "idempotency_keys", "ended_drafts"] {
        assert_eq!(service.database.count(table), 0, "{table}");
    }
    let audited = service.audited();
    let entry = audited.last().expect("there are entries");
    assert!(entry.starts_with("key person.erase person "), "{entry}");
    let counts = "drafts 1, expired_drafts 0, previous_states 1, submissions 2, answers 3, idempotency_keys 3";
    assert!(entry.ends_with(counts), "{entry}");
}

async fn nothing_of_anybody_else_goes(service: &Service<'_>) {
    prepare(service).await;
    take_part(service, NAMED.1, IDS.1).await;
    let tables = ["form_progress", "previous_states", "submissions", "answers", "idempotency_keys", "ended_drafts"];
    let counted = || tables.map(|table| service.database.count(table));
    let before = counted();
    take_part(service, ANA, IDS.0).await;

    erase(service, ANA).await;

    assert_eq!(counted(), before);
    assert_eq!(service.read(NAMED.1).await.expect(200).raw("data"), r#"{"a":1}"#);
}

async fn erasing_again_finds_nothing(service: &Service<'_>) {
    prepare(service).await;
    take_part(service, ANA, IDS.0).await;
    erase(service, ANA).await;
    let events = service.database.count("progress_events");

    assert_eq!(erase(service, ANA).await, erased(0, 0, 0, 0, 0, 0));
    assert_eq!(erase(service, "nobody@example.com").await, erased(0, 0, 0, 0, 0, 0));

    assert_eq!(service.database.count("progress_events"), events);
    assert_eq!(service.database.count("audit_log"), 3);
}

async fn whoever_holds_an_id_finds_nothing(service: &Service<'_>) {
    prepare(service).await;
    let submitted = take_part(service, ANA, IDS.0).await;
    service.draft(&submitted).await.expect_problem(410, "DRAFT_SUBMITTED");

    erase(service, ANA).await;

    for id in [IDS.0, &submitted] {
        service.draft(id).await.expect_problem(404, "DRAFT_NOT_FOUND");
        service.patch(id, r#"{"data":{"a":2}}"#).await.expect_problem(404, "DRAFT_NOT_FOUND");
    }
    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");
    let asked = json!({"email": ANA, "survey_id": 2}).to_string();
    let answer = service.post("/api/participant/has-answer", asked).await.expect(200);
    assert_eq!(answer.json()["data"]["has_answer"], false);
}

async fn the_person_may_begin_anew(service: &Service<'_>) {
    prepare(service).await;
    take_part(service, ANA, IDS.0).await;
    erase(service, ANA).await;

    take_part(service, ANA, IDS.0).await;

    assert_eq!(erase(service, ANA).await, erased(1, 0, 1, 2, 3, 3));
}

async fn the_record_says_how_each_draft_ended(service: &Service<'_>) {
    prepare(service).await;
    service.save(Save::of(ANA).screen(4)).await.expect(201);
    service.clock.advance(TimeDelta::days(20));
    service.save(Save::of(ANA).survey(2).screen(2)).await.expect(201);
    service.submit(Submission::of(ANA).with("survey_id", "3")).await.expect(201);
    // The first one expires, and the purge has not come yet.
    service.clock.advance(TimeDelta::days(15));

    assert_eq!(erase(service, ANA).await, erased(1, 1, 0, 1, 1, 0));

    let events = service.database.lines(
        "SELECT kind || ' in ' || survey_id || ' at ' || coalesce(screen, -1) AS value FROM progress_events ORDER BY id",
    );
    let (begun, ended) = events.split_at(3);
    assert_eq!(begun, ["started in 1 at 4", "started in 2 at 2", "submitted in 3 at -1"]);
    let mut ended = ended.to_vec();
    ended.sort();
    assert_eq!(ended, ["erased in 2 at 2", "expired in 1 at 4"]);
    let expired =
        "SELECT count(*) AS value FROM progress_events WHERE kind = 'expired' AND at = '2026-12-21T09:30:00.000000Z'";
    assert_eq!(service.database.number(expired), 1);
}

async fn what_is_remembered_of_a_discard_goes_too(service: &Service<'_>) {
    prepare(service).await;
    for (email, key) in [(ANA, "one"), (NAMED.1, "two")] {
        service.save(email).await.expect(201);
        let path = crate::support::progress_path(email, 1);
        service.request("DELETE", &path).header("Idempotency-Key", key).send().await.expect(204);
    }
    assert_eq!(service.database.count("idempotency_keys"), 2);

    assert_eq!(erase(service, ANA).await, erased(0, 0, 0, 0, 0, 1));

    assert_eq!((service.database.count("idempotency_keys"), service.database.count("ended_drafts")), (1, 1));
}

/// Saves through both doors, submissions and erasures, all at once: each is done or refused as if it had been alone.
async fn an_erasure_among_saves_leaves_nothing_half_done(service: &Service<'_>) {
    prepare(service).await;
    let act = |number: usize, client: Client| async move {
        let survey = 1 + (number % 3) as i64;
        match number % 6 {
            0 => client.delete(&person_path(ANA)).await.status,
            1 => client.submit(Submission::of(ANA).with("survey_id", survey.to_string())).await.status,
            2 => client.put(IDS.0, Save::of(ANA).data(format!(r#"{{"n":{number}}}"#)).body()).await.status,
            3 => client.patch(IDS.0, format!(r#"{{"data":{{"n":{number}}}}}"#)).await.status,
            _ => client.save(Save::of(ANA).survey(survey).data(format!(r#"{{"n":{number}}}"#))).await.status,
        }
    };
    let client: &Client = service;
    let statuses = at_once((0..60).map(|number| act(number, client.clone()))).await;
    for status in &statuses {
        // 503: PostgreSQL let somebody wait too long for a lock.
        assert!([200, 201, 400, 404, 409, 410].contains(status), "{statuses:?}");
    }

    erase(service, ANA).await;
    for table in ["form_progress", "previous_states", "submissions", "answers", "idempotency_keys"] {
        assert_eq!(service.database.count(table), 0, "{table}");
    }
    // Each draft that began has ended once.
    let count = |kinds: &str| {
        let of_drafts = format!("kind IN ({kinds}) AND started_at IS NOT NULL");
        service.database.number(&format!("SELECT count(*) AS value FROM progress_events WHERE {of_drafts}"))
    };
    assert_eq!(count("'started'"), count("'submitted', 'erased', 'discarded', 'expired'"));
}

async fn a_draft_that_nobody_has_claimed_is_nobodys(service: &Service<'_>) {
    prepare(service).await;
    let id = service.start_anonymous(r#"{"a":1}"#).await;

    assert_eq!(erase(service, ANA).await, erased(0, 0, 0, 0, 0, 0));
    service.draft(&id).await.expect(200);
    service.patch(&id, format!(r#"{{"email":"{ANA}"}}"#)).await.expect(200);
    assert_eq!(erase(service, ANA).await, erased(1, 0, 0, 0, 0, 0));
    service.draft(&id).await.expect_problem(404, "DRAFT_NOT_FOUND");
}

async fn the_command_line_asks_before_it_erases(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let server = Server::start(database.url());
    server.save(ANA).await.expect(201);
    server.save(NAMED.1).await.expect(201);
    let person = |arguments: &[&str]| {
        formprogress(database.url(), &[&["person", "erase", "ANA@example.com"], arguments].concat())
    };

    let told = person(&[]).expect_success().stdout;
    assert_eq!(
        told,
        "Would be erased: 1 draft, 0 expired drafts, 0 earlier states, 0 submissions, 0 answers, 0 idempotency keys. \
         With --yes it is done; nobody can bring it back.\n"
    );
    assert_eq!((database.count("form_progress"), database.count("audit_log")), (2, 0));
    // Beside a service that runs.
    assert_eq!(person(&["--yes", "--json"]).expect_success().json(), erased(1, 0, 0, 0, 0, 0));
    server.read(ANA).await.expect(404);
    server.read(NAMED.1).await.expect(200);
    let told = person(&["--yes"]).expect_success().stdout;
    assert!(told.starts_with("Erased: 0 drafts, "), "{told}");
    formprogress(database.url(), &["person", "erase", "ana"]).expect_refusal("the email must be an email address");
    let audited = database.lines("SELECT actor || ' ' || action AS value FROM audit_log ORDER BY id");
    assert_eq!(audited, ["command_line person.erase"; 2]);
}

/// What only this person sends: part of the email, and of each kind of thing that is kept.
const SECRETS: [&str; 8] = ["sesame", "datum", "notiz", "shapely", "reply", "vorname", "gone-by", "erratum"];

const EMAIL: &str = "Open.Sesame@example.com";

/// Takes part through every door, and has others look, find nothing and fail.
async fn leave_traces(server: &Server) {
    let key = |method: &str, path: &str, key: &str| server.request(method, path).header("Idempotency-Key", key);
    let full = Save::of(EMAIL).data(r#"{"a":"datum","b":"gone-by","guestCodeResponse":{"guestCode":"ACME"}}"#);
    let full = full.with("meta", "\"notiz\"").with("fingerprint", "\"shapely\"");
    key("POST", "/api/progress", "sesame-1").json(full.body()).send().await.expect(201);
    server.save(Save::of(EMAIL).data(r#"{"a":"datum"}"#)).await.expect(200);
    server.save(Save::of(EMAIL).survey(2)).await.expect(201);
    let path = crate::support::progress_path(EMAIL, 2);
    key("DELETE", &path, "sesame-2").send().await.expect(204);
    // A claimed draft, submitted with its own answers.
    let start = r#"{"survey_id":2,"data":{"q":"reply"}}"#;
    let id = server.start(start).await.expect(201).draft_id();
    key("PATCH", &draft_path(&id, ""), "sesame-3").json(format!(r#"{{"email":"{EMAIL}"}}"#)).send().await.expect(200);
    server.submit_draft(&id).await.expect(201);
    let submission = Submission::of(EMAIL).with("survey_id", "3").with("participant", r#"{"name":"vorname"}"#);
    server.submit(submission.answers(r#"{"q":"reply"}"#)).await.expect(201);
    let response = format!(
        r#"{{"invitation_code":"ACME","survey_id":4,"participant":{{"email":"{EMAIL}","name":"vorname"}},"answers":[100]}}"#
    );
    server.post("/api/response", response).await.expect(201);
    // What fails is not kept either.
    server.save(Save::of(EMAIL).survey(2)).await.expect(400);
    server.submit(Submission::of(EMAIL).answers(r#"["erratum"]"#)).await.expect(422);
    server.read("sesame@example").await.expect(404);
    server.read(EMAIL).await.expect(200);
    server.draft(&id).await.expect(410);
    let asked = json!({"email": EMAIL, "survey_id": 2}).to_string();
    server.post("/api/participant/has-answer", asked).await.expect(200);
    server.get(&person_path(EMAIL)).await.expect(200);
    server.get(&person_path(EMAIL).replace("person?", "audit?")).await.expect(200);
    server.get(&person_path("sesame@@x")).await.expect(400);
}

/// Everything that the database holds, byte for byte: its files, or what a backup would have.
fn held_bytes(database: &TestDatabase) -> Vec<(String, Vec<u8>)> {
    match database.backend() {
        Backend::Sqlite => {
            database.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
            let file = database.url().strip_prefix("sqlite:").expect("a file");
            let files = ["", "-wal", "-shm"].map(|suffix| format!("{file}{suffix}"));
            files.into_iter().filter_map(|file| std::fs::read(&file).ok().map(|bytes| (file, bytes))).collect()
        }
        Backend::Postgres => {
            let dump = Command::new(pg_dump()).args(["--dbname", database.url()]).output().expect("pg_dump runs");
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            vec![("the dump".into(), dump.stdout)]
        }
    }
}

/// It comes with PostgreSQL, but is not on every path.
fn pg_dump() -> std::path::PathBuf {
    let on_path = Command::new("pg_dump").arg("--version").output().is_ok_and(|found| found.status.success());
    if on_path {
        return "pg_dump".into();
    }
    let told = Command::new("pg_config").arg("--bindir").output().expect("PostgreSQL's own programs are installed");
    std::path::Path::new(String::from_utf8_lossy(&told.stdout).trim()).join("pg_dump")
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.to_ascii_lowercase().windows(word.len()).any(|window| window == word.as_bytes())
}

async fn nothing_of_the_person_is_left_anywhere(database: &TestDatabase) {
    for _ in 0..4 {
        database.add_survey(SURVEY);
    }
    database.add_company("Acme", "ACME");
    let grant = Grant { powers: POWERS.into(), surveys: Reach::All, companies: Reach::All };
    let key =
        write(&mut database.conn(), |conn| keys::store::add(conn, "a test's", Kind::Server { grant }, Moment::now()));
    let (secret, _) = key.expect("the key is stored");
    let mut server = Server::start(database.url());
    server.show_key(secret.reveal());
    leave_traces(&server).await;
    server.save(Save::of(NAMED.1).data(r#"{"a":"remains"}"#)).await.expect(201);
    // The search finds what is there.
    let before = held_bytes(database);
    for word in SECRETS.into_iter().filter(|word| *word != "erratum") {
        assert!(before.iter().any(|(_, bytes)| holds(bytes, word)), "{word} was never stored");
    }

    let gone = server.delete(&person_path(EMAIL)).await.expect(200).json();
    assert_eq!(gone, erased(1, 0, 1, 3, 3, 2));

    let person = server.get(&person_path(EMAIL)).await.expect(200);
    let exports = ["csv", "ndjson"].map(|format| format!("/api/admin/audit/export?format={format}"));
    let mut held: Vec<(String, Vec<u8>)> = vec![("events".into(), person.json()["drafts"].to_string().into())];
    for path in exports {
        held.push((path.clone(), server.get(&path).await.expect(200).body.into()));
    }
    server.terminate();
    server.wait();
    held.extend(held_bytes(database));
    held.push(("the log".into(), server.log().into()));
    held.push(("what it printed".into(), server.printed().into()));
    assert!(held.iter().any(|(_, bytes)| holds(bytes, "remains")), "the search looks where things are");
    for (place, bytes) in &held {
        for word in SECRETS {
            assert!(!holds(bytes, word), "{word} is in {place}");
        }
    }
}
