//! People who are signed in, put into the database as they are: without a password, which is slow on purpose.

use formprogress::{
    access::{Reach, Role, Secret},
    clock::Moment,
    companies::CompanyId,
};

use super::{Backend, TestDatabase};

impl TestDatabase {
    /// Adds an account, `NAME@example.org`, and gives its number.
    pub fn add_account(&self, name: &str, role: Role, companies: &Reach<CompanyId>, now: Moment) -> i64 {
        let companies = companies.as_stored().map_or("NULL".to_owned(), |ids| format!("'{ids}'"));
        self.execute(&format!(
            "INSERT INTO accounts (email, role, companies, created_at, updated_at) \
             VALUES ('{name}@example.org', '{role}', {companies}, '{now}', '{now}')"
        ));
        self.number(&format!("SELECT id AS value FROM accounts WHERE email = '{name}@example.org'"))
    }

    /// Signs an account in, and gives what stands in the session's cookie.
    pub fn add_session(&self, account: i64, created_at: Moment, seen_at: Moment) -> String {
        let token = Secret::random("");
        let digest: String = token.digest().0.iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = match self.backend() {
            Backend::Sqlite => format!("x'{digest}'"),
            Backend::Postgres => format!("'\\x{digest}'"),
        };
        self.execute(&format!(
            "INSERT INTO sessions (token_digest, account_id, created_at, seen_at) \
             VALUES ({digest}, {account}, '{created_at}', '{seen_at}')"
        ));
        token.reveal().to_owned()
    }
}
