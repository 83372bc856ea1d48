//! The Rust type of a column, and what must be said beside it for the reader to find the column's type.

use super::needs::Needs;
use super::own_types::OwnTypes;
use crate::{Dialect, Identifier, IntegerSize, RangeOf, SqlType, TypeName};

/// A column's type as a field has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// The field's type, without `Option`.
    pub(super) rust: String,
    /// Diesel's type, where the Rust type does not tell.
    pub(super) sql_type: Option<String>,
    /// What the database calls it, where Diesel's type does not tell.
    pub(super) type_name: Option<String>,
    pub(super) extension: Option<Identifier>,
    pub(super) max_length: Option<u32>,
    pub(super) precision: Option<u16>,
    pub(super) scale: Option<u16>,
}

/// What types are written with.
pub(super) struct Types<'a> {
    pub(super) dialect: Dialect,
    /// The path of each enum, from a model.
    pub(super) enums: &'a dyn Fn(&Identifier) -> String,
    pub(super) own: &'a mut OwnTypes,
    pub(super) needs: &'a mut Needs,
    /// What is imported for fields: names of `chrono`, and `Bound`.
    pub(super) imports: &'a mut std::collections::BTreeSet<&'static str>,
}

impl Types<'_> {
    /// `target` is the type of the column that it points at, if it does: what holds the same values has the same
    /// type in Rust, whatever the database calls it.
    pub(super) fn write(&mut self, sql_type: &SqlType, target: Option<&SqlType>) -> Written {
        let like = |name| self.dialect.like_type(name).is_some_and(|like| like.is_integer());
        match (sql_type, target) {
            (SqlType::Custom { name, .. }, Some(target)) if target.is_integer() && like(name) => Written {
                sql_type: diesel_name(target),
                type_name: Some(name.as_str().to_owned()),
                ..self.plain(target)
            },
            _ => self.of_its_own(sql_type),
        }
    }

    fn of_its_own(&mut self, sql_type: &SqlType) -> Written {
        match sql_type {
            SqlType::Array(of) => self.array(of),
            SqlType::Custom { name, extension } => {
                Written { extension: extension.clone(), ..self.custom(name, None) }
            }
            other => self.plain(other),
        }
    }

    /// NULL may be among the values: PostgreSQL has no rule against it.
    fn array(&mut self, of: &SqlType) -> Written {
        if let SqlType::Custom { name, extension } = of {
            return Written { extension: extension.clone(), ..self.custom(name, Some(())) };
        }
        let of_value = self.plain(of);
        let known = of_value.sql_type.or_else(|| diesel_name(of));
        // The length of a value is told by its name alone.
        let has_length = of_value.max_length.is_some() || of_value.precision.is_some();
        let type_name = has_length.then(|| length_name(of)).flatten();
        let said = known.filter(|_| type_name.is_some() || of_value.rust.is_empty() || needs_word(of));
        Written {
            rust: format!("Vec<Option<{}>>", of_value.rust),
            sql_type: said.map(|name| format!("Array<Nullable<{name}>>")),
            type_name,
            ..Written::default()
        }
    }

    /// A type that only the database knows.
    fn custom(&mut self, name: &TypeName, array: Option<()>) -> Written {
        let like = self.dialect.like_type(name);
        let (rust, sql_type) = match like.map(|like| (self.plain(&like).rust, diesel_name(&like))) {
            Some((rust, Some(sql_type))) => (rust, sql_type),
            _ => self.own.paths(name),
        };
        let (rust, sql_type) = match array {
            Some(()) => (format!("Vec<Option<{rust}>>"), format!("Array<Nullable<{sql_type}>>")),
            None => (rust, sql_type),
        };
        Written {
            rust,
            sql_type: Some(sql_type),
            type_name: Some(name.as_str().to_owned()),
            ..Written::default()
        }
    }

    fn plain(&mut self, sql_type: &SqlType) -> Written {
        let mut written = Written { rust: self.rust(sql_type), ..Written::default() };
        match sql_type {
            SqlType::Numeric { precision, scale } => {
                (written.precision, written.scale) = (*precision, *scale);
            }
            SqlType::VarChar { max_length: Some(length) } => written.max_length = Some(*length),
            SqlType::Char { length } => {
                written.max_length = *length;
                written.sql_type = diesel_name(sql_type);
            }
            other if needs_word(other) => written.sql_type = diesel_name(other),
            _ => {}
        }
        written
    }

    fn rust(&mut self, sql_type: &SqlType) -> String {
        let word = match sql_type {
            SqlType::Bool => "bool",
            SqlType::TinyInt => "i8",
            SqlType::SmallInt => "i16",
            SqlType::Integer => "i32",
            SqlType::BigInt => "i64",
            SqlType::Unsigned(IntegerSize::TinyInt) => "u8",
            SqlType::Unsigned(IntegerSize::SmallInt) => "u16",
            SqlType::Unsigned(IntegerSize::Integer) | SqlType::Oid => "u32",
            SqlType::Unsigned(IntegerSize::BigInt) => "u64",
            SqlType::Float => "f32",
            SqlType::Double => "f64",
            SqlType::Text | SqlType::VarChar { .. } | SqlType::Char { .. } | SqlType::Citext => "String",
            SqlType::Binary => "Vec<u8>",
            SqlType::MacAddr => "[u8; 6]",
            SqlType::MacAddr8 => "[u8; 8]",
            SqlType::Money => "diesel::data_types::Cents",
            SqlType::Interval => "diesel::data_types::PgInterval",
            SqlType::PgLsn => "diesel::data_types::PgLsn",
            SqlType::Numeric { .. } => {
                self.needs.add("numeric", "bigdecimal", "0.4");
                "bigdecimal::BigDecimal"
            }
            SqlType::Uuid => {
                self.needs.add("uuid", "uuid", "1");
                "uuid::Uuid"
            }
            SqlType::Json | SqlType::Jsonb => {
                self.needs.add("serde_json", "serde_json", "1");
                "serde_json::Value"
            }
            SqlType::Inet | SqlType::Cidr => {
                self.needs.add("ipnet-address", "ipnet", "2");
                "ipnet::IpNet"
            }
            SqlType::Date => self.chrono(&["NaiveDate"]),
            SqlType::Time => self.chrono(&["NaiveTime"]),
            SqlType::Timestamp => self.chrono(&["NaiveDateTime"]),
            SqlType::Timestamptz => {
                self.chrono(&["DateTime", "Utc"]);
                "DateTime<Utc>"
            }
            SqlType::Range(of) => return self.range(*of),
            SqlType::Multirange(of) => return format!("Vec<{}>", self.range(*of)),
            SqlType::Enum(name) => return (self.enums)(name),
            // An array has no arrays in it, and the other is written elsewhere.
            SqlType::Array(_) | SqlType::Custom { .. } => "",
        };
        word.to_owned()
    }

    fn range(&mut self, of: RangeOf) -> String {
        let bound = self.rust(&of.bound());
        self.imports.insert("Bound");
        format!("(Bound<{bound}>, Bound<{bound}>)")
    }

    fn chrono(&mut self, names: &[&'static str]) -> &'static str {
        self.needs.add("chrono", "chrono", "0.4");
        self.imports.extend(names);
        names[0]
    }
}

/// Whether the Rust type tells of another type, or might.
fn needs_word(sql_type: &SqlType) -> bool {
    matches!(
        sql_type,
        SqlType::VarChar { max_length: None }
            | SqlType::Char { .. }
            | SqlType::Citext
            | SqlType::Jsonb
            | SqlType::Cidr
            | SqlType::Oid
            | SqlType::Money
            | SqlType::Interval
            | SqlType::PgLsn
            | SqlType::Multirange(_)
    )
}

/// What Diesel calls a type, as an attribute names it.
fn diesel_name(sql_type: &SqlType) -> Option<String> {
    let of_range = |of: &RangeOf, kind: &str| format!("{kind}<{}>", of.bound());
    Some(match sql_type {
        SqlType::Numeric { .. } => "Numeric".to_owned(),
        SqlType::VarChar { .. } => "VarChar".to_owned(),
        SqlType::Char { .. } => "Char".to_owned(),
        SqlType::Range(of) => of_range(of, "Range"),
        SqlType::Multirange(of) => of_range(of, "Multirange"),
        SqlType::Array(_) | SqlType::Enum(_) | SqlType::Custom { .. } => return None,
        // As it is shown.
        other => other.to_string(),
    })
}

/// What a database calls an array's values that have a length.
fn length_name(sql_type: &SqlType) -> Option<String> {
    Some(match sql_type {
        SqlType::VarChar { max_length: Some(length) } => format!("varchar({length})"),
        SqlType::Char { length: Some(length) } => format!("char({length})"),
        SqlType::Numeric { precision: Some(precision), scale } => match scale {
            Some(scale) => format!("numeric({precision}, {scale})"),
            None => format!("numeric({precision})"),
        },
        _ => return None,
    })
}
