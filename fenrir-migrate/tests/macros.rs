//! Everything that the macros refuse, and how they say it.
//!
//! `TRYBUILD=overwrite` writes the messages anew. A package of trybuild's has no build step, so what
//! only that can find is tested in `fenrir-schema`.
#![cfg(feature = "runtime")]

#[test]
fn what_the_macros_refuse() {
    trybuild::TestCases::new().compile_fail("tests/macros/*.rs");
}

#[cfg(all(feature = "test", feature = "sqlite"))]
#[test]
fn what_the_test_macro_refuses() {
    trybuild::TestCases::new().compile_fail("tests/test_macro/*.rs");
}
