//! That no change takes from a column what no model says of it.

use std::collections::{BTreeMap, BTreeSet};

use super::Mysql;
use super::generated::can_be_modified;
use super::guards::refuse;
use crate::dialect::{Rules, ddl};
use crate::{Change, Column, Identifier, Schema, TableName};

/// Statements that fail where a column that is redefined has what no model says: `MODIFY` leaves it with what
/// the new definition says and no more (<https://dev.mysql.com/doc/refman/8.0/en/alter-table.html>), and a new
/// column in its place has no index of another kind. They come before all else, and so with the names of then.
pub(super) fn write(changes: &[Change], before: &Schema) -> Vec<String> {
    let mut guards = Vec::new();
    let (mut redefined, mut replaced) = (BTreeSet::new(), BTreeSet::new());
    let mut names = Names::default();
    let mut schema = before.clone();
    let come_again = ddl::come_again(changes);
    for change in changes {
        names.follow(change);
        let again: Vec<_> =
            again(change, &schema, &come_again).iter().filter_map(|(on, name)| names.of(on, name)).collect();
        let columns: Vec<_> = match change {
            Change::AlterColumn { table, to, .. } => names.of(table, &to.name).into_iter().collect(),
            Change::SetColumnComment { table, column, .. } => names.of(table, column).into_iter().collect(),
            Change::AlterEnum { name, .. } => names.with_enum(name, before),
            _ => Vec::new(),
        };
        for (table, column) in columns.iter().chain(&again) {
            if redefined.insert((table.clone(), column.clone())) {
                guards.extend(refuse(table, column, "has_more_than_models_say", &parts(table, column)));
            }
        }
        for (table, column) in again {
            if replaced.insert((table.clone(), column.clone())) {
                let count = indexes(&table, &column);
                guards.extend(refuse(&table, &column, "has_an_index_that_models_do_not_say", &count));
            }
        }
        // Changes that do not fit were refused before this.
        let _ = crate::fold(&mut schema, std::slice::from_ref(change));
    }
    guards
}

/// The columns that are dropped for a change and added again, or another in their place; `schema` is the one that the
/// change comes to.
fn again<'a>(
    change: &'a Change,
    schema: &Schema,
    come_again: &[(&TableName, &Column)],
) -> Vec<(&'a TableName, Identifier)> {
    let (table, own, from) = match change {
        Change::RenameColumn { table, from, .. } => (table, None, Some(from)),
        Change::DropColumn { table, column } if come_again.contains(&(table, column)) => {
            (table, Some(&column.name), None)
        }
        Change::AlterColumn { table, from, to, using, .. } => {
            let is_replaced = using.is_some() || !can_be_modified(from, to);
            let keeps_those_of_it = to.generated.is_some() || !is_replaced;
            (table, is_replaced.then_some(&to.name), (!keeps_those_of_it).then_some(&from.name))
        }
        _ => return Vec::new(),
    };
    let mut again: Vec<_> = own.cloned().into_iter().collect();
    if let Some((there, from)) = schema.tables.get(table).zip(from) {
        again.extend(there.generated_from(&[from]).map(|column| column.name.clone()));
    }
    again.into_iter().map(|name| (table, name)).collect()
}

/// What things were called before all changes, by their names on the way; none where they were not there.
#[derive(Default)]
struct Names<'a> {
    tables: BTreeMap<&'a TableName, Option<&'a TableName>>,
    /// By the table as it was.
    columns: BTreeMap<(&'a TableName, &'a Identifier), Option<&'a Identifier>>,
    enums: BTreeMap<&'a Identifier, &'a Identifier>,
}

impl<'a> Names<'a> {
    fn follow(&mut self, change: &'a Change) {
        match change {
            Change::CreateTable { table } => drop(self.tables.insert(&table.name, None)),
            Change::RenameTable { from, to } => {
                let old = self.tables.remove(from).unwrap_or(Some(from));
                self.tables.insert(to, old);
            }
            Change::RenameEnum { from, to } => {
                let old = self.enums.remove(from).unwrap_or(from);
                self.enums.insert(to, old);
            }
            Change::AddColumn { table, column, .. } => {
                if let Some(table) = self.table(table) {
                    self.columns.insert((table, &column.name), None);
                }
            }
            Change::RenameColumn { table, from, to } => {
                if let Some(table) = self.table(table) {
                    let old = self.columns.remove(&(table, from)).unwrap_or(Some(from));
                    self.columns.insert((table, to), old);
                }
            }
            _ => {}
        }
    }

    fn table(&self, name: &'a TableName) -> Option<&'a TableName> {
        self.tables.get(name).copied().unwrap_or(Some(name))
    }

    fn of(&self, table: &TableName, column: &Identifier) -> Option<(TableName, Identifier)> {
        let table = self.table(table)?;
        let column = self.columns.get(&(table, column)).copied().unwrap_or(Some(column))?;
        Some((table.clone(), column.clone()))
    }

    /// The columns that had an enum.
    fn with_enum(&self, name: &Identifier, before: &Schema) -> Vec<(TableName, Identifier)> {
        let old = self.enums.get(name).copied().unwrap_or(name);
        let all = before.tables.values();
        let columns = all.flat_map(|table| table.columns.iter().map(move |column| (&table.name, column)));
        let of_it = columns.filter(|(_, column)| column.sql_type.enum_name() == Some(old));
        of_it.map(|(table, column)| (table.clone(), column.name.clone())).collect()
    }
}

/// How much a column has that goes with `MODIFY`. MariaDB's checks of columns are in a list that MySQL has without
/// their level (<https://mariadb.com/kb/en/information-schema-check_constraints-table/>). The one of JSON is made anew, and
/// is known by the whole text that the server gives it: one that begins so may say more.
fn parts(table: &TableName, column: &Identifier) -> String {
    // To MySQL it is a comment, which ends with these signs wherever they stand; two texts beside each other are one.
    let within = |name: &Identifier| Mysql.literal(name.as_str()).replace("*/", "*' '/");
    let (on, name) = (within(&table.name), within(column));
    format!(
        "{}\n    AND (extra LIKE '%on update%' OR extra LIKE '%INVISIBLE%')\n    \
         /*M!101100 UNION ALL SELECT count(*) FROM information_schema.check_constraints\n    \
         WHERE constraint_schema = database() AND table_name = {on} AND constraint_name = {name}\n    \
         AND level = 'Column' AND BINARY check_clause <> BINARY concat('json_valid(`', replace({name}, '`', '``'), '`)') */",
        of_column("information_schema.columns", table, column)
    )
}

/// How many indexes a column is in that no model says, or not all of. The servers have a word each for one that is
/// not used, and leave out what is in the comment for the other one (<https://mariadb.com/kb/en/comment-syntax/>).
fn indexes(table: &TableName, column: &Identifier) -> String {
    of_column("information_schema.statistics", table, column)
        + " AND (sub_part IS NOT NULL OR index_type <> 'BTREE' OR index_comment <> ''\n    \
           /*M!100600 OR ignored = 'YES' */ /*!80000 OR is_visible = 'NO' */)"
}

fn of_column(list: &str, table: &TableName, column: &Identifier) -> String {
    let (on, name) = (Mysql.literal(table.name.as_str()), Mysql.literal(column.as_str()));
    format!(
        "SELECT count(*) FROM {list} WHERE table_schema = database() AND table_name = {on} AND column_name = {name}"
    )
}
