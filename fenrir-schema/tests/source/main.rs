//! Reading models from the sources of whole packages, written into temporary folders.
#![cfg(feature = "source")]
#![expect(clippy::unwrap_used, reason = "what helpers of tests cannot do, fails the test")]

mod aliases;
mod cfg;
mod modules;
mod package;
mod problems;
mod robustness;
mod speed;
mod text;
mod visibility;
