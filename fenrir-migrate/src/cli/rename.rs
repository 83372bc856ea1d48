//! What looks like a rename: never taken for one, and never passed over.

use fenrir_schema::{RenameCandidate, RenameError, Renames, Schema};

use super::arguments::Migrate;
use super::context::Context;
use super::models::ModelSchema;
use super::outcome::{Failure, bullets};

/// What is renamed: as the models say, as the options say, and as somebody at a terminal answers.
pub(super) fn settle(
    before: &Schema,
    models: &ModelSchema,
    arguments: &Migrate,
    context: &Context<'_>,
) -> Result<Renames, Failure> {
    let after = &models.schema;
    let mut renames = Renames::default();
    renames.follow_names(&models.renames, before, after);
    // Tables first: a column may be named with the new name of its table.
    let (columns, tables): (Vec<_>, Vec<_>) = arguments
        .rename
        .iter()
        .partition(|rename| rename.split('=').next().is_some_and(|old| old.contains('.')));
    let refused = |error: RenameError| Failure::error(format!("`--rename`: {error}"));
    for rename in tables {
        renames.add(rename, before, after).map_err(refused)?;
    }
    renames.follow_parts(&models.renames, before, after);
    for rename in columns {
        renames.add(rename, before, after).map_err(refused)?;
    }
    if !arguments.no_renames && context.can_ask() {
        ask(&mut renames, before, models, context)?;
    }
    renames.check(before).map_err(|error| Failure::error(error.to_string()))?;
    if arguments.no_renames || context.can_ask() {
        return Ok(renames);
    }
    let candidates = renames.candidates(before, after);
    if candidates.is_empty() {
        return Ok(renames);
    }
    let list = candidates.iter().map(|one| {
        format!(
            "{} → `{}`: `--rename {}`, or `{}`",
            one.old(),
            one.new_name(),
            shell(&one.flag()),
            attribute(one)
        )
    });
    Err(Failure::Refused(format!(
        "these look like renames:{}\ngive the option or the attribute for each that is one; `--no-renames` says that no \
         other is: then what is dropped is lost",
        bullets(list)
    )))
}

/// Each thing that goes, one after the other: what is said of a table decides what its columns are.
fn ask(
    renames: &mut Renames,
    before: &Schema,
    models: &ModelSchema,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let after = &models.schema;
    let mut asked: Vec<String> = Vec::new();
    loop {
        let candidates = renames.candidates(before, after);
        let Some(first) = candidates.iter().find(|one| !asked.contains(&one.old())) else { return Ok(()) };
        let alike: Vec<_> = candidates.iter().filter(|one| one.old() == first.old()).collect();
        let mut choices: Vec<_> =
            alike.iter().map(|one| format!("it is renamed to `{}`", one.new_name())).collect();
        choices.push("it is dropped, and what looks like it is new".to_owned());
        let answer = context.choose(&format!("What becomes of {}?", first.old()), &choices)?;
        asked.push(first.old());
        if let Some(chosen) = alike.get(answer) {
            renames.add(&chosen.flag(), before, after).map_err(|error| Failure::error(error.to_string()))?;
            // What is said of a table's columns, or an enum's labels, now has a table or an enum.
            renames.follow_parts(&models.renames, before, after);
        }
    }
}

fn attribute(candidate: &RenameCandidate) -> String {
    let (key, old) = match candidate {
        RenameCandidate::Table { from, .. } => ("table", from.as_str()),
        RenameCandidate::Column { from, .. } => ("column", from.as_str()),
        RenameCandidate::Enum { from, .. } => ("db_enum", from.as_str()),
        RenameCandidate::Label { from, .. } => ("db_enum", from.as_str()),
    };
    format!("#[{key}(renamed_from = {old:?})]")
}

/// As a shell takes it for one word.
fn shell(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_alphanumeric() || "._=-".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
