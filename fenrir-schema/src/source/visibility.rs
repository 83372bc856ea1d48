//! From where an item can be named.

/// An item's visibility, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    /// `pub`
    Public,
    /// `pub(crate)`
    Crate,
    /// `pub(super)`
    Super,
    /// None, or one that is narrower than the crate.
    Private,
}

impl Visibility {
    /// The visibility of an item that begins here, behind its attributes.
    pub(super) fn read(item: &str) -> Self {
        let Some(rest) = item.strip_prefix("pub") else { return Self::Private };
        let Some(rest) = past_blank(rest).strip_prefix('(') else { return Self::Public };
        let Some((inside, _)) = rest.split_once(')') else { return Self::Private };
        match inside.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["crate"] | ["in", "crate"] => Self::Crate,
            ["super"] | ["in", "super"] => Self::Super,
            _ => Self::Private,
        }
    }
}

fn past_blank(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        let comment = match text.get(..2) {
            Some("//") => text.split_once('\n'),
            Some("/*") => text.split_once("*/"),
            _ => None,
        };
        match comment {
            Some((_, rest)) => text = rest,
            None => return text,
        }
    }
}
