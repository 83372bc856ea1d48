//! Which things of one schema are things of the next under another name: said by a user, never guessed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::table::listed;
use crate::{
    Change, Column, Conversion, EnumType, Identifier, IdentifierError, Schema, SqlType, Table, TableName,
    digest,
};

/// What is renamed on the way from one schema to another.
///
/// Everything is named as it is afterwards, and leads to what it was before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    /// Tables, by their new names.
    pub tables: BTreeMap<TableName, TableName>,
    /// Columns, by the new name of their table and their own.
    pub columns: BTreeMap<(TableName, Identifier), Identifier>,
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
        from: TableName,
        /// The one that comes.
        to: TableName,
    },
    /// A column, and a new one of its type in the same table.
    Column {
        /// The table's new name.
        table: TableName,
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
    /// Whether it says that a change which drops something is half of a rename.
    #[must_use]
    pub fn is_of(&self, change: &Change) -> bool {
        match (self, change) {
            (Self::Table { from, .. }, Change::DropTable { table }) => table.name == *from,
            (Self::Column { table: to, from, .. }, Change::DropColumn { table, column }) => {
                to == table && column.name == *from
            }
            (Self::Enum { from, .. }, Change::DropEnum { name, .. }) => name == from,
            _ => false,
        }
    }

    /// As an option of the command takes it: `page.title=name`.
    #[must_use]
    pub fn flag(&self) -> String {
        match self {
            Self::Table { from, to } => format!("{}={}", from.to_text(), to.to_text()),
            Self::Enum { from, to } => format!("{}={}", from.as_str(), to.as_str()),
            Self::Column { table, from, to } => {
                format!("{}.{}={}", table.to_text(), from.as_str(), to.as_str())
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
    pub fn new_name(&self) -> Cow<'_, str> {
        match self {
            Self::Table { to, .. } => Cow::Owned(to.to_text()),
            Self::Column { to, .. } | Self::Enum { to, .. } => Cow::Borrowed(to.as_str()),
            Self::Label { to, .. } => Cow::Borrowed(to),
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

    /// The same the other way round: what leads back.
    ///
    /// ```
    /// use fenrir_schema::Renames;
    ///
    /// let renames = Renames { tables: [("page".parse()?, "site".parse()?)].into(), ..Renames::default() };
    /// assert_eq!(renames.inverted().tables, [("site".parse()?, "page".parse()?)].into());
    /// # Ok::<(), fenrir_schema::IdentifierError>(())
    /// ```
    #[must_use]
    pub fn inverted(&self) -> Renames {
        let columns = self.columns.iter();
        let columns =
            columns.map(|((table, new), old)| ((self.old_table(table).clone(), old.clone()), new.clone()));
        let labels = self.labels.iter();
        let labels =
            labels.map(|((name, new), old)| ((self.old_enum(name).clone(), old.clone()), new.clone()));
        Renames {
            tables: self.tables.iter().map(|(new, old)| (old.clone(), new.clone())).collect(),
            columns: columns.collect(),
            enums: self.enums.iter().map(|(new, old)| (old.clone(), new.clone())).collect(),
            labels: labels.collect(),
        }
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
    pub(crate) fn old_table<'a>(&'a self, new: &'a TableName) -> &'a TableName {
        self.tables.get(new).unwrap_or(new)
    }

    /// The name of a table after the renames so far.
    fn new_table<'a>(&'a self, old: &'a TableName) -> &'a TableName {
        self.tables.iter().find(|(_, before)| *before == old).map_or(old, |(after, _)| after)
    }

    /// A text in two at the `.` that stands between a table or an enum and what is of it: the first of those
    /// where something of that name is there, and else the first.
    fn split<'a>(&self, text: &'a str, from: &Schema, to: &Schema) -> Option<(&'a str, &'a str)> {
        let dots: Vec<_> = text.match_indices('.').map(|(at, _)| (&text[..at], &text[at + 1..])).collect();
        let has = |(table, column): &&(&str, &str)| {
            let Ok(table) = table_name(table) else { return false };
            let column = Identifier::new(column.trim());
            let has_column = |there: &Table| column.as_ref().is_ok_and(|name| there.column(name).is_some());
            from.tables.get(self.old_table(self.new_table(&table))).is_some_and(has_column)
        };
        let is_table = |(table, _): &&(&str, &str)| {
            table_name(table)
                .is_ok_and(|table| from.tables.contains_key(&table) || to.tables.contains_key(&table))
        };
        // An enum may be named after a column: `page.state`.
        let is_enum = |(name, _): &&(&str, &str)| {
            Identifier::new(name.trim()).is_ok_and(|name| to.enums.contains_key(&name))
        };
        let known = dots.iter().find(has).or_else(|| dots.iter().find(is_enum));
        known.or_else(|| dots.iter().find(is_table)).or(dots.first()).copied()
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
        self.add_between(text, (from, "the migrations"), (to, "the models"))
    }

    /// The same between two schemas that are called so in errors: `the migrations`, `` `old.sql` ``.
    ///
    /// # Errors
    /// Those of [`add`](Self::add).
    pub fn add_between(
        &mut self,
        text: &str,
        (from, before_name): (&Schema, &str),
        (to, after_name): (&Schema, &str),
    ) -> Result<(), RenameError> {
        let error = |reason: String| RenameError { what: format!("`{}`", text.escape_debug()), reason };
        let form =
            || error("write `old=new` for a table or an enum, and `table.old=new` for a column".to_owned());
        let (old, new) = text.split_once('=').ok_or_else(form)?;
        let name = |text: &str| Identifier::new(text.trim()).map_err(|problem| error(problem.to_string()));
        if let (Ok(old), Ok(new)) = (table_name(old), table_name(new)) {
            if self.tables.get(&new) == Some(&old) {
                return Ok(());
            }
            if from.tables.contains_key(&old) && to.tables.contains_key(&new) {
                once(self.tables.values(), &old).map_err(error)?;
                return add(&mut self.tables, new, old).map_err(error);
            }
        }
        if let (Ok(old), Ok(new)) = (name(old), name(new)) {
            if from.enums.contains_key(&old) && to.enums.contains_key(&new) {
                once(self.enums.values(), &old).map_err(error)?;
                return add(&mut self.enums, new, old).map_err(error);
            }
        }
        let Some((table, old)) = self.split(old, from, to) else {
            let old = name(old)?;
            let new = name(new)?;
            let missing = if from.tables.contains_key(&old.clone().into()) || from.enums.contains_key(&old) {
                format!("there is no table or enum `{new}` in {after_name}")
            } else {
                format!("there is no table or enum `{old}` in {before_name}")
            };
            let mut of_columns = to.tables.values().filter(|after| {
                let before = from.tables.get(self.old_table(&after.name));
                before.is_some_and(|before| before.column(&old).is_some()) && after.column(&new).is_some()
            });
            let column = of_columns.next().map(|table| table.name.to_text());
            let hint = column
                .map(|table| format!("; for a column write `{table}.{}={}`", old.as_str(), new.as_str()));
            return Err(error(missing + &hint.unwrap_or_default()));
        };
        // The new name may be given with its table too.
        let new = new.trim().strip_prefix(&format!("{}.", table.trim())).unwrap_or(new);
        let (old, new) = (name(old)?, name(new)?);
        let whole = Identifier::new(table.trim());
        let table = table_name(table).map_err(|problem| error(problem.to_string()))?;
        // By its new name, and otherwise by the old one: of two that change places each is both.
        let has = |schema: &Schema, table: &TableName, column: &Identifier| {
            schema.tables.get(table).is_some_and(|table| table.column(column).is_some())
        };
        let is_new = has(from, self.old_table(&table), &old) && has(to, &table, &new);
        let table = if is_new { table } else { self.new_table(&table).clone() };
        let is_enum = whole.ok().filter(|_| !to.tables.contains_key(&table));
        if let Some((name, definition)) = is_enum.and_then(|name| to.enums.get_key_value(&name)) {
            let names = (before_name, after_name);
            return self
                .add_label((name.clone(), definition), old.as_str(), new.as_str(), from, names)
                .map_err(error);
        }
        let Some(after) = to.tables.get(&table) else {
            return Err(error(format!("there is no table `{table}` in {after_name}")));
        };
        let Some(before) = from.tables.get(self.old_table(&table)) else {
            return Err(error(format!("there is no table `{table}` in {before_name}")));
        };
        if before.column(&old).is_none() {
            let names = listed(before.columns.iter().map(|column| &column.name));
            return Err(error(format!(
                "in {before_name}, the table `{table}` has no column `{old}`: there are {names}"
            )));
        }
        if after.column(&new).is_none() {
            let names = listed(after.columns.iter().map(|column| &column.name));
            return Err(error(format!(
                "in {after_name}, the table `{table}` has no column `{new}`: there are {names}"
            )));
        }
        if self.columns.get(&(table.clone(), new.clone())) == Some(&old) {
            return Ok(());
        }
        let others = self.columns.iter().filter(|((of, _), _)| *of == table).map(|(_, old)| old);
        once(others, &old).map_err(error)?;
        add(&mut self.columns, (table, new), old).map_err(error)
    }

    /// What is said to have had a name that another thing has now, which is not renamed itself: it may be so,
    /// or the word was left there when the old thing came back.
    #[must_use]
    pub fn doubtful(&self, to: &Schema) -> Vec<RenameCandidate> {
        let tables = self
            .tables
            .iter()
            .filter(|(_, old)| to.tables.contains_key(*old) && !self.tables.contains_key(*old));
        let tables = tables.map(|(to, from)| RenameCandidate::Table { from: from.clone(), to: to.clone() });
        let columns = self.columns.iter().filter(|((table, _), old)| {
            let is_there = to.tables.get(table).is_some_and(|table| table.column(old).is_some());
            is_there && !self.columns.contains_key(&(table.clone(), (*old).clone()))
        });
        let columns = columns.map(|((table, to), from)| RenameCandidate::Column {
            table: table.clone(),
            from: from.clone(),
            to: to.clone(),
        });
        tables.chain(columns).collect()
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
        (before_name, after_name): (&str, &str),
    ) -> Result<(), String> {
        let before = from.enums.get(self.old_enum(&name));
        if !before.is_some_and(|before| before.labels.iter().any(|label| label == old)) {
            return Err(format!("the enum `{name}` has no label \"{old}\" in {before_name}"));
        }
        if !after.labels.iter().any(|label| label == new) {
            return Err(format!("the enum `{name}` has no label \"{new}\" in {after_name}"));
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
        let gone = |name: &&TableName| !self.tables.values().any(|old| old == *name);
        let goes =
            |name: &&TableName| !to.tables.contains_key(*name) && !to.unmanaged.tables.contains_key(*name);
        let comes =
            |name: &TableName| !from.tables.contains_key(name) && !from.unmanaged.tables.contains_key(name);
        for old in from.tables.keys().filter(goes).filter(gone) {
            let new = to.tables.iter().filter(|(name, _)| comes(name) && !self.tables.contains_key(*name));
            let alike = new.filter(|(_, table)| are_alike(&from.tables[old], table));
            candidates
                .extend(alike.map(|(new, _)| RenameCandidate::Table { from: old.clone(), to: new.clone() }));
        }
        let gone = |name: &&Identifier| !self.enums.values().any(|old| old == *name);
        let goes =
            |name: &&Identifier| !to.enums.contains_key(*name) && !to.unmanaged.enums.contains_key(*name);
        for old in from.enums.keys().filter(goes).filter(gone) {
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
            // What is generated has no values to take over.
            let is_new = |column: &&Column| {
                column.generated.is_none()
                    && before.column(&column.name).is_none()
                    && !self.columns.contains_key(&(name.clone(), column.name.clone()))
            };
            for old in before.columns.iter().filter(is_old) {
                let new = after.columns.iter().filter(is_new);
                let is_alike = |new: &&Column| {
                    self.same_kind(&old.sql_type, &new.sql_type)
                        || is_key(before, old) && is_key(after, new) && converts(old, new)
                };
                for new in new.filter(is_alike) {
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
        // PostgreSQL keeps tables and enums under one roof.
        let place = |name: &Identifier| TableName::from(name.clone());
        let mut enums: BTreeSet<_> = from.enums.keys().map(place).collect();
        let taken = from.tables.keys().cloned().chain(enums.iter().cloned()).collect();
        let mut renamed = self.tables.clone();
        renamed.extend(self.enums.iter().map(|(new, old)| (place(new), place(old))));
        for (from, to) in table_moves(&renamed, &taken) {
            if enums.remove(&from) {
                enums.insert(to.clone());
                changes.push(Change::RenameEnum { from: from.name, to: to.name });
            } else {
                changes.push(Change::RenameTable { from, to });
            }
        }
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

/// The name of a table as a user writes it.
fn table_name(text: &str) -> Result<TableName, IdentifierError> {
    text.trim().parse()
}

fn once<'a, N: PartialEq + Display + 'a>(
    mut others: impl Iterator<Item = &'a N>,
    old: &N,
) -> Result<(), String> {
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
pub(crate) fn table_moves(
    renamed: &BTreeMap<TableName, TableName>,
    taken: &BTreeSet<TableName>,
) -> Vec<(TableName, TableName)> {
    moves(renamed, taken, table_aside)
}

/// A name to put a thing aside under while another has its name, or is to have it.
pub(crate) fn aside(name: &Identifier) -> Identifier {
    Identifier::generated([name], &digest::sha256_hex(name.as_str().as_bytes())[..8])
}

fn table_aside(name: &TableName) -> TableName {
    name.beside(aside(&name.name))
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

/// Whether a column alone is its table's primary key.
fn is_key(table: &Table, column: &Column) -> bool {
    table.primary_key.columns == [column.name.clone()]
}

/// Whether it is known what becomes of the values.
fn converts(old: &Column, new: &Column) -> bool {
    Conversion::between(&old.sql_type, &new.sql_type) != Conversion::Unknown
}

/// Whether at least half of the columns of both are in the other, of the same type.
fn are_alike(old: &Table, new: &Table) -> bool {
    let same = |column: &&Column| {
        new.column(&column.name).is_some_and(|other| other.sql_type.can_reference(&column.sql_type))
    };
    let shared = old.columns.iter().filter(same).count();
    2 * shared >= old.columns.len().max(new.columns.len())
}
