//! What is in a database and cannot be said by models.

use std::fmt;

/// Something in a database that models cannot say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Unmanaged {
    /// What it is.
    pub kind: UnmanagedKind,
    /// The table that it belongs to.
    pub table: Option<String>,
    /// Its name; that of the column, where it is something of one.
    pub name: String,
    /// What of it cannot be said, where that is not clear from its kind.
    pub about: Option<String>,
}

/// The kinds of what models cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum UnmanagedKind {
    /// A table whose kind or name models do not have.
    Table,
    /// A table of partitions.
    PartitionedTable,
    /// A partition of a table.
    Partition,
    /// A table that inherits from another.
    InheritedTable,
    /// A table whose rows are elsewhere.
    ForeignTable,
    /// A table that a module keeps, as SQLite's full-text search does.
    VirtualTable,
    /// A view.
    View,
    /// A view with rows of its own.
    MaterializedView,
    /// Something that a table has, which is read without it: see [`UnmanagedKind::is_of_a_part`].
    TableOption,
    /// A column whose name or type cannot be said.
    Column,
    /// Something that a column has, which is read without it.
    ColumnOption,
    /// Something that a primary key has, which is read without it.
    PrimaryKeyOption,
    /// The checks and foreign keys of a table, where the user may not see them.
    HiddenConstraints,
    /// A unique constraint with more than columns.
    UniqueConstraint,
    /// A check with more than an expression.
    Check,
    /// A foreign key with more than models can say, or to what is not managed.
    ForeignKey,
    /// A constraint by which rows exclude each other.
    ExclusionConstraint,
    /// A constraint that was not checked for the rows that there are.
    NotValidConstraint,
    /// An index with more than models can say.
    Index,
    /// An index that could not be built.
    InvalidIndex,
    /// A trigger.
    Trigger,
    /// A rule.
    Rule,
    /// A policy on rows.
    Policy,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate function.
    Aggregate,
    /// A sequence that generates no column.
    Sequence,
    /// A domain.
    Domain,
    /// A type of several values.
    CompositeType,
    /// A type of ranges.
    RangeType,
    /// Another type.
    Type,
    /// A collation.
    Collation,
    /// An operator.
    Operator,
    /// Extended statistics.
    Statistics,
    /// A configuration of text search.
    TextSearch,
    /// A trigger on changes of the schema.
    EventTrigger,
    /// What a server does at a time.
    Event,
    /// An extension that neither a type nor an index says: what it brings may be in expressions.
    Extension,
    /// How values of one type become those of another.
    Cast,
    /// How an index orders the values of a type.
    OperatorClass,
    /// What makes lexemes of words.
    TextSearchDictionary,
    /// What reads rows that are elsewhere.
    ForeignDataWrapper,
    /// Where such rows are.
    ForeignServer,
    /// What tells other servers of changes.
    Publication,
    /// A comment on a constraint, an index or an enum.
    Comment,
}

impl UnmanagedKind {
    /// Whether it is something of a table, a column or a key that is among what was read, but without this.
    #[must_use]
    pub fn is_of_a_part(self) -> bool {
        matches!(
            self,
            Self::TableOption | Self::ColumnOption | Self::PrimaryKeyOption | Self::HiddenConstraints
        )
    }
}

impl UnmanagedKind {
    /// Whether a model can be of it that says `unmanaged`: it has columns, as a table has.
    pub(super) fn is_a_table(self) -> bool {
        matches!(
            self,
            Self::Table
                | Self::PartitionedTable
                | Self::Partition
                | Self::InheritedTable
                | Self::ForeignTable
                | Self::VirtualTable
                | Self::View
                | Self::MaterializedView
        )
    }
}

impl fmt::Display for UnmanagedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Table | Self::TableOption => "table",
            Self::HiddenConstraints => "constraints of",
            Self::PartitionedTable => "partitioned table",
            Self::Partition => "partition",
            Self::InheritedTable => "inherited table",
            Self::ForeignTable => "foreign table",
            Self::VirtualTable => "virtual table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Column | Self::ColumnOption => "column",
            Self::PrimaryKeyOption => "primary key",
            Self::UniqueConstraint => "unique constraint",
            Self::Check => "check",
            Self::ForeignKey => "foreign key",
            Self::ExclusionConstraint => "exclusion constraint",
            Self::NotValidConstraint => "constraint that is not valid",
            Self::Index => "index",
            Self::InvalidIndex => "invalid index",
            Self::Trigger => "trigger",
            Self::Rule => "rule",
            Self::Policy => "policy",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Aggregate => "aggregate",
            Self::Sequence => "sequence",
            Self::Domain => "domain",
            Self::CompositeType => "composite type",
            Self::RangeType => "range type",
            Self::Type => "type",
            Self::Collation => "collation",
            Self::Operator => "operator",
            Self::Statistics => "statistics",
            Self::TextSearch => "text search configuration",
            Self::EventTrigger => "event trigger",
            Self::Event => "event",
            Self::Extension => "extension",
            Self::Cast => "cast",
            Self::OperatorClass => "operator class",
            Self::TextSearchDictionary => "text search dictionary",
            Self::ForeignDataWrapper => "foreign data wrapper",
            Self::ForeignServer => "foreign server",
            Self::Publication => "publication",
            Self::Comment => "comment on",
        })
    }
}

/// `trigger `t` of `page``, ``column `name` of `page`: collation "C"``.
impl fmt::Display for Unmanaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, in_one_line(&self.name))?;
        if let Some(table) =
            self.table.as_ref().filter(|table| **table != self.name || !self.kind.is_of_a_part())
        {
            write!(f, " of `{}`", in_one_line(table))?;
        }
        if let Some(about) = &self.about {
            write!(f, ": {}", in_one_line(about))?;
        }
        Ok(())
    }
}

/// What is read from a database is data: it does not end the line.
pub(crate) fn in_one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_said_in_one_line() {
        let unmanaged = |kind, table: Option<&str>, name: &str, about: Option<&str>| {
            let (table, about) = (table.map(str::to_owned), about.map(str::to_owned));
            Unmanaged { kind, table, name: name.to_owned(), about }.to_string()
        };
        assert_eq!(unmanaged(UnmanagedKind::View, None, "a\nb", None), "view `a\\nb`");
        assert_eq!(
            unmanaged(UnmanagedKind::ColumnOption, Some("page"), "name", Some("collation \"C\"")),
            "column `name` of `page`: collation \"C\""
        );
        let strict = unmanaged(UnmanagedKind::TableOption, Some("page"), "page", Some("STRICT"));
        assert_eq!(strict, "table `page`: STRICT");
        let hidden = unmanaged(UnmanagedKind::HiddenConstraints, Some("page"), "page", None);
        assert_eq!(hidden, "constraints of `page`");
    }
}
