//! What becomes of the values of a column whose type changes.

use crate::SqlType;

/// What becomes of values that are taken from one type to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conversion {
    /// Every value stays what it is.
    Keeps,
    /// A value that does not fit is refused, and nothing changes.
    Checks,
    /// A value may become another without a word: digits, a time of day or a zone go.
    Loses,
    /// There is no way that all databases would agree on.
    Unknown,
}

impl Conversion {
    /// What becomes of values between two types, the same in every dialect.
    ///
    /// ```
    /// use fenrir_schema::{Conversion, SqlType};
    ///
    /// assert_eq!(Conversion::between(&SqlType::Integer, &SqlType::BigInt), Conversion::Keeps);
    /// assert_eq!(Conversion::between(&SqlType::BigInt, &SqlType::Integer), Conversion::Checks);
    /// assert_eq!(Conversion::between(&SqlType::Timestamp, &SqlType::Date), Conversion::Loses);
    /// assert_eq!(Conversion::between(&SqlType::Date, &SqlType::Bool), Conversion::Unknown);
    /// ```
    #[must_use]
    pub fn between(from: &SqlType, to: &SqlType) -> Conversion {
        use SqlType as T;
        if from == to {
            return Conversion::Keeps;
        }
        match (from, to) {
            (T::SmallInt | T::Integer | T::BigInt, T::SmallInt | T::Integer | T::BigInt) => {
                fits(digits(from) <= digits(to))
            }
            (T::SmallInt | T::Integer | T::BigInt, T::Numeric { precision, scale }) => {
                fits(whole_digits(*precision, *scale).is_none_or(|room| digits(from) <= room))
            }
            (T::SmallInt, T::Float | T::Double) | (T::Integer, T::Double) | (T::Float, T::Double) => {
                Conversion::Keeps
            }
            (
                T::Integer | T::BigInt | T::Float | T::Double | T::Numeric { .. },
                T::SmallInt | T::Integer | T::BigInt | T::Float | T::Double,
            )
            | (T::Float | T::Double, T::Numeric { .. }) => Conversion::Loses,
            (T::Numeric { precision: p, scale: s }, T::Numeric { precision, scale }) => {
                match (whole_digits(*p, *s), whole_digits(*precision, *scale)) {
                    (_, None) => Conversion::Keeps,
                    (None, Some(_)) => Conversion::Loses,
                    _ if s.unwrap_or(0) > scale.unwrap_or(0) => Conversion::Loses,
                    (Some(from), Some(to)) => fits(from <= to),
                }
            }
            // A blank at the end means nothing in it.
            (T::Text | T::VarChar { .. }, T::Char { .. }) => Conversion::Loses,
            (T::Text | T::VarChar { .. } | T::Char { .. }, T::Text | T::VarChar { .. } | T::Char { .. }) => {
                fits(match (length(from), length(to)) {
                    (_, None) => true,
                    (None, Some(_)) => false,
                    (Some(from), Some(to)) => from <= to,
                })
            }
            (T::SmallInt | T::Integer | T::BigInt | T::Date | T::Uuid, T::Text | T::VarChar { .. }) => {
                fits(length(to).is_none_or(|room| written(from) <= room))
            }
            (
                T::Text | T::VarChar { .. },
                T::SmallInt | T::Integer | T::BigInt | T::Date | T::Uuid | T::Enum(_),
            )
            | (T::Enum(_), T::Enum(_)) => Conversion::Checks,
            (T::Enum(_), T::Text) => Conversion::Keeps,
            (T::Enum(_), T::VarChar { max_length }) => fits(max_length.is_none()),
            (T::Date, T::Timestamp) => Conversion::Keeps,
            (T::Timestamp, T::Date) => Conversion::Loses,
            (T::Timestamp, T::Timestamptz) | (T::Timestamptz, T::Timestamp) => Conversion::Keeps,
            (T::Jsonb, T::Json) => Conversion::Keeps,
            (T::Json, T::Jsonb) => Conversion::Loses,
            _ => Conversion::Unknown,
        }
    }
}

fn fits(whole: bool) -> Conversion {
    if whole { Conversion::Keeps } else { Conversion::Checks }
}

/// How many digits a whole number can have.
fn digits(sql_type: &SqlType) -> u16 {
    match sql_type {
        SqlType::SmallInt => 5,
        SqlType::Integer => 10,
        _ => 19,
    }
}

/// How many digits a decimal number can have before its point; none where it can have any.
fn whole_digits(precision: Option<u16>, scale: Option<u16>) -> Option<u16> {
    Some(precision?.saturating_sub(scale.unwrap_or(0)))
}

/// How many characters a text can have; none where it can have any.
fn length(sql_type: &SqlType) -> Option<u32> {
    match sql_type {
        SqlType::VarChar { max_length } => *max_length,
        SqlType::Char { length } => Some(length.unwrap_or(1)),
        _ => None,
    }
}

/// How many characters a value has at most, where it is written as a text.
fn written(sql_type: &SqlType) -> u32 {
    match sql_type {
        SqlType::SmallInt => 6,
        SqlType::Integer => 11,
        SqlType::Uuid => 36,
        _ => 20,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_and_what_is_not() {
        let text = |n| SqlType::VarChar { max_length: Some(n) };
        let number = |p, s| SqlType::Numeric { precision: Some(p), scale: Some(s) };
        let any = SqlType::Numeric { precision: None, scale: None };
        for (from, to, expected) in [
            (text(9), text(10), Conversion::Keeps),
            (text(9), SqlType::Text, Conversion::Keeps),
            (text(10), text(9), Conversion::Checks),
            (SqlType::Text, text(9), Conversion::Checks),
            (SqlType::Text, SqlType::Char { length: Some(9) }, Conversion::Loses),
            (SqlType::Char { length: Some(9) }, text(9), Conversion::Keeps),
            (SqlType::Integer, text(10), Conversion::Checks),
            (SqlType::Integer, text(11), Conversion::Keeps),
            (SqlType::Integer, number(12, 2), Conversion::Keeps),
            (SqlType::Integer, number(11, 2), Conversion::Checks),
            (number(9, 2), number(9, 3), Conversion::Checks),
            (number(9, 2), number(10, 3), Conversion::Keeps),
            (number(9, 3), number(9, 2), Conversion::Loses),
            (number(9, 3), any.clone(), Conversion::Keeps),
            (any, number(9, 3), Conversion::Loses),
            (SqlType::BigInt, SqlType::Double, Conversion::Loses),
            (SqlType::Text, SqlType::Bool, Conversion::Unknown),
            (SqlType::Bool, SqlType::Integer, Conversion::Unknown),
        ] {
            assert_eq!(Conversion::between(&from, &to), expected, "{from} → {to}");
        }
    }
}
