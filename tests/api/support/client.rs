//! A client that speaks plain HTTP, and looks at answers as a front end would.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap},
};
use rocket::tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use serde_json::{Value, value::RawValue};

use super::{Save, Submission, progress_path};

/// Sends requests to a service, which may move to another port when it is started again.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: Arc<RwLock<String>>,
    key: Arc<RwLock<Option<String>>>,
}

/// A request that is being put together.
pub struct Request(reqwest::RequestBuilder, Option<String>);

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Client {
    pub fn new() -> Self {
        // An idle connection would keep a service that is being stopped waiting for its end.
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        // Where an answer leads is looked at.
        let http = http.redirect(reqwest::redirect::Policy::none()).build().expect("an HTTP client");
        Self { http, address: Arc::default(), key: Arc::default() }
    }

    pub fn point_at(&self, port: u16) {
        *self.address.write().expect("no test panicked here") = format!("127.0.0.1:{port}");
    }

    /// Shows this API key with each request that does not say who it is itself.
    pub fn show_key(&self, key: &str) {
        *self.key.write().expect("no test panicked here") = Some(key.to_owned());
    }

    /// The key that it shows.
    pub fn shown_key(&self) -> Option<String> {
        self.key.read().expect("no test panicked here").clone()
    }

    /// Host and port.
    pub fn address(&self) -> String {
        self.address.read().expect("no test panicked here").clone()
    }

    pub fn request(&self, method: &str, path: &str) -> Request {
        let method: Method = method.parse().expect("a method");
        let key = self.key.read().expect("no test panicked here").clone();
        Request(self.http.request(method, format!("http://{}{path}", self.address())), key)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send().await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path).send().await
    }

    /// Posts a text as JSON.
    pub async fn post(&self, path: &str, body: impl Into<String>) -> Answer {
        self.request("POST", path).json(body).send().await
    }

    pub async fn save(&self, save: impl Into<Save>) -> Answer {
        self.post("/api/progress", save.into().body()).await
    }

    /// Reads the draft of an email in survey 1.
    pub async fn read(&self, email: &str) -> Answer {
        self.get(&progress_path(email, 1)).await
    }

    /// Discards the draft of an email in survey 1.
    pub async fn discard(&self, email: &str) -> Answer {
        self.delete(&progress_path(email, 1)).await
    }

    pub async fn submit(&self, submission: impl Into<Submission>) -> Answer {
        self.post("/api/submissions", submission.into().body()).await
    }

    /// Sends bytes that no HTTP library would, and gives all that comes back until the other side hangs up.
    pub async fn send_raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address()).await.expect("the service accepts a connection");
        // It may refuse before it has read everything.
        drop(stream.write_all(bytes).await);
        let mut answer = Vec::new();
        let hung_up = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        drop(hung_up.expect("the service answers and hangs up"));
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Request {
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value), self.1)
    }

    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body), self.1)
    }

    /// A body that says of itself that it is JSON.
    pub fn json(self, body: impl Into<String>) -> Self {
        self.header("Content-Type", "application/json").body(body.into())
    }

    /// Shows no key.
    pub fn anonymous(self) -> Self {
        Self(self.0, None)
    }

    pub async fn send(self) -> Answer {
        self.try_send().await.expect("the service answers")
    }

    /// For a service that may be gone before it answers.
    pub async fn try_send(self) -> reqwest::Result<Answer> {
        let says_who = |name: &str| !["authorization", "cookie"].contains(&name);
        let Self(builder, key) = self;
        let (client, request) = builder.build_split();
        let mut request = request?;
        let is_known = !request.headers().keys().all(|name| says_who(name.as_str()));
        if let (Some(key), false) = (key, is_known) {
            let bearer = format!("Bearer {key}").parse().expect("a key is ASCII");
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        let response = client.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // The viewer's pictures are the only bodies that are no text, and nobody looks into them.
        let body = String::from_utf8_lossy(&response.bytes().await?).into_owned();
        Ok(Answer { status, headers, body })
    }
}

impl Answer {
    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The answer, which must be a problem of this kind, complete and in the right form.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.json()["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.header(CONTENT_TYPE.as_str()), Some("application/problem+json"));
        let body = self.json();
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], format!("urn:formprogress:problem:{code}"));
        assert_eq!(body["request_id"].as_str(), self.header("X-Request-Id"), "{}", self.body);
        for member in ["title", "detail"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "no {member}: {}", self.body);
        }
        self
    }

    /// The places that a problem points at.
    #[track_caller]
    pub fn pointers(&self) -> Vec<String> {
        let body = self.json();
        let errors = body["errors"].as_array().expect("the problem lists its errors");
        errors.iter().map(|error| error["pointer"].as_str().expect("an error has a pointer").to_owned()).collect()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }

    /// A member of the body, byte for byte.
    #[track_caller]
    pub fn raw(&self, member: &str) -> String {
        let members: std::collections::HashMap<String, Box<RawValue>> =
            serde_json::from_str(&self.body).expect("the body is an object");
        members.get(member).unwrap_or_else(|| panic!("no {member} in {}", self.body)).get().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header is ASCII"))
    }

    #[track_caller]
    pub fn etag(&self) -> &str {
        self.header("ETag").expect("the answer has an ETag")
    }

    #[track_caller]
    pub fn version(&self) -> i64 {
        self.json()["version"].as_i64().expect("the draft has a version")
    }
}
