//! Reading models from the sources of whole packages, written into temporary folders.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "source")]

mod aliases;
mod cfg;
mod collations;
mod generated;
mod modules;
mod mysql;
mod package;
mod parts;
mod problems;
mod robustness;
mod text;
mod types;
mod visibility;
