//! What a database made of the models' expressions is recorded when they were applied, so that one who may only read
//! it can tell whether it is still so.

use std::time::Duration;

use fenrir_schema::Schema;

use super::questions::{Answer, Part, Question, Side};
use super::{Live, Options, compare, introspection, read_from};
use crate::Error;
use crate::database::{Database, Local};
use crate::history::{self, MadeOf};
use crate::migrator::{Exclusive, Patience};

/// How long others are waited for: whoever migrates after this one records it, too.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether what is asked means the same: as it was recorded, or as the database says.
pub(super) fn ask(
    database: &mut dyn Database,
    questions: &[Question<'_>],
    live: &Live,
) -> Result<Vec<Answer>, Error> {
    let introspection = introspection(database.dialect());
    let recorded = introspection.recorded(database);
    let is_recorded = |question: &Question<'_>| question.made_of().is_some_and(|one| recorded.contains(&one));
    let mut answers: Vec<_> =
        questions.iter().map(|question| is_recorded(question).then_some(Answer::Same)).collect();
    let open = answers.iter().zip(questions).filter(|(answer, _)| answer.is_none());
    let open: Vec<_> = open.map(|(_, question)| question.clone()).collect();
    let mut given = match open.as_slice() {
        [] => Vec::new(),
        open => introspection.ask(database, open, live)?,
    }
    .into_iter();
    for answer in answers.iter_mut().filter(|answer| answer.is_none()) {
        *answer = given.next();
    }
    let unknown = || Answer::Unknown("the database does not say".to_owned());
    Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(unknown)).collect())
}

/// Records what the database makes of the expressions of a schema, as far as that is what is wanted. That it cannot
/// be recorded is no failure: the database is asked then, each time.
pub(crate) fn record(database: &mut dyn Database, wanted: &Schema, local: &Local) {
    if !introspection(database.dialect()).rewrites() {
        return;
    }
    let patience = Patience { lock_timeout: PATIENCE, ..Patience::default() };
    let mut exclusive = Exclusive::new(database, patience, local.clone());
    let result = exclusive.begin(true).and_then(|()| {
        let made_of = made_of(exclusive.database, wanted);
        let written = made_of.and_then(|all| history::write_expressions(exclusive.database, &all));
        exclusive.finish(written)
    });
    if let Err(error) = result {
        tracing::debug!(%error, "what the database made of expressions is not recorded");
    }
}

/// The parts that mean the same in other words, as the database itself says now.
fn made_of(database: &mut dyn Database, wanted: &Schema) -> Result<Vec<MadeOf>, Error> {
    let dialect = database.dialect();
    let live = read_from(database, &Options::for_schema(wanted))?;
    let mut made_of = Vec::new();
    compare::compare(dialect, wanted, &live, |questions| {
        let answers = introspection(dialect).ask(database, questions, &live)?;
        let same = questions.iter().zip(&answers).filter(|(_, answer)| **answer == Answer::Same);
        made_of.extend(same.filter_map(|(question, _)| question.made_of()));
        Ok(answers)
    })?;
    made_of.sort();
    Ok(made_of)
}

impl Question<'_> {
    /// The two sides, as they are recorded: all that a part says, so that what was recorded holds for no other.
    fn made_of(&self) -> Option<MadeOf> {
        if !self.part.has_one_name() {
            return None;
        }
        let (kind, name) = match &self.part {
            Part::Type(name) => ("type", name),
            Part::Default(name) => ("default", name),
            Part::Generated(name) => ("generated", name),
            Part::Check { wanted, .. } => ("check", wanted),
            Part::Index { wanted, .. } => ("index", wanted),
        };
        let text = |side| serde_json::to_string(&self.subject(side)?).ok();
        Some(MadeOf {
            table: self.table(Side::Wanted).name.to_text(),
            part: format!("{kind} `{}`", name.as_str()),
            model: text(Side::Wanted)?,
            server: text(Side::Live)?,
        })
    }
}
