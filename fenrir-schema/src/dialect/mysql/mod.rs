//! MySQL, 8.0.19 and later, and MariaDB, 10.8 and later: what both have, in SQL that both take.
//!
//! Every statement that changes a table is a transaction of its own there. So what belongs together
//! is one statement: a table comes with its indexes and keys, an index goes in the `ALTER TABLE` that
//! brings the one in its place.

mod algorithm;
mod changes;
mod enums;
mod file;
mod generated;
mod guards;
mod kept_parts;
mod limits;
mod normal;
mod options;
mod types;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Lack, Quoted, Rules, ddl};
use crate::change::ConstraintKind;
use crate::sql_file::FileSyntax;
use crate::table::{ForeignKey, Index, IndexTarget};
use crate::{
    Change, Column, DefaultValue, EnumType, Expression, Frame, Identifier, IntegerSize, Schema, Script,
    SqlType, Table, TableName, TokenKind, TypeName,
};

pub(super) struct Mysql;

impl Rules for Mysql {
    fn type_name(&self, sql_type: &SqlType) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match sql_type {
            SqlType::Bool => "boolean",
            SqlType::TinyInt => "tinyint",
            SqlType::SmallInt => "smallint",
            SqlType::Integer => "int",
            SqlType::BigInt => "bigint",
            SqlType::Unsigned(IntegerSize::TinyInt) => "tinyint unsigned",
            SqlType::Unsigned(IntegerSize::SmallInt) => "smallint unsigned",
            SqlType::Unsigned(IntegerSize::Integer) => "int unsigned",
            SqlType::Unsigned(IntegerSize::BigInt) => "bigint unsigned",
            SqlType::Float => "float",
            SqlType::Double => "double",
            SqlType::Numeric { precision: Some(p), scale: Some(s) } => {
                return Some(Cow::Owned(format!("decimal({p}, {s})")));
            }
            SqlType::Numeric { precision: Some(p), scale: None } => {
                return Some(Cow::Owned(format!("decimal({p})")));
            }
            SqlType::Numeric { .. } => "decimal",
            // `text` ends at 65535 bytes.
            SqlType::Text | SqlType::VarChar { max_length: None } => "longtext",
            SqlType::VarChar { max_length: Some(n) } => return Some(Cow::Owned(format!("varchar({n})"))),
            SqlType::Char { length } => return Some(Cow::Owned(format!("char({})", length.unwrap_or(1)))),
            SqlType::Binary => "longblob",
            SqlType::Date => "date",
            // Without a number they keep whole seconds.
            SqlType::Time => "time(6)",
            // `timestamp` ends in 2038, and is another moment for a session in another time zone.
            SqlType::Timestamp => "datetime(6)",
            SqlType::Json => "json",
            // A column says its labels: see `column_type`.
            SqlType::Enum(_) => "enum",
            SqlType::Custom { name, .. } => return Some(Cow::Owned(name.to_string())),
            SqlType::Money
            | SqlType::Citext
            | SqlType::Timestamptz
            | SqlType::Interval
            | SqlType::Uuid
            | SqlType::Jsonb
            | SqlType::Inet
            | SqlType::Cidr
            | SqlType::MacAddr
            | SqlType::MacAddr8
            | SqlType::Oid
            | SqlType::PgLsn
            | SqlType::Range(_)
            | SqlType::Multirange(_)
            | SqlType::Array(_) => return None,
        }))
    }

    #[cfg(feature = "writer")]
    fn like_type(&self, name: &TypeName) -> Option<SqlType> {
        Some(types::like(name))
    }

    fn known_type(&self, name: &TypeName) -> Option<SqlType> {
        types::known(name)
    }

    fn canonical_type_name(&self, name: TypeName) -> TypeName {
        types::canonical(name)
    }

    fn has_enums(&self) -> bool {
        false
    }

    fn normalize(&self, table: &mut Table) {
        normal::normalize(table);
    }

    fn file_syntax(&self) -> &'static FileSyntax {
        &file::SYNTAX
    }

    /// <https://dev.mysql.com/doc/refman/8.0/en/string-literals.html>
    fn quoted(&self, first: char) -> Option<Quoted> {
        match first {
            '\'' | '"' => Some(Quoted { kind: TokenKind::Text, close: first, escapes: true }),
            '`' => Some(Quoted { kind: TokenKind::Name, close: '`', escapes: false }),
            _ => None,
        }
    }

    /// All texts are of one character set
    /// (<https://dev.mysql.com/doc/refman/8.0/en/charset-introducer.html>).
    fn is_silent(&self, word: &str) -> bool {
        word == "_utf8mb4"
    }

    fn quotation_mark(&self) -> char {
        '`'
    }

    /// A word that begins with `_` may be a character set's, as `_utf8` is
    /// (<https://dev.mysql.com/doc/refman/8.0/en/charset-introducer.html>).
    fn is_reserved(&self, word: &str) -> bool {
        word.starts_with('_') || words::RESERVED.binary_search(&word).is_ok()
    }

    /// With doubled backslashes, as the default `sql_mode` reads it. Where it has `NO_BACKSLASH_ESCAPES`
    /// (<https://dev.mysql.com/doc/refman/8.0/en/sql-mode.html#sqlmode_no_backslash_escapes>), Fenrir
    /// turns that off for its own session; no form of a literal means the same in both modes and can
    /// stand behind `COMMENT` and in `ENUM (…)`.
    fn literal(&self, text: &str) -> String {
        format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    }

    /// An expression is in parentheses always, and so is the default of a text without a length
    /// (<https://dev.mysql.com/doc/refman/8.0/en/data-type-defaults.html>). The time of day is as
    /// precise as the column, or MySQL refuses it.
    fn default(&self, value: &DefaultValue, sql_type: &SqlType) -> String {
        match (value, sql_type) {
            (DefaultValue::Expression(expression), SqlType::Timestamp) if is_now(expression) => {
                "CURRENT_TIMESTAMP(6)".to_owned()
            }
            (DefaultValue::Expression(expression), _) => format!("({expression})"),
            (
                DefaultValue::Text(text),
                SqlType::Text | SqlType::VarChar { max_length: None } | SqlType::Json,
            ) => {
                format!("({})", self.literal(text))
            }
            _ => ddl::default(self, value),
        }
    }

    fn has_comments(&self) -> bool {
        true
    }

    /// Columns and indexes always, tables as the server's file system does.
    fn folds_case(&self) -> bool {
        true
    }

    /// Only a column that leads an index is, and one of a table.
    fn generates_any_column(&self) -> bool {
        false
    }

    /// A column beside it takes its place, which the key would have to do without.
    fn converts_keys(&self) -> bool {
        false
    }

    /// Of a `Timestamp` that Diesel binds, MariaDB makes NULL outside 1970 to 2038, whatever the column's type.
    fn timestamps(&self) -> &'static [&'static str] {
        &["Datetime", "Timestamp"]
    }

    fn timestamptz(&self) -> Option<&'static str> {
        None
    }

    /// Foreign keys in both, checks in MySQL
    /// (<https://dev.mysql.com/doc/refman/8.0/en/create-table-check-constraints.html>).
    fn names_constraints_by_database(&self) -> bool {
        true
    }

    /// <https://dev.mysql.com/doc/refman/8.0/en/create-index.html>
    fn names_indexes_by_table(&self) -> bool {
        true
    }

    /// MariaDB calls a check that was given no name `CONSTRAINT_1`, and so on in each table; those of one have to differ
    /// there (<https://mariadb.com/docs/server/reference/sql-statements/data-definition/constraint>).
    fn repeats_check_name(&self, name: &Identifier) -> bool {
        let number = name.as_str().strip_prefix("CONSTRAINT_");
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// <https://dev.mysql.com/doc/refman/8.0/en/implicit-commit.html>
    fn undoes_ddl(&self) -> bool {
        false
    }

    fn any_text(&self) -> &'static str {
        "LONGTEXT CHARACTER SET utf8mb4"
    }

    fn lacks(&self, table: &Table, schema: &Schema) -> Vec<Lack> {
        limits::lacks(table, schema)
    }

    fn lacks_labels(&self, definition: &EnumType) -> Option<String> {
        limits::lacks_labels(definition)
    }

    fn misreads(&self, expression: &Expression) -> Option<&'static str> {
        limits::misreads(expression)
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
            | SqlType::Numeric { .. } => "0",
            SqlType::Text | SqlType::VarChar { .. } | SqlType::Char { .. } => "''",
            SqlType::Binary => "x''",
            SqlType::Date => "'1970-01-01'",
            SqlType::Time => "'00:00:00'",
            SqlType::Timestamp => "'1970-01-01 00:00:00'",
            SqlType::Json => "'null'",
            SqlType::Enum(name) => {
                return Some(self.literal(schema.labels(name).first().map_or("", String::as_str)));
            }
            // Of the user's own types nothing is known, and the others it has not.
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn script(&self, before: &Schema, after: &Schema, changes: &[Change]) -> Script {
        let mut script = Script::default();
        let mut schema = before.clone();
        script.push_all(
            "what redefined columns must not have, since they would lose it",
            kept_parts::write(changes, before),
        );
        let looked_at = guards::first(changes);
        let mut number = 0;
        for run in ddl::in_runs(changes) {
            let change = &run[0];
            let first = number;
            number += run.len();
            if first == looked_at {
                // The labels are those to be.
                let there = Schema { enums: after.enums.clone(), ..schema.clone() };
                script.push_all(
                    "what must hold of rows, before anything changes",
                    guards::write(changes, &there),
                );
            }
            let helpers = |schema: &Schema| {
                let table = change.table().and_then(|name| schema.tables.get(name));
                table.map(helper_indexes).unwrap_or_default()
            };
            let old = helpers(&schema);
            let old_table = change.table().and_then(|name| schema.tables.get(name)).cloned();
            // That it fits was found before.
            let _ = crate::fold(&mut schema, run);
            let moves = moves(&old, &helpers(&schema));
            match &old_table {
                Some(table) if run.len() > 1 => {
                    let mut actions: Vec<_> =
                        run.iter().filter_map(|change| self.action(change, &schema)).collect();
                    actions.extend(moves);
                    script.push(ddl::about(run), alter(&table.name, &actions));
                }
                Some(table) if changes::is_of_its_own(change) => {
                    changes::write(change, table, &schema, moves, &mut script);
                }
                _ => self.change(change, &schema, moves, &mut script),
            }
        }
        script
    }

    fn frame(&self) -> Option<Frame> {
        None
    }
}

/// The indexes that a table has only since a foreign key needs one, by the key's name.
///
/// InnoDB wants an index that begins with a foreign key's columns, and makes one where there is none;
/// that one stays when the key goes, and goes in silence when another takes its place
/// (<https://dev.mysql.com/doc/refman/8.0/en/create-table-foreign-keys.html>). So that a table is the same
/// by whatever way it came to be, they are made and dropped here, by name.
fn helper_indexes(table: &Table) -> BTreeMap<Identifier, Vec<Identifier>> {
    let keys = table.foreign_keys.iter().filter(|(_, key)| !is_indexed(table, key));
    keys.map(|(name, key)| (name.clone(), key.columns.clone())).collect()
}

fn is_indexed(table: &Table, key: &ForeignKey) -> bool {
    let begins = |index: &Index| {
        let mut parts = index.keys.iter().map(|part| match &part.of {
            // What begins with the greatest is not counted on.
            IndexTarget::Column(column) if !part.descending => Some(column),
            _ => None,
        });
        key.columns.iter().all(|column| parts.next().flatten() == Some(column))
    };
    table.primary_key.columns.starts_with(&key.columns)
        || table.uniques.values().any(|unique| unique.columns.starts_with(&key.columns))
        || table.indexes.values().any(begins)
}

/// What `ALTER TABLE` is told of the helper indexes that a change makes needless or needed.
fn moves(
    old: &BTreeMap<Identifier, Vec<Identifier>>,
    new: &BTreeMap<Identifier, Vec<Identifier>>,
) -> Vec<String> {
    let gone =
        old.keys().filter(|name| !new.contains_key(*name)).map(|name| format!("DROP INDEX {}", quote(name)));
    let come = new.iter().filter(|(name, _)| !old.contains_key(*name));
    gone.chain(come.map(|(name, columns)| format!("ADD {}", helper_index(name, columns)))).collect()
}

fn helper_index(name: &Identifier, columns: &[Identifier]) -> String {
    format!("INDEX {} ({})", quote(name), ddl::quoted_list(&Mysql, columns))
}

fn index(name: &Identifier, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    format!("{unique}INDEX {} ({})", quote(name), ddl::index_keys(&Mysql, index))
}

fn quote(name: &impl ddl::Name) -> String {
    ddl::quote(&Mysql, name)
}

fn alter(table: &TableName, actions: &[String]) -> String {
    match actions {
        [one] => format!("ALTER TABLE {} {one}", quote(table)),
        several => format!("ALTER TABLE {}\n    {}", quote(table), several.join(",\n    ")),
    }
}

impl Mysql {
    /// `schema` is the one with this change made; `moves` are the actions on helper indexes that it needs.
    fn change(&self, change: &Change, schema: &Schema, moves: Vec<String>, script: &mut Script) {
        let mut alter_with = |table: &TableName, action: String| {
            let mut actions = vec![action];
            actions.extend(moves.iter().cloned());
            actions.extend(algorithm::of(change, schema));
            script.push(change, alter(table, &actions));
        };
        match change {
            // The labels stand in each column that has the enum.
            Change::CreateEnum { .. } | Change::DropEnum { .. } | Change::RenameEnum { .. } => {}
            Change::AlterEnum { .. } => enums::alter(change, schema, script),
            // What is left alone is no change of a database.
            Change::ReleaseEnum { .. }
            | Change::AdoptEnum { .. }
            | Change::ReleaseTable { .. }
            | Change::AdoptTable { .. } => {}
            Change::RenameTable { from, to } => {
                script.push(change, alter(from, &[format!("RENAME TO {}", quote(to))]));
            }
            Change::RenameIndex { table, from, to }
            | Change::RenameConstraint { table, kind: ConstraintKind::Unique, from, to } => {
                alter_with(table, format!("RENAME INDEX {} TO {}", quote(from), quote(to)));
            }
            // Every primary key is called PRIMARY.
            Change::AlterPrimaryKey { from, to, .. } if from.columns == to.columns => {}
            Change::AlterPrimaryKey { table, .. }
            | Change::AddColumn { table, backfill: None, .. }
            | Change::DropColumn { table, .. } => {
                if let Some(action) = self.action(change, schema) {
                    alter_with(table, action);
                }
            }
            Change::CreateTable { table } => script.push(change, self.create_table(table, schema)),
            Change::DropTable { table } => script.push(change, format!("DROP TABLE {}", quote(&table.name))),
            Change::AddColumn { table, column, backfill: Some(backfill) } => {
                self.add_filled_column(change, table, column, backfill, schema, script);
            }
            // These need the table as it was: see `changes`.
            Change::RenameColumn { .. } | Change::RenameConstraint { .. } | Change::AlterColumn { .. } => {}
            Change::AddUnique { table, name, definition } => {
                alter_with(table, format!("ADD {}", ddl::unique(self, name, definition)));
            }
            Change::AddCheck { table, name, definition } => {
                alter_with(table, format!("ADD {}", ddl::check(self, name, definition)));
            }
            Change::DropCheck { table, name, .. } => {
                alter_with(table, format!("DROP CONSTRAINT {}", quote(name)));
            }
            Change::AddForeignKey { table, name, definition } => {
                alter_with(table, format!("ADD {}", ddl::foreign_key(self, name, definition)));
            }
            Change::DropForeignKey { table, name, .. } => {
                alter_with(table, format!("DROP FOREIGN KEY {}", quote(name)));
            }
            Change::AddIndex { table, name, definition } => {
                alter_with(table, format!("ADD {}", index(name, definition)));
            }
            // A unique constraint is an index.
            Change::DropUnique { table, name, .. } | Change::DropIndex { table, name, .. } => {
                alter_with(table, format!("DROP INDEX {}", quote(name)));
            }
            Change::SetTableOptions { .. } => options::alter_options(change, schema, script),
            Change::SetTableComment { table, to, .. } => {
                alter_with(table, format!("COMMENT = {}", self.literal(to.as_deref().unwrap_or_default())));
            }
            Change::SetColumnComment { table, column, .. } => {
                let whole = schema.tables.get(table).and_then(|table| table.column(column));
                if let Some(whole) = whole {
                    alter_with(table, self.modify_column(whole, schema));
                }
            }
        }
    }

    /// What `ALTER TABLE` is told of one change of a run.
    fn action(&self, change: &Change, schema: &Schema) -> Option<String> {
        match change {
            Change::AddColumn { column, .. } => Some(format!("ADD COLUMN {}", self.column(column, schema))),
            Change::DropColumn { column, .. } => Some(format!("DROP COLUMN {}", quote(&column.name))),
            Change::AlterPrimaryKey { from, to, .. } => {
                let drop = (!from.columns.is_empty()).then(|| "DROP PRIMARY KEY".to_owned());
                // It is the one name that cannot be said here.
                let key = format!("PRIMARY KEY ({})", ddl::quoted_list(self, &to.columns));
                let add = (!to.columns.is_empty()).then(|| format!("ADD {key}"));
                Some(drop.into_iter().chain(add).collect::<Vec<_>>().join(",\n    "))
            }
            _ => None,
        }
    }

    fn create_table(&self, table: &Table, schema: &Schema) -> String {
        let mut parts: Vec<_> = table.columns.iter().map(|column| self.column(column, schema)).collect();
        parts.extend(ddl::constraints(self, table, true));
        parts.extend(table.indexes.iter().map(|(name, definition)| index(name, definition)));
        parts.extend(helper_indexes(table).iter().map(|(name, columns)| helper_index(name, columns)));
        let mut sql = format!("{} {}", ddl::create_table(self, &table.name, &parts), options::written(table));
        if let Some(comment) = &table.comment {
            sql.push_str(&format!(" COMMENT={}", self.literal(comment)));
        }
        sql
    }

    /// The column comes empty, is filled, and then gets what else it has: a default that came first would
    /// be written into the rows for nothing, and NOT NULL would give them a value that nobody chose.
    fn add_filled_column(
        &self,
        change: &Change,
        table: &TableName,
        column: &Column,
        backfill: &Expression,
        schema: &Schema,
        script: &mut Script,
    ) {
        let name = quote(&column.name);
        let collate = ddl::collate(self, column);
        let empty = format!("ADD COLUMN {name} {}{collate}", column_type(column, schema));
        script.push(change, alter(table, &[empty]));
        let times =
            schema.tables.get(table).map(|table| times_as_they_are(table, &column.name)).unwrap_or_default();
        script.also(format!("UPDATE {} SET {name} = {backfill}{times}", quote(table)));
        if !column.nullable || column.default.is_some() || column.comment.is_some() {
            script.also(alter(table, &[self.modify_column(column, schema)]));
        }
    }

    /// The whole definition: what it does not say, the column loses.
    fn modify_column(&self, column: &Column, schema: &Schema) -> String {
        format!("MODIFY COLUMN {}", self.column(column, schema))
    }

    fn column(&self, column: &Column, schema: &Schema) -> String {
        let mut sql = ddl::column(self, column, &column_type(column, schema));
        if column.auto_increment.is_some() {
            sql.push_str(" AUTO_INCREMENT");
        }
        if let Some(comment) = &column.comment {
            sql.push_str(&format!(" COMMENT {}", self.literal(comment)));
        }
        sql
    }
}

/// What an `UPDATE` ends its list in, so that columns with `ON UPDATE`, which no model says, stay as they are: they do
/// where they are set (<https://dev.mysql.com/doc/refman/8.0/en/timestamp-initialization.html>).
fn times_as_they_are(table: &Table, but: &Identifier) -> String {
    let has_time = |sql_type: &SqlType| match sql_type {
        SqlType::Timestamp => true,
        SqlType::Custom { name, .. } => {
            ["datetime", "timestamp"].iter().any(|word| name.as_str().starts_with(word))
        }
        _ => false,
    };
    let columns = table.columns.iter().filter(|column| column.name != *but && column.generated.is_none());
    let times = columns.filter(|column| has_time(&column.sql_type)).map(|column| quote(&column.name));
    times.map(|name| format!(", {name} = {name}")).collect()
}

fn column_type(column: &Column, schema: &Schema) -> Cow<'static, str> {
    if let SqlType::Enum(name) = &column.sql_type {
        let labels: Vec<_> = schema.labels(name).iter().map(|label| Mysql.literal(label)).collect();
        return Cow::Owned(format!("enum({})", labels.join(", ")));
    }
    Mysql.type_name(&column.sql_type).unwrap_or_default()
}

/// `CURRENT_TIMESTAMP` and what means the same
/// (<https://dev.mysql.com/doc/refman/8.0/en/date-and-time-functions.html#function_now>).
fn is_now(expression: &Expression) -> bool {
    let text = expression.as_str().to_ascii_uppercase();
    let (name, called) = match text.split_once('(') {
        Some((name, rest)) => (name.trim_end(), matches!(rest.trim(), ")" | "6)")),
        None => (text.as_str(), text != "NOW"),
    };
    called && matches!(name, "CURRENT_TIMESTAMP" | "NOW" | "LOCALTIME" | "LOCALTIMESTAMP")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AutoIncrement, Dialect, IndexKey, PrimaryKey, ReferentialAction, diff, invert};

    fn name(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    fn column(text: &str, sql_type: SqlType) -> Column {
        Column {
            name: name(text),
            sql_type,
            nullable: false,
            default: None,
            auto_increment: None,
            generated: None,
            collations: BTreeMap::new(),
            comment: None,
        }
    }

    fn table(text: &str, columns: Vec<Column>) -> Table {
        let mut id = column("id", SqlType::Integer);
        id.auto_increment = Some(AutoIncrement::Identity);
        Table {
            name: name(text).into(),
            columns: std::iter::once(id).chain(columns).collect(),
            primary_key: PrimaryKey { name: name(&format!("{text}_pkey")), columns: vec![name("id")] },
            uniques: BTreeMap::new(),
            checks: BTreeMap::new(),
            foreign_keys: BTreeMap::new(),
            indexes: BTreeMap::new(),
            options: crate::TableOptions::default(),
            comment: None,
        }
    }

    /// A page that points at a user.
    fn pages() -> Schema {
        let mut page = table("page", vec![column("user_id", SqlType::Integer)]);
        let key = ForeignKey {
            columns: vec![name("user_id")],
            references: name("user").into(),
            referenced_columns: vec![name("id")],
            on_delete: ReferentialAction::Cascade,
            on_update: ReferentialAction::NoAction,
            deferral: crate::Deferral::NotDeferrable,
            dialects: crate::Dialects::default(),
        };
        page.foreign_keys.insert(name("page_user_id_fkey"), key);
        let tables = [page, table("user", Vec::new())];
        Schema { tables: tables.map(|table| (table.name.clone(), table)).into(), ..Schema::default() }
    }

    fn page_of(schema: &mut Schema) -> &mut Table {
        schema.tables.get_mut(&name("page").into()).unwrap()
    }

    /// Without what looks at the database first.
    fn sql(before: &Schema, after: &Schema) -> Vec<String> {
        let changes = diff(before, after, &crate::Renames::default());
        let script = Dialect::Mysql.script(before, &changes).unwrap();
        let statements = script.statements.into_iter().map(|statement| statement.sql);
        statements.filter(|sql| !sql.contains("fenrir_guard")).collect()
    }

    #[test]
    fn a_table_is_one_statement() {
        let statements = sql(&Schema::default(), &pages());
        assert_eq!(
            statements,
            [
                "CREATE TABLE user (\n    id int NOT NULL AUTO_INCREMENT,\n    CONSTRAINT user_pkey PRIMARY KEY (id)\n) \
                 ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
                "CREATE TABLE page (\n    id int NOT NULL AUTO_INCREMENT,\n    user_id int NOT NULL,\n    \
                 CONSTRAINT page_pkey PRIMARY KEY (id),\n    \
                 CONSTRAINT page_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE,\n    \
                 INDEX page_user_id_fkey (user_id)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
            ]
        );
    }

    #[test]
    fn a_foreign_key_takes_its_index_with_it() {
        let mut without = pages();
        page_of(&mut without).foreign_keys.clear();
        assert_eq!(
            sql(&pages(), &without),
            [
                "ALTER TABLE page\n    DROP FOREIGN KEY page_user_id_fkey,\n    DROP INDEX page_user_id_fkey,\n    ALGORITHM=INPLACE"
            ]
        );
        let added = sql(&without, &pages());
        assert!(
            added[0].ends_with("ON DELETE CASCADE,\n    ADD INDEX page_user_id_fkey (user_id)"),
            "{added:?}"
        );
    }

    #[test]
    fn an_index_of_the_models_takes_the_place_of_the_keys_own_and_gives_it_back() {
        let mut indexed = pages();
        let keys = vec![IndexKey::new(IndexTarget::Column(name("user_id")))];
        let index = Index { keys, ..Index::default() };
        page_of(&mut indexed).indexes.insert(name("ix"), index.clone());
        assert_eq!(
            sql(&pages(), &indexed),
            [
                "ALTER TABLE page\n    ADD INDEX ix (user_id),\n    DROP INDEX page_user_id_fkey,\n    ALGORITHM=INPLACE"
            ]
        );
        assert_eq!(
            sql(&indexed, &pages()),
            [
                "ALTER TABLE page\n    DROP INDEX ix,\n    ADD INDEX page_user_id_fkey (user_id),\n    ALGORITHM=INPLACE"
            ]
        );
        // One that begins otherwise does not.
        let mut other = pages();
        let mut descending = index;
        descending.keys[0].descending = true;
        page_of(&mut other).indexes.insert(name("ix"), descending);
        assert_eq!(
            sql(&pages(), &other),
            ["ALTER TABLE page\n    ADD INDEX ix (user_id DESC),\n    ALGORITHM=INPLACE"]
        );
    }

    #[test]
    fn a_comment_repeats_the_whole_column() {
        let mood = name("mood");
        let mut column = column("state", SqlType::Enum(mood.clone()));
        column.default = Some(DefaultValue::Text("it's".to_owned()));
        let mut before = Schema::default();
        before.enums.insert(mood, EnumType { labels: vec!["it's".to_owned(), r"\".to_owned()] });
        before.tables.insert(name("page").into(), table("page", vec![column]));
        let mut after = before.clone();
        page_of(&mut after).columns[1].comment = Some("its state".to_owned());
        page_of(&mut after).columns[0].comment = Some("generated".to_owned());
        assert_eq!(
            sql(&before, &after),
            [
                "ALTER TABLE page\n    MODIFY COLUMN id int NOT NULL AUTO_INCREMENT COMMENT 'generated',\n    ALGORITHM=INPLACE, LOCK=NONE",
                "ALTER TABLE page\n    MODIFY COLUMN state enum('it''s', '\\\\') NOT NULL DEFAULT 'it''s' COMMENT 'its state',\n    \
                 ALGORITHM=INPLACE, LOCK=NONE",
            ]
        );
    }

    #[test]
    fn a_column_is_filled_before_it_is_not_null() {
        let mut column = column("title", SqlType::Text);
        column.default = Some(DefaultValue::Text("none".to_owned()));
        let schema = pages();
        let change = Change::AddColumn {
            table: name("page").into(),
            column,
            backfill: Some(Expression::new("concat('page ', id)").unwrap()),
        };
        let script = Dialect::Mysql.script(&schema, &[change]).unwrap();
        assert_eq!(
            script.bare_sql(),
            "ALTER TABLE page ADD COLUMN title longtext;\n\
             UPDATE page SET title = concat('page ', id);\n\
             ALTER TABLE page MODIFY COLUMN title longtext NOT NULL DEFAULT ('none');\n"
        );
    }

    #[test]
    fn an_enum_alone_is_nothing_to_do() {
        let definition = EnumType { labels: vec!["a".to_owned()] };
        let changes = [Change::CreateEnum { name: name("mood"), definition }];
        assert!(Dialect::Mysql.script(&Schema::default(), &changes).unwrap().statements.is_empty());
        assert_eq!(invert(&changes).len(), 1);
    }

    #[test]
    fn defaults_are_as_both_servers_take_them() {
        let expression = |text: &str| DefaultValue::Expression(Expression::new(text).unwrap());
        let text = DefaultValue::Text("x".to_owned());
        for (value, sql_type, expected) in [
            (expression("CURRENT_TIMESTAMP"), SqlType::Timestamp, "CURRENT_TIMESTAMP(6)"),
            (expression("now()"), SqlType::Timestamp, "CURRENT_TIMESTAMP(6)"),
            (expression("CURRENT_TIMESTAMP"), SqlType::Date, "(CURRENT_TIMESTAMP)"),
            (expression("CURRENT_DATE"), SqlType::Date, "(CURRENT_DATE)"),
            (expression("now() + interval 1 day"), SqlType::Timestamp, "(now() + interval 1 day)"),
            (text.clone(), SqlType::Text, "('x')"),
            (text.clone(), SqlType::Json, "('x')"),
            (text, SqlType::VarChar { max_length: Some(9) }, "'x'"),
        ] {
            assert_eq!(Mysql.default(&value, &sql_type), expected);
        }
    }

    #[test]
    fn names_and_literals_cannot_be_left() {
        assert_eq!(quote(&name("a`; DROP TABLE b")), "`a``; DROP TABLE b`");
        assert_eq!(quote(&name("_utf8")), "`_utf8`");
        assert_eq!(quote(&name("user")), "user");
        assert_eq!(Mysql.literal(r"\'; DROP TABLE page"), r"'\\''; DROP TABLE page'");
    }
}
