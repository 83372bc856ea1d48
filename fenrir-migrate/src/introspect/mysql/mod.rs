//! MySQL and MariaDB, by their `information_schema`
//! (<https://dev.mysql.com/doc/refman/8.0/en/information-schema.html>).

mod assemble;
mod probe;
mod queries;
mod rows;
mod values;

use std::collections::BTreeSet;

use diesel::QueryResult;
use fenrir_schema::{Dialect, Identifier, OptionWord, Token};

use self::assemble::Assembly;
use super::questions::{Answer, Question};
use super::{Introspection, Live, Options, READING, load};
use crate::Error;
use crate::database::Database;

pub(super) struct Mysql;

impl Introspection for Mysql {
    fn read(&self, database: &mut dyn Database, _: &Options) -> Result<Live, Error> {
        let mut servers: Vec<rows::Server> = load(database, queries::SERVER, &[])?;
        let Some(server) = servers.pop() else { return Err(Error::catalog("no server")) };
        let is_mariadb = server.version.contains("MariaDB");
        let relations: Vec<rows::Relation> = load(database, queries::RELATIONS, &[])?;
        let charsets = relations.iter().filter_map(rows::Relation::charset);
        let charsets: BTreeSet<_> = charsets.chain(OptionWord::new("utf8mb4")).collect();
        let collations = load(database, &queries::collations(&charsets), &[])?.pop().unwrap_or_default();
        let hidden = hidden(database, &relations).map_err(Error::database(READING))?;
        let checks: Vec<rows::Check> = load(database, queries::checks(is_mariadb), &[])?;
        let periods = periods(database, &checks).map_err(Error::database(READING))?;
        let assembly = Assembly {
            is_mariadb,
            database: server.database.unwrap_or_default(),
            folds_table_case: server.table_case != 0,
            hidden,
            collations,
            relations,
            columns: load(database, queries::COLUMNS, &[])?,
            indexes: load(database, &queries::indexes(is_mariadb), &[])?,
            foreign_keys: load(database, queries::FOREIGN_KEYS, &[])?,
            checks,
            periods,
            others: load(database, queries::OTHERS, &[])?,
        };
        Ok(assembly.live())
    }

    fn ask(
        &self,
        database: &mut dyn Database,
        questions: &[Question<'_>],
        _: &Live,
    ) -> Result<Vec<Answer>, Error> {
        Ok(questions.iter().map(|question| probe::ask(database, question)).collect())
    }
}

/// The tables that have constraints of which `information_schema` tells this user nothing. What may be read may
/// be shown, and that tells of all of them.
fn hidden(database: &mut dyn Database, relations: &[rows::Relation]) -> QueryResult<BTreeSet<String>> {
    let seen: BTreeSet<String> =
        database.rows(queries::CONSTRAINED, &[])?.into_iter().flatten().flatten().collect();
    let open = relations.iter().filter(|one| one.kind == "BASE TABLE" && !seen.contains(&one.name));
    let has = |tokens: &[Token<'_>]| {
        tokens.iter().any(|token| ["primary", "constraint", "check"].iter().any(|word| token.is_word(word)))
    };
    shown(database, open.map(|one| one.name.as_str()), has)
}

/// The tables with a period of which they tell only when they are shown: it gives a table a check that a column is
/// before another (<https://mariadb.com/kb/en/application-time-periods/>).
fn periods(database: &mut dyn Database, checks: &[rows::Check]) -> QueryResult<BTreeSet<String>> {
    let may_be = |check: &&rows::Check| {
        let tokens = Dialect::Mysql.tokens(&check.expression);
        matches!(tokens.as_slice(), [_, before, _] if before.is_sign("<"))
    };
    let tables: BTreeSet<_> = checks.iter().filter(may_be).map(|check| check.table.as_str()).collect();
    let has = |tokens: &[Token<'_>]| {
        tokens.windows(2).any(|pair| pair[0].is_word("period") && pair[1].is_word("for"))
    };
    shown(database, tables, has)
}

/// The tables whose statement is so.
fn shown<'a>(
    database: &mut dyn Database,
    tables: impl IntoIterator<Item = &'a str>,
    is_so: impl Fn(&[Token<'_>]) -> bool,
) -> QueryResult<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for table in tables {
        let Ok(name) = Identifier::new(table) else { continue };
        let rows = database.rows(&format!("SHOW CREATE TABLE {}", Dialect::Mysql.quote(&name)), &[])?;
        let text =
            rows.into_iter().next().and_then(|row| row.into_iter().nth(1)).flatten().unwrap_or_default();
        if is_so(&Dialect::Mysql.tokens(&text)) {
            found.insert(table.to_owned());
        }
    }
    Ok(found)
}
