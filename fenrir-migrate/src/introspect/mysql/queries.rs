//! The queries, each for all tables of the connection's database at once.

use fenrir_schema::{Dialect, OptionWord};

pub(super) const SERVER: &str = "SELECT CAST(json_object('version', version(), 'database', database(), 'table_case', @@lower_case_table_names) AS char)";

/// The collations that tables in these character sets have of which no more is said. `information_schema`
/// does not know what the server was told of them.
pub(super) fn collations<'a>(charsets: impl IntoIterator<Item = &'a OptionWord>) -> String {
    let pairs = charsets.into_iter().map(|charset| {
        let charset = charset.as_str();
        format!("{}, collation(convert('' USING {charset}))", Dialect::Mysql.literal(charset))
    });
    format!("SELECT CAST(json_object({}) AS char)", pairs.collect::<Vec<_>>().join(", "))
}

pub(super) const RELATIONS: &str = "SELECT CAST(json_object('name', table_name, 'kind', table_type, 'engine', engine, \
     'collation', table_collation, 'options', create_options, 'comment', table_comment) AS char) \
     FROM information_schema.tables WHERE table_schema = database() \
     AND table_name NOT IN ('__diesel_schema_migrations', '__fenrir_migrations', '__fenrir_journal', '__fenrir_head', '__fenrir_expressions') ORDER BY CAST(table_name AS binary)";

pub(super) const COLUMNS: &str = "SELECT CAST(json_object('table', table_name, 'name', column_name, 'type_name', column_type, \
     'nullable', is_nullable, 'default', column_default, 'extra', extra, 'collation', collation_name, \
     'generated', generation_expression, 'comment', column_comment) AS char) \
     FROM information_schema.columns WHERE table_schema = database() ORDER BY CAST(table_name AS binary), ordinal_position";

pub(super) const FOREIGN_KEYS: &str = "SELECT CAST(json_object('table', k.table_name, 'name', k.constraint_name, \
     'column', k.column_name, \
     'database', if(k.referenced_table_schema = database(), NULL, k.referenced_table_schema), \
     'target', k.referenced_table_name, 'target_column', k.referenced_column_name, \
     'on_delete', r.delete_rule, 'on_update', r.update_rule) AS char) \
     FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r \
     ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name \
     WHERE k.table_schema = database() AND k.referenced_table_name IS NOT NULL \
     ORDER BY CAST(k.table_name AS binary), k.constraint_name, k.ordinal_position";

pub(super) const OTHERS: &str = "SELECT CAST(json_object('kind', 'trigger', 'table', event_object_table, 'name', trigger_name) AS char) \
     FROM information_schema.triggers WHERE trigger_schema = database() \
     UNION ALL SELECT CAST(json_object('kind', lower(routine_type), 'table', NULL, 'name', routine_name) AS char) \
     FROM information_schema.routines WHERE routine_schema = database() \
     UNION ALL SELECT CAST(json_object('kind', 'event', 'table', NULL, 'name', event_name) AS char) \
     FROM information_schema.events WHERE event_schema = database()";

/// The tables some constraint of which can be seen: that takes more than the right to read.
pub(super) const CONSTRAINED: &str = "SELECT table_name FROM information_schema.table_constraints \
     WHERE table_schema = database()";

/// Only MySQL has indexes of expressions, and tells of them
/// (<https://dev.mysql.com/doc/refman/8.0/en/information-schema-statistics-table.html>).
pub(super) fn indexes(is_mariadb: bool) -> String {
    let expression = if is_mariadb { "NULL" } else { "expression" };
    let unused = if is_mariadb {
        "if(ignored = 'YES', 'IGNORED', NULL)"
    } else {
        "if(is_visible = 'NO', 'INVISIBLE', NULL)"
    };
    format!(
        "SELECT CAST(json_object('table', table_name, 'index', index_name, 'non_unique', non_unique, \
         'column', column_name, 'order', collation, 'length', sub_part, 'kind', index_type, \
         'expression', {expression}, 'about', {unused}, 'comment', nullif(index_comment, '')) AS char) \
         FROM information_schema.statistics WHERE table_schema = database() \
         ORDER BY CAST(table_name AS binary), index_name, seq_in_index"
    )
}

/// The names of checks are a table's in MariaDB, and a schema's in MySQL, where their table is told elsewhere
/// (<https://mariadb.com/kb/en/information-schema-check_constraints-table/>,
/// <https://dev.mysql.com/doc/refman/8.0/en/information-schema-check-constraints-table.html>).
pub(super) fn checks(is_mariadb: bool) -> &'static str {
    if is_mariadb {
        "SELECT CAST(json_object('table', table_name, 'name', constraint_name, 'expression', check_clause, \
         'of_column', if(level = 'Column', 1, 0)) AS char) \
         FROM information_schema.check_constraints WHERE constraint_schema = database()"
    } else {
        "SELECT CAST(json_object('table', t.table_name, 'name', c.constraint_name, 'expression', c.check_clause, \
         'of_column', 0) AS char) \
         FROM information_schema.check_constraints c JOIN information_schema.table_constraints t \
         ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name \
         AND t.constraint_type = 'CHECK' WHERE t.table_schema = database() AND t.enforced = 'YES'"
    }
}
