//! Two schemas that were read of two databases, or loaded into them.

use fenrir_schema::{Dialect, OptionWord, Renames, Schema};

use super::compare::{NotCompared, Sides, hidden_parts, settle_hidden};
use super::questions::Answer;
use super::{Live, Unmanaged, UnmanagedKind, introspection, record};
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
        sides.not_compared.extend(odd_checks(&sides, wanted, live));
        sides
    }
}

/// The checks of tables that both have, which no model can say and which are not alike: no change could make the one
/// of the other, and still they are not the same.
fn odd_checks(sides: &Sides, wanted: &Live, live: &Live) -> Vec<NotCompared> {
    let in_both: Vec<_> =
        sides.wanted.tables.keys().filter(|name| sides.there.tables.contains_key(*name)).collect();
    let of_both = |one: &&Unmanaged| {
        let is_check = one.kind == UnmanagedKind::Check;
        is_check && in_both.iter().any(|name| one.table.as_deref() == Some(&*name.to_text()))
    };
    let about = |one: &Unmanaged| one.about.clone().unwrap_or_default();
    let of_live = live.unmanaged.iter().filter(of_both).filter(|one| !wanted.unmanaged.contains(one));
    let of_wanted = wanted.unmanaged.iter().filter(of_both).filter(|one| !live.unmanaged.contains(one));
    let of_wanted: Vec<_> = of_wanted.collect();
    let is_one = |a: &Unmanaged, b: &Unmanaged| (&a.table, &a.name) == (&b.table, &b.name);
    let mut found = Vec::new();
    let mut add = |one: &Unmanaged, reason: String| {
        let part = format!("the check `{}` of `{}`", one.name, one.table.as_deref().unwrap_or_default());
        found.push(NotCompared { part, reason: format!("no model can say it; {reason}") });
    };
    let mut paired = Vec::new();
    for one in of_live {
        match of_wanted.iter().find(|other| is_one(one, other)) {
            Some(other) => {
                paired.push(*other);
                add(one, format!("in the first, {}; in the second, {}", about(one), about(other)));
            }
            None => add(one, format!("only the first has it, {}", about(one))),
        }
    }
    for one in of_wanted.iter().filter(|one| !paired.contains(one)) {
        add(one, format!("only the second has it, {}", about(one)));
    }
    found
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
    sides.settle(renames, |questions| {
        let mut answers = record::ask(database, questions, live)?;
        let Some((other, wanted)) = other else { return Ok(answers) };
        let open: Vec<_> =
            (0..answers.len()).filter(|at| matches!(answers[*at], Answer::Unknown(_))).collect();
        if !open.is_empty() {
            let turned: Vec<_> = open.iter().map(|at| questions[*at].turned()).collect();
            for (at, answer) in
                open.into_iter().zip(introspection(other.dialect()).ask(other, &turned, wanted)?)
            {
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
