//! What collations cannot be in MySQL and MariaDB.

use super::super::options;
use crate::dialect::{Dialect, Lack, Part};
use crate::{Collation, Identifier, Schema, Table};

/// A table is in one character set, which each column of it has, and so is each collation
/// (<https://dev.mysql.com/doc/refman/8.0/en/charset-column.html>).
pub(super) fn lacks(table: &Table, schema: &Schema) -> Vec<Lack> {
    let mut lacks = Vec::new();
    for column in &table.columns {
        let Some(collation) = column.collations.get(&Dialect::Mysql) else { continue };
        let charset = options::charset(&table.options.mysql);
        if collation.schema().is_some() || !options::is_of(collation.name().as_str(), charset) {
            let message = format!(
                "this table is in {charset} in MySQL/MariaDB, which has no collation `{collation}`: there are \
                 `{charset}_bin` and others whose names begin so"
            );
            lacks.push(Lack { part: Part::Collation(column.name.clone()), message });
        }
    }
    for (name, key) in &table.foreign_keys {
        let target =
            if key.references == table.name { Some(table) } else { schema.tables.get(&key.references) };
        let Some(target) = target else { continue };
        for (own, other) in key.columns.iter().zip(&key.referenced_columns) {
            if collation_of(table, own) != collation_of(target, other) {
                let message = format!(
                    "to MySQL/MariaDB both ends of a foreign key have one collation, and `{own}` has another than \
                     `{}.{other}`",
                    target.name
                );
                lacks.push(Lack { part: Part::Named(name.clone()), message });
            }
        }
    }
    lacks
}

fn collation_of<'a>(table: &'a Table, column: &Identifier) -> Option<&'a Collation> {
    table.column(column)?.collations.get(&Dialect::Mysql)
}
