//! PostgreSQL.

use diesel::QueryResult;
use fenrir_models::Connection;

use crate::database_url::Kind;

pub(crate) const BUILT_FOR: Kind = Kind::Postgres;

/// Nothing is to be set.
pub(crate) fn prepare(_: &mut Connection) -> QueryResult<()> {
    Ok(())
}
