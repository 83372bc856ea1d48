//! What SQLite lacks of indexes.

use crate::Table;
use crate::dialect::{Lack, Part, lack};

/// Those that are there without a program's own help (<https://www.sqlite.org/datatype3.html#collating_sequences>).
const COLLATIONS: &[&str] = &["BINARY", "NOCASE", "RTRIM"];

pub(super) fn lacks(table: &Table) -> Vec<Lack> {
    let mut lacks = lack::of_postgres(table, "SQLite");
    for (name, index) in &table.indexes {
        let collations = index.keys.iter().filter_map(|key| key.collate.as_ref());
        let is_known = |collate: &str| COLLATIONS.iter().any(|known| known.eq_ignore_ascii_case(collate));
        for collate in collations.filter(|collate| !is_known(collate.as_str())) {
            lacks.push(Lack {
                part: Part::Named(name.clone()),
                message: format!(
                    "SQLite has the collations `BINARY`, `NOCASE` and `RTRIM`, and not `{collate}`: say where the index \
                     is, with `dialects(…)`"
                ),
            });
        }
    }
    lacks
}
