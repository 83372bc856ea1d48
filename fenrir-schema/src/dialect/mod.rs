//! The databases, and what each needs to be told apart by. Everything that differs between them is
//! in their own files, behind [`Rules`].

mod ddl;
mod labels;
mod lack;
mod mysql;
mod postgres;
mod sqlite;
mod type_text;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::lack::{Lack, Part};
use crate::sql_file::FileSyntax;
use crate::{
    AutoIncrement, Change, Column, Conversion, DefaultValue, EnumType, Expression, FoldError, Frame,
    Identifier, Schema, Script, SqlType, Table, TableName, TableOptions, TokenKind, TypeName, TypeNameError,
    Unmanaged, projection,
};

/// A database that Fenrir writes SQL for.
///
/// ```
/// use fenrir_schema::{Dialect, Identifier};
///
/// let user = Identifier::new("user")?;
/// assert_eq!(Dialect::Postgres.quote(&user), "\"user\"", "a reserved word there");
/// assert_eq!(Dialect::Sqlite.quote(&user), "user");
/// assert_eq!(Dialect::Mysql.quote(&Identifier::new("order")?), "`order`");
/// # Ok::<(), fenrir_schema::IdentifierError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
    /// MySQL and MariaDB: one dialect, of what both of them have.
    Mysql,
}

/// What stands in quotes that begin with one character.
pub(crate) struct Quoted {
    pub(crate) kind: TokenKind,
    pub(crate) close: char,
    /// Whether a backslash makes another character of the next.
    pub(crate) escapes: bool,
}

/// What one database has of its own.
trait Rules {
    /// What it calls a type; `None` if it has none for it.
    fn type_name(&self, sql_type: &SqlType) -> Option<Cow<'static, str>>;
    /// The type that it calls so, where that is one that it has a name for: see [`Dialect::read_type`].
    fn known_type(&self, name: &TypeName) -> Option<SqlType>;
    /// What a table of these options calls a type; `None` if it has none for it.
    fn type_name_in(&self, _: &TableOptions, sql_type: &SqlType) -> Option<Cow<'static, str>> {
        self.type_name(sql_type)
    }
    /// The type that a table of these options calls so.
    fn known_type_in(&self, _: &TableOptions, name: &TypeName) -> Option<SqlType> {
        self.known_type(name)
    }
    /// The type of Diesel's whose values those of a type of another name are too, if there is one.
    #[cfg(feature = "writer")]
    fn like_type(&self, name: &TypeName) -> Option<SqlType>;
    /// The same name of a type of the user's own, however it is written.
    fn canonical_type_name(&self, name: TypeName) -> TypeName {
        name
    }
    /// Whether enums are types with names of their own.
    fn has_enums(&self) -> bool;
    /// What a column, a constraint or an index is in it that can be said in more than one way, or not at all:
    /// see [`Schema::normal_form`].
    fn normalize(&self, _: &mut Table) {}
    /// What stands behind a quote.
    fn quoted(&self, first: char) -> Option<Quoted> {
        let quoted = |kind, close| Some(Quoted { kind, close, escapes: false });
        match first {
            '\'' => quoted(TokenKind::Text, '\''),
            '"' => quoted(TokenKind::Name, '"'),
            _ => None,
        }
    }
    /// How its own program reads a file, and what of a dump makes a schema.
    fn file_syntax(&self) -> &'static FileSyntax;
    /// Whether a word in front of a text says nothing of it that matters.
    fn is_silent(&self, _: &str) -> bool {
        false
    }
    /// What stands around a name that cannot stand by itself.
    fn quotation_mark(&self) -> char {
        '"'
    }
    /// Whether a name must be quoted, though it is lower case letters, digits and `_`.
    fn is_reserved(&self, word: &str) -> bool;
    /// A text as a literal.
    fn literal(&self, text: &str) -> String;
    /// A default, as it stands behind `DEFAULT`.
    fn default(&self, value: &DefaultValue, sql_type: &SqlType) -> String;
    /// Whether tables and columns can have comments.
    fn has_comments(&self) -> bool;
    /// Whether an enum is a thing by itself, and not a part of each column that has it.
    fn names_enums(&self) -> bool {
        false
    }
    /// Whether types can come from extensions.
    fn has_extensions(&self) -> bool {
        false
    }
    /// Whether two names that differ in case only are one.
    fn folds_case(&self) -> bool;
    /// Whether a column that is not the whole primary key can be generated.
    fn generates_any_column(&self) -> bool;
    /// Whether the values of a column of the primary key can be converted by an expression.
    fn converts_keys(&self) -> bool {
        true
    }
    /// Diesel's types for a day and a time of day, the best first.
    fn timestamps(&self) -> &'static [&'static str] {
        &["Timestamp"]
    }
    /// Diesel's type for a moment in time; none where it has no such type.
    fn timestamptz(&self) -> Option<&'static str>;
    /// Whether the checks of a database, and so its foreign keys, must differ in name; otherwise those
    /// of one table must.
    fn names_constraints_by_database(&self) -> bool {
        false
    }
    /// Whether the indexes and unique constraints of one table must differ in name, and others may have the same.
    fn names_indexes_by_table(&self) -> bool {
        false
    }
    /// Whether it is a name that the database gives to the checks of several tables by itself.
    fn repeats_check_name(&self, _name: &Identifier) -> bool {
        false
    }
    /// Whether a transaction that is taken back takes changes of the schema back.
    fn undoes_ddl(&self) -> bool {
        true
    }
    /// The type of a column of ours for any text, whatever the database's own settings.
    fn any_text(&self) -> &'static str {
        "TEXT"
    }
    /// What of a table of this schema it cannot have, though it has the types of all columns.
    fn lacks(&self, _: &Table, _: &Schema) -> Vec<Lack> {
        Vec::new()
    }
    /// Why it cannot keep these labels.
    fn lacks_labels(&self, _: &EnumType) -> Option<String> {
        None
    }
    /// How it would understand an expression otherwise than other databases, where it does.
    fn misreads(&self, _: &Expression) -> Option<&'static str> {
        None
    }
    /// A value of a type, for a column whose values are gone; none of a type that nothing is known of.
    fn stand_in(&self, sql_type: &SqlType, schema: &Schema) -> Option<String>;
    /// An expression that is another number in each row of a table to which a column is added; none where
    /// only a generated column is filled so.
    fn row_number(&self) -> Option<&'static str> {
        None
    }
    /// The statements for changes to a database that is at `before`.
    fn script(&self, before: &Schema, after: &Schema, changes: &[Change]) -> Script;
    /// The frame that scripts may have.
    fn frame(&self) -> Option<Frame>;
    /// The parts of a script that was written, each with the table that it builds anew, if it does.
    fn rebuilds<'a>(&self, body: &'a str) -> Vec<(Option<Identifier>, &'a str)> {
        vec![(None, body)]
    }
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Dialect; 3] = [Dialect::Postgres, Dialect::Sqlite, Dialect::Mysql];

    fn rules(self) -> &'static dyn Rules {
        match self {
            Dialect::Postgres => &postgres::Postgres,
            Dialect::Sqlite => &sqlite::Sqlite,
            Dialect::Mysql => &mysql::Mysql,
        }
    }

    /// Its name in `fenrir.toml`, and of its folder in `migrations/`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgres",
            Dialect::Sqlite => "sqlite",
            Dialect::Mysql => "mysql",
        }
    }

    /// The name of its variant of this enum, for code that is generated.
    #[must_use]
    pub fn variant(self) -> &'static str {
        match self {
            Dialect::Postgres => "Postgres",
            Dialect::Sqlite => "Sqlite",
            Dialect::Mysql => "Mysql",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Dialect::Postgres => "PostgreSQL",
            Dialect::Sqlite => "SQLite",
            Dialect::Mysql => "MySQL/MariaDB",
        }
    }

    /// A name as SQL: quoted where it must be, and only there.
    #[must_use]
    pub fn quote(self, name: &Identifier) -> String {
        ddl::quote(self.rules(), name)
    }

    /// The name of a table as SQL, with the schema that it lies in: each part quoted where it must be.
    #[must_use]
    pub fn quote_table(self, name: &TableName) -> String {
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

    /// The type that this database calls so: the reverse of what it writes, and of what it says itself of a
    /// column. Where several types share a name it is one of them, always the same; a name that is nothing
    /// else is a type of the user's own. What of an enum is not in its name, such as its labels, it does not
    /// tell.
    ///
    /// ```
    /// use fenrir_schema::{Dialect, SqlType};
    ///
    /// let varchar = SqlType::VarChar { max_length: Some(96) };
    /// assert_eq!(Dialect::Postgres.read_type("character varying(96)")?, varchar);
    /// assert_eq!(Dialect::Sqlite.read_type("VARCHAR(96)")?, varchar);
    /// # Ok::<(), fenrir_schema::TypeNameError>(())
    /// ```
    ///
    /// # Errors
    /// When it is not the name of a type, or not one that can stand in SQL by itself.
    pub fn read_type(self, text: &str) -> Result<SqlType, TypeNameError> {
        self.read_type_in(&TableOptions::default(), text)
    }

    /// The type that a table of these options calls so, as [`Dialect::read_type`] tells it.
    ///
    /// ```
    /// use fenrir_schema::{Dialect, SqlType, SqliteOptions, TableOptions};
    ///
    /// let strict = SqliteOptions { strict: true, ..SqliteOptions::default() };
    /// let options = TableOptions { sqlite: strict, ..TableOptions::default() };
    /// assert_eq!(Dialect::Sqlite.read_type_in(&options, "INT")?, SqlType::BigInt);
    /// # Ok::<(), fenrir_schema::TypeNameError>(())
    /// ```
    ///
    /// # Errors
    /// When it is not the name of a type, or not one that can stand in SQL by itself.
    pub fn read_type_in(self, options: &TableOptions, text: &str) -> Result<SqlType, TypeNameError> {
        let name = TypeName::new(text)?;
        Ok(self.rules().known_type_in(options, &name).unwrap_or_else(|| SqlType::Custom {
            name: self.rules().canonical_type_name(name),
            extension: None,
        }))
    }

    /// The type of Diesel's as which Diesel reads and writes the values of a type that has no other name in it;
    /// none where there is no such type.
    #[cfg(feature = "writer")]
    pub(crate) fn like_type(self, name: &TypeName) -> Option<SqlType> {
        self.rules().like_type(name)
    }

    /// The type that stands for all that this database has one name for: as it reads the name again. An enum
    /// is itself, and so is what the database has no type for.
    #[must_use]
    pub fn normal_type(self, sql_type: &SqlType) -> SqlType {
        self.normal_type_in(&TableOptions::default(), sql_type)
    }

    /// The type that stands for all that a table of these options has one name for.
    #[must_use]
    pub fn normal_type_in(self, options: &TableOptions, sql_type: &SqlType) -> SqlType {
        if sql_type.enum_name().is_some() {
            return sql_type.clone();
        }
        let name = self.rules().type_name_in(options, sql_type);
        name.and_then(|name| self.read_type_in(options, &name).ok()).unwrap_or_else(|| sql_type.clone())
    }

    /// A default as SQL, as it stands behind `DEFAULT`.
    pub(crate) fn default_sql(self, value: &DefaultValue, sql_type: &SqlType) -> String {
        self.rules().default(value, sql_type)
    }

    /// Whether its enums are types with names of their own, and not a part of each column that has one.
    #[must_use]
    pub fn has_enums(self) -> bool {
        self.rules().has_enums()
    }

    pub(crate) fn normalize(self, table: &mut Table) {
        self.rules().normalize(table);
    }

    pub(crate) fn quoted(self, first: char) -> Option<Quoted> {
        self.rules().quoted(first)
    }

    pub(crate) fn file_syntax(self) -> &'static FileSyntax {
        self.rules().file_syntax()
    }

    pub(crate) fn is_silent(self, word: &str) -> bool {
        self.rules().is_silent(word)
    }

    pub(crate) fn is_reserved(self, word: &str) -> bool {
        self.rules().is_reserved(word)
    }

    /// Whether its tables and columns can have comments.
    #[must_use]
    pub fn has_comments(self) -> bool {
        self.rules().has_comments()
    }

    /// Whether an enum is a thing by itself in it, and not a part of each column that has it.
    #[must_use]
    pub fn names_enums(self) -> bool {
        self.rules().names_enums()
    }

    /// Whether types can come from extensions of it.
    #[must_use]
    pub fn has_extensions(self) -> bool {
        self.rules().has_extensions()
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

    /// Whether it can convert the values of a column of the primary key by an expression.
    #[must_use]
    pub fn converts_keys(self) -> bool {
        self.rules().converts_keys()
    }

    /// Diesel's types (`diesel::sql_types`) for a day and a time of day in this database, the best first.
    #[must_use]
    pub fn diesel_timestamps(self) -> &'static [&'static str] {
        self.rules().timestamps()
    }

    /// Diesel's type (`diesel::sql_types`) for a moment in time in this database; none where it has none.
    #[must_use]
    pub fn diesel_timestamptz(self) -> Option<&'static str> {
        self.rules().timestamptz()
    }

    /// Whether all checks of a database, and all its foreign keys, must differ in name, and not only
    /// those of one table.
    #[must_use]
    pub fn names_constraints_by_database(self) -> bool {
        self.rules().names_constraints_by_database()
    }

    /// Whether the indexes and unique constraints of one table must differ in name, and those of another may have the
    /// same; otherwise they share names with tables, those of one schema.
    #[must_use]
    pub fn names_indexes_by_table(self) -> bool {
        self.rules().names_indexes_by_table()
    }

    /// Whether it is a name that the database gives to the checks of several tables by itself.
    #[must_use]
    pub fn repeats_check_name(self, name: &Identifier) -> bool {
        self.rules().repeats_check_name(name)
    }

    /// Whether a transaction that is taken back takes changes of the schema back. Where it does not,
    /// each of them is committed at once, with what came before it.
    #[must_use]
    pub fn undoes_ddl(self) -> bool {
        self.rules().undoes_ddl()
    }

    /// The type of a column that can hold any text, whatever the settings of the database that it is in.
    #[must_use]
    pub fn any_text(self) -> &'static str {
        self.rules().any_text()
    }

    /// What of a table it cannot have, though it holds the types of all its columns. `schema` is the one that the table
    /// is of, as this database has it ([`Schema::of`]).
    #[must_use]
    pub fn lacks(self, table: &Table, schema: &Schema) -> Vec<Lack> {
        self.rules().lacks(&table.of(self), schema)
    }

    /// Why it cannot keep an enum's labels as they are, where it cannot.
    #[must_use]
    pub fn lacks_labels(self, definition: &EnumType) -> Option<String> {
        self.rules().lacks_labels(definition)
    }

    /// What an expression would mean to it that is not what it says, where there is such a thing.
    #[must_use]
    pub fn misreads(self, expression: &Expression) -> Option<&'static str> {
        self.rules().misreads(expression)
    }

    /// The SQL for changes to a database whose schema is `before`.
    ///
    /// # Errors
    /// When a change does not fit the schema.
    pub fn script(self, before: &Schema, changes: &[Change]) -> Result<Script, FoldError> {
        let mut after = before.clone();
        crate::fold(&mut after, changes)?;
        let own = self.own_changes(before, changes);
        let seen = |schema: Schema| projection::with_handed_over(schema, changes).of(self);
        Ok(self.rules().script(&seen(before.clone()), &seen(after), &own))
    }

    /// Those of some changes to a schema, which they fit, that are changes of this database: a constraint or
    /// an index that it has not is none of its.
    #[must_use]
    pub fn own_changes(self, before: &Schema, changes: &[Change]) -> Vec<Change> {
        projection::changes(before, changes, self)
    }

    /// Gives a value to each column that must hold one and whose values are nowhere to be had: what a down
    /// migration does for a column that the up migration dropped, or that could hold NULL after it. Says
    /// for each what it gave. A type of the user's own is given nothing: the database refuses its rows.
    #[must_use]
    pub fn with_stand_ins(self, before: &Schema, changes: &[Change]) -> (Vec<Change>, Vec<StandIn>) {
        let mut stand_ins = Vec::new();
        let unmanaged = Unmanaged { enums: before.unmanaged.enums.clone(), ..Unmanaged::default() };
        let mut enums = Schema { enums: before.enums.clone(), unmanaged, ..Schema::default() };
        let changes = self.with_numbers(changes, &mut stand_ins);
        let changes = changes.iter().enumerate().map(|(number, change)| {
            let mut change = change.clone();
            // The enums as they are at that change: one may come back with its column.
            if change.table().is_none() {
                let _ = crate::fold(&mut enums, std::slice::from_ref(&change));
            }
            let known = &staying(enums.clone().with_unmanaged(), &changes[number..]);
            let mut fill = |table: &TableName, column: &Column| {
                let value = match &column.default {
                    Some(default) => self.rules().default(default, &column.sql_type),
                    None => self.rules().stand_in(&column.sql_type, known)?,
                };
                let (table, column) = (table.clone(), column.name.clone());
                let backfill = Expression::new(&value).ok();
                stand_ins.push(StandIn { table, column, value });
                backfill
            };
            match &mut change {
                Change::AddColumn { table, column, backfill: backfill @ None } if needs_value(column) => {
                    *backfill = fill(table, column);
                }
                // What is generated is filled by the database.
                Change::AlterColumn { to, .. } if to.generated.is_some() => {}
                Change::AlterColumn { from, to, using: using @ None, .. } if is_lost(from, to) => {
                    let value = if to.nullable {
                        Some("NULL".to_owned())
                    } else {
                        self.rules().stand_in(&to.sql_type, known)
                    };
                    *using = value.and_then(|value| Expression::new(value).ok());
                }
                Change::AlterColumn { table, from, to, backfill: backfill @ None, .. }
                    if from.nullable && !to.nullable =>
                {
                    *backfill = fill(table, to);
                }
                _ => {}
            }
            change
        });
        (changes.collect(), stand_ins)
    }

    /// Numbers the rows for a key of integers that comes back without its values: one value for all of them
    /// would be refused.
    fn with_numbers(self, changes: &[Change], stand_ins: &mut Vec<StandIn>) -> Vec<Change> {
        let mut numbered = Vec::with_capacity(changes.len());
        let mut no_more_generated = Vec::new();
        for (number, change) in changes.iter().enumerate() {
            let is_key = |name: &TableName, column: &Column| {
                changes[number..].iter().any(|later| {
                    matches!(later, Change::AlterPrimaryKey { table, to, .. }
                        if table == name && to.columns.as_slice() == std::slice::from_ref(&column.name))
                })
            };
            match change {
                Change::AddColumn { table, column, backfill: None }
                    if needs_value(column) && column.sql_type.is_integer() && is_key(table, column) =>
                {
                    let value = "a number each".to_owned();
                    stand_ins.push(StandIn { table: table.clone(), column: column.name.clone(), value });
                    let backfill = self.rules().row_number().and_then(|number| Expression::new(number).ok());
                    let mut filled = column.clone();
                    if backfill.is_none() {
                        filled.auto_increment = Some(AutoIncrement::Identity);
                        no_more_generated.push((table.clone(), filled.clone(), column.clone()));
                    }
                    numbered.push(Change::AddColumn { table: table.clone(), column: filled, backfill });
                }
                Change::AlterPrimaryKey { table, .. } => {
                    numbered.push(change.clone());
                    let (now, later): (Vec<_>, _) =
                        no_more_generated.into_iter().partition(|(of, ..)| of == table);
                    no_more_generated = later;
                    for (_, from, to) in now {
                        let table = table.clone();
                        numbered.push(Change::AlterColumn { table, from, to, using: None, backfill: None });
                    }
                }
                _ => numbered.push(change.clone()),
            }
        }
        numbered
    }

    /// The frame around the statements of scripts that open their own transaction in this dialect.
    #[must_use]
    pub fn frame(self) -> Option<Frame> {
        self.rules().frame()
    }

    /// The parts of what stands inside such a frame, in their order, each with the table that it builds anew,
    /// if it does: what hangs on the old table goes with it.
    #[must_use]
    pub fn rebuilds(self, body: &str) -> Vec<(Option<Identifier>, &str)> {
        self.rules().rebuilds(body)
    }
}

/// The enums of a schema, each with a label first that later changes leave as it is, where there is one.
fn staying(mut schema: Schema, later: &[Change]) -> Schema {
    for (name, definition) in &mut schema.enums {
        let stays = |label: &String| {
            let mut name = name;
            later.iter().all(|change| match change {
                Change::RenameEnum { from, to } if from == name => {
                    name = to;
                    true
                }
                Change::AlterEnum { name: of, to, renamed, .. } if of == name => {
                    to.labels.contains(label) && !renamed.contains_key(label)
                }
                _ => true,
            })
        };
        if let Some(at) = definition.labels.iter().position(stays) {
            definition.labels.swap(0, at);
        }
    }
    schema
}

/// Whether nothing of a column's values can be that of another: what was generated is none of its own.
fn is_lost(from: &Column, to: &Column) -> bool {
    let conversion = Conversion::between(&from.sql_type, &to.sql_type);
    conversion == Conversion::Unknown || from.generated.is_some() && conversion != Conversion::Keeps
}

/// Whether rows that exist need a value for this column when it is added.
#[must_use]
pub fn needs_value(column: &Column) -> bool {
    !column.nullable
        && column.default.is_none()
        && column.auto_increment.is_none()
        && column.generated.is_none()
}

/// A value that stands for one that is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// The table.
    pub table: TableName,
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
#[error("unknown dialect `{0}`; there are `postgres`, `sqlite` and `mysql`")]
pub struct UnknownDialect(pub String);

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "postgres" | "postgresql" => Ok(Dialect::Postgres),
            "sqlite" => Ok(Dialect::Sqlite),
            "mysql" | "mariadb" => Ok(Dialect::Mysql),
            // What is no word may be an address with a password.
            _ if name.len() <= 20 && name.chars().all(|c| c.is_ascii_alphanumeric()) => {
                Err(UnknownDialect(name.to_owned()))
            }
            _ => Err(UnknownDialect("…".to_owned())),
        }
    }
}
