//! What MySQL and MariaDB say of the current database.

use diesel::QueryResult;

use super::{Catalog, Description, read};
use crate::database::Database;
use crate::testing::place;

pub(super) struct Mysql;

impl Catalog for Mysql {
    fn describe(&self, database: &mut dyn Database) -> QueryResult<Description> {
        let version = database.rows("SELECT version()", &[])?;
        let is_mariadb = version.iter().flatten().flatten().any(|version| version.contains("MariaDB"));
        let mut description = read(database, QUERIES)?;
        description.extend(read(database, &[if is_mariadb { MARIADB_CHECKS } else { MYSQL_CHECKS }])?);
        Ok(description)
    }

    /// In a database of their own, since no statement that creates a table can be taken back.
    fn describe_apart(&self, database: &mut dyn Database, sql: &str) -> QueryResult<Description> {
        let here = database.rows("SELECT database()", &[])?;
        let here = here.into_iter().flatten().flatten().next().unwrap_or_default();
        let mine = format!("{}{}", place::PREFIX, place::token());
        let apart = format!("{mine}_0");
        // Other processes drop the databases of a name for which nobody holds this lock.
        database.rows(&format!("SELECT CAST(get_lock('{mine}', 0) AS char)"), &[])?;
        database.execute(&format!("CREATE DATABASE {apart}; USE {apart}"))?;
        let described = database.execute(sql).and_then(|()| self.describe(database));
        database.execute(&format!("DROP DATABASE {apart}; USE `{}`", here.replace('`', "``")))?;
        database.rows(&format!("SELECT CAST(release_lock('{mine}') AS char)"), &[])?;
        described
    }
}

const QUERIES: &[&str] = &[
    "SELECT concat('table `', table_name, '`'), concat(engine, ', ', table_collation, ', comment ', quote(table_comment)) \
     FROM information_schema.tables WHERE table_schema = database() AND table_type = 'BASE TABLE' \
     AND table_name NOT IN ('__diesel_schema_migrations', '__fenrir_migrations', '__fenrir_journal', '__fenrir_head', '__fenrir_expressions')",
    "SELECT concat('column `', table_name, '.', column_name, '`'), \
     concat('`', column_type, if(is_nullable = 'NO', ' NOT NULL', ''), \
     if(column_default IS NULL, '', concat(' DEFAULT ', column_default)), \
     if(extra = '', '', concat(' ', extra)), \
     if(coalesce(generation_expression, '') = '', '', concat(' AS (', generation_expression, ')')), \
     coalesce(concat(' COLLATE ', collation_name), ''), '`, comment ', quote(column_comment)) \
     FROM information_schema.columns WHERE table_schema = database() \
     AND table_name NOT IN ('__diesel_schema_migrations', '__fenrir_migrations', '__fenrir_journal', '__fenrir_head', '__fenrir_expressions')",
    "SELECT concat('index `', table_name, '.', index_name, '`'), \
     concat('`', if(non_unique, '', 'UNIQUE '), index_type, ' (', \
     group_concat(coalesce(column_name, '?'), coalesce(concat('(', sub_part, ')'), ''), if(collation = 'D', ' DESC', '') \
     ORDER BY seq_in_index SEPARATOR ', '), ')`') \
     FROM information_schema.statistics WHERE table_schema = database() \
     AND table_name NOT IN ('__diesel_schema_migrations', '__fenrir_migrations', '__fenrir_journal', '__fenrir_head', '__fenrir_expressions') \
     GROUP BY table_name, index_name, non_unique, index_type",
    "SELECT concat('foreign key `', k.table_name, '.', k.constraint_name, '`'), \
     concat('`(', group_concat(k.column_name ORDER BY k.ordinal_position SEPARATOR ', '), ') REFERENCES ', \
     k.referenced_table_name, ' (', group_concat(k.referenced_column_name ORDER BY k.ordinal_position SEPARATOR ', '), \
     ') ON DELETE ', r.delete_rule, ' ON UPDATE ', r.update_rule, '`') \
     FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r \
     ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name \
     WHERE k.table_schema = database() AND k.referenced_table_name IS NOT NULL \
     GROUP BY k.table_name, k.constraint_name, k.referenced_table_name, r.delete_rule, r.update_rule",
    "SELECT concat('trigger `', event_object_table, '.', trigger_name, '`'), \
     concat('`', action_timing, ' ', event_manipulation, ' ', action_statement, '`') \
     FROM information_schema.triggers WHERE trigger_schema = database()",
    "SELECT concat('view `', table_name, '`'), concat('`', replace(view_definition, concat('`', database(), '`.'), ''), '`') \
     FROM information_schema.views WHERE table_schema = database()",
];

/// The names of checks are a schema's, and their table is told elsewhere
/// (<https://dev.mysql.com/doc/refman/8.0/en/information-schema-check-constraints-table.html>).
const MYSQL_CHECKS: &str = "SELECT concat('check `', t.table_name, '.', c.constraint_name, '`'), concat('`', c.check_clause, '`') \
     FROM information_schema.check_constraints c JOIN information_schema.table_constraints t \
     ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name AND t.constraint_type = 'CHECK' \
     WHERE t.table_schema = database()";

/// The names of checks are a table's (<https://mariadb.com/kb/en/information-schema-check_constraints-table/>).
const MARIADB_CHECKS: &str = "SELECT concat('check `', table_name, '.', constraint_name, '`'), concat('`', check_clause, '`') \
     FROM information_schema.check_constraints WHERE constraint_schema = database()";
