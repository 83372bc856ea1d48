//! What PostgreSQL's catalog says of what a statement is about that cannot be part of a transaction.

use diesel::QueryResult;
use fenrir_schema::{Dialect, Token, TokenKind};

use crate::database::{CatalogNote, Database};

/// It is as the statement wants it.
const WANTED: &str = "as wanted";
/// It is not.
const OTHERWISE: &str = "otherwise";
/// The statement may run as often as one likes.
const ANY_TIME: &str = "any time";

pub(super) fn is_done(before: &str, now: &str) -> bool {
    before == OTHERWISE && now == WANTED
}

pub(super) fn note(database: &mut dyn Database, statement: &str) -> QueryResult<CatalogNote> {
    match About::of(statement) {
        About::NewIndex { index, table } => new_index(database, &index, &table),
        About::NewIndexWithoutName => Ok(CatalogNote::default()),
        About::OldIndex { index } => {
            let rows = database.rows("SELECT 'yes' WHERE to_regclass($1) IS NULL", &[&index])?;
            Ok(noted(!rows.is_empty()))
        }
        About::Other => Ok(CatalogNote { note: Some(ANY_TIME.to_owned()), ..CatalogNote::default() }),
    }
}

fn noted(is_wanted: bool) -> CatalogNote {
    let note = if is_wanted { WANTED } else { OTHERWISE };
    CatalogNote { note: Some(note.to_owned()), ..CatalogNote::default() }
}

/// One that is not valid keeps out what it should, and is used by no query: it has to be built again
/// (<https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>).
fn new_index(database: &mut dyn Database, index: &str, table: &str) -> QueryResult<CatalogNote> {
    let sql = "SELECT CASE WHEN i.indisvalid AND i.indisready THEN 'valid' END, \
               format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, c.relname), \
               (SELECT 'yes' FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND a.pid IN ( \
               SELECT p.pid FROM pg_stat_progress_create_index p WHERE p.relid = i.indrelid AND p.index_relid IN (0, i.indexrelid)) LIMIT 1) \
               FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE i.indrelid = to_regclass($1) AND c.relname = $2";
    let rows = database.rows(sql, &[table, index])?;
    Ok(match rows.into_iter().next().unwrap_or_default().as_slice() {
        [Some(_), ..] => noted(true),
        [None, remove, is_running] => {
            CatalogNote { remove: remove.clone(), is_running: is_running.is_some(), ..noted(false) }
        }
        _ => noted(false),
    })
}

/// What a statement is about.
#[derive(Debug, PartialEq, Eq)]
enum About {
    NewIndex {
        /// Its name, as the catalog has it.
        index: String,
        /// Its table, as it is written.
        table: String,
    },
    NewIndexWithoutName,
    OldIndex {
        /// As it is written.
        index: String,
    },
    Other,
}

impl About {
    fn of(statement: &str) -> Self {
        let tokens = Dialect::Postgres.tokens(statement);
        let Some(at) = tokens.iter().position(|token| token.is_word("concurrently")) else {
            return About::Other;
        };
        let before: Vec<_> = tokens[..at].iter().map(|token| token.value.as_str()).collect();
        let mut rest = &tokens[at + 1..];
        for words in [&["if", "not", "exists"][..], &["if", "exists"]] {
            if rest.len() > words.len() && words.iter().zip(rest).all(|(word, token)| token.is_word(word)) {
                rest = &rest[words.len()..];
            }
        }
        match before.as_slice() {
            ["create", "index"] | ["create", "unique", "index"] => new(statement, rest),
            ["drop", "index"] => match path(statement, rest) {
                Some((index, _)) => About::OldIndex { index },
                None => About::Other,
            },
            _ => About::Other,
        }
    }
}

fn new(statement: &str, rest: &[Token<'_>]) -> About {
    if rest.first().is_some_and(|token| token.is_word("on")) {
        return About::NewIndexWithoutName;
    }
    let Some(name) = rest.first().filter(|token| is_name(token)) else { return About::Other };
    let mut rest = &rest[1..];
    for word in ["on", "only"] {
        if rest.first().is_some_and(|token| token.is_word(word)) {
            rest = &rest[1..];
        }
    }
    match path(statement, rest) {
        Some((table, _)) => About::NewIndex { index: name.value.clone(), table },
        None => About::Other,
    }
}

fn is_name(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Name)
}

/// A name with the schema that may stand before it, as it is written.
fn path(statement: &str, tokens: &[Token<'_>]) -> Option<(String, usize)> {
    let first = tokens.first().filter(|token| is_name(token))?;
    let mut end = 0;
    while tokens.get(end + 1).is_some_and(|token| token.is_sign("."))
        && tokens.get(end + 2).is_some_and(is_name)
    {
        end += 2;
    }
    Some((statement[first.start..tokens[end].end()].to_owned(), end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_statements_are_about() {
        let new =
            |index: &str, table: &str| About::NewIndex { index: index.to_owned(), table: table.to_owned() };
        for (statement, about) in [
            ("CREATE INDEX CONCURRENTLY a ON b (c)", new("a", "b")),
            (
                "create unique index concurrently if not exists \"A b\" on only s.\"T\" using gin (c)",
                new("A b", "s.\"T\""),
            ),
            ("CREATE INDEX CONCURRENTLY ON b (c)", About::NewIndexWithoutName),
            ("DROP INDEX CONCURRENTLY IF EXISTS s.a CASCADE", About::OldIndex { index: "s.a".to_owned() }),
            ("REINDEX INDEX CONCURRENTLY a", About::Other),
            ("VACUUM a", About::Other),
            ("CREATE INDEX CONCURRENTLY", About::Other),
        ] {
            assert_eq!(About::of(statement), about, "{statement}");
        }
    }
}
