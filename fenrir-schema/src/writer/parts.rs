//! Constraints and indexes, on the field that they are of, or on the struct.

use super::layout::{Item, literal};
use super::plan::{ModelPlan, Plan};
use super::{Layout, table};
use crate::{
    Check, Column, Deferral, ForeignKey, Identifier, Index, IndexTarget, NullsOrder, ReferentialAction,
    Table, Unique,
};

/// The column on whose field a unique constraint is said: a field has room for one.
pub(super) fn unique_of_field<'a>(table: &'a Table, name: &Identifier) -> Option<&'a Identifier> {
    let [column] = table.uniques.get(name)?.columns.as_slice() else { return None };
    let first = table.uniques.iter().find(|(_, unique)| unique.columns == [column.clone()]);
    first.filter(|(first, _)| *first == name).map(|_| column)
}

/// The column on whose field an index is said.
pub(super) fn index_of_field<'a>(table: &'a Table, name: &Identifier) -> Option<&'a Identifier> {
    let only = |index: &'a Index| match index.keys.as_slice() {
        [key] if !key.descending && key.nulls.is_none() && key.collate.is_none() && key.opclass.is_none() => {
            match &key.of {
                IndexTarget::Column(column) => Some(column),
                IndexTarget::Expression(_) => None,
            }
        }
        _ => None,
    };
    let column = only(table.indexes.get(name)?)?;
    let first = table.indexes.iter().find(|(_, index)| only(index) == Some(column));
    first.filter(|(first, _)| *first == name).map(|_| column)
}

/// The column on whose field a foreign key is said, which has no room for its name.
pub(super) fn reference_of_field<'a>(table: &'a Table, name: &Identifier) -> Option<&'a Identifier> {
    let [column] = table.foreign_keys.get(name)?.columns.as_slice() else { return None };
    (*name == Identifier::generated([&table.name.name, column], "fkey")).then_some(column)
}

/// What stands on the field of a column.
pub(super) fn of_field(plan: &Plan<'_>, model: &ModelPlan<'_>, column: &Column, layout: Layout) -> Vec<Item> {
    let table = model.table;
    let mut items = Vec::new();
    for (name, unique) in &table.uniques {
        if unique_of_field(table, name) == Some(&column.name) {
            items.push(bare("unique", unique_items(table, name, unique)));
        }
    }
    if model.unmanaged.is_some() {
        return items;
    }
    for (name, index) in &table.indexes {
        if index_of_field(table, name) == Some(&column.name) {
            items.push(bare("index", index_items(model, name, index)));
        }
    }
    for (name, key) in &table.foreign_keys {
        if reference_of_field(table, name) == Some(&column.name) {
            items.push(Item::word(format!("references = {}", target(plan, key, layout))));
            items.extend(actions(key));
            items.extend(deferral(key.deferral));
        }
    }
    items
}

/// `unique`, or `unique(…)` where there is more to say.
fn bare(key: &str, items: Vec<Item>) -> Item {
    if items.is_empty() { Item::word(key) } else { Item::list(key, items) }
}

pub(super) fn unique(model: &ModelPlan<'_>, name: &Identifier, unique: &Unique) -> Item {
    let mut items = vec![columns(model, &unique.columns)];
    items.extend(unique_items(model.table, name, unique));
    Item::list("unique", items)
}

fn unique_items(table: &Table, name: &Identifier, unique: &Unique) -> Vec<Item> {
    let mut items = Vec::new();
    items.extend(unique.nulls_not_distinct.then(|| Item::word("nulls_not_distinct")));
    items.extend(deferral(unique.deferral));
    let generated = Identifier::generated(std::iter::once(&table.name.name).chain(&unique.columns), "key");
    items.extend(named(name, &generated));
    items
}

pub(super) fn index(model: &ModelPlan<'_>, name: &Identifier, index: &Index) -> Item {
    let mut items = Vec::new();
    let mut fields: Vec<Item> = Vec::new();
    for key in &index.keys {
        let mut behind = String::new();
        if let Some(collate) = &key.collate {
            behind.push_str(&format!(" collate = {}", literal(collate.as_str())));
        }
        if let Some(opclass) = &key.opclass {
            behind.push_str(&format!(" opclass = {}", word(opclass.as_str())));
        }
        behind.push_str(if key.descending { " desc" } else { "" });
        behind.push_str(match key.nulls {
            Some(NullsOrder::First) => " nulls_first",
            Some(NullsOrder::Last) => " nulls_last",
            None => "",
        });
        match &key.of {
            IndexTarget::Column(column) => {
                fields.push(Item::word(format!("{}{behind}", model.field(column))))
            }
            IndexTarget::Expression(expression) => {
                if !fields.is_empty() {
                    items.push(Item::list("columns", std::mem::take(&mut fields)));
                }
                items.push(Item::word(format!("expr = {}{behind}", literal(expression.as_str()))));
            }
        }
    }
    if !fields.is_empty() {
        items.push(Item::list("columns", fields));
    }
    items.extend(index_items(model, name, index));
    Item::list("index", items)
}

/// All but its keys.
fn index_items(model: &ModelPlan<'_>, name: &Identifier, index: &Index) -> Vec<Item> {
    let mut items = Vec::new();
    items.extend(index.method.as_ref().map(|method| Item::word(format!("method = {}", method.as_str()))));
    if !index.include.is_empty() {
        let fields = index.include.iter().map(|column| Item::word(model.field(column)));
        items.push(Item::list("include", fields.collect()));
    }
    items.extend(index.predicate.as_ref().map(|rows| Item::text("where", rows.as_str())));
    items.extend(index.unique.then(|| Item::word("unique")));
    items.extend((index.unique && index.nulls_not_distinct).then(|| Item::word("nulls_not_distinct")));
    items.extend(index.extension.as_ref().map(|name| Item::text("extension", name.as_str())));
    let expression = Identifier::generated([], "expr");
    let parts = index.keys.iter().map(|key| match &key.of {
        IndexTarget::Column(column) => column,
        IndexTarget::Expression(_) => &expression,
    });
    let generated = Identifier::generated(std::iter::once(&model.table.name.name).chain(parts), "idx");
    items.extend(named(name, &generated));
    items
}

/// An operator class without quotes where it is a word.
fn word(text: &str) -> String {
    let is_word = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && text.starts_with(|c: char| c.is_ascii_lowercase());
    if is_word { text.to_owned() } else { literal(text) }
}

pub(super) fn check(name: &Identifier, check: &Check) -> Item {
    Item::list(
        "check",
        vec![Item::text("name", name.as_str()), Item::text("expr", check.expression.as_str())],
    )
}

pub(super) fn foreign_key(
    plan: &Plan<'_>,
    model: &ModelPlan<'_>,
    name: &Identifier,
    key: &ForeignKey,
    layout: Layout,
) -> Item {
    let mut items = vec![columns(model, &key.columns)];
    items.push(Item::word(format!("references = {}", target(plan, key, layout))));
    items.extend(actions(key));
    items.extend(deferral(key.deferral));
    let parts = std::iter::once(&model.table.name.name).chain(&key.columns);
    items.extend(named(name, &Identifier::generated(parts, "fkey")));
    Item::list("foreign_key", items)
}

/// The model that a foreign key points at, with its fields where they are not the primary key.
fn target(plan: &Plan<'_>, key: &ForeignKey, layout: Layout) -> String {
    // What points at a table without a model is not written.
    let Some(parent) = plan.models.get(&key.references) else { return String::new() };
    let path = table::path(parent, layout);
    if parent.table.primary_key.columns == key.referenced_columns {
        return path;
    }
    let fields: Vec<_> = key.referenced_columns.iter().map(|column| parent.field(column)).collect();
    format!("{path}({})", fields.join(", "))
}

fn actions(key: &ForeignKey) -> Vec<Item> {
    let actions = [("on_delete", key.on_delete), ("on_update", key.on_update)];
    let word = |action| match action {
        ReferentialAction::NoAction => None,
        ReferentialAction::Restrict => Some("restrict"),
        ReferentialAction::Cascade => Some("cascade"),
        ReferentialAction::SetNull => Some("set_null"),
        ReferentialAction::SetDefault => Some("set_default"),
    };
    let said = actions.into_iter().filter_map(|(key, action)| Some(format!("{key} = {}", word(action)?)));
    said.map(Item::word).collect()
}

fn deferral(deferral: Deferral) -> Option<Item> {
    match deferral {
        Deferral::NotDeferrable => None,
        Deferral::Deferrable => Some(Item::word("deferrable")),
        Deferral::InitiallyDeferred => Some(Item::word("initially_deferred")),
    }
}

fn columns(model: &ModelPlan<'_>, columns: &[Identifier]) -> Item {
    Item::list("columns", columns.iter().map(|column| Item::word(model.field(column))).collect())
}

/// A name that is not the one that it would have anyway.
fn named(name: &Identifier, generated: &Identifier) -> Option<Item> {
    (name != generated).then(|| Item::text("name", name.as_str()))
}
