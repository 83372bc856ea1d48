//! Which collation a column has in each database.

use std::collections::BTreeMap;

use super::super::context::Mark;
use super::super::entries::code_list;
use super::super::model::Field;
use crate::{Collation, Dialect, SqlType};

/// `known` is whether the column's type is.
pub(super) fn lower(
    field: &Field,
    sql_type: &SqlType,
    known: bool,
    dialects: &[Dialect],
    report: &mut impl FnMut(Mark, String),
) -> BTreeMap<Dialect, Collation> {
    let Some(said) = &field.attributes.collate else { return BTreeMap::new() };
    if known && !is_collated(sql_type) {
        report(said.mark, format!("`collate` is for text, and this column is {sql_type}"));
        return BTreeMap::new();
    }
    if let (Some(only), [_, _, ..]) = (&said.only, dialects) {
        let each: Vec<_> = dialects.iter().map(|dialect| format!("{dialect} = \"…\"")).collect();
        let message = format!(
            "a collation has another name in each database, and `fenrir.toml` names several: write \
             `collate({})`, where one that is left out has its default",
            each.join(", ")
        );
        report(only.mark, message);
        return BTreeMap::new();
    }
    for (dialect, _) in &said.named {
        if !dialects.contains(&dialect.value) {
            let message = format!(
                "`fenrir.toml` does not name {} among the project's databases, which are {}",
                dialect.value.title(),
                code_list(dialects)
            );
            report(dialect.mark, message);
        }
    }
    let collations = dialects.iter().filter_map(|&dialect| Some((dialect, said.of(dialect)?.value.clone())));
    collations.collect()
}

/// Of a type of the user's own the database says whether it is.
fn is_collated(sql_type: &SqlType) -> bool {
    sql_type.is_text() || matches!(sql_type, SqlType::Citext | SqlType::Custom { .. })
}
