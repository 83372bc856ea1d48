//! Two schemas that were read of two databases, or loaded into them.

use fenrir_schema::{Dialect, OptionWord, Renames, Schema};

use super::compare::{NotCompared, Sides, hidden_parts, settle_hidden};
use super::questions::Answer;
use super::{Live, introspection};
use crate::Error;
use crate::database::Database;

impl Sides {
    /// The same where the schema was read of another database: what that does not tell is not known either.
    pub(crate) fn of_two(dialect: Dialect, wanted: &Live, live: &Live) -> Self {
        let mut schema = wanted.schema.clone();
        say_collations(&mut schema, wanted);
        let mut sides = Self::new(dialect, &schema, live);
        let there = sides.there.clone();
        settle_hidden(&there, &mut sides.wanted, wanted);
        let hidden = hidden_parts(&sides.there, wanted, &wanted.unmanaged);
        let is_new = |one: &NotCompared| !sides.not_compared.contains(one);
        let hidden: Vec<_> = hidden.into_iter().filter(is_new).collect();
        sides.not_compared.extend(hidden);
        sides
    }
}

/// Settles what two sides mean by their expressions, by asking the database that one of them was read of; and the
/// other's, where the other is a database too, of what the first does not know. `renames` are those from what is
/// there to what is wanted.
pub(crate) fn settle(
    sides: &mut Sides,
    renames: &Renames,
    (database, live): (&mut dyn Database, &Live),
    other: Option<(&mut dyn Database, &Live)>,
) -> Result<(), Error> {
    let introspection = introspection(database.dialect());
    sides.settle(renames, |questions| {
        let mut answers = introspection.ask(database, questions, live)?;
        let Some((other, wanted)) = other else { return Ok(answers) };
        let open: Vec<_> =
            (0..answers.len()).filter(|at| matches!(answers[*at], Answer::Unknown(_))).collect();
        if !open.is_empty() {
            let turned: Vec<_> = open.iter().map(|at| questions[*at].turned()).collect();
            for (at, answer) in open.into_iter().zip(introspection.ask(other, &turned, wanted)?) {
                if !matches!(answer, Answer::Unknown(_)) {
                    answers[at] = answer;
                }
            }
        }
        Ok(answers)
    })
}

/// The collation that a table's texts have anyhow, in words: it may be another in another database.
fn say_collations(schema: &mut Schema, live: &Live) {
    for table in schema.tables.values_mut() {
        let options = &mut table.options.mysql;
        let anyhow = OptionWord::new(options.character_set()).ok();
        let anyhow = anyhow.and_then(|charset| live.collations.get(&charset));
        if options.collate.is_none() {
            options.collate = anyhow.cloned();
        }
    }
}
