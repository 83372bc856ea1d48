//! PostgreSQL.

use diesel::QueryResult;
use fenrir_migrate::Dialect;
use fenrir_models::Connection;

pub(crate) const BUILT_FOR: Dialect = Dialect::Postgres;

/// Nothing is to be set.
pub(crate) fn prepare(_: &mut Connection) -> QueryResult<()> {
    Ok(())
}
