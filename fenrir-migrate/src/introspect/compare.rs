//! The differences between a live database and a schema.

use std::collections::{BTreeMap, BTreeSet};

use fenrir_schema::{
    Change, Check, Collation, Column, ConstraintKind, Dialect, Identifier, Index, IndexKey, IndexTarget,
    OptionWord, PrimaryKey, Renames, Schema, SqlType, Table, TableName, diff, fold, invert,
};

use super::extensions::Extensions;
use super::others::{self, Others};
use super::questions::{Origin, Part};
use super::unmanaged::in_one_line;
use super::{Answer, Live, Question, Unmanaged, UnmanagedKind};
use crate::Error;

/// How a live database differs from a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// What would make the database as it is wanted. A rename is none here: what goes and what comes are
    /// two changes.
    pub changes: Vec<Change>,
    /// Parts of wanted tables of which it is not known whether they differ.
    pub not_compared: Vec<NotCompared>,
    /// What is in the database and cannot be said by models.
    pub unmanaged: Vec<Unmanaged>,
}

impl Comparison {
    /// Whether the database is known to have all that is wanted, as it is wanted, and no other tables. What is
    /// not managed has no say in it.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.changes.is_empty() && self.not_compared.is_empty()
    }
}

/// A part of a table of which it is not known whether it differs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotCompared {
    /// What it is, such as ``the check `page_check` of `page` ``.
    pub part: String,
    /// Why it was not compared.
    pub reason: String,
}

impl std::fmt::Display for NotCompared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", in_one_line(&self.part), in_one_line(&self.reason))
    }
}

pub(super) fn compare(
    dialect: Dialect,
    wanted: &Schema,
    live: &Live,
    ask: impl FnOnce(&[Question<'_>]) -> Result<Vec<Answer>, Error>,
) -> Result<Comparison, Error> {
    let mut sides = Sides::new(dialect, wanted, live);
    sides.settle(&Renames::default(), ask)?;
    let changes = diff(&sides.there, &sides.wanted, &Renames::default());
    Ok(Comparison { changes, not_compared: sides.not_compared, unmanaged: sides.unmanaged })
}

/// A schema and what is in a database, in one form, so that what differs between them differs in the database.
pub(crate) struct Sides {
    dialect: Dialect,
    /// The schema.
    pub(crate) wanted: Schema,
    /// What is there.
    pub(crate) there: Schema,
    /// Parts of which it is not known whether they differ.
    pub(crate) not_compared: Vec<NotCompared>,
    /// What is in the database and cannot be said by models.
    pub(crate) unmanaged: Vec<Unmanaged>,
    extensions: Extensions,
}

impl Sides {
    /// All that can be settled without asking the database.
    pub(crate) fn new(dialect: Dialect, wanted: &Schema, live: &Live) -> Self {
        let extensions = Extensions::of([wanted, &live.schema]);
        let others = Others::of(wanted, live);
        let mut wanted = at_home(wanted, live.home.as_ref());
        others.take_out(&mut wanted);
        let mut wanted = wanted.normal_form(dialect);
        settle_collations(&mut wanted, live);
        let mut there = live.schema.clone();
        others.take_out(&mut there);
        let unmanaged = others.settle(&mut there);
        settle_names(dialect, &wanted, &mut there, live);
        let mut there = there.normal_form(dialect);
        settle_hidden(&wanted, &mut there, live);
        let not_compared = hidden_parts(&wanted, live, &unmanaged);
        Self { dialect, wanted, there, not_compared, unmanaged, extensions }
    }

    /// Asks the database of the rest. `renames` are those from what is there to the schema.
    pub(super) fn settle(
        &mut self,
        renames: &Renames,
        ask: impl FnOnce(&[Question<'_>]) -> Result<Vec<Answer>, Error>,
    ) -> Result<(), Error> {
        let (mut there, moves) = renames.apply(&self.there, &self.wanted);
        let open = settle_words(self.dialect, &self.wanted, &mut there);
        self.not_compared.extend(settle_meanings(&self.wanted, &mut there, open, &moves, ask)?);
        // They led here, and only words are others now.
        fold(&mut there, &invert(&moves)).map_err(Error::catalog)?;
        self.there = there;
        self.extensions.bring_to(&mut self.wanted);
        self.extensions.bring_to(&mut self.there);
        Ok(())
    }
}

/// The parts of wanted tables that may not be seen.
pub(super) fn hidden_parts(wanted: &Schema, live: &Live, unmanaged: &[Unmanaged]) -> Vec<NotCompared> {
    let names: Vec<_> = wanted.tables.keys().map(TableName::to_text).collect();
    let is_wanted = |name: &String| names.iter().any(|table| live.is_one_table(table, name));
    let is_hidden = |one: &&Unmanaged| one.kind == UnmanagedKind::HiddenConstraints;
    let hidden = unmanaged.iter().filter(is_hidden).filter(|one| one.table.as_ref().is_some_and(is_wanted));
    hidden
        .map(|one| NotCompared { part: in_words(one), reason: one.about.clone().unwrap_or_default() })
        .collect()
}

/// What cannot be seen is no difference.
pub(super) fn settle_hidden(wanted: &Schema, there: &mut Schema, live: &Live) {
    for one in live.unmanaged.iter().filter(|one| one.kind == UnmanagedKind::HiddenConstraints) {
        let is_it = |table: &&Table| live.is_one_table(&table.name.to_text(), &one.name);
        let Some(table) = wanted.tables.values().find(is_it) else { continue };
        if let Some(there) = there.tables.get_mut(&table.name) {
            there.checks.clone_from(&table.checks);
            there.foreign_keys.clone_from(&table.foreign_keys);
        }
    }
}

/// Without what of it cannot be said, which is the reason.
fn in_words(one: &Unmanaged) -> String {
    format!("the {}", Unmanaged { about: None, ..one.clone() })
}

/// The schema with tables that lie where tables are made by themselves under the name that they have there,
/// those that are left alone among them, since foreign keys point at them.
fn at_home(schema: &Schema, home: Option<&Identifier>) -> Schema {
    let mut schema = schema.clone().with_unmanaged();
    for from in schema.tables.keys().cloned().collect::<Vec<_>>() {
        let to = others::at_home(&from, home);
        if to != from {
            // Where both names are wanted, the one stays a difference.
            let _ = fold(&mut schema, &[Change::RenameTable { from, to }]);
        }
    }
    schema
}

/// The collation that a text has anyhow is none, and one that lies where it is looked for needs no schema.
fn settle_collations(wanted: &mut Schema, live: &Live) {
    for table in wanted.tables.values_mut() {
        let options = &mut table.options.mysql;
        let anyhow = OptionWord::new(options.character_set()).ok();
        let anyhow = anyhow.and_then(|charset| live.collations.get(&charset));
        options.collate = options.collate.take().filter(|collate| Some(collate) != anyhow);
        if let (None, Some(anyhow)) = (&options.collate, anyhow) {
            let is_other = |collation: &Collation| collation.name().as_str() != anyhow.as_str();
            table.columns.iter_mut().for_each(|column| column.collations.retain(|_, own| is_other(own)));
        }
    }
    for column in wanted.tables.values_mut().flat_map(|table| &mut table.columns) {
        for collation in column.collations.values_mut() {
            if collation.schema().is_some() && collation.schema() == live.home.as_ref() {
                *collation = collation.without_schema();
            }
        }
    }
}

/// Where names that differ in case only are one, what is there has them as they are wanted.
fn settle_names(dialect: Dialect, wanted: &Schema, there: &mut Schema, live: &Live) {
    if !dialect.folds_case() {
        return;
    }
    for table in wanted.tables.values() {
        let mut changes = Vec::new();
        let known: Vec<_> = there.tables.keys().map(|table| table.name.clone()).collect();
        if let Some(from) = misspelt(&table.name.name, &known).filter(|_| live.folds_table_case) {
            changes.push(Change::RenameTable { from: from.into(), to: table.name.clone() });
        }
        let _ = fold(there, &changes);
        let Some(live) = there.tables.get(&table.name) else { continue };
        let on = || table.name.clone();
        let mut changes = Vec::new();
        let columns: Vec<_> = live.columns.iter().map(|column| column.name.clone()).collect();
        let misspelt_columns: Vec<_> = table
            .columns
            .iter()
            .filter_map(|column| Some((misspelt(&column.name, &columns)?, column.name.clone())))
            .collect();
        let of = |kind, wanted: Vec<&Identifier>, there: Vec<&Identifier>| {
            let there: Vec<_> = there.into_iter().cloned().collect();
            let pairs = wanted.into_iter().filter_map(|to| Some((misspelt(to, &there)?, to.clone())));
            pairs
                .map(|(from, to)| match kind {
                    Some(kind) => Change::RenameConstraint { table: on(), kind, from, to },
                    None => Change::RenameIndex { table: on(), from, to },
                })
                .collect::<Vec<_>>()
        };
        changes.extend(of(
            Some(ConstraintKind::Unique),
            table.uniques.keys().collect(),
            live.uniques.keys().collect(),
        ));
        changes.extend(of(
            Some(ConstraintKind::Check),
            table.checks.keys().collect(),
            live.checks.keys().collect(),
        ));
        let keys = (table.foreign_keys.keys().collect(), live.foreign_keys.keys().collect());
        changes.extend(of(Some(ConstraintKind::ForeignKey), keys.0, keys.1));
        changes.extend(of(None, table.indexes.keys().collect(), live.indexes.keys().collect()));
        let (from, to) = (&live.primary_key, &table.primary_key);
        if from.name != to.name && from.name.as_str().eq_ignore_ascii_case(to.name.as_str()) {
            let to = PrimaryKey { name: to.name.clone(), ..from.clone() };
            changes.push(Change::AlterPrimaryKey { table: on(), from: from.clone(), to });
        }
        for (from, to) in misspelt_columns {
            there.respell_column(&table.name, &from, &to);
        }
        for change in changes {
            // What cannot be renamed stays a difference.
            let _ = fold(there, &[change]);
        }
    }
}

/// The name that is there in place of a wanted one, and differs from it in case only.
fn misspelt(wanted: &Identifier, there: &[Identifier]) -> Option<Identifier> {
    let is_same = |name: &&Identifier| name.as_str().eq_ignore_ascii_case(wanted.as_str());
    if there.contains(wanted) { None } else { there.iter().find(is_same).cloned() }
}

/// A part of a table whose sides differ in the words of expressions, and perhaps in no more.
type Open = (TableName, Part);

/// Whether an operator class or a collation is said on one side only: it may be the one that the key has
/// anyhow.
fn is_said_otherwise(a: &Index, b: &Index) -> bool {
    let keys = || a.keys.iter().zip(&b.keys);
    let opclass = keys().any(|(a, b)| a.opclass.is_some() != b.opclass.is_some());
    opclass || keys().any(|(a, b)| a.collate.is_some() != b.collate.is_some())
}

/// Gives what is there the wanted words where they are the same but for how they are written, and returns the
/// parts where they are not.
fn settle_words(dialect: Dialect, wanted: &Schema, there: &mut Schema) -> Vec<Open> {
    let mut open = Vec::new();
    for table in wanted.tables.values() {
        let Some(live) = there.tables.get_mut(&table.name) else { continue };
        let mut ask = |part: Part| open.push((table.name.clone(), part));
        for column in &table.columns {
            let Some(live) = live.columns.iter_mut().find(|there| there.name == column.name) else {
                continue;
            };
            if column.sql_type != live.sql_type && (is_custom(&column.sql_type) || is_custom(&live.sql_type))
            {
                ask(Part::Type(column.name.clone()));
            }
            if let (Some(a), Some(b)) = (&column.generated, &mut live.generated) {
                if dialect.same_tokens(&a.expression, &b.expression) {
                    b.expression.clone_from(&a.expression);
                } else if a.kind == b.kind {
                    ask(Part::Generated(column.name.clone()));
                }
            }
            match (&column.default, &live.default) {
                (Some(a), Some(b)) if dialect.same_default(a, b, &column.sql_type) => {
                    live.default.clone_from(&column.default);
                }
                (Some(_), Some(_)) => ask(Part::Default(column.name.clone())),
                _ => {}
            }
        }
        let same = |a: &Check, b: &Check| dialect.same_tokens(&a.expression, &b.expression);
        let open_checks = pairs(&table.checks, &mut live.checks, same, |_, _| true);
        open_checks.into_iter().for_each(|(wanted, live)| ask(Part::Check { wanted, live }));
        let same = |a: &Index, b: &Index| same_index(dialect, a, b);
        let may_be = |a: &Index, b: &Index| {
            a.expressions().chain(b.expressions()).next().is_some() || is_said_otherwise(a, b)
        };
        let open_indexes = pairs(&table.indexes, &mut live.indexes, same, may_be);
        open_indexes.into_iter().for_each(|(wanted, live)| ask(Part::Index { wanted, live }));
    }
    open
}

/// The pairs of definitions that may be the same: those of one name, and those of two that only one side has.
/// What is there has the wanted words already where they are the same.
fn pairs<T: Clone + PartialEq>(
    wanted: &BTreeMap<Identifier, T>,
    live: &mut BTreeMap<Identifier, T>,
    same: impl Fn(&T, &T) -> bool,
    may_be: impl Fn(&T, &T) -> bool,
) -> Vec<(Identifier, Identifier)> {
    let known: BTreeSet<Identifier> = live.keys().cloned().collect();
    let mut pairs = Vec::new();
    for (name, definition) in wanted {
        for (there, found) in live.iter_mut() {
            let one_name = name == there;
            let renamed = !known.contains(name) && !wanted.contains_key(there);
            if !one_name && !renamed || definition == found {
                continue;
            }
            if same(definition, found) {
                found.clone_from(definition);
            } else if may_be(definition, found) {
                pairs.push((name.clone(), there.clone()));
            }
        }
    }
    pairs
}

fn is_custom(sql_type: &SqlType) -> bool {
    match sql_type {
        SqlType::Custom { .. } => true,
        SqlType::Array(of) => is_custom(of),
        _ => false,
    }
}

/// Whether two indexes are the same but for how their expressions are written.
fn same_index(dialect: Dialect, a: &Index, b: &Index) -> bool {
    let words = |a: &Option<_>, b: &Option<_>| match (a, b) {
        (Some(a), Some(b)) => dialect.same_tokens(a, b),
        (a, b) => a == b,
    };
    let same_key = |(a, b): (&IndexKey, &IndexKey)| {
        let same = match (&a.of, &b.of) {
            (IndexTarget::Expression(a), IndexTarget::Expression(b)) => dialect.same_tokens(a, b),
            (a, b) => a == b,
        };
        same && IndexKey { of: b.of.clone(), ..a.clone() } == *b
    };
    let (keys, predicate) = (b.keys.clone(), b.predicate.clone());
    a.keys.len() == b.keys.len()
        && a.keys.iter().zip(&b.keys).all(same_key)
        && words(&a.predicate, &b.predicate)
        && Index { keys, predicate, ..a.clone() } == *b
}

/// Asks the database about what is open, gives what is there the wanted words where they mean the same, and
/// also where that is not known, which it returns.
fn settle_meanings(
    wanted: &Schema,
    there: &mut Schema,
    open: Vec<Open>,
    moves: &[Change],
    ask: impl FnOnce(&[Question<'_>]) -> Result<Vec<Answer>, Error>,
) -> Result<Vec<NotCompared>, Error> {
    let mut not_compared = Vec::new();
    if open.is_empty() {
        return Ok(not_compared);
    }
    let questions = open.iter().map(|(table, part)| Question {
        wanted: (wanted, &wanted.tables[table]),
        live: (there, &there.tables[table]),
        part: part.clone(),
        origin: Origin::of(table, moves),
    });
    let answers = ask(&questions.collect::<Vec<_>>())?;
    for ((table, part), answer) in open.iter().zip(answers) {
        let reason = match answer {
            Answer::Different => continue,
            Answer::Same => None,
            // Two that differ in their names differ anyhow.
            Answer::Unknown(_) if !part.has_one_name() => continue,
            Answer::Unknown(reason) => Some(reason),
        };
        if let (Some(wanted), Some(live)) = (wanted.tables.get(table), there.tables.get_mut(table)) {
            take_over(part, wanted, live);
        }
        if let Some(reason) = reason {
            let (kind, name) = match part {
                Part::Type(name) => ("type of the column", name),
                Part::Default(name) => ("default of the column", name),
                Part::Generated(name) => ("expression of the column", name),
                Part::Check { wanted, .. } => ("check", wanted),
                Part::Index { wanted, .. } => ("index", wanted),
            };
            not_compared.push(NotCompared { part: format!("the {kind} `{name}` of `{table}`"), reason });
        }
    }
    Ok(not_compared)
}

/// Gives a table the wanted form of one part.
fn take_over(part: &Part, wanted: &Table, live: &mut Table) {
    let mut column = |name: &Identifier, take: fn(&Column, &mut Column)| {
        let live = live.columns.iter_mut().find(|column| column.name == *name);
        if let (Some(from), Some(to)) = (wanted.column(name), live) {
            take(from, to);
        }
    };
    match part {
        Part::Type(name) => column(name, |from, to| to.sql_type.clone_from(&from.sql_type)),
        Part::Default(name) => column(name, |from, to| to.default.clone_from(&from.default)),
        Part::Generated(name) => column(name, |from, to| to.generated.clone_from(&from.generated)),
        Part::Check { wanted: name, live: there } => {
            if let Some(check) = wanted.checks.get(name) {
                live.checks.insert(there.clone(), check.clone());
            }
        }
        Part::Index { wanted: name, live: there } => {
            if let Some(index) = wanted.indexes.get(name) {
                live.indexes.insert(there.clone(), index.clone());
            }
        }
    }
}
