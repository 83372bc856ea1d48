//! Asking PostgreSQL whether two expressions are the same to it.
//!
//! What it gives back of an expression is not the text that went in, but it gives back the same for what it
//! takes for the same. So both are made in a temporary table, read back, and made again from what was read,
//! until the text stands still. All of it is one statement for each pass, and nothing of it stays.

use std::collections::BTreeMap;

use fenrir_schema::{Dialect, Identifier, TableName};
use serde::{Deserialize, Serialize};

use super::queries;
use crate::Error;
use crate::database::Database;
use crate::introspect::questions::{Answer, Question, Side, Subject};
use crate::introspect::{Live, READING};

/// How often a text may change before it is given up.
const PASSES: usize = 5;

/// The table that a part is made in.
const TABLE: &str = "fenrir_probe";

/// One side of a question, in one pass.
#[derive(Serialize)]
struct Task {
    path: String,
    statements: Vec<String>,
    query: String,
}

/// What was read back: the whole in words, and the texts of its expressions.
#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Reading {
    whole: Option<String>,
    #[serde(default)]
    texts: Vec<String>,
    error: Option<String>,
}

pub(super) fn ask(
    database: &mut dyn Database,
    questions: &[Question<'_>],
    live: &Live,
) -> Result<Vec<Answer>, Error> {
    let rows = database
        .rows("SELECT pg_catalog.current_setting('search_path')", &[])
        .map_err(Error::database(READING))?;
    let path = rows.into_iter().flatten().flatten().next().unwrap_or_default();
    let settings =
        format!("{}; SET LOCAL lock_timeout = '5s'; SET LOCAL client_min_messages = error", queries::PIN);
    database.execute(&settings).map_err(Error::database(READING))?;
    // Of checks and of most indexes what is there was read back already.
    let recorded = questions.iter().enumerate().filter_map(|(number, question)| {
        let texts = question.recorded()?;
        Some(((number, true), Reading { whole: None, texts, error: None }))
    });
    let readings = recorded.collect();
    let mut rounds = Rounds { database, questions, live, path, readings };
    let mut answers: BTreeMap<usize, Answer> = BTreeMap::new();
    for pass in 0..PASSES {
        let open: Vec<_> = (0..questions.len()).filter(|number| !answers.contains_key(number)).collect();
        if open.is_empty() {
            break;
        }
        let still = match rounds.pass(pass, &open) {
            Ok(still) => still,
            Err(error) => {
                // Not even the block itself could run.
                let reason = error.to_string();
                answers.extend(open.into_iter().map(|number| (number, Answer::Unknown(reason.clone()))));
                break;
            }
        };
        for number in open {
            if let Some(answer) = rounds.answer(number, still.contains(&number)) {
                answers.insert(number, answer);
            }
        }
    }
    let given_up = || Answer::Unknown("its text does not stand still".to_owned());
    Ok((0..questions.len()).map(|number| answers.remove(&number).unwrap_or_else(given_up)).collect())
}

struct Rounds<'a> {
    database: &'a mut dyn Database,
    questions: &'a [Question<'a>],
    live: &'a Live,
    path: String,
    /// What each side of a question was read as last.
    readings: BTreeMap<(usize, bool), Reading>,
}

impl Rounds<'_> {
    /// Makes the sides of the open questions and reads them back. Returns those that have not changed since the
    /// pass before.
    fn pass(&mut self, pass: usize, open: &[usize]) -> diesel::QueryResult<Vec<usize>> {
        let mut places = Vec::new();
        let mut tasks = Vec::new();
        for &number in open {
            for side in [Side::Wanted, Side::Live] {
                if pass == 0 && self.readings.contains_key(&(number, side == Side::Live)) {
                    continue;
                }
                if let Some(task) = self.task(number, side) {
                    places.push((number, side == Side::Live));
                    tasks.push(task);
                }
            }
        }
        let json = serde_json::to_string(&tasks)
            .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
        self.database.execute(&format!("DO {}", Dialect::Postgres.literal(&block(&json))))?;
        let rows = self.database.rows("SELECT current_setting('fenrir.answers')", &[])?;
        let text = rows.into_iter().flatten().flatten().next().unwrap_or_default();
        let readings: Vec<Reading> = serde_json::from_str(&text)
            .map_err(|error| diesel::result::Error::DeserializationError(error.into()))?;
        let mut moved = Vec::new();
        for (place, reading) in places.into_iter().zip(readings) {
            if self.readings.get(&place) != Some(&reading) {
                moved.push(place.0);
            }
            self.readings.insert(place, reading);
        }
        Ok(open.iter().copied().filter(|number| !moved.contains(number)).collect())
    }

    fn task(&self, number: usize, side: Side) -> Option<Task> {
        let question = &self.questions[number];
        let mut subject = question.subject(side)?;
        let last = self.readings.get(&(number, side == Side::Live));
        if let Some(last) = last {
            if !matches!(subject, Subject::Type(_)) {
                subject = subject.with_texts(&last.texts)?;
            }
        }
        let name = TableName::from(Identifier::generated([], TABLE));
        let table = question.bare_table(Dialect::Postgres, side, &name);
        let enums = question.enums(side);
        let statements: Vec<_> = match side {
            Side::Live => {
                let name = question.origin.table.clone();
                let schema = name.schema.or_else(|| self.live.home.clone());
                let like = Dialect::Postgres.quote_table(&TableName { schema, name: name.name });
                let like = format!("CREATE TABLE {TABLE} (LIKE {like})");
                let renamed = question.origin.columns.iter().map(|(from, to)| {
                    let (from, to) = (Dialect::Postgres.quote(from), Dialect::Postgres.quote(to));
                    format!("ALTER TABLE {TABLE} RENAME COLUMN {from} TO {to}")
                });
                let addition = subject.addition(Dialect::Postgres, &table, &enums)?;
                std::iter::once(like).chain(renamed).chain(addition).collect()
            }
            Side::Wanted => subject.creation(Dialect::Postgres, table, &enums)?,
        };
        // What brings a type is for a migration to make.
        let is_own = |sql: &String| !sql.starts_with("CREATE EXTENSION");
        let statements = statements.into_iter().filter(is_own).collect();
        // The wanted words are understood as a migration's are.
        // So is the type of a column.
        let own = side == Side::Wanted || matches!(subject, Subject::Generated(..));
        let path = if own && !self.path.trim().is_empty() {
            format!("pg_temp, {}", self.path)
        } else {
            "pg_temp, pg_catalog".to_owned()
        };
        Some(Task { path, statements, query: query(&subject) })
    }

    /// The answer, where it can be given by now.
    fn answer(&self, number: usize, still: bool) -> Option<Answer> {
        let (wanted, live) = (self.readings.get(&(number, false)), self.readings.get(&(number, true)));
        let (Some(wanted), Some(live)) = (wanted, live) else {
            return Some(Answer::Unknown("it cannot be made by itself".to_owned()));
        };
        if let Some(error) = wanted.error.as_ref().or(live.error.as_ref()) {
            return Some(Answer::Unknown(error.clone()));
        }
        let is_whole = wanted.whole.is_some() && wanted.whole == live.whole;
        if is_whole || self.questions[number].recorded().is_some() && wanted.texts == live.texts {
            Some(Answer::Same)
        } else {
            still.then_some(Answer::Different)
        }
    }
}

/// What reads a part back.
fn query(subject: &Subject) -> String {
    let sql = match subject {
        Subject::Type(column) => {
            return format!(
                "SELECT json_build_object('whole', format_type(atttypid, atttypmod)) FROM pg_attribute \
                 WHERE attrelid = 'pg_temp.fenrir_probe'::regclass AND attname = {}",
                Dialect::Postgres.literal(column.name.as_str())
            );
        }
        Subject::Default(..) | Subject::Generated(..) => {
            "SELECT json_build_object('whole', pg_get_expr(adbin, adrelid), \
             'texts', json_build_array(pg_get_expr(adbin, adrelid))) FROM pg_attrdef \
             WHERE adrelid = 'pg_temp.fenrir_probe'::regclass"
        }
        Subject::Check(_) => {
            "SELECT json_build_object('whole', pg_get_expr(conbin, conrelid), \
             'texts', json_build_array(pg_get_expr(conbin, conrelid))) FROM pg_constraint \
             WHERE conrelid = 'pg_temp.fenrir_probe'::regclass AND contype = 'c'"
        }
        Subject::Index(_) => {
            "SELECT json_build_object('whole', pg_get_indexdef(i.indexrelid), 'texts', \
             (SELECT coalesce(json_agg(pg_get_indexdef(i.indexrelid, p.at + 1, false) ORDER BY p.at), '[]') \
             FROM generate_series(0, i.indnkeyatts - 1) p (at) WHERE i.indkey[p.at] = 0)::jsonb || \
             coalesce(to_jsonb(pg_get_expr(i.indpred, i.indrelid)), '[]'::jsonb)) \
             FROM pg_index i WHERE i.indrelid = 'pg_temp.fenrir_probe'::regclass"
        }
    };
    sql.to_owned()
}

/// Each task in a part of the transaction of its own, which its own error takes back; what was read stays in
/// a variable (<https://www.postgresql.org/docs/current/plpgsql-control-structures.html#PLPGSQL-ERROR-TRAPPING>).
fn block(tasks: &str) -> String {
    format!(
        "DECLARE
    fenrir_task pg_catalog.json;
    fenrir_statement pg_catalog.text;
    fenrir_answer pg_catalog.text;
    fenrir_answers pg_catalog.text[] := '{{}}';
BEGIN
    FOR fenrir_task IN SELECT value FROM pg_catalog.json_array_elements({tasks}) LOOP
        fenrir_answer := NULL;
        BEGIN
            PERFORM pg_catalog.set_config('search_path', fenrir_task ->> 'path', true);
            FOR fenrir_statement IN SELECT value FROM pg_catalog.json_array_elements_text(fenrir_task -> 'statements') LOOP
                EXECUTE fenrir_statement;
            END LOOP;
            PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
            EXECUTE fenrir_task ->> 'query' INTO fenrir_answer;
            RAISE EXCEPTION USING ERRCODE = 'FENRI';
        EXCEPTION WHEN OTHERS THEN
            IF SQLSTATE <> 'FENRI' THEN
                fenrir_answer := pg_catalog.json_build_object('error', SQLERRM)::pg_catalog.text;
            END IF;
        END;
        fenrir_answers := pg_catalog.array_append(fenrir_answers, coalesce(fenrir_answer, '{{}}'));
    END LOOP;
    PERFORM pg_catalog.set_config('fenrir.answers',
        '[' OPERATOR(pg_catalog.||) pg_catalog.array_to_string(fenrir_answers, ',') OPERATOR(pg_catalog.||) ']', true);
END",
        tasks = Dialect::Postgres.literal(tasks)
    )
}
