//! Writes of a draft through either door, each of which can be sent again as it is.

use super::{Answer, Client, Save, Submission, drafts::draft_path, progress_path, requests::quoted};

/// A write that is put together, and may be sent any number of times.
#[derive(Debug, Clone)]
pub struct Write {
    method: &'static str,
    path: String,
    body: String,
    headers: Vec<(&'static str, String)>,
}

impl Write {
    fn new(method: &'static str, path: impl Into<String>, body: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: body.into(), headers: Vec::new() }
    }

    /// Of a participant's draft.
    pub fn save(save: impl Into<Save>) -> Self {
        Self::raw_save(save.into().body())
    }

    pub fn raw_save(body: impl Into<String>) -> Self {
        Self::new("POST", "/api/progress", body)
    }

    /// Starts a draft.
    pub fn create(body: impl Into<String>) -> Self {
        Self::new("POST", "/api/drafts", body)
    }

    pub fn put(id: &str, body: impl Into<String>) -> Self {
        Self::new("PUT", draft_path(id, ""), body)
    }

    pub fn patch(id: &str, body: impl Into<String>) -> Self {
        Self::new("PATCH", draft_path(id, ""), body)
    }

    /// Discards the draft of an email in survey 1.
    pub fn discard(email: &str) -> Self {
        Self::new("DELETE", progress_path(email, 1), "")
    }

    pub fn discard_draft(id: &str) -> Self {
        Self::new("DELETE", draft_path(id, ""), "")
    }

    pub fn submit(submission: impl Into<Submission>) -> Self {
        Self::new("POST", "/api/submissions", submission.into().body())
    }

    pub fn submit_draft(id: &str, body: impl Into<String>) -> Self {
        Self::new("POST", draft_path(id, "/submit"), body)
    }

    /// What existing front ends send at the end, for survey 1. The code ACME must be a company's.
    pub fn respond(email: &str) -> Self {
        let body = format!(
            r#"{{"invitation_code":"ACME","survey_id":1,"participant":{{"email":{}}},"answers":[100]}}"#,
            quoted(email)
        );
        Self::new("POST", "/api/response", body)
    }

    /// All that change or end a draft of survey 1, both doors, each with the status that it is answered with.
    pub fn of_every_kind(email: &str, id: &str) -> [(Self, u16); 8] {
        [
            (Self::save(Save::of(email).data(r#"{"by":"save"}"#)), 200),
            (Self::put(id, r#"{"survey_id":1,"data":{"by":"put"}}"#), 200),
            (Self::patch(id, r#"{"data":{"by":"patch"}}"#), 200),
            (Self::discard(email), 204),
            (Self::discard_draft(id), 204),
            (Self::submit(email), 201),
            (Self::submit_draft(id, r#"{"answers":[100]}"#), 201),
            (Self::respond(email), 201),
        ]
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Only if the draft is one of these.
    pub fn if_match(self, tags: &str) -> Self {
        self.header("If-Match", tags)
    }

    /// Only once.
    pub fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    pub async fn send(&self, client: &Client) -> Answer {
        let mut request = client.request(self.method, &self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = if self.body.is_empty() { request } else { request.json(self.body.clone()) };
        request.send().await
    }
}
