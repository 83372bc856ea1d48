//! A type's name in SQL that a user wrote inside an attribute: checked to be that and no more.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a type of the user's own, as SQL has it: `point`, `geometry(Point, 4326)`,
/// `auth."Mood"`, `timestamp(3) with time zone`, `vector(3)[]`, `set('a', 'b')`.
///
/// It can stand behind a column's name without ending the statement or the column: it is words,
/// parentheses with words, numbers and texts in them, and brackets, and no word of it begins a constraint.
///
/// ```
/// use fenrir_schema::TypeName;
///
/// assert_eq!(TypeName::new("geometry(Point,4326)")?.as_str(), "geometry(Point, 4326)");
/// assert!(TypeName::new("point); DROP TABLE page").is_err());
/// # Ok::<(), fenrir_schema::TypeNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TypeName(String);

/// Why a text is not the name of a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypeNameError {
    /// Nothing but blanks.
    #[error("the name of a type cannot be empty")]
    Empty,
    /// A character that no such name has.
    #[error("the name of a type cannot hold `{}`", if .0.is_control() { .0.escape_default().to_string() } else { .0.to_string() })]
    Character(char),
    /// A quote that is never closed.
    #[error("a quote is not closed in the name of this type")]
    OpenQuote,
    /// A word that says more of a column than its type.
    #[error("`{0}` is no part of a type: what a column has beyond its type, other keys say")]
    Word(String),
    /// Words, parentheses and brackets in another order than a type's.
    #[error(
        "this is no type: one is named like `point`, `auth.\"Mood\"`, `geometry(Point, 4326)` or `vector(3)[]`"
    )]
    Form,
}

/// What stands behind a type where a column is defined, in one database or another.
const NO_TYPE: &[&str] = &[
    "after",
    "always",
    "as",
    "auto_increment",
    "autoincrement",
    "check",
    "collate",
    "comment",
    "compression",
    "constraint",
    "default",
    "deferrable",
    "first",
    "generated",
    "identity",
    "initially",
    "invisible",
    "key",
    "not",
    "null",
    "on",
    "primary",
    "references",
    "storage",
    "stored",
    "unique",
    "using",
    "virtual",
];

impl TypeName {
    /// Takes the name of a type; with one blank, or none, wherever there may be blanks.
    ///
    /// # Errors
    /// When it is something else, or more.
    pub fn new(text: impl AsRef<str>) -> Result<Self, TypeNameError> {
        let tokens = tokens(text.as_ref())?;
        if tokens.is_empty() {
            return Err(TypeNameError::Empty);
        }
        let mut parser = Parser { tokens: &tokens, text: String::new() };
        parser.name()?;
        let mut parameters = false;
        loop {
            match parser.peek() {
                None => return Ok(Self(parser.text)),
                Some("(") if !parameters => {
                    parameters = true;
                    parser.parameters()?;
                }
                Some("[") => {
                    parser.brackets()?;
                    break;
                }
                Some(_) => {
                    parser.text.push(' ');
                    parser.word()?;
                }
            }
        }
        while parser.peek().is_some() {
            parser.brackets()?;
        }
        Ok(Self(parser.text))
    }

    /// The name, as SQL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The words, numbers, quoted names, texts and signs of a text.
fn tokens(text: &str) -> Result<Vec<&str>, TypeNameError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_matches(' ');
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = match first {
            '"' => 2 + rest[1..].find('"').ok_or(TypeNameError::OpenQuote)?,
            '\'' => text_end(rest).ok_or(TypeNameError::OpenQuote)?,
            '(' | ')' | '[' | ']' | ',' | '.' => 1,
            '-' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                rest[1..].find(|c| !is_word(c)).map_or(rest.len(), |end| end + 1)
            }
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            other => return Err(TypeNameError::Character(other)),
        };
        let token = &rest[..end];
        if first == '"' && rest[end..].starts_with('"') {
            // A quote that is doubled would be in the name.
            return Err(TypeNameError::Character('"'));
        }
        // In a name that is quoted too: it may stand where a quote is a text's.
        let is_text = first == '\'';
        let breaks = |c: &char| matches!(c, '\\' | '`' | ';') || *c == '\'' && !is_text || c.is_control();
        if let Some(bad) = token.chars().find(breaks) {
            return Err(TypeNameError::Character(bad));
        }
        tokens.push(token);
        rest = rest[end..].trim_start_matches(' ');
    }
    Ok(tokens)
}

/// Where a text ends, whose quotes are doubled.
fn text_end(rest: &str) -> Option<usize> {
    let mut end = 1 + rest[1..].find('\'')?;
    while rest[end + 1..].starts_with('\'') {
        end += 2 + rest[end + 2..].find('\'')?;
    }
    Some(end + 1)
}

struct Parser<'a> {
    tokens: &'a [&'a str],
    text: String,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.first().copied()
    }

    fn next(&mut self) -> Result<&'a str, TypeNameError> {
        let (&first, rest) = self.tokens.split_first().ok_or(TypeNameError::Form)?;
        self.tokens = rest;
        self.text.push_str(first);
        Ok(first)
    }

    /// Takes that sign, if it comes next.
    fn sign(&mut self, sign: &str) -> Result<bool, TypeNameError> {
        let is_next = self.peek() == Some(sign);
        if is_next {
            self.next()?;
        }
        Ok(is_next)
    }

    /// `point`, `auth.mood`
    fn name(&mut self) -> Result<(), TypeNameError> {
        self.word()?;
        if self.sign(".")? { self.word() } else { Ok(()) }
    }

    fn word(&mut self) -> Result<(), TypeNameError> {
        let word = self.next()?;
        if NO_TYPE.contains(&word.to_ascii_lowercase().as_str()) {
            return Err(TypeNameError::Word(word.to_owned()));
        }
        let begins = |c: char| c == '"' || c == '_' || c.is_alphabetic();
        if word.starts_with(begins) && word != "\"\"" { Ok(()) } else { Err(TypeNameError::Form) }
    }

    /// `(Point, 4326)`
    fn parameters(&mut self) -> Result<(), TypeNameError> {
        self.next()?;
        loop {
            if matches!(self.next()?, "(" | ")" | "[" | "]" | "," | ".") {
                return Err(TypeNameError::Form);
            }
            if self.sign(")")? {
                return Ok(());
            }
            if !self.sign(",")? {
                return Err(TypeNameError::Form);
            }
            self.text.push(' ');
        }
    }

    /// `[]`, `[3]`
    fn brackets(&mut self) -> Result<(), TypeNameError> {
        if self.next()? != "[" {
            return Err(TypeNameError::Form);
        }
        if self.peek().is_some_and(|token| token.chars().all(|c| c.is_ascii_digit())) {
            self.next()?;
        }
        if self.next()? == "]" { Ok(()) } else { Err(TypeNameError::Form) }
    }
}

impl TryFrom<String> for TypeName {
    type Error = TypeNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<TypeName> for String {
    fn from(name: TypeName) -> Self {
        name.0
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_all_kinds() {
        for (text, canonical) in [
            (" point ", "point"),
            ("auth . \"My Mood\"", "auth.\"My Mood\""),
            ("geometry(Point,4326)", "geometry(Point, 4326)"),
            ("timestamp ( 3 )  with time zone", "timestamp(3) with time zone"),
            ("double precision", "double precision"),
            ("numeric(10, -2)", "numeric(10, -2)"),
            ("vector(3) [] [4]", "vector(3)[][4]"),
            ("größe", "größe"),
            ("set('a','it''s', ')')", "set('a', 'it''s', ')')"),
        ] {
            let name = TypeName::new(text).unwrap();
            assert_eq!(name.as_str(), canonical, "{text}");
            assert_eq!(TypeName::new(canonical).unwrap(), name, "{text}");
        }
    }

    #[test]
    fn what_would_be_more_than_a_type() {
        let word = |word: &str| TypeNameError::Word(word.to_owned());
        for (text, error) in [
            ("  ", TypeNameError::Empty),
            ("point; DROP TABLE page", TypeNameError::Character(';')),
            ("point -- more", TypeNameError::Character('-')),
            ("point /* more", TypeNameError::Character('/')),
            ("point, x int", TypeNameError::Form),
            ("point) x (", TypeNameError::Form),
            ("point()", TypeNameError::Form),
            ("point(1)(2)", TypeNameError::Form),
            ("point(max(1))", TypeNameError::Form),
            ("a.b.c", TypeNameError::Form),
            ("3d", TypeNameError::Form),
            ("\"\"", TypeNameError::Form),
            ("point[", TypeNameError::Form),
            ("point[] x", TypeNameError::Form),
            ("point NOT NULL", word("NOT")),
            ("int default 5", word("default")),
            ("int CHECK (x)", word("CHECK")),
            ("\"open", TypeNameError::OpenQuote),
            ("\"a\\\"", TypeNameError::Character('\\')),
            ("\"it's\"", TypeNameError::Character('\'')),
            ("\"a\"\"b\"", TypeNameError::Character('"')),
            ("point('a'", TypeNameError::Form),
            ("point('a''", TypeNameError::OpenQuote),
            ("point('a\\')", TypeNameError::Character('\\')),
            ("'a'", TypeNameError::Form),
            ("point 'a'", TypeNameError::Form),
            ("point.'a'", TypeNameError::Form),
            ("point['a']", TypeNameError::Form),
            ("a\nb", TypeNameError::Character('\n')),
            ("`a`", TypeNameError::Character('`')),
            ("a\0", TypeNameError::Character('\0')),
        ] {
            assert_eq!(TypeName::new(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_name_read_from_json_is_checked() {
        assert!(serde_json::from_str::<TypeName>(r#""point; x""#).is_err());
    }
}
