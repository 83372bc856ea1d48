//! Enums, with what their variants are called in the database.

use std::collections::BTreeSet;

use super::layout::{Item, attribute};
use super::plan::{EnumPlan, Plan};
use crate::reader::{snake_case, words};

/// All enums, with the end of the last line, and an empty line between them.
pub(super) fn write(plan: &Plan<'_>) -> String {
    let mut taken = plan.relations();
    plan.enums.values().map(|one| source(plan, one, &mut taken)).collect::<Vec<_>>().join("\n")
}

fn source(plan: &Plan<'_>, one: &EnumPlan<'_>, taken: &mut BTreeSet<String>) -> String {
    let anyway = snake_case(&one.ident);
    let name = if plan.dialect.names_enums() {
        one.name.as_str().to_owned()
    } else {
        // The database has no name for it; no table and no index may have the same.
        let numbered = (2_u32..).map(|number| format!("{anyway}_{number}"));
        let all = std::iter::once(anyway.clone()).chain(numbered);
        all.into_iter().find(|name| taken.insert(name.clone())).unwrap_or_default()
    };
    let mut text = "#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq, Hash)]\n".to_owned();
    if name != anyway {
        text.push_str(&attribute(0, "db_enum", &[Item::text("name", &name)]));
    }
    text.push_str(&format!("pub enum {} {{\n", one.ident));
    for (label, variant) in one.definition.labels.iter().zip(&one.variants) {
        if words(variant).join("_") != *label {
            text.push_str(&attribute(4, "db_enum", &[Item::text("rename", label)]));
        }
        text.push_str(&format!("    {variant},\n"));
    }
    text + "}\n"
}
