//! What SQLite has one way of, for which there are several words.

use crate::table::IndexTarget;
use crate::{AutoIncrement, Collation, Deferral, Dialect, Identifier, IndexKey, SqlType, Table};

/// What texts are compared by of which nothing is said
/// (<https://www.sqlite.org/datatype3.html#collating_sequences>).
const BINARY: &str = "binary";

pub(super) fn normalize(table: &mut Table) {
    for column in &mut table.columns {
        column.collations.retain(|_, collation| !collation.name().as_str().eq_ignore_ascii_case(BINARY));
        column.collations.values_mut().for_each(|collation| *collation = collation.to_ascii_lowercase());
        if column.auto_increment.is_some() {
            column.auto_increment = Some(AutoIncrement::Identity);
            // Only what is declared so is generated.
            column.sql_type = SqlType::Integer;
        }
    }
    if table.options.sqlite.strict || table.options.sqlite.without_rowid {
        // <https://www.sqlite.org/withoutrowid.html#differences_from_ordinary_rowid_tables>
        let key = &table.primary_key.columns;
        table.columns.iter_mut().filter(|column| key.contains(&column.name)).for_each(|column| {
            column.nullable = false;
        });
    }
    // It is the number of the row, which is never NULL (<https://www.sqlite.org/lang_createtable.html#rowid>).
    if let [key] = table.primary_key.columns.as_slice() {
        let alias = table.columns.iter_mut().find(|column| column.name == *key);
        if let Some(alias) = alias.filter(|column| column.sql_type == SqlType::Integer) {
            alias.nullable = false;
        }
    }
    let Table { columns, indexes, .. } = table;
    for key in indexes.values_mut().flat_map(|index| &mut index.keys) {
        let of_column = |name: &Identifier| {
            let column = columns.iter().find(|column| column.name == *name)?;
            column.collations.get(&Dialect::Sqlite).map(Collation::name)
        };
        collate(key, of_column);
    }
    for key in table.foreign_keys.values_mut() {
        // SQLite knows no other time at which it could be asked for
        // (<https://www.sqlite.org/foreignkeys.html#fk_deferred>).
        if key.deferral == Deferral::Deferrable {
            key.deferral = Deferral::NotDeferrable;
        }
    }
}

/// A collation that the key has anyhow is none.
fn collate<'a>(key: &mut IndexKey, of_column: impl Fn(&Identifier) -> Option<&'a Identifier>) {
    let Some(collate) = key.collate.take() else { return };
    let collate = Identifier::generated([], &collate.as_str().to_ascii_lowercase());
    let anyhow = match &key.of {
        IndexTarget::Column(column) => of_column(column),
        IndexTarget::Expression(_) => None,
    };
    let anyhow = anyhow.map_or(BINARY, Identifier::as_str);
    key.collate = Some(collate).filter(|collate| collate.as_str() != anyhow);
}
