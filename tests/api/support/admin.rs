//! Callers of the admin API: keys with some powers and limits, and what the audit log says of what they did.

use formprogress::{
    access::{Grant, Power, Reach},
    companies::CompanyId,
    keys::Kind,
    surveys::SurveyId,
};
use url::form_urlencoded;

use super::{Answer, Service, client::Request};

/// The powers over drafts and submissions, and those of a participant's front end.
pub const DRAFT_POWERS: [Power; 5] =
    [Power::Participate, Power::Submit, Power::ReadDrafts, Power::ChangeDrafts, Power::ReadSubmissions];

/// The path of everything that is held about a person.
pub fn person_path(email: &str) -> String {
    let email: String = form_urlencoded::byte_serialize(email.as_bytes()).collect();
    format!("/api/admin/person?email={email}")
}

impl Service<'_> {
    /// Makes a key that may do everything with the drafts and submissions of these companies and surveys (of all, where none
    /// is named), and nothing else.
    pub async fn limited_drafts_key(&self, companies: &[CompanyId], surveys: &[i64]) -> String {
        let companies: Vec<i64> = companies.iter().map(|company| company.0).collect();
        let some = |ids: &[i64]| (!ids.is_empty()).then(|| ids.to_vec());
        let powers = [Power::ReadDrafts, Power::ChangeDrafts, Power::ReadSubmissions];
        self.limited_key(&powers, some(surveys).as_deref(), some(&companies).as_deref()).await
    }

    /// What was done to what, in which survey and for which company, and what else is said of it.
    pub fn audited_acts(&self) -> Vec<String> {
        self.database.lines(
            "SELECT action || ' | ' || subject || ' | ' || coalesce(cast(survey_id AS text), '-') || ' | ' || \
             coalesce(cast(company_id AS text), '-') || ' | ' || detail AS value FROM audit_log ORDER BY id",
        )
    }

    /// Makes a server key with these powers and limits, and shows it to nobody.
    pub async fn limited_key(&self, powers: &[Power], surveys: Option<&[i64]>, companies: Option<&[i64]>) -> String {
        let surveys = surveys.map_or(Reach::All, |ids| Reach::Only(ids.iter().copied().map(SurveyId).collect()));
        let companies = companies.map_or(Reach::All, |ids| Reach::Only(ids.iter().copied().map(CompanyId).collect()));
        let grant = Grant { powers: powers.iter().copied().collect(), surveys, companies };
        self.key(Kind::Server { grant }).await
    }

    /// Sends a request with this key, and with a JSON body unless it is empty.
    pub async fn as_key(&self, key: &str, method: &str, path: &str, body: &str) -> Answer {
        let request = self.request(method, path).header("Authorization", &format!("Bearer {key}"));
        if body.is_empty() { request.send().await } else { request.json(body).send().await }
    }

    /// Who did what to what, from the first entry of the log on.
    pub fn audited(&self) -> Vec<String> {
        self.database.lines(
            "SELECT actor || ' ' || action || ' ' || subject || CASE detail WHEN '' THEN '' ELSE ': ' || detail END AS value \
             FROM audit_log ORDER BY id",
        )
    }
}

impl Request {
    /// Shows this key.
    pub fn with_key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }
}

impl Answer {
    /// A member of each item of a list.
    #[track_caller]
    pub fn items(&self, member: &str) -> Vec<serde_json::Value> {
        let body = self.json();
        body["items"].as_array().expect("a list").iter().map(|item| item[member].clone()).collect()
    }

    /// Where the next page begins.
    #[track_caller]
    pub fn next(&self) -> Option<String> {
        self.json()["next"].as_str().map(str::to_owned)
    }
}
