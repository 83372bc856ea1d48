//! What a database says of itself: for comparing two of them, by nothing of ours.

use crate::database::Connected;

/// All that a database's own catalog says of its schema, one line each, sorted. The bookkeeping is
/// left out, and the order of columns.
#[must_use]
pub fn describe(connected: &mut Connected) -> Vec<String> {
    let is_sqlite = matches!(connected, Connected::Sqlite(_));
    let queries: &[&str] = match connected {
        Connected::Postgres(_) => POSTGRES,
        Connected::Sqlite(_) => SQLITE,
        Connected::Mysql(_) => MYSQL,
    };
    let mut lines: Vec<String> =
        queries
            .iter()
            .flat_map(|sql| connected.texts(sql))
            .map(|line| {
                if is_sqlite {
                    unquoted(&line.unwrap_or_default())
                } else {
                    tokens(&line.unwrap_or_default())
                }
            })
            .collect();
    lines.sort();
    lines
}

/// The same, with types of texts in small letters: SQLite keeps a type as somebody has spelt it, and one that was read is
/// spelt as ours are.
#[must_use]
pub fn in_one_spelling(lines: Vec<String>) -> Vec<String> {
    let spelt = |line: String| line.replace("VARCHAR(", "varchar(").replace("CHAR(", "char(");
    let mut lines: Vec<_> = lines.into_iter().map(spelt).collect();
    lines.sort();
    lines
}

/// White space is nobody's meaning, and SQLite keeps the text of statements.
fn tokens(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same, with names in quotes only where they are no words: SQLite quotes the names that it writes itself,
/// in a statement whose table or column is renamed.
fn unquoted(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let quoted = matches!(first, '\'' | '"').then(|| rest[1..].find(first)).flatten();
        let end = quoted.map_or(first.len_utf8(), |at| at + 2);
        let (part, after) = rest.split_at(end);
        let word = part.trim_matches('"');
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_plain =
            first == '"' && word.starts_with(|c: char| !c.is_ascii_digit()) && word.chars().all(is_word);
        text.push_str(if is_plain { word } else { part });
        rest = after;
    }
    tokens(&text)
}

const POSTGRES: &[&str] = &[
    "SELECT 'column ' || c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || \
     CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || ' identity:' || a.attidentity::text || \
     ' generated:' || a.attgenerated::text || coalesce(' collation ' || nullif(a.attcollation, 0)::regcollation, '') || \
     coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || \
     coalesce(' comment ' || col_description(c.oid, a.attnum), '') AS value \
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
     WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)') AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped \
     AND c.relname NOT LIKE '\\_\\_%'",
    "SELECT 'constraint ' || c.oid::regclass || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid) AS value \
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
     WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)') AND c.relname NOT LIKE '\\_\\_%'",
    "SELECT 'index ' || pg_get_indexdef(i.indexrelid) AS value FROM pg_index i \
     JOIN pg_class c ON c.oid = i.indrelid \
     WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)') AND c.relname NOT LIKE '\\_\\_%'",
    "SELECT 'enum ' || t.typname || ' ' || string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) AS value \
     FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname",
    "SELECT 'sequence ' || c.oid::regclass || ' ' || s.seqtypid::regtype || coalesce(' of ' || d.refobjid::regclass || \
     '.' || a.attname, '') AS value FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid \
     LEFT JOIN pg_depend d ON d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') \
     LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
     WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)')",
    "SELECT 'table ' || oid::regclass || coalesce(' comment ' || obj_description(oid, 'pg_class'), '') AS value \
     FROM pg_class WHERE relkind = 'r' AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)') AND relname NOT LIKE '\\_\\_%'",
];

const SQLITE: &[&str] = &[
    "SELECT 'column ' || m.name || '.' || c.name || ' ' || c.type || ' notnull:' || c.\"notnull\" || \
     ' key:' || c.pk || ' hidden:' || c.hidden || coalesce(' default ' || c.dflt_value, '') AS value \
     FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c \
     WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%'",
    "SELECT 'foreign key ' || m.name || ' ' || k.id || '.' || k.seq || ' ' || k.\"from\" || ' ' || k.\"table\" || ' ' || \
     coalesce(k.\"to\", '') || ' ' || k.on_delete || ' ' || k.on_update AS value \
     FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k \
     WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'",
    "SELECT 'index ' || m.name || ' ' || i.origin || ' ' || i.\"unique\" || ' ' || i.partial || ' ' || \
     (SELECT group_concat(coalesce(x.name, '?') || ' ' || x.\"desc\", ',') FROM pragma_index_xinfo(i.name) x WHERE x.key) \
     AS value \
     FROM sqlite_master m JOIN pragma_index_list(m.name) i \
     WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'",
    // The texts have what the pragmas have not: names, checks, predicates, AUTOINCREMENT.
    "SELECT 'index text ' || sql AS value FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "SELECT 'table ' || name || CASE WHEN strict THEN ' strict' ELSE '' END || \
     CASE WHEN wr THEN ' without rowid' ELSE '' END AS value \
     FROM pragma_table_list WHERE schema = 'main' AND (strict OR wr) AND name NOT LIKE 'sqlite%'",
    "SELECT 'other ' || type || ' ' || name AS value FROM sqlite_master WHERE type NOT IN ('table', 'index')",
];

const MYSQL: &[&str] = &[
    "SELECT concat_ws(' ', 'column', concat(table_name, '.', column_name), column_type, \
     concat('null:', is_nullable), concat('default ', column_default), extra, \
     concat('charset ', character_set_name), concat('collation ', collation_name), \
     concat('generated ', generation_expression), \
     concat('comment ', column_comment)) AS value \
     FROM information_schema.columns WHERE table_schema = database() AND table_name NOT LIKE '\\_\\_%'",
    "SELECT concat_ws(' ', 'constraint', concat(table_name, '.', constraint_name), constraint_type) AS value \
     FROM information_schema.table_constraints WHERE table_schema = database() AND table_name NOT LIKE '\\_\\_%'",
    "SELECT concat_ws(' ', 'foreign key', concat(c.table_name, '.', c.constraint_name), \
     group_concat(concat(k.column_name, ' to ', k.referenced_column_name) ORDER BY k.ordinal_position), \
     c.referenced_table_name, c.delete_rule, c.update_rule) AS value \
     FROM information_schema.referential_constraints c JOIN information_schema.key_column_usage k \
     ON k.constraint_schema = c.constraint_schema AND k.constraint_name = c.constraint_name \
     AND k.table_name = c.table_name \
     WHERE c.constraint_schema = database() \
     GROUP BY c.table_name, c.constraint_name, c.referenced_table_name, c.delete_rule, c.update_rule",
    "SELECT concat_ws(' ', 'check', constraint_name, check_clause) AS value \
     FROM information_schema.check_constraints WHERE constraint_schema = database()",
    // Those that serve foreign keys too.
    "SELECT concat_ws(' ', 'index', concat(table_name, '.', index_name), concat('not unique:', non_unique), \
     group_concat(concat(coalesce(column_name, '?'), ' ', coalesce(collation, '?'), ' ', coalesce(sub_part, 'whole')) \
     ORDER BY seq_in_index)) AS value \
     FROM information_schema.statistics WHERE table_schema = database() AND table_name NOT LIKE '\\_\\_%' \
     GROUP BY table_name, index_name, non_unique",
    "SELECT concat_ws(' ', 'table', table_name, engine, table_collation, concat('comment ', table_comment)) AS value \
     FROM information_schema.tables WHERE table_schema = database() AND table_name NOT LIKE '\\_\\_%'",
];

/// The constraints of SQLite's tables, by the text that it keeps: each `CONSTRAINT …` part, and each column
/// that is generated or has a collation, sorted.
#[must_use]
pub fn sqlite_constraints(connected: &mut Connected) -> Vec<String> {
    let sql = "SELECT name || char(10) || sql AS value FROM sqlite_master WHERE type = 'table' \
               AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'";
    let mut lines = Vec::new();
    for text in connected.texts(sql).into_iter().flatten() {
        let (name, text) = text.split_once('\n').unwrap();
        let is_told =
            |part: &&String| ["CONSTRAINT", "GENERATED", "COLLATE"].iter().any(|word| part.contains(word));
        for part in parts(text).iter().filter(is_told) {
            lines.push(format!("{name}: {}", unquoted(part)));
        }
    }
    lines.sort();
    lines
}

/// What stands between the commas of a table's body.
fn parts(create: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut depth, mut quote) = (0_i32, None);
    for c in create.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'' | '`', None) => quote = Some(c),
            ('(', None) => depth += 1,
            (')', None) => depth -= 1,
            _ => {}
        }
        let ends = quote.is_none() && (c == ',' && depth == 1 || c == ')' && depth == 0);
        if ends {
            parts.push(std::mem::take(&mut part));
        } else if depth == 1 && c == '(' && part.trim_start().to_uppercase().starts_with("CREATE TABLE") {
            part.clear();
        } else {
            part.push(c);
        }
    }
    parts
}
