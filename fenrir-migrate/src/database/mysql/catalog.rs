//! What the catalog of MySQL or MariaDB says of what a statement is about that commits by itself.
//!
//! Such a statement has happened or has not (<https://dev.mysql.com/doc/refman/8.0/en/atomic-ddl.html>,
//! <https://mariadb.com/kb/en/atomic-ddl/>): where what it names is as it was before, it has not.

use std::collections::BTreeSet;

use diesel::QueryResult;
use fenrir_schema::{Dialect, Token, TokenKind, digest};

use crate::database::{CatalogNote, Database};

/// What the definitions of all that a statement names are: all of them, and of that what has a name of the statement's.
/// A table has more than one hand at it; what another has changed meanwhile is not what the statement makes.
pub(super) fn note(database: &mut dyn Database, statement: &str) -> QueryResult<CatalogNote> {
    let tokens = Dialect::Mysql.tokens(statement);
    // It leaves both tables as they were defined, and done twice it would be undone.
    if tokens.windows(2).any(|two| two[0].is_word("exchange") && two[1].is_word("partition")) {
        return Ok(CatalogNote::default());
    }
    let words: BTreeSet<_> = tokens.iter().map(|token| token.value.to_lowercase()).collect();
    // A name may begin with digits.
    let is_name = |token: &&Token<'_>| {
        matches!(token.kind, TokenKind::Word | TokenKind::Name | TokenKind::Number)
            && token.text.contains(|c: char| !c.is_ascii_digit())
    };
    let named = tokens.iter().filter(is_name).map(|token| name(token.text));
    // And as a server has them that keeps all in small letters.
    let named: BTreeSet<String> = named.flat_map(|name| [name.to_lowercase(), name]).collect();
    let is_mentioned = |line: &str| match defined(line) {
        Some(name) => words.contains(&name.to_lowercase()),
        // The options of the table, which a change of its parts leaves as they are.
        None => !PARTS.iter().any(|part| words.contains(*part)),
    };
    let (mut all, mut ours) = (String::new(), String::new());
    for table in tables(database, &named)? {
        let definition = definition(database, &table)?;
        all.push_str(&format!("table {table}: {definition}\n"));
        ours.push_str(&format!("table {table}:\n"));
        // The first line is that it is there.
        ours.extend(definition.lines().skip(1).filter(|line| is_mentioned(line)));
    }
    for (kinds, sql) in LISTS {
        if !kinds.iter().any(|kind| words.contains(*kind)) {
            continue;
        }
        for row in database.rows(sql, &[])? {
            let mut row = row.into_iter().map(Option::unwrap_or_default);
            let name = row.next().unwrap_or_default();
            if words.contains(&name.to_lowercase()) {
                ours.push_str(&format!("{} {name}: {}\n", kinds[0], row.collect::<Vec<_>>().join(" ")));
            }
        }
    }
    all.push_str(&ours);
    let server = database.rows("SELECT version()", &[])?.into_iter().flatten().flatten().collect::<String>();
    let [server, all, ours] = [server, all, ours].map(|text| digest::sha256_hex(text.as_bytes()));
    Ok(CatalogNote { note: Some([FORMAT, &server, &all, &ours].join(" ")), ..CatalogNote::default() })
}

/// How a note is written. Of another nobody can tell what it says, and of another server's how that writes a definition.
const FORMAT: &str = "2";

/// Words that say that a part of a table is changed.
const PARTS: [&str; 5] = ["add", "drop", "change", "modify", "rename"];

/// Whether a statement has run: it has where what has a name of it is another than before, and has not where all is as it
/// was. Where only something else is another, nobody can tell.
pub(super) fn is_done(before: &str, now: &str) -> Option<bool> {
    let parts = |note| {
        let parts: Vec<_> = str::split(note, ' ').collect();
        <[&str; 4]>::try_from(parts).ok()
    };
    let [format, server, all, ours] = parts(before)?;
    let [format_now, server_now, all_now, ours_now] = parts(now)?;
    if (format, server) != (format_now, server_now) {
        return None;
    }
    match (all == all_now, ours == ours_now) {
        (true, _) => Some(false),
        (false, false) => Some(true),
        (false, true) => None,
    }
}

/// What a line of a table's definition defines: the first name in it.
fn defined(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('`')?;
    let mut name = String::new();
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '`' if chars.peek() == Some(&'`') => drop(chars.next()),
            '`' => break,
            _ => {}
        }
        name.push(c);
    }
    Some(name)
}

/// What there is of each kind but tables: the words of a statement that is about it, and the query. The server opens all
/// tables for the list of their triggers.
const LISTS: [(&[&str], &str); 4] = [
    (&["database", "schema"], "SELECT schema_name FROM information_schema.schemata ORDER BY 1"),
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
            names.iter().map(one).collect::<Vec<_>>().join(" UNION ALL ")
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

fn name(text: &str) -> String {
    match text.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
        Some(name) => name.replace("``", "`"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_hand_has_changed_is_not_the_statements() {
        assert_eq!(is_done("2 s a b", "2 s a b"), Some(false));
        assert_eq!(is_done("2 s a b", "2 s c d"), Some(true));
        assert_eq!(is_done("2 s a b", "2 s c b"), None, "something else");
        assert_eq!(is_done("2 s a b", "2 t c d"), None, "another server");
        assert_eq!(is_done("a", "2 s c d"), None, "another version's");
    }

    #[test]
    fn what_a_line_defines() {
        for (line, name) in [
            ("  `a``b` int(11) NOT NULL,", Some("a`b")),
            ("  PRIMARY KEY (`id`),", Some("id")),
            ("  KEY `page_name` (`name`)", Some("page_name")),
            (") ENGINE=InnoDB", None),
        ] {
            assert_eq!(defined(line).as_deref(), name, "{line}");
        }
    }
}
