//! What tells at one look that a database has all migrations, as they are.

use serde::{Deserialize, Serialize};

use crate::digest;

/// The newest migration, with what stands for all of them.
///
/// ```
/// use fenrir_schema::migration::Head;
///
/// let head = Head::of([("20260101000000", "a checksum"), ("20260102000000", "another")]).unwrap();
/// assert_eq!(head.revision, "20260102000000");
/// assert!(head.is_of("20260101000000 20260102000000"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its revision id.
    pub revision: String,
    /// The hash of all revision ids.
    pub revisions: String,
    /// The hash of all revision ids with the checksums of their migrations: the [`chain_hash`] of the newest.
    pub chain: String,
    /// The revision ids of those that a function of the application's is a part of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
}

impl Head {
    /// The head of migrations, each its revision id and its checksum, in their order; none where there are none.
    pub fn of<'a>(migrations: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let (mut revisions, mut chain) = (Vec::new(), String::new());
        for (revision, checksum) in migrations {
            chain = chain_hash(&chain, revision, checksum);
            revisions.push(revision);
        }
        let revision = (*revisions.last()?).to_owned();
        let revisions = digest::sha256_hex(revisions.join(" ").as_bytes());
        Some(Self { revision, revisions, chain, functions: Vec::new() })
    }

    /// With the revision ids of those that a function is a part of.
    #[must_use]
    pub fn with_functions(self, functions: impl IntoIterator<Item = String>) -> Self {
        Self { functions: functions.into_iter().collect(), ..self }
    }

    /// Whether these are the revision ids of all migrations, in any order, with spaces between them.
    #[must_use]
    pub fn is_of(&self, revisions: &str) -> bool {
        let mut all: Vec<_> = revisions.split(' ').collect();
        if all.is_sorted() {
            return digest::sha256_hex(revisions.as_bytes()) == self.revisions;
        }
        all.sort_unstable();
        digest::sha256_hex(all.join(" ").as_bytes()) == self.revisions
    }
}

/// The hash of a migration with all that are before it: theirs, which is empty before the first, its revision id and
/// its checksum.
#[must_use]
pub fn chain_hash(before: &str, revision: &str, checksum: &str) -> String {
    digest::sha256_hex([before, revision, checksum].join("\0").as_bytes())
}
