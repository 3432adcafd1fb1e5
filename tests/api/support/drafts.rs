//! Drafts by their ids, as clients call them.

use super::{Answer, Client};

/// Two ids that clients made.
pub const IDS: (&str, &str) = ("0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c01", "0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c02");

/// The path of a draft, with what stands behind its id.
pub fn draft_path(id: &str, behind: &str) -> String {
    format!("/api/drafts/{id}{behind}")
}

impl Client {
    /// `POST /api/drafts`
    pub async fn start(&self, body: impl Into<String>) -> Answer {
        self.post("/api/drafts", body).await
    }

    /// Starts an anonymous draft in survey 1 with this data, and gives its id.
    pub async fn start_anonymous(&self, data: &str) -> String {
        self.start(format!(r#"{{"survey_id":1,"data":{data}}}"#)).await.expect(201).draft_id()
    }

    /// `PUT /api/drafts/{id}`
    pub async fn put(&self, id: &str, body: impl Into<String>) -> Answer {
        self.request("PUT", &draft_path(id, "")).json(body).send().await
    }

    /// `PATCH /api/drafts/{id}`
    pub async fn patch(&self, id: &str, patch: impl Into<String>) -> Answer {
        let request = self.request("PATCH", &draft_path(id, ""));
        request.header("Content-Type", "application/merge-patch+json").body(patch.into()).send().await
    }

    /// `GET /api/drafts/{id}`
    pub async fn draft(&self, id: &str) -> Answer {
        self.get(&draft_path(id, "")).await
    }

    /// `DELETE /api/drafts/{id}`
    pub async fn discard_draft(&self, id: &str) -> Answer {
        self.delete(&draft_path(id, "")).await
    }

    /// `POST /api/drafts/{id}/submit` with the draft's own answers.
    pub async fn submit_draft(&self, id: &str) -> Answer {
        self.request("POST", &draft_path(id, "/submit")).send().await
    }

    /// The same with a body.
    pub async fn submit_draft_with(&self, id: &str, body: &str) -> Answer {
        self.post(&draft_path(id, "/submit"), body).await
    }

    /// `POST /api/drafts/{id}/validate` with no body: the whole draft.
    pub async fn validate(&self, id: &str) -> Answer {
        self.request("POST", &draft_path(id, "/validate")).send().await
    }
}

impl Answer {
    /// The id of the draft that was answered with.
    #[track_caller]
    pub fn draft_id(&self) -> String {
        self.json()["draft_id"].as_str().expect("a draft has an id").to_owned()
    }
}
