//! The admin pages as a browser without JavaScript uses them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use formprogress::{access::Role, companies::CompanyId};
use url::form_urlencoded;

use super::{
    Answer, Service,
    accounts::{SignedIn, cookie},
};

impl SignedIn {
    /// Opens a page, which must be shown.
    #[track_caller]
    pub fn open(&self, path: &str) -> impl Future<Output = Answer> {
        let asked = self.bare_request("GET", path).send();
        async move { asked.await.expect(200).expect_page() }
    }

    /// Posts a form of a page of ours.
    pub async fn fill_in(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf_token();
        let fields = fields.iter().copied().chain([("csrf", csrf.as_str())]);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.bare_request("POST", path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
    }
}

impl Answer {
    /// The answer, which must be a page with all that protects one.
    #[track_caller]
    pub fn expect_page(self) -> Self {
        assert_eq!(self.header("Content-Type"), Some("text/html; charset=utf-8"), "{}", self.body);
        let policy = self.header("Content-Security-Policy").expect("a page has a content policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(self.header("Cache-Control"), Some("no-store"));
        self
    }

    /// The address to which the answer leads; it says that something was done.
    #[track_caller]
    pub fn expect_done(self) -> String {
        assert_eq!(self.status, 303, "{}", self.body);
        self.header("Location").expect("it leads somewhere").to_owned()
    }

    /// The notice that it leaves for the next page.
    #[track_caller]
    pub fn notice(&self) -> String {
        let cookie = cookie(self, "formprogress_notice").expect("a notice");
        let text = cookie.split('.').next().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).expect("it is encoded");
        String::from_utf8(text).expect("a text")
    }

    /// The page, which must say this.
    #[track_caller]
    pub fn saying(self, text: &str) -> Self {
        assert!(self.body.contains(text), "{text} does not stand in\n{}", self.body);
        self
    }

    /// What must stand in the page's text: without its elements, and with one space between words.
    #[track_caller]
    pub fn reads(&self, text: &str) {
        let parts = self.body.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        let words = parts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        assert!(words.contains(text), "{text:?} is not to be read in {words}");
    }

    /// The page, which must not say this.
    #[track_caller]
    pub fn not_saying(self, text: &str) -> Self {
        assert!(!self.body.contains(text), "{text} stands in\n{}", self.body);
        self
    }
}

impl Service<'_> {
    /// Signs somebody in with this role.
    pub fn browser(&self, role: Role, companies: &[CompanyId]) -> SignedIn {
        self.sign_in(&format!("{role}-{}@example.org", companies.len()), role, companies)
    }
}
