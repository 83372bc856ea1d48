//! All that the catalog tells, in one go.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;
use fenrir_schema::{Dialect, Identifier, OptionWord, Token};

use super::{queries, rows, shown};
use crate::Error;
use crate::database::Database;
use crate::introspect::{READING, load};

/// What was read.
#[derive(PartialEq)]
pub(super) struct Reading {
    /// The tables whose constraints this user may not see.
    pub(super) hidden: BTreeSet<String>,
    /// The tables with a period, which no list tells of.
    pub(super) periods: BTreeSet<String>,
    /// The collations of tables of which no more than the character set is said, by that.
    pub(super) collations: BTreeMap<OptionWord, OptionWord>,
    pub(super) relations: Vec<rows::Relation>,
    pub(super) columns: Vec<rows::Column>,
    pub(super) indexes: Vec<rows::IndexPart>,
    pub(super) foreign_keys: Vec<rows::KeyPart>,
    pub(super) checks: Vec<rows::Check>,
    pub(super) others: Vec<rows::Other>,
}

impl Reading {
    /// Reads all. It fails where a table goes meanwhile.
    pub(super) fn of(database: &mut dyn Database, is_mariadb: bool) -> Result<Self, Error> {
        let relations: Vec<rows::Relation> = load(database, queries::RELATIONS, &[])?;
        let charsets = relations.iter().filter_map(rows::Relation::charset);
        let charsets: BTreeSet<_> = charsets.chain(OptionWord::new("utf8mb4")).collect();
        let collations = load(database, &queries::collations(&charsets), &[])?.pop().unwrap_or_default();
        let mut reading = Self {
            hidden: BTreeSet::new(),
            periods: BTreeSet::new(),
            collations,
            relations,
            columns: load(database, queries::COLUMNS, &[])?,
            indexes: load(database, &queries::indexes(is_mariadb), &[])?,
            foreign_keys: load(database, queries::FOREIGN_KEYS, &[])?,
            checks: load(database, queries::checks(is_mariadb), &[])?,
            others: load(database, queries::OTHERS, &[])?,
        };
        reading.look_at_hidden(database, is_mariadb).map_err(Error::database(READING))?;
        reading.look_at_periods(database).map_err(Error::database(READING))?;
        Ok(reading)
    }

    /// Looks at the tables of whose constraints `information_schema` tells this user nothing. What may be read may
    /// be shown, and that tells of all of them.
    fn look_at_hidden(&mut self, database: &mut dyn Database, is_mariadb: bool) -> QueryResult<()> {
        let seen: BTreeSet<String> =
            database.rows(queries::CONSTRAINED, &[])?.into_iter().flatten().flatten().collect();
        let open = self.relations.iter().filter(|one| one.kind == "BASE TABLE" && !seen.contains(&one.name));
        for table in open.map(|one| one.name.clone()).collect::<Vec<_>>() {
            let statement = show(database, &table)?;
            let is_one = |token: &Token<'_>| token.is_word("check") || token.is_word("foreign");
            if !Dialect::Mysql.tokens(&statement).iter().any(is_one) {
                continue;
            }
            // MySQL shows one in other words, some of them in comments.
            let read = if is_mariadb { shown::constraints(&table, &statement) } else { None };
            match read {
                Some((checks, keys)) => {
                    self.foreign_keys.retain(|key| key.table != table);
                    self.checks.extend(checks);
                    self.foreign_keys.extend(keys);
                }
                None => drop(self.hidden.insert(table)),
            }
        }
        Ok(())
    }

    /// Looks for tables with a period, of which they tell only when they are shown: it gives a table a check that a
    /// column is before another (<https://mariadb.com/kb/en/application-time-periods/>).
    fn look_at_periods(&mut self, database: &mut dyn Database) -> QueryResult<()> {
        let may_be = |check: &&rows::Check| {
            let tokens = Dialect::Mysql.tokens(&check.expression);
            matches!(tokens.as_slice(), [_, before, _] if before.is_sign("<"))
        };
        let tables: BTreeSet<_> =
            self.checks.iter().filter(may_be).map(|check| check.table.clone()).collect();
        for table in tables {
            let statement = show(database, &table)?;
            let tokens = Dialect::Mysql.tokens(&statement);
            if tokens.windows(2).any(|pair| pair[0].is_word("period") && pair[1].is_word("for")) {
                self.periods.insert(table);
            }
        }
        Ok(())
    }
}

/// The statement of a table.
fn show(database: &mut dyn Database, table: &str) -> QueryResult<String> {
    // What has another name is no table of models, and is read no further.
    let Ok(name) = Identifier::new(table) else { return Ok(String::new()) };
    let rows = database.rows(&format!("SHOW CREATE TABLE {}", Dialect::Mysql.quote(&name)), &[])?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().nth(1)).flatten().unwrap_or_default())
}
