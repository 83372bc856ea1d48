//! That no two things of the schema have one name where the database has room for one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::context::Mark;
use super::super::facts::Problem;
use super::{Definitions, Draft, Lowered};
use crate::{Dialect, Identifier, Table, TableName};

/// PostgreSQL keeps tables, indexes, the indexes of keys, sequences and types of one schema under one
/// roof (`pg_class`, `pg_type`), SQLite tables and indexes. What belongs to tests only is in no schema.
pub(super) fn check(
    definitions: &Definitions,
    drafts: &[Draft],
    tables: &[Table],
    enums_used: &BTreeSet<usize>,
    dialects: &[Dialect],
    problems: &mut [Vec<Problem>],
    lowered: &mut Lowered,
) {
    let mut names = Names::new(dialects);
    let by_database = dialects.iter().any(|dialect| dialect.names_constraints_by_database());
    let indexes_by_table = dialects.iter().all(|dialect| dialect.names_indexes_by_table());
    let repeats = |check: &Identifier| dialects.iter().all(|dialect| dialect.repeats_check_name(check));
    let (mut checks, mut foreign_keys) = (Names::new(dialects), Names::new(dialects));
    let managed = || (0..tables.len()).filter(|&index| definitions.models[index].in_schema());
    let named: Vec<usize> = managed()
        .filter(|&index| {
            let (table, model) = (&tables[index], &definitions.models[index].model);
            let what = format!("table `{}` of `{}`", table.name, model.ident);
            let is_unmanaged = definitions.models[index].is_unmanaged();
            if is_reserved(&table.name.name) && !is_unmanaged {
                let message =
                    format!("the name `{}` is kept for the database's or Fenrir's own use", table.name);
                problems[index].push(Problem { mark: model.sql_name.mark, message });
            }
            if let Some(schema) =
                model.schema().filter(|schema| is_reserved_schema(&schema.value) && !is_unmanaged)
            {
                let message = format!("the schema `{}` is kept for PostgreSQL's own use", schema.value);
                problems[index].push(Problem { mark: schema.mark, message });
            }
            // What else belongs to a table of others is theirs to name.
            names.take(&table.name, what, index, model.sql_name.mark, problems) && !is_unmanaged
        })
        .collect();
    // What is named after a table whose name is taken has its name from a mistake that was said.
    for index in named {
        let table = &tables[index];
        let name = &table.name;
        let of_table = definitions.models[index].model.sql_name.mark;
        let mark = |name: &Identifier| drafts[index].marks.get(name).copied().unwrap_or(of_table);
        let keys = std::iter::once((&table.primary_key.name, "primary key"));
        let uniques = table.uniques.keys().map(|unique| (unique, "unique constraint"));
        let indexes = table.indexes.keys().map(|index| (index, "index"));
        let mut of_the_table = Names::new(dialects);
        for (object, kind) in keys.chain(uniques).chain(indexes) {
            let object_name = name.beside(object.clone());
            let names = if indexes_by_table { &mut of_the_table } else { &mut names };
            names.take(&object_name, format!("{kind} of table `{name}`"), index, mark(object), problems);
        }
        for column in table.columns.iter().filter(|column| column.auto_increment.is_some()) {
            let sequence = name.beside(Identifier::generated([&name.name, &column.name], "seq"));
            names.take(&sequence, format!("sequence of `{name}.{}`", column.name), index, of_table, problems);
        }
        if by_database {
            for check in table.checks.keys().filter(|check| !repeats(check)) {
                checks.take(
                    &check.clone().into(),
                    format!("check of table `{name}`"),
                    index,
                    mark(check),
                    problems,
                );
            }
            for key in table.foreign_keys.keys() {
                let what = format!("foreign key of table `{name}`");
                foreign_keys.take(&key.clone().into(), what, index, mark(key), problems);
            }
        }
        constraints(table, mark, &mut problems[index]);
    }
    enums(definitions, enums_used, &mut names, lowered);
}

/// The tables of the record of migrations, those of a rebuild's guard, and SQLite's own.
fn is_reserved(name: &Identifier) -> bool {
    let name = name.as_str().to_ascii_lowercase();
    ["__fenrir_", "__diesel_", "fenrir_guard", "fenrir_orphans", "sqlite_"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// <https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-CATALOG>
fn is_reserved_schema(name: &Identifier) -> bool {
    name.as_str().starts_with("pg_") || name.as_str() == "information_schema"
}

/// The constraints of one table share their names, whatever their kinds.
fn constraints(table: &Table, mark: impl Fn(&Identifier) -> Mark, problems: &mut Vec<Problem>) {
    let mut held = BTreeMap::new();
    held.insert(&table.primary_key.name, "primary key");
    let uniques = table.uniques.keys().map(|name| (name, "unique constraint"));
    let checks = table.checks.keys().map(|name| (name, "check"));
    let keys = table.foreign_keys.keys().map(|name| (name, "foreign key"));
    for (name, kind) in uniques.chain(checks).chain(keys) {
        if let Some(other) = held.insert(name, kind) {
            let message =
                format!("`{name}` would be the name of a {other} and of a {kind} of `{}`", table.name);
            problems.push(Problem { mark: mark(name), message });
        }
    }
}

/// An enum that no column of the schema has is in no schema either.
fn enums(definitions: &Definitions, used: &BTreeSet<usize>, names: &mut Names, lowered: &mut Lowered) {
    for &index in used {
        let found = &definitions.enums[index];
        if found.again {
            continue;
        }
        let name = &found.definition.sql_name;
        let what = format!("enum `{}`", found.definition.ident);
        if let Some(other) = names.hold(&name.value.clone().into(), what) {
            let message = format!("`{}` is the name of {} too", name.value, other);
            lowered.enum_problems.push((index, Problem { mark: name.mark, message }));
        }
    }
}

struct Names {
    folds_case: bool,
    /// Who has each name.
    held: BTreeMap<String, String>,
}

impl Names {
    fn new(dialects: &[Dialect]) -> Self {
        Self { folds_case: dialects.iter().any(|dialect| dialect.folds_case()), held: BTreeMap::new() }
    }

    /// Whether nobody has the name yet.
    fn take(
        &mut self,
        name: &TableName,
        what: String,
        index: usize,
        mark: Mark,
        problems: &mut [Vec<Problem>],
    ) -> bool {
        let Some(other) = self.hold(name, what.clone()) else { return true };
        let message = format!("`{name}` would be the name of the {what} and of the {other}");
        problems[index].push(Problem { mark, message });
        false
    }

    /// Gives the name to a holder, unless somebody has it, who is returned.
    fn hold(&mut self, name: &TableName, holder: String) -> Option<&String> {
        // Where tables are made by themselves is `public`, unless somebody has said otherwise.
        let is_public = name.schema.as_ref().is_some_and(|schema| schema.as_str() == "public");
        let name = if is_public { Cow::Owned(name.name.clone().into()) } else { Cow::Borrowed(name) };
        let key = if self.folds_case { name.to_text().to_lowercase() } else { name.to_text() };
        match self.held.entry(key) {
            std::collections::btree_map::Entry::Occupied(entry) => Some(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(holder);
                None
            }
        }
    }
}
