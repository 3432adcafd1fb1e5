//! Looking into a database behind the service's back.

use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types};
use formprogress::{db::Conn, on_backend};

use super::{Backend, TestDatabase};

/// Every table that holds what somebody sent.
pub const TABLES: [&str; 19] = [
    "companies",
    "surveys",
    "form_progress",
    "submissions",
    "answers",
    "ended_drafts",
    "idempotency_keys",
    "previous_states",
    "progress_events",
    "funnel_screens",
    "funnel_days",
    "rollup_state",
    "accounts",
    "password_links",
    "sessions",
    "api_keys",
    "audit_log",
    "installation",
    "readiness",
];

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = sql_types::BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = sql_types::Text)]
    value: String,
}

impl TestDatabase {
    /// Runs statements for which the service has no words, such as a correction by an operator.
    pub fn execute(&self, sql: &str) {
        let conn = &mut self.conn();
        on_backend!(conn => conn.batch_execute(sql)).expect("the statements run");
    }

    /// The rows of a table, counted.
    pub fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) AS value FROM {table}"))
    }

    /// The one number that a query calls `value`.
    pub fn number(&self, sql: &str) -> i64 {
        let conn = &mut self.conn();
        on_backend!(conn => sql_query(sql).get_result::<Number>(conn)).expect("the query gives a number").value
    }

    /// The texts that a query calls `value`.
    pub fn lines(&self, sql: &str) -> Vec<String> {
        lines(&mut self.conn(), sql)
    }

    /// All that is stored, as text: the same before and after means that nothing was changed.
    pub fn everything(&self) -> Vec<String> {
        TABLES.iter().filter(|table| **table != "readiness").flat_map(|table| self.rows_of(table)).collect()
    }

    fn rows_of(&self, table: &str) -> Vec<String> {
        let row = match self.backend() {
            // When a key was last used is noted when the writer comes to it.
            Backend::Postgres => format!("(to_jsonb({table}) - 'used_at')::text"),
            // Blobs are no JSON, and neither is what some tests keep in a text: SQLite's own quotes are.
            Backend::Sqlite => self
                .lines(&format!(
                    "SELECT 'quote(' || name || ')' AS value FROM pragma_table_xinfo('{table}') WHERE name <> 'used_at'"
                ))
                .join(" || ',' || "),
        };
        self.lines(&format!("SELECT {row} AS value FROM {table} ORDER BY value"))
    }
}

/// The texts that a query calls `value`, on a connection that the test holds.
pub fn lines(conn: &mut Conn, sql: &str) -> Vec<String> {
    let lines = on_backend!(conn => sql_query(sql).get_results::<Line>(conn)).expect("the query gives texts");
    lines.into_iter().map(|line| line.value).collect()
}
