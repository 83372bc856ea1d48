//! What a value must be before it is written. SQLite holds no column to its length, and neither
//! database looks into JSON; here both refuse alike, and the error names the field.

use diesel::Column;
use diesel::query_source::SizeRestrictedColumn;
use serde_json::Value;

/// A value that cannot be written.
///
/// The queries return it inside [`diesel::result::Error::SerializationError`]; [`Invalid::of`] finds it
/// there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct Invalid {
    field: &'static str,
    problem: String,
}

impl Invalid {
    fn new<C: Column>(_: C, problem: impl Into<String>) -> Self {
        Self { field: C::NAME, problem: problem.into() }
    }

    /// The field that holds it.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// The invalid value that a query failed for, if that is why it failed.
    #[must_use]
    pub fn of(error: &diesel::result::Error) -> Option<&Self> {
        match error {
            diesel::result::Error::SerializationError(source) => source.downcast_ref(),
            _ => None,
        }
    }
}

impl From<Invalid> for diesel::result::Error {
    fn from(invalid: Invalid) -> Self {
        diesel::result::Error::SerializationError(Box::new(invalid))
    }
}

/// Texts fit the column, whose length the model says. As in SQL, it counts characters.
pub(crate) fn text<'a, C: SizeRestrictedColumn>(
    column: C,
    values: impl IntoIterator<Item = &'a String>,
) -> Result<(), Invalid> {
    for value in values {
        let length = value.chars().count();
        if length > C::MAX_LENGTH {
            let most = C::MAX_LENGTH;
            return Err(Invalid::new(column, format!("has {length} characters; the most is {most}")));
        }
        if value.contains('\0') {
            return Err(Invalid::new(column, NUL));
        }
    }
    Ok(())
}

/// Texts are among those that are known.
pub(crate) fn one_of<'a, C: Column>(
    column: C,
    known: &[&str],
    values: impl IntoIterator<Item = &'a String>,
) -> Result<(), Invalid> {
    if values.into_iter().all(|value| known.contains(&value.as_str())) {
        return Ok(());
    }
    let known: Vec<_> = known.iter().map(|one| format!("`{one}`")).collect();
    Err(Invalid::new(column, format!("must be one of {}", known.join(", "))))
}

/// JSON values are lists of names.
pub(crate) fn names<'a>(
    column: impl Column,
    values: impl IntoIterator<Item = &'a Value>,
) -> Result<(), Invalid> {
    json(column, "must be a list of names", values, |value| is_list(value, Value::is_string))
}

/// JSON values are lists of whole numbers.
pub(crate) fn numbers<'a>(
    column: impl Column,
    values: impl IntoIterator<Item = &'a Value>,
) -> Result<(), Invalid> {
    json(column, "must be a list of whole numbers", values, |value| is_list(value, Value::is_i64))
}

/// JSON values are objects.
pub(crate) fn object<'a>(
    column: impl Column,
    values: impl IntoIterator<Item = &'a Value>,
) -> Result<(), Invalid> {
    json(column, "must be an object", values, Value::is_object)
}

fn json<'a>(
    column: impl Column,
    problem: &str,
    values: impl IntoIterator<Item = &'a Value>,
    is_right: impl Fn(&Value) -> bool,
) -> Result<(), Invalid> {
    for value in values {
        if !is_right(value) {
            return Err(Invalid::new(column, problem));
        }
        if holds_nul(value) {
            return Err(Invalid::new(column, NUL));
        }
    }
    Ok(())
}

/// PostgreSQL keeps no such text, in JSON neither.
const NUL: &str = "holds the character U+0000, which no text may";

fn is_list(value: &Value, is_right: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(is_right))
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(entries) => entries.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
