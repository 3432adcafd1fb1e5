//! A database for each test: a file of its own, or a copy of a migrated PostgreSQL template.

use diesel::connection::SimpleConnection;
use formprogress::{
    clock::Moment,
    companies::{
        self, CompanyId, GuestCode,
        store::{Changed, NewCompany},
    },
    db::{self, Conn, DatabaseUrl},
    http::Parameter,
    on_backend,
    surveys::{self, Status, SurveyId, file::SurveyFile},
};
use tempfile::TempDir;

use super::postgres::PostgresDatabase;

/// Which of the two databases a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A migrated database that goes when its test is over, however that ends.
pub struct TestDatabase {
    url: DatabaseUrl,
    text: String,
    _kept: Kept,
}

/// What has to live as long as the database, and takes it away.
#[expect(dead_code, reason = "held for what happens when it is dropped")]
enum Kept {
    Folder(TempDir),
    Server(PostgresDatabase),
}

/// A survey in the shape of the public front end: question 10 with the options 100 and 101, question "q2" with "yes".
pub const SURVEY: &str = r#"{"name":"Commuting","instructions":"Two screens.","definition":{"question_groups":[
    {"id":1,"name":"Your way","details":"","modifiers":{},"questions":[
        {"id":10,"text":"How?","details":"","options":[{"id":100,"text":"On foot"},{"id":101,"text":"By train"}]},
        {"id":"q2","text":"Always?","details":"","options":[{"id":"yes","text":"Yes"}]}]}]}}"#;

impl TestDatabase {
    /// A migrated database, or None when this machine has no PostgreSQL (which is then said loudly).
    pub fn new(backend: Backend) -> Option<Self> {
        let database = Self::unmigrated(backend)?;
        if backend == Backend::Sqlite {
            db::apply(&mut database.conn()).expect("the migrations apply");
        }
        Some(database)
    }

    /// For tests of the first start: SQLite's file does not exist yet. PostgreSQL's is always migrated.
    pub fn unmigrated(backend: Backend) -> Option<Self> {
        let (text, kept) = match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                (format!("sqlite:{}", folder.path().join("test.sqlite").display()), Kept::Folder(folder))
            }
            Backend::Postgres => {
                let database = PostgresDatabase::from_template()?;
                (database.url(), Kept::Server(database))
            }
        };
        Some(Self { url: text.parse().expect("the address of a database"), text, _kept: kept })
    }

    /// Where it is, as an operator would write it in `DATABASE_URL`.
    pub fn url(&self) -> &str {
        &self.text
    }

    pub fn backend(&self) -> Backend {
        match self.url {
            DatabaseUrl::Sqlite(_) => Backend::Sqlite,
            DatabaseUrl::Postgres(_) => Backend::Postgres,
        }
    }

    /// A connection of the test's own.
    pub fn conn(&self) -> Conn {
        Conn::open(&self.url).expect("the test's database answers")
    }

    /// Adds a survey as its file would be imported.
    pub fn add_survey(&self, file: &str) -> SurveyId {
        let file = SurveyFile::parse(file).expect("a survey file");
        let imported = db::write(&mut self.conn(), |conn| surveys::store::import(conn, &file, Moment::now()));
        match imported.expect("the survey is imported") {
            surveys::store::Imported::Created(id) | surveys::store::Imported::Replaced(id) => id,
        }
    }

    pub fn set_status(&self, survey_id: SurveyId, status: Status) {
        let set =
            db::write(&mut self.conn(), |conn| surveys::store::set_status(conn, survey_id, status, Moment::now()));
        assert!(set.expect("the status is set"), "there is no survey {survey_id}");
    }

    pub fn add_company(&self, name: &str, guest_code: &str) -> CompanyId {
        let key = GuestCode::parse(guest_code).expect("a guest code");
        let company = NewCompany { name, details: "Welcome.", guest_code, key: &key };
        db::write(&mut self.conn(), |conn| companies::store::add(conn, &company, Moment::now()))
            .expect("the company is stored")
            .expect("its code is free")
    }

    /// Keeps everybody from writing drafts, in this process and others, until what it gives is dropped. They wait for
    /// it as they would for a slow disk.
    pub fn hold_up_writes(&self) -> impl Drop + Send {
        struct Held(Conn);
        impl Drop for Held {
            fn drop(&mut self) {
                let Self(conn) = self;
                drop(on_backend!(conn => conn.batch_execute("COMMIT")));
            }
        }
        let mut conn = self.conn();
        {
            let conn = &mut conn;
            match conn {
                Conn::Sqlite(conn) => conn.batch_execute("BEGIN IMMEDIATE"),
                Conn::Postgres(conn) => conn.batch_execute("BEGIN; LOCK TABLE form_progress IN SHARE MODE"),
            }
            .expect("the lock is free");
        }
        Held(conn)
    }

    /// Switches a company's guest code off.
    pub fn deactivate(&self, company: CompanyId) {
        let off = companies::Change { is_active: Some(false), ..Default::default() };
        let changed = db::write(&mut self.conn(), |conn| companies::store::change(conn, company, &off, Moment::now()));
        assert!(matches!(changed.expect("the change is stored"), Changed::Done(_)), "there is no company {company:?}");
    }
}
