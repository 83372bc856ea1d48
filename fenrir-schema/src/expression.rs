//! SQL that a user wrote inside an attribute: checked to be one expression before it goes anywhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An SQL expression as a user wrote it, such as `CURRENT_TIMESTAMP` or `length(name) > 2`.
///
/// It can stand in the middle of a statement without ending it: it is not empty, its quotes and
/// parentheses are closed, and it holds no `;` and no comment.
///
/// ```
/// use fenrir_schema::Expression;
///
/// assert!(Expression::new("status <> ';'").is_ok());
/// assert!(Expression::new("1; DROP TABLE page").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expression(String);

/// Why a text is not one SQL expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Nothing but blanks.
    #[error("an SQL expression cannot be empty")]
    Empty,
    /// A NUL byte, which no database takes.
    #[error("an SQL expression cannot hold a NUL character")]
    Nul,
    /// A `;` that would end the statement around it.
    #[error("an SQL expression cannot hold a `;` outside quotes")]
    Semicolon,
    /// A comment that could swallow what follows it.
    #[error("an SQL expression cannot hold a comment")]
    Comment,
    /// A quote that is never closed.
    #[error("the quote {0} is not closed in this SQL expression")]
    OpenQuote(char),
    /// Parentheses or brackets that do not pair.
    #[error("the parentheses do not pair in this SQL expression")]
    Parentheses,
}

impl Expression {
    /// Takes the text of an expression.
    ///
    /// # Errors
    /// When it could not stand inside a statement as one expression.
    pub fn new(text: impl Into<String>) -> Result<Self, ExpressionError> {
        let text = text.into().trim().to_owned();
        check(&text)?;
        Ok(Self(text))
    }

    /// The expression, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(text: &str) -> Result<(), ExpressionError> {
    if text.is_empty() {
        return Err(ExpressionError::Empty);
    }
    let mut open = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\0' => return Err(ExpressionError::Nul),
            ';' => return Err(ExpressionError::Semicolon),
            '-' if characters.peek() == Some(&'-') => return Err(ExpressionError::Comment),
            '/' if characters.peek() == Some(&'*') => return Err(ExpressionError::Comment),
            '(' | '[' => open.push(c),
            ')' | ']' => {
                let opened = if c == ')' { '(' } else { '[' };
                if open.pop() != Some(opened) {
                    return Err(ExpressionError::Parentheses);
                }
            }
            // A doubled quote inside a quoted text closes it and opens it again: the same end.
            '\'' | '"' | '`' => {
                let is_closed = characters.by_ref().any(|inner| inner == c);
                if !is_closed {
                    return Err(ExpressionError::OpenQuote(c));
                }
            }
            _ => {}
        }
    }
    if open.is_empty() { Ok(()) } else { Err(ExpressionError::Parentheses) }
}

impl TryFrom<String> for Expression {
    type Error = ExpressionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.0
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a column holds when an insert does not say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DefaultValue {
    /// A text, as a value and not as SQL.
    Text(String),
    /// A number, as it was written: digits, with a sign, a point or an exponent.
    Number(String),
    /// True or false.
    Bool(bool),
    /// An expression that the database evaluates at each insert.
    Expression(Expression),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_stand_on_their_own() {
        for text in
            ["CURRENT_TIMESTAMP", "a > 0 AND (b = ';' OR c = '--')", "'it''s'", "-1", "a[1]", "\"x;y\" > 0"]
        {
            assert_eq!(Expression::new(text).map(String::from), Ok(text.to_owned()));
        }
    }

    #[test]
    fn expressions_that_would_break_out() {
        for (text, error) in [
            ("  ", ExpressionError::Empty),
            ("1; DROP TABLE page", ExpressionError::Semicolon),
            ("1 -- and the rest", ExpressionError::Comment),
            ("1 /* and the rest", ExpressionError::Comment),
            ("'open", ExpressionError::OpenQuote('\'')),
            ("(a", ExpressionError::Parentheses),
            ("a)", ExpressionError::Parentheses),
            ("(a]", ExpressionError::Parentheses),
            ("a\0b", ExpressionError::Nul),
        ] {
            assert_eq!(Expression::new(text), Err(error), "{text}");
        }
    }
}
