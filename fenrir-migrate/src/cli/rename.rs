//! What looks like a rename: never taken for one, and never passed over.

use fenrir_schema::{RenameCandidate, RenameError, Renames, Schema};

use super::arguments::Renamed;
use super::context::Context;
use super::outcome::{Failure, bullets};

/// The two schemas that things are renamed between.
pub(super) struct Between<'a> {
    /// The first, and what it is called: `the migrations`, `` `old.sql` ``.
    pub(super) before: (&'a Schema, &'a str),
    /// The second.
    pub(super) after: (&'a Schema, &'a str),
    /// What the models say of it.
    pub(super) hints: &'a Renames,
    /// Whether the second are the models, in which attributes say it.
    pub(super) is_models: bool,
    /// Whether an enum is a part of its column, and named after that.
    pub(super) enums_follow: bool,
}

/// What is renamed: as the models say, as the options say, and as somebody at a terminal answers.
pub(super) fn settle(
    between: &Between<'_>,
    options: &Renamed,
    context: &Context<'_>,
) -> Result<Renames, Failure> {
    let ((before, _), (after, _)) = (between.before, between.after);
    let mut renames = Renames::default();
    renames.follow_names(between.hints, before, after);
    // Tables first: a column may be named with the new name of its table.
    let is_table = |old: &str| old.trim().parse().is_ok_and(|name| before.tables.contains_key(&name));
    let (columns, tables): (Vec<_>, Vec<_>) = options
        .rename
        .iter()
        .partition(|rename| rename.split('=').next().is_some_and(|old| old.contains('.') && !is_table(old)));
    let refused = |error: RenameError| Failure::error(format!("`--rename`: {error}"));
    for rename in tables {
        renames.add_between(rename, between.before, between.after).map_err(refused)?;
    }
    between.follow(&mut renames);
    for rename in columns {
        renames.add_between(rename, between.before, between.after).map_err(refused)?;
        between.follow_enums(&mut renames);
    }
    if !options.no_renames && context.can_ask() {
        ask(&mut renames, between, context)?;
    }
    renames.check(before).map_err(|error| Failure::error(error.to_string()))?;
    refuse_doubtful(&renames, options, after)?;
    if options.no_renames || context.can_ask() {
        return Ok(renames);
    }
    let candidates = between.candidates(&renames);
    if candidates.is_empty() {
        return Ok(renames);
    }
    let list = candidates.iter().map(|one| {
        let flag = shell(&one.flag());
        let option = format!("{} → `{}`: `--rename {flag}`", one.old(), one.new_name());
        if between.is_models { format!("{option}, or `{}`", attribute(one)) } else { option }
    });
    let give = if between.is_models { "the option or the attribute" } else { "the option" };
    Err(Failure::Refused(format!(
        "these look like renames:{}\ngive {give} for each that is one; `--no-renames` says that no \
         other is: then what is dropped is lost",
        bullets(list)
    )))
}

impl Between<'_> {
    /// What is said of a table's columns, or an enum's labels, once that has a table or an enum.
    fn follow(&self, renames: &mut Renames) {
        self.follow_enums(renames);
        renames.follow_parts(self.hints, self.before.0, self.after.0);
        self.follow_enums(renames);
    }

    /// An enum that is named after its column has another name when that has.
    fn follow_enums(&self, renames: &mut Renames) {
        if !self.enums_follow {
            return;
        }
        for (name, table) in &self.after.0.tables {
            let old = renames.tables.get(name).unwrap_or(name);
            let Some(before) = self.before.0.tables.get(old) else { continue };
            for column in &table.columns {
                let old = renames.columns.get(&(name.clone(), column.name.clone())).unwrap_or(&column.name);
                let before = before.column(old).and_then(|column| column.sql_type.enum_name());
                if let (Some(before), Some(after)) = (before, column.sql_type.enum_name()) {
                    if before != after {
                        renames.enums.insert(after.clone(), before.clone());
                    }
                }
            }
        }
    }

    fn candidates(&self, renames: &Renames) -> Vec<RenameCandidate> {
        let mut candidates = renames.candidates(self.before.0, self.after.0);
        candidates.retain(|one| !self.enums_follow || !matches!(one, RenameCandidate::Enum { .. }));
        // Of what one thing may have become, what is called most like it comes first.
        for of_one in candidates.chunk_by_mut(|a, b| a.old() == b.old()) {
            of_one.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
        }
        candidates
    }
}

/// A `renamed_from` that was left in the models, while what had the name came back, would give the one the
/// values of the other.
fn refuse_doubtful(renames: &Renames, options: &Renamed, after: &Schema) -> Result<(), Failure> {
    let said = |one: &RenameCandidate| {
        let flag = one.flag();
        options.rename.iter().any(|rename| rename.split('=').map(str::trim).eq(flag.split('=')))
    };
    let doubtful: Vec<_> = renames.doubtful(after).into_iter().filter(|one| !said(one)).collect();
    if doubtful.is_empty() {
        return Ok(());
    }
    let list = doubtful.iter().map(|one| {
        format!("{} → `{}`: `--rename {}` says that it is so", one.old(), one.new_name(), shell(&one.flag()))
    });
    Err(Failure::Refused(format!(
        "these are said to be renamed, by `renamed_from`, and the models have the old name too:{}\nwhere it is not, take the \
         attribute out",
        bullets(list)
    )))
}

/// Each thing that goes, one after the other: what is said of a table decides what its columns are.
fn ask(renames: &mut Renames, between: &Between<'_>, context: &Context<'_>) -> Result<(), Failure> {
    let mut asked: Vec<String> = Vec::new();
    loop {
        let candidates = between.candidates(renames);
        let Some(first) = candidates.iter().find(|one| !asked.contains(&one.old())) else { return Ok(()) };
        let alike: Vec<_> = candidates.iter().filter(|one| one.old() == first.old()).collect();
        let mut choices: Vec<_> =
            alike.iter().map(|one| format!("it is renamed to `{}`", one.new_name())).collect();
        choices.push("it is dropped, and what looks like it is new".to_owned());
        let answer = context.choose(&format!("What becomes of {}?", first.old()), &choices)?;
        asked.push(first.old());
        if let Some(chosen) = alike.get(answer) {
            let added = renames.add_between(&chosen.flag(), between.before, between.after);
            added.map_err(|error| Failure::error(error.to_string()))?;
            between.follow(renames);
        }
    }
}

/// How much the new name is like the old one, from 0 to 1.
fn likeness(candidate: &RenameCandidate) -> f64 {
    let old = match candidate {
        RenameCandidate::Table { from, .. } => from.name.as_str(),
        RenameCandidate::Column { from, .. } | RenameCandidate::Enum { from, .. } => from.as_str(),
        RenameCandidate::Label { from, .. } => from,
    };
    strsim::sorensen_dice(old, &candidate.new_name())
}

fn attribute(candidate: &RenameCandidate) -> String {
    let (key, old) = match candidate {
        RenameCandidate::Table { from, .. } => ("table", from.to_text()),
        RenameCandidate::Column { from, .. } => ("column", from.as_str().to_owned()),
        RenameCandidate::Enum { from, .. } => ("db_enum", from.as_str().to_owned()),
        RenameCandidate::Label { from, .. } => ("db_enum", from.clone()),
    };
    format!("#[{key}(renamed_from = {old:?})]")
}

/// As a shell takes it for one word.
fn shell(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_alphanumeric() || "._=-".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
