//! The types that a column can have, whatever the database calls them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Identifier, TypeName};

/// The type of a column, named as Diesel names it (`diesel::sql_types`).
///
/// What a database calls it is its dialect's matter, and which database has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SqlType {
    /// True or false.
    Bool,
    /// A signed integer of 8 bits.
    TinyInt,
    /// A signed integer of 16 bits.
    SmallInt,
    /// A signed integer of 32 bits.
    Integer,
    /// A signed integer of 64 bits.
    BigInt,
    /// An integer of that size, from zero.
    Unsigned(IntegerSize),
    /// A floating-point number of 32 bits.
    Float,
    /// A floating-point number of 64 bits.
    Double,
    /// An exact decimal number.
    Numeric {
        /// How many digits it has in all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        precision: Option<u16>,
        /// How many of them stand after the point.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scale: Option<u16>,
    },
    /// An amount of money, in the currency of the database's settings.
    Money,
    /// Text of any length.
    Text,
    /// Text of at most so many characters.
    VarChar {
        /// The greatest length in characters; without it the text may have any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_length: Option<u32>,
    },
    /// Text of exactly so many characters, padded with blanks.
    Char {
        /// The length in characters; without it, one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        length: Option<u32>,
    },
    /// Text whose case does not matter where it is compared.
    Citext,
    /// Bytes.
    Binary,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time of day, without a time zone.
    Timestamp,
    /// A moment: a day and a time of day in a time zone.
    Timestamptz,
    /// A span of time.
    Interval,
    /// A universally unique identifier.
    Uuid,
    /// JSON, kept as text.
    Json,
    /// JSON, kept in the database's binary form.
    Jsonb,
    /// The address of a host, or of one in a network.
    Inet,
    /// The address of a network.
    Cidr,
    /// The address of a network card, of six bytes.
    MacAddr,
    /// The address of a network card, of eight bytes.
    MacAddr8,
    /// The number of an object in PostgreSQL's catalog.
    Oid,
    /// A place in PostgreSQL's write-ahead log.
    PgLsn,
    /// All values between two.
    Range(RangeOf),
    /// Several ranges.
    Multirange(RangeOf),
    /// Any number of values of one type, which is no array itself. That none of them is NULL is
    /// Diesel's matter.
    Array(Box<SqlType>),
    /// One of an enum's labels.
    Enum(Identifier),
    /// A type of the user's own.
    Custom {
        /// What the database calls it.
        name: TypeName,
        /// The extension of PostgreSQL that it comes from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        extension: Option<Identifier>,
    },
}

/// The size of an integer without a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IntegerSize {
    /// 8 bits.
    TinyInt,
    /// 16 bits.
    SmallInt,
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInt,
}

/// What the two ends of a range are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RangeOf {
    /// Integers of 32 bits.
    Integer,
    /// Integers of 64 bits.
    BigInt,
    /// Decimal numbers.
    Numeric,
    /// Days.
    Date,
    /// Days and times of day.
    Timestamp,
    /// Moments.
    Timestamptz,
}

impl RangeOf {
    /// The ranges of that type, where there are any.
    #[must_use]
    pub fn of(sql_type: &SqlType) -> Option<Self> {
        Some(match sql_type {
            SqlType::Integer => Self::Integer,
            SqlType::BigInt => Self::BigInt,
            SqlType::Numeric { .. } => Self::Numeric,
            SqlType::Date => Self::Date,
            SqlType::Timestamp => Self::Timestamp,
            SqlType::Timestamptz => Self::Timestamptz,
            _ => return None,
        })
    }

    /// The type of its two ends.
    #[must_use]
    pub fn bound(self) -> SqlType {
        match self {
            Self::Integer => SqlType::Integer,
            Self::BigInt => SqlType::BigInt,
            Self::Numeric => SqlType::Numeric { precision: None, scale: None },
            Self::Date => SqlType::Date,
            Self::Timestamp => SqlType::Timestamp,
            Self::Timestamptz => SqlType::Timestamptz,
        }
    }
}

impl SqlType {
    /// Whether a foreign key from a column of this type can point at a column of that type: the kinds
    /// are the same, whatever the lengths.
    ///
    /// ```
    /// use fenrir_schema::SqlType;
    ///
    /// let short = SqlType::VarChar { max_length: Some(8) };
    /// assert!(short.can_reference(&SqlType::Text));
    /// assert!(!short.can_reference(&SqlType::Integer));
    /// ```
    #[must_use]
    pub fn can_reference(&self, other: &SqlType) -> bool {
        match (self, other) {
            (SqlType::Numeric { .. }, SqlType::Numeric { .. }) => true,
            (SqlType::Array(a), SqlType::Array(b)) => a.can_reference(b),
            // What it compares with is known to the database alone: a domain does so with the type that it is of.
            (SqlType::Custom { .. }, _) | (_, SqlType::Custom { .. }) => true,
            (a, b) => a == b || a.is_text() && b.is_text(),
        }
    }

    /// Whether it holds whole numbers, and so can be generated by the database.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        matches!(
            self,
            SqlType::TinyInt | SqlType::SmallInt | SqlType::Integer | SqlType::BigInt | SqlType::Unsigned(_)
        )
    }

    /// Whether it holds characters, each of which counts.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self, SqlType::Text | SqlType::VarChar { .. } | SqlType::Char { .. })
    }

    /// The enum that it is, or that an array's values are.
    #[must_use]
    pub fn enum_name(&self) -> Option<&Identifier> {
        match self {
            SqlType::Enum(name) => Some(name),
            SqlType::Array(of) => of.enum_name(),
            _ => None,
        }
    }

    pub(crate) fn enum_name_mut(&mut self) -> Option<&mut Identifier> {
        match self {
            SqlType::Enum(name) => Some(name),
            SqlType::Array(of) => of.enum_name_mut(),
            _ => None,
        }
    }

    /// The extension of PostgreSQL that it comes from, where it is not built in.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        match self {
            SqlType::Citext => Some("citext"),
            SqlType::Custom { extension, .. } => extension.as_ref().map(Identifier::as_str),
            SqlType::Array(of) => of.extension(),
            _ => None,
        }
    }
}

/// As Diesel names it, for messages: `VarChar(96)`, `Array<Text>`.
impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SqlType::Numeric { precision: Some(p), scale: Some(s) } => write!(f, "Numeric({p}, {s})"),
            SqlType::Numeric { precision: Some(p), .. } => write!(f, "Numeric({p})"),
            SqlType::Numeric { .. } => f.write_str("Numeric"),
            SqlType::VarChar { max_length: Some(n) } => write!(f, "VarChar({n})"),
            SqlType::VarChar { .. } => f.write_str("VarChar"),
            SqlType::Char { length: Some(n) } => write!(f, "Char({n})"),
            SqlType::Char { .. } => f.write_str("Char"),
            SqlType::Unsigned(size) => write!(f, "Unsigned<{size:?}>"),
            SqlType::Range(of) => write!(f, "Range<{of:?}>"),
            SqlType::Multirange(of) => write!(f, "Multirange<{of:?}>"),
            SqlType::Array(of) => write!(f, "Array<{of}>"),
            SqlType::Enum(name) => write!(f, "the enum `{name}`"),
            SqlType::Custom { name, .. } => write!(f, "the custom type `{name}`"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A schema's text is kept in migrations: it must stay readable.
    #[test]
    fn each_type_has_one_text() {
        let name = |text: &str| Identifier::new(text).unwrap();
        for (sql_type, json, shown) in [
            (SqlType::TinyInt, r#""TinyInt""#, "TinyInt"),
            (SqlType::Unsigned(IntegerSize::BigInt), r#"{"Unsigned":"BigInt"}"#, "Unsigned<BigInt>"),
            (SqlType::Range(RangeOf::Date), r#"{"Range":"Date"}"#, "Range<Date>"),
            (SqlType::Multirange(RangeOf::Numeric), r#"{"Multirange":"Numeric"}"#, "Multirange<Numeric>"),
            (SqlType::Array(Box::new(SqlType::Text)), r#"{"Array":"Text"}"#, "Array<Text>"),
            (
                SqlType::Array(Box::new(SqlType::Enum(name("mood")))),
                r#"{"Array":{"Enum":"mood"}}"#,
                "Array<the enum `mood`>",
            ),
            (
                SqlType::Custom { name: TypeName::new("point").unwrap(), extension: None },
                r#"{"Custom":{"name":"point"}}"#,
                "the custom type `point`",
            ),
            (
                SqlType::Custom { name: TypeName::new("hstore").unwrap(), extension: Some(name("hstore")) },
                r#"{"Custom":{"name":"hstore","extension":"hstore"}}"#,
                "the custom type `hstore`",
            ),
        ] {
            assert_eq!(serde_json::to_string(&sql_type).unwrap(), json);
            assert_eq!(serde_json::from_str::<SqlType>(json).unwrap(), sql_type);
            assert_eq!(sql_type.to_string(), shown);
        }
    }

    #[test]
    fn what_can_point_at_what() {
        let numeric = |precision| SqlType::Numeric { precision, scale: None };
        let custom = |extension: Option<&str>| SqlType::Custom {
            name: TypeName::new("ltree").unwrap(),
            extension: extension.map(|name| Identifier::new(name).unwrap()),
        };
        let unsigned = SqlType::Unsigned;
        assert!(numeric(Some(9)).can_reference(&numeric(None)));
        assert!(unsigned(IntegerSize::Integer).can_reference(&unsigned(IntegerSize::Integer)));
        assert!(!unsigned(IntegerSize::Integer).can_reference(&unsigned(IntegerSize::BigInt)));
        assert!(!unsigned(IntegerSize::Integer).can_reference(&SqlType::Integer));
        assert!(custom(None).can_reference(&custom(Some("ltree"))));
        assert!(!SqlType::Citext.can_reference(&SqlType::Text));
    }
}
