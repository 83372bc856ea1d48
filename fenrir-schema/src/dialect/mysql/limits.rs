//! What MySQL and MariaDB cannot have, found in the models and not when a migration runs.

mod collations;
mod generated;

use std::collections::BTreeSet;

use super::{helper_indexes, options};
use crate::dialect::{Lack, Part, lack};
use crate::table::{IndexTarget, listed};
use crate::{
    Column, Deferral, EnumType, Expression, ForeignKey, Identifier, IntegerSize, ReferentialAction, Schema,
    SqlType, Table,
};

/// How many bytes of a row, without its texts of any length
/// (<https://dev.mysql.com/doc/refman/8.0/en/column-count-limit.html>).
const ROW_BYTES: u64 = 65_535;
const VARCHAR_CHARACTERS: u32 = 16_383;
const CHAR_CHARACTERS: u32 = 255;
const TABLE_COMMENT_CHARACTERS: usize = 2048;
const COLUMN_COMMENT_CHARACTERS: usize = 1024;
const LABEL_CHARACTERS: usize = 255;

pub(super) fn lacks(table: &Table, schema: &Schema) -> Vec<Lack> {
    let mut limits = Limits {
        table,
        character_bytes: options::character_bytes(table),
        lacks: lack::of_postgres(table, "MySQL/MariaDB"),
    };
    limits.lacks.extend(options::lacks(table, schema));
    limits.names();
    limits.columns();
    limits.indexes();
    limits.foreign_keys(schema);
    limits.lacks.extend(generated::lacks(table, schema));
    limits.lacks.extend(collations::lacks(table, schema));
    limits.checks();
    limits.lacks
}

struct Limits<'a> {
    table: &'a Table,
    /// How many bytes a character of its texts can have.
    character_bytes: u64,
    lacks: Vec<Lack>,
}

impl Limits<'_> {
    fn lack(&mut self, part: Part, message: impl Into<String>) {
        self.lacks.push(Lack { part, message: message.into() });
    }

    /// <https://dev.mysql.com/doc/refman/8.0/en/identifiers.html>
    fn names(&mut self) {
        let table = self.table;
        let columns = table.columns.iter().map(|column| (Part::Column(column.name.clone()), &column.name));
        let uniques = table.uniques.keys().map(|name| (Part::Named(name.clone()), name));
        let indexes = table.indexes.keys().map(|name| (Part::Named(name.clone()), name));
        let checks = table.checks.keys().map(|name| (Part::Named(name.clone()), name));
        let keys = table.foreign_keys.keys().map(|name| (Part::Named(name.clone()), name));
        let all =
            std::iter::once((Part::Table, &table.name.name)).chain(columns).chain(uniques).chain(indexes);
        for (part, name) in all.chain(checks).chain(keys) {
            let text = name.as_str();
            if text.ends_with(' ') {
                self.lack(
                    part,
                    format!("MySQL/MariaDB takes no name with a blank at its end, as `{name}` has"),
                );
            } else if text.chars().any(|c| u32::from(c) > 0xFFFF) {
                self.lack(
                    part,
                    format!("MySQL/MariaDB takes no name with a character beyond U+FFFF, as `{name}` has"),
                );
            }
        }
        // A foreign key may have an index of its name.
        for name in table.uniques.keys().chain(table.indexes.keys()).chain(table.foreign_keys.keys()) {
            let text = name.as_str();
            if text.eq_ignore_ascii_case("primary") || text.eq_ignore_ascii_case("gen_clust_index") {
                self.lack(
                    Part::Named(name.clone()),
                    format!(
                        "`{name}` is MySQL/MariaDB's own name for an index: give another, with `name = \"…\"`"
                    ),
                );
            }
        }
    }

    fn columns(&mut self) {
        let table = self.table;
        if table.comment.as_ref().is_some_and(|text| text.chars().count() > TABLE_COMMENT_CHARACTERS) {
            self.lack(Part::Table, long_comment("table", TABLE_COMMENT_CHARACTERS));
        }
        for column in &table.columns {
            let part = || Part::Column(column.name.clone());
            match &column.sql_type {
                SqlType::Custom { name, .. } if name.as_str().starts_with("enum(") => self.lack(
                    part(),
                    format!("`{name}` is an enum: make it a Rust enum that derives `DbEnum`, without `type_name`"),
                ),
                SqlType::VarChar { max_length: Some(n) } if *n > VARCHAR_CHARACTERS => self.lack(
                    part(),
                    format!(
                        "MySQL/MariaDB takes a `max_length` of up to {VARCHAR_CHARACTERS}: leave it out, for a text of \
                         any length"
                    ),
                ),
                SqlType::Char { length: Some(n) } if *n > CHAR_CHARACTERS => self.lack(
                    part(),
                    format!("MySQL/MariaDB takes a Char of up to {CHAR_CHARACTERS} characters: use VarChar"),
                ),
                SqlType::Numeric { precision: None, scale: None } => self.lack(
                    part(),
                    "MySQL/MariaDB would keep nothing after the point of this number: say how much with `precision` and \
                     `scale`",
                ),
                SqlType::Numeric { precision: Some(p), scale }
                    if *p == 0 || *p > 65 || scale.is_some_and(|scale| scale > 30 || scale > *p) =>
                {
                    self.lack(
                        part(),
                        "MySQL/MariaDB takes a `precision` of up to 65, and in it a `scale` of up to 30",
                    );
                }
                _ => {}
            }
            if column.comment.as_ref().is_some_and(|text| text.chars().count() > COLUMN_COMMENT_CHARACTERS) {
                self.lack(part(), long_comment("column", COLUMN_COMMENT_CHARACTERS));
            }
        }
        let row: u64 = table.columns.iter().map(|column| self.bytes(&column.sql_type).unwrap_or(12)).sum();
        if self.lacks.is_empty() && row > ROW_BYTES {
            self.lack(
                Part::Table,
                format!(
                    "the columns of this table can have {row} bytes in a row ({} for each character), and \
                     MySQL/MariaDB takes {ROW_BYTES}: leave `max_length` out where texts are long, which keeps them apart",
                    self.character_bytes
                ),
            );
        }
    }

    /// Each index that the table will have, whoever asks for it.
    fn indexes(&mut self) {
        let table = self.table;
        let mut said = BTreeSet::new();
        self.index(&table.primary_key.columns, "the primary key", Part::Table, &mut said);
        for (name, unique) in &table.uniques {
            let what = format!("the unique constraint `{name}`");
            self.index(&unique.columns, &what, Part::Named(name.clone()), &mut said);
        }
        for (name, index) in &table.indexes {
            let part = || Part::Named(name.clone());
            if index.predicate.is_some() {
                self.lack(
                    part(),
                    "MySQL/MariaDB has no indexes of some rows only: leave `where` out, for an index of all of them",
                );
            }
            if let Some(collate) = index.keys.iter().find_map(|key| key.collate.as_ref()) {
                self.lack(
                    part(),
                    format!(
                        "MySQL/MariaDB has no collation of an index alone, as `{collate}`: leave `collate` out, or say where \
                         the index is, with `dialects(…)`"
                    ),
                );
            }
            let mut columns = Vec::new();
            for key in &index.keys {
                match &key.of {
                    IndexTarget::Column(column) => columns.push(column.clone()),
                    IndexTarget::Expression(_) => {
                        self.lack(part(), "MariaDB has no indexes of expressions: index a column");
                    }
                }
            }
            self.index(&columns, &format!("the index `{name}`"), part(), &mut said);
        }
        for (name, columns) in helper_indexes(table) {
            let part = Part::Named(name.clone());
            let mut others = table.uniques.keys().chain(table.indexes.keys());
            if others.any(|other| other.as_str().eq_ignore_ascii_case(name.as_str())) {
                self.lack(
                    part,
                    format!(
                        "MySQL/MariaDB gives the foreign key `{name}` an index of its name, which another index has: give \
                         one of them another name, with `name = \"…\"`"
                    ),
                );
            } else {
                self.index(&columns, &format!("the foreign key `{name}`"), part, &mut said);
            }
        }
    }

    /// A column is named once, however many indexes have it.
    fn index(&mut self, columns: &[Identifier], what: &str, part: Part, said: &mut BTreeSet<Identifier>) {
        let columns: Vec<&Column> = columns.iter().filter_map(|name| self.table.column(name)).collect();
        let (mut total, mut whole) = (0, true);
        for column in columns {
            if let Some(bytes) = self.bytes(&column.sql_type) {
                total += bytes;
                continue;
            }
            whole = false;
            // What it has no type for was said.
            let holds = crate::Dialect::Mysql.holds(&column.sql_type);
            if holds && said.insert(column.name.clone()) {
                let message = if column.sql_type.is_text() {
                    format!(
                        "MySQL/MariaDB indexes no text of any length, and {what} has this column: give it a `max_length`"
                    )
                } else {
                    format!("MySQL/MariaDB indexes no {}, and {what} has this column", column.sql_type)
                };
                self.lack(Part::Column(column.name.clone()), message);
            }
        }
        let most = options::index_bytes(self.table);
        if whole && total > most {
            self.lack(
                part,
                format!(
                    "{what} can have {total} bytes ({} for each character), and MySQL/MariaDB indexes {most}: give its \
                     columns a smaller `max_length`",
                    self.character_bytes
                ),
            );
        }
    }

    fn foreign_keys(&mut self, schema: &Schema) {
        for (name, key) in &self.table.foreign_keys {
            let part = || Part::Named(name.clone());
            if key.deferral != Deferral::NotDeferrable {
                self.lack(
                    part(),
                    "MySQL/MariaDB checks a foreign key at once: leave `deferrable` and `initially_deferred` out",
                );
            }
            if [key.on_delete, key.on_update].contains(&ReferentialAction::SetDefault) {
                self.lack(
                    part(),
                    "MySQL/MariaDB has no `set_default`: there are `cascade`, `restrict`, `set_null` and `no_action`",
                );
            }
            let target = if key.references == self.table.name {
                Some(self.table)
            } else {
                schema.tables.get(&key.references)
            };
            if let Some(columns) = target.and_then(|target| other_order(target, key)) {
                self.lack(
                    part(),
                    format!(
                        "MySQL/MariaDB wants what a foreign key points at in the order of its key: `{}` ({})",
                        key.references,
                        listed(columns)
                    ),
                );
            }
        }
    }

    /// <https://dev.mysql.com/doc/refman/8.0/en/create-table-check-constraints.html>
    fn checks(&mut self) {
        for (name, check) in &self.table.checks {
            let part = || Part::Named(name.clone());
            for column in self.table.columns.iter().filter(|column| check.expression.mentions(&column.name)) {
                if column.auto_increment.is_some() {
                    let message = format!(
                        "MySQL/MariaDB has no check of a column that it counts itself, as `{}` is",
                        column.name
                    );
                    self.lack(part(), message);
                }
                let moved = |key: &ForeignKey| {
                    key.columns.contains(&column.name)
                        && (key.on_delete == ReferentialAction::SetNull
                            || matches!(
                                key.on_update,
                                ReferentialAction::SetNull | ReferentialAction::Cascade
                            ))
                };
                if self.table.foreign_keys.values().any(moved) {
                    let message = format!(
                        "MySQL has no check of a column that a foreign key's `set_null`, or `on_update`, can change, as \
                         `{}` is",
                        column.name
                    );
                    self.lack(part(), message);
                }
            }
        }
        for (name, check) in &self.table.checks {
            if let Some(message) = misreads(&check.expression) {
                self.lack(Part::Named(name.clone()), message);
            }
        }
    }
}

fn long_comment(what: &str, characters: usize) -> String {
    format!(
        "MySQL/MariaDB keeps {characters} characters of a {what}'s comment: give a shorter one, with `comment = \"…\"`"
    )
}

/// The columns of the key that a foreign key rests on, where it names them in another order and no other key
/// of the table begins with its own.
fn other_order<'a>(target: &'a Table, key: &ForeignKey) -> Option<&'a [Identifier]> {
    let uniques = target.uniques.values().map(|unique| unique.columns.as_slice());
    let keys: Vec<_> = std::iter::once(target.primary_key.columns.as_slice()).chain(uniques).collect();
    if keys.iter().any(|columns| columns.starts_with(&key.referenced_columns)) {
        return None;
    }
    let same = |columns: &&[Identifier]| {
        columns.len() == key.referenced_columns.len()
            && columns.iter().all(|column| key.referenced_columns.contains(column))
    };
    keys.into_iter().find(same)
}

impl Limits<'_> {
    /// How many bytes of a row and of an index a type takes at most; none for what has no greatest length.
    /// <https://dev.mysql.com/doc/refman/8.0/en/storage-requirements.html>
    fn bytes(&self, sql_type: &SqlType) -> Option<u64> {
        Some(match sql_type {
            SqlType::Bool | SqlType::TinyInt | SqlType::Unsigned(IntegerSize::TinyInt) => 1,
            SqlType::SmallInt | SqlType::Unsigned(IntegerSize::SmallInt) | SqlType::Enum(_) => 2,
            SqlType::Integer | SqlType::Unsigned(IntegerSize::Integer) | SqlType::Float => 4,
            SqlType::BigInt | SqlType::Unsigned(IntegerSize::BigInt) | SqlType::Double => 8,
            SqlType::Timestamp => 8,
            SqlType::Date => 3,
            SqlType::Time => 6,
            SqlType::Numeric { precision, .. } => u64::from(precision.unwrap_or(10)) / 2 + 2,
            SqlType::VarChar { max_length: Some(n) } => self.character_bytes * u64::from(*n),
            SqlType::Char { length } => self.character_bytes * u64::from(length.unwrap_or(1)),
            // The server says what can be done with a type of the user's own.
            SqlType::Custom { .. } => 0,
            // Those of any length, and those that it has not.
            _ => return None,
        })
    }
}

/// <https://dev.mysql.com/doc/refman/8.0/en/enum.html>
pub(super) fn lacks_labels(definition: &EnumType) -> Option<String> {
    let mut seen = BTreeSet::new();
    for label in &definition.labels {
        if label.ends_with(' ') {
            return Some(format!("MySQL/MariaDB takes the blank from the end of the label \"{label}\""));
        }
        if label.chars().count() > LABEL_CHARACTERS {
            return Some(format!("MySQL/MariaDB takes labels of up to {LABEL_CHARACTERS} characters"));
        }
        if !seen.insert(label.to_lowercase()) {
            return Some(format!(
                "to MySQL/MariaDB labels that differ in case only are one, and \"{label}\" is such a one"
            ));
        }
    }
    None
}

/// What would be understood otherwise than by the other databases, or would not stay where it stands.
pub(super) fn misreads(expression: &Expression) -> Option<&'static str> {
    let mut rest = expression.as_str();
    while let Some(first) = rest.chars().next() {
        let mut end = first.len_utf8();
        match first {
            '"' => {
                return Some(
                    "to MySQL/MariaDB a text stands in double quotes: write a text as '…', and a name without quotes",
                );
            }
            '#' => return Some("to MySQL/MariaDB a comment begins at the `#`"),
            '|' if rest[1..].starts_with('|') => {
                return Some("to MySQL/MariaDB `||` is OR: join texts with `concat(…)`, or write OR");
            }
            '\'' | '`' => {
                let inner = rest[1..].find(first).map_or(&rest[1..], |at| &rest[1..=at]);
                if first == '\'' && inner.contains('\\') {
                    return Some(
                        "to MySQL/MariaDB a backslash in a text makes another character of the next: write `char(92)` for it",
                    );
                }
                end = (inner.len() + 2).min(rest.len());
            }
            _ => {}
        }
        rest = &rest[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{AutoIncrement, Dialects, Index, IndexKey, PrimaryKey, TableOptions, Unique};

    fn name(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    fn table(sql_type: SqlType) -> Table {
        let column = |text: &str, sql_type, auto_increment| Column {
            name: name(text),
            sql_type,
            nullable: false,
            default: None,
            auto_increment,
            generated: None,
            collations: BTreeMap::new(),
            comment: None,
        };
        Table {
            name: name("page").into(),
            columns: vec![
                column("id", SqlType::Integer, Some(AutoIncrement::Identity)),
                column("x", sql_type, None),
            ],
            primary_key: PrimaryKey { name: name("page_pkey"), columns: vec![name("id")] },
            uniques: BTreeMap::new(),
            checks: BTreeMap::new(),
            foreign_keys: BTreeMap::new(),
            indexes: BTreeMap::new(),
            options: TableOptions::default(),
            comment: None,
        }
    }

    fn said(table: &Table) -> Vec<String> {
        let schema = Schema { tables: [(table.name.clone(), table.clone())].into(), ..Schema::default() };
        lacks(table, &schema).into_iter().map(|lack| lack.message).collect()
    }

    fn expression(text: &str) -> Expression {
        Expression::new(text).unwrap()
    }

    #[test]
    fn types_that_it_has_but_not_so_large() {
        let numeric = |precision, scale| SqlType::Numeric { precision, scale };
        for (sql_type, wanted) in [
            (SqlType::VarChar { max_length: Some(16_384) }, "up to 16383"),
            (SqlType::Char { length: Some(256) }, "use VarChar"),
            (numeric(None, None), "`precision` and `scale`"),
            (numeric(Some(66), Some(2)), "up to 65"),
            (numeric(Some(4), Some(5)), "up to 65"),
        ] {
            let said = said(&table(sql_type.clone()));
            assert!(matches!(said.as_slice(), [one] if one.contains(wanted)), "{sql_type}: {said:?}");
        }
        for sql_type in
            [SqlType::VarChar { max_length: Some(16_000) }, numeric(Some(65), Some(30)), SqlType::Text]
        {
            assert_eq!(said(&table(sql_type)), [""; 0]);
        }
    }

    #[test]
    fn integers_and_types_of_ones_own_are_indexed() {
        let custom = SqlType::Custom { name: crate::TypeName::new("year").unwrap(), extension: None };
        for sql_type in [SqlType::TinyInt, SqlType::Unsigned(IntegerSize::BigInt), custom] {
            let mut table = table(sql_type);
            table
                .uniques
                .insert(name("page_x_key"), Unique { columns: vec![name("x")], ..Unique::default() });
            assert_eq!(said(&table), [""; 0]);
        }
    }

    #[test]
    fn a_column_of_any_length_is_in_no_index() {
        let mut text = table(SqlType::Text);
        text.uniques.insert(name("page_x_key"), Unique { columns: vec![name("x")], ..Unique::default() });
        let keys = vec![IndexKey::new(IndexTarget::Column(name("x")))];
        text.indexes.insert(name("page_x_idx"), Index { keys, ..Index::default() });
        let all = said(&text);
        assert!(
            matches!(all.as_slice(), [one] if one.contains("the unique constraint `page_x_key` has this column: give it a `max_length`")),
            "once: {all:?}"
        );
        text.columns[1].sql_type = SqlType::Binary;
        assert!(said(&text)[0].contains("indexes no Binary"));
        text.columns[1].sql_type = SqlType::VarChar { max_length: Some(768) };
        assert_eq!(said(&text), [""; 0]);
        text.columns[1].sql_type = SqlType::VarChar { max_length: Some(769) };
        assert!(said(&text).iter().all(|one| one.contains("can have 3076 bytes")), "{:?}", said(&text));
    }

    #[test]
    fn indexes_that_it_has_not() {
        let mut table = table(SqlType::Integer);
        let keys = vec![IndexKey {
            descending: true,
            ..IndexKey::new(IndexTarget::Expression(expression("x + 1")))
        }];
        table
            .indexes
            .insert(name("ix"), Index { keys, predicate: Some(expression("x > 0")), ..Index::default() });
        table.indexes.insert(
            name("Primary"),
            Index {
                keys: vec![IndexKey { descending: true, ..IndexKey::new(IndexTarget::Column(name("x"))) }],
                unique: true,
                ..Index::default()
            },
        );
        let said = said(&table);
        assert_eq!(said.len(), 3, "{said:?}");
        for wanted in ["own name for an index", "some rows only", "expressions"] {
            assert!(said.iter().any(|one| one.contains(wanted)), "{wanted}: {said:?}");
        }
    }

    #[test]
    fn foreign_keys_that_it_has_not() {
        let mut table = table(SqlType::Integer);
        let key = ForeignKey {
            columns: vec![name("x"), name("id")],
            references: name("page").into(),
            referenced_columns: vec![name("x"), name("id")],
            on_delete: ReferentialAction::SetDefault,
            on_update: ReferentialAction::Cascade,
            deferral: Deferral::InitiallyDeferred,
            dialects: Dialects::default(),
        };
        table.foreign_keys.insert(name("fk"), key);
        table
            .uniques
            .insert(name("key"), Unique { columns: vec![name("id"), name("x")], ..Unique::default() });
        table.indexes.insert(
            name("FK"),
            Index { keys: vec![IndexKey::new(IndexTarget::Column(name("id")))], ..Index::default() },
        );
        table.checks.insert(name("k"), expression("x > 0 AND id > 0").into());
        let said = said(&table);
        for wanted in [
            "checks a foreign key at once",
            "no `set_default`",
            "in the order of its key: `page` (`id`, `x`)",
            "an index of its name",
            "no check of a column that it counts itself, as `id`",
            "as `x` is",
        ] {
            assert!(said.iter().any(|one| one.contains(wanted)), "{wanted}: {said:?}");
        }
    }

    #[test]
    fn names_comments_and_rows_that_it_does_not_take() {
        let mut bad = table(SqlType::Integer);
        bad.columns[1].name = name("x ");
        bad.checks.insert(name("😀"), expression("1 = 1").into());
        bad.comment = Some("x".repeat(2049));
        bad.columns[0].comment = Some("é".repeat(1025));
        let all = said(&bad);
        assert_eq!(all.len(), 4, "{all:?}");
        let mut wide = table(SqlType::VarChar { max_length: Some(16_000) });
        let mut other = wide.columns[1].clone();
        other.name = name("y");
        wide.columns.push(other);
        assert!(said(&wide)[0].contains("65535"));
    }

    #[test]
    fn labels_that_would_not_stay() {
        let labels = |labels: &[&str]| {
            lacks_labels(&EnumType { labels: labels.iter().map(ToString::to_string).collect() })
        };
        assert_eq!(labels(&["a", "b,c", r"d"]), None);
        assert!(labels(&["a "]).unwrap().contains("blank"));
        assert!(labels(&["a", "A"]).unwrap().contains("case only"));
        assert!(labels(&[&"x".repeat(256)]).unwrap().contains("255"));
    }

    #[test]
    fn expressions_that_mean_something_else() {
        for (text, wanted) in [
            ("\"Full Name\" > 0", "double quotes"),
            ("a || b", "concat"),
            ("a # b", "comment"),
            (r"name <> 'it\' OR name <> 'b'", "backslash"),
            (r"name <> 'C:\new'", "char(92)"),
            (r"name <> 'a\\'", "char(92)"),
        ] {
            assert!(misreads(&expression(text)).is_some_and(|said| said.contains(wanted)), "{text}");
        }
        for text in [
            "a | b",
            "name <> 'a || \"b\" # c'",
            r"name <> concat('a', char(92))",
            "`Full Name` > 0",
            "x <> ''",
            "'é' < name",
        ] {
            assert_eq!(misreads(&expression(text)), None, "{text}");
        }
    }
}
