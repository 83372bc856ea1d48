//! PostgreSQL, by its catalog (<https://www.postgresql.org/docs/current/catalogs.html>).

mod assemble;
mod probe;
mod queries;
mod rows;
mod values;

use std::collections::BTreeSet;

use diesel::QueryResult;

use self::assemble::Assembly;
use self::rows::Session;
use super::questions::{Answer, Question};
use super::{Introspection, Live, Options, READING, load};
use crate::Error;
use crate::database::Database;
use crate::history::{self, MadeOf};

pub(super) struct Postgres;

impl Introspection for Postgres {
    fn read(&self, database: &mut dyn Database, options: &Options) -> Result<Live, Error> {
        let transaction = Transaction::begin(database, "ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let result = read(database, options);
        transaction.end(database);
        result
    }

    fn ask(
        &self,
        database: &mut dyn Database,
        questions: &[Question<'_>],
        live: &Live,
    ) -> Result<Vec<Answer>, Error> {
        let transaction = match Transaction::begin(database, "ISOLATION LEVEL READ COMMITTED READ WRITE") {
            Ok(transaction) => transaction,
            // A standby makes no tables, and may be compared for the rest.
            Err(Error::Database { source, .. }) => {
                database.rollback();
                return Ok(vec![Answer::Unknown(source.to_string()); questions.len()]);
            }
            Err(error) => return Err(error),
        };
        let result = probe::ask(database, questions, live);
        transaction.end(database);
        result
    }

    fn rewrites(&self) -> bool {
        true
    }

    /// In a transaction of its own, since an error ends the one that it happens in.
    fn recorded(&self, database: &mut dyn Database) -> Vec<MadeOf> {
        let Ok(transaction) = Transaction::begin(database, "READ ONLY") else { return Vec::new() };
        let recorded = history::read_expressions(database);
        transaction.end(database);
        recorded.unwrap_or_default()
    }
}

fn read(database: &mut dyn Database, options: &Options) -> Result<Live, Error> {
    let mut sessions: Vec<Session> = load(database, queries::SESSION, &[])?;
    let Some(session) = sessions.pop() else { return Err(Error::catalog("no session")) };
    let Some(home) = session.schema else { return Err(Error::NoSchema) };
    database.execute(queries::PIN).map_err(Error::database(READING))?;
    let mut schemas: BTreeSet<_> = options.schemas.iter().map(|schema| schema.as_str().to_owned()).collect();
    schemas.insert(home.clone());
    if options.all_schemas {
        schemas.extend(load::<String>(database, queries::SCHEMAS, &[])?);
    }
    let names = serde_json::to_string(&schemas).map_err(Error::catalog)?;
    let bind: &[&str] = &[&names];
    let schemas = load::<String>(database, queries::THERE, bind)?.into_iter().collect();
    let indexes = queries::indexes(session.version);
    let constraints = queries::constraints(session.version);
    let assembly = Assembly {
        relations: load(database, queries::RELATIONS, bind)?,
        columns: load(database, queries::COLUMNS, bind)?,
        sequences: load(database, queries::SEQUENCES, bind)?,
        types: load(database, queries::TYPES, &[])?,
        constraints: load(database, &constraints, bind)?,
        indexes: load(database, &indexes, bind)?,
        others: load(database, queries::OTHERS, bind)?,
        path: session.path,
        home,
    };
    Ok(Live { schemas, ..assembly.live() })
}

/// A transaction of our own, which is taken back in the end: inside one that is open a part of it, and so
/// are the settings that are made in it.
struct Transaction {
    end: &'static str,
}

impl Transaction {
    fn begin(database: &mut dyn Database, mode: &str) -> Result<Self, Error> {
        let is_inside = database.in_transaction() || is_inside(database).map_err(Error::database(READING))?;
        let (begin, end) = if is_inside {
            let end = "ROLLBACK TO SAVEPOINT fenrir_introspection; RELEASE SAVEPOINT fenrir_introspection";
            ("SAVEPOINT fenrir_introspection".to_owned(), end)
        } else {
            (format!("BEGIN {mode}"), "ROLLBACK")
        };
        database.execute(&begin).map_err(Error::database(READING))?;
        Ok(Self { end })
    }

    fn end(self, database: &mut dyn Database) {
        // Without a connection there is no transaction either.
        let _ = database.execute(self.end);
    }
}

/// Whether a transaction is open that Diesel was not told of: a setting that ends with the transaction is
/// still there for the next statement.
fn is_inside(database: &mut dyn Database) -> QueryResult<bool> {
    database.rows("SELECT pg_catalog.set_config('fenrir.is_inside', 'yes', true)", &[])?;
    let rows = database.rows("SELECT pg_catalog.current_setting('fenrir.is_inside', true)", &[])?;
    Ok(rows.into_iter().flatten().flatten().next().as_deref() == Some("yes"))
}
