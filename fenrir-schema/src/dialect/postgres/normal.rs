//! What PostgreSQL has one way of, for which there are several words.

use crate::table::IndexTarget;
use crate::{Column, Dialect, Index, NullsOrder, Table};

pub(super) fn normalize(table: &mut Table) {
    for column in &mut table.columns {
        // A column of the primary key is NOT NULL, whatever is said of it.
        column.nullable &= !table.primary_key.columns.contains(&column.name);
        // The default one is none (<https://www.postgresql.org/docs/current/collation.html>).
        column.collations.retain(|_, collation| collation.name().as_str() != "default");
        for collation in column.collations.values_mut() {
            if collation.schema().is_some_and(|schema| schema.as_str() == "pg_catalog") {
                *collation = collation.without_schema();
            }
        }
    }
    table.indexes.values_mut().for_each(|of| index(of, &table.columns));
}

/// What an index is when nothing is said of it
/// (<https://www.postgresql.org/docs/current/indexes-ordering.html>).
fn index(index: &mut Index, columns: &[Column]) {
    index.nulls_not_distinct &= index.unique;
    if index.method.as_ref().is_some_and(|method| method.as_str() == "btree") {
        index.method = None;
    }
    for key in &mut index.keys {
        let default = if key.descending { NullsOrder::First } else { NullsOrder::Last };
        key.nulls = key.nulls.filter(|nulls| *nulls != default);
        let IndexTarget::Column(name) = &key.of else { continue };
        let column = columns.iter().find(|column| column.name == *name);
        let own = column.and_then(|column| column.collations.get(&Dialect::Postgres));
        let is_own = |collate: &crate::Identifier| match own {
            Some(own) => own.schema().is_none() && own.name() == collate,
            None => collate.as_str() == "default",
        };
        key.collate = key.collate.take().filter(|collate| !is_own(collate));
    }
}
