//! A query that a connection keeps prepared.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Nullable, Text};

/// A query of three texts, which Diesel keeps prepared for its text, unless it is told to keep none.
pub(super) struct KeptQuery<'a>(pub(super) &'a str);

impl<DB: Backend> QueryFragment<DB> for KeptQuery<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl QueryId for KeptQuery<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for KeptQuery<'_> {
    type SqlType = (Nullable<Text>, Nullable<Text>, Nullable<Text>);
}
