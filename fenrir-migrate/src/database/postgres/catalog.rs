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
        About::OfServer { kind, name, is_new } => {
            let (catalog, column, here) = kind;
            let sql = format!("SELECT 'yes' FROM {catalog} WHERE {column} = $1{here}");
            Ok(noted(database.rows(&sql, &[&name])?.is_empty() != is_new))
        }
        About::Detached { table, partition } => detached(database, &table, &partition),
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

/// Between its two transactions a partition is still one, and waits to be none; only FINALIZE goes on from there
/// (<https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION>).
fn detached(database: &mut dyn Database, table: &str, partition: &str) -> QueryResult<CatalogNote> {
    // Before version 14 there was no such column.
    let sql = "SELECT CASE to_jsonb(i) ->> 'inhdetachpending' WHEN 'true' THEN 'half' ELSE 'attached' END \
               FROM pg_inherits i WHERE inhrelid = to_regclass($1) AND inhparent = to_regclass($2)";
    let rows = database.rows(sql, &[partition, table])?;
    Ok(match rows.into_iter().flatten().next().flatten().as_deref() {
        None => noted(true),
        Some("half") => CatalogNote {
            instead: Some(format!("ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE")),
            ..noted(false)
        },
        Some(_) => noted(false),
    })
}

/// A catalog of the whole server, its column of names, and what else there is to say of what is meant.
type OfServer = (&'static str, &'static str, &'static str);

const DATABASE: OfServer = ("pg_database", "datname", "");
const TABLESPACE: OfServer = ("pg_tablespace", "spcname", "");
/// The names of subscriptions are each database's own.
const SUBSCRIPTION: OfServer = (
    "pg_subscription",
    "subname",
    " AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
);

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
    /// What has a name on the whole server, or as a subscription.
    OfServer {
        /// The catalog that it is in, the column of its name, and what else there is to say.
        kind: OfServer,
        name: String,
        /// Whether it is to be there afterwards.
        is_new: bool,
    },
    /// A partition that is to be a table by itself, both as they are written.
    Detached {
        table: String,
        partition: String,
    },
    Other,
}

impl About {
    fn of(statement: &str) -> Self {
        let tokens = Dialect::Postgres.tokens(statement);
        if let Some(about) = of_server(&tokens).or_else(|| partition(statement, &tokens)) {
            return about;
        }
        let Some(at) = tokens.iter().position(|token| token.is_word("concurrently")) else {
            return About::Other;
        };
        let before: Vec<_> = tokens[..at].iter().map(|token| token.value.as_str()).collect();
        let rest = past(&tokens[at + 1..], &[&["if", "not", "exists"], &["if", "exists"]]);
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
    match path(statement, past(&rest[1..], &[&["on"], &["only"]])) {
        Some((table, _)) => About::NewIndex { index: as_kept(&name.value), table },
        None => About::Other,
    }
}

fn of_server(tokens: &[Token<'_>]) -> Option<About> {
    let is_new = match tokens.first()? {
        word if word.is_word("create") => true,
        word if word.is_word("drop") => false,
        _ => return None,
    };
    let kinds = [("database", DATABASE), ("tablespace", TABLESPACE), ("subscription", SUBSCRIPTION)];
    let (_, kind) = kinds.into_iter().find(|(word, _)| tokens.get(1).is_some_and(|one| one.is_word(word)))?;
    let name = past(&tokens[2..], &[&["if", "exists"]]).first().filter(|token| is_name(token))?;
    Some(About::OfServer { kind, name: as_kept(&name.value), is_new })
}

/// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`
fn partition(statement: &str, tokens: &[Token<'_>]) -> Option<About> {
    if !tokens.last()?.is_word("concurrently") || !tokens.first()?.is_word("alter") {
        return None;
    }
    let rest = past(tokens.get(2..)?, &[&["if", "exists"], &["only"]]);
    let (table, used) = path(statement, rest)?;
    let rest = &rest[used..];
    let partition = past(rest, &[&["detach", "partition"]]);
    let (partition, _) =
        if partition.len() < rest.len() { path(statement, partition)? } else { return None };
    Some(About::Detached { table, partition })
}

/// What follows some words, each group of which may be missing.
fn past<'t, 'a>(mut rest: &'t [Token<'a>], groups: &[&[&str]]) -> &'t [Token<'a>] {
    for words in groups {
        if rest.len() > words.len() && words.iter().zip(rest).all(|(word, token)| token.is_word(word)) {
            rest = &rest[words.len()..];
        }
    }
    rest
}

/// A name as the catalog has it: of at most 63 bytes, without half a letter
/// (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>).
fn as_kept(name: &str) -> String {
    let mut end = name.len().min(63);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_owned()
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
        let of_server = |kind, name: &str, is_new| About::OfServer { kind, name: name.to_owned(), is_new };
        for (statement, about) in [
            ("CREATE INDEX CONCURRENTLY a ON b (c)", new("a", "b")),
            (
                "create unique index concurrently if not exists \"A b\" on only s.\"T\" using gin (c)",
                new("A b", "s.\"T\""),
            ),
            ("CREATE INDEX CONCURRENTLY ON b (c)", About::NewIndexWithoutName),
            ("DROP INDEX CONCURRENTLY IF EXISTS s.a CASCADE", About::OldIndex { index: "s.a".to_owned() }),
            (&format!("CREATE INDEX CONCURRENTLY {}ä ON b (c)", "x".repeat(62)), new(&"x".repeat(62), "b")),
            ("CREATE DATABASE \"A\" OWNER b", of_server(DATABASE, "A", true)),
            ("DROP DATABASE IF EXISTS a WITH (FORCE)", of_server(DATABASE, "a", false)),
            ("DROP SUBSCRIPTION a", of_server(SUBSCRIPTION, "a", false)),
            ("CREATE TABLESPACE a LOCATION '/b'", of_server(TABLESPACE, "a", true)),
            (
                "ALTER TABLE IF EXISTS s.a DETACH PARTITION \"B\" CONCURRENTLY",
                About::Detached { table: "s.a".to_owned(), partition: "\"B\"".to_owned() },
            ),
            ("ALTER TABLE a DETACH PARTITION b FINALIZE", About::Other),
            ("REINDEX INDEX CONCURRENTLY a", About::Other),
            ("VACUUM a", About::Other),
            ("CREATE INDEX CONCURRENTLY", About::Other),
        ] {
            assert_eq!(About::of(statement), about, "{statement}");
        }
    }
}
