//! Types and defaults, from the text that PostgreSQL gives for them.

use std::collections::HashMap;

use fenrir_schema::{DefaultValue, Dialect, Expression, Identifier, SqlType, TokenKind, TypeNameError};

use super::rows::{Column, Type};

/// The types that are not PostgreSQL's own.
pub(super) struct Types<'a> {
    pub(super) by_oid: HashMap<u32, &'a Type>,
    /// The schemas whose types are found by their names alone.
    pub(super) path: &'a [String],
    /// The schema in which enums are made.
    pub(super) home: &'a str,
}

impl Types<'_> {
    /// The type of a column.
    pub(super) fn of(&self, column: &Column) -> Result<SqlType, TypeNameError> {
        let text = column.type_name.as_str();
        let Some(found) = self.by_oid.get(&column.type_oid) else { return Dialect::Postgres.read_type(text) };
        if let Some(name) = self.enum_name(found) {
            let of = SqlType::Enum(name);
            return Ok(if text.ends_with("[]") { SqlType::Array(Box::new(of)) } else { of });
        }
        let whole = Dialect::Postgres.read_type(text)?;
        let is_visible = self.path.contains(&found.namespace) && !found.is_shadowed;
        let bare = text.strip_prefix(&found.prefix).filter(|_| is_visible);
        let sql_type = match bare.map(|bare| Dialect::Postgres.read_type(bare)) {
            // One of the user's own may have the name of another.
            Some(Ok(sql_type)) if is_own(&sql_type, found) => sql_type,
            _ => whole,
        };
        // One elsewhere is not made there by its name alone.
        let is_plain = found.namespace == self.home || found.namespace == "pg_catalog";
        Ok(if is_plain { with_extension(sql_type, found) } else { sql_type })
    }

    /// Enums of this schema, which no extension made, have a name of their own.
    pub(super) fn enum_name(&self, of: &Type) -> Option<Identifier> {
        let is_ours = of.kind == "e" && of.namespace == self.home && of.extension.is_none();
        if is_ours { Identifier::new(&of.name).ok() } else { None }
    }
}

fn is_own(sql_type: &SqlType, found: &Type) -> bool {
    match sql_type {
        SqlType::Custom { .. } => true,
        SqlType::Citext => found.extension.as_deref() == Some("citext"),
        SqlType::Array(of) => is_own(of, found),
        _ => false,
    }
}

fn with_extension(sql_type: SqlType, found: &Type) -> SqlType {
    match sql_type {
        SqlType::Custom { name, .. } => {
            let extension = found.extension.as_ref().and_then(|name| Identifier::new(name).ok());
            SqlType::Custom { name, extension }
        }
        SqlType::Array(of) => SqlType::Array(Box::new(with_extension(*of, found))),
        other => other,
    }
}

/// A default from the text of its expression: a value where it is a literal of the column's type. `Ok(None)`
/// where it is NULL.
pub(super) fn default(
    text: &str,
    sql_type: &SqlType,
    base_type: &str,
) -> Result<Option<DefaultValue>, String> {
    let tokens = Dialect::Postgres.tokens(text);
    let kinds: Vec<_> = tokens.iter().map(|token| (token.kind, token.text)).collect();
    // Models say these by expressions only.
    let is_expression = matches!(sql_type, SqlType::Custom { .. } | SqlType::Binary);
    let literal = match kinds.as_slice() {
        [(TokenKind::Word, "NULL"), (TokenKind::Sign, "::"), ..] => return Ok(None),
        [(TokenKind::Word, word @ ("true" | "false"))] if *sql_type == SqlType::Bool => {
            Some(DefaultValue::Bool(*word == "true"))
        }
        [(TokenKind::Number, number)] if is_number(sql_type) => {
            Some(DefaultValue::Number((*number).to_owned()))
        }
        [(TokenKind::Text, _), (TokenKind::Sign, "::"), ..] if !is_expression => {
            let cast = text[tokens[1].end()..].trim();
            let value = &tokens[0].value;
            if is_number(sql_type) {
                let of_numbers = matches!(
                    cast,
                    "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" | "oid"
                );
                let number = value.strip_prefix('-').unwrap_or(value);
                let is_plain = number.starts_with(|c: char| c.is_ascii_digit());
                (of_numbers && is_plain).then(|| DefaultValue::Number(value.clone()))
            } else if cast == base_type || cast == "bpchar" && base_type == "character" {
                Some(DefaultValue::Text(value.clone()))
            } else {
                None
            }
        }
        _ => None,
    };
    match literal {
        Some(value) => Ok(Some(value)),
        None => match Expression::new(text) {
            Ok(expression) => Ok(Some(DefaultValue::Expression(expression))),
            Err(error) => Err(error.to_string()),
        },
    }
}

fn is_number(sql_type: &SqlType) -> bool {
    sql_type.is_integer()
        || matches!(sql_type, SqlType::Float | SqlType::Double | SqlType::Numeric { .. } | SqlType::Oid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_values_and_the_rest_are_expressions() {
        let expression = |text: &str| DefaultValue::Expression(Expression::new(text).unwrap());
        let text = |text: &str| DefaultValue::Text(text.to_owned());
        let number = |text: &str| DefaultValue::Number(text.to_owned());
        let varchar = SqlType::VarChar { max_length: Some(9) };
        for (given, sql_type, base, wanted) in [
            ("true", SqlType::Bool, "boolean", DefaultValue::Bool(true)),
            ("7", SqlType::Integer, "integer", number("7")),
            ("'-7'::integer", SqlType::SmallInt, "smallint", number("-7")),
            ("1.5", SqlType::Double, "double precision", number("1.5")),
            (
                "'NaN'::numeric",
                SqlType::Numeric { precision: None, scale: None },
                "numeric",
                expression("'NaN'::numeric"),
            ),
            ("'it''s'::character varying", varchar.clone(), "character varying", text("it's")),
            (r"'a\b'::text", SqlType::Text, "text", text(r"a\b")),
            ("'x'::bpchar", SqlType::Char { length: Some(3) }, "character", text("x")),
            (
                "'{}'::character varying[]",
                SqlType::Array(Box::new(varchar)),
                "character varying[]",
                text("{}"),
            ),
            ("'a'::public.mood", SqlType::Enum(Identifier::new("mood").unwrap()), "public.mood", text("a")),
            ("'now'::text", SqlType::Date, "date", expression("'now'::text")),
            (
                "CURRENT_TIMESTAMP",
                SqlType::Timestamp,
                "timestamp without time zone",
                expression("CURRENT_TIMESTAMP"),
            ),
            ("('a'::text || 'b'::text)", SqlType::Text, "text", expression("('a'::text || 'b'::text)")),
            ("'\\x00'::bytea", SqlType::Binary, "bytea", expression("'\\x00'::bytea")),
        ] {
            assert_eq!(default(given, &sql_type, base), Ok(Some(wanted)), "{given}");
        }
        assert_eq!(default("NULL::character varying", &SqlType::Text, "text"), Ok(None));
    }
}
