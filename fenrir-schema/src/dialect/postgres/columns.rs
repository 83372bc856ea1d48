//! Columns that become others.

use super::super::{Rules, ddl};
use super::aside::{anew, aside};
use super::{Postgres, alter_table, comes_with, refuse, sequence, update};
use crate::table::AutoIncrement;
use crate::{Change, Column, Conversion, Identifier, Schema, Script, SqlType, TableName};

/// As few statements as can be, so that the table is locked and rewritten once.
pub(super) fn alter(change: &Change, schema: &Schema, script: &mut Script) {
    let Change::AlterColumn { table, from, to, using, backfill } = change else { return };
    let name = ddl::quote(&Postgres, &to.name);
    let retyped = from.sql_type != to.sql_type || from.collations != to.collations;
    if to.generated.is_some() && (retyped || from.generated != to.generated) {
        let table = schema.tables.get(table);
        return script.push_all(change, table.into_iter().flat_map(|table| anew(table, to)));
    }
    let regenerated = from.auto_increment != to.auto_increment;
    let (mut statements, mut again) = (Vec::new(), Vec::new());
    if from.generated.is_some() && to.generated.is_none() {
        statements.push(alter_table(table, &[format!("ALTER COLUMN {name} DROP EXPRESSION")]));
    }
    if retyped {
        let misfit = misfit(&name, &from.sql_type, &to.sql_type).filter(|_| using.is_none());
        if let Some(misfit) = misfit {
            let what = format!("column {table}.{} has values that do not fit {}", to.name, to.sql_type);
            statements.push(refuse(table, &misfit, &what));
        }
        if let Some(table) = schema.tables.get(table) {
            let (drop, add) = aside(table, &[&to.name]);
            statements.extend(drop);
            again = add;
        }
    }
    if regenerated && from.auto_increment.is_some() && to.auto_increment.is_none() {
        statements.extend(no_longer_generated(table, from));
    }
    let mut actions = Vec::new();
    if from.default.is_some() && (retyped || to.default.is_none()) {
        // It would be converted too, which not every default can be.
        actions.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
    }
    if retyped {
        let type_name = Postgres.type_name(&to.sql_type).unwrap_or_default();
        let value = match using {
            Some(using) => Some(format!("({using})")),
            None => conversion(&name, &from.sql_type, &to.sql_type),
        };
        let value = value.map(|value| format!(" USING {value}")).unwrap_or_default();
        let collate = ddl::collate(&Postgres, to);
        actions.push(format!("ALTER COLUMN {name} TYPE {type_name}{collate}{value}"));
    }
    if let Some(backfill) = backfill {
        if !actions.is_empty() {
            statements.push(alter_table(table, &std::mem::take(&mut actions)));
        }
        let on = ddl::quote(&Postgres, table);
        let fill = format!("UPDATE {on} SET {name} = {backfill} WHERE {name} IS NULL");
        statements.extend(update(table, fill, schema));
    }
    if let Some(default) = to.default.as_ref().filter(|_| retyped || from.default != to.default) {
        actions.push(format!("ALTER COLUMN {name} SET DEFAULT {}", Postgres.default(default, &to.sql_type)));
    }
    if from.nullable != to.nullable {
        let action = if to.nullable { "DROP" } else { "SET" };
        actions.push(format!("ALTER COLUMN {name} {action} NOT NULL"));
    }
    if !actions.is_empty() {
        statements.push(alter_table(table, &actions));
    }
    if retyped && from.auto_increment == Some(AutoIncrement::Serial) && !regenerated {
        let sequence = ddl::quote(&Postgres, &sequence(table, &to.name));
        let type_name = Postgres.type_name(&to.sql_type).unwrap_or_default();
        statements.push(format!("ALTER SEQUENCE {sequence} AS {type_name}"));
    }
    if regenerated {
        statements.extend(generated(table, from.auto_increment, to));
    }
    statements.extend(again);
    script.push_all(change, statements);
}

/// What is true of a value that PostgreSQL would take for another, or refuse without saying where it is.
fn misfit(name: &str, from: &SqlType, to: &SqlType) -> Option<String> {
    match (from, to) {
        (from, SqlType::SmallInt | SqlType::Integer | SqlType::BigInt) if from.is_text() => {
            Some(format!("{name} !~ '^(0|-?[1-9][0-9]*)$'"))
        }
        (from, SqlType::Date) if from.is_text() => {
            Some(format!("{name} !~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$'"))
        }
        (SqlType::Integer | SqlType::BigInt, SqlType::SmallInt) => {
            Some(format!("{name} NOT BETWEEN -32768 AND 32767"))
        }
        (SqlType::BigInt, SqlType::Integer) => Some(format!("{name} NOT BETWEEN -2147483648 AND 2147483647")),
        (_, SqlType::VarChar { max_length: Some(length) })
            if Conversion::between(from, to) == Conversion::Checks =>
        {
            Some(format!("char_length({name}::text) > {length}"))
        }
        _ => None,
    }
}

/// The value of the new type, where PostgreSQL does not take the old one for it, or would by the session's
/// time zone (<https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE>).
fn conversion(name: &str, from: &SqlType, to: &SqlType) -> Option<String> {
    let type_name = Postgres.type_name(to).unwrap_or_default();
    match (from, to) {
        (SqlType::Timestamp, SqlType::Timestamptz) | (SqlType::Timestamptz, SqlType::Timestamp) => {
            Some(format!("{name} AT TIME ZONE 'UTC'"))
        }
        (SqlType::Enum(_), SqlType::Enum(_)) => Some(format!("{name}::text::{type_name}")),
        (from, to) if from.is_text() && !to.is_text() => Some(format!("{name}::{type_name}")),
        _ => None,
    }
}

fn no_longer_generated(table: &TableName, column: &Column) -> Vec<String> {
    let name = ddl::quote(&Postgres, &column.name);
    if column.auto_increment == Some(AutoIncrement::Serial) {
        let sequence = ddl::quote(&Postgres, &sequence(table, &column.name));
        let unset = alter_table(table, &[format!("ALTER COLUMN {name} DROP DEFAULT")]);
        return vec![unset, format!("DROP SEQUENCE {sequence}")];
    }
    vec![alter_table(table, &[format!("ALTER COLUMN {name} DROP IDENTITY")])]
}

/// What was given out once is not given out again: a sequence goes on where the one before it was, and
/// a new one begins behind the greatest value.
fn generated(table: &TableName, from: Option<AutoIncrement>, to: &Column) -> Vec<String> {
    let (on, name) = (ddl::quote(&Postgres, table), ddl::quote(&Postgres, &to.name));
    let sequence = sequence(table, &to.name);
    let aside = sequence.beside(Identifier::generated([&sequence.name], "before"));
    let (aside, aside_name) = (ddl::quote(&Postgres, &aside), ddl::quote(&Postgres, &aside.name));
    let own_name = ddl::quote(&Postgres, &sequence.name);
    let sequence = ddl::quote(&Postgres, &sequence);
    let set = |of: &str| format!("SELECT setval({}, {of}", Postgres.literal(&sequence));
    let after_rows = set(&format!("greatest(coalesce(max({name}), 0), 0) + 1, false) FROM {on}"));
    let action = |action: String| alter_table(table, &[format!("ALTER COLUMN {name} {action}")]);
    let add_identity = |always: bool| action(format!("ADD {}", identity(table, &to.name, always)));
    let type_name = Postgres.type_name(&to.sql_type).unwrap_or_default();
    let own = vec![
        action(format!("SET DEFAULT nextval({})", Postgres.literal(&sequence))),
        format!("ALTER SEQUENCE {sequence} OWNED BY {on}.{name}"),
    ];
    match (from, to.auto_increment) {
        (_, None) => Vec::new(),
        (None, Some(AutoIncrement::Serial)) => {
            let mut statements = vec![format!("CREATE SEQUENCE {sequence} AS {type_name}"), after_rows];
            statements.extend(own);
            statements
        }
        (None, Some(kind)) => vec![add_identity(kind == AutoIncrement::IdentityAlways), after_rows],
        (Some(AutoIncrement::Serial), Some(kind)) => vec![
            format!("ALTER SEQUENCE {sequence} RENAME TO {aside_name}"),
            action("DROP DEFAULT".to_owned()),
            add_identity(kind == AutoIncrement::IdentityAlways),
            format!("{} FROM {aside}", set("last_value, is_called)")),
            format!("DROP SEQUENCE {aside}"),
        ],
        (Some(_), Some(AutoIncrement::Serial)) => {
            let mut statements = vec![
                format!("CREATE SEQUENCE {aside} AS {type_name}"),
                format!("SELECT setval({}, last_value, is_called) FROM {sequence}", Postgres.literal(&aside)),
                action("DROP IDENTITY".to_owned()),
                format!("ALTER SEQUENCE {aside} RENAME TO {own_name}"),
            ];
            statements.extend(own);
            statements
        }
        (Some(_), Some(kind)) => {
            let kind = if kind == AutoIncrement::IdentityAlways { "ALWAYS" } else { "BY DEFAULT" };
            vec![action(format!("SET GENERATED {kind}"))]
        }
    }
}

/// With the name of its sequence where PostgreSQL would shorten it in its own way.
pub(super) fn identity(table: &TableName, column: &Identifier, always: bool) -> String {
    let kind = if always { "ALWAYS" } else { "BY DEFAULT" };
    let name = if comes_with(table, column) {
        String::new()
    } else {
        format!(" (SEQUENCE NAME {})", ddl::quote(&Postgres, &sequence(table, column)))
    };
    format!("GENERATED {kind} AS IDENTITY{name}")
}
