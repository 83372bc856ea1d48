//! What a table is told of one database only.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Dialect;

/// The options of a table, for each database that has some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableOptions {
    /// Those of SQLite.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sqlite: SqliteOptions,
    /// Those of MySQL and MariaDB.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mysql: MysqlOptions,
}

/// The options of a table in SQLite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqliteOptions {
    /// Whether a column takes values of its own type only (<https://www.sqlite.org/stricttables.html>).
    #[serde(default, skip_serializing_if = "is_default")]
    pub strict: bool,
    /// Whether rows are kept by their primary key alone (<https://www.sqlite.org/withoutrowid.html>).
    #[serde(default, skip_serializing_if = "is_default")]
    pub without_rowid: bool,
}

/// The options of a table in MySQL and MariaDB
/// (<https://dev.mysql.com/doc/refman/8.0/en/create-table.html#create-table-options>).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MysqlOptions {
    /// What keeps its rows; without it, InnoDB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<OptionWord>,
    /// What its texts are made of; without it, `utf8mb4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<OptionWord>,
    /// How its texts are compared; without it, as the server does for the character set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collate: Option<OptionWord>,
}

/// The value of an option: a word in small letters, such as `innodb` or `utf8mb4_bin`. It can stand in a
/// statement as it is.
///
/// ```
/// use fenrir_schema::OptionWord;
///
/// assert_eq!(OptionWord::new("InnoDB")?.as_str(), "innodb");
/// assert!(OptionWord::new("InnoDB COMMENT='x'").is_err());
/// # Ok::<(), fenrir_schema::OptionWordError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OptionWord(String);

/// A text that is no word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one word of letters, digits and `_`")]
pub struct OptionWordError;

const OPTION_WORD_BYTES: usize = 64;

impl OptionWord {
    /// Takes a word; whether its letters are capitals is nobody's meaning.
    ///
    /// # Errors
    /// When it is none, or longer than names are.
    pub fn new(text: impl AsRef<str>) -> Result<Self, OptionWordError> {
        let text = text.as_ref().to_ascii_lowercase();
        let is_word = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && text.len() <= OPTION_WORD_BYTES;
        if is_word { Ok(Self(text)) } else { Err(OptionWordError) }
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OptionWord {
    type Error = OptionWordError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<OptionWord> for String {
    fn from(word: OptionWord) -> Self {
        word.0
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl TableOptions {
    /// Whether nothing is said.
    #[must_use]
    pub fn are_none(&self) -> bool {
        is_default(self)
    }

    /// What of them one database has.
    #[must_use]
    pub fn of(&self, dialect: Dialect) -> TableOptions {
        match dialect {
            Dialect::Postgres => TableOptions::default(),
            Dialect::Sqlite => TableOptions { sqlite: self.sqlite.clone(), ..TableOptions::default() },
            Dialect::Mysql => TableOptions { mysql: self.mysql.clone(), ..TableOptions::default() },
        }
    }

    /// Whether texts are kept or compared otherwise than with these.
    pub(crate) fn keep_texts_otherwise(&self, other: &TableOptions) -> bool {
        (&self.mysql.charset, &self.mysql.collate) != (&other.mysql.charset, &other.mysql.collate)
    }
}

/// As a model says them: `sqlite(strict)`.
impl fmt::Display for TableOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sqlite = Vec::new();
        for (is_set, word) in [(self.sqlite.strict, "strict"), (self.sqlite.without_rowid, "without_rowid")] {
            sqlite.extend(is_set.then_some(word));
        }
        let MysqlOptions { engine, charset, collate } = &self.mysql;
        let mysql: Vec<_> = [("engine", engine), ("charset", charset), ("collate", collate)]
            .into_iter()
            .filter_map(|(key, word)| Some(format!("{key} = \"{}\"", word.as_ref()?.as_str())))
            .collect();
        let mut parts = Vec::new();
        if !sqlite.is_empty() {
            parts.push(format!("sqlite({})", sqlite.join(", ")));
        }
        if !mysql.is_empty() {
            parts.push(format!("mysql({})", mysql.join(", ")));
        }
        f.write_str(if parts.is_empty() { "none" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_cannot_end_a_statement() {
        for text in ["", "a b", "innodb;", "é", "1a", "a'", "a-b", &"x".repeat(65)] {
            assert_eq!(OptionWord::new(text), Err(OptionWordError), "{text}");
        }
        assert_eq!(OptionWord::new("UTF8MB4_bin").unwrap().as_str(), "utf8mb4_bin");
    }

    #[test]
    fn they_are_shown_as_they_are_written() {
        let mut options = TableOptions::default();
        assert_eq!(options.to_string(), "none");
        options.sqlite = SqliteOptions { strict: true, without_rowid: true };
        options.mysql.engine = OptionWord::new("MyISAM").ok();
        assert_eq!(options.to_string(), "sqlite(strict, without_rowid), mysql(engine = \"myisam\")");
        assert_eq!(options.of(Dialect::Sqlite).to_string(), "sqlite(strict, without_rowid)");
        assert!(options.of(Dialect::Postgres).are_none());
    }
}
