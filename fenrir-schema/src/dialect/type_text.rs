//! The name of a type, taken apart for being read.

use crate::TypeName;

/// `numeric(10, 2)[]`: words in small letters, numbers in parentheses, brackets behind them.
pub(super) struct TypeText {
    /// The words, without what is in parentheses; empty where one is in quotes.
    pub(super) words: String,
    /// What is in parentheses, where that is numbers.
    pub(super) numbers: Vec<u32>,
    /// Whether there is something else in parentheses.
    pub(super) has_others: bool,
    /// The name without brackets, where it has some.
    pub(super) element: Option<TypeName>,
}

impl TypeText {
    pub(super) fn of(name: &TypeName) -> Self {
        let text = name.as_str();
        let mut base = text;
        while let Some(at) = base.strip_suffix(']').and_then(|before| before.rfind('[')) {
            base = &base[..at];
        }
        let element = if base.len() < text.len() { TypeName::new(base).ok() } else { None };
        let (before, inside, behind) = match base.split_once('(') {
            // Texts may have parentheses in them, and nothing stands behind them.
            Some((before, rest)) if rest.contains('\'') => (before, Some(rest), ""),
            Some((before, rest)) => {
                let (inside, behind) = rest.split_once(')').unwrap_or((rest, ""));
                (before, Some(inside), behind)
            }
            None => (base, None, ""),
        };
        let parts: Vec<_> = inside.into_iter().flat_map(|inside| inside.split(", ")).collect();
        let numbers: Vec<_> = parts.iter().filter_map(|part| part.parse().ok()).collect();
        let words = if base.contains('"') { String::new() } else { format!("{before}{behind}") };
        Self { words: words.to_ascii_lowercase(), has_others: numbers.len() < parts.len(), numbers, element }
    }

    /// The words and the numbers, where nothing else is in parentheses.
    pub(super) fn plain(&self) -> Option<(&str, &[u32])> {
        (!self.has_others && !self.words.is_empty()).then_some((self.words.as_str(), &self.numbers))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Dialect, Identifier, IntegerSize, RangeOf, SqlType, TypeName};

    /// Every type, with lengths and without.
    fn all() -> Vec<SqlType> {
        use SqlType as T;
        let mut types = vec![
            T::Bool,
            T::TinyInt,
            T::SmallInt,
            T::Integer,
            T::BigInt,
            T::Float,
            T::Double,
            T::Money,
            T::Text,
            T::Citext,
            T::Binary,
            T::Date,
            T::Time,
            T::Timestamp,
            T::Timestamptz,
            T::Interval,
            T::Uuid,
            T::Json,
            T::Jsonb,
            T::Inet,
            T::Cidr,
            T::MacAddr,
            T::MacAddr8,
            T::Oid,
            T::PgLsn,
        ];
        for size in [IntegerSize::TinyInt, IntegerSize::SmallInt, IntegerSize::Integer, IntegerSize::BigInt] {
            types.push(T::Unsigned(size));
        }
        for (precision, scale) in [(None, None), (Some(12), None), (Some(12), Some(0)), (Some(12), Some(3))] {
            types.push(T::Numeric { precision, scale });
        }
        for length in [None, Some(1), Some(96)] {
            types.extend([T::VarChar { max_length: length }, T::Char { length }]);
        }
        for of in [
            RangeOf::Integer,
            RangeOf::BigInt,
            RangeOf::Numeric,
            RangeOf::Date,
            RangeOf::Timestamp,
            RangeOf::Timestamptz,
        ] {
            types.extend([T::Range(of), T::Multirange(of)]);
        }
        for text in ["point", "geometry(Point, 4326)", "auth.\"Mood\"", "timestamp(3) with time zone"] {
            types.push(T::Custom { name: TypeName::new(text).unwrap(), extension: None });
        }
        let arrays: Vec<_> = types.iter().cloned().map(|of| T::Array(Box::new(of))).collect();
        types.extend(arrays);
        types
    }

    /// What is read of a type's name is the type, or the one that has its name too.
    #[test]
    fn reading_reverses_writing() {
        let numeric = |precision, scale| SqlType::Numeric { precision, scale };
        let array = |of| SqlType::Array(Box::new(of));
        let char = |length| SqlType::Char { length };
        // A number without a scale has none, and a text without a length has one character.
        let alike = [(numeric(Some(12), None), numeric(Some(12), Some(0))), (char(None), char(Some(1)))];
        for dialect in Dialect::ALL {
            let mut alike: Vec<_> = alike.to_vec();
            match dialect {
                Dialect::Postgres => {
                    alike.extend(alike.clone().into_iter().map(|(a, b)| (array(a), array(b))));
                }
                Dialect::Sqlite => {}
                Dialect::Mysql => {
                    alike.push((numeric(None, None), numeric(Some(10), Some(0))));
                    alike.push((SqlType::VarChar { max_length: None }, SqlType::Text));
                }
            }
            for sql_type in all() {
                let is_custom = format!("{sql_type:?}").contains("Custom");
                // Names in which case does not matter come back in small letters.
                if !dialect.holds(&sql_type) || is_custom && dialect != Dialect::Postgres {
                    continue;
                }
                let other = alike.iter().find(|(from, _)| *from == sql_type).map(|(_, to)| to);
                let normal = dialect.normal_type(&sql_type);
                assert_eq!(&normal, other.unwrap_or(&sql_type), "{dialect}");
                assert_eq!(dialect.normal_type(&normal), normal, "{dialect}");
            }
        }
    }

    #[test]
    fn names_that_the_databases_give_back() {
        let varchar = |max_length| SqlType::VarChar { max_length };
        let custom = |text: &str| SqlType::Custom { name: TypeName::new(text).unwrap(), extension: None };
        let array = |of| SqlType::Array(Box::new(of));
        for (dialect, text, sql_type) in [
            (Dialect::Postgres, "character varying(9)[]", array(varchar(Some(9)))),
            (Dialect::Postgres, "numeric(10,2)", SqlType::Numeric { precision: Some(10), scale: Some(2) }),
            (Dialect::Postgres, "timestamp with time zone", SqlType::Timestamptz),
            (Dialect::Postgres, "time(3) without time zone", custom("time(3) without time zone")),
            (Dialect::Postgres, "\"char\"", custom("\"char\"")),
            (Dialect::Postgres, "int4range", SqlType::Range(RangeOf::Integer)),
            (Dialect::Postgres, "tstzmultirange[]", array(SqlType::Multirange(RangeOf::Timestamptz))),
            (Dialect::Postgres, "arrange", custom("arrange")),
            (Dialect::Postgres, "auth.\"My[] mood\"[]", array(custom("auth.\"My[] mood\""))),
            (Dialect::Postgres, "Geometry(Point,4326)", custom("geometry(Point, 4326)")),
            (Dialect::Postgres, "varchar(99999999999)", custom("varchar(99999999999)")),
            (Dialect::Sqlite, "varchar(9)", varchar(Some(9))),
            (Dialect::Sqlite, "Json Text", SqlType::Json),
            (Dialect::Sqlite, "JSON", custom("json")),
            (Dialect::Mysql, "tinyint(1)", SqlType::Bool),
            (Dialect::Mysql, "tinyint(4)", SqlType::TinyInt),
            (Dialect::Mysql, "int(10) unsigned", SqlType::Unsigned(IntegerSize::Integer)),
            (Dialect::Mysql, "int(10) unsigned zerofill", custom("int(10) unsigned zerofill")),
            (Dialect::Mysql, "datetime", custom("datetime")),
            (Dialect::Mysql, "datetime(6)", SqlType::Timestamp),
            (Dialect::Mysql, "year(4)", custom("year")),
        ] {
            assert_eq!(dialect.read_type(text), Ok(sql_type), "{dialect}: {text}");
        }
        assert_eq!(Dialect::Mysql.read_type("SET('A',')b')").unwrap(), custom("set('A', ')b')"));
        assert!(Dialect::Mysql.read_type("set('\\\\')").is_err());
        assert!(Dialect::Sqlite.read_type("").is_err());
        let mood = SqlType::Enum(Identifier::new("mood").unwrap());
        assert_eq!(Dialect::Sqlite.normal_type(&mood), mood);
    }
}
