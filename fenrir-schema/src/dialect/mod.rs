//! The databases, and what each needs to be told apart by. Everything that differs between them is
//! in their own files, behind [`Rules`].

mod ddl;
mod postgres;
mod sqlite;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{
    Change, Column, DefaultValue, Expression, FoldError, Frame, Identifier, Schema, Script, SqlType,
};

/// A database that Fenrir writes SQL for.
///
/// ```
/// use fenrir_schema::{Dialect, Identifier};
///
/// let user = Identifier::new("user")?;
/// assert_eq!(Dialect::Postgres.quote(&user), "\"user\"", "a reserved word there");
/// assert_eq!(Dialect::Sqlite.quote(&user), "user");
/// # Ok::<(), fenrir_schema::IdentifierError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// What one database has of its own.
trait Rules {
    /// What it calls a type; `None` if it has none for it.
    fn type_name(&self, sql_type: &SqlType) -> Option<Cow<'static, str>>;
    /// Whether a name must be quoted, though it is lower case letters, digits and `_`.
    fn is_reserved(&self, word: &str) -> bool;
    /// A text as a literal.
    fn literal(&self, text: &str) -> String;
    /// A default, as it stands behind `DEFAULT`.
    fn default(&self, value: &DefaultValue, sql_type: &SqlType) -> String;
    /// Whether tables and columns can have comments.
    fn has_comments(&self) -> bool;
    /// Whether two names that differ in case only are one.
    fn folds_case(&self) -> bool;
    /// Whether a column that is not the whole primary key can be generated.
    fn generates_any_column(&self) -> bool;
    /// Diesel's type for a moment in time.
    fn timestamptz(&self) -> &'static str;
    /// A value of a type, for a column whose values are gone; none where no value will do.
    fn stand_in(&self, sql_type: &SqlType, schema: &Schema) -> String;
    /// The statements for changes to a database that is at `before`.
    fn script(&self, before: &Schema, after: &Schema, changes: &[Change]) -> Script;
    /// The frame that scripts may have.
    fn frame(&self) -> Option<Frame>;
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Dialect; 2] = [Dialect::Postgres, Dialect::Sqlite];

    fn rules(self) -> &'static dyn Rules {
        match self {
            Dialect::Postgres => &postgres::Postgres,
            Dialect::Sqlite => &sqlite::Sqlite,
        }
    }

    /// Its name in `fenrir.toml`, and of its folder in `migrations/`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgres",
            Dialect::Sqlite => "sqlite",
        }
    }

    /// The name of its variant of this enum, for code that is generated.
    #[must_use]
    pub fn variant(self) -> &'static str {
        match self {
            Dialect::Postgres => "Postgres",
            Dialect::Sqlite => "Sqlite",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Dialect::Postgres => "PostgreSQL",
            Dialect::Sqlite => "SQLite",
        }
    }

    /// A name as SQL: quoted where it must be, and only there.
    #[must_use]
    pub fn quote(self, name: &Identifier) -> String {
        ddl::quote(self.rules(), name)
    }

    /// A text as an SQL literal.
    #[must_use]
    pub fn literal(self, text: &str) -> String {
        self.rules().literal(text)
    }

    /// Whether this database has a type for these values.
    #[must_use]
    pub fn holds(self, sql_type: &SqlType) -> bool {
        self.rules().type_name(sql_type).is_some()
    }

    /// Whether its tables and columns can have comments.
    #[must_use]
    pub fn has_comments(self) -> bool {
        self.rules().has_comments()
    }

    /// Whether two names that differ in case only are one to it.
    #[must_use]
    pub fn folds_case(self) -> bool {
        self.rules().folds_case()
    }

    /// Whether it can generate a column that is not, alone, the primary key.
    #[must_use]
    pub fn generates_any_column(self) -> bool {
        self.rules().generates_any_column()
    }

    /// Diesel's type (`diesel::sql_types`) for a moment in time in this database.
    #[must_use]
    pub fn diesel_timestamptz(self) -> &'static str {
        self.rules().timestamptz()
    }

    /// The SQL for changes to a database whose schema is `before`.
    ///
    /// # Errors
    /// When a change does not fit the schema.
    pub fn script(self, before: &Schema, changes: &[Change]) -> Result<Script, FoldError> {
        let mut after = before.clone();
        crate::fold(&mut after, changes)?;
        Ok(self.rules().script(before, &after, changes))
    }

    /// Gives a value to each added column that must hold one and whose values are nowhere to be
    /// had: what a down migration does for a column that the up migration dropped. Says for each
    /// what it gave.
    #[must_use]
    pub fn with_stand_ins(self, before: &Schema, changes: &[Change]) -> (Vec<Change>, Vec<StandIn>) {
        let mut stand_ins = Vec::new();
        // An enum may come back with its column.
        let mut after = before.clone();
        let known = if crate::fold(&mut after, changes).is_ok() { &after } else { before };
        let changes = changes.iter().cloned().map(|mut change| {
            if let Change::AddColumn { table, column, backfill } = &mut change {
                if backfill.is_none() && needs_value(column) {
                    let value = self.rules().stand_in(&column.sql_type, known);
                    *backfill = Expression::new(&value).ok();
                    stand_ins.push(StandIn { table: table.clone(), column: column.name.clone(), value });
                }
            }
            change
        });
        (changes.collect(), stand_ins)
    }

    /// The frame around the statements of scripts that open their own transaction in this dialect.
    #[must_use]
    pub fn frame(self) -> Option<Frame> {
        self.rules().frame()
    }
}

/// Whether rows that exist need a value for this column when it is added.
#[must_use]
pub fn needs_value(column: &Column) -> bool {
    !column.nullable && column.default.is_none() && column.auto_increment.is_none()
}

/// A value that stands for one that is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// The table.
    pub table: Identifier,
    /// The column whose values are lost.
    pub column: Identifier,
    /// What its rows get, as SQL.
    pub value: String,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no dialect has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown dialect `{0}`; there are `postgres` and `sqlite`, and MySQL is not supported yet")]
pub struct UnknownDialect(pub String);

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "postgres" | "postgresql" => Ok(Dialect::Postgres),
            "sqlite" => Ok(Dialect::Sqlite),
            // What is no word may be an address with a password.
            _ if name.len() <= 20 && name.chars().all(|c| c.is_ascii_alphanumeric()) => {
                Err(UnknownDialect(name.to_owned()))
            }
            _ => Err(UnknownDialect("…".to_owned())),
        }
    }
}
