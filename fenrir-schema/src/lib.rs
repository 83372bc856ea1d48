//! What a schema is, and nothing about databases that run: the model of tables and types, the reader
//! of model sources, the changes between two schemas, the SQL of each dialect, and the folders that
//! migrations are kept in.
//!
//! A user of Fenrir depends on `fenrir-migrate`, which re-exports what is needed of this crate.
//!
//! The way through it is one: sources → [`Schema`] → [`diff`] → [`Change`]s →
//! [`Dialect::script`] → [`Script`].

mod change;
mod conversion;
mod dialect;
mod diff;
pub mod digest;
mod expression;
mod fold;
mod identifier;
mod in_full;
pub mod migration;
pub mod project;
#[cfg(feature = "reader")]
pub mod reader;
mod renames;
mod schema;
mod script;
pub mod snapshot;
#[cfg(feature = "source")]
pub mod source;
mod sql_type;
mod table;
mod type_name;

pub use change::{Change, ConstraintKind, Loss, invert};
pub use conversion::Conversion;
pub use dialect::{Dialect, Lack, Part, StandIn, UnknownDialect, needs_value};
pub use diff::diff;
pub use expression::{DefaultValue, Expression, ExpressionError};
pub use fold::{FoldError, fold};
pub use identifier::{Identifier, IdentifierError, MAX_IDENTIFIER_BYTES};
pub use in_full::in_full;
pub use renames::{RenameCandidate, RenameError, Renames};
pub use schema::{EnumType, Schema};
pub use script::{Frame, Script, Statement};
pub use sql_type::{IntegerSize, RangeOf, SqlType};
pub use table::{
    AutoIncrement, Column, Deferral, ForeignKey, Index, IndexKey, IndexTarget, NullsOrder, PrimaryKey,
    ReferentialAction, Table, Unique,
};
pub use type_name::{TypeName, TypeNameError};
