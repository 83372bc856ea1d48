//! What generated columns cannot be in MySQL and MariaDB.

use crate::dialect::{Lack, Part};
use crate::{Column, GeneratedKind, ReferentialAction, Schema, Table};

pub(super) fn lacks(table: &Table, schema: &Schema) -> Vec<Lack> {
    let mut lacks = Vec::new();
    for column in &table.columns {
        let Some(generated) = &column.generated else { continue };
        let mut lack = |part: Part, message: String| lacks.push(Lack { part, message });
        if !column.nullable {
            // <https://mariadb.com/kb/en/generated-columns/>
            let message = "MariaDB takes no NOT NULL for a generated column: make it an `Option`";
            lack(Part::Column(column.name.clone()), message.to_owned());
        }
        let is_virtual = generated.kind == GeneratedKind::Virtual;
        if is_virtual && is_in_a_key(column, table, schema) {
            let message = "MySQL has no foreign keys of virtual columns, nor to them: write `stored`";
            lack(Part::GeneratedKind(column.name.clone()), message.to_owned());
        }
        let mentioned = table.columns.iter().filter(|other| generated.expression.mentions(&other.name));
        for other in mentioned {
            let part = || Part::Generated(column.name.clone());
            if other.auto_increment.is_some() {
                let message = format!(
                    "MySQL/MariaDB generates no column from one that it counts itself, as `{}` is",
                    other.name
                );
                lack(part(), message);
            }
            if !is_virtual && is_moved(other, table) {
                let message = format!(
                    "MySQL/MariaDB stores nothing that is generated from a column that a foreign key's \
                     `set_null`, or `on_update`, can change, as `{}` is: write `virtual`",
                    other.name
                );
                lack(part(), message);
            }
        }
    }
    lacks
}

fn is_in_a_key(column: &Column, table: &Table, schema: &Schema) -> bool {
    let points = table.foreign_keys.values().any(|key| key.columns.contains(&column.name));
    let mut others = schema.tables.values().flat_map(|other| other.foreign_keys.values());
    points || others.any(|key| key.references == table.name && key.referenced_columns.contains(&column.name))
}

/// <https://dev.mysql.com/doc/refman/8.0/en/create-table-foreign-keys.html>
fn is_moved(column: &Column, table: &Table) -> bool {
    use ReferentialAction::{Cascade, SetNull};
    table.foreign_keys.values().any(|key| {
        key.columns.contains(&column.name)
            && (key.on_delete == SetNull || matches!(key.on_update, SetNull | Cascade))
    })
}
