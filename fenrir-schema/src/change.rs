//! The changes that lead from one schema to the next: what a migration is made of.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::table::listed;
use crate::{Column, EnumType, Expression, ForeignKey, Identifier, Index, Table, Unique};

/// One change to a schema.
///
/// Each carries all that is needed to undo it, so that a list of changes can be read backwards
/// ([`invert`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are named for what they are; each variant is documented")]
pub enum Change {
    /// A new enum.
    CreateEnum { name: Identifier, definition: EnumType },
    /// An enum that goes.
    DropEnum { name: Identifier, definition: EnumType },
    /// A new table, with its constraints and indexes.
    CreateTable { table: Table },
    /// A table that goes, with its rows.
    DropTable { table: Table },
    /// A new column.
    AddColumn {
        table: Identifier,
        column: Column,
        /// What the rows that exist get in it; without it, the column's default or NULL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<Expression>,
    },
    /// A column that goes, with its values.
    DropColumn { table: Identifier, column: Column },
    /// A column that becomes another: one that may hold NULL or not, or with another default.
    AlterColumn {
        table: Identifier,
        from: Column,
        to: Column,
        /// What the rows that hold NULL get, where it may not hold that any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<Expression>,
    },
    /// A new unique constraint.
    AddUnique { table: Identifier, name: Identifier, definition: Unique },
    /// A unique constraint that goes.
    DropUnique { table: Identifier, name: Identifier, definition: Unique },
    /// A new check constraint.
    AddCheck { table: Identifier, name: Identifier, definition: Expression },
    /// A check constraint that goes.
    DropCheck { table: Identifier, name: Identifier, definition: Expression },
    /// A new foreign key.
    AddForeignKey { table: Identifier, name: Identifier, definition: ForeignKey },
    /// A foreign key that goes.
    DropForeignKey { table: Identifier, name: Identifier, definition: ForeignKey },
    /// A new index.
    AddIndex { table: Identifier, name: Identifier, definition: Index },
    /// An index that goes.
    DropIndex { table: Identifier, name: Identifier, definition: Index },
    /// Another comment on a table.
    SetTableComment { table: Identifier, from: Option<String>, to: Option<String> },
    /// Another comment on a column.
    SetColumnComment { table: Identifier, column: Identifier, from: Option<String>, to: Option<String> },
}

impl Change {
    /// The change that takes this one back.
    #[must_use]
    pub fn inverse(&self) -> Change {
        use Change::*;
        match self.clone() {
            CreateEnum { name, definition } => DropEnum { name, definition },
            DropEnum { name, definition } => CreateEnum { name, definition },
            CreateTable { table } => DropTable { table },
            DropTable { table } => CreateTable { table },
            AddColumn { table, column, backfill: _ } => DropColumn { table, column },
            DropColumn { table, column } => AddColumn { table, column, backfill: None },
            AlterColumn { table, from, to, backfill: _ } => {
                AlterColumn { table, from: to, to: from, backfill: None }
            }
            AddUnique { table, name, definition } => DropUnique { table, name, definition },
            DropUnique { table, name, definition } => AddUnique { table, name, definition },
            AddCheck { table, name, definition } => DropCheck { table, name, definition },
            DropCheck { table, name, definition } => AddCheck { table, name, definition },
            AddForeignKey { table, name, definition } => DropForeignKey { table, name, definition },
            DropForeignKey { table, name, definition } => AddForeignKey { table, name, definition },
            AddIndex { table, name, definition } => DropIndex { table, name, definition },
            DropIndex { table, name, definition } => AddIndex { table, name, definition },
            SetTableComment { table, from, to } => SetTableComment { table, from: to, to: from },
            SetColumnComment { table, column, from, to } => {
                SetColumnComment { table, column, from: to, to: from }
            }
        }
    }

    /// What of a database's contents goes with this change: `` table `page` ``.
    #[must_use]
    pub fn loses(&self) -> Option<Loss> {
        match self {
            Change::DropTable { table } => Some(Loss { table: table.name.clone(), column: None }),
            Change::DropColumn { table, column } => {
                Some(Loss { table: table.clone(), column: Some(column.name.clone()) })
            }
            _ => None,
        }
    }

    /// On what rows it fails, changing nothing: a sentence for those who review it.
    #[must_use]
    pub fn risk(&self) -> Option<String> {
        match self {
            Change::AlterColumn { table, from, to, backfill: None } if from.nullable && !to.nullable => {
                Some(format!("Fails where column `{table}.{}` holds NULL.", to.name))
            }
            Change::AddUnique { table, name, definition } => Some(format!(
                "Fails where two rows of table `{table}` have the same {}, which `{name}` forbids.",
                listed(&definition.columns)
            )),
            Change::AddCheck { table, name, .. } => {
                Some(format!("Fails where a row of table `{table}` is not as the check `{name}` says."))
            }
            Change::AddForeignKey { table, name, definition } => Some(format!(
                "Fails where a row of table `{table}` points at no row of `{}`, which `{name}` forbids.",
                definition.references
            )),
            Change::AddIndex { table, name, definition } if definition.unique => Some(format!(
                "Fails where two rows of table `{table}` have the same keys of the unique index `{name}`."
            )),
            _ => None,
        }
    }

    /// The table that it changes; none for an enum.
    #[must_use]
    pub fn table(&self) -> Option<&Identifier> {
        use Change::*;
        match self {
            CreateEnum { .. } | DropEnum { .. } => None,
            CreateTable { table } | DropTable { table } => Some(&table.name),
            AddColumn { table, .. }
            | DropColumn { table, .. }
            | AlterColumn { table, .. }
            | AddUnique { table, .. }
            | DropUnique { table, .. }
            | AddCheck { table, .. }
            | DropCheck { table, .. }
            | AddForeignKey { table, .. }
            | DropForeignKey { table, .. }
            | AddIndex { table, .. }
            | DropIndex { table, .. }
            | SetTableComment { table, .. }
            | SetColumnComment { table, .. } => Some(table),
        }
    }
}

/// The changes that take a list of changes back, last first.
///
/// ```
/// use fenrir_schema::{Change, EnumType, Identifier, invert};
///
/// let definition = EnumType { labels: vec!["active".to_owned()] };
/// let made = Change::CreateEnum { name: Identifier::new("status")?, definition: definition.clone() };
/// let gone = Change::DropEnum { name: Identifier::new("status")?, definition };
/// assert_eq!(invert(&[made]), [gone]);
/// # Ok::<(), fenrir_schema::IdentifierError>(())
/// ```
#[must_use]
pub fn invert(changes: &[Change]) -> Vec<Change> {
    changes.iter().rev().map(Change::inverse).collect()
}

/// What a change takes from a database that holds rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The table.
    pub table: Identifier,
    /// The column of it; without one, the whole table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<Identifier>,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            None => write!(f, "table `{}`", self.table),
            Some(column) => write!(f, "column `{}.{column}`", self.table),
        }
    }
}

/// In words, without SQL: `` add column `page.title` ``.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Change::*;
        match self {
            CreateEnum { name, .. } => write!(f, "create enum `{name}`"),
            DropEnum { name, .. } => write!(f, "drop enum `{name}`"),
            CreateTable { table } => write!(f, "create table `{}`", table.name),
            DropTable { table } => write!(f, "drop table `{}`", table.name),
            AddColumn { table, column, .. } => write!(f, "add column `{table}.{}`", column.name),
            DropColumn { table, column } => write!(f, "drop column `{table}.{}`", column.name),
            AlterColumn { table, from, to, .. } => {
                let mut parts = Vec::new();
                if from.default != to.default {
                    parts.push(if to.default.is_some() { "another default" } else { "no default" });
                }
                if from.nullable != to.nullable {
                    parts.push(if to.nullable { "NULL allowed" } else { "NOT NULL" });
                }
                write!(f, "change column `{table}.{}`: {}", to.name, parts.join(", "))
            }
            AddUnique { table, name, definition } => {
                write!(f, "add unique constraint `{name}` on `{table}` ({})", listed(&definition.columns))
            }
            DropUnique { table, name, .. } => write!(f, "drop unique constraint `{name}` of `{table}`"),
            AddCheck { table, name, .. } => write!(f, "add check `{name}` on `{table}`"),
            DropCheck { table, name, .. } => write!(f, "drop check `{name}` of `{table}`"),
            AddForeignKey { table, name, definition } => {
                write!(f, "add foreign key `{name}` on `{table}`: {definition}")
            }
            DropForeignKey { table, name, .. } => write!(f, "drop foreign key `{name}` of `{table}`"),
            AddIndex { table, name, .. } => write!(f, "add index `{name}` on `{table}`"),
            DropIndex { table, name, .. } => write!(f, "drop index `{name}` of `{table}`"),
            SetTableComment { table, .. } => write!(f, "change the comment of `{table}`"),
            SetColumnComment { table, column, .. } => write!(f, "change the comment of `{table}.{column}`"),
        }
    }
}
