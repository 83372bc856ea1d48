//! What MySQL and MariaDB have one way of, for which there are several words.

use super::options::{CHARSET, ENGINE, charset};
use super::{is_indexed, is_now};
use crate::normal::without_restrict;
use crate::{
    AutoIncrement, Collation, DefaultValue, Expression, Identifier, MysqlOptions, OptionWord, SqlType, Table,
    Unique,
};

/// What every primary key is called.
const PRIMARY: &str = "PRIMARY";

pub(super) fn normalize(table: &mut Table) {
    table.primary_key.name = Identifier::generated([], PRIMARY);
    options(&mut table.options.mysql);
    for column in &mut table.columns {
        // A column of the primary key is NOT NULL, whatever is said of it.
        column.nullable &= !table.primary_key.columns.contains(&column.name);
        for collation in column.collations.values_mut() {
            let name = whole(collation.name().as_str(), charset(&table.options.mysql));
            *collation = Collation::new(name).unwrap_or_else(|_| collation.clone());
        }
        // A column has its table's anyhow.
        let own = table.options.mysql.collate.as_ref().map(OptionWord::as_str);
        column.collations.retain(|_, collation| Some(collation.name().as_str()) != own);
        if column.auto_increment.is_some() {
            column.auto_increment = Some(AutoIncrement::Identity);
        }
        if let (SqlType::Timestamp, Some(DefaultValue::Expression(expression))) =
            (&column.sql_type, &mut column.default)
        {
            if is_now(expression) {
                if let Ok(now) = Expression::new("CURRENT_TIMESTAMP") {
                    *expression = now;
                }
            }
        }
    }
    table.foreign_keys.values_mut().for_each(without_restrict);
    uniques(table);
    helpers(table);
}

/// What a table is of which nothing is said; `utf8` is another name
/// (<https://dev.mysql.com/doc/refman/8.0/en/charset-unicode-utf8.html>).
fn options(options: &mut MysqlOptions) {
    let word = |text: String| OptionWord::new(text).ok();
    let mut charset = charset(options).to_owned();
    if charset == "utf8" {
        "utf8mb3".clone_into(&mut charset);
    }
    options.collate = options.collate.take().and_then(|collate| word(whole(collate.as_str(), &charset)));
    options.charset = word(charset).filter(|charset| charset.as_str() != CHARSET);
    options.engine = options.engine.take().filter(|engine| !engine.as_str().eq_ignore_ascii_case(ENGINE));
}

/// The name that the catalog has for a collation: those that go with several character sets have one for each
/// (<https://mariadb.com/kb/en/supported-character-sets-and-collations/>).
fn whole(collation: &str, charset: &str) -> String {
    let collation = collation.to_ascii_lowercase();
    if collation.starts_with("uca1400_") {
        return format!("{charset}_{collation}");
    }
    match collation.strip_prefix("utf8_") {
        Some(rest) => format!("utf8mb3_{rest}"),
        None => collation,
    }
}

/// A unique constraint is a unique index
/// (<https://dev.mysql.com/doc/refman/8.0/en/create-table.html#create-table-indexes-keys>).
fn uniques(table: &mut Table) {
    let unique = table.indexes.iter().filter(|(_, index)| index.unique);
    let plain: Vec<_> =
        unique.filter_map(|(name, index)| Some((name.clone(), index.plain_columns()?))).collect();
    for (name, columns) in plain {
        table.indexes.remove(&name);
        table.uniques.insert(name, Unique { columns, ..Unique::default() });
    }
}

/// An index that has a foreign key's name and columns is the one that the key needs, whoever made it.
fn helpers(table: &mut Table) {
    let keys: Vec<_> = table.foreign_keys.iter().map(|(name, key)| (name.clone(), key.clone())).collect();
    for (name, key) in keys {
        let helps = |index: &crate::Index| {
            !index.unique && index.plain_columns().is_some_and(|columns| columns == key.columns)
        };
        let Some(index) = table.indexes.remove(&name) else { continue };
        if !helps(&index) || is_indexed(table, &key) {
            table.indexes.insert(name, index);
        }
    }
}
