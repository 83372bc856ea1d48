//! Edits of what columns are generated from, and of their collations.

use std::collections::BTreeMap;

use fenrir_schema::{
    Collation, Column, Dialect, Expression, Generated, GeneratedKind, Identifier, Schema, SqlType, Table,
};

use super::{Before, Random, any_table, free_column, name, was_there};

/// Names that need no quotes in any database.
const BASES: &[&str] = &["c1", "c2", "c3", "c4", "name"];
const NAMES: &[&str] = &["total", "g1", "g2", "Weird g"];

pub(super) fn add(schema: &mut Schema, random: &mut Random, before: Before<'_>) {
    let Some(&text) = random.pick(NAMES) else { return };
    let Some(table) = any_table(schema, random) else { return };
    let column_name = name(text);
    if table.column(&column_name).is_some() || was_there(before, &table.name, &column_name) {
        return;
    }
    let Some(base) = base(table, random) else { return };
    let (expression, sql_type, nullable) = of(base, random);
    let generated = Some(Generated { expression, kind: kind(random) });
    let comment = random.once_in(4).then(|| "it's \"computed\"".to_owned());
    let (default, auto_increment, collations) = (None, None, BTreeMap::new());
    table.columns.push(Column {
        name: column_name,
        sql_type,
        nullable,
        default,
        auto_increment,
        generated,
        collations,
        comment,
    });
}

/// Generated from another, or otherwise, or no longer; or a plain column that becomes generated.
pub(super) fn change(schema: &mut Schema, random: &mut Random) {
    let Some(table) = any_table(schema, random) else { return };
    let whole = table.clone();
    let Some(column) = free_column(table, random) else { return };
    if is_mentioned(&whole, &column.name) || column.sql_type.enum_name().is_some() {
        return;
    }
    match &mut column.generated {
        Some(generated) if random.once_in(3) => generated.kind = kind(random),
        Some(_) if random.once_in(2) => {
            column.generated = None;
            column.nullable = true;
        }
        _ => {
            let Some(base) = base(&whole, random).filter(|base| base.name != column.name) else { return };
            let (expression, sql_type, nullable) = of(base, random);
            column.generated = Some(Generated { expression, kind: kind(random) });
            (column.sql_type, column.nullable, column.default) = (sql_type, nullable, None);
        }
    }
}

/// By what a text is compared.
pub(super) fn collate(schema: &mut Schema, random: &mut Random) {
    let Some(table) = any_table(schema, random) else { return };
    let Some(column) = free_column(table, random) else { return };
    if !is_text(&column.sql_type) {
        return;
    }
    let mut collation = |dialect, names: &[&str]| {
        let picked = random.pick(names).copied().filter(|_| !random.once_in(4))?;
        Some((dialect, Collation::new(picked).unwrap()))
    };
    let all = [
        collation(Dialect::Postgres, &["C", "POSIX", "pg_catalog.\"und-x-icu\""]),
        collation(Dialect::Sqlite, &["NOCASE", "RTRIM", "BINARY"]),
        collation(Dialect::Mysql, &["utf8mb4_bin", "utf8mb4_unicode_ci"]),
    ];
    column.collations = all.into_iter().flatten().collect();
}

/// What becomes of the generated columns whose base is of another kind by now, and of the collations of what
/// is no text any more.
pub(super) fn settle(schema: &mut Schema) {
    for table in schema.tables.values_mut() {
        let whole = table.clone();
        for column in &mut table.columns {
            if !is_text(&column.sql_type) {
                column.collations.clear();
            }
            let Some(generated) = &mut column.generated else { continue };
            column.default = None;
            let base = whole.columns.iter().find(|base| generated.expression.mentions(&base.name)).unwrap();
            let text = generated.expression.as_str();
            let fits = match text.split_once('(') {
                Some(_) => is_text(&base.sql_type),
                None => text.starts_with("CASE") || is_number(&base.sql_type),
            };
            if !fits {
                generated.expression = presence(base);
                column.sql_type = SqlType::Integer;
                column.collations.clear();
            }
        }
    }
}

/// Whether a column is generated from this one.
fn is_mentioned(table: &Table, column: &Identifier) -> bool {
    table.generated_from(&[column]).next().is_some()
}

/// Whether a column can be told to be NOT NULL: what it is generated from never gives NULL.
pub(super) fn gives_null(column: &Column) -> bool {
    column.generated.as_ref().is_some_and(|generated| !generated.expression.as_str().starts_with("CASE"))
}

fn kind(random: &mut Random) -> GeneratedKind {
    if random.once_in(2) { GeneratedKind::Stored } else { GeneratedKind::Virtual }
}

fn base<'a>(table: &'a Table, random: &mut Random) -> Option<&'a Column> {
    let is_base = |column: &&Column| column.generated.is_none() && BASES.contains(&column.name.as_str());
    let bases: Vec<_> = table.columns.iter().filter(is_base).collect();
    random.pick(&bases).copied()
}

/// An expression of a column, its type, and whether it can give NULL.
fn of(base: &Column, random: &mut Random) -> (Expression, SqlType, bool) {
    let name = &base.name;
    let expression = |text: String| Expression::new(text).unwrap();
    match &base.sql_type {
        sql_type if is_number(sql_type) && random.once_in(2) => {
            let sql_type = if sql_type.is_integer() { SqlType::BigInt } else { SqlType::Double };
            (expression(format!("{name} + {}", 1 + random.below(3))), sql_type, true)
        }
        sql_type if is_text(sql_type) && random.once_in(2) => {
            let function = if random.once_in(2) { "lower" } else { "upper" };
            (expression(format!("{function}({name})")), SqlType::VarChar { max_length: Some(96) }, true)
        }
        _ => (presence(base), SqlType::Integer, random.once_in(2)),
    }
}

fn presence(base: &Column) -> Expression {
    Expression::new(format!("CASE WHEN {} IS NULL THEN 0 ELSE 1 END", base.name)).unwrap()
}

fn is_number(sql_type: &SqlType) -> bool {
    sql_type.is_integer() || matches!(sql_type, SqlType::Float | SqlType::Double | SqlType::Numeric { .. })
}

fn is_text(sql_type: &SqlType) -> bool {
    sql_type.is_text() || *sql_type == SqlType::Citext
}
