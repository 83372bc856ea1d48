//! PostgreSQL, 11 and later.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Rules, ddl};
use crate::table::AutoIncrement;
use crate::{
    Change, Column, DefaultValue, Expression, Frame, Identifier, RangeOf, Schema, Script, SqlType, Table,
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

    fn is_reserved(&self, word: &str) -> bool {
        RESERVED.binary_search(&word).is_ok()
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

    fn has_extensions(&self) -> bool {
        true
    }

    fn generates_any_column(&self) -> bool {
        true
    }

    fn timestamptz(&self) -> Option<&'static str> {
        Some("Timestamptz")
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
                let first = schema.enums.get(name).and_then(|definition| definition.labels.first());
                return Some(self.literal(first.map_or("", String::as_str)));
            }
            SqlType::Custom { .. } => return None,
        };
        Some(value.to_owned())
    }

    fn script(&self, _: &Schema, _: &Schema, changes: &[Change]) -> Script {
        let mut script = Script::default();
        let mut extensions = BTreeSet::new();
        for change in changes {
            for extension in added_types(change).filter_map(SqlType::extension) {
                if extensions.insert(extension) {
                    self.create_extension(extension, &mut script);
                }
            }
            self.change(change, &mut script);
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

    fn change(&self, change: &Change, script: &mut Script) {
        let quote = |name: &Identifier| ddl::quote(self, name);
        let alter = |table: &Identifier, action: String| format!("ALTER TABLE {} {action}", quote(table));
        match change {
            Change::CreateEnum { name, definition } => {
                let labels: Vec<_> = definition.labels.iter().map(|label| self.literal(label)).collect();
                script.push(change, format!("CREATE TYPE {} AS ENUM ({})", quote(name), labels.join(", ")));
            }
            Change::DropEnum { name, .. } => script.push(change, format!("DROP TYPE {}", quote(name))),
            Change::CreateTable { table } => self.create_table(change, table, script),
            Change::DropTable { table } => script.push(change, format!("DROP TABLE {}", quote(&table.name))),
            Change::AddColumn { table, column, backfill } => {
                self.add_column(change, table, column, backfill.as_ref(), script);
            }
            Change::DropColumn { table, column } => {
                script.push(change, alter(table, format!("DROP COLUMN {}", quote(&column.name))));
            }
            Change::AlterColumn { table, from, to, backfill } => {
                self.alter_column(change, table, from, to, backfill.as_ref(), script);
            }
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
            Change::DropIndex { name, .. } => script.push(change, format!("DROP INDEX {}", quote(name))),
            Change::SetTableComment { table, to, .. } => {
                script.push(change, self.comment(&format!("TABLE {}", quote(table)), to.as_deref()));
            }
            Change::SetColumnComment { table, column, to, .. } => {
                let on = format!("COLUMN {}.{}", quote(table), quote(column));
                script.push(change, self.comment(&on, to.as_deref()));
            }
        }
    }

    fn create_table(&self, change: &Change, table: &Table, script: &mut Script) {
        let mut parts: Vec<_> = table.columns.iter().map(|column| self.column(column)).collect();
        parts.extend(ddl::constraints(self, table, true));
        script.push(change, ddl::create_table(self, &table.name, &parts));
        for (name, index) in &table.indexes {
            script.also(ddl::create_index(self, &table.name, name, index));
        }
        let on = ddl::quote(self, &table.name);
        if let Some(comment) = &table.comment {
            script.also(self.comment(&format!("TABLE {on}"), Some(comment)));
        }
        for column in &table.columns {
            self.column_comment(&on, column, script);
        }
    }

    fn column(&self, column: &Column) -> String {
        let type_name = self.type_name(&column.sql_type).unwrap_or_default();
        match column.auto_increment {
            None => ddl::column(self, column, &type_name),
            Some(AutoIncrement::Serial) => {
                let serial = match column.sql_type {
                    SqlType::SmallInt => "smallserial",
                    SqlType::BigInt => "bigserial",
                    _ => "serial",
                };
                ddl::column(self, column, serial)
            }
            Some(AutoIncrement::Identity) => {
                format!("{} GENERATED BY DEFAULT AS IDENTITY", ddl::column(self, column, &type_name))
            }
            Some(AutoIncrement::IdentityAlways) => {
                format!("{} GENERATED ALWAYS AS IDENTITY", ddl::column(self, column, &type_name))
            }
        }
    }

    /// With a backfill the column comes empty, is filled, and then gets what else it has: a default
    /// that came first would be written into the rows for nothing, and NOT NULL would refuse them.
    fn add_column(
        &self,
        change: &Change,
        table: &Identifier,
        column: &Column,
        backfill: Option<&Expression>,
        script: &mut Script,
    ) {
        let on = ddl::quote(self, table);
        let name = ddl::quote(self, &column.name);
        let Some(backfill) = backfill else {
            script.push(change, format!("ALTER TABLE {on} ADD COLUMN {}", self.column(column)));
            return self.column_comment(&on, column, script);
        };
        let type_name = self.type_name(&column.sql_type).unwrap_or_default();
        script.push(change, format!("ALTER TABLE {on} ADD COLUMN {name} {type_name}"));
        script.also(format!("UPDATE {on} SET {name} = {backfill}"));
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
        self.column_comment(&on, column, script);
    }

    /// All of it in one statement, so that the table is locked once.
    fn alter_column(
        &self,
        change: &Change,
        table: &Identifier,
        from: &Column,
        to: &Column,
        backfill: Option<&Expression>,
        script: &mut Script,
    ) {
        let (on, name) = (ddl::quote(self, table), ddl::quote(self, &to.name));
        let mut actions = Vec::new();
        if from.default != to.default {
            actions.push(match &to.default {
                Some(default) => {
                    format!("ALTER COLUMN {name} SET DEFAULT {}", self.default(default, &to.sql_type))
                }
                None => format!("ALTER COLUMN {name} DROP DEFAULT"),
            });
        }
        if from.nullable != to.nullable {
            let action = if to.nullable { "DROP" } else { "SET" };
            actions.push(format!("ALTER COLUMN {name} {action} NOT NULL"));
        }
        let altered = match actions.as_slice() {
            [one] => format!("ALTER TABLE {on} {one}"),
            several => format!("ALTER TABLE {on}\n    {}", several.join(",\n    ")),
        };
        match backfill {
            Some(backfill) => {
                script.push(change, format!("UPDATE {on} SET {name} = {backfill} WHERE {name} IS NULL"));
                script.also(altered);
            }
            None => script.push(change, altered),
        }
    }

    fn column_comment(&self, table: &str, column: &Column, script: &mut Script) {
        if let Some(comment) = &column.comment {
            let on = format!("COLUMN {table}.{}", ddl::quote(self, &column.name));
            script.also(self.comment(&on, Some(comment)));
        }
    }

    fn comment(&self, on: &str, text: Option<&str>) -> String {
        let text = text.map_or_else(|| "NULL".to_owned(), |text| self.literal(text));
        format!("COMMENT ON {on} IS {text}")
    }
}

/// The words that `pg_get_keywords()` of PostgreSQL 15 does not call unreserved: what its own
/// `quote_ident` quotes.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn an_extension_comes_before_what_needs_it_and_once() {
        let name = |text: &str| Identifier::new(text).unwrap();
        let column = |text: &str, sql_type: SqlType| Column {
            name: name(text),
            sql_type,
            nullable: true,
            default: None,
            auto_increment: None,
            comment: None,
        };
        let add = |column: Column| Change::AddColumn { table: name("page"), column, backfill: None };
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
                "ALTER TABLE page ADD COLUMN a text",
                "CREATE EXTENSION IF NOT EXISTS citext",
                "ALTER TABLE page ADD COLUMN b citext",
                "ALTER TABLE page ADD COLUMN c citext[]",
                "CREATE EXTENSION IF NOT EXISTS \"Post GIS\"",
                "ALTER TABLE page ADD COLUMN d geometry(Point, 4326)",
            ]
        );
    }

    #[test]
    fn a_literal_cannot_be_left() {
        assert_eq!(Postgres.literal("it's"), "'it''s'");
        assert_eq!(Postgres.literal(r"\'; DROP TABLE page"), r"E'\\''; DROP TABLE page'");
    }
}
