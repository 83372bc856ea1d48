//! Finding, in a script that was written, the parts that build tables anew.

use super::{Sqlite, quote};
use crate::dialect::Rules;
use crate::{Dialect, Identifier, Table};

const BEFORE_NAME: &str = "UPDATE fenrir_guard SET\n    triggers = (SELECT count(*) FROM sqlite_master WHERE type = 'trigger' \
                           AND lower(tbl_name) = lower(";

/// What stands first in such a part: fails where what goes with the old table is nobody's to make again.
pub(super) fn guard_objects(old: &Table) -> String {
    let table = Sqlite.literal(old.name.name.as_str());
    let known: Vec<_> = old.indexes.keys().map(|name| Sqlite.literal(name.as_str())).collect();
    format!(
        "{BEFORE_NAME}{table})),\n    indexes = (\n        SELECT count(*) FROM sqlite_master WHERE type = 'index' \
         AND lower(tbl_name) = lower({table})\n        AND sql IS NOT NULL AND name NOT IN ({})\n    )",
        known.join(", ")
    )
}

/// Fails where the old table has what somebody gave it that no model says, and the new one would not have.
pub(super) fn guard_parts(old: &Table) -> String {
    let table = Sqlite.literal(old.name.name.as_str());
    let columns = old.columns.iter().map(|column| Sqlite.literal(&column.name.as_str().to_ascii_lowercase()));
    let message = Sqlite.literal(&format!(
        "table {} would be built anew without what no model says of it, see `fenrir check`: ",
        old.name.name.as_str()
    ));
    format!(
        "SELECT CASE WHEN count(*) > 0 THEN json_extract('null', {message} || group_concat(name, ', ')) END\n    FROM (\n        \
         SELECT 'column ' || name AS name FROM pragma_table_xinfo({table}) WHERE lower(name) NOT IN ({})\n        \
         UNION ALL SELECT 'a unique constraint'\n        WHERE (SELECT count(*) FROM pragma_index_list({table}) WHERE origin = 'u') > {}\n        \
         UNION ALL SELECT 'the order or the collation of a key''s ' || x.name\n        \
         FROM pragma_index_list({table}) l JOIN pragma_index_xinfo(l.name) x\n        \
         WHERE l.origin IN ('pk', 'u') AND x.\"key\" = 1 AND (x.\"desc\" OR lower(x.coll) <> {})\n        \
         UNION ALL SELECT 'a foreign key'\n        \
         WHERE (SELECT count(DISTINCT id) FROM pragma_foreign_key_list({table})) > {}\n        \
         UNION ALL SELECT 'ON CONFLICT' WHERE EXISTS ({})\n    )",
        columns.collect::<Vec<_>>().join(", "),
        old.uniques.len(),
        collation(old),
        old.foreign_keys.len(),
        conflicts(&table)
    )
}

/// A row where a table says `ON CONFLICT`, and not what is so without it. No pragma tells: its statement is read sign
/// by sign, `said` without what stands in quotes, and with one blank for what is between words, comments too
/// (<https://www.sqlite.org/lang_comment.html>).
fn conflicts(table: &str) -> String {
    format!(
        r#"
        WITH RECURSIVE reading(rest, said) AS (
            SELECT sql, '' FROM sqlite_master
            WHERE type = 'table' AND lower(name) = lower({table}) AND lower(sql) LIKE '%conflict%'
            UNION ALL SELECT substr(rest, CASE
                WHEN rest LIKE '--%' THEN instr(rest || char(10), char(10)) + 1
                WHEN rest LIKE '/*%' THEN instr(substr(rest, 3) || '*/', '*/') + 4
                WHEN rest GLOB '["`'']*' THEN instr(substr(rest, 2) || substr(rest, 1, 1), substr(rest, 1, 1)) + 2
                WHEN rest LIKE '[%' THEN instr(rest || ']', ']') + 1
                ELSE 2 END), said || CASE
                WHEN rest LIKE '--%' OR rest LIKE '/*%' OR unicode(rest) <= 32
                THEN CASE WHEN said LIKE '% ' THEN '' ELSE ' ' END
                WHEN rest GLOB '["`''[]*' THEN '.'
                WHEN unicode(rest) > 127 THEN 'x'
                ELSE lower(substr(rest, 1, 1)) END
            FROM reading WHERE rest <> ''
        )
        SELECT 1 FROM reading WHERE rest = ''
        AND replace(said, 'on conflict abort', '') GLOB '*[^a-z0-9_$]on conflict [a-z]*'"#
    )
}

/// The collation of an index's column `x.name`, where nothing is said beside it, in small letters.
fn collation(table: &Table) -> String {
    let literal = |text: &str| Sqlite.literal(&text.to_ascii_lowercase());
    let own = table.columns.iter().filter_map(|column| {
        let collation = column.collations.get(&Dialect::Sqlite)?;
        Some(format!("WHEN {} THEN {}", literal(column.name.as_str()), literal(collation.name().as_str())))
    });
    match own.collect::<Vec<_>>().as_slice() {
        [] => "'binary'".to_owned(),
        own => format!("CASE lower(x.name) {} ELSE 'binary' END", own.join(" ")),
    }
}

/// The parts of a script in their order, each with the table that it builds anew, if it does. A part that was
/// edited beyond recognition is none.
pub(super) fn find(mut body: &str) -> Vec<(Option<Identifier>, &str)> {
    let mut parts = Vec::new();
    while let Some(start) = body.find(BEFORE_NAME) {
        let Some((table, end)) = part(&body[start..]) else { break };
        parts.push((None, &body[..start]));
        parts.push((Some(table), &body[start..start + end]));
        body = &body[start + end..];
    }
    parts.push((None, body));
    parts
}

/// The table of a part, and where the part ends: with the statement that gives the new table its name.
fn part(text: &str) -> Option<(Identifier, usize)> {
    let name = text.strip_prefix(BEFORE_NAME)?.strip_prefix('\'')?;
    let mut end = name.find('\'')?;
    while name[end + 1..].starts_with('\'') {
        end += 2 + name[end + 2..].find('\'')?;
    }
    let table = Identifier::new(name[..end].replace("''", "'")).ok()?;
    let last = format!(" RENAME TO {};\n", quote(&table));
    let ends = text.match_indices(&last).find(|(at, _)| {
        let statement = text[..*at].rfind("\nALTER TABLE ");
        statement.is_some_and(|start| !text[start..*at].contains(';'))
    });
    ends.map(|(at, last)| (table, at + last.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, Column, Schema, SqlType, TableName};

    fn table(name: &str) -> Table {
        let json = r#"{"name":"page","columns":[{"name":"id","sql_type":"Integer"}],"primary_key":{"name":"k","columns":["id"]}}"#;
        let name: TableName = Identifier::new(name).unwrap().into();
        Table { name, ..Table::from_json(json).unwrap() }
    }

    #[test]
    fn what_was_written_is_found() {
        for name in ["page", "it's", "'", "a\nb", "quo\"te"] {
            let table = table(name);
            let schema = Schema { tables: [(table.name.clone(), table.clone())].into(), ..Schema::default() };
            let from = table.columns[0].clone();
            let to = Column { sql_type: SqlType::BigInt, ..from.clone() };
            let change =
                Change::AlterColumn { table: table.name.clone(), from, to, using: None, backfill: None };
            let body = Dialect::Sqlite.script(&schema, &[change]).unwrap().bare_sql() + "SELECT 1;\n";
            let parts = find(&body);
            assert_eq!(parts.iter().map(|(_, sql)| *sql).collect::<String>(), body);
            let of: Vec<_> = parts.iter().map(|(of, _)| of.as_ref().map(Identifier::as_str)).collect();
            assert_eq!(of, [None, Some(name), None], "{body}");
            assert_eq!(parts[2].1, "SELECT 1;\n");
        }
    }

    #[test]
    fn other_statements_are_left_whole() {
        for body in ["", "SELECT 1;\n", BEFORE_NAME, "UPDATE fenrir_guard SET\n    triggers = (SELECT 1);\n"]
        {
            assert_eq!(find(body), [(None, body)]);
        }
    }
}
