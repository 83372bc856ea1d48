//! PostgreSQL, 12 and later.

mod aside;
mod columns;
mod enums;
mod file;
mod kept_parts;
mod normal;
mod places;
mod types;
mod words;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Lack, Part, Rules, ddl};
use crate::sql_file::FileSyntax;
use crate::table::AutoIncrement;
use crate::{
    Change, Column, DefaultValue, Deferral, Expression, ForeignKey, Frame, GeneratedKind, Identifier, Index,
    MAX_IDENTIFIER_BYTES, RangeOf, Schema, Script, SqlType, Table, TableName, TypeName, Unique,
};

pub(super) struct Postgres;

impl Rules for Postgres {
    fn type_name(&self, sql_type: &SqlType) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match sql_type {
            SqlType::Bool => "boolean",
            SqlType::SmallInt => "smallint",
            SqlType::Integer => "integer",
            SqlType::BigInt => "bigint",
            SqlType::Float => "real",
            SqlType::Double => "double precision",
            SqlType::Numeric { precision: Some(p), scale: Some(s) } => {
                return Some(Cow::Owned(format!("numeric({p}, {s})")));
            }
            SqlType::Numeric { precision: Some(p), scale: None } => {
                return Some(Cow::Owned(format!("numeric({p})")));
            }
            SqlType::Numeric { .. } => "numeric",
            SqlType::Money => "money",
            SqlType::Text => "text",
            SqlType::VarChar { max_length: Some(n) } => return Some(Cow::Owned(format!("varchar({n})"))),
            SqlType::VarChar { max_length: None } => "varchar",
            SqlType::Char { length } => return Some(Cow::Owned(format!("char({})", length.unwrap_or(1)))),
            SqlType::Citext => "citext",
            SqlType::Binary => "bytea",
            SqlType::Date => "date",
            SqlType::Time => "time",
            SqlType::Timestamp => "timestamp",
            SqlType::Timestamptz => "timestamptz",
            SqlType::Interval => "interval",
            SqlType::Uuid => "uuid",
            SqlType::Json => "json",
            SqlType::Jsonb => "jsonb",
            SqlType::Inet => "inet",
            SqlType::Cidr => "cidr",
            SqlType::MacAddr => "macaddr",
            SqlType::MacAddr8 => "macaddr8",
            SqlType::Oid => "oid",
            SqlType::PgLsn => "pg_lsn",
            SqlType::Range(of) => return Some(Cow::Owned(format!("{}range", range_prefix(*of)))),
            SqlType::Multirange(of) => return Some(Cow::Owned(format!("{}multirange", range_prefix(*of)))),
            SqlType::Array(of) => return self.type_name(of).map(|of| Cow::Owned(format!("{of}[]"))),
            SqlType::Enum(name) => return Some(Cow::Owned(ddl::quote(self, name))),
            SqlType::Custom { name, .. } => return Some(Cow::Owned(name.to_string())),
            SqlType::TinyInt | SqlType::Unsigned(_) => return None,
        }))
    }

    #[cfg(feature = "writer")]
    fn like_type(&self, name: &TypeName) -> Option<SqlType> {
        types::like(name)
    }

    fn known_type(&self, name: &TypeName) -> Option<SqlType> {
        types::known(name)
    }

    fn canonical_type_name(&self, name: TypeName) -> TypeName {
        types::canonical(name)
    }

    fn has_enums(&self) -> bool {
        true
    }

    fn normalize(&self, table: &mut Table) {
        normal::normalize(table);
    }

    fn file_syntax(&self) -> &'static FileSyntax {
        &file::SYNTAX
    }

    fn is_reserved(&self, word: &str) -> bool {
        words::RESERVED.binary_search(&word).is_ok()
    }

    /// With a backslash the `E''` form, which means the same whatever `standard_conforming_strings`
    /// says (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS-ESCAPE>).
    fn literal(&self, text: &str) -> String {
        let doubled = text.replace('\'', "''");
        if text.contains('\\') {
            format!("E'{}'", doubled.replace('\\', "\\\\"))
        } else {
            format!("'{doubled}'")
        }
    }

    fn default(&self, value: &DefaultValue, _: &SqlType) -> String {
        ddl::default(self, value)
    }

    fn folds_case(&self) -> bool {
        false
    }

    fn has_comments(&self) -> bool {
        true
    }

    fn names_enums(&self) -> bool {
        true
    }

    fn has_extensions(&self) -> bool {
        true
    }

    fn generates_any_column(&self) -> bool {
        true
    }

    fn timestamptz(&self) -> Option<&'static str> {
        Some("Timestamptz")
    }

    /// Virtual columns came with version 18 (<https://www.postgresql.org/docs/18/ddl-generated-columns.html>).
    fn lacks(&self, table: &Table, _: &Schema) -> Vec<Lack> {
        let virtual_columns = table.columns.iter().filter(|column| {
            column.generated.as_ref().is_some_and(|generated| generated.kind == GeneratedKind::Virtual)
        });
        let lacks = virtual_columns.map(|column| Lack {
            part: Part::GeneratedKind(column.name.clone()),
            message: "PostgreSQL before 18 has no virtual columns: write `stored`".to_owned(),
        });
        lacks.collect()
    }

    fn stand_in(&self, sql_type: &SqlType, schema: &Schema) -> Option<String> {
        let value = match sql_type {
            SqlType::Bool => "FALSE",
            SqlType::TinyInt
            | SqlType::SmallInt
            | SqlType::Integer
            | SqlType::BigInt
            | SqlType::Unsigned(_)
            | SqlType::Float
            | SqlType::Double
            | SqlType::Numeric { .. }
            | SqlType::Oid => "0",
            SqlType::Money => "'0'",
            SqlType::Text
            | SqlType::VarChar { .. }
            | SqlType::Char { .. }
            | SqlType::Citext
            | SqlType::Binary => "''",
            SqlType::Date => "'1970-01-01'",
            SqlType::Time => "'00:00:00'",
            SqlType::Timestamp => "'1970-01-01 00:00:00'",
            SqlType::Timestamptz => "'1970-01-01 00:00:00+00'",
            SqlType::Interval => "'0 seconds'",
            SqlType::Uuid => "'00000000-0000-0000-0000-000000000000'",
            SqlType::Json | SqlType::Jsonb => "'null'",
            SqlType::Inet => "'0.0.0.0'",
            SqlType::Cidr => "'0.0.0.0/0'",
            SqlType::MacAddr => "'00:00:00:00:00:00'",
            SqlType::MacAddr8 => "'00:00:00:00:00:00:00:00'",
            SqlType::PgLsn => "'0/0'",
            SqlType::Range(_) => "'empty'",
            SqlType::Multirange(_) | SqlType::Array(_) => "'{}'",
            SqlType::Enum(name) => {
                return Some(self.literal(schema.labels(name).first().map_or("", String::as_str)));
            }
            SqlType::Custom { .. } => return None,
        };
        Some(value.to_owned())
    }

    fn script(&self, before: &Schema, after: &Schema, changes: &[Change]) -> Script {
        let mut script = Script::default();
        let (mut extensions, mut places) = (BTreeSet::new(), BTreeSet::new());
        let come_again = ddl::come_again(changes);
        let mut schema = before.clone();
        for run in ddl::in_runs(changes) {
            let change = &run[0];
            let of_types = run.iter().flat_map(added_types).filter_map(SqlType::extension);
            let of_indexes = run.iter().flat_map(added_indexes).filter_map(|index| index.extension.as_ref());
            for extension in of_types.chain(of_indexes.map(Identifier::as_str)) {
                if extensions.insert(extension) {
                    self.create_extension(extension, &mut script);
                }
            }
            if let Some(place) = places::new(change, &schema).filter(|place| places.insert(*place)) {
                script.push(
                    format_args!("create schema `{place}`, unless it is there; it stays when this is undone"),
                    places::create(place),
                );
            }
            let guards = run.iter().filter_map(|change| match change {
                Change::DropColumn { table, column } if come_again.contains(&(table, column)) => {
                    kept_parts::Taken::new(table, &[column]).guard()
                }
                _ => None,
            });
            let guards: Vec<_> = guards.collect();
            if !guards.is_empty() {
                script.push_all(
                    "what a column must not have that goes and comes again, since it would lose it",
                    guards,
                );
            }
            match change.table() {
                Some(table) if run.len() > 1 => self.together(run, table, &mut script),
                _ => self.change(change, &schema, after, changes, &mut script),
            }
            // Changes that do not fit were refused before this.
            let _ = crate::fold(&mut schema, run);
        }
        script
    }

    fn frame(&self) -> Option<Frame> {
        None
    }
}

/// The types that a change brings into a table.
fn added_types(change: &Change) -> impl Iterator<Item = &SqlType> {
    let columns = match change {
        Change::CreateTable { table } => table.columns.as_slice(),
        Change::AddColumn { column, .. } => std::slice::from_ref(column),
        Change::AlterColumn { from, to, .. } if from.sql_type != to.sql_type => std::slice::from_ref(to),
        _ => &[],
    };
    columns.iter().map(|column| &column.sql_type)
}

/// The indexes that a change brings to a table.
fn added_indexes(change: &Change) -> impl Iterator<Item = &Index> {
    let (of_table, one) = match change {
        Change::CreateTable { table } => (Some(table.indexes.values()), None),
        Change::AddIndex { definition, .. } => (None, Some(definition)),
        _ => (None, None),
    };
    of_table.into_iter().flatten().chain(one)
}

fn range_prefix(of: RangeOf) -> &'static str {
    match of {
        RangeOf::Integer => "int4",
        RangeOf::BigInt => "int8",
        RangeOf::Numeric => "num",
        RangeOf::Date => "date",
        RangeOf::Timestamp => "ts",
        RangeOf::Timestamptz => "tstz",
    }
}

impl Postgres {
    /// No down migration drops it: others may use it too, and it may have been there before.
    fn create_extension(&self, name: &str, script: &mut Script) {
        let quoted = ddl::quote(self, &Identifier::generated([], name));
        script.push(
            format_args!("create extension `{name}`, unless it is there; it stays when this is undone"),
            format!("CREATE EXTENSION IF NOT EXISTS {quoted}"),
        );
    }

    /// `schema` is the one that this change comes to.
    fn change(
        &self,
        change: &Change,
        schema: &Schema,
        after: &Schema,
        changes: &[Change],
        script: &mut Script,
    ) {
        let quote = |name: &Identifier| ddl::quote(self, name);
        let quote_table = |name: &TableName| ddl::quote(self, name);
        let alter =
            |table: &TableName, action: String| format!("ALTER TABLE {} {action}", quote_table(table));
        match change {
            Change::CreateEnum { name, definition } => {
                let labels: Vec<_> = definition.labels.iter().map(|label| self.literal(label)).collect();
                script.push(change, format!("CREATE TYPE {} AS ENUM ({})", quote(name), labels.join(", ")));
            }
            Change::DropEnum { name, .. } => script.push(change, format!("DROP TYPE {}", quote(name))),
            Change::CreateTable { table } => self.create_table(change, table, script),
            Change::DropTable { table } => {
                script.push(change, format!("DROP TABLE {}", quote_table(&table.name)))
            }
            Change::AddColumn { table, column, backfill } => {
                self.add_column(change, table, column, backfill.as_ref(), schema, script);
            }
            Change::DropColumn { table, column } => {
                script.push(change, alter(table, format!("DROP COLUMN {}", quote(&column.name))));
            }
            Change::RenameColumn { table, from, to } => {
                script.push(change, alter(table, format!("RENAME COLUMN {} TO {}", quote(from), quote(to))));
                let column = schema.tables.get(table).and_then(|there| there.column(from));
                if column.is_some_and(|column| column.auto_increment.is_some()) {
                    script.also(rename_sequence((table, from), (table, to)));
                }
            }
            Change::RenameTable { from, to } => {
                script.push_all(change, places::rename_table(from, to, schema));
            }
            Change::RenameEnum { from, to } => {
                script.push(change, format!("ALTER TYPE {} RENAME TO {}", quote(from), quote(to)));
            }
            Change::AlterEnum { .. } => enums::alter(change, schema, after, changes, script),
            Change::AlterPrimaryKey { table, from, to } if from.columns == to.columns => {
                let action = format!("RENAME CONSTRAINT {} TO {}", quote(&from.name), quote(&to.name));
                script.push(change, alter(table, action));
            }
            Change::AlterPrimaryKey { table, from, to } => {
                let mut actions = Vec::new();
                if !from.columns.is_empty() {
                    actions.push(format!("DROP CONSTRAINT {}", quote(&from.name)));
                }
                if !to.columns.is_empty() {
                    actions.push(format!("ADD {}", ddl::primary_key(self, to)));
                }
                script.push(change, alter_table(table, &actions));
            }
            Change::RenameConstraint { table, from, to, .. } => {
                script.push(
                    change,
                    alter(table, format!("RENAME CONSTRAINT {} TO {}", quote(from), quote(to))),
                );
            }
            Change::RenameIndex { table, from, to } => {
                let index = quote_table(&table.beside(from.clone()));
                script.push(change, format!("ALTER INDEX {index} RENAME TO {}", quote(to)));
            }
            Change::AlterColumn { .. } => columns::alter(change, schema, script),
            Change::AddUnique { table, name, definition } => {
                script.push(change, alter(table, format!("ADD {}", ddl::unique(self, name, definition))));
            }
            Change::AddCheck { table, name, definition } => {
                script.push(change, alter(table, format!("ADD {}", ddl::check(self, name, definition))));
            }
            Change::AddForeignKey { table, name, definition } => {
                script
                    .push(change, alter(table, format!("ADD {}", ddl::foreign_key(self, name, definition))));
            }
            Change::DropUnique { table, name, .. }
            | Change::DropCheck { table, name, .. }
            | Change::DropForeignKey { table, name, .. } => {
                script.push(change, alter(table, format!("DROP CONSTRAINT {}", quote(name))));
            }
            Change::AddIndex { table, name, definition } => {
                script.push(change, ddl::create_index(self, table, name, definition));
            }
            Change::DropIndex { table, name, .. } => {
                script.push(change, format!("DROP INDEX {}", quote_table(&table.beside(name.clone()))));
            }
            // PostgreSQL has no options, and what is left alone is no change of a database.
            Change::SetTableOptions { .. }
            | Change::ReleaseEnum { .. }
            | Change::AdoptEnum { .. }
            | Change::ReleaseTable { .. }
            | Change::AdoptTable { .. } => {}
            Change::SetTableComment { table, to, .. } => {
                script.push(change, self.comment(&format!("TABLE {}", quote_table(table)), to.as_deref()));
            }
            Change::SetColumnComment { table, column, to, .. } => {
                let on = format!("COLUMN {}.{}", quote_table(table), quote(column));
                script.push(change, self.comment(&on, to.as_deref()));
            }
        }
    }

    /// Several changes of one table, which is locked once.
    fn together(&self, run: &[Change], table: &TableName, script: &mut Script) {
        let (mut before, mut actions, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for change in run {
            match change {
                Change::AddColumn { column, .. } => {
                    actions.push(format!("ADD COLUMN {}", self.column(table, column)));
                    if let Some((create, own)) = own_sequence(table, column) {
                        before.push(create);
                        after.push(own);
                    }
                    after.extend(self.column_comment(&ddl::quote(self, table), column));
                }
                Change::DropColumn { column, .. } => {
                    actions.push(format!("DROP COLUMN {}", ddl::quote(self, &column.name)));
                }
                Change::AlterPrimaryKey { from, to, .. } => {
                    actions.push(format!("DROP CONSTRAINT {}", ddl::quote(self, &from.name)));
                    actions.push(format!("ADD {}", ddl::primary_key(self, to)));
                }
                _ => {}
            }
        }
        let statements = before.into_iter().chain([alter_table(table, &actions)]).chain(after);
        script.push_all(ddl::about(run), statements);
    }

    fn create_table(&self, change: &Change, table: &Table, script: &mut Script) {
        let mut parts: Vec<_> = table.columns.iter().map(|column| self.column(&table.name, column)).collect();
        parts.extend(ddl::constraints(self, table, true));
        let create = ddl::create_table(self, &table.name, &parts);
        let mut sequences =
            table.columns.iter().filter_map(|column| own_sequence(&table.name, column)).peekable();
        if sequences.peek().is_none() {
            script.push(change, create);
        } else {
            let (before, after): (Vec<_>, Vec<_>) = sequences.unzip();
            script.push_all(change, before.into_iter().chain([create]).chain(after));
        }
        for (name, index) in &table.indexes {
            script.also(ddl::create_index(self, &table.name, name, index));
        }
        let on = ddl::quote(self, &table.name);
        if let Some(comment) = &table.comment {
            script.also(self.comment(&format!("TABLE {on}"), Some(comment)));
        }
        for column in &table.columns {
            self.column_comment(&on, column).into_iter().for_each(|comment| script.also(comment));
        }
    }

    fn column(&self, table: &TableName, column: &Column) -> String {
        let type_name = self.type_name(&column.sql_type).unwrap_or_default();
        match column.auto_increment {
            None => ddl::column(self, column, &type_name),
            Some(AutoIncrement::Serial) if comes_with(table, &column.name) => {
                let serial = match column.sql_type {
                    SqlType::SmallInt => "smallserial",
                    SqlType::BigInt => "bigserial",
                    _ => "serial",
                };
                ddl::column(self, column, serial)
            }
            Some(AutoIncrement::Serial) => {
                let sequence = ddl::quote(self, &sequence(table, &column.name));
                let default = format!("DEFAULT nextval({})", self.literal(&sequence));
                format!("{} {default}", ddl::column(self, column, &type_name))
            }
            Some(kind) => {
                let identity = columns::identity(table, &column.name, kind == AutoIncrement::IdentityAlways);
                format!("{} {identity}", ddl::column(self, column, &type_name))
            }
        }
    }

    /// With a backfill the column comes empty, is filled, and then gets what else it has: a default
    /// that came first would be written into the rows for nothing, and NOT NULL would refuse them.
    fn add_column(
        &self,
        change: &Change,
        table: &TableName,
        column: &Column,
        backfill: Option<&Expression>,
        schema: &Schema,
        script: &mut Script,
    ) {
        let on = ddl::quote(self, table);
        let name = ddl::quote(self, &column.name);
        let Some(backfill) = backfill else {
            let add = format!("ALTER TABLE {on} ADD COLUMN {}", self.column(table, column));
            match own_sequence(table, column) {
                Some((create, own)) => script.push_all(change, [create, add, own]),
                None => script.push(change, add),
            }
            return self.column_comment(&on, column).into_iter().for_each(|comment| script.also(comment));
        };
        let type_name = self.type_name(&column.sql_type).unwrap_or_default();
        let collate = ddl::collate(self, column);
        script.push(change, format!("ALTER TABLE {on} ADD COLUMN {name} {type_name}{collate}"));
        for statement in update(table, format!("UPDATE {on} SET {name} = {backfill}"), schema) {
            script.also(statement);
        }
        let mut rest = Vec::new();
        if let Some(default) = &column.default {
            rest.push(format!("ALTER COLUMN {name} SET DEFAULT {}", self.default(default, &column.sql_type)));
        }
        if !column.nullable {
            rest.push(format!("ALTER COLUMN {name} SET NOT NULL"));
        }
        if !rest.is_empty() {
            script.also(format!("ALTER TABLE {on}\n    {}", rest.join(",\n    ")));
        }
        self.column_comment(&on, column).into_iter().for_each(|comment| script.also(comment));
    }

    fn column_comment(&self, table: &str, column: &Column) -> Option<String> {
        let comment = column.comment.as_ref()?;
        let on = format!("COLUMN {table}.{}", ddl::quote(self, &column.name));
        Some(self.comment(&on, Some(comment)))
    }

    fn comment(&self, on: &str, text: Option<&str>) -> String {
        let text = text.map_or_else(|| "NULL".to_owned(), |text| self.literal(text));
        format!("COMMENT ON {on} IS {text}")
    }
}

/// The sequence behind a column that is generated, as PostgreSQL names it.
fn sequence(table: &TableName, column: &Identifier) -> TableName {
    table.beside(Identifier::generated([&table.name, column], "seq"))
}

/// An UPDATE, after which the table can be altered: what a deferred constraint would look at later, it looks
/// at now (<https://www.postgresql.org/docs/current/sql-set-constraints.html>).
fn update(table: &TableName, sql: String, schema: &Schema) -> Vec<String> {
    let is_deferred = |key: &ForeignKey| key.deferral == Deferral::InitiallyDeferred;
    let is_late = |unique: &Unique| unique.deferral == Deferral::InitiallyDeferred;
    let has_deferred = schema.tables.values().any(|other| {
        let mut keys = other.foreign_keys.values();
        keys.any(|key| is_deferred(key) && (other.name == *table || key.references == *table))
            || other.name == *table && other.uniques.values().any(is_late)
    });
    if has_deferred { vec!["SET CONSTRAINTS ALL IMMEDIATE".to_owned(), sql] } else { vec![sql] }
}

/// Fails where a test is true of rows, and says how many there are.
fn refuse(table: &TableName, test: &str, what: &str) -> String {
    let body = format!(
        "DECLARE\n    fenrir_number bigint;\nBEGIN\n    SELECT count(*) INTO fenrir_number FROM {} WHERE {test};\n    \
         IF fenrir_number > 0 THEN\n        RAISE EXCEPTION USING MESSAGE = {} || fenrir_number;\n    END IF;\nEND",
        ddl::quote(&Postgres, table),
        Postgres.literal(&format!("{what}; rows: "))
    );
    block(&format!("#variable_conflict use_column\n{body}"))
}

/// A block of statements.
fn block(body: &str) -> String {
    // A name may hold what ends the block.
    let mut mark = "$fenrir$".to_owned();
    while body.contains(&mark) {
        mark.insert(1, '_');
    }
    format!("DO {mark}\n{body}\n{mark}")
}

/// Whether PostgreSQL gives the sequence of a generated column the name that it has here: a longer one it
/// shortens in its own way.
fn comes_with(table: &TableName, column: &Identifier) -> bool {
    table.name.as_str().len() + column.as_str().len() + "__seq".len() <= MAX_IDENTIFIER_BYTES
}

/// The creation of a sequence that does not come with its column, and what makes it the column's own.
fn own_sequence(table: &TableName, column: &Column) -> Option<(String, String)> {
    if column.auto_increment != Some(AutoIncrement::Serial) || comes_with(table, &column.name) {
        return None;
    }
    let sequence = ddl::quote(&Postgres, &sequence(table, &column.name));
    let type_name = Postgres.type_name(&column.sql_type).unwrap_or_default();
    let (on, name) = (ddl::quote(&Postgres, table), ddl::quote(&Postgres, &column.name));
    let own = format!("ALTER SEQUENCE {sequence} OWNED BY {on}.{name}");
    Some((format!("CREATE SEQUENCE {sequence} AS {type_name}"), own))
}

fn alter_table(table: &TableName, actions: &[String]) -> String {
    let on = ddl::quote(&Postgres, table);
    match actions {
        [one] => format!("ALTER TABLE {on} {one}"),
        several => format!("ALTER TABLE {on}\n    {}", several.join(",\n    ")),
    }
}

/// It keeps the name that it has, unless it is told.
fn rename_sequence(from: (&TableName, &Identifier), to: (&TableName, &Identifier)) -> String {
    let (from, to) = (sequence(from.0, from.1), sequence(to.0, to.1));
    format!("ALTER SEQUENCE {} RENAME TO {}", ddl::quote(&Postgres, &from), ddl::quote(&Postgres, &to.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_comes_before_what_needs_it_and_once() {
        let name = |text: &str| Identifier::new(text).unwrap();
        let column = |text: &str, sql_type: SqlType| Column {
            name: name(text),
            sql_type,
            nullable: true,
            default: None,
            auto_increment: None,
            generated: None,
            collations: Default::default(),
            comment: None,
        };
        let add = |column: Column| Change::AddColumn { table: name("page").into(), column, backfill: None };
        let custom = SqlType::Custom {
            name: crate::TypeName::new("geometry(Point,4326)").unwrap(),
            extension: Some(name("Post GIS")),
        };
        let changes = [
            add(column("a", SqlType::Text)),
            add(column("b", SqlType::Citext)),
            add(column("c", SqlType::Array(Box::new(SqlType::Citext)))),
            add(column("d", custom)),
        ];
        let script = Postgres.script(&Schema::default(), &Schema::default(), &changes);
        let statements: Vec<_> = script.statements.iter().map(|statement| statement.sql.as_str()).collect();
        assert_eq!(
            statements,
            [
                "CREATE EXTENSION IF NOT EXISTS citext",
                "CREATE EXTENSION IF NOT EXISTS \"Post GIS\"",
                "ALTER TABLE page\n    ADD COLUMN a text,\n    ADD COLUMN b citext,\n    ADD COLUMN c citext[],\n    \
                 ADD COLUMN d geometry(Point, 4326)",
            ]
        );
    }

    #[test]
    fn a_literal_cannot_be_left() {
        assert_eq!(Postgres.literal("it's"), "'it''s'");
        assert_eq!(Postgres.literal(r"\'; DROP TABLE page"), r"E'\\''; DROP TABLE page'");
    }
}
