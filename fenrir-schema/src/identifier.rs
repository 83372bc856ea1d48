//! Names in a database: a type, so that none reaches SQL without being quoted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest;

/// The longest name, in bytes, that every supported database keeps whole.
///
/// PostgreSQL cuts longer ones with only a NOTICE (`NAMEDATALEN - 1`,
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>).
pub const MAX_IDENTIFIER_BYTES: usize = 63;

/// The SQL name of a table, column, constraint, index or type.
///
/// It is data, not SQL: only a [`Dialect`](crate::Dialect) turns it into SQL, by quoting it.
/// `Display` is for messages and comments, and escapes control characters.
///
/// ```
/// use fenrir_schema::Identifier;
///
/// let name = Identifier::new("emailProcessorTable")?;
/// assert_eq!(name.as_str(), "emailProcessorTable");
/// assert!(Identifier::new("x".repeat(64)).is_err());
/// # Ok::<(), fenrir_schema::IdentifierError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

/// Why a text cannot be the name of something in a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// The empty name.
    #[error("a name cannot be empty")]
    Empty,
    /// A name with a NUL byte, which no database takes.
    #[error("a name cannot hold a NUL character")]
    Nul,
    /// A name that PostgreSQL would cut.
    #[error("the name `{name}` has {bytes} bytes; at most {MAX_IDENTIFIER_BYTES} are kept by every database")]
    TooLong {
        /// The name.
        name: String,
        /// Its length in bytes.
        bytes: usize,
    },
    /// The name of a table with more parts than a schema and a name.
    #[error("`{name}` has more parts than a schema and a table")]
    TooManyParts {
        /// The text.
        name: String,
    },
}

impl Identifier {
    /// Takes a name as it is to be in the database.
    ///
    /// # Errors
    /// When it is empty, holds a NUL, or is longer than [`MAX_IDENTIFIER_BYTES`].
    pub fn new(name: impl Into<String>) -> Result<Self, IdentifierError> {
        let name = name.into();
        if name.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if name.contains('\0') {
            return Err(IdentifierError::Nul);
        }
        if name.len() > MAX_IDENTIFIER_BYTES {
            let bytes = name.len();
            return Err(IdentifierError::TooLong { name, bytes });
        }
        Ok(Self(name))
    }

    /// The name of a generated object: the parts and the suffix, joined by `_`, as PostgreSQL names
    /// what is left unnamed (`page_page_name_key`).
    ///
    /// PostgreSQL's own way of shortening is not to be predicted, so a name that would be too long
    /// is its beginning, `_`, and eight hex digits of the hash of the whole.
    #[must_use]
    pub fn generated<'a>(parts: impl IntoIterator<Item = &'a Identifier>, suffix: &str) -> Self {
        let mut whole = String::new();
        for part in parts {
            whole.push_str(part.as_str());
            whole.push('_');
        }
        whole.push_str(suffix);
        Self(shortened(whole))
    }

    /// The name, as it is in the database.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn shortened(whole: String) -> String {
    if whole.len() <= MAX_IDENTIFIER_BYTES {
        return whole;
    }
    let hash = &digest::sha256_hex(whole.as_bytes())[..8];
    let mut end = MAX_IDENTIFIER_BYTES - 1 - hash.len();
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{hash}", &whole[..end])
}

impl TryFrom<String> for Identifier {
    type Error = IdentifierError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

impl From<Identifier> for String {
    fn from(identifier: Identifier) -> Self {
        identifier.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    #[test]
    fn generated_names_follow_postgresql() {
        let generated = Identifier::generated([&name("page"), &name("page_name")], "key");
        assert_eq!(generated.as_str(), "page_page_name_key");
    }

    #[test]
    fn a_long_generated_name_is_shortened_and_stays_distinct() {
        let table = name(&"t".repeat(60));
        let a = Identifier::generated([&table, &name("a")], "key");
        let b = Identifier::generated([&table, &name("b")], "key");
        assert_eq!(a.as_str().len(), MAX_IDENTIFIER_BYTES);
        assert_ne!(a, b);
    }

    #[test]
    fn a_shortened_name_is_cut_between_characters() {
        let table = name(&"é".repeat(31));
        let generated = Identifier::generated([&table, &name("x")], "key");
        assert!(generated.as_str().len() <= MAX_IDENTIFIER_BYTES);
        assert!(generated.as_str().starts_with("éé"));
    }

    #[test]
    fn a_control_character_is_escaped_in_messages() {
        assert_eq!(name("a\nDROP TABLE b").to_string(), "a\\nDROP TABLE b");
    }

    #[test]
    fn a_name_read_from_json_is_checked() {
        assert!(serde_json::from_str::<Identifier>(r#""""#).is_err());
        assert!(serde_json::from_str::<Identifier>(r#""a\u0000b""#).is_err());
    }
}
