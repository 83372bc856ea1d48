//! SQL that a user wrote inside an attribute: checked to be one expression before it goes anywhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Dialect, Identifier};

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
        words(&self.0).any(|word| word.names(name))
    }

    /// Whether a column stands in it behind this name and a point, and not a function.
    ///
    /// ```
    /// use fenrir_schema::{Expression, Identifier};
    ///
    /// let page = Identifier::new("page")?;
    /// assert!(Expression::new("lower(\"page\".name) <> ''")?.qualifies_with(&page));
    /// assert!(!Expression::new("page.is_right(name, 'page.name')")?.qualifies_with(&page));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn qualifies_with(&self, name: &Identifier) -> bool {
        let words: Vec<_> = words(&self.0).filter(|word| !word.text.trim().is_empty()).collect();
        words.windows(3).any(|next| {
            let [of, point, column] = next else { return false };
            let is_name = matches!(column.first, '"' | '`' | '*')
                || column.first.is_alphabetic()
                || column.first == '_';
            of.names(name) && point.first == '.' && is_name && !column.is_called_in(&self.0)
        })
    }

    /// The same expression where something has another name: a column that is renamed. None where that
    /// cannot be said for every database: the new name must be quoted, or stands in it already, or the old
    /// one may be that of a function.
    ///
    /// ```
    /// use fenrir_schema::{Expression, Identifier};
    ///
    /// let check = Expression::new("length(name) > 2 AND name <> 'name'")?;
    /// let renamed = check.renamed(&Identifier::new("name")?, &Identifier::new("title")?);
    /// assert_eq!(renamed, Some(Expression::new("length(title) > 2 AND title <> 'name'")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn renamed(&self, old: &Identifier, new: &Identifier) -> Option<Expression> {
        if !self.mentions(old) {
            return Some(self.clone());
        }
        if self.mentions(new) || !(is_plain(old) && is_plain(new)) {
            return None;
        }
        let mut text = String::new();
        for word in words(&self.0) {
            if !word.names(old) {
                text.push_str(word.text);
            } else if word.text != old.as_str() || word.is_called_in(&self.0) {
                return None;
            } else {
                text.push_str(new.as_str());
            }
        }
        Some(Expression(text))
    }

    /// The expression, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a name means the same in every database without quotes.
fn is_plain(name: &Identifier) -> bool {
    Dialect::ALL.iter().all(|dialect| dialect.quote(name) == name.as_str())
}

/// A part of an expression: a word, something in quotes, or one other character.
struct Word<'a> {
    start: usize,
    text: &'a str,
    first: char,
}

impl Word<'_> {
    /// Whether it is this name, quoted or not, and not a text.
    fn names(&self, name: &Identifier) -> bool {
        match self.first {
            '\'' => false,
            '"' | '`' => self.text.trim_matches(self.first).eq_ignore_ascii_case(name.as_str()),
            _ => self.text.eq_ignore_ascii_case(name.as_str()),
        }
    }

    /// Whether a parenthesis follows it: it may be a function.
    fn is_called_in(&self, text: &str) -> bool {
        text[self.start + self.text.len()..].trim_start().starts_with('(')
    }
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let end = match first {
            '\'' | '"' | '`' => 1 + rest[1..].find(first).map_or(rest.len() - 1, |at| at + 1),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let start = text.len() - rest.len();
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Word { start, text, first })
    })
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
    fn a_name_that_may_mean_something_else_is_not_replaced() {
        let name = |text: &str| Identifier::new(text).unwrap();
        let renamed = |text: &str, old: &str, new: &str| {
            Expression::new(text).unwrap().renamed(&name(old), &name(new)).map(String::from)
        };
        assert_eq!(renamed("a > 0", "b", "c").as_deref(), Some("a > 0"));
        assert_eq!(renamed("a > 'a' + aa", "a", "b").as_deref(), Some("b > 'a' + aa"));
        for (text, old, new) in [
            ("a > b", "a", "b"),
            ("lower (lower) > 'x'", "lower", "upper"),
            ("lower(x) > 'x'", "lower", "upper"),
            ("a > 0", "a", "order"),
            ("\"a\" > 0", "a", "b"),
            ("A > 0", "a", "b"),
        ] {
            assert_eq!(renamed(text, old, new), None, "{text}");
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
