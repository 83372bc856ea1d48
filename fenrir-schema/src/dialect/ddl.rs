//! SQL that all dialects write alike, but for names, types and literals.

use super::Rules;
use crate::table::{ForeignKey, Index, IndexTarget, NullsOrder, PrimaryKey, Unique};
use crate::{Change, Check, Column, DefaultValue, Expression, Identifier, Table, TableName};

/// What is named in SQL.
pub(super) trait Name {
    /// The name, quoted where it must be.
    fn quoted(&self, rules: &dyn Rules) -> String;
}

impl Name for Identifier {
    fn quoted(&self, rules: &dyn Rules) -> String {
        part(rules, self.as_str())
    }
}

impl Name for TableName {
    fn quoted(&self, rules: &dyn Rules) -> String {
        let name = self.name.quoted(rules);
        match &self.schema {
            Some(schema) => format!("{}.{name}", schema.quoted(rules)),
            None => name,
        }
    }
}

/// A name as SQL.
pub(super) fn quote(rules: &dyn Rules, name: &impl Name) -> String {
    name.quoted(rules)
}

/// Only plain lower-case names go without quotes: the others mean something else, or nothing, in one database
/// or the other.
fn part(rules: &dyn Rules, text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !rules.is_reserved(text) {
        text.to_owned()
    } else {
        let mark = rules.quotation_mark();
        format!("{mark}{}{mark}", text.replace(mark, &format!("{mark}{mark}")))
    }
}

pub(super) fn quoted_list(rules: &dyn Rules, names: &[Identifier]) -> String {
    names.iter().map(|name| quote(rules, name)).collect::<Vec<_>>().join(", ")
}

/// `name type [COLLATE …] [NOT NULL] [DEFAULT …] [GENERATED ALWAYS AS (…)]`.
pub(super) fn column(rules: &dyn Rules, column: &Column, type_name: &str) -> String {
    let mut sql = format!("{} {type_name}{}", quote(rules, &column.name), collate(rules, column));
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    if let Some(default) = &column.default {
        sql.push_str(" DEFAULT ");
        sql.push_str(&rules.default(default, &column.sql_type));
    }
    if let Some(generated) = &column.generated {
        sql.push_str(&format!(" GENERATED ALWAYS AS ({}) {}", generated.expression, generated.kind.sql()));
    }
    sql
}

/// What stands behind a column's type for its collation: the one that this database's script has left.
pub(super) fn collate(rules: &dyn Rules, column: &Column) -> String {
    let Some(collation) = column.collations.values().next() else { return String::new() };
    let schema = collation.schema().map(|schema| format!("{}.", quote(rules, schema))).unwrap_or_default();
    format!(" COLLATE {schema}{}", quote(rules, collation.name()))
}

/// The parts of a table's body after its columns, each `CONSTRAINT name …`.
pub(super) fn constraints(rules: &dyn Rules, table: &Table, with_primary_key: bool) -> Vec<String> {
    let mut parts = Vec::new();
    if with_primary_key && table.has_primary_key() {
        parts.push(primary_key(rules, &table.primary_key));
    }
    parts.extend(table.uniques.iter().map(|(name, unique)| self::unique(rules, name, unique)));
    parts.extend(table.checks.iter().map(|(name, check)| self::check(rules, name, check)));
    parts.extend(table.foreign_keys.iter().map(|(name, key)| foreign_key(rules, name, key)));
    parts
}

pub(super) fn primary_key(rules: &dyn Rules, key: &PrimaryKey) -> String {
    let columns = quoted_list(rules, &key.columns);
    format!("CONSTRAINT {} PRIMARY KEY ({columns})", quote(rules, &key.name))
}

pub(super) fn create_table(rules: &dyn Rules, name: &TableName, parts: &[String]) -> String {
    format!("CREATE TABLE {} (\n    {}\n)", quote(rules, name), parts.join(",\n    "))
}

pub(super) fn unique(rules: &dyn Rules, name: &Identifier, unique: &Unique) -> String {
    format!(
        "CONSTRAINT {} UNIQUE{} ({}){}",
        quote(rules, name),
        nulls(unique.nulls_not_distinct),
        quoted_list(rules, &unique.columns),
        unique.deferral.sql()
    )
}

fn nulls(not_distinct: bool) -> &'static str {
    if not_distinct { " NULLS NOT DISTINCT" } else { "" }
}

pub(super) fn check(rules: &dyn Rules, name: &Identifier, check: &Check) -> String {
    format!("CONSTRAINT {} CHECK ({})", quote(rules, name), check.expression)
}

pub(super) fn foreign_key(rules: &dyn Rules, name: &Identifier, key: &ForeignKey) -> String {
    let mut sql = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
        quote(rules, name),
        quoted_list(rules, &key.columns),
        quote(rules, &key.references),
        quoted_list(rules, &key.referenced_columns),
    );
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if action != Default::default() {
            sql.push_str(&format!(" ON {event} {}", action.sql()));
        }
    }
    sql.push_str(key.deferral.sql());
    sql
}

pub(super) fn create_index(rules: &dyn Rules, table: &TableName, name: &Identifier, index: &Index) -> String {
    let mut sql = format!(
        "CREATE {}INDEX {} ON {}{} ({})",
        if index.unique { "UNIQUE " } else { "" },
        quote(rules, name),
        quote(rules, table),
        index.method.as_ref().map(|method| format!(" USING {}", quote(rules, method))).unwrap_or_default(),
        index_keys(rules, index),
    );
    if !index.include.is_empty() {
        sql.push_str(&format!(" INCLUDE ({})", quoted_list(rules, &index.include)));
    }
    sql.push_str(nulls(index.nulls_not_distinct));
    if let Some(predicate) = &index.predicate {
        sql.push_str(&format!(" WHERE {predicate}"));
    }
    sql
}

/// What stands in an index's parentheses.
pub(super) fn index_keys(rules: &dyn Rules, index: &Index) -> String {
    let keys = index.keys.iter().map(|key| {
        let of = match &key.of {
            IndexTarget::Column(column) => quote(rules, column),
            IndexTarget::Expression(expression) => format!("({expression})"),
        };
        let collate = key.collate.as_ref().map(|name| format!(" COLLATE {}", quote(rules, name)));
        let opclass = key.opclass.as_ref().map(|name| format!(" {}", quote(rules, name)));
        let order = if key.descending { " DESC" } else { "" };
        let nulls = match key.nulls {
            None => "",
            Some(NullsOrder::First) => " NULLS FIRST",
            Some(NullsOrder::Last) => " NULLS LAST",
        };
        [of, collate.unwrap_or_default(), opclass.unwrap_or_default(), order.to_owned(), nulls.to_owned()]
            .concat()
    });
    keys.collect::<Vec<_>>().join(", ")
}

/// Changes in runs: several that one `ALTER TABLE` can make, or one by itself. Columns that come or go empty,
/// and the key that they belong to.
pub(super) fn in_runs(changes: &[Change]) -> impl Iterator<Item = &[Change]> {
    let is_action = |change: &Change| match change {
        Change::AddColumn { backfill, .. } => backfill.is_none(),
        Change::AlterPrimaryKey { from, to, .. } => from.columns != to.columns,
        Change::DropColumn { .. } => true,
        _ => false,
    };
    changes.chunk_by(move |a, b| a.table() == b.table() && is_action(a) && is_action(b))
}

/// The columns that a list of changes drops and adds again, each with its table as it is called then: those that stay,
/// and of which what no change says is not meant to go.
pub(super) fn come_again(changes: &[Change]) -> Vec<(&TableName, &Column)> {
    let dropped = changes.iter().enumerate().filter_map(|(at, change)| match change {
        Change::DropColumn { table, column } => Some((at, table, column)),
        _ => None,
    });
    let comes = |at: usize, table: &TableName, column: &Column| {
        let mut now = table;
        changes[at..].iter().any(|change| match change {
            Change::RenameTable { from, to } if from == now => {
                now = to;
                false
            }
            Change::AddColumn { table, column: added, .. } => table == now && added.name == column.name,
            _ => false,
        })
    };
    dropped
        .filter(|(at, table, column)| comes(*at, table, column))
        .map(|(_, table, column)| (table, column))
        .collect()
}

/// What a run does, in words.
pub(super) fn about(run: &[Change]) -> String {
    run.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// An expression behind `DEFAULT`: in parentheses unless it is one word, as `CURRENT_TIMESTAMP`.
pub(super) fn default_expression(expression: &Expression) -> String {
    let text = expression.as_str();
    if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        text.to_owned()
    } else {
        format!("({text})")
    }
}

/// What defaults have in common: a text is a literal, a number is as written.
pub(super) fn default(rules: &dyn Rules, value: &DefaultValue) -> String {
    match value {
        DefaultValue::Text(text) => rules.literal(text),
        DefaultValue::Number(number) => number.clone(),
        DefaultValue::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        DefaultValue::Expression(expression) => default_expression(expression),
    }
}
