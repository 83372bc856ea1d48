//! PostgreSQL, 12 and later.

mod columns;
mod enums;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Rules, ddl};
use crate::table::{AutoIncrement, IndexTarget};
use crate::{
    Change, Column, DefaultValue, Deferral, Expression, ForeignKey, Frame, Identifier, MAX_IDENTIFIER_BYTES,
    RangeOf, Schema, Script, SqlType, Table,
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

    fn script(&self, before: &Schema, after: &Schema, changes: &[Change]) -> Script {
        let mut script = Script::default();
        let mut extensions = BTreeSet::new();
        let mut schema = before.clone();
        for change in changes {
            for extension in added_types(change).filter_map(SqlType::extension) {
                if extensions.insert(extension) {
                    self.create_extension(extension, &mut script);
                }
            }
            self.change(change, &schema, after, changes, &mut script);
            // Changes that do not fit were refused before this.
            let _ = crate::fold(&mut schema, std::slice::from_ref(change));
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
                script.push(change, alter(from, format!("RENAME TO {}", quote(to))));
                let columns =
                    schema.tables.get(from).map(|table| table.columns.as_slice()).unwrap_or_default();
                for column in columns.iter().filter(|column| column.auto_increment.is_some()) {
                    script.also(rename_sequence((from, &column.name), (to, &column.name)));
                }
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
                let add = ddl::primary_key(self, to);
                let actions = [format!("DROP CONSTRAINT {}", quote(&from.name)), format!("ADD {add}")];
                script.push(change, alter_table(table, &actions));
            }
            Change::RenameConstraint { table, from, to, .. } => {
                script.push(
                    change,
                    alter(table, format!("RENAME CONSTRAINT {} TO {}", quote(from), quote(to))),
                );
            }
            Change::RenameIndex { from, to, .. } => {
                script.push(change, format!("ALTER INDEX {} RENAME TO {}", quote(from), quote(to)));
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
            self.column_comment(&on, column, script);
        }
    }

    fn column(&self, table: &Identifier, column: &Column) -> String {
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
        table: &Identifier,
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
            return self.column_comment(&on, column, script);
        };
        let type_name = self.type_name(&column.sql_type).unwrap_or_default();
        script.push(change, format!("ALTER TABLE {on} ADD COLUMN {name} {type_name}"));
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
        self.column_comment(&on, column, script);
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

/// The sequence behind a column that is generated, as PostgreSQL names it.
fn sequence(table: &Identifier, column: &Identifier) -> Identifier {
    Identifier::generated([table, column], "seq")
}

/// An UPDATE, after which the table can be altered: what a deferred foreign key would look at later, it looks
/// at now (<https://www.postgresql.org/docs/current/sql-set-constraints.html>).
fn update(table: &Identifier, sql: String, schema: &Schema) -> Vec<String> {
    let is_deferred = |key: &ForeignKey| key.deferral == Deferral::InitiallyDeferred;
    let has_deferred = schema.tables.values().any(|other| {
        other
            .foreign_keys
            .values()
            .any(|key| is_deferred(key) && (other.name == *table || key.references == *table))
    });
    if has_deferred { vec!["SET CONSTRAINTS ALL IMMEDIATE".to_owned(), sql] } else { vec![sql] }
}

/// Fails where a test is true of rows, and says how many there are.
fn refuse(table: &Identifier, test: &str, what: &str) -> String {
    let body = format!(
        "DECLARE\n    fenrir_number bigint;\nBEGIN\n    SELECT count(*) INTO fenrir_number FROM {} WHERE {test};\n    \
         IF fenrir_number > 0 THEN\n        RAISE EXCEPTION USING MESSAGE = {} || fenrir_number;\n    END IF;\nEND",
        ddl::quote(&Postgres, table),
        Postgres.literal(&format!("{what}; rows: "))
    );
    // A name may hold what ends the block.
    let mut mark = "$fenrir$".to_owned();
    while body.contains(&mark) {
        mark.insert(1, '_');
    }
    format!("DO {mark}\n#variable_conflict use_column\n{body}\n{mark}")
}

/// What drops a table's checks and indexes whose expressions name some columns, and what adds them again: they
/// are kept as they were understood, in terms of the columns' types.
fn without_expressions(table: &Table, columns: &[&Identifier]) -> (Vec<String>, Vec<String>) {
    let on = ddl::quote(&Postgres, &table.name);
    let mentions = |expression: &Expression| columns.iter().any(|column| expression.mentions(column));
    let (mut drop, mut add) = (Vec::new(), Vec::new());
    for (check, expression) in table.checks.iter().filter(|(_, check)| mentions(check)) {
        drop.push(format!("ALTER TABLE {on} DROP CONSTRAINT {}", ddl::quote(&Postgres, check)));
        add.push(format!("ALTER TABLE {on} ADD {}", ddl::check(&Postgres, check, expression)));
    }
    for (index, definition) in &table.indexes {
        let mut expressions = definition.keys.iter().filter_map(|key| match &key.of {
            IndexTarget::Expression(expression) => Some(expression),
            IndexTarget::Column(_) => None,
        });
        if expressions.any(mentions) || definition.predicate.as_ref().is_some_and(mentions) {
            drop.push(format!("DROP INDEX {}", ddl::quote(&Postgres, index)));
            add.push(ddl::create_index(&Postgres, &table.name, index, definition));
        }
    }
    (drop, add)
}

/// Whether PostgreSQL gives the sequence of a generated column the name that it has here: a longer one it
/// shortens in its own way.
fn comes_with(table: &Identifier, column: &Identifier) -> bool {
    table.as_str().len() + column.as_str().len() + "__seq".len() <= MAX_IDENTIFIER_BYTES
}

/// The creation of a sequence that does not come with its column, and what makes it the column's own.
fn own_sequence(table: &Identifier, column: &Column) -> Option<(String, String)> {
    if column.auto_increment != Some(AutoIncrement::Serial) || comes_with(table, &column.name) {
        return None;
    }
    let sequence = ddl::quote(&Postgres, &sequence(table, &column.name));
    let type_name = Postgres.type_name(&column.sql_type).unwrap_or_default();
    let (on, name) = (ddl::quote(&Postgres, table), ddl::quote(&Postgres, &column.name));
    let own = format!("ALTER SEQUENCE {sequence} OWNED BY {on}.{name}");
    Some((format!("CREATE SEQUENCE {sequence} AS {type_name}"), own))
}

fn alter_table(table: &Identifier, actions: &[String]) -> String {
    let on = ddl::quote(&Postgres, table);
    match actions {
        [one] => format!("ALTER TABLE {on} {one}"),
        several => format!("ALTER TABLE {on}\n    {}", several.join(",\n    ")),
    }
}

/// It keeps the name that it has, unless it is told.
fn rename_sequence(from: (&Identifier, &Identifier), to: (&Identifier, &Identifier)) -> String {
    let (from, to) = (sequence(from.0, from.1), sequence(to.0, to.1));
    format!("ALTER SEQUENCE {} RENAME TO {}", ddl::quote(&Postgres, &from), ddl::quote(&Postgres, &to))
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
