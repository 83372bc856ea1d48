//! Tables that are left alone, and those that are no more.

use fenrir_schema::{Change, Identifier, Schema, Table, TableName, fold};

use super::Random;

/// The table of that name, whoever makes it.
pub(super) fn any<'a>(schema: &'a Schema, name: &TableName) -> Option<&'a Table> {
    schema.tables.get(name).or_else(|| schema.unmanaged.tables.get(name))
}

/// Whether a table that is left alone points at this one.
pub(super) fn points_at(schema: &Schema, name: &TableName) -> bool {
    let tables = schema.unmanaged.tables.values();
    tables.flat_map(|table| table.foreign_keys.values()).any(|key| key.references == *name)
}

/// Whether a table that is left alone holds an enum.
pub(super) fn holds(schema: &Schema, name: &Identifier) -> bool {
    let mut columns = schema.unmanaged.tables.values().flat_map(|table| &table.columns);
    columns.any(|column| column.sql_type.enum_name() == Some(name))
}

/// Lets a table go that is as it was, or takes one back.
pub(super) fn hand_over(schema: &mut Schema, random: &mut Random, first: Option<&Schema>) {
    let as_it_was = |table: &&Table| first.is_none_or(|first| any(first, &table.name) == Some(*table));
    let table = if random.once_in(2) {
        let tables: Vec<_> = schema.unmanaged.tables.values().cloned().collect();
        random.pick(&tables).cloned().map(|table| Change::AdoptTable { table })
    } else {
        let plain = |table: &&Table| table.options.mysql.engine.is_none();
        let tables: Vec<_> = schema.tables.values().filter(as_it_was).filter(plain).cloned().collect();
        random.pick(&tables).cloned().map(|table| Change::ReleaseTable { table })
    };
    if let Some(change) = table {
        fold(schema, &[change]).unwrap();
    }
    move_enums(schema);
}

/// An enum is left alone when only tables have it that are.
pub(super) fn move_enums(schema: &mut Schema) {
    let used = |schema: &Schema, name: &Identifier| {
        let mut columns = schema.tables.values().flat_map(|table| &table.columns);
        columns.any(|column| column.sql_type.enum_name() == Some(name))
    };
    for (name, definition) in schema.enums.clone() {
        if !used(schema, &name) {
            schema.enums.remove(&name);
            schema.unmanaged.enums.insert(name, definition);
        }
    }
    for (name, definition) in schema.unmanaged.enums.clone() {
        let is_used = used(schema, &name);
        if is_used {
            schema.enums.entry(name.clone()).or_insert(definition);
        }
        if is_used || !holds(schema, &name) {
            schema.unmanaged.enums.remove(&name);
        }
    }
}

/// What is left alone, apart from the rest again.
pub(super) fn apart(mut schema: Schema, unmanaged: &[TableName]) -> Schema {
    for name in unmanaged {
        let table = schema.tables.remove_entry(name);
        schema.unmanaged.tables.extend(table);
    }
    move_enums(&mut schema);
    schema
}
