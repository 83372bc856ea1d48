//! Which things of one schema are things of the next under another name: said by a user, never guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::table::listed;
use crate::{Change, Column, EnumType, Identifier, Schema, SqlType, Table, digest};

/// What is renamed on the way from one schema to another.
///
/// Everything is named as it is afterwards, and leads to what it was before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    /// Tables, by their new names.
    pub tables: BTreeMap<Identifier, Identifier>,
    /// Columns, by the new name of their table and their own.
    pub columns: BTreeMap<(Identifier, Identifier), Identifier>,
    /// Enums, by their new names.
    pub enums: BTreeMap<Identifier, Identifier>,
    /// Labels, by the new name of their enum and their own.
    pub labels: BTreeMap<(Identifier, String), String>,
}

/// A rename that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be renamed: {reason}")]
pub struct RenameError {
    /// What was to be renamed: `` `page.title` to `name` ``.
    pub what: String,
    /// Why it cannot be.
    pub reason: String,
}

/// Something that goes, beside something like it that comes: it may be a rename, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenameCandidate {
    /// A table, and a new one with most of its columns.
    Table {
        /// The one that goes.
        from: Identifier,
        /// The one that comes.
        to: Identifier,
    },
    /// A column, and a new one of its type in the same table.
    Column {
        /// The table's new name.
        table: Identifier,
        /// The one that goes.
        from: Identifier,
        /// The one that comes.
        to: Identifier,
    },
    /// A label, and a new one of the same enum.
    Label {
        /// The enum's new name.
        of: Identifier,
        /// The one that goes.
        from: String,
        /// The one that comes.
        to: String,
    },
    /// An enum, and a new one with the same labels.
    Enum {
        /// The one that goes.
        from: Identifier,
        /// The one that comes.
        to: Identifier,
    },
}

impl RenameCandidate {
    /// As an option of the command takes it: `page.title=name`.
    #[must_use]
    pub fn flag(&self) -> String {
        match self {
            Self::Table { from, to } | Self::Enum { from, to } => {
                format!("{}={}", from.as_str(), to.as_str())
            }
            Self::Column { table, from, to } => {
                format!("{}.{}={}", table.as_str(), from.as_str(), to.as_str())
            }
            Self::Label { of, from, to } => format!("{}.{from}={to}", of.as_str()),
        }
    }

    /// What goes, in words: `` column `page.title` ``.
    #[must_use]
    pub fn old(&self) -> String {
        match self {
            Self::Table { from, .. } => format!("table `{from}`"),
            Self::Column { table, from, .. } => format!("column `{table}.{from}`"),
            Self::Label { of, from, .. } => format!("label {from:?} of enum `{of}`"),
            Self::Enum { from, .. } => format!("enum `{from}`"),
        }
    }

    /// The name of what comes.
    #[must_use]
    pub fn new_name(&self) -> &str {
        match self {
            Self::Table { to, .. } | Self::Column { to, .. } | Self::Enum { to, .. } => to.as_str(),
            Self::Label { to, .. } => to,
        }
    }
}

impl Renames {
    /// Those of these hints that say something of a database at `from` that is to be at `to`: what has its
    /// new name already was renamed before, and so a hint that stays does no harm.
    #[must_use]
    pub fn of_hints(hints: &Renames, from: &Schema, to: &Schema) -> Renames {
        let mut renames = Renames::default();
        renames.follow_names(hints, from, to);
        renames.follow_parts(hints, from, to);
        renames
    }

    /// Adds what hints say of tables and enums.
    pub fn follow_names(&mut self, hints: &Renames, from: &Schema, to: &Schema) {
        let of_models = hints.tables.iter().filter(|(new, _)| to.tables.contains_key(*new));
        self.tables = applicable(of_models, |name| from.tables.contains_key(name));
        let of_models = hints.enums.iter().filter(|(new, _)| to.enums.contains_key(*new));
        self.enums = applicable(of_models, |name| from.enums.contains_key(name));
    }

    /// Adds what hints say of columns and labels, once it is known what their tables and enums were called.
    pub fn follow_parts(&mut self, hints: &Renames, from: &Schema, to: &Schema) {
        for table in to.tables.keys() {
            let Some(before) = from.tables.get(self.old_table(table)) else { continue };
            let hints = hints
                .columns
                .iter()
                .filter(|((of, new), _)| of == table && to.tables[table].column(new).is_some());
            let hints = hints.map(|((_, new), old)| (new, old));
            let columns = applicable(hints, |name| before.column(name).is_some());
            self.columns.extend(columns.into_iter().map(|(new, old)| ((table.clone(), new), old)));
        }
        for (name, definition) in &to.enums {
            let Some(before) = from.enums.get(self.old_enum(name)) else { continue };
            let hints =
                hints.labels.iter().filter(|((of, new), _)| of == name && definition.labels.contains(new));
            let hints = hints.map(|((_, new), old)| (new, old));
            let labels = applicable(hints, |label| before.labels.contains(label));
            self.labels.extend(labels.into_iter().map(|(new, old)| ((name.clone(), new), old)));
        }
    }

    /// The former name of a table.
    pub(crate) fn old_table<'a>(&'a self, new: &'a Identifier) -> &'a Identifier {
        self.tables.get(new).unwrap_or(new)
    }

    fn old_enum<'a>(&'a self, new: &'a Identifier) -> &'a Identifier {
        self.enums.get(new).unwrap_or(new)
    }

    /// Adds a rename as a user writes it: `old=new` for a table or an enum, `table.old=new` for a column,
    /// where the table may have its old name or its new one.
    ///
    /// # Errors
    /// When it is not of that form, or there is no such thing before, or none of the new name after, or
    /// what has the new name has it already.
    pub fn add(&mut self, text: &str, from: &Schema, to: &Schema) -> Result<(), RenameError> {
        let error = |reason: String| RenameError { what: format!("`{}`", text.escape_debug()), reason };
        let form =
            || error("write `old=new` for a table or an enum, and `table.old=new` for a column".to_owned());
        let (old, new) = text.split_once('=').ok_or_else(form)?;
        let name = |text: &str| Identifier::new(text.trim()).map_err(|problem| error(problem.to_string()));
        if let (Ok(old), Ok(new)) = (name(old), name(new)) {
            if from.tables.contains_key(&old) && to.tables.contains_key(&new) {
                once(self.tables.values(), &old).map_err(error)?;
                return add(&mut self.tables, new, old).map_err(error);
            }
            if from.enums.contains_key(&old) && to.enums.contains_key(&new) {
                once(self.enums.values(), &old).map_err(error)?;
                return add(&mut self.enums, new, old).map_err(error);
            }
        }
        let Some((table, old)) = old.split_once('.') else {
            let old = name(old)?;
            let missing = if from.tables.contains_key(&old) || from.enums.contains_key(&old) {
                format!("the models have no table or enum `{}`", name(new)?)
            } else {
                format!("the migrations have no table or enum `{old}`")
            };
            return Err(error(missing));
        };
        // The new name may be given with its table too.
        let new = new.trim().strip_prefix(&format!("{}.", table.trim())).unwrap_or(new);
        let (table, old, new) = (name(table)?, name(old)?, name(new)?);
        let renamed =
            self.tables.iter().find(|(_, before)| **before == table).map(|(after, _)| after.clone());
        let table = renamed.unwrap_or(table);
        if let Some(definition) = to.enums.get(&table).filter(|_| !to.tables.contains_key(&table)) {
            return self.add_label((table, definition), old.as_str(), new.as_str(), from).map_err(error);
        }
        let Some(after) = to.tables.get(&table) else {
            return Err(error(format!("the models have no table `{table}`")));
        };
        let Some(before) = from.tables.get(self.old_table(&table)) else {
            return Err(error(format!("the migrations have no table `{table}`")));
        };
        if before.column(&old).is_none() {
            let names = listed(before.columns.iter().map(|column| &column.name));
            return Err(error(format!(
                "the migrations' table `{table}` has no column `{old}`: there are {names}"
            )));
        }
        if after.column(&new).is_none() {
            let names = listed(after.columns.iter().map(|column| &column.name));
            return Err(error(format!(
                "the models' table `{table}` has no column `{new}`: there are {names}"
            )));
        }
        let others = self.columns.iter().filter(|((of, _), _)| *of == table).map(|(_, old)| old);
        once(others, &old).map_err(error)?;
        add(&mut self.columns, (table, new), old).map_err(error)
    }

    /// Checks what can be said only once all renames are known.
    ///
    /// # Errors
    /// When a label gets the name of another one, which keeps it: rows with either could not be told apart.
    pub fn check(&self, from: &Schema) -> Result<(), RenameError> {
        for ((name, new), old) in &self.labels {
            let Some(before) = from.enums.get(self.old_enum(name)) else { continue };
            let moves = self.labels.iter().any(|((of, _), other)| of == name && other == new);
            if before.labels.contains(new) && !moves {
                let what = format!("the label \"{old}\" of enum `{name}` to \"{new}\"");
                return Err(RenameError { what, reason: format!("\"{new}\" is another label of it") });
            }
        }
        Ok(())
    }

    fn add_label(
        &mut self,
        (name, after): (Identifier, &EnumType),
        old: &str,
        new: &str,
        from: &Schema,
    ) -> Result<(), String> {
        let before = from.enums.get(self.old_enum(&name));
        if !before.is_some_and(|before| before.labels.iter().any(|label| label == old)) {
            return Err(format!("the migrations' enum `{name}` has no label \"{old}\""));
        }
        if !after.labels.iter().any(|label| label == new) {
            return Err(format!("the models' enum `{name}` has no label \"{new}\""));
        }
        let of_this = self.labels.iter().filter(|((of, _), _)| *of == name);
        if of_this.clone().any(|(_, other)| other == old) {
            return Err(format!("`{old}` is renamed twice"));
        }
        add(&mut self.labels, (name, new.to_owned()), old.to_owned())
    }

    /// What looks like a rename, and is not said to be one: each thing that goes, with what it may have
    /// become.
    #[must_use]
    pub fn candidates(&self, from: &Schema, to: &Schema) -> Vec<RenameCandidate> {
        let mut candidates = Vec::new();
        let gone = |name: &&Identifier| !self.tables.values().any(|old| old == *name);
        for old in from.tables.keys().filter(|name| !to.tables.contains_key(*name)).filter(gone) {
            let new = to
                .tables
                .iter()
                .filter(|(name, _)| !from.tables.contains_key(*name) && !self.tables.contains_key(*name));
            let alike = new.filter(|(_, table)| are_alike(&from.tables[old], table));
            candidates
                .extend(alike.map(|(new, _)| RenameCandidate::Table { from: old.clone(), to: new.clone() }));
        }
        let gone = |name: &&Identifier| !self.enums.values().any(|old| old == *name);
        for old in from.enums.keys().filter(|name| !to.enums.contains_key(*name)).filter(gone) {
            let new = to
                .enums
                .iter()
                .filter(|(name, _)| !from.enums.contains_key(*name) && !self.enums.contains_key(*name));
            let alike = new.filter(|(_, definition)| **definition == from.enums[old]);
            candidates
                .extend(alike.map(|(new, _)| RenameCandidate::Enum { from: old.clone(), to: new.clone() }));
        }
        for (name, after) in &to.enums {
            let Some(before) = from.enums.get(self.old_enum(name)) else { continue };
            let said: Vec<_> = self.labels.iter().filter(|((of, _), _)| of == name).collect();
            let gone = before.labels.iter().filter(|label| !after.labels.contains(label));
            for old in gone.filter(|label| !said.iter().any(|(_, old)| old == label)) {
                let new = after.labels.iter().filter(|label| !before.labels.contains(label));
                for new in new.filter(|label| !said.iter().any(|((_, new), _)| new == *label)) {
                    let (of, from, to) = (name.clone(), old.clone(), new.clone());
                    candidates.push(RenameCandidate::Label { of, from, to });
                }
            }
        }
        for (name, after) in &to.tables {
            let Some(before) = from.tables.get(self.old_table(name)) else { continue };
            let is_old = |column: &&Column| {
                after.column(&column.name).is_none()
                    && !self.columns.iter().any(|((table, _), old)| table == name && *old == column.name)
            };
            let is_new = |column: &&Column| {
                before.column(&column.name).is_none()
                    && !self.columns.contains_key(&(name.clone(), column.name.clone()))
            };
            for old in before.columns.iter().filter(is_old) {
                let new = after.columns.iter().filter(is_new);
                for new in new.filter(|new| self.same_kind(&old.sql_type, &new.sql_type)) {
                    candidates.push(RenameCandidate::Column {
                        table: name.clone(),
                        from: old.name.clone(),
                        to: new.name.clone(),
                    });
                }
            }
        }
        candidates
    }

    /// Whether values of one type look like those of the other.
    fn same_kind(&self, old: &SqlType, new: &SqlType) -> bool {
        match (old, new) {
            (SqlType::Enum(old), SqlType::Enum(new)) => old == self.old_enum(new),
            _ => old.can_reference(new),
        }
    }

    /// The changes that rename, in an order in which every name is free when it is taken: what has a name
    /// that another thing is to have goes out of the way first.
    pub(crate) fn changes(&self, from: &Schema, to: &Schema) -> Vec<Change> {
        let mut changes = Vec::new();
        let rename = |from, to| Change::RenameEnum { from, to };
        let taken = from.enums.keys().cloned().collect();
        changes.extend(moves(&self.enums, &taken, aside).into_iter().map(|(from, to)| rename(from, to)));
        let rename = |from, to| Change::RenameTable { from, to };
        let taken = from.tables.keys().cloned().collect();
        changes.extend(moves(&self.tables, &taken, aside).into_iter().map(|(from, to)| rename(from, to)));
        for name in to.tables.keys() {
            let Some(before) = from.tables.get(self.old_table(name)) else { continue };
            let renamed = self.columns.iter().filter(|((table, _), _)| table == name);
            let renamed: BTreeMap<_, _> = renamed.map(|((_, new), old)| (new.clone(), old.clone())).collect();
            let taken = before.columns.iter().map(|column| column.name.clone()).collect();
            for (from, to) in moves(&renamed, &taken, aside) {
                changes.push(Change::RenameColumn { table: name.clone(), from, to });
            }
        }
        changes
    }
}

/// Of hints from new names to old ones, those whose old name is there and whose new name is free, or
/// becomes free by another of them.
fn applicable<'a, N: Ord + Clone + 'a>(
    hints: impl Iterator<Item = (&'a N, &'a N)>,
    is_there: impl Fn(&N) -> bool,
) -> BTreeMap<N, N> {
    let mut pending: Vec<(&N, &N)> = hints.filter(|(new, old)| new != old && is_there(old)).collect();
    let mut applied = BTreeMap::new();
    let mut leaving = BTreeSet::new();
    while let Some(at) = pending.iter().position(|(new, _)| !is_there(new) || leaving.contains(*new)) {
        let (new, old) = pending.remove(at);
        if leaving.insert(old) {
            applied.insert(new.clone(), old.clone());
        }
    }
    applied
}

fn once<'a>(mut others: impl Iterator<Item = &'a Identifier>, old: &Identifier) -> Result<(), String> {
    if others.any(|other| other == old) { Err(format!("`{old}` is renamed twice")) } else { Ok(()) }
}

fn add<K: Ord, V: PartialEq + Display>(map: &mut BTreeMap<K, V>, new: K, old: V) -> Result<(), String> {
    match map.insert(new, old) {
        None => Ok(()),
        Some(other) => Err(format!("`{other}` is renamed to that already")),
    }
}

/// The renames of an enum's labels one by one, from the old to the new.
pub(crate) fn label_moves(from: &EnumType, renamed: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let renamed = renamed.iter().map(|(old, new)| (new.clone(), old.clone())).collect();
    let taken = from.labels.iter().cloned().collect();
    moves(&renamed, &taken, |label| format!("aside_{}", &digest::sha256_hex(label.as_bytes())[..8]))
}

/// Renames of names one by one, from the old to the new: `renamed` is from new names to old ones.
pub(crate) fn name_moves(
    renamed: &BTreeMap<Identifier, Identifier>,
    taken: &BTreeSet<Identifier>,
) -> Vec<(Identifier, Identifier)> {
    moves(renamed, taken, aside)
}

fn aside(name: &Identifier) -> Identifier {
    Identifier::generated([name], &digest::sha256_hex(name.as_str().as_bytes())[..8])
}

/// From new names to old ones: the renames one by one.
fn moves<N: Ord + Clone>(
    renamed: &BTreeMap<N, N>,
    taken: &BTreeSet<N>,
    aside: impl Fn(&N) -> N,
) -> Vec<(N, N)> {
    let mut moves = Vec::new();
    // From the name of now to the name to be.
    let mut pending: BTreeMap<N, N> = renamed.iter().map(|(new, old)| (old.clone(), new.clone())).collect();
    let mut taken = taken.clone();
    while let Some((now, to_be)) = pending
        .iter()
        .find(|(_, to_be)| !taken.contains(*to_be))
        .or_else(|| pending.iter().next())
        .map(|(now, to_be)| (now.clone(), to_be.clone()))
    {
        if taken.contains(&to_be) {
            // What has the name is renamed in its turn, or goes: until then it is out of the way.
            let aside = aside(&to_be);
            taken.remove(&to_be);
            taken.insert(aside.clone());
            if let Some(target) = pending.remove(&to_be) {
                pending.insert(aside.clone(), target);
            }
            moves.push((to_be, aside));
        } else {
            pending.remove(&now);
            taken.remove(&now);
            taken.insert(to_be.clone());
            moves.push((now, to_be));
        }
    }
    moves
}

/// Whether at least half of the columns of both are in the other, of the same type.
fn are_alike(old: &Table, new: &Table) -> bool {
    let same = |column: &&Column| {
        new.column(&column.name).is_some_and(|other| other.sql_type.can_reference(&column.sql_type))
    };
    let shared = old.columns.iter().filter(same).count();
    2 * shared >= old.columns.len().max(new.columns.len())
}
