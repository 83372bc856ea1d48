//! Types, defaults and expressions, from the text that the servers give for them.

use std::borrow::Cow;

use fenrir_schema::{DefaultValue, Dialect, Expression, SqlType, TokenKind};

/// The labels of an `enum('a','b')`.
pub(super) fn labels(type_name: &str) -> Option<Vec<String>> {
    let tokens = Dialect::Mysql.tokens(type_name);
    let [name, open, labels @ .., close] = tokens.as_slice() else { return None };
    if !(name.is_word("enum") && open.is_sign("(") && close.is_sign(")")) {
        return None;
    }
    let texts = labels.iter().filter(|token| token.kind == TokenKind::Text);
    Some(texts.map(|token| token.value.clone()).collect())
}

/// The text of an expression, with its texts as ours are written, and without parentheses around all of it.
pub(super) fn expression(text: &str) -> Result<Expression, String> {
    let rewritten = Dialect::Mysql.rewritten(text);
    Expression::new(rewritten).map_err(|error| error.to_string())
}

/// The text of a default in which what lies in the database itself has no name of it: MariaDB says of a sequence where it
/// lies (<https://mariadb.com/kb/en/next-value-for-sequence_name/>), and what is made of it elsewhere is to have its own.
pub(super) fn without_database<'a>(text: &'a str, database: &str) -> Cow<'a, str> {
    let tokens = Dialect::Mysql.tokens(text);
    let mut rewritten = String::new();
    let mut from = 0;
    for next in tokens.windows(3) {
        let [place, point, name] = next else { continue };
        let is_place = matches!(place.kind, TokenKind::Name | TokenKind::Word);
        if is_place && place.value == database && point.is_sign(".") && name.kind == TokenKind::Name {
            rewritten.push_str(&text[from..place.start]);
            from = name.start;
        }
    }
    if from == 0 { Cow::Borrowed(text) } else { Cow::Owned(rewritten + &text[from..]) }
}

/// A default as MariaDB tells it: as SQL (<https://mariadb.com/kb/en/information-schema-columns-table/>).
pub(super) fn from_sql(text: &str, sql_type: &SqlType) -> Result<Option<DefaultValue>, String> {
    let tokens = Dialect::Mysql.tokens(text);
    let kinds: Vec<_> = tokens.iter().map(|token| (token.kind, token.value.as_str())).collect();
    let number = |text: &str| Some(number(text, sql_type)).flatten();
    let value = match kinds.as_slice() {
        [(TokenKind::Word, "null")] => return Ok(None),
        [(TokenKind::Number, _)] | [(TokenKind::Sign, "-"), (TokenKind::Number, _)] => number(text),
        [(TokenKind::Text, value)] if !is_expression(sql_type) => match number(value) {
            Some(number) => Some(number),
            None => Some(DefaultValue::Text((*value).to_owned())),
        },
        _ => None,
    };
    match value {
        Some(value) => Ok(Some(value)),
        None => Ok(Some(DefaultValue::Expression(expression(text)?))),
    }
}

/// A default as MySQL tells it: a value as it is, or an expression in which quotes are escaped
/// (<https://dev.mysql.com/doc/refman/8.0/en/information-schema-columns-table.html>).
pub(super) fn from_value(
    text: &str,
    is_generated: bool,
    sql_type: &SqlType,
) -> Result<Option<DefaultValue>, String> {
    if is_generated {
        return from_sql(&unescaped(text), sql_type);
    }
    if let Some(number) = number(text, sql_type) {
        return Ok(Some(number));
    }
    if is_expression(sql_type) {
        return Ok(Some(DefaultValue::Expression(expression(&Dialect::Mysql.literal(text))?)));
    }
    Ok(Some(DefaultValue::Text(text.to_owned())))
}

/// MySQL's tables tell of expressions with `\'` for each quote.
pub(super) fn unescaped(text: &str) -> String {
    text.replace("\\'", "'")
}

fn number(text: &str, sql_type: &SqlType) -> Option<DefaultValue> {
    match sql_type {
        SqlType::Bool => match text {
            "0" => Some(DefaultValue::Bool(false)),
            "1" => Some(DefaultValue::Bool(true)),
            _ => None,
        },
        _ if sql_type.is_integer()
            || matches!(sql_type, SqlType::Float | SqlType::Double | SqlType::Numeric { .. }) =>
        {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_number = digits.starts_with(|c: char| c.is_ascii_digit());
            is_number.then(|| DefaultValue::Number(text.to_owned()))
        }
        _ => None,
    }
}

/// Models say the defaults of these by expressions only.
fn is_expression(sql_type: &SqlType) -> bool {
    matches!(sql_type, SqlType::Custom { .. } | SqlType::Binary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_name_is_left_out() {
        for (told, wanted) in [
            ("nextval(`a``b`.`seq`)", "nextval(`seq`)"),
            ("(nextval(`a``b`.`seq`) + lastval(`other`.`seq`))", "(nextval(`seq`) + lastval(`other`.`seq`))"),
            ("concat('`a``b`.`seq`','x')", "concat('`a``b`.`seq`','x')"),
            ("1.5", "1.5"),
        ] {
            assert_eq!(without_database(told, "a`b"), wanted);
        }
    }

    #[test]
    fn both_servers_tell_the_same() {
        let expression = |text: &str| Some(DefaultValue::Expression(Expression::new(text).unwrap()));
        let number = |text: &str| Some(DefaultValue::Number(text.to_owned()));
        let text = |text: &str| Some(DefaultValue::Text(text.to_owned()));
        for (sql, value, is_generated, sql_type, wanted) in [
            ("1", "1", false, SqlType::Bool, Some(DefaultValue::Bool(true))),
            ("-7", "-7", false, SqlType::Integer, number("-7")),
            ("1.50", "1.50", false, SqlType::Numeric { precision: Some(9), scale: Some(2) }, number("1.50")),
            (
                r"'it''s \\ x'",
                r"it's \ x",
                false,
                SqlType::VarChar { max_length: Some(9) },
                text(r"it's \ x"),
            ),
            ("'7'", "7", false, SqlType::VarChar { max_length: Some(9) }, text("7")),
            (r"lcase('It\'s')", r"lcase(_utf8mb4\'Its\')", true, SqlType::Text, None),
            ("current_timestamp(6)", "CURRENT_TIMESTAMP(6)", true, SqlType::Timestamp, None),
            ("curdate()", "curdate()", true, SqlType::Date, expression("curdate()")),
        ] {
            let of_mariadb = from_sql(sql, &sql_type).unwrap();
            let of_mysql = from_value(value, is_generated, &sql_type).unwrap();
            match wanted {
                Some(wanted) => {
                    assert_eq!((of_mariadb, of_mysql), (Some(wanted.clone()), Some(wanted)), "{sql}")
                }
                None => assert!(
                    matches!(
                        (&of_mariadb, &of_mysql),
                        (Some(DefaultValue::Expression(_)), Some(DefaultValue::Expression(_)))
                    ),
                    "{of_mariadb:?} {of_mysql:?}"
                ),
            }
        }
        assert_eq!(from_sql("NULL", &SqlType::Text), Ok(None));
        assert_eq!(
            labels(r"enum('it''s','a,b','c\\')"),
            Some(vec!["it's".into(), "a,b".into(), "c\\".into()])
        );
        assert_eq!(labels("set('a')"), None);
    }
}
