//! SQL text taken apart: words, names, texts, numbers and signs.

use crate::dialect::Quoted;
use crate::{DefaultValue, Dialect, Expression, SqlType};

/// A part of an SQL text, as one dialect reads it.
///
/// ```
/// use fenrir_schema::{Dialect, TokenKind};
///
/// let tokens = Dialect::Sqlite.tokens("a <> 'it''s' -- why");
/// let kinds: Vec<_> = tokens.iter().map(|token| token.kind).collect();
/// assert_eq!(kinds, [TokenKind::Word, TokenKind::Sign, TokenKind::Text]);
/// assert_eq!(tokens[2].value, "it's");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// As it is written, with its quotes.
    pub text: &'a str,
    /// What it says: without quotes, and a word in small letters.
    pub value: String,
    /// Where it begins in the whole text, in bytes.
    pub start: usize,
}

impl Token<'_> {
    /// Where it ends in the whole text, in bytes.
    #[must_use]
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this word, without quotes, in whatever case.
    #[must_use]
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.value.eq_ignore_ascii_case(word)
    }

    /// Whether it is this sign.
    #[must_use]
    pub fn is_sign(&self, sign: &str) -> bool {
        self.kind == TokenKind::Sign && self.text == sign
    }
}

/// What a part of an SQL text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A word: one of SQL's own, or a name without quotes.
    Word,
    /// A name in quotes.
    Name,
    /// A text in quotes.
    Text,
    /// A number, without a sign.
    Number,
    /// An operator, or one other character.
    Sign,
}

impl Dialect {
    /// The parts of an SQL text, without white space and comments. What is not closed ends with the text.
    #[must_use]
    pub fn tokens(self, sql: &str) -> Vec<Token<'_>> {
        let mut tokens: Vec<Token<'_>> = Vec::new();
        let mut start = 0;
        while let Some(first) = sql[start..].chars().next() {
            let rest = &sql[start..];
            if first.is_whitespace() {
                start += first.len_utf8();
                continue;
            }
            if rest.starts_with("--") {
                start += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            if rest.starts_with("/*") {
                start += rest.find("*/").map_or(rest.len(), |end| end + 2);
                continue;
            }
            let escapes = tokens.last().is_some_and(|last| last.end() == start && last.is_word("e"));
            let (kind, length, value) = match self.quoted(first) {
                Some(quoted) => {
                    let (length, value) = unquoted(rest, &quoted, quoted.escapes || escapes);
                    (quoted.kind, length, value)
                }
                None => bare(rest, first),
            };
            tokens.push(Token { kind, text: &rest[..length], value, start });
            start += length;
        }
        tokens
    }

    /// An SQL text without comments, with each text as [`Dialect::literal`] writes it, and one blank where
    /// there was white space.
    #[must_use]
    pub fn rewritten(self, sql: &str) -> String {
        let mut text = String::new();
        let mut end = None;
        for token in self.tokens(sql) {
            if end.is_some_and(|end| end < token.start) {
                text.push(' ');
            }
            end = Some(token.end());
            match token.kind {
                TokenKind::Text => text.push_str(&self.literal(&token.value)),
                _ => text.push_str(token.text),
            }
        }
        text
    }

    /// Whether two expressions are the same, but for white space, the case of words, quotes around names
    /// that mean the same without them, and parentheses around the whole. Where they are not, they may still
    /// mean the same.
    ///
    /// ```
    /// use fenrir_schema::{Dialect, Expression};
    ///
    /// let expression = |text| Expression::new(text);
    /// assert!(Dialect::Sqlite.same_tokens(&expression("(id>0)")?, &expression("\"id\" > 0")?));
    /// // The one is a function, the other a column.
    /// assert!(!Dialect::Postgres.same_tokens(&expression("user")?, &expression("\"user\"")?));
    /// # Ok::<(), fenrir_schema::ExpressionError>(())
    /// ```
    #[must_use]
    pub fn same_tokens(self, a: &Expression, b: &Expression) -> bool {
        let (a, b) = (self.tokens(a.as_str()), self.tokens(b.as_str()));
        let (a, b) = (self.meaningful(&a), self.meaningful(&b));
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| self.same_token(a, b))
    }

    /// Whether the SQL of two defaults of a column is the same, token by token: a value may be said as SQL too.
    ///
    /// ```
    /// use fenrir_schema::{DefaultValue, Dialect, Expression, SqlType};
    ///
    /// let (value, sql) = (DefaultValue::Number("1".into()), DefaultValue::Expression(Expression::new("1")?));
    /// assert!(Dialect::Sqlite.same_default(&value, &sql, &SqlType::Integer));
    /// # Ok::<(), fenrir_schema::ExpressionError>(())
    /// ```
    #[must_use]
    pub fn same_default(self, a: &DefaultValue, b: &DefaultValue, sql_type: &SqlType) -> bool {
        let sql = |value: &DefaultValue| match value {
            DefaultValue::Expression(expression) => Some(expression.clone()),
            value => Expression::new(self.default_sql(value, sql_type)).ok(),
        };
        a == b || sql(a).zip(sql(b)).is_some_and(|(a, b)| self.same_tokens(&a, &b))
    }

    fn meaningful<'t, 'a>(self, tokens: &'t [Token<'a>]) -> Vec<&'t Token<'a>> {
        let tokens = without_parentheses(tokens);
        let is_silent = |at: usize| {
            let before_text = tokens.get(at + 1).is_some_and(|next| next.kind == TokenKind::Text);
            before_text && tokens[at].kind == TokenKind::Word && self.is_silent(&tokens[at].value)
        };
        (0..tokens.len()).filter(|&at| !is_silent(at)).map(|at| &tokens[at]).collect()
    }

    fn same_token(self, a: &Token<'_>, b: &Token<'_>) -> bool {
        use TokenKind::{Name, Word};
        match (a.kind, b.kind) {
            (Name, Name) if self.folds_case() => a.value.eq_ignore_ascii_case(&b.value),
            (Word, Name) => self.is_name(&a.value, &b.value),
            (Name, Word) => self.is_name(&b.value, &a.value),
            (a_kind, b_kind) => a_kind == b_kind && a.value == b.value,
        }
    }

    /// Whether a word without quotes is that name: one of SQL's own is something else.
    fn is_name(self, word: &str, name: &str) -> bool {
        let same = if self.folds_case() { word.eq_ignore_ascii_case(name) } else { word == name };
        same && !self.is_reserved(word) && !matches!(word, "true" | "false" | "null" | "default")
    }
}

/// The tokens between parentheses, where one pair is around all of them.
pub(crate) fn without_parentheses<'t, 'a>(mut tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    while let [first, inner @ .., last] = tokens {
        if !first.is_sign("(") || !last.is_sign(")") {
            break;
        }
        let mut depth = 1_usize;
        let closes_before = inner.iter().any(|token| {
            if token.is_sign("(") {
                depth += 1;
            } else if token.is_sign(")") {
                depth = depth.saturating_sub(1);
            }
            depth == 0
        });
        if closes_before {
            break;
        }
        tokens = inner;
    }
    tokens
}

/// The length of something in quotes, and what stands in them; a doubled quote is one.
pub(crate) fn unquoted(text: &str, quoted: &Quoted, escapes: bool) -> (usize, String) {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == quoted.close {
            match characters.peek() {
                Some((_, next)) if *next == c && quoted.close != ']' => {
                    value.push(c);
                    characters.next();
                }
                _ => return (at + c.len_utf8(), value),
            }
        } else if c == '\\' && escapes {
            match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, 'b')) => value.push('\u{8}'),
                Some((_, '0')) => value.push('\0'),
                Some((_, other)) => value.push(other),
                None => {}
            }
        } else {
            value.push(c);
        }
    }
    (text.len(), value)
}

const OPERATORS: &str = "+-*/<>=~!@#%^&|?:";

fn bare(text: &str, first: char) -> (TokenKind, usize, String) {
    let is_digit = |c: char| c.is_ascii_digit();
    if is_digit(first) || first == '.' && text[1..].starts_with(is_digit) {
        let length = number_length(text);
        return (TokenKind::Number, length, text[..length].to_ascii_lowercase());
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    if is_word(first) {
        let length = text.find(|c| !is_word(c)).unwrap_or(text.len());
        return (TokenKind::Word, length, text[..length].to_ascii_lowercase());
    }
    let length = if OPERATORS.contains(first) {
        let run = text.find(|c| !OPERATORS.contains(c)).unwrap_or(text.len());
        // A comment may follow an operator at once.
        let comment = ["--", "/*"].iter().filter_map(|mark| text[..run].find(mark)).min();
        comment.map_or(run, |at| at.max(1))
    } else {
        first.len_utf8()
    };
    (TokenKind::Sign, length, text[..length].to_owned())
}

/// `7`, `1.5`, `.5`, `1e-3`, `0x1F`
fn number_length(text: &str) -> usize {
    let mut length = 0;
    for (at, c) in text.char_indices() {
        let before = text[..at].chars().next_back();
        let signed = matches!(c, '+' | '-') && matches!(before, Some('e' | 'E')) && !text.starts_with("0x");
        if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || signed) {
            break;
        }
        length = at + c.len_utf8();
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expression;

    fn values(dialect: Dialect, sql: &str) -> Vec<String> {
        dialect.tokens(sql).into_iter().map(|token| token.value).collect()
    }

    #[test]
    fn each_database_has_its_quotes() {
        assert_eq!(values(Dialect::Sqlite, "[a b] \"c\"\"d\" `e`"), ["a b", "c\"d", "e"]);
        assert_eq!(values(Dialect::Mysql, r#"`a``b` "c" 'it\'s' 'x''y'"#), ["a`b", "c", "it's", "x'y"]);
        assert_eq!(
            values(Dialect::Postgres, r"x[1] E'it\'s' 'a\'"),
            ["x", "[", "1", "]", "e", "it's", "a\\"]
        );
    }

    #[test]
    fn comments_and_blanks_are_nothing() {
        assert_eq!(values(Dialect::Sqlite, "a/* b */<= -- c\n -1.5e-3"), ["a", "<=", "-", "1.5e-3"]);
        assert_eq!(values(Dialect::Sqlite, "a -/**/ b"), ["a", "-", "b"]);
    }

    #[test]
    fn a_text_is_written_as_ours_are() {
        assert_eq!(Dialect::Mysql.rewritten(r"lcase('It\'s',  '\\')"), r"lcase('It''s', '\\')");
        assert_eq!(Dialect::Sqlite.rewritten("a > 0 -- why\n AND b='x'"), "a > 0 AND b='x'");
    }

    #[test]
    fn broken_text_is_no_trouble() {
        for dialect in Dialect::ALL {
            for sql in ["", "'", "\"", "`", "[", "/*", "--", "'a''", "é'", "'\\", "1e", ".", "0x"] {
                let tokens = dialect.tokens(sql);
                assert!(tokens.iter().all(|token| !token.text.is_empty()), "{sql}: {tokens:?}");
            }
        }
    }

    #[test]
    fn what_is_the_same_and_what_is_not() {
        let same = |dialect: Dialect, a: &str, b: &str| {
            dialect.same_tokens(&Expression::new(a).unwrap(), &Expression::new(b).unwrap())
        };
        for (dialect, a, b) in [
            (Dialect::Sqlite, "((A > 0))", "\"a\">0"),
            (Dialect::Postgres, "lower(name)", "LOWER ( name )"),
            (Dialect::Mysql, "`a` <> _utf8mb4'x'", "a <> 'x'"),
            (Dialect::Mysql, "\"it's\"", "'it''s'"),
        ] {
            assert!(same(dialect, a, b), "{dialect}: {a} and {b}");
        }
        for (dialect, a, b) in [
            (Dialect::Postgres, "\"A\" > 0", "a > 0"),
            (Dialect::Postgres, "current_user = 'x'", "\"current_user\" = 'x'"),
            (Dialect::Sqlite, "current_timestamp", "\"current_timestamp\""),
            (Dialect::Sqlite, "a <> 'X'", "a <> 'x'"),
            (Dialect::Postgres, "a @- b", "a @ - b"),
            (Dialect::Sqlite, "true", "\"true\""),
        ] {
            assert!(!same(dialect, a, b), "{dialect}: {a} and {b}");
        }
        assert_eq!(without_parentheses(&Dialect::Sqlite.tokens("(a) > (b)")).len(), 7);
    }
}
