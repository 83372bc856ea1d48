//! What keeps a table's rows, and what its texts are made of.

use super::{Mysql, alter, guards, quote};
use crate::dialect::{Lack, Part};
use crate::table::IndexTarget;
use crate::{
    Change, Column, DefaultValue, ForeignKey, GeneratedKind, Identifier, MysqlOptions, OptionWord, Schema,
    Script, SqlType, Table,
};

pub(super) const CHARSET: &str = "utf8mb4";
pub(super) const ENGINE: &str = "InnoDB";

/// A table of another engine would have no foreign keys, and one of another character set not every
/// text: neither is left to the server's defaults. The collation is, and with it whether `a = 'A'`.
pub(super) fn written(table: &Table) -> String {
    let options = &table.options.mysql;
    let collate = collate(options).map(|collate| format!(" COLLATE={collate}")).unwrap_or_default();
    format!("ENGINE={} DEFAULT CHARSET={}{collate}", engine(options), charset(options))
}

fn engine(options: &MysqlOptions) -> &str {
    options.engine.as_ref().map_or(ENGINE, OptionWord::as_str)
}

impl MysqlOptions {
    /// The character set that the table is in, said or not.
    #[must_use]
    pub fn character_set(&self) -> &str {
        self.charset.as_ref().map_or(CHARSET, OptionWord::as_str)
    }
}

pub(super) fn charset(options: &MysqlOptions) -> &str {
    options.character_set()
}

fn collate(options: &MysqlOptions) -> Option<&str> {
    options.collate.as_ref().map(OptionWord::as_str)
}

pub(super) fn is_innodb(table: &Table) -> bool {
    engine(&table.options.mysql).eq_ignore_ascii_case(ENGINE)
}

/// How many bytes a character of the table's texts can have
/// (<https://dev.mysql.com/doc/refman/8.0/en/charset-charsets.html>).
pub(super) fn character_bytes(table: &Table) -> u64 {
    match charset(&table.options.mysql) {
        "utf8" | "utf8mb3" | "ujis" | "eucjpms" => 3,
        "big5" | "cp932" | "euckr" | "gb2312" | "gbk" | "sjis" | "ucs2" => 2,
        "armscii8" | "ascii" | "binary" | "cp1250" | "cp1251" | "cp1256" | "cp1257" | "cp850" | "cp852"
        | "cp866" | "dec8" | "geostd8" | "greek" | "hebrew" | "hp8" | "keybcs2" | "koi8r" | "koi8u"
        | "latin1" | "latin2" | "latin5" | "latin7" | "macce" | "macroman" | "swe7" | "tis620" => 1,
        _ => 4,
    }
}

/// Whether it has every character that a text can have.
fn has_all_characters(charset: &str) -> bool {
    matches!(charset, "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030")
}

/// How many bytes of an index's columns the engine takes
/// (<https://dev.mysql.com/doc/refman/8.0/en/innodb-limits.html>,
/// <https://dev.mysql.com/doc/refman/8.0/en/myisam-storage-engine.html>,
/// <https://mariadb.com/kb/en/aria-storage-engine/>).
pub(super) fn index_bytes(table: &Table) -> u64 {
    match engine(&table.options.mysql) {
        "myisam" => 1000,
        "aria" => 2300,
        _ => 3072,
    }
}

/// Whether a text stays as it is: what is not known to be in a set is taken for not being in it.
fn has_characters(charset: &str, text: &str) -> bool {
    has_all_characters(charset)
        || text.is_ascii()
        || matches!(charset, "utf8" | "utf8mb3" | "ucs2") && text.chars().all(|c| u32::from(c) <= 0xFFFF)
}

/// The indexes and unique constraints that virtual columns are in, each with such a column
/// (<https://mariadb.com/kb/en/generated-columns/#index-support>).
fn virtual_keys(table: &Table) -> impl Iterator<Item = (&Identifier, &Column)> {
    let virtual_column = |name: &Identifier| {
        table.column(name).filter(|column| {
            column.generated.as_ref().is_some_and(|generated| generated.kind == GeneratedKind::Virtual)
        })
    };
    let of_uniques = table
        .uniques
        .iter()
        .filter_map(move |(name, unique)| Some((name, unique.columns.iter().find_map(virtual_column)?)));
    let of_indexes = table.indexes.iter().filter_map(move |(name, index)| {
        let mut columns = index.keys.iter().filter_map(|key| match &key.of {
            IndexTarget::Column(column) => Some(column),
            IndexTarget::Expression(_) => None,
        });
        Some((name, columns.find_map(virtual_column)?))
    });
    of_uniques.chain(of_indexes)
}

pub(super) fn lacks(table: &Table, schema: &Schema) -> Vec<Lack> {
    let mut lacks = Vec::new();
    let options = &table.options.mysql;
    let mut lack = |part: Part, message: String| lacks.push(Lack { part, message });
    if matches!(
        engine(options),
        "csv" | "archive" | "merge" | "mrg_myisam" | "federated" | "performance_schema"
    ) {
        let message =
            format!("the engine `{}` keeps no table with a primary key: use InnoDB", engine(options));
        lack(Part::Options, message);
    }
    if engine(options) == "memory" {
        let is_long = |column: &&Column| {
            matches!(
                column.sql_type,
                SqlType::Text | SqlType::VarChar { max_length: None } | SqlType::Binary | SqlType::Json
            )
        };
        for column in table.columns.iter().filter(is_long) {
            let message = "the engine `memory` keeps no text or bytes of any length: give it a `max_length`, or use InnoDB";
            lack(Part::Column(column.name.clone()), message.to_owned());
        }
    }
    for column in &table.columns {
        let labels = column.sql_type.enum_name().into_iter().flat_map(|name| schema.labels(name));
        let default = column.default.iter().filter_map(|default| match default {
            DefaultValue::Text(text) => Some(text),
            _ => None,
        });
        if let Some(text) = labels.chain(default).find(|text| !has_characters(charset(options), text)) {
            let message = format!(
                "the character set `{}` has not every character of {text:?}: leave `charset` out, for utf8mb4",
                charset(options)
            );
            lack(Part::Column(column.name.clone()), message);
        }
    }
    if !is_innodb(table) {
        for (name, column) in virtual_keys(table) {
            let message = format!(
                "only InnoDB has indexes of virtual columns, as `{}` is, and this table is of the engine `{}`: write `stored`",
                column.name,
                engine(options)
            );
            lack(Part::Named(name.clone()), message);
        }
    }
    if let Some(collate) = collate(options).filter(|collate| !is_of(collate, charset(options))) {
        let message =
            format!("the collation `{collate}` is not one of the character set `{}`", charset(options));
        lack(Part::Options, message);
    }
    for (name, key) in &table.foreign_keys {
        let target =
            if key.references == table.name { Some(table) } else { schema.tables.get(&key.references) };
        for one in [Some(table), target].into_iter().flatten().filter(|one| !is_innodb(one)) {
            let message = format!(
                "MySQL/MariaDB has foreign keys between tables of InnoDB only, and `{}` is of the engine `{}`",
                one.name,
                engine(&one.options.mysql)
            );
            lack(Part::Named(name.clone()), message);
        }
        if let Some(target) = target.filter(|target| has_texts(table, key) && differ(table, target)) {
            let message = format!(
                "MySQL/MariaDB wants the texts of a foreign key in one character set and collation: `{}` has {}, and \
                 `{}` {}",
                table.name,
                described(options),
                target.name,
                described(&target.options.mysql)
            );
            lack(Part::Named(name.clone()), message);
        }
    }
    lacks
}

/// MariaDB has some that are named without their character set
/// (<https://mariadb.com/kb/en/supported-character-sets-and-collations/>).
pub(super) fn is_of(collate: &str, charset: &str) -> bool {
    let is_prefix = |name: &str| collate.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    collate == charset && charset == "binary"
        || is_prefix(charset)
        || collate.starts_with("uca1400_")
        || matches!(charset, "utf8" | "utf8mb3") && (is_prefix("utf8") || is_prefix("utf8mb3"))
}

fn described(options: &MysqlOptions) -> String {
    match collate(options) {
        None => format!("`{}`", charset(options)),
        Some(collate) => format!("`{}` with `{collate}`", charset(options)),
    }
}

fn differ(a: &Table, b: &Table) -> bool {
    let texts = |table: &Table| {
        let options = &table.options.mysql;
        (charset(options).to_owned(), collate(options).map(str::to_owned))
    };
    texts(a) != texts(b)
}

fn is_text(sql_type: &SqlType) -> bool {
    sql_type.is_text() || matches!(sql_type, SqlType::Enum(_))
}

fn has_texts(table: &Table, key: &ForeignKey) -> bool {
    key.columns.iter().filter_map(|column| table.column(column)).any(|column| is_text(&column.sql_type))
}

/// In one statement, which is whole or nothing. Each column that takes the table's character set is defined
/// anew: `CONVERT TO CHARACTER SET` would take the texts of JSON too, which are to stay what they are
/// (<https://dev.mysql.com/doc/refman/8.0/en/alter-table.html#alter-table-character-set>).
pub(super) fn alter_options(change: &Change, schema: &Schema, script: &mut Script) {
    let Change::SetTableOptions { table: name, from, to } = change else { return };
    let Some(table) = schema.tables.get(name) else { return };
    let options = &to.mysql;
    let mut actions = Vec::new();
    if engine(&from.mysql) != engine(options) {
        actions.push(format!("ENGINE={}", engine(options)));
    }
    if to.keep_texts_otherwise(from) {
        let collate = collate(options).map(|collate| format!(" COLLATE={collate}")).unwrap_or_default();
        actions.push(format!("DEFAULT CHARSET={}{collate}", charset(options)));
        let has_charset =
            |column: &&Column| is_text(&column.sql_type) || matches!(column.sql_type, SqlType::Custom { .. });
        actions.extend(
            table.columns.iter().filter(has_charset).map(|column| Mysql.modify_column(column, schema)),
        );
    }
    if !actions.is_empty() {
        script.push(change, alter(name, &actions));
    }
}

/// Statements that fail where a text has a character that the new character set has not: a session that is
/// not strict would write a question mark.
pub(super) fn guard(change: &Change, schema: &Schema) -> Vec<String> {
    let Change::SetTableOptions { table: name, from, to } = change else { return Vec::new() };
    let new = charset(&to.mysql);
    if new == charset(&from.mysql) || has_all_characters(new) {
        return Vec::new();
    }
    let columns = schema.tables.get(name).map(|table| table.columns.as_slice()).unwrap_or_default();
    columns
        .iter()
        .filter(|column| column.sql_type.is_text())
        .flat_map(|column| {
            let value = quote(&column.name);
            let there_and_back = format!("CONVERT(CONVERT({value} USING {new}) USING {CHARSET})");
            let test = format!("{} <> {}", guards::exactly(&there_and_back), guards::exactly(&value));
            // A query of its own: an INSERT would fail at the character, and not say where it is.
            let count = format!("SET @fenrir_rows = (SELECT count(*) FROM {} WHERE {test})", quote(name));
            let what = "has_characters_that_would_be_lost";
            let refuse = guards::refuse(name, &column.name, what, "SELECT @fenrir_rows");
            std::iter::once(count).chain(refuse)
        })
        .collect()
}
