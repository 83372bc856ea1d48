//! Edits of a schema that rows are in already: other names, types, labels and keys.

use std::collections::BTreeMap;

use fenrir_schema::{
    AutoIncrement, Change, Column, ConstraintKind, Conversion, DefaultValue, Identifier, Renames, Schema,
    SqlType, TableName, fold,
};

use super::unmanaged;
use super::{Random, any_table, computed, default, free_column, is_comparable, name, place};

pub(super) fn apply(schema: &mut Schema, random: &mut Random, first: &Schema, renames: &mut Renames) {
    match random.below(15) {
        0 => rename_table(schema, random, first, renames),
        1..=3 => rename_column(schema, random, first, renames),
        4 => rename_part(schema, random),
        5 | 6 => retype(schema, random),
        7 => widen_key(schema, random),
        8 | 9 => relabel(schema, random, first, renames),
        10 => generate(schema, random),
        11 | 12 => computed::change(schema, random),
        13 => computed::collate(schema, random),
        _ => change_key(schema, random),
    }
}

/// Leaves out what went after it was renamed, and makes each default one of its enum's labels.
pub(super) fn settle(renames: &mut Renames, first: &Schema, schema: &mut Schema) {
    for column in schema.tables.values_mut().flat_map(|table| &mut table.columns) {
        if let (SqlType::Enum(of), Some(DefaultValue::Text(label))) = (&column.sql_type, &mut column.default)
        {
            let labels = &schema.enums[of].labels;
            if !labels.contains(label) {
                label.clone_from(&labels[0]);
            }
        }
    }
    renames
        .tables
        .retain(|new, old| new != old && schema.tables.contains_key(new) && first.tables.contains_key(old));
    let tables = renames.tables.clone();
    renames.columns.retain(|(table, new), old| {
        let is_there = schema.tables.get(table).is_some_and(|table| table.column(new).is_some());
        let was_there =
            first.tables.get(old_name(&tables, table)).is_some_and(|table| table.column(old).is_some());
        new != old && is_there && was_there
    });
    renames
        .enums
        .retain(|new, old| new != old && schema.enums.contains_key(new) && first.enums.contains_key(old));
    let enums = renames.enums.clone();
    renames.labels.retain(|(of, new), old| {
        let is_there = schema.enums.get(of).is_some_and(|definition| definition.labels.contains(new));
        let before = first.enums.get(old_name(&enums, of));
        new != old && is_there && before.is_some_and(|definition| definition.labels.contains(old))
    });
    // What stands in for NULL in one type need not be a value of the other.
    let now = schema.clone();
    for table in schema.tables.values_mut() {
        let Some(before) = unmanaged::any(first, old_name(&tables, &table.name)) else { continue };
        for column in &mut table.columns {
            let old = renames.columns.get(&(table.name.clone(), column.name.clone()));
            let before = before.column(old.unwrap_or(&column.name));
            if column.generated.is_some() {
                continue;
            }
            // One that was generated in between may be of a type that the first's values are not taken to.
            if let Some(before) = before.filter(|before| !keeps(&before.sql_type, &column.sql_type)) {
                (column.sql_type, column.default) = (before.sql_type.clone(), None);
            }
            let labels = |schema: &Schema, column: &Column| {
                column.sql_type.enum_name().and_then(|name| schema.enums.get(name)).cloned()
            };
            column.nullable |= before.is_some_and(|old| {
                let same = old.sql_type == column.sql_type && labels(first, old) == labels(&now, column);
                old.nullable && !same
            });
        }
        // No column of a key holds NULL.
        let key = &table.primary_key.columns;
        let holds_null = |column: &Column| column.nullable && key.contains(&column.name);
        if table.columns.iter().any(holds_null) {
            table.primary_key.columns = vec![name("id")];
        }
    }
}

fn old_name<'a, N: Ord>(renames: &'a BTreeMap<N, N>, new: &'a N) -> &'a N {
    renames.get(new).unwrap_or(new)
}

fn keeps(from: &SqlType, to: &SqlType) -> bool {
    from.enum_name().is_some() || Conversion::between(from, to) == Conversion::Keeps
}

fn make(schema: &mut Schema, change: Change) {
    fold(schema, &[change]).unwrap();
}

fn fresh(random: &mut Random) -> Identifier {
    name(&format!("moved_{}", random.below(1_000_000)))
}

/// A table that was there under some name.
fn old_tables(schema: &Schema, first: &Schema, renames: &Renames) -> Vec<TableName> {
    let is_old = |name: &&TableName| renames.tables.contains_key(*name) || first.tables.contains_key(*name);
    schema.tables.keys().filter(is_old).cloned().collect()
}

fn rename_table(schema: &mut Schema, random: &mut Random, first: &Schema, renames: &mut Renames) {
    let tables = old_tables(schema, first, renames);
    let (Some(a), Some(b)) = (random.pick(&tables).cloned(), random.pick(&tables).cloned()) else { return };
    // Into another schema as well, or only there.
    let place = place(random);
    let new = if random.once_in(3) { a.name.clone() } else { fresh(random) };
    let aside = TableName { schema: place, name: new };
    let taken = |there: &TableName| there.name == aside.name && *there != a;
    if aside == a || schema.tables.keys().chain(first.tables.keys()).any(taken) {
        return;
    }
    let mut rename = |from: &TableName, to: &TableName| {
        make(schema, Change::RenameTable { from: from.clone(), to: to.clone() });
        let old = renames.tables.remove(from).unwrap_or_else(|| from.clone());
        renames.tables.insert(to.clone(), old);
        let columns = std::mem::take(&mut renames.columns);
        renames.columns = columns
            .into_iter()
            .map(|((table, new), old)| ((if table == *from { to.clone() } else { table }, new), old))
            .collect();
    };
    rename(&a, &aside);
    if a != b && random.once_in(3) {
        // The two change their names.
        rename(&b, &a);
        rename(&aside, &b);
    }
}

fn rename_column(schema: &mut Schema, random: &mut Random, first: &Schema, renames: &mut Renames) {
    let tables = old_tables(schema, first, renames);
    let Some(table) = random.pick(&tables).cloned() else { return };
    let before = &first.tables[renames.tables.get(&table).unwrap_or(&table)];
    let columns: Vec<_> = schema.tables[&table]
        .columns
        .iter()
        .map(|column| column.name.clone())
        .filter(|column| column.as_str() != "id")
        .filter(|column| {
            renames.columns.contains_key(&(table.clone(), column.clone())) || before.column(column).is_some()
        })
        .collect();
    let (Some(a), Some(b)) = (random.pick(&columns).cloned(), random.pick(&columns).cloned()) else { return };
    let aside = fresh(random);
    let mut rename = |from: &Identifier, to: &Identifier| {
        let change = Change::RenameColumn { table: table.clone(), from: from.clone(), to: to.clone() };
        let done = fold(schema, &[change]).is_ok();
        if done {
            let old = renames.columns.remove(&(table.clone(), from.clone())).unwrap_or_else(|| from.clone());
            renames.columns.insert((table.clone(), to.clone()), old);
        }
        done
    };
    if rename(&a, &aside) && a != b && random.once_in(3) && rename(&b, &a) {
        rename(&aside, &b);
    }
}

fn rename_part(schema: &mut Schema, random: &mut Random) {
    let to = fresh(random);
    let Some(table) = any_table(schema, random) else { return };
    let name = table.name.clone();
    let first = match random.below(4) {
        0 => table.indexes.keys().next().map(|from| (None, from)),
        1 => table.uniques.keys().next().map(|from| (Some(ConstraintKind::Unique), from)),
        2 => table.checks.keys().next().map(|from| (Some(ConstraintKind::Check), from)),
        _ => table.foreign_keys.keys().next().map(|from| (Some(ConstraintKind::ForeignKey), from)),
    };
    let Some((kind, from)) = first.map(|(kind, from)| (kind, from.clone())) else {
        table.primary_key.name = to;
        return;
    };
    let change = match kind {
        None => Change::RenameIndex { table: name, from, to },
        Some(kind) => Change::RenameConstraint { table: name, kind, from, to },
    };
    make(schema, change);
}

/// To a type that keeps every value.
fn retype(schema: &mut Schema, random: &mut Random) {
    let Some(table) = any_table(schema, random) else { return };
    let Some(column) = free_column(table, random) else { return };
    let to = match &column.sql_type {
        SqlType::Integer if column.generated.is_some() => SqlType::BigInt,
        SqlType::VarChar { max_length: Some(96) } if column.generated.is_some() => SqlType::Text,
        _ if column.generated.is_some() => return,
        SqlType::SmallInt if random.once_in(2) => SqlType::Integer,
        SqlType::SmallInt => SqlType::Float,
        SqlType::Integer if random.once_in(3) => SqlType::Double,
        SqlType::Integer if random.once_in(2) => SqlType::Numeric { precision: Some(12), scale: Some(1) },
        SqlType::Integer => SqlType::BigInt,
        SqlType::BigInt => SqlType::VarChar { max_length: Some(20) },
        SqlType::Float => SqlType::Double,
        SqlType::Numeric { precision: Some(10), .. } => {
            SqlType::Numeric { precision: Some(14), scale: Some(4) }
        }
        SqlType::VarChar { max_length: Some(96) } if random.once_in(2) => SqlType::Text,
        SqlType::VarChar { max_length: Some(96) } => SqlType::VarChar { max_length: Some(300) },
        SqlType::Date if random.once_in(2) => SqlType::Timestamp,
        SqlType::Date => SqlType::VarChar { max_length: Some(30) },
        SqlType::Jsonb => SqlType::Json,
        SqlType::Enum(_) => SqlType::Text,
        _ => return,
    };
    column.default = if random.once_in(2) { default(random, &to) } else { None };
    column.sql_type = to;
}

/// A key with what points at it.
fn widen_key(schema: &mut Schema, random: &mut Random) {
    let Some(table) = any_table(schema, random) else { return };
    let target = table.name.clone();
    if unmanaged::points_at(schema, &target) {
        return;
    }
    let Some(table) = schema.tables.get_mut(&target) else { return };
    let widen = |column: &mut Column| column.sql_type = SqlType::BigInt;
    table.columns.iter_mut().filter(|column| column.name.as_str() == "id").for_each(widen);
    for table in schema.tables.values_mut() {
        let keys = table.foreign_keys.values().filter(|key| key.references == target);
        let pointing: Vec<_> = keys.flat_map(|key| key.columns.clone()).collect();
        table.columns.iter_mut().filter(|column| pointing.contains(&column.name)).for_each(widen);
    }
}

/// Labels that are added, renamed, moved, and dropped where no row has them; or another name.
fn relabel(schema: &mut Schema, random: &mut Random, first: &Schema, renames: &mut Renames) {
    let enums: Vec<_> = schema.enums.keys().cloned().collect();
    let Some(of) = random.pick(&enums).cloned() else { return };
    if unmanaged::holds(schema, &of) || first.unmanaged.enums.contains_key(&of) {
        return;
    }
    let from = schema.enums[&of].clone();
    let mut to = from.clone();
    let mut renamed = BTreeMap::new();
    let at = random.below(to.labels.len());
    match random.below(5) {
        0 => {
            let label = format!("new {}", random.below(1000));
            if !to.labels.contains(&label) {
                to.labels.insert(at, label);
            }
        }
        1 => {
            let label = format!("renamed {}", random.below(1000));
            let old = to.labels[at].clone();
            if to.labels.contains(&label) || old.starts_with("new") {
                return;
            }
            to.labels[at].clone_from(&label);
            let first = renames.labels.remove(&(of.clone(), old.clone())).unwrap_or_else(|| old.clone());
            renames.labels.insert((of.clone(), label.clone()), first);
            renamed.insert(old, label);
        }
        2 => to.labels.retain(|label| label != "unused" && !label.starts_with("new")),
        3 => to.labels.rotate_left(at),
        _ => {
            let new = fresh(random);
            make(schema, Change::RenameEnum { from: of.clone(), to: new.clone() });
            let old = renames.enums.remove(&of).unwrap_or_else(|| of.clone());
            renames.enums.insert(new.clone(), old);
            let labels = std::mem::take(&mut renames.labels);
            let follow = |name: Identifier| if name == of { new.clone() } else { name };
            renames.labels =
                labels.into_iter().map(|((name, label), old)| ((follow(name), label), old)).collect();
            return;
        }
    }
    make(schema, Change::AlterEnum { name: of, from, to, renamed });
}

/// Whether keys are generated, and how.
fn generate(schema: &mut Schema, random: &mut Random) {
    let kinds = [
        None,
        Some(AutoIncrement::Identity),
        Some(AutoIncrement::IdentityAlways),
        Some(AutoIncrement::Serial),
    ];
    let Some(table) = any_table(schema, random) else { return };
    if table.primary_key.columns.len() == 1 {
        let kind = *random.pick(&kinds).unwrap();
        table.columns.iter_mut().filter(|column| column.name.as_str() == "id").for_each(|column| {
            column.auto_increment = kind;
        });
    }
}

/// A key of two columns, or of one again, where nothing points at it.
fn change_key(schema: &mut Schema, random: &mut Random) {
    let all = schema.tables.values().chain(schema.unmanaged.tables.values());
    let pointed: Vec<_> =
        all.flat_map(|table| table.foreign_keys.values().map(|key| key.references.clone())).collect();
    let Some(table) = any_table(schema, random) else { return };
    let generated = table.columns.iter().any(|column| column.auto_increment.is_some());
    if pointed.contains(&table.name) || generated {
        return;
    }
    let is_long =
        |column: &Column| matches!(column.sql_type, SqlType::Text | SqlType::Binary | SqlType::Citext);
    let fits = |column: &&Column| {
        !column.nullable
            && column.generated.is_none()
            && is_comparable(column)
            && !is_long(column)
            && column.name.as_str() != "id"
    };
    let columns: Vec<_> = table.columns.iter().filter(fits).map(|column| column.name.clone()).collect();
    table.primary_key.columns = match random.pick(&columns) {
        Some(column) if table.primary_key.columns.len() == 1 => vec![column.clone(), name("id")],
        _ => vec![name("id")],
    };
    // The models would be told that the key is unique already.
    let key = table.primary_key.columns.clone();
    table.uniques.retain(|_, unique| unique.columns != key);
}
