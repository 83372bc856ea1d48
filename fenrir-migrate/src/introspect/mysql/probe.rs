//! Asking the server whether two expressions are the same to it: what it gives back of them in a temporary
//! table, which commits nothing (<https://dev.mysql.com/doc/refman/8.0/en/implicit-commit.html>).
//!
//! Such a table is in no table of the catalog, so each is asked for by itself.

use diesel::QueryResult;
use fenrir_schema::{Dialect, Identifier, TableName};

use crate::database::Database;
use crate::introspect::questions::{Answer, Part, Question, Side, Subject};

pub(super) fn ask(database: &mut dyn Database, question: &Question<'_>) -> Answer {
    // What else differs of an index is a difference; both kinds of expressions are not in both servers.
    if matches!(question.part, Part::Type(_) | Part::Index { .. }) {
        return Answer::Different;
    }
    match (read(database, question, Side::Wanted), read(database, question, Side::Live)) {
        (Ok(Some(wanted)), Ok(Some(live))) if wanted == live => Answer::Same,
        (Ok(Some(_)), Ok(Some(_))) => Answer::Different,
        // What is no default of the wanted type is another one.
        (Ok(Some(_)), Err(_)) if matches!(question.part, Part::Default(_)) => Answer::Different,
        (Err(error), _) | (_, Err(error)) => Answer::Unknown(error.to_string()),
        _ => Answer::Unknown("it cannot be made by itself".to_owned()),
    }
}

/// One side as the server gives it back.
fn read(database: &mut dyn Database, question: &Question<'_>, side: Side) -> QueryResult<Option<String>> {
    let name = TableName::from(Identifier::generated([], "fenrir_probe"));
    let Some(mut subject) = question.subject(side) else { return Ok(None) };
    // A number is given back with as many digits as its column has: both are asked for of the wanted one.
    if let (Subject::Default(column, _), Some(Subject::Default(wanted, _))) =
        (&mut subject, question.subject(Side::Wanted))
    {
        *column = wanted;
    }
    let table = question.bare_table(Dialect::Mysql, side, &name);
    let Some(statements) = subject.creation(
        Dialect::Mysql,
        table,
        &question.enums(if matches!(question.part, Part::Default(_)) { Side::Wanted } else { side }),
    ) else {
        return Ok(None);
    };
    let quoted = Dialect::Mysql.quote_table(&name);
    let result = statements
        .iter()
        .try_for_each(|sql| database.execute(&sql.replacen("CREATE TABLE", "CREATE TEMPORARY TABLE", 1)))
        .and_then(|()| database.rows(&format!("SHOW CREATE TABLE {quoted}"), &[]));
    let _ = database.execute(&format!("DROP TEMPORARY TABLE IF EXISTS {quoted}"));
    let row = result?.into_iter().next().unwrap_or_default();
    let text = row.into_iter().nth(1).flatten().unwrap_or_default();
    // What stands before it says what the columns are.
    let mark = match question.part {
        Part::Check { .. } => " CHECK (",
        Part::Generated(_) => " GENERATED ALWAYS AS ",
        _ => " DEFAULT ",
    };
    Ok(text.split_once(mark).map(|(_, definition)| definition.to_owned()))
}
