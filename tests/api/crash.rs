//! Rule 2: what was acknowledged is there, whatever becomes of the process. And a proper end cuts nobody off.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use rocket::tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::{JoinHandle, spawn},
};

use crate::support::{Client, Save, Server, Submission, TestDatabase, at_once, database::SURVEY, deadline};

on_both_databases![
    database:
    everything_acknowledged_is_there_after_a_kill,
    everything_acknowledged_is_there_after_a_termination,
    a_termination_lets_requests_in_flight_finish,
];

/// Participants in a storm, each saving one screen after the other.
const PARTICIPANTS: usize = 8;

fn email(participant: usize) -> String {
    format!("p{participant}@example.com")
}

/// How far each participant has come by the time that nobody answers any more.
type Acknowledged = Vec<Option<usize>>;

/// Saves as fast as the server answers, until it does not. The counter says how much has been acknowledged so far.
fn storm(client: &Client) -> (JoinHandle<Acknowledged>, Arc<AtomicUsize>) {
    let counter = Arc::new(AtomicUsize::new(0));
    let participants: Vec<_> = (0..PARTICIPANTS)
        .map(|participant| {
            let (client, counter) = (client.clone(), counter.clone());
            async move {
                let mut acknowledged = None;
                for number in 0.. {
                    let save = Save::of(&email(participant)).data(format!(r#"{{"n":{number}}}"#));
                    match client.request("POST", "/api/progress").json(save.body()).try_send().await {
                        Ok(answer) if answer.status < 300 => acknowledged = Some(number),
                        // A server that is about to end may say so.
                        Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.body),
                        Err(_) => return acknowledged,
                    }
                    counter.fetch_add(1, Ordering::SeqCst);
                }
                acknowledged
            }
        })
        .collect();
    (spawn(at_once(participants)), counter)
}

/// Each participant's draft is the last one acknowledged, or the one that was on its way then.
async fn nothing_is_lost(server: &Server, acknowledged: Acknowledged) {
    for (participant, last) in acknowledged.into_iter().enumerate() {
        let Some(last) = last else { continue };
        let read = server.read(&email(participant)).await.expect(200);
        let number = read.json()["data"]["n"].as_u64().expect("a number") as usize;
        assert!(number == last || number == last + 1, "{number} is there, {last} was acknowledged");
        assert_eq!(read.version() as usize, number + 1);
    }
}

async fn everything_acknowledged_is_there_after_a_kill(database: &TestDatabase) {
    database.add_survey(SURVEY);
    for round in 0..3 {
        let server = Server::start(database.url());
        let done = format!("done{round}@example.com");
        let (storm, counter) = storm(&server);
        server.submit(done.as_str()).await.expect(201);
        deadline::until("the storm is on", async || counter.load(Ordering::SeqCst) > 200).await;

        server.kill();
        let acknowledged = storm.await.expect("the storm ends");

        let server = Server::start(database.url());
        nothing_is_lost(&server, acknowledged).await;
        server.save(done.as_str()).await.expect_problem(400, "ALREADY_SUBMITTED");
        for participant in 0..PARTICIPANTS {
            server.discard(&email(participant)).await.expect(204);
        }
    }
}

async fn everything_acknowledged_is_there_after_a_termination(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let mut server = Server::start(database.url());
    let (storm, counter) = storm(&server);
    deadline::until("the storm is on", async || counter.load(Ordering::SeqCst) > 200).await;

    server.terminate();
    let acknowledged = storm.await.expect("the storm ends");

    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    let server = Server::start(database.url());
    nothing_is_lost(&server, acknowledged).await;
}

async fn a_termination_lets_requests_in_flight_finish(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let mut server = Server::start(database.url());
    let held = database.hold_up_writes();
    let mut in_flight = Vec::new();
    for participant in 0..PARTICIPANTS {
        let body = match participant % 2 {
            0 => ("/api/progress", Save::of(&email(participant)).body()),
            _ => ("/api/submissions", Submission::of(&email(participant)).body()),
        };
        in_flight.push(begin(&server, body.0, &body.1).await);
    }

    server.terminate();
    let address = server.address();
    deadline::until("the server takes no more", async || TcpStream::connect(&address).await.is_err()).await;
    drop(held);

    for mut stream in in_flight {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("the answer comes to its end");
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    }
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    let half = (PARTICIPANTS / 2) as i64;
    assert_eq!((database.count("form_progress"), database.count("submissions")), (half, half));
}

/// A POST that the server is known to have begun with: it has asked for the body, which is then sent.
async fn begin(server: &Server, path: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.expect("the server accepts a connection");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("the server reads");
    let mut go_on = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut go_on).await.expect("the server asks for the body");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).await.expect("the server reads");
    stream
}
