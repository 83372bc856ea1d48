//! The names of collations.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Identifier, IdentifierError};

/// The name of a collation: by what rules texts are compared and ordered.
///
/// It is one name, whatever stands in it, as `en_US.utf8` or `und-x-icu`. In PostgreSQL it can be that of a
/// schema's own, which is written with both: `auth."german"`.
///
/// ```
/// use fenrir_schema::Collation;
///
/// assert_eq!(Collation::new("en_US.utf8")?.schema(), None);
/// let own = Collation::new("auth.\"german\"")?;
/// assert_eq!((own.schema().unwrap().as_str(), own.name().as_str()), ("auth", "german"));
/// assert!(Collation::new("C\" DEFAULT").is_err());
/// # Ok::<(), fenrir_schema::CollationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Collation {
    schema: Option<Identifier>,
    name: Identifier,
}

/// Why a text is not the name of a collation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollationError {
    /// No name of anything in a database.
    #[error(transparent)]
    Name(#[from] IdentifierError),
    /// Quotes that are not around the name behind a schema's.
    #[error(
        "this is no name of a collation: one is written like `C` or `en_US.utf8`, and that of a schema's own \
         like `auth.\"german\"`"
    )]
    Quotes,
}

impl Collation {
    /// Takes a name as it is in the database, or a schema's name, a `.` and the name in double quotes.
    ///
    /// # Errors
    /// When it is neither.
    pub fn new(text: impl Into<String>) -> Result<Self, CollationError> {
        let text = text.into();
        let Some((schema, rest)) = text.split_once(".\"") else {
            return if text.contains('"') {
                Err(CollationError::Quotes)
            } else {
                Ok(Self { schema: None, name: Identifier::new(text)? })
            };
        };
        let name = rest.strip_suffix('"').filter(|name| !name.contains('"') && !schema.contains('"'));
        let name = name.ok_or(CollationError::Quotes)?;
        Ok(Self { schema: Some(Identifier::new(schema)?), name: Identifier::new(name)? })
    }

    /// The schema that it is looked for in, where one is said.
    #[must_use]
    pub fn schema(&self) -> Option<&Identifier> {
        self.schema.as_ref()
    }

    /// The same name, to be found without a schema.
    #[must_use]
    pub fn without_schema(&self) -> Self {
        Self { schema: None, name: self.name.clone() }
    }

    /// The same name in small letters, where case does not matter.
    pub(crate) fn to_ascii_lowercase(&self) -> Self {
        let name = Identifier::generated([], &self.name.as_str().to_ascii_lowercase());
        Self { schema: self.schema.clone(), name }
    }

    /// Its own name.
    #[must_use]
    pub fn name(&self) -> &Identifier {
        &self.name
    }
}

impl TryFrom<String> for Collation {
    type Error = CollationError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Collation> for String {
    fn from(collation: Collation) -> Self {
        match collation.schema {
            None => collation.name.as_str().to_owned(),
            Some(schema) => format!("{}.\"{}\"", schema.as_str(), collation.name.as_str()),
        }
    }
}

/// As it was written.
impl fmt::Display for Collation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            None => write!(f, "{}", self.name),
            Some(schema) => write!(f, "{schema}.\"{}\"", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_is_none() {
        for text in ["C", "en_US.utf8", "und-x-icu", "pg_catalog.\"C\"", "a.b.\"C.utf8\""] {
            let read = Collation::new(text).unwrap();
            assert_eq!((String::from(read.clone()), read.to_string()), (text.to_owned(), text.to_owned()));
        }
        for text in ["\"C\"", "a.\"b", "a.\"b\"c", "\"a\".\"b\"", "C\" NOT NULL", "a.\"b\"\""] {
            assert_eq!(Collation::new(text), Err(CollationError::Quotes), "{text}");
        }
        for text in ["", ".\"C\"", "a.\"\"", "a\0"] {
            assert!(matches!(Collation::new(text), Err(CollationError::Name(_))), "{text}");
        }
    }
}
