//! What SQLite says of its schema: the text of its statements, which it keeps as they were written.

use diesel::{Connection, QueryResult, SqliteConnection};
use fenrir_schema::Dialect;

use super::{Catalog, Description};
use crate::database::{Database, sealed};

pub(super) struct Sqlite;

impl Catalog for Sqlite {
    fn describe(&self, database: &mut dyn Database) -> QueryResult<Description> {
        let sql = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL \
                   AND tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                   AND tbl_name NOT IN ('__diesel_schema_migrations', '__fenrir_migrations', '__fenrir_journal', '__fenrir_head', '__fenrir_expressions')";
        let mut description = Description::new();
        for row in database.rows(sql, &[])? {
            let mut row = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || row.next().unwrap_or_default();
            let (kind, name, _, sql) = (next(), next(), next(), next());
            match Body::of(&sql).filter(|_| kind == "table") {
                None => {
                    description.insert(format!("{kind} `{name}`"), format!("`{}`", normal(&sql)));
                }
                Some(body) => {
                    for part in body.parts {
                        let (kind, part_name) = named(&part);
                        description.insert(format!("{kind} `{name}.{part_name}`"), format!("`{part}`"));
                    }
                    description.insert(format!("table `{name}`"), format!("`{}`", body.options));
                }
            }
        }
        Ok(description)
    }

    fn describe_apart(&self, _: &mut dyn Database, sql: &str) -> QueryResult<Description> {
        let refused = |error: diesel::ConnectionError| diesel::result::Error::QueryBuilderError(error.into());
        let mut memory = SqliteConnection::establish(":memory:").map_err(refused)?;
        let mut database = <diesel::sqlite::Sqlite as sealed::Backend>::database(&mut memory);
        debug_assert_eq!(database.dialect(), Dialect::Sqlite);
        database.execute(sql)?;
        self.describe(&mut *database)
    }
}

/// What a part of a table's body is, and its name.
fn named(part: &str) -> (&'static str, String) {
    let mut words = part.split(' ');
    let first = words.next().unwrap_or_default();
    let (kind, name) = match first {
        "constraint" => ("constraint", words.next().unwrap_or_default()),
        "primary" | "unique" | "check" | "foreign" => return ("constraint", part.to_owned()),
        _ => ("column", first),
    };
    (kind, name.trim_matches('"').to_owned())
}

/// A `CREATE TABLE`: what stands between the commas of its parentheses, and behind them.
struct Body {
    parts: Vec<String>,
    options: String,
}

impl Body {
    fn of(sql: &str) -> Option<Self> {
        let (mut parts, mut part) = (Vec::new(), Vec::new());
        let mut depth = 0_u32;
        let mut tokens = tokens(sql).into_iter().skip_while(|token| token != "(");
        tokens.next()?;
        for token in tokens.by_ref() {
            match (token.as_str(), depth) {
                (")", 0) => break,
                (",", 0) => parts.push(std::mem::take(&mut part).join(" ")),
                (other, _) => {
                    match other {
                        "(" => depth += 1,
                        ")" => depth -= 1,
                        _ => {}
                    }
                    part.push(token);
                }
            }
        }
        parts.push(part.join(" "));
        let options = tokens.collect::<Vec<_>>().join(" ");
        let options = if options.is_empty() { "without options".to_owned() } else { options };
        Some(Self { parts, options })
    }
}

/// The text without what means nothing: white space, comments, the case of words, and quotes around
/// names that need none.
fn normal(sql: &str) -> String {
    tokens(sql).join(" ")
}

fn tokens(sql: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '\'' | '"' | '`' => quoted_length(rest, first),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after.trim_start();
        if token.starts_with("--") || token.starts_with("/*") {
            continue;
        }
        tokens.push(match first {
            '\'' => token.to_owned(),
            '"' | '`' | '[' => {
                let close = if first == '[' { ']' } else { first };
                // What is not closed ends with the text.
                let name = token.strip_prefix(first).unwrap_or_default();
                let name = name.strip_suffix(close).unwrap_or(name);
                let plain = !name.is_empty() && name.chars().all(is_word);
                if plain { name.to_lowercase() } else { format!("\"{name}\"") }
            }
            _ => token.to_lowercase(),
        });
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.' || c == '$'
}

/// To the closing quote, of which two stand for one.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut quotes = text.char_indices().skip(1).filter(|(_, c)| *c == quote).map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        if quotes.peek() == Some(&(at + 1)) {
            quotes.next();
        } else {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_taken_apart() {
        let body = Body::of(
            "CREATE TABLE \"page\" (\n  id INTEGER PRIMARY KEY, -- a, comment\n  \"order\" TEXT DEFAULT 'a,''(b',\n  \
             CONSTRAINT page_x CHECK (id > (1) AND \"A b\" IN ('x', 'y'))\n) STRICT",
        )
        .unwrap();
        assert_eq!(
            body.parts,
            [
                "id integer primary key",
                "order text default 'a,''(b'",
                "constraint page_x check ( id > ( 1 ) and \"A b\" in ( 'x' , 'y' ) )",
            ]
        );
        assert_eq!(body.options, "strict");
        assert_eq!(named(&body.parts[2]), ("constraint", "page_x".to_owned()));
    }

    #[test]
    fn broken_text_is_no_trouble() {
        for sql in ["", "'", "\"", "/*", "--", "[", "CREATE TABLE a (b", "`é", "a'b''"] {
            let _ = (normal(sql), Body::of(sql));
        }
    }
}
