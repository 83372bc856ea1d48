//! What of indexes, constraints and tables only some databases have.

use fenrir_schema::{
    Deferral, Dialect, Dialects, Index, IndexKey, IndexTarget, OptionWord, Schema, SqlType, Table,
    TableOptions,
};

use super::{Random, any_table, name};

/// Everywhere, most of the time.
pub(super) fn dialects(random: &mut Random) -> Dialects {
    if !random.once_in(4) {
        return Dialects::default();
    }
    Dialects::only(Dialect::ALL.into_iter().filter(|_| random.once_in(2)))
}

pub(super) fn deferral(random: &mut Random) -> Deferral {
    match random.below(8) {
        0 => Deferral::Deferrable,
        1 => Deferral::InitiallyDeferred,
        _ => Deferral::NotDeferrable,
    }
}

/// Other options of a table.
pub(super) fn set_options(schema: &mut Schema, random: &mut Random) {
    let Some(table) = any_table(schema, random) else { return };
    let mut options = TableOptions::default();
    options.sqlite.strict = random.once_in(2);
    options.sqlite.without_rowid = random.once_in(2);
    let mut word = |words: &[&str]| random.pick(words).and_then(|word| OptionWord::new(word).ok());
    options.mysql.engine = word(&["", "aria", "myisam"]);
    (options.mysql.charset, options.mysql.collate) = match word(&["", "latin1", "latin1_bin", "utf8mb4_bin"])
    {
        Some(word) if word.as_str() == "latin1_bin" => (OptionWord::new("latin1").ok(), Some(word)),
        Some(word) if word.as_str() == "utf8mb4_bin" => (None, Some(word)),
        other => (other, None),
    };
    table.options = options;
}

/// Another set of databases for something that is there.
pub(super) fn move_part(schema: &mut Schema, random: &mut Random) {
    let dialects = dialects(random);
    let Some(table) = any_table(schema, random) else { return };
    let place = match random.below(4) {
        0 => table.indexes.values_mut().next().map(|index| &mut index.dialects),
        1 => table.uniques.values_mut().next().map(|unique| &mut unique.dialects),
        2 => table.checks.values_mut().next().map(|check| &mut check.dialects),
        _ => table.foreign_keys.values_mut().next().map(|key| &mut key.dialects),
    };
    if let Some(place) = place {
        *place = dialects;
    }
}

/// An operator class or a collation of a text, and what is the same under a unique index.
pub(super) fn decorate(table: &Table, index: &mut Index, random: &mut Random) {
    index.dialects = dialects(random);
    let is_text = |of: &IndexTarget| match of {
        IndexTarget::Column(column) => table.column(column).is_some_and(|column| {
            matches!(column.sql_type, SqlType::Text | SqlType::VarChar { max_length: Some(96 | 300) })
        }),
        IndexTarget::Expression(_) => false,
    };
    for key in index.keys.iter_mut().filter(|key| is_text(&key.of)) {
        key.opclass = random.once_in(2).then(|| name("text_pattern_ops"));
        key.collate = random.once_in(2).then(|| name("C"));
    }
    if random.once_in(3) {
        index.unique = true;
        index.predicate = None;
        index.nulls_not_distinct = random.once_in(2);
        let id = IndexTarget::Column(name("id"));
        if index.keys.iter().all(|key| key.of != id) {
            index.keys.push(IndexKey::new(id));
        }
    }
}

/// A schema as models for that dialect could have it.
pub(super) fn held_by(schema: &mut Schema, dialect: Dialect) {
    for table in schema.tables.values_mut() {
        let is_generated = table.columns.iter().any(|column| column.auto_increment.is_some());
        let is_custom = table.columns.iter().any(|column| matches!(column.sql_type, SqlType::Custom { .. }));
        table.options.sqlite.without_rowid &= !is_generated;
        table.options.sqlite.strict &= !is_custom;
        let texts: Vec<_> = table
            .columns
            .iter()
            .filter(|column| column.sql_type.is_text())
            .map(|column| column.name.clone())
            .collect();
        for key in table.indexes.values_mut().flat_map(|index| &mut index.keys) {
            // A column may have become something else.
            let of_text = matches!(&key.of, IndexTarget::Column(column) if texts.contains(column));
            key.collate = key.collate.take().filter(|_| of_text);
            key.opclass = key.opclass.take().filter(|_| of_text);
        }
        if dialect == Dialect::Postgres {
            continue;
        }
        for unique in table.uniques.values_mut() {
            unique.nulls_not_distinct = false;
            unique.deferral = Deferral::NotDeferrable;
        }
        for index in table.indexes.values_mut() {
            index.nulls_not_distinct = false;
            for key in &mut index.keys {
                key.opclass = None;
                key.collate =
                    key.collate.take().filter(|_| dialect == Dialect::Sqlite).map(|_| name("NOCASE"));
            }
        }
    }
    if dialect == Dialect::Mysql {
        keep_engines(schema);
    }
}

/// Those of tables that have nothing which needs InnoDB.
fn keep_engines(schema: &mut Schema) {
    let keys = schema.tables.values().flat_map(|table| table.foreign_keys.values());
    let pointed: Vec<_> = keys.map(|key| key.references.clone()).collect();
    let now = schema.clone();
    for table in schema.tables.values_mut() {
        let lacks = !Dialect::Mysql.lacks(table, &now.of(Dialect::Mysql)).is_empty();
        if lacks || !table.foreign_keys.is_empty() || pointed.contains(&table.name) {
            table.options.mysql.engine = None;
        }
    }
}
