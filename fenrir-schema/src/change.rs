//! The changes that lead from one schema to the next: what a migration is made of.

mod alter_column;

use std::fmt;

use serde::{Deserialize, Serialize};

use std::collections::BTreeMap;

use crate::table::listed;
use crate::{
    Check, Column, Conversion, EnumType, Expression, ForeignKey, Identifier, Index, PrimaryKey, SqlType,
    Table, TableName, TableOptions, Unique,
};

/// One change to a schema.
///
/// Each carries all that is needed to undo it, so that a list of changes can be read backwards
/// ([`invert`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are named for what they are; each variant is documented")]
#[allow(clippy::large_enum_variant, reason = "a migration has few, and they are seldom moved")]
pub enum Change {
    /// A new enum.
    CreateEnum { name: Identifier, definition: EnumType },
    /// An enum that goes.
    DropEnum { name: Identifier, definition: EnumType },
    /// An enum with another name.
    RenameEnum { from: Identifier, to: Identifier },
    /// An enum with other labels, or with the same in another order.
    AlterEnum {
        name: Identifier,
        from: EnumType,
        to: EnumType,
        /// The labels that are new names of old ones: from the old to the new.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        renamed: BTreeMap<String, String>,
    },
    /// An enum that is left alone from here on.
    ReleaseEnum { name: Identifier, definition: EnumType },
    /// An enum that was left alone, and is no more.
    AdoptEnum { name: Identifier, definition: EnumType },
    /// A table that is left alone from here on, as it is.
    ReleaseTable { table: Table },
    /// A table that was left alone, and is no more: it is taken to be as it was.
    AdoptTable { table: Table },
    /// A table with another name.
    RenameTable { from: TableName, to: TableName },
    /// A new table, with its constraints and indexes.
    CreateTable { table: Table },
    /// A table that goes, with its rows.
    DropTable { table: Table },
    /// A new column.
    AddColumn {
        table: TableName,
        column: Column,
        /// What the rows that exist get in it; without it, the column's default or NULL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<Expression>,
    },
    /// A column that goes, with its values.
    DropColumn { table: TableName, column: Column },
    /// A column with another name.
    RenameColumn { table: TableName, from: Identifier, to: Identifier },
    /// A column that becomes another: one of another type or collation, that may hold NULL or not, with another
    /// default, or generated otherwise.
    AlterColumn {
        table: TableName,
        from: Column,
        to: Column,
        /// How a value of the new type is had from the old one; without it, as the types say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        using: Option<Expression>,
        /// What the rows that hold NULL get, where it may not hold that any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<Expression>,
    },
    /// Another primary key.
    AlterPrimaryKey { table: TableName, from: PrimaryKey, to: PrimaryKey },
    /// A constraint with another name.
    RenameConstraint { table: TableName, kind: ConstraintKind, from: Identifier, to: Identifier },
    /// An index with another name.
    RenameIndex { table: TableName, from: Identifier, to: Identifier },
    /// A new unique constraint.
    AddUnique { table: TableName, name: Identifier, definition: Unique },
    /// A unique constraint that goes.
    DropUnique { table: TableName, name: Identifier, definition: Unique },
    /// A new check constraint.
    AddCheck { table: TableName, name: Identifier, definition: Check },
    /// A check constraint that goes.
    DropCheck { table: TableName, name: Identifier, definition: Check },
    /// A new foreign key.
    AddForeignKey { table: TableName, name: Identifier, definition: ForeignKey },
    /// A foreign key that goes.
    DropForeignKey { table: TableName, name: Identifier, definition: ForeignKey },
    /// A new index.
    AddIndex { table: TableName, name: Identifier, definition: Index },
    /// An index that goes.
    DropIndex { table: TableName, name: Identifier, definition: Index },
    /// Other options of a table, in one database or more.
    SetTableOptions { table: TableName, from: TableOptions, to: TableOptions },
    /// Another comment on a table.
    SetTableComment { table: TableName, from: Option<String>, to: Option<String> },
    /// Another comment on a column.
    SetColumnComment { table: TableName, column: Identifier, from: Option<String>, to: Option<String> },
}

/// What a constraint that is renamed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    /// A unique constraint.
    Unique,
    /// A check.
    Check,
    /// A foreign key.
    ForeignKey,
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
            AlterColumn { table, from, to, using: _, backfill: _ } => {
                AlterColumn { table, from: to, to: from, using: None, backfill: None }
            }
            ReleaseEnum { name, definition } => AdoptEnum { name, definition },
            AdoptEnum { name, definition } => ReleaseEnum { name, definition },
            ReleaseTable { table } => AdoptTable { table },
            AdoptTable { table } => ReleaseTable { table },
            RenameEnum { from, to } => RenameEnum { from: to, to: from },
            AlterEnum { name, from, to, renamed } => {
                let renamed = renamed.into_iter().map(|(old, new)| (new, old)).collect();
                AlterEnum { name, from: to, to: from, renamed }
            }
            RenameTable { from, to } => RenameTable { from: to, to: from },
            RenameColumn { table, from, to } => RenameColumn { table, from: to, to: from },
            AlterPrimaryKey { table, from, to } => AlterPrimaryKey { table, from: to, to: from },
            RenameConstraint { table, kind, from, to } => {
                RenameConstraint { table, kind, from: to, to: from }
            }
            RenameIndex { table, from, to } => RenameIndex { table, from: to, to: from },
            AddUnique { table, name, definition } => DropUnique { table, name, definition },
            DropUnique { table, name, definition } => AddUnique { table, name, definition },
            AddCheck { table, name, definition } => DropCheck { table, name, definition },
            DropCheck { table, name, definition } => AddCheck { table, name, definition },
            AddForeignKey { table, name, definition } => DropForeignKey { table, name, definition },
            DropForeignKey { table, name, definition } => AddForeignKey { table, name, definition },
            AddIndex { table, name, definition } => DropIndex { table, name, definition },
            DropIndex { table, name, definition } => AddIndex { table, name, definition },
            SetTableOptions { table, from, to } => SetTableOptions { table, from: to, to: from },
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
            Change::DropTable { table } => {
                Some(Loss { table: table.name.clone(), column: None, becomes: None })
            }
            // What a generated column holds can be computed again.
            Change::DropColumn { column, .. } if column.generated.is_some() => None,
            Change::DropColumn { table, column } => {
                Some(Loss { table: table.clone(), column: Some(column.name.clone()), becomes: None })
            }
            Change::AlterColumn { table, from, to, .. } if to.generated.is_some() => {
                let column = Some(to.name.clone());
                let loss = Loss { table: table.clone(), column, becomes: Some(Becomes::Generated) };
                from.generated.is_none().then_some(loss)
            }
            // What was generated is no value of the column's own.
            Change::AlterColumn { from, .. } if from.generated.is_some() => None,
            Change::AlterColumn { table, from, to, using, .. }
                if using.is_some()
                    || Conversion::between(&from.sql_type, &to.sql_type) >= Conversion::Loses =>
            {
                let (column, becomes) = (Some(to.name.clone()), Some(Becomes::Type(to.sql_type.clone())));
                Some(Loss { table: table.clone(), column, becomes })
            }
            _ => None,
        }
    }

    /// On what rows it fails, changing nothing: a sentence for those who review it.
    #[must_use]
    pub fn risk(&self) -> Option<String> {
        match self {
            Change::AddColumn { table, column, .. } if column.generated.is_some() && !column.nullable => {
                Some(alter_column::null_computed(table, &column.name))
            }
            Change::AlterColumn { table, from, to, backfill, using } => {
                alter_column::risk(table, from, to, using.is_some(), backfill.is_some())
            }
            Change::AlterEnum { name, .. } => {
                let dropped = self.dropped_labels();
                (!dropped.is_empty()).then(|| {
                    let labels: Vec<_> = dropped.iter().map(|label| format!("{label:?}")).collect();
                    format!("Fails where a row has {} of enum `{name}`.", labels.join(" or "))
                })
            }
            Change::AlterPrimaryKey { table, from, to } if from.columns != to.columns => Some(format!(
                "Fails where two rows of table `{table}` have the same {}, its primary key.",
                listed(&to.columns)
            )),
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
            Change::SetTableOptions { table, from, to } => {
                let mut risks = Vec::new();
                if to.sqlite.strict && !from.sqlite.strict {
                    risks.push(format!(
                        "Fails on SQLite where a value of table `{table}` is not of its column's type."
                    ));
                }
                if to.keep_texts_otherwise(from) {
                    risks.push(format!(
                        "Fails on MySQL/MariaDB where the new character set has not all characters of a text of table \
                         `{table}`, or a key takes two of them for one."
                    ));
                }
                (!risks.is_empty()).then(|| risks.join(" "))
            }
            _ => None,
        }
    }

    /// The labels that an enum loses, and that are not renamed.
    #[must_use]
    pub fn dropped_labels(&self) -> Vec<&str> {
        let Change::AlterEnum { from, to, renamed, .. } = self else { return Vec::new() };
        let stays = |label: &String| match renamed.get(label) {
            Some(new) => to.labels.contains(new),
            // Another may have its name.
            None => to.labels.contains(label) && !renamed.values().any(|new| new == label),
        };
        from.labels.iter().filter(|label| !stays(label)).map(String::as_str).collect()
    }

    /// The table, or the column of it, that it renames, and the new name: a table's as a text.
    #[must_use]
    pub fn renamed(&self) -> Option<(&TableName, Option<&Identifier>, String)> {
        match self {
            Change::RenameTable { from, to } => Some((from, None, to.to_text())),
            Change::RenameColumn { table, from, to } => Some((table, Some(from), to.as_str().to_owned())),
            _ => None,
        }
    }

    /// Whether it only gives a table, a column or an enum another name.
    #[must_use]
    pub(crate) fn is_rename(&self) -> bool {
        matches!(self, Change::RenameEnum { .. } | Change::RenameTable { .. } | Change::RenameColumn { .. })
    }

    /// The table that it changes, by its name before it; none for an enum.
    #[must_use]
    pub fn table(&self) -> Option<&TableName> {
        use Change::*;
        match self {
            CreateEnum { .. } | DropEnum { .. } | RenameEnum { .. } | AlterEnum { .. } => None,
            ReleaseEnum { .. } | AdoptEnum { .. } => None,
            RenameTable { from, .. } => Some(from),
            CreateTable { table } | DropTable { table } => Some(&table.name),
            ReleaseTable { table } | AdoptTable { table } => Some(&table.name),
            AddColumn { table, .. }
            | DropColumn { table, .. }
            | RenameColumn { table, .. }
            | AlterColumn { table, .. }
            | AlterPrimaryKey { table, .. }
            | RenameConstraint { table, .. }
            | RenameIndex { table, .. }
            | AddUnique { table, .. }
            | DropUnique { table, .. }
            | AddCheck { table, .. }
            | DropCheck { table, .. }
            | AddForeignKey { table, .. }
            | DropForeignKey { table, .. }
            | AddIndex { table, .. }
            | DropIndex { table, .. }
            | SetTableOptions { table, .. }
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
    pub table: TableName,
    /// The column of it; without one, the whole table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<Identifier>,
    /// What its values are turned into; none where they go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<Becomes>,
}

/// What takes the place of a column's values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// The same as values of another type.
    Type(SqlType),
    /// What the database computes.
    Generated,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.column, &self.becomes) {
            (None, _) => write!(f, "table `{}`", self.table),
            (Some(column), None) => write!(f, "column `{}.{column}`", self.table),
            (Some(column), Some(Becomes::Type(becomes))) => {
                write!(f, "column `{}.{column}`, whose values become {becomes}", self.table)
            }
            (Some(column), Some(Becomes::Generated)) => {
                write!(f, "column `{}.{column}`, whose values become what is generated", self.table)
            }
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
            ReleaseEnum { name, .. } => write!(f, "leave enum `{name}` alone from here on"),
            AdoptEnum { name, .. } => write!(f, "take care of enum `{name}` again, as it is"),
            ReleaseTable { table } => write!(f, "leave table `{}` alone from here on", table.name),
            AdoptTable { table } => write!(f, "take care of table `{}` again, as it is", table.name),
            CreateTable { table } => write!(f, "create table `{}`", table.name),
            DropTable { table } => write!(f, "drop table `{}`", table.name),
            AddColumn { table, column, .. } => write!(f, "add column `{table}.{}`", column.name),
            DropColumn { table, column } => write!(f, "drop column `{table}.{}`", column.name),
            AlterColumn { table, from, to, .. } => {
                write!(f, "change column `{table}.{}`: {}", to.name, alter_column::in_words(from, to))
            }
            RenameEnum { from, to } => write!(f, "rename enum `{from}` to `{to}`"),
            AlterEnum { name, from, to, renamed } => {
                let mut parts: Vec<_> =
                    renamed.iter().map(|(old, new)| format!("rename {old:?} to {new:?}")).collect();
                parts.extend(self.dropped_labels().iter().map(|label| format!("drop {label:?}")));
                let is_new = |label: &&String| {
                    !from.labels.contains(label) && !renamed.values().any(|new| new == *label)
                };
                parts.extend(to.labels.iter().filter(is_new).map(|label| format!("add {label:?}")));
                if parts.is_empty() {
                    parts.push("another order".to_owned());
                }
                write!(f, "change enum `{name}`: {}", parts.join(", "))
            }
            RenameTable { from, to } => write!(f, "rename table `{from}` to `{to}`"),
            RenameColumn { table, from, to } => write!(f, "rename column `{table}.{from}` to `{to}`"),
            AlterPrimaryKey { table, from, to } if from.columns == to.columns => {
                write!(f, "rename the primary key of `{table}` to `{}`", to.name)
            }
            AlterPrimaryKey { table, to, .. } if to.columns.is_empty() => {
                write!(f, "drop the primary key of `{table}`")
            }
            AlterPrimaryKey { table, from, to } if from.columns.is_empty() => {
                write!(f, "add a primary key to `{table}`: {}", listed(&to.columns))
            }
            AlterPrimaryKey { table, to, .. } => {
                write!(f, "change the primary key of `{table}` to {}", listed(&to.columns))
            }
            RenameConstraint { table, kind, from, to } => {
                let kind = match kind {
                    ConstraintKind::Unique => "unique constraint",
                    ConstraintKind::Check => "check",
                    ConstraintKind::ForeignKey => "foreign key",
                };
                write!(f, "rename {kind} `{from}` of `{table}` to `{to}`")
            }
            RenameIndex { table, from, to } => write!(f, "rename index `{from}` of `{table}` to `{to}`"),
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
            SetTableOptions { table, to, .. } => write!(f, "change the options of table `{table}`: {to}"),
            SetTableComment { table, .. } => write!(f, "change the comment of `{table}`"),
            SetColumnComment { table, column, .. } => write!(f, "change the comment of `{table}.{column}`"),
        }
    }
}
