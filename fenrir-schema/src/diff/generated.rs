//! Generated columns that cannot stay while something else happens: they go before, with all that they are
//! in, and come again with what else differs.

use crate::table::IndexTarget;
use crate::{Change, Column, Expression, Identifier, Index, Schema, Table, TableName};

/// Whether a generated column is a plain one afterwards, and keeps its values; `renames` are those that it
/// comes to.
pub(super) fn is_kept(to: &Schema, table: &TableName, column: &Identifier, renames: &[Change]) -> bool {
    let mut name = column;
    for change in renames {
        match change {
            Change::RenameColumn { table: of, from, to } if of == table && from == name => name = to,
            _ => {}
        }
    }
    let after = to.tables.get(table).and_then(|table| table.column(name));
    after.is_some_and(|column| column.generated.is_none())
}

/// What drops a generated column, and before it the keys, checks and indexes that it is in.
pub(super) fn drop_with_all(schema: &Schema, table: &Table, column: &Column) -> Vec<Change> {
    let name = &column.name;
    let mut drops = Vec::new();
    for other in schema.tables.values() {
        for (key, definition) in &other.foreign_keys {
            let points = other.name == table.name && definition.columns.contains(name);
            let is_pointed_at =
                definition.references == table.name && definition.referenced_columns.contains(name);
            if points || is_pointed_at {
                let (table, name, definition) = (other.name.clone(), key.clone(), definition.clone());
                drops.push(Change::DropForeignKey { table, name, definition });
            }
        }
    }
    for (check, definition) in table.checks.iter().filter(|(_, check)| check.expression.mentions(name)) {
        let (table, name, definition) = (table.name.clone(), check.clone(), definition.clone());
        drops.push(Change::DropCheck { table, name, definition });
    }
    for (unique, definition) in table.uniques.iter().filter(|(_, unique)| unique.columns.contains(name)) {
        let (table, name, definition) = (table.name.clone(), unique.clone(), definition.clone());
        drops.push(Change::DropUnique { table, name, definition });
    }
    for (index, definition) in table.indexes.iter().filter(|(_, index)| index.has(name)) {
        let (table, name, definition) = (table.name.clone(), index.clone(), definition.clone());
        drops.push(Change::DropIndex { table, name, definition });
    }
    drops.push(Change::DropColumn { table: table.name.clone(), column: column.clone() });
    drops
}

/// The generated columns that are computed otherwise afterwards, and from columns that become others: in
/// between there is nothing that both could be computed from. And those that go, or are computed otherwise,
/// and are computed from what goes before the other columns do.
pub(super) fn entangled(from: &Schema, to: &Schema) -> Vec<Change> {
    let mut drops = Vec::new();
    for (a, b) in from.tables.iter().filter_map(|(name, a)| Some((a, to.tables.get(name)?))) {
        for column in &a.columns {
            let after = b.column(&column.name).map(|column| column.generated.as_ref());
            let Some(before) = column.generated.as_ref().filter(|before| after != Some(Some(before))) else {
                continue;
            };
            let is_in_the_way = |there: &Column| match b.column(&there.name) {
                Some(_) => matches!(after, Some(Some(_))) && is_another(from, to, &a.name, &there.name),
                None => after != Some(None) && goes_first(from, to, a, there),
            };
            let mut mentioned = a.columns.iter().filter(|there| before.expression.mentions(&there.name));
            if mentioned.any(is_in_the_way) {
                drops.extend(drop_with_all(from, a, column));
            }
        }
    }
    drops
}

/// Whether a column that goes does so with its key, or before its enum loses labels.
fn goes_first(from: &Schema, to: &Schema, table: &Table, column: &Column) -> bool {
    let labels = |schema: &Schema| schema.enums.get(column.sql_type.enum_name()?).cloned();
    table.primary_key.columns.contains(&column.name) || labels(from) != labels(to)
}

/// Whether a column has another type, other labels or another collation, or is generated otherwise.
pub(super) fn is_another(from: &Schema, to: &Schema, table: &TableName, name: &Identifier) -> bool {
    let of = |schema: &Schema| {
        let column = schema.tables.get(table)?.column(name)?;
        let labels = column.sql_type.enum_name().and_then(|name| schema.enums.get(name)).cloned();
        Some((column.sql_type.clone(), column.collations.clone(), column.generated.clone(), labels))
    };
    of(from) != of(to)
}

impl Index {
    /// Its expressions: of its keys, and of what rows it covers.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let keys = self.keys.iter().filter_map(|key| match &key.of {
            IndexTarget::Expression(expression) => Some(expression),
            IndexTarget::Column(_) => None,
        });
        keys.chain(&self.predicate)
    }

    /// Whether a column has a part in it.
    pub(crate) fn has(&self, column: &Identifier) -> bool {
        self.keys.iter().any(|key| key.of == IndexTarget::Column(column.clone()))
            || self.include.contains(column)
            || self.expressions().any(|expression| expression.mentions(column))
    }
}
