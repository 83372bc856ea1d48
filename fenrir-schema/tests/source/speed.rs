//! How long the build step takes to read a large crate.
