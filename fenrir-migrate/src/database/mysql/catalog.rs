//! What the catalog of MySQL or MariaDB says of what a statement is about that commits by itself.
//!
//! Such a statement has happened or has not (<https://dev.mysql.com/doc/refman/8.0/en/atomic-ddl.html>,
//! <https://mariadb.com/kb/en/atomic-ddl/>): where what it names is as it was before, it has not.

use std::collections::BTreeSet;

use diesel::QueryResult;
use fenrir_schema::{Dialect, TokenKind, digest};

use crate::database::{CatalogNote, Database};

/// The hash of the definitions of all that a statement names.
pub(super) fn note(database: &mut dyn Database, statement: &str) -> QueryResult<CatalogNote> {
    let tokens = Dialect::Mysql.tokens(statement);
    // It leaves both tables as they were defined, and done twice it would be undone.
    if tokens.windows(2).any(|two| two[0].is_word("exchange") && two[1].is_word("partition")) {
        return Ok(CatalogNote::default());
    }
    let named = tokens.into_iter().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Name));
    // A server may keep the names of tables in small letters only; one too many does no harm.
    let named: BTreeSet<String> = named.map(|token| name(token.text).to_lowercase()).collect();
    let mut text = String::new();
    for (kind, sql) in LISTS {
        for row in database.rows(sql, &[])? {
            let mut row = row.into_iter().map(Option::unwrap_or_default);
            let Some(name) = row.next() else { continue };
            if named.contains(&name.to_lowercase()) {
                text.push_str(&format!("{kind} {name}: {}\n", row.collect::<Vec<_>>().join(" ")));
                if kind == "table" {
                    text.push_str(&definition(database, &name)?);
                }
            }
        }
    }
    Ok(CatalogNote { note: Some(digest::sha256_hex(text.as_bytes())), ..CatalogNote::default() })
}

const LISTS: [(&str, &str); 4] = [
    (
        "table",
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = database() ORDER BY 1",
    ),
    (
        "trigger",
        "SELECT trigger_name, event_manipulation, action_timing, event_object_table, action_statement \
         FROM information_schema.triggers WHERE trigger_schema = database() ORDER BY 1",
    ),
    (
        "routine",
        "SELECT routine_name, routine_type, routine_definition FROM information_schema.routines \
         WHERE routine_schema = database() ORDER BY 1",
    ),
    (
        "event",
        "SELECT event_name, event_definition, status FROM information_schema.events WHERE event_schema = database() ORDER BY 1",
    ),
];

/// As the server writes it, but for how far it has counted, which goes on by itself.
fn definition(database: &mut dyn Database, table: &str) -> QueryResult<String> {
    let sql = format!("SHOW CREATE TABLE `{}`", table.replace('`', "``"));
    let rows = database.rows(&sql, &[])?;
    let text = rows.into_iter().next().and_then(|row| row.into_iter().nth(1).flatten()).unwrap_or_default();
    let words = text.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT="));
    Ok(words.collect::<Vec<_>>().join(" "))
}

fn name(text: &str) -> String {
    match text.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
        Some(name) => name.replace("``", "`"),
        None => text.to_owned(),
    }
}
