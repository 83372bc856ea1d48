//! What a schema is, and nothing about databases that run: the model of tables and types, the reader
//! of model sources, the changes between two schemas, the SQL of each dialect, and the folders that
//! migrations are kept in.
//!
//! A user of Fenrir depends on `fenrir-migrate`, which re-exports what is needed of this crate.
//!
//! The way through it is one: sources → [`Schema`] → [`diff`] → [`Change`]s →
//! [`Dialect::script`] → [`Script`].

mod change;
mod check;
mod collation;
mod conversion;
mod dialect;
mod dialects;
mod diff;
pub mod digest;
mod expression;
mod fold;
mod generated;
mod identifier;
mod in_full;
pub mod migration;
mod normal;
pub mod project;
mod projection;
#[cfg(feature = "reader")]
pub mod reader;
mod renames;
mod run_settings;
mod schema;
mod script;
mod session;
pub mod snapshot;
#[cfg(feature = "source")]
pub mod source;
mod sql_file;
mod sql_statement;
mod sql_target;
mod sql_type;
mod statements;
mod table;
mod table_name;
mod table_options;
mod token;
mod type_name;
mod unmanaged;
#[cfg(feature = "writer")]
pub mod writer;

pub use change::{Becomes, Change, ConstraintKind, Loss, invert};
pub use check::Check;
pub use collation::{Collation, CollationError};
pub use conversion::Conversion;
pub use dialect::{Dialect, Lack, Part, StandIn, UnknownDialect, needs_value};
pub use dialects::Dialects;
pub use diff::diff;
pub use expression::{DefaultValue, Expression, ExpressionError};
pub use fold::{FoldError, fold};
pub use generated::{Generated, GeneratedKind};
pub use identifier::{Identifier, IdentifierError, MAX_IDENTIFIER_BYTES};
pub use in_full::in_full;
pub use normal::column_enum;
pub use renames::{RenameCandidate, RenameError, Renames};
pub use run_settings::{RunSettingError, RunSettings, Verify};
pub use schema::{EnumType, Schema, Unmanaged};
pub use script::{Frame, Script, Statement};
pub use sql_file::{Piece, PieceKind};
pub use sql_type::{IntegerSize, RangeOf, SqlType};
pub use statements::{FileStatement, StatementKind};
pub use table::{
    AutoIncrement, Column, Deferral, ForeignKey, Index, IndexKey, IndexTarget, NullsOrder, PrimaryKey,
    ReferentialAction, Table, Unique,
};
pub use table_name::TableName;
pub use table_options::{MysqlOptions, OptionWord, OptionWordError, SqliteOptions, TableOptions};
pub use token::{Token, TokenKind};
pub use type_name::{TypeName, TypeNameError};
