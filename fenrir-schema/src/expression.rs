//! SQL that a user wrote inside an attribute: checked to be one expression before it goes anywhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Identifier;

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

    /// Whether a name stands in it, quoted or not, outside texts.
    ///
    /// ```
    /// use fenrir_schema::{Expression, Identifier};
    ///
    /// let check = Expression::new("lower(name) <> 'title'")?;
    /// assert!(check.mentions(&Identifier::new("name")?));
    /// assert!(!check.mentions(&Identifier::new("title")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn mentions(&self, name: &Identifier) -> bool {
        let mut rest = self.0.as_str();
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            let end = match first {
                '\'' | '"' | '`' => 1 + rest[1..].find(first).map_or(rest.len() - 1, |at| at + 1),
                c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                c => c.len_utf8(),
            };
            let word = &rest[..end];
            let found = match first {
                '\'' => false,
                '"' | '`' => word.trim_matches(first).eq_ignore_ascii_case(name.as_str()),
                _ => word.eq_ignore_ascii_case(name.as_str()),
            };
            if found {
                return true;
            }
            rest = &rest[end..];
        }
        false
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
            '\'' | '"' | '`' if !characters.by_ref().any(|inner| inner == c) => {
                return Err(ExpressionError::OpenQuote(c));
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
