//! MySQL and MariaDB, by their `information_schema`
//! (<https://dev.mysql.com/doc/refman/8.0/en/information-schema.html>).

mod assemble;
mod probe;
mod queries;
mod reading;
mod rows;
mod shown;
mod values;

use self::assemble::Assembly;
use self::reading::Reading;
use super::questions::{Answer, Question};
use super::{Introspection, Live, Options, load};
use crate::Error;
use crate::database::{self, Database};
use crate::history::{self, MadeOf};

pub(super) struct Mysql;

/// How often the catalog is read before it is given up.
const READINGS: u32 = 8;

impl Introspection for Mysql {
    /// There is no snapshot of the catalog: what was read is taken for what is there when it is read twice alike.
    fn read(&self, database: &mut dyn Database, _: &Options) -> Result<Live, Error> {
        let mut servers: Vec<rows::Server> = load(database, queries::SERVER, &[])?;
        let Some(server) = servers.pop() else { return Err(Error::catalog("no server")) };
        let is_mariadb = server.version.contains("MariaDB");
        let changing = "the schema changes while it is read: try again when nobody migrates this database";
        let (mut last, mut failure) = (None, None);
        for attempt in 0..READINGS {
            if attempt > 1 {
                std::thread::sleep(database::pause(attempt));
            }
            match Reading::of(database, is_mariadb) {
                Ok(reading) if last.as_ref() == Some(&reading) => {
                    let folds_table_case = server.table_case != 0;
                    let database = server.database.unwrap_or_default();
                    return Ok(Assembly { is_mariadb, database, folds_table_case, reading }.live());
                }
                Ok(reading) => last = Some(reading),
                Err(error) if !database.is_alive() => return Err(error),
                // A table may be gone; where nothing was ever read, it is something else.
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.filter(|_| last.is_none()).unwrap_or_else(|| Error::catalog(changing)))
    }

    fn ask(
        &self,
        database: &mut dyn Database,
        questions: &[Question<'_>],
        _: &Live,
    ) -> Result<Vec<Answer>, Error> {
        Ok(questions.iter().map(|question| probe::ask(database, question)).collect())
    }

    fn rewrites(&self) -> bool {
        true
    }

    fn recorded(&self, database: &mut dyn Database) -> Vec<MadeOf> {
        history::read_expressions(database).unwrap_or_default()
    }
}
