//! Callers of the admin API: keys with some powers and limits, and what the audit log says of what they did.

use formprogress::{
    access::{Grant, Power, Reach},
    companies::CompanyId,
    keys::Kind,
    surveys::SurveyId,
};
use url::form_urlencoded;

use super::{Answer, Service};

/// The path of everything that is held about a person.
pub fn person_path(email: &str) -> String {
    let email: String = form_urlencoded::byte_serialize(email.as_bytes()).collect();
    format!("/api/admin/person?email={email}")
}

impl Service<'_> {
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
