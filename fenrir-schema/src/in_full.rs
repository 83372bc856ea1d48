//! Errors in one line.

use std::error::Error;

/// An error with all that caused it: `cannot read `a.toml`: permission denied`.
///
/// ```
/// let error = std::io::Error::other("the disk is gone");
/// assert_eq!(fenrir_schema::in_full(&error), "the disk is gone");
/// ```
#[must_use]
pub fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let more = inner.to_string();
        // Some errors say what caused them themselves.
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = inner.source();
    }
    text
}
