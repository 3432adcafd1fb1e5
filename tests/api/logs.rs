//! Rule 10: one line for each request, and nothing of what participants send.

use serde_json::Value;

use crate::support::{
    Save, Server, Submission, TestDatabase,
    database::SURVEY,
    deadline,
    drafts::{IDS, draft_path},
};

on_both_databases![
    database:
    each_request_has_one_line_that_says_what_an_operator_needs,
    a_request_that_cannot_be_read_has_a_line_too,
    no_log_line_holds_what_a_participant_sent,
    rockets_own_log_stays_off_whatever_the_level,
];

/// Words that stand in addresses, queries, paths, headers and bodies, and may stand nowhere else.
const SECRETS: [&str; 3] = ["sesame", "example.com", "%40"];

const EMAIL: &str = "sesame@example.com";

async fn lines(server: &Server, how_many: usize) -> Vec<Value> {
    // Lines are written beside the requests, not before the answer.
    let requests = || {
        let log = server.log();
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("JSON: {line}")));
        lines.filter(|line: &Value| line["message"] == "request").collect::<Vec<_>>()
    };
    deadline::until("all lines are written", async || requests().len() >= how_many).await;
    requests()
}

async fn each_request_has_one_line_that_says_what_an_operator_needs(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let server = Server::start(database.url());
    let answers = [
        server.save(EMAIL).await.expect(201),
        server.read(EMAIL).await.expect(200),
        server.get("/api/surveys/1/").await.expect(200),
        server.get("/sesame/example.com").await.expect(404),
        server.request("PUT", "/api/progress").send().await.expect(405),
    ];

    let lines = lines(&server, answers.len()).await;

    let expected = [
        ("POST", "/api/progress", 201),
        ("GET", "/api/progress", 200),
        ("GET", "/api/surveys/<id>", 200),
        ("GET", "-", 404),
        ("PUT", "-", 405),
    ];
    assert_eq!(lines.len(), expected.len());
    for ((line, answer), (method, route, status)) in lines.iter().zip(answers).zip(expected) {
        assert_eq!((line["method"].as_str(), line["route"].as_str()), (Some(method), Some(route)), "{line}");
        assert_eq!(line["status"], status);
        assert_eq!(line["request_id"].as_str(), answer.header("X-Request-Id"));
        assert!(line["milliseconds"].is_f64() && line["timestamp"].is_string(), "{line}");
    }
}

/// An unknown method, and a target that is no path: Rocket answers those without asking a fairing.
async fn a_request_that_cannot_be_read_has_a_line_too(database: &TestDatabase) {
    let server = Server::start(database.url());
    for target in ["BREW /api/progress", "GET nowhere"] {
        let bytes = format!("{target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = server.send_raw(bytes.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    // A last one that is known to be logged: by then the others are.
    server.get("/healthz").await.expect(200);

    deadline::until("the last line is written", async || server.log().contains("\"route\":\"/healthz\"")).await;

    let statuses: Vec<Value> = lines(&server, 1).await.iter().map(|line| line["status"].clone()).collect();
    assert_eq!(statuses, [400, 400, 200]);
}

/// Requests of every kind, good and bad, with secrets wherever a request has room for them.
async fn tell_secrets(server: &Server) -> usize {
    server.save(Save::of(EMAIL).data(r#"{"sesame":"sesame"}"#).with("meta", "\"sesame\"")).await.expect(201);
    server.read(EMAIL).await.expect(200);
    server.save(Save::of(EMAIL).with("current_screen", "\"sesame\"")).await.expect(400);
    server.save("sesame@@example.com").await.expect(400);
    server.post("/api/progress", "{\"sesame\": sesame@example.com}").await.expect(400);
    server.get("/api/progress?sesame=sesame@example.com&email=a%40sesame").await.expect(400);
    server.submit(Submission::of(EMAIL).answers("[\"sesame\"]")).await.expect(422);
    server.submit(Submission::of(EMAIL).answers(r#"{"sesame":"sesame"}"#)).await.expect(201);
    server.save(EMAIL).await.expect(400);
    server.discard(EMAIL).await.expect(204);
    server.post("/api/invitation-code", r#"{"invitation_code":"sesame"}"#).await.expect(400);
    let request = server.request("GET", "/sesame%40example.com?sesame").header("X-Request-Id", "sesame@example.com");
    request.header("Authorization", "Token sesame").header("User-Agent", "sesame").send().await.expect(404);
    server.send_raw(b"SESAME /sesame%40example.com HTTP/1.1\r\nHost: sesame\r\nConnection: close\r\n\r\n").await;
    server.send_raw(b"GET sesame%40example.com HTTP/1.1\r\nHost: sesame\r\nConnection: close\r\n\r\n").await;
    12 + tell_secrets_of_drafts(server).await
}

/// The same through the door of ids, with keys in the headers.
async fn tell_secrets_of_drafts(server: &Server) -> usize {
    let send = async |method: &str, path: &str, body: &str, status: u16| {
        let key = format!("sesame-{method}");
        let request = server.request(method, path).header("Idempotency-Key", &key);
        let request = request.header("If-Match", "\"op:sesame\", \"0\"").header("Authorization", "Bearer sesame");
        request.json(body).send().await.expect(status);
    };
    let path = |behind: &str| draft_path(IDS.0, behind);
    let draft = r#"{"survey_id":1,"email":"sesame3@example.com","data":{"sesame":"sesame"},"fingerprint":"sesame"}"#;
    send("PUT", "/api/drafts/sesame@example.com", draft, 400).await;
    send("PUT", &path(""), draft, 201).await;
    send("PUT", &path(""), &draft.replace('}', "} "), 422).await;
    send("POST", "/api/drafts", draft, 409).await;
    send("PATCH", &path(""), r#"{"data":{"sesame":"sesame sesame"}}"#, 412).await;
    send("PATCH", &path(""), r#"{"data":"sesame","email":"sesame@@example.com"}"#, 400).await;
    send("PATCH", &path(""), r#"{"email":"sesame4@example.com"}"#, 409).await;
    send("GET", &path("?fit=sesame"), "", 400).await;
    send("POST", &path("/validate"), r#"{"screen":"sesame"}"#, 400).await;
    send("POST", &path("/submit"), r#"{"answers":["sesame"]}"#, 422).await;
    send("GET", &path("/previous"), "", 401).await;
    send("POST", &path("/restore"), r#"{"version":"sesame"}"#, 401).await;
    send("DELETE", &path("?email=sesame@example.com"), "", 400).await;
    13
}

#[track_caller]
fn holds_no_secret(log: &str) {
    for secret in SECRETS {
        let found = log.lines().find(|line| line.to_lowercase().contains(secret));
        assert_eq!(found, None, "{secret}");
    }
}

async fn no_log_line_holds_what_a_participant_sent(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let mut server = Server::start(database.url());
    let logged = tell_secrets(&server).await;
    // A failure of ours is logged with its cause: the database's own words may quote a row.
    database.execute("ALTER TABLE form_progress RENAME TO elsewhere");
    server.save("sesame2@example.com").await.expect_problem(500, "INTERNAL_ERROR");
    server.read("sesame2@example.com").await.expect_problem(500, "INTERNAL_ERROR");

    lines(&server, logged + 2).await;
    server.terminate();
    server.wait();

    let log = server.log();
    assert!(log.contains("ERROR"), "the failures are logged: {log}");
    holds_no_secret(&log);
}

/// Its lines would show paths with their queries.
async fn rockets_own_log_stays_off_whatever_the_level(database: &TestDatabase) {
    database.add_survey(SURVEY);
    for environment in [("ROCKET_LOG_LEVEL", "debug"), ("ROCKET_LOG_LEVEL", "normal"), ("RUST_LOG", "trace")] {
        let mut server = Server::start_with(database.url(), &[], &[environment]);
        let read = server.read(EMAIL).await;
        assert_eq!(read.status, 404);
        server.get("/sesame%40example.com?sesame").await.expect(404);
        lines(&server, 2).await;
        server.terminate();
        server.wait();
        holds_no_secret(&server.log());
        holds_no_secret(&server.printed());
    }
}
