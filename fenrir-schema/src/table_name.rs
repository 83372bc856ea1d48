//! The name of a table: its own, and that of the PostgreSQL schema that it lies in.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Identifier, IdentifierError};

/// The name of a table, with the schema that it lies in where it is not where tables are made by themselves
/// (<https://www.postgresql.org/docs/current/ddl-schemas.html>).
///
/// As a text it is `page` or `auth.user`; a part with a `.` or a `"` in it stands in quotes.
///
/// ```
/// use fenrir_schema::TableName;
///
/// let name: TableName = "auth.user".parse()?;
/// assert_eq!(name.schema.as_ref().map(|schema| schema.as_str()), Some("auth"));
/// assert_eq!(name.name.as_str(), "user");
/// assert_eq!(name.to_string(), "auth.user");
///
/// let dotted: TableName = "\"auth.user\"".parse()?;
/// assert_eq!(dotted.schema, None);
/// assert_eq!(dotted.to_string(), "\"auth.user\"");
/// # Ok::<(), fenrir_schema::IdentifierError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName {
    /// The PostgreSQL schema; none for the one in which tables are made where nothing is said.
    pub schema: Option<Identifier>,
    /// The table's own name.
    pub name: Identifier,
}

impl TableName {
    /// The name of something that belongs to the table, and so lies in the same schema.
    #[must_use]
    pub fn beside(&self, name: Identifier) -> TableName {
        TableName { schema: self.schema.clone(), name }
    }

    /// The text that [`TableName::from_str`](std::str::FromStr) reads again.
    #[must_use]
    pub fn to_text(&self) -> String {
        let name = quoted(self.name.as_str());
        match &self.schema {
            Some(schema) => format!("{}.{name}", quoted(schema.as_str())),
            None => name.into_owned(),
        }
    }
}

fn quoted(part: &str) -> Cow<'_, str> {
    if part.contains(['.', '"']) {
        Cow::Owned(format!("\"{}\"", part.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(part)
    }
}

/// The first part of a text, and what stands behind the `.` after it.
fn first_part(text: &str) -> (String, Option<&str>) {
    let Some(mut rest) = text.strip_prefix('"') else {
        return match text.split_once('.') {
            Some((part, rest)) => (part.to_owned(), Some(rest)),
            None => (text.to_owned(), None),
        };
    };
    let mut part = String::new();
    while let Some((before, after)) = rest.split_once('"') {
        part.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                part.push('"');
                rest = after;
            }
            None if after.is_empty() => return (part, None),
            None => match after.strip_prefix('.') {
                Some(after) => return (part, Some(after)),
                None => break,
            },
        }
    }
    // Quotes that do not end, or not where the part does, are part of a name.
    (text.to_owned(), None)
}

impl std::str::FromStr for TableName {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, rest) = first_part(text);
        let Some(rest) = rest else { return Ok(Identifier::new(first)?.into()) };
        let (second, more) = first_part(rest);
        if more.is_some() {
            return Err(IdentifierError::TooManyParts { name: text.to_owned() });
        }
        Ok(TableName { schema: Some(Identifier::new(first)?), name: Identifier::new(second)? })
    }
}

impl TryFrom<String> for TableName {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> Self {
        name.to_text()
    }
}

/// A table that lies where tables are made by themselves.
impl From<Identifier> for TableName {
    fn from(name: Identifier) -> Self {
        TableName { schema: None, name }
    }
}

/// For messages and comments: control characters are escaped.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.to_text().chars() {
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

    fn name(schema: Option<&str>, name: &str) -> TableName {
        let schema = schema.map(|schema| Identifier::new(schema).unwrap());
        TableName { schema, name: Identifier::new(name).unwrap() }
    }

    #[test]
    fn a_name_is_read_as_it_was_written() {
        for one in [
            name(None, "page"),
            name(Some("auth"), "user"),
            name(None, "a.b"),
            name(Some("a.b"), "c.d"),
            name(Some("\""), "\"\""),
            name(Some("\".\""), "."),
            name(None, "a\nb"),
            name(None, "\".x"),
        ] {
            let text = one.to_text();
            assert_eq!(text.parse(), Ok(one), "{text}");
        }
    }

    #[test]
    fn a_name_of_three_parts_is_none() {
        assert_eq!(
            "a.b.c".parse::<TableName>().unwrap_err().to_string(),
            "`a.b.c` has more parts than a schema and a table"
        );
        assert!("a.".parse::<TableName>().is_err());
        assert!("".parse::<TableName>().is_err());
    }

    #[test]
    fn a_control_character_is_escaped_in_messages() {
        assert_eq!(name(Some("a\nb"), "c").to_string(), "a\\nb.c");
    }
}
