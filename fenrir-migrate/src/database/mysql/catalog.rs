//! What the catalog of MySQL or MariaDB says of what a statement is about that commits by itself.
//!
//! Such a statement has happened or has not (<https://dev.mysql.com/doc/refman/8.0/en/atomic-ddl.html>,
//! <https://mariadb.com/kb/en/atomic-ddl/>): where what it names is as it was before, it has not.

use std::collections::BTreeSet;

use diesel::QueryResult;
use fenrir_schema::{Dialect, Identifier, Token, TokenKind, digest};

use crate::database::{CatalogNote, Database};

/// The hash of the definitions of all that a statement names.
pub(super) fn note(database: &mut dyn Database, statement: &str) -> QueryResult<CatalogNote> {
    let tokens = Dialect::Mysql.tokens(statement);
    // It leaves both tables as they were defined, and done twice it would be undone.
    if tokens.windows(2).any(|two| two[0].is_word("exchange") && two[1].is_word("partition")) {
        return Ok(CatalogNote::default());
    }
    let words: BTreeSet<_> = tokens.iter().map(|token| token.value.to_lowercase()).collect();
    let named: BTreeSet<String> = tokens.iter().filter(|token| is_name(token)).flat_map(names).collect();
    let mut text = String::new();
    for table in tables(database, &named)? {
        text.push_str(&format!("table {table}: {}", definition(database, &table)?));
    }
    for (kinds, sql) in LISTS {
        if !kinds.iter().any(|kind| words.contains(*kind)) {
            continue;
        }
        for row in database.rows(sql, &[])? {
            let mut row = row.into_iter().map(Option::unwrap_or_default);
            let name = row.next().unwrap_or_default();
            if words.contains(&name.to_lowercase()) {
                text.push_str(&format!("{} {name}: {}\n", kinds[0], row.collect::<Vec<_>>().join(" ")));
            }
        }
    }
    Ok(CatalogNote { note: Some(digest::sha256_hex(text.as_bytes())), ..CatalogNote::default() })
}

/// What there is of each kind but tables: the words of a statement that is about it, and the query. The server opens all
/// tables for the list of their triggers.
const LISTS: [(&[&str], &str); 3] = [
    (
        &["trigger"],
        "SELECT trigger_name, event_manipulation, action_timing, event_object_table, action_statement \
         FROM information_schema.triggers WHERE trigger_schema = database() ORDER BY 1",
    ),
    (
        &["procedure", "function"],
        "SELECT routine_name, routine_type, routine_definition FROM information_schema.routines \
         WHERE routine_schema = database() ORDER BY 1",
    ),
    (
        &["event"],
        "SELECT event_name, event_definition, status FROM information_schema.events WHERE event_schema = database() ORDER BY 1",
    ),
];

/// How many names are looked up one by one.
const FEW: usize = 40;

/// Those of these names that are tables' or views'. The server looks up a name that is asked for, and nothing but the name;
/// for a list it goes through all of its files
/// (<https://mariadb.com/kb/en/information-schema-optimization/>).
fn tables(database: &mut dyn Database, names: &BTreeSet<String>) -> QueryResult<Vec<String>> {
    let all = "SELECT table_name FROM information_schema.tables WHERE table_schema = database()";
    let sql = match names.len() {
        0 => return Ok(Vec::new()),
        1..=FEW => {
            let one = |name: &String| format!("{all} AND table_name = {}", Dialect::Mysql.literal(name));
            names.iter().map(one).collect::<Vec<_>>().join(" UNION ")
        }
        _ => all.to_owned(),
    };
    let found: BTreeSet<_> = database.rows(&sql, &[])?.into_iter().flatten().flatten().collect();
    Ok(found.into_iter().filter(|name| names.contains(name)).collect())
}

/// As the server writes it, but for how far it has counted, which goes on by itself.
fn definition(database: &mut dyn Database, table: &str) -> QueryResult<String> {
    let sql = format!("SHOW CREATE TABLE `{}`", table.replace('`', "``"));
    let rows = database.rows(&sql, &[])?;
    let text = rows.into_iter().next().and_then(|row| row.into_iter().nth(1).flatten()).unwrap_or_default();
    let words = text.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT="));
    Ok(words.collect::<Vec<_>>().join(" "))
}

/// Whether it may be the name of a table: a reserved word is one in quotes only.
fn is_name(token: &Token<'_>) -> bool {
    let is_reserved = || {
        let word = Identifier::new(token.text);
        word.is_ok_and(|word| Dialect::Mysql.quote(&word) != token.text)
    };
    match token.kind {
        TokenKind::Name => true,
        TokenKind::Word => !is_reserved(),
        _ => false,
    }
}

/// The name, and as a server has it that keeps all of them in small letters.
fn names(token: &Token<'_>) -> [String; 2] {
    let name = match token.text.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
        Some(name) => name.replace("``", "`"),
        None => token.text.to_owned(),
    };
    [name.to_lowercase(), name]
}
