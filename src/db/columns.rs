//! Statements over many rows on PostgreSQL: one array for each column, so that the text is the same for any number.

use diesel::{
    pg::{Pg, PgConnection},
    query_builder::{AstPass, QueryFragment, QueryId},
    query_dsl::RunQueryDsl,
    result::QueryResult,
};

/// `before`, the columns (a tuple of bound arrays, which become `$1, $2, …`), `after`.
///
/// Diesel cannot say `unnest`; its batch insert makes, parses and plans a new text for each number of rows; and its
/// `sql_query` is never prepared. This is prepared once for each connection.
pub struct OverColumns<C> {
    /// The text up to the columns.
    pub before: &'static str,
    /// The columns.
    pub columns: C,
    /// The text after them.
    pub after: &'static str,
}

impl<C: QueryFragment<Pg>> QueryFragment<Pg> for OverColumns<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.before);
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(self.after);
        Ok(())
    }
}

impl<C> QueryId for OverColumns<C> {
    type QueryId = ();
    // Two statements may have columns of the same types: the text tells them apart.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<PgConnection> for OverColumns<C> {}
