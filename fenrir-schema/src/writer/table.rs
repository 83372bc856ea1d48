//! A model: the struct of a table, with all that its attributes say.

use super::layout::{self, Item, attribute, is_plain, literal};
use super::parts;
use super::plan::{ModelPlan, Plan};
use super::rust_type::{Types, Written};
use super::{Layout, Remark};
use crate::reader::lower::default_fits;
use crate::{
    AutoIncrement, Column, DefaultValue, Dialect, Expression, Identifier, MysqlOptions, SqlType, Table,
};

/// The struct, with the end of its last line, and what is to be said of it.
pub(super) fn write(
    plan: &Plan<'_>,
    model: &ModelPlan<'_>,
    layout: Layout,
    types: &mut Types<'_>,
) -> (String, Vec<Remark>) {
    let (table, dialect) = (model.table, plan.dialect);
    let mut remarks = Vec::new();
    let mut remark = |message: String| remarks.push(Remark { table: table.name.clone(), message });
    types.needs.columns(table.columns.len());
    let mut text = String::new();
    if let Some(reason) = &model.unmanaged {
        text.push_str(&comment(&format!("Left alone by migrations: {reason}.")));
    }
    if !table.has_primary_key() {
        text.push_str(&comment("It has no primary key: rows cannot be told apart, and this is for reading."));
        remark(
            "it has no primary key: its model is for reading, without `Identifiable` and `Insertable`"
                .to_owned(),
        );
    }
    let mut items = Vec::new();
    if dialect.has_comments() {
        text.push_str(&documentation(0, table.comment.as_deref(), &mut items));
    }
    let parents = parents(plan, model);
    let insertable = why_not_insertable(table);
    if let Some(reason) = insertable {
        remark(format!("its model has no `Insertable`: {reason}"));
    }
    let derives = [
        ("Table", true),
        ("Queryable", true),
        ("Selectable", true),
        ("Insertable", table.has_primary_key() && insertable.is_none()),
        ("Identifiable", table.has_primary_key()),
        ("Associations", !parents.is_empty()),
        ("Debug", true),
        ("Clone", true),
        ("PartialEq", true),
    ];
    let derives: Vec<_> = derives.into_iter().filter_map(|(name, is_one)| is_one.then_some(name)).collect();
    text.push_str(&layout::derives(&derives));
    let mut of_diesel = vec![Item::word(format!("table_name = {}", model.module))];
    let key: Vec<_> = table.primary_key.columns.iter().map(|column| model.field(column)).collect();
    if table.has_primary_key() && key != ["id"] {
        of_diesel.push(Item::list("primary_key", key.into_iter().map(Item::word).collect()));
    }
    text.push_str(&attribute(0, "diesel", &of_diesel));
    for (parent, field) in parents {
        let items = vec![Item::word(path(parent, layout)), Item::word(format!("foreign_key = {field}"))];
        text.push_str(&attribute(0, "diesel", &[Item::list("belongs_to", items)]));
    }
    for item in on_struct(plan, model, layout).into_iter().chain(items) {
        text.push_str(&attribute(0, "table", &[item]));
    }
    text.push_str(&format!("pub struct {} {{\n", model.ident));
    for (column, field) in table.columns.iter().zip(&model.fields) {
        text.push_str(&self::field(plan, model, column, field, layout, types));
    }
    text.push_str("}\n");
    (text, remarks)
}

/// The name of a model, from another.
pub(super) fn path(model: &ModelPlan<'_>, layout: Layout) -> String {
    match layout {
        Layout::OneFile => model.ident.clone(),
        Layout::Folder => format!("super::{}::{}", model.module, model.ident),
    }
}

/// What is said to who reads the source, and not to the database.
fn comment(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if is_plain(&format!("x{c}x")) { c } else { '\u{fffd}' }).collect();
    format!("// {text}\n")
}

/// A comment of the database as a doc comment where it can be one, and otherwise among the items.
fn documentation(indent: usize, comment: Option<&str>, items: &mut Vec<Item>) -> String {
    let Some(comment) = comment.filter(|comment| !comment.is_empty()) else { return String::new() };
    if is_plain(comment) && !comment.starts_with("* ") {
        return format!("{}/// {comment}\n", " ".repeat(indent));
    }
    items.push(Item::text("comment", comment));
    String::new()
}

/// The models that this one belongs to, each by the first of its foreign keys there.
fn parents<'a>(plan: &'a Plan<'_>, model: &'a ModelPlan<'_>) -> Vec<(&'a ModelPlan<'a>, &'a str)> {
    let mut parents: Vec<(&ModelPlan<'_>, &str)> = Vec::new();
    for column in &model.table.columns {
        for key in model.table.foreign_keys.values().filter(|key| key.columns == [column.name.clone()]) {
            let Some(parent) = plan.models.get(&key.references) else { continue };
            let is_own = key.references == model.table.name;
            let there = parent.table.primary_key.columns == key.referenced_columns;
            let is_first = !parents.iter().any(|(other, _)| other.ident == parent.ident);
            if model.unmanaged.is_none() && !is_own && there && is_first {
                parents.push((parent, model.field(&column.name)));
            }
        }
    }
    parents
}

/// Why Diesel does not compile `Insertable` for a table.
fn why_not_insertable(table: &Table) -> Option<&'static str> {
    let mut given = table.columns.iter().filter(|column| !is_skipped(column)).peekable();
    if given.peek().is_none() {
        return Some("the database gives every column its value");
    }
    let is_multirange =
        |column: &Column| column.nullable && matches!(column.sql_type, SqlType::Multirange(_));
    given.any(is_multirange).then_some("Diesel inserts no multirange that may be NULL")
}

/// Whether the database takes no value for a column.
fn is_skipped(column: &Column) -> bool {
    column.generated.is_some() || column.auto_increment == Some(AutoIncrement::IdentityAlways)
}

/// What stands in `#[table(…)]`, each in one of its own.
fn on_struct(plan: &Plan<'_>, model: &ModelPlan<'_>, layout: Layout) -> Vec<Item> {
    let table = model.table;
    let mut items = Vec::new();
    if model.module != table.name.name.as_str() {
        items.push(Item::text("name", table.name.name.as_str()));
    }
    if let Some(schema) = &table.name.schema {
        items.push(Item::text("schema", schema.as_str()));
    }
    if model.unmanaged.is_some() {
        items.push(Item::word("unmanaged"));
    }
    if !table.has_primary_key() {
        items.push(Item::list("primary_key", Vec::new()));
    } else if is_named(table, plan.dialect) {
        items.push(Item::list("primary_key", vec![Item::text("name", table.primary_key.name.as_str())]));
    }
    let uniques = table.uniques.iter().filter(|(name, _)| parts::unique_of_field(table, name).is_none());
    items.extend(uniques.map(|(name, unique)| parts::unique(model, name, unique)));
    if model.unmanaged.is_some() {
        return items;
    }
    let indexes = table.indexes.iter().filter(|(name, _)| parts::index_of_field(table, name).is_none());
    items.extend(indexes.map(|(name, index)| parts::index(model, name, index)));
    items.extend(table.checks.iter().map(|(name, check)| parts::check(name, check)));
    let keys = table.foreign_keys.iter().filter(|(name, _)| parts::reference_of_field(table, name).is_none());
    items.extend(keys.map(|(name, key)| parts::foreign_key(plan, model, name, key, layout)));
    items.extend(options(table, plan.dialect));
    items
}

/// Whether the primary key has a name that it would not have anyway.
fn is_named(table: &Table, dialect: Dialect) -> bool {
    let mut other = table.clone();
    other.primary_key.name = Identifier::generated([&table.name.name], "pkey");
    normal(table, dialect).primary_key.name != normal(&other, dialect).primary_key.name
}

/// The table as the database tells it.
fn normal(table: &Table, dialect: Dialect) -> Table {
    let mut table = table.clone();
    dialect.normalize(&mut table);
    table
}

/// What one database is told of the table.
fn options(table: &Table, dialect: Dialect) -> Option<Item> {
    let options = table.options.of(dialect);
    let sqlite = [(options.sqlite.strict, "strict"), (options.sqlite.without_rowid, "without_rowid")];
    let sqlite: Vec<_> =
        sqlite.into_iter().filter(|(is_set, _)| *is_set).map(|(_, word)| Item::word(word)).collect();
    let MysqlOptions { engine, charset, collate } = &options.mysql;
    let mysql: Vec<_> = [("engine", engine), ("charset", charset), ("collate", collate)]
        .into_iter()
        .filter_map(|(key, word)| Some(Item::text(key, word.as_ref()?.as_str())))
        .collect();
    match (sqlite.is_empty(), mysql.is_empty()) {
        (false, _) => Some(Item::list("sqlite", sqlite)),
        (_, false) => Some(Item::list("mysql", mysql)),
        _ => None,
    }
}

fn field(
    plan: &Plan<'_>,
    model: &ModelPlan<'_>,
    column: &Column,
    field: &str,
    layout: Layout,
    types: &mut Types<'_>,
) -> String {
    let table = model.table;
    let mut items = Vec::new();
    if field != column.name.as_str() {
        items.push(Item::text("name", column.name.as_str()));
    }
    let written = types.write(&column.sql_type, target(plan, table, column));
    type_items(&written, &mut items);
    let is_key = table.primary_key.columns.contains(&column.name);
    if is_key && normal(table, plan.dialect).column(&column.name).is_some_and(|column| column.nullable) {
        items.push(Item::word("nullable"));
    }
    items.extend(auto_increment(table, column));
    if model.unmanaged.is_none() {
        let labels = column.sql_type.enum_name().and_then(|name| plan.enums.get(name));
        let labels = labels.map(|found| found.definition.labels.as_slice());
        items.extend(column.default.as_ref().and_then(|value| default(plan.dialect, value, column, labels)));
        if let Some(generated) = &column.generated {
            items.push(Item::text("generated", generated.expression.as_str()));
            items.push(Item::word(generated.kind.sql().to_lowercase()));
        }
        if let Some(collation) = column.collations.get(&plan.dialect) {
            items.push(Item::text("collate", &String::from(collation.clone())));
        }
    }
    items.extend(parts::of_field(plan, model, column, layout));
    let mut text = String::new();
    if plan.dialect.has_comments() {
        text.push_str(&documentation(4, column.comment.as_deref(), &mut items));
    }
    text.push_str(&attribute(4, "column", &items));
    if is_skipped(column) && why_not_insertable(table).is_none() {
        text.push_str("    #[diesel(skip_insertion)]\n");
    }
    let is_optional = column.nullable && !is_key;
    let ty = if is_optional { format!("Option<{}>", written.rust) } else { written.rust };
    text + &layout::field(field, &ty)
}

fn type_items(written: &Written, items: &mut Vec<Item>) {
    items.extend(written.sql_type.as_ref().map(|name| Item::word(format!("sql_type = {name}"))));
    items.extend(written.type_name.as_ref().map(|name| Item::text("type_name", name)));
    items.extend(written.extension.as_ref().map(|name| Item::text("extension", name.as_str())));
    items.extend(written.max_length.map(|length| Item::word(format!("max_length = {length}"))));
    items.extend(written.precision.map(|precision| Item::word(format!("precision = {precision}"))));
    items.extend(written.scale.map(|scale| Item::word(format!("scale = {scale}"))));
}

/// The type of the column that one points at.
fn target<'a>(plan: &'a Plan<'_>, table: &Table, column: &Column) -> Option<&'a SqlType> {
    let mut keys = table.foreign_keys.values();
    keys.find_map(|key| {
        let at = key.columns.iter().position(|name| *name == column.name)?;
        let target = plan.models.get(&key.references)?.table.column(key.referenced_columns.get(at)?)?;
        Some(&target.sql_type)
    })
}

/// What is so anyway is not said: an integer that alone is the key is generated.
fn auto_increment(table: &Table, column: &Column) -> Option<Item> {
    let alone = table.primary_key.columns == [column.name.clone()];
    let points = table.foreign_keys.values().any(|key| key.columns.contains(&column.name));
    let anyway = alone && column.sql_type.is_integer() && !points && column.default.is_none();
    let word = match column.auto_increment {
        Some(AutoIncrement::Identity) if anyway => return None,
        None if !anyway => return None,
        None => "auto_increment = false",
        Some(AutoIncrement::Identity) => "auto_increment",
        Some(AutoIncrement::IdentityAlways) => "auto_increment = identity_always",
        Some(AutoIncrement::Serial) => "auto_increment = serial",
    };
    Some(Item::word(word))
}

/// A value where the reader takes it for one of the type, and otherwise the SQL of it.
fn default(
    dialect: Dialect,
    value: &DefaultValue,
    column: &Column,
    labels: Option<&[String]>,
) -> Option<Item> {
    let fits = default_fits(value, &column.sql_type, labels);
    let said = match value {
        DefaultValue::Text(text) if fits => literal(text),
        DefaultValue::Number(number) if fits && is_literal(number) => number.clone(),
        DefaultValue::Bool(value) if fits => value.to_string(),
        DefaultValue::Expression(expression) => format!("sql({})", literal(expression.as_str())),
        other => {
            let expression = Expression::new(dialect.default_sql(other, &column.sql_type)).ok()?;
            format!("sql({})", literal(expression.as_str()))
        }
    };
    Some(Item::word(format!("default = {said}")))
}

/// Whether Rust reads a number as it is written.
fn is_literal(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    match syn::parse_str::<syn::Lit>(digits) {
        Ok(syn::Lit::Int(literal)) => literal.base10_digits() == digits && literal.suffix().is_empty(),
        Ok(syn::Lit::Float(literal)) => literal.base10_digits() == digits && literal.suffix().is_empty(),
        _ => false,
    }
}
