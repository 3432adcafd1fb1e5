//! People who may sign in, and clients through which they are signed in.

use formprogress::{
    access::{Actor, Reach, Role, Secret, SecretDigest, caller::csrf_token},
    accounts::{AccountId, Link, PasswordHash, store},
    audit::{Entry, Subject},
    companies::CompanyId,
    db::write,
    email::Email,
    http::Parameter,
};

use super::{Answer, Client, Service, client::Request};

/// The password of everybody who has one.
pub const PASSWORD: &str = "correct horse battery";

/// The cookie of a session, and of a browser that is known.
pub const SESSION: &str = "formprogress_session";
pub const DEVICE: &str = "formprogress_device";

/// A person's browser: it sends its session's cookie, and its CSRF token with whatever changes something.
#[derive(Clone)]
pub struct SignedIn {
    pub account: AccountId,
    pub token: String,
    client: Client,
}

impl SignedIn {
    /// With the session that this answer has begun.
    pub fn by(service: &Service<'_>, answer: &Answer) -> Self {
        let account = answer.json()["account"]["id"].as_i64().expect("the answer says who is signed in");
        let token = cookie(answer, SESSION).expect("the answer has a session's cookie");
        Self { account: AccountId(account), token, client: Client::clone(service) }
    }

    /// What is to be sent as X-CSRF-Token.
    pub fn csrf_token(&self) -> String {
        csrf_token(&self.token)
    }

    /// A request with the session's cookie, and nothing else.
    pub fn bare_request(&self, method: &str, path: &str) -> Request {
        self.client.request(method, path).header("Cookie", &format!("{SESSION}={}", self.token))
    }

    /// The same with the CSRF token.
    pub fn request(&self, method: &str, path: &str) -> Request {
        self.bare_request(method, path).header("X-CSRF-Token", &self.csrf_token())
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send().await
    }

    pub async fn post(&self, path: &str, body: impl Into<String>) -> Answer {
        self.request("POST", path).json(body).send().await
    }

    pub async fn put(&self, path: &str, body: impl Into<String>) -> Answer {
        self.request("PUT", path).json(body).send().await
    }

    pub async fn patch(&self, path: &str, body: impl Into<String>) -> Answer {
        self.request("PATCH", path).json(body).send().await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path).send().await
    }
}

/// The value of a cookie that an answer sets.
pub fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let line = set_cookie(answer, name)?;
    Some(line.split(';').next()?.split_once('=')?.1.to_owned())
}

/// The whole line by which an answer sets a cookie.
pub fn set_cookie(answer: &Answer, name: &str) -> Option<String> {
    let lines = answer.headers.get_all("Set-Cookie").iter().map(|line| line.to_str().expect("a header is ASCII"));
    lines.map(str::to_owned).find(|line| line.starts_with(&format!("{name}=")))
}

/// A hash of a password that nobody has.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Service<'_> {
    /// Adds an account that has no password yet. No companies: no limit.
    pub fn add_account(&self, email: &str, role: Role, companies: &[CompanyId]) -> (AccountId, Link) {
        let email = Email::parse(email).expect("an email");
        let reach = if companies.is_empty() { Reach::All } else { Reach::Only(companies.iter().copied().collect()) };
        let entry = Entry::on_command_line("account.add", Subject::all("accounts"), self.clock.now());
        let added = write(&mut self.database.conn(), |conn| store::add(conn, &email, role, &reach, entry));
        let (account, link) = added.expect("the account is stored").expect("there can be such an account");
        (account.id, link)
    }

    /// Adds an account with [`PASSWORD`], in the way of its person.
    pub async fn add_person(&self, email: &str, role: Role, companies: &[CompanyId]) -> AccountId {
        let (id, link) = self.add_account(email, role, companies);
        let body = serde_json::json!({"token": link.token.reveal(), "password": PASSWORD});
        self.request("POST", "/api/admin/set-password").json(body.to_string()).anonymous().send().await.expect(204);
        id
    }

    /// Adds an account and signs its person in. Nothing is hashed: sign-in itself has tests of its own.
    pub fn sign_in(&self, email: &str, role: Role, companies: &[CompanyId]) -> SignedIn {
        let (account, link) = self.add_account(email, role, companies);
        let hash = PasswordHash(NOBODYS.into());
        let (conn, now) = (&mut self.database.conn(), self.clock.now());
        let entry = |action| Entry { actor: Actor::Account(account.0), ..Entry::on_command_line(action, account, now) };
        let set = write(conn, |conn| store::set_password(conn, link.token.digest(), &hash, &entry("account.password")));
        set.expect("the password is stored").expect("the link works");
        let token = Secret::random("");
        let began = store::Began { account, hash, token: SecretDigest::of(token.reveal()), instead_of: None };
        let begun = write(conn, |conn| store::begin_session(conn, &began, &entry("account.sign_in")));
        begun.expect("the session is stored").expect("it may begin");
        SignedIn { account, token: token.reveal().to_owned(), client: Client::clone(self) }
    }

    /// Asks to be signed in, as a browser that keeps nothing.
    pub async fn try_sign_in(&self, email: &str, password: &str) -> Answer {
        self.sign_in_request(email, password).send().await
    }

    /// The request for it, to which a browser adds what it keeps.
    pub fn sign_in_request(&self, email: &str, password: &str) -> Request {
        let body = serde_json::json!({"email": email, "password": password});
        self.request("POST", "/api/admin/session").json(body.to_string()).anonymous()
    }

    /// The audit log, a line each: who, what, to what, and how it ended.
    pub fn audit_log(&self) -> Vec<String> {
        self.database.lines(
            "SELECT actor || ' ' || coalesce(actor_id, 0) || ' ' || action || ' ' || subject || ' ' || outcome AS value \
             FROM audit_log ORDER BY id",
        )
    }
}
