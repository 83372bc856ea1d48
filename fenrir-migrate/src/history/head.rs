//! What tells at one look that a database has all migrations, as they are, and no others.
//!
//! The one row of its table has the hash of all that are applied, where they are as they were known to whoever applied
//! the last of them, and nothing where that is not certain, or one of them is half done. Asked of little else, it costs
//! a new connection as little as can be.

use fenrir_schema::Dialect;
use fenrir_schema::migration::Head;

use super::{HEAD_TABLE, run_last};
use crate::Error;
use crate::database::Database;

/// Whether a database has all migrations, and nothing else. What is not certain is not so. Fails where the tables are not
/// there, or are those of an older version. `is_kept` says that the query may be kept prepared.
pub(crate) fn is_at(database: &mut dyn Database, head: &Head, is_kept: bool) -> diesel::QueryResult<bool> {
    let (hint, versions) = database.versions();
    // The answer has in it what was asked: behind a pool, a query that is kept may be another client's. Compared here, since
    // to compare costs a server that has not done so before more than all the rest.
    let asked = database.dialect().literal(&head.chain);
    let sql = format!("SELECT {hint}({versions}), (SELECT chain_hash FROM {HEAD_TABLE}), {asked}");
    let sql = database.at_home(&sql).into_owned();
    let rows = if is_kept { database.kept_rows(&sql)? } else { database.rows(&sql, &[])? };
    Ok(match rows.first().map(Vec::as_slice) {
        Some([Some(versions), Some(chain), Some(asked)]) => {
            *chain == head.chain && *asked == head.chain && head.is_of(versions)
        }
        _ => false,
    })
}

/// Says which hash it is.
pub(crate) fn set_head(database: &mut dyn Database, chain: &str) -> Result<(), Error> {
    let sql = set_sql(Some(chain), database.dialect());
    run_last(database, &sql).map_err(Error::database("recording that all is as it should be"))
}

/// The statement that says which hash it is, if it is certain.
pub(super) fn set_sql(chain: Option<&str>, dialect: Dialect) -> String {
    let chain = chain.map_or_else(|| "NULL".to_owned(), |chain| dialect.literal(chain));
    format!("UPDATE {HEAD_TABLE} SET chain_hash = {chain} WHERE id = 1;\n")
}
