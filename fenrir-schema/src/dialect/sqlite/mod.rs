//! SQLite, 3.35 and later (JSONB columns with a default: 3.45).
//!
//! What ALTER TABLE can do is done by it; for the rest the table is built anew, its rows copied, the
//! old one dropped and the new one renamed (<https://www.sqlite.org/lang_altertable.html#otheralter>).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

mod file;
mod indexes;
mod normal;
mod options;
mod rebuilds;
mod renames;
mod types;
mod values;
mod words;

use super::{Dialect, Lack, Part, Quoted, Rules, ddl, needs_value};
use crate::sql_file::FileSyntax;
use crate::{
    Change, Column, DefaultValue, Expression, Frame, GeneratedKind, Identifier, Schema, Script, SqlType,
    Table, TableName, TableOptions, TokenKind, TypeName, digest,
};

pub(super) struct Sqlite;

/// A rebuild drops a table that others point at. With foreign keys on, that deletes or nulls their
/// rows; the pragma does nothing inside a transaction, so the file opens its own. With
/// `legacy_alter_table` the rename leaves alone what already points at the name.
///
/// `fenrir_guard` fails the transaction where rows would be left without their parents.
const FRAME: Frame = Frame {
    about: "\
A table is built anew below, for which foreign keys must be off, or the rows of others would go with the old one.
That cannot be set inside a transaction: this file opens its own. It keeps nothing where a row would be left without
the row that it refers to, which the tables fenrir_guard and fenrir_orphans tell.
",
    set: "\
PRAGMA foreign_keys = OFF;
PRAGMA legacy_alter_table = ON;
",
    begin: "BEGIN IMMEDIATE;\n",
    enter: "\
CREATE TEMP TABLE fenrir_guard (
    orphans INTEGER
        CONSTRAINT \"rows would be left without the row that they refer to\"
        CHECK (orphans = 0),
    triggers INTEGER
        CONSTRAINT \"a table to be rebuilt has triggers that would be lost: drop them first\"
        CHECK (triggers = 0),
    indexes INTEGER
        CONSTRAINT \"a table to be rebuilt has indexes of other makers that would be lost: drop them first\"
        CHECK (indexes = 0)
);
INSERT INTO fenrir_guard (orphans) VALUES (0);
CREATE TEMP TABLE fenrir_orphans AS
    SELECT c.\"table\" AS name, k.\"from\" AS key, c.rowid AS number
    FROM pragma_foreign_key_check c JOIN pragma_foreign_key_list(c.\"table\") k ON k.id = c.fkid;
",
    leave: "\
UPDATE fenrir_guard SET orphans = (
    SELECT count(*) FROM (
        SELECT c.\"table\", k.\"from\", c.rowid
        FROM pragma_foreign_key_check c JOIN pragma_foreign_key_list(c.\"table\") k ON k.id = c.fkid
        EXCEPT SELECT name, key, number FROM fenrir_orphans
    )
);
DROP TABLE temp.fenrir_orphans;
DROP TABLE temp.fenrir_guard;
",
    commit: "COMMIT;\n",
    reset: "\
PRAGMA legacy_alter_table = OFF;
PRAGMA foreign_keys = ON;
",
};

impl Rules for Sqlite {
    /// In a table that is not strict: see `options`. The declared type is a name that a reader knows and that gives the affinity that Diesel's
    /// values need (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>). `JSON`
    /// alone would have numeric affinity, and turn the text `12345678901234567890` into a float.
    fn type_name(&self, sql_type: &SqlType) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match sql_type {
            SqlType::Bool => "BOOLEAN",
            SqlType::SmallInt => "SMALLINT",
            SqlType::Integer => "INTEGER",
            SqlType::BigInt => "BIGINT",
            SqlType::Float => "FLOAT",
            SqlType::Double => "DOUBLE",
            SqlType::Numeric { precision: Some(p), scale: Some(s) } => {
                return Some(Cow::Owned(format!("NUMERIC({p}, {s})")));
            }
            SqlType::Numeric { precision: Some(p), scale: None } => {
                return Some(Cow::Owned(format!("NUMERIC({p})")));
            }
            SqlType::Numeric { .. } => "NUMERIC",
            SqlType::Text | SqlType::Enum(_) => "TEXT",
            SqlType::VarChar { max_length: Some(n) } => return Some(Cow::Owned(format!("VARCHAR({n})"))),
            SqlType::VarChar { max_length: None } => "VARCHAR",
            SqlType::Char { length } => return Some(Cow::Owned(format!("CHAR({})", length.unwrap_or(1)))),
            SqlType::Binary => "BLOB",
            SqlType::Date => "DATE",
            SqlType::Time => "TIME",
            SqlType::Timestamp => "TIMESTAMP",
            SqlType::Timestamptz => "TIMESTAMPTZ",
            SqlType::Json => "JSON TEXT",
            SqlType::Jsonb => "JSONB",
            SqlType::Custom { name, .. } => return Some(Cow::Owned(name.to_string())),
            SqlType::TinyInt
            | SqlType::Unsigned(_)
            | SqlType::Money
            | SqlType::Citext
            | SqlType::Interval
            | SqlType::Uuid
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

    fn type_name_in(&self, of: &TableOptions, sql_type: &SqlType) -> Option<Cow<'static, str>> {
        if of.sqlite.strict { Some(options::strict_name(sql_type)) } else { self.type_name(sql_type) }
    }

    fn known_type_in(&self, of: &TableOptions, name: &TypeName) -> Option<SqlType> {
        if of.sqlite.strict { types::known_strict(name) } else { self.known_type(name) }
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

    /// <https://www.sqlite.org/lang_keywords.html>
    fn quoted(&self, first: char) -> Option<Quoted> {
        let (kind, close) = match first {
            '\'' => (TokenKind::Text, '\''),
            '"' | '`' => (TokenKind::Name, first),
            '[' => (TokenKind::Name, ']'),
            _ => return None,
        };
        Some(Quoted { kind, close, escapes: false })
    }

    fn is_reserved(&self, word: &str) -> bool {
        words::RESERVED.binary_search(&word).is_ok()
    }

    fn literal(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    fn default(&self, value: &DefaultValue, sql_type: &SqlType) -> String {
        match (value, sql_type) {
            // Diesel reads JSONB from SQLite's binary form only.
            (DefaultValue::Text(text), SqlType::Jsonb) => format!("(jsonb({}))", self.literal(text)),
            _ => ddl::default(self, value),
        }
    }

    fn folds_case(&self) -> bool {
        true
    }

    fn has_comments(&self) -> bool {
        false
    }

    /// Only an `INTEGER PRIMARY KEY` is.
    fn generates_any_column(&self) -> bool {
        false
    }

    fn timestamptz(&self) -> Option<&'static str> {
        Some("TimestamptzSqlite")
    }

    fn lacks(&self, table: &Table, _: &Schema) -> Vec<Lack> {
        let mut lacks = indexes::lacks(table);
        lacks.extend(table.columns.iter().filter_map(lack_of_collation));
        lacks.extend(options::lacks(table));
        lacks
    }

    fn stand_in(&self, sql_type: &SqlType, schema: &Schema) -> Option<String> {
        let value = match sql_type {
            SqlType::Bool => "FALSE",
            SqlType::SmallInt
            | SqlType::Integer
            | SqlType::BigInt
            | SqlType::Float
            | SqlType::Double
            | SqlType::Numeric { .. } => "0",
            SqlType::Text | SqlType::VarChar { .. } | SqlType::Char { .. } => "''",
            SqlType::Binary => "x''",
            SqlType::Date => "'1970-01-01'",
            SqlType::Time => "'00:00:00'",
            SqlType::Timestamp => "'1970-01-01 00:00:00'",
            SqlType::Timestamptz => "'1970-01-01 00:00:00+00:00'",
            SqlType::Json => "'null'",
            SqlType::Jsonb => "jsonb('null')",
            SqlType::Enum(name) => {
                return Some(self.literal(schema.labels(name).first().map_or("", String::as_str)));
            }
            // Of the user's own types nothing is known, and the others it has not.
            _ => return None,
        };
        Some(value.to_owned())
    }

    /// An expression of the old table, from which the new one is filled.
    fn row_number(&self) -> Option<&'static str> {
        Some("rowid")
    }

    fn script(&self, before: &Schema, _: &Schema, changes: &[Change]) -> Script {
        script(before, changes)
    }

    fn frame(&self) -> Option<Frame> {
        Some(FRAME)
    }

    fn rebuilds<'a>(&self, body: &'a str) -> Vec<(Option<Identifier>, &'a str)> {
        rebuilds::find(body)
    }
}

/// Renames in their order, and what lies between them table by table.
fn script(before: &Schema, changes: &[Change]) -> Script {
    let mut runs = Vec::new();
    let mut schema = before.clone();
    // Whose constraints are named after what they are no more.
    let mut misnamed = BTreeSet::new();
    for run in changes.chunk_by(|a, b| a.is_rename() == b.is_rename()) {
        let from = schema.clone();
        for change in run {
            misnamed = renames::misnamed(misnamed, &schema, change);
            // That it fits was found before.
            let _ = crate::fold(&mut schema, std::slice::from_ref(change));
        }
        let to = schema.clone();
        let rebuilt = if run[0].is_rename() { BTreeSet::new() } else { std::mem::take(&mut misnamed) };
        runs.push((from, to, run, rebuilt));
    }
    if !misnamed.is_empty() {
        runs.push((schema.clone(), schema, &[], misnamed));
    }
    let plans: Vec<_> =
        runs.iter().map(|(from, to, run, misnamed)| Plan::new(from, to, run, misnamed)).collect();
    let framed = plans.iter().any(Plan::needs_frame);
    let mut script = Script { frame: framed.then_some(FRAME), ..Script::default() };
    for (plan, (_, _, run, _)) in plans.iter().zip(&runs) {
        if run.first().is_some_and(Change::is_rename) {
            renames::write(run, framed, &mut script);
        } else {
            plan.write(&mut script);
        }
    }
    script
}

/// Others are functions of a connection's own, which plain SQLite does not know
/// (<https://www.sqlite.org/datatype3.html#collating_sequences>).
fn lack_of_collation(column: &Column) -> Option<Lack> {
    let collation = column.collations.get(&Dialect::Sqlite)?;
    let is_its_own = ["BINARY", "NOCASE", "RTRIM"]
        .iter()
        .any(|own| collation.schema().is_none() && collation.name().as_str().eq_ignore_ascii_case(own));
    (!is_its_own).then(|| Lack {
        part: Part::Collation(column.name.clone()),
        message: format!("SQLite has the collations `BINARY`, `NOCASE` and `RTRIM`, and no `{collation}`"),
    })
}

/// The changes, sorted by what becomes of each table.
struct Plan<'a> {
    before: &'a Schema,
    after: &'a Schema,
    created: BTreeSet<&'a TableName>,
    dropped: BTreeSet<&'a TableName>,
    altered: BTreeMap<&'a TableName, Vec<&'a Change>>,
    /// What is rebuilt whatever its changes are.
    misnamed: &'a BTreeSet<TableName>,
}

impl<'a> Plan<'a> {
    fn new(
        before: &'a Schema,
        after: &'a Schema,
        changes: &'a [Change],
        misnamed: &'a BTreeSet<TableName>,
    ) -> Self {
        let created = after.tables.keys().filter(|name| !before.tables.contains_key(*name)).collect();
        let dropped = before.tables.keys().filter(|name| !after.tables.contains_key(*name)).collect();
        let stays = |name: &TableName| before.tables.contains_key(name) && after.tables.contains_key(name);
        let mut altered: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for name in misnamed {
            if let Some((name, _)) = before.tables.get_key_value(name).filter(|(name, _)| stays(name)) {
                altered.insert(name, Vec::new());
            }
        }
        for change in changes {
            if let Change::AlterEnum { name, .. } = change {
                for table in before.tables.values().filter(|table| stays(&table.name)) {
                    let has_it = |column: &Column| column.sql_type.enum_name() == Some(name);
                    let gets_it =
                        |change: &&Change| matches!(change, Change::AlterColumn { to, .. } if has_it(to));
                    let so_far = altered.get(&table.name).map(Vec::as_slice).unwrap_or_default();
                    if table.columns.iter().any(has_it) || so_far.iter().any(gets_it) {
                        altered.entry(&table.name).or_default().push(change);
                    }
                }
            }
            // SQLite has no comments, and an enum is a check on each column that has it.
            let silent = matches!(change, Change::SetTableComment { .. } | Change::SetColumnComment { .. });
            if let Some(table) = change.table().filter(|name| !silent && stays(name)) {
                altered.entry(table).or_default().push(change);
            }
        }
        Self { before, after, created, dropped, altered, misnamed }
    }

    fn needs_frame(&self) -> bool {
        self.altered.iter().any(|(name, changes)| self.needs_rebuild(name, changes)) || self.drops_a_circle()
    }

    fn write(&self, script: &mut Script) {
        let (rebuilt, altered): (Vec<_>, Vec<_>) =
            self.altered.iter().partition(|(name, changes)| self.needs_rebuild(name, changes));
        // Those of rebuilt tables too: their names may be wanted before their tables are.
        for changes in self.altered.values() {
            drop_indexes(changes, script);
        }
        self.free_names(script);
        for (name, changes) in &altered {
            alter(&self.after.tables[**name], changes, script);
        }
        for (name, changes) in &rebuilt {
            self.rebuild(name, changes, script);
        }
        if !self.dropped.is_empty() {
            script.push("nothing else may refer to what goes", self.guard_referrers());
        }
        // A column may be filled from a table that goes.
        for name in self.before.creation_order(&self.dropped).into_iter().rev() {
            script.push(format_args!("drop table `{name}`"), format!("DROP TABLE {}", quote(name)));
        }
        for name in self.after.creation_order(&self.created) {
            let table = &self.after.tables[name];
            script.push(format_args!("create table `{name}`"), create_table(table, name, self.after));
            create_indexes(table, script);
        }
        for (_, changes) in &altered {
            add_indexes(changes, self.after, script);
        }
    }

    /// Fails where another table points at one that goes, which none of ours does by then: with foreign keys
    /// on, its rows would be deleted or emptied first
    /// (<https://www.sqlite.org/lang_droptable.html>).
    fn guard_referrers(&self) -> String {
        let literal = |name: &&TableName| Sqlite.literal(&name.name.as_str().to_ascii_lowercase());
        let ours = self.dropped.iter().map(literal).collect::<Vec<_>>().join(", ");
        format!(
            "SELECT CASE WHEN count(*) > 0 THEN json_extract('null', group_concat(\n        \
             'the table `' || k.\"table\" || '`, which is to go, is referred to by ' || m.name, '; '\n    )) END\n    \
             FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k\n    \
             WHERE m.type = 'table' AND k.seq = 0\n    \
             AND lower(k.\"table\") IN ({ours})\n    AND lower(m.name) NOT IN ({ours})"
        )
    }

    /// Drops the indexes of tables that go whose names others get: they are those of the whole database.
    fn free_names(&self, script: &mut Script) {
        for table in &self.dropped {
            let wanted = |name: &&Identifier| {
                let mut tables = self.after.tables.values();
                tables.any(|table| {
                    table.indexes.keys().any(|index| index.as_str().eq_ignore_ascii_case(name.as_str()))
                })
            };
            for name in self.before.tables[*table].indexes.keys().filter(wanted) {
                script.push(
                    format_args!("drop index `{name}` of `{table}`"),
                    format!("DROP INDEX {}", quote(name)),
                );
            }
        }
    }

    fn needs_rebuild(&self, name: &TableName, changes: &[&Change]) -> bool {
        let before = &self.before.tables[name];
        self.misnamed.contains(name)
            || changes.iter().any(|change| match change {
                Change::AddIndex { .. } | Change::DropIndex { .. } | Change::RenameIndex { .. } => false,
                change if change.is_rename() => false,
                Change::AddColumn { column, backfill, .. } => !can_add(column, backfill.as_ref()),
                Change::DropColumn { column, .. } => !can_drop(before, &column.name),
                _ => true,
            })
    }

    /// With foreign keys on, dropping a table deletes its rows first; in a circle there is always
    /// one that others still point at.
    fn drops_a_circle(&self) -> bool {
        let mut gone = BTreeSet::new();
        for name in self.before.creation_order(&self.dropped) {
            // A table that points at itself is a circle of one.
            let points_ahead = |target: &TableName| self.dropped.contains(target) && !gone.contains(target);
            if self.before.tables[name].foreign_keys.values().any(|key| points_ahead(&key.references)) {
                return true;
            }
            gone.insert(name);
        }
        false
    }

    fn rebuild(&self, name: &TableName, changes: &[&Change], script: &mut Script) {
        let (old, new) = (&self.before.tables[name], &self.after.tables[name]);
        let mut about: Vec<_> = changes.iter().map(ToString::to_string).collect();
        if about.is_empty() {
            about.push("name its constraints anew".to_owned());
        }
        script
            .push(format_args!("rebuild table `{name}`: {}", about.join("; ")), rebuilds::guard_objects(old));
        script.also(rebuilds::guard_parts(old));
        for guard in values::guards(old, changes, self.after).into_iter().chain(options::guards(old, new)) {
            script.also(guard);
        }
        // Named after what it will hold: the same for every run, and nobody else's.
        let text = create_table(new, name, self.after);
        let temporary = Identifier::generated(
            [&name.name],
            &format!("rebuilt_{}", &digest::sha256_hex(text.as_bytes())[..8]),
        );
        let temporary = TableName::from(temporary);
        script.also(create_table(new, &temporary, self.after));
        script.also(copy_rows(old, new, &temporary, changes));
        if has_sequence(new) && has_sequence(old) {
            // A key that was given out once must not be given out again.
            let (old, new) = (Sqlite.literal(name.name.as_str()), Sqlite.literal(temporary.name.as_str()));
            script.also(format!("DELETE FROM sqlite_sequence WHERE name = {new}"));
            script.also(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
            ));
        }
        script.also(format!("DROP TABLE {}", quote(name)));
        script.also(format!("ALTER TABLE {} RENAME TO {}", quote(&temporary), quote(name)));
        create_indexes(new, script);
    }
}

fn quote(name: &impl ddl::Name) -> String {
    ddl::quote(&Sqlite, name)
}

fn drop_indexes(changes: &[&Change], script: &mut Script) {
    for change in changes {
        if let Change::DropIndex { name, .. } | Change::RenameIndex { from: name, .. } = change {
            script.push(change, format!("DROP INDEX {}", quote(name)));
        }
    }
}

fn add_indexes(changes: &[&Change], after: &Schema, script: &mut Script) {
    for change in changes {
        if let Change::AddIndex { table, name, definition } = change {
            script.push(change, ddl::create_index(&Sqlite, table, name, definition));
        } else if let Change::RenameIndex { table, to, .. } = change {
            let index = after.tables.get(table).and_then(|table| table.indexes.get(to));
            script.push_all(change, index.map(|index| ddl::create_index(&Sqlite, table, to, index)));
        }
    }
}

fn alter(new: &Table, changes: &[&Change], script: &mut Script) {
    for change in changes {
        match change {
            Change::DropColumn { table, column } => {
                script.push(
                    change,
                    format!("ALTER TABLE {} DROP COLUMN {}", quote(table), quote(&column.name)),
                );
            }
            Change::AddColumn { table, column, backfill } => {
                let (table, name) = (quote(table), quote(&column.name));
                script.push(change, format!("ALTER TABLE {table} ADD COLUMN {}", plain_column(column, new)));
                if let Some(backfill) = backfill {
                    script.also(format!("UPDATE {table} SET {name} = {backfill}"));
                }
            }
            _ => {}
        }
    }
}

/// What ALTER TABLE takes for a new column; keys, checks and an enum's check come as changes of
/// their own, or with the type.
fn can_add(column: &Column, backfill: Option<&Expression>) -> bool {
    if let Some(generated) = &column.generated {
        return generated.kind == GeneratedKind::Virtual;
    }
    let constant = match &column.default {
        None => column.nullable,
        Some(DefaultValue::Expression(_)) => false,
        Some(DefaultValue::Text(_)) => column.sql_type != SqlType::Jsonb,
        Some(DefaultValue::Number(_) | DefaultValue::Bool(_)) => true,
    };
    constant && !matches!(column.sql_type, SqlType::Enum(_)) && !(backfill.is_some() && needs_value(column))
}

/// DROP COLUMN refuses a column that is in a key; those of the table before count, since they go in
/// the same rebuild.
fn can_drop(table: &Table, column: &Identifier) -> bool {
    !table.primary_key.columns.contains(column)
        && !table.uniques.values().any(|unique| unique.columns.contains(column))
        && !table.foreign_keys.values().any(|key| key.columns.contains(column))
        && table.columns.len() > 1
}

/// Whether SQLite keeps the greatest key that the table ever had.
fn has_sequence(table: &Table) -> bool {
    table.columns.iter().any(|column| column.auto_increment.is_some())
}

fn create_table(table: &Table, name: &TableName, schema: &Schema) -> String {
    let mut parts: Vec<_> = table.columns.iter().map(|column| self::column(column, table, schema)).collect();
    parts.extend(ddl::constraints(&Sqlite, table, !has_sequence(table)));
    ddl::create_table(&Sqlite, name, &parts) + &options::written(table)
}

fn create_indexes(table: &Table, script: &mut Script) {
    for (name, index) in &table.indexes {
        script.also(ddl::create_index(&Sqlite, &table.name, name, index));
    }
}

fn plain_column(column: &Column, table: &Table) -> String {
    ddl::column(&Sqlite, column, &options::type_name(table, &column.sql_type))
}

fn column(column: &Column, table: &Table, schema: &Schema) -> String {
    if column.auto_increment.is_some() {
        // Whatever the integer's size, only the type INTEGER is generated.
        return format!(
            "{} INTEGER NOT NULL CONSTRAINT {} PRIMARY KEY AUTOINCREMENT",
            quote(&column.name),
            quote(&table.primary_key.name)
        );
    }
    let mut sql = plain_column(column, table);
    if let SqlType::Enum(name) = &column.sql_type {
        let labels: Vec<_> = schema.labels(name).iter().map(|label| Sqlite.literal(label)).collect();
        sql.push_str(&format!(
            " CONSTRAINT {} CHECK ({} IN ({}))",
            quote(&Identifier::generated([&table.name.name, &column.name], "enum")),
            quote(&column.name),
            labels.join(", ")
        ));
    }
    sql
}

/// Copies what both have, and fills what is new. Columns are qualified, since SQLite takes a quoted
/// name that it does not know for a text.
fn copy_rows(old: &Table, new: &Table, temporary: &TableName, changes: &[&Change]) -> String {
    let (mut into, mut from) = (Vec::new(), Vec::new());
    // Without an INTEGER PRIMARY KEY the rowid is a value of its own, which a copy would lose.
    let is_alias = |table: &Table| match table.primary_key.columns.as_slice() {
        [key] => table
            .column(key)
            .is_some_and(|column| column.sql_type == SqlType::Integer || column.auto_increment.is_some()),
        _ => false,
    };
    let named =
        |table: &Table| table.columns.iter().any(|column| column.name.as_str().eq_ignore_ascii_case("rowid"));
    let has_rowid = |table: &Table| !table.options.sqlite.without_rowid && !is_alias(table) && !named(table);
    let with_rowid = has_rowid(old) && has_rowid(new);
    if with_rowid {
        into.push("rowid".to_owned());
        from.push(format!("{}.rowid", quote(&old.name)));
    }
    for column in new.columns.iter().filter(|column| column.generated.is_none()) {
        match values::copied(old, column, changes) {
            Some(value) => from.push(value),
            // Its default, or NULL.
            None => continue,
        }
        into.push(quote(&column.name));
    }
    format!(
        "INSERT INTO {} ({})\n    SELECT {}\n    FROM {}",
        quote(temporary),
        into.join(", "),
        from.join(", "),
        values::source(old, changes, with_rowid)
    )
}
