//! MySQL and MariaDB, by their `information_schema`
//! (<https://dev.mysql.com/doc/refman/8.0/en/information-schema.html>).

mod assemble;
mod probe;
mod queries;
mod rows;
mod values;

use std::collections::BTreeSet;

use diesel::QueryResult;
use fenrir_schema::{Dialect, Identifier, OptionWord};

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
        let assembly = Assembly {
            is_mariadb,
            hidden,
            collations,
            relations,
            columns: load(database, queries::COLUMNS, &[])?,
            indexes: load(database, &queries::indexes(is_mariadb), &[])?,
            foreign_keys: load(database, queries::FOREIGN_KEYS, &[])?,
            checks: load(database, queries::checks(is_mariadb), &[])?,
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
    let mut hidden = BTreeSet::new();
    for relation in relations.iter().filter(|one| one.kind == "BASE TABLE" && !seen.contains(&one.name)) {
        let Ok(name) = Identifier::new(&relation.name) else { continue };
        let rows = database.rows(&format!("SHOW CREATE TABLE {}", Dialect::Mysql.quote(&name)), &[])?;
        let text =
            rows.into_iter().next().and_then(|row| row.into_iter().nth(1)).flatten().unwrap_or_default();
        let tokens = Dialect::Mysql.tokens(&text);
        if tokens
            .iter()
            .any(|token| ["primary", "constraint", "check"].iter().any(|word| token.is_word(word)))
        {
            hidden.insert(relation.name.clone());
        }
    }
    Ok(hidden)
}
