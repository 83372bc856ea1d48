//! Reading models from tokens. The derive and the build step both come here, so that they cannot
//! disagree on what an attribute means.
//!
//! A model is read in two steps: [`Model::read`] takes what its own tokens say, and
//! [`lower`](lower::lower) makes tables of all models together, since a type or a foreign key may
//! mean something that stands elsewhere.

mod collate_attribute;
mod column_attribute;
mod context;
mod db_enum;
mod diesel_attribute;
mod entries;
pub mod facts;
mod generated_attribute;
mod index_attribute;
pub mod lower;
mod model;
mod names;
mod option_attribute;
mod rust_type;
mod table_attribute;

pub use context::{Context, Mark, Marked};
pub use db_enum::{DbEnumModel, DbEnumVariant};
pub use facts::{ColumnFacts, Facts, Join, Problem};
pub use model::{Field, FieldType, Model};
#[cfg(feature = "writer")]
pub(crate) use names::{capitalized, snake_case, words};
#[cfg(feature = "source")]
pub(crate) use rust_type::is_known_type;
