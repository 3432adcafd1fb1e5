//! Statements that SQLite should parse once, although Diesel would have it parse them each time.

use diesel::{
    backend::Backend,
    query_builder::{AstPass, QueryFragment, QueryId},
    query_dsl::RunQueryDsl,
    result::QueryResult,
    sqlite::SqliteConnection,
};

/// A statement whose text never changes, which Diesel keeps prepared for each connection.
///
/// Diesel does not keep updates, since the text of many depends on which values are there. One whose columns are all
/// given with `eq` (`None` is NULL) has a single text, and parsing it costs more than running it.
pub struct Prepared<Q>(pub Q);

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    // Known by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> RunQueryDsl<SqliteConnection> for Prepared<Q> {}
