//! The schema, from the statements.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fenrir_schema::{
    AutoIncrement, Collation, DefaultValue, Dialect, Dialects, EnumType, Expression, ForeignKey, Generated,
    GeneratedKind, Identifier, Index, IndexKey, IndexTarget, PrimaryKey, SqlType, SqliteOptions, Table,
    TableName, TokenKind, Unique, column_enum,
};

use super::statement::{self, ColumnDefinition, Constraint, ConstraintKind, IndexedColumn, TableStatement};
use super::{Object, Relation};
use crate::introspect::builder::{Builder, empty_table, plain_column};
use crate::introspect::{Live, UnmanagedKind};

pub(super) fn live(relations: &[Relation], objects: &[Object]) -> Live {
    let mut builder = Builder::default();
    let mut statements = BTreeMap::new();
    for relation in relations {
        if let Some((name, parsed)) = table_statement(&mut builder, relation) {
            statements.insert(name, parsed);
        }
    }
    for relation in relations {
        let Ok(name) = Identifier::new(&relation.name) else { continue };
        let Some(parsed) = statements.get(&name) else { continue };
        let table =
            Assembly { builder: &mut builder, statements: &statements }.table(name.into(), parsed, relation);
        builder.schema.tables.insert(table.name.clone(), table);
    }
    for object in objects {
        add_object(&mut builder, object);
    }
    Live { folds_table_case: true, ..builder.finish(None) }
}

/// The statement of a table that models can be, where it says what the pragmas say.
fn table_statement(builder: &mut Builder, relation: &Relation) -> Option<(Identifier, TableStatement)> {
    match relation.kind.as_str() {
        "table" => {}
        "shadow" => {
            let about = Some("a part of a virtual table");
            builder.unmanaged(UnmanagedKind::VirtualTable, None, &relation.name, about);
            return None;
        }
        _ => {
            builder.unmanaged(UnmanagedKind::VirtualTable, None, &relation.name, None);
            return None;
        }
    }
    let name = builder.name(UnmanagedKind::Table, None, &relation.name)?;
    let parsed = relation.sql.as_deref().and_then(statement::table);
    let Some(parsed) = parsed.filter(|parsed| is_confirmed(parsed, relation)) else {
        let about = Some("its statement is not understood");
        builder.unmanaged(UnmanagedKind::Table, None, &relation.name, about);
        return None;
    };
    Some((name, parsed))
}

/// Whether a statement was read as SQLite reads it.
fn is_confirmed(parsed: &TableStatement, relation: &Relation) -> bool {
    let key = primary_key(parsed).map(|(_, columns)| columns).unwrap_or_default();
    parsed.columns.len() == relation.columns.len()
        && parsed.columns.iter().zip(&relation.columns).all(|(column, told)| {
            let is_key = key.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
            column.name == told.name
                // The columns of such a key are NOT NULL by themselves.
                && (column.not_null == (told.not_null != 0) || is_key && relation.without_rowid != 0)
                && is_key == (told.key != 0)
                && column.generated.is_some() == (told.hidden > 1)
        })
}

fn primary_key(parsed: &TableStatement) -> Option<(&Constraint, Vec<String>)> {
    let of_columns = parsed.columns.iter().flat_map(|column| &column.constraints);
    parsed.constraints.iter().chain(of_columns).find_map(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey { columns, .. } => Some((constraint, columns.clone())),
        _ => None,
    })
}

struct Assembly<'a> {
    builder: &'a mut Builder,
    statements: &'a BTreeMap<Identifier, TableStatement>,
}

impl Assembly<'_> {
    fn table(&mut self, name: TableName, parsed: &TableStatement, relation: &Relation) -> Table {
        let mut table = empty_table(name);
        table.options.sqlite =
            SqliteOptions { strict: relation.strict != 0, without_rowid: relation.without_rowid != 0 };
        for column in &parsed.columns {
            self.column(&mut table, column);
        }
        let of_columns = parsed.columns.iter().flat_map(|column| &column.constraints);
        for constraint in of_columns.chain(&parsed.constraints) {
            self.constraint(&mut table, parsed, constraint);
        }
        table
    }

    fn column(&mut self, table: &mut Table, parsed: &ColumnDefinition) {
        let on = table.name.to_text();
        let Some(name) = self.builder.name(UnmanagedKind::Column, Some(&on), &parsed.name) else { return };
        let sql_type = if let Some(labels) = enum_labels(&table.name, &name, parsed) {
            let of = column_enum(&table.name, &name);
            self.builder.schema.enums.insert(of.clone(), EnumType { labels });
            SqlType::Enum(of)
        } else if parsed.type_name.is_empty() {
            // It holds what a BLOB holds: <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>.
            self.option(&on, parsed, "it has no type");
            SqlType::Binary
        } else {
            match Dialect::Sqlite.read_type_in(&table.options, &unquoted(&parsed.type_name)) {
                Ok(sql_type) => sql_type,
                Err(error) => {
                    let about = format!("its type is {}: {error}", parsed.type_name);
                    self.builder.unmanaged(UnmanagedKind::Column, Some(&on), &parsed.name, Some(&about));
                    return;
                }
            }
        };
        let mut column = plain_column(name, sql_type);
        column.nullable = !parsed.not_null;
        if let Some(text) = &parsed.default {
            match default(text, &column.sql_type) {
                Ok(default) => column.default = default,
                Err(error) => self.option(&on, parsed, &format!("its default is {text}: {error}")),
            }
        }
        if let Some((text, stored)) = &parsed.generated {
            let kind = if *stored { GeneratedKind::Stored } else { GeneratedKind::Virtual };
            match expression(text) {
                Ok(expression) => column.generated = Some(Generated { expression, kind }),
                Err(error) => self.option(&on, parsed, &format!("it is generated as {text}: {error}")),
            }
        }
        if let Some(text) = &parsed.collation {
            match Collation::new(text.as_str()) {
                Ok(collation) => drop(column.collations.insert(Dialect::Sqlite, collation)),
                Err(error) => self.option(&on, parsed, &format!("the collation {text}: {error}")),
            }
        }
        if let Some(about) = &parsed.about {
            self.option(&on, parsed, about);
        }
        table.columns.push(column);
    }

    fn option(&mut self, table: &str, column: &ColumnDefinition, about: &str) {
        self.builder.unmanaged(UnmanagedKind::ColumnOption, Some(table), &column.name, Some(about));
    }

    fn constraint(&mut self, table: &mut Table, parsed: &TableStatement, constraint: &Constraint) {
        let on = table.name.to_text();
        let kind = match &constraint.kind {
            ConstraintKind::PrimaryKey { .. } => UnmanagedKind::PrimaryKeyOption,
            ConstraintKind::Unique { .. } => UnmanagedKind::UniqueConstraint,
            ConstraintKind::Check(_) => UnmanagedKind::Check,
            ConstraintKind::ForeignKey(_) => UnmanagedKind::ForeignKey,
        };
        let columns = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns } => {
                columns.as_slice()
            }
            ConstraintKind::Check(_) => &[],
            ConstraintKind::ForeignKey(key) => &key.columns,
        };
        let columns: Vec<_> = columns.iter().filter_map(|name| spelt(name, parsed)).collect();
        let name = match &constraint.name {
            Some(name) => match self.builder.name(kind, Some(&on), name) {
                // SQLite takes several of one name.
                Some(name) if !has_constraint(table, &name) => name,
                Some(_) => given_name(table, &constraint.kind, &columns),
                None => return,
            },
            None => given_name(table, &constraint.kind, &columns),
        };
        if let Some(about) = constraint.about.as_deref().or_else(|| collated_otherwise(constraint, parsed)) {
            self.builder.unmanaged(kind, Some(&on), name.as_str(), Some(about));
            match &constraint.kind {
                // What a check says beside its expression, SQLite takes and does not do.
                ConstraintKind::PrimaryKey { .. } | ConstraintKind::Check(_) => {}
                ConstraintKind::Unique { .. } => {
                    // A table that is made without it would take rows that this one does not.
                    let about = format!("unique constraint `{name}`: {about}");
                    return self.builder.partial(&table.name, about);
                }
                ConstraintKind::ForeignKey(_) => return,
            }
        }
        match &constraint.kind {
            ConstraintKind::PrimaryKey { autoincrement, .. } => {
                if *autoincrement {
                    for column in table.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
                        column.auto_increment = Some(AutoIncrement::Identity);
                    }
                }
                table.primary_key = PrimaryKey { name, columns };
            }
            ConstraintKind::Unique { .. } => {
                drop(table.uniques.insert(name, Unique { columns, ..Unique::default() }))
            }
            ConstraintKind::Check(text) => {
                let is_enums = table.columns.iter().any(|column| {
                    matches!(column.sql_type, SqlType::Enum(_))
                        && enum_check(&table.name, &column.name) == name
                });
                match expression(&without_table(text, &table.name.name)) {
                    _ if is_enums => {}
                    Ok(expression) => drop(table.checks.insert(name, expression.into())),
                    Err(error) => self.builder.unmanaged(kind, Some(&on), name.as_str(), Some(&error)),
                }
            }
            ConstraintKind::ForeignKey(key) => {
                let target =
                    self.statements.iter().find(|(name, _)| name.as_str().eq_ignore_ascii_case(&key.table));
                let Some((target, statement)) = target else {
                    let about = format!("it refers to `{}`, which is not managed", key.table);
                    return self.builder.unmanaged(kind, Some(&on), name.as_str(), Some(&about));
                };
                let to = match key.to.as_slice() {
                    [] => primary_key(statement).map(|(_, columns)| columns).unwrap_or_default(),
                    columns => columns.to_vec(),
                };
                let referenced_columns: Vec<_> =
                    to.iter().filter_map(|name| spelt(name, statement)).collect();
                if referenced_columns.len() != columns.len() {
                    let about = format!("it refers to columns that `{target}` does not have");
                    return self.builder.unmanaged(kind, Some(&on), name.as_str(), Some(&about));
                }
                let key = ForeignKey {
                    columns,
                    references: target.clone().into(),
                    referenced_columns,
                    on_delete: key.on_delete,
                    on_update: key.on_update,
                    deferral: key.deferral,
                    dialects: Dialects::default(),
                };
                table.foreign_keys.insert(name, key);
            }
        }
    }
}

/// The column of a key that is compared otherwise than it is by itself.
fn collated_otherwise<'a>(constraint: &'a Constraint, parsed: &TableStatement) -> Option<&'a str> {
    let is_other = |key: &&IndexedColumn| {
        let mut columns = parsed.columns.iter();
        let own = columns
            .find(|column| key.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&column.name)));
        let own = own.and_then(|column| column.collation.as_deref()).unwrap_or("BINARY");
        key.collation.as_ref().is_some_and(|said| !said.eq_ignore_ascii_case(own))
    };
    constraint.collated.iter().find(is_other).map(|key| key.text.as_str())
}

/// A column's name as the table has it.
fn spelt(name: &str, parsed: &TableStatement) -> Option<Identifier> {
    let column = parsed.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))?;
    Identifier::new(&column.name).ok()
}

fn has_constraint(table: &Table, name: &Identifier) -> bool {
    table.uniques.contains_key(name)
        || table.checks.contains_key(name)
        || table.foreign_keys.contains_key(name)
}

/// What a constraint without a name would be called by a model.
fn given_name(table: &Table, kind: &ConstraintKind, columns: &[Identifier]) -> Identifier {
    let suffix = match kind {
        ConstraintKind::PrimaryKey { .. } => return Identifier::generated([&table.name.name], "pkey"),
        ConstraintKind::Unique { .. } => "key",
        ConstraintKind::Check(_) => "check",
        ConstraintKind::ForeignKey(_) => "fkey",
    };
    let parts = || std::iter::once(&table.name.name).chain(columns);
    let numbered = (1..).map(|number: u32| Identifier::generated(parts(), &format!("{suffix}{number}")));
    std::iter::once(Identifier::generated(parts(), suffix))
        .chain(numbered)
        .find(|name| !has_constraint(table, name))
        .unwrap_or_else(|| Identifier::generated(parts(), suffix))
}

/// The name of the check that makes a text an enum.
fn enum_check(table: &TableName, column: &Identifier) -> Identifier {
    Identifier::generated([&table.name, column], "enum")
}

/// The labels of an enum: of a text with the check that makes it one.
fn enum_labels(table: &TableName, name: &Identifier, column: &ColumnDefinition) -> Option<Vec<String>> {
    if !column.type_name.eq_ignore_ascii_case("text") {
        return None;
    }
    let wanted = enum_check(table, name);
    let text = column.constraints.iter().find_map(|constraint| match &constraint.kind {
        ConstraintKind::Check(text) if constraint.name.as_deref() == Some(wanted.as_str()) => Some(text),
        _ => None,
    })?;
    let tokens = Dialect::Sqlite.tokens(text);
    let [of, within, open, labels @ .., close] = tokens.as_slice() else { return None };
    let is_column = matches!(of.kind, TokenKind::Word | TokenKind::Name)
        && (of.value == name.as_str() || of.text == name.as_str());
    let is_list = within.is_word("in") && open.is_sign("(") && close.is_sign(")");
    let mut values = Vec::new();
    for (at, token) in labels.iter().enumerate() {
        match token.kind {
            TokenKind::Text if at % 2 == 0 => values.push(token.value.clone()),
            _ if at % 2 == 1 && token.is_sign(",") => {}
            _ => return None,
        }
    }
    (is_column && is_list && labels.len() % 2 == 1).then_some(values)
}

/// The words of a type, which may stand in quotes.
fn unquoted(type_name: &str) -> String {
    let tokens = Dialect::Sqlite.tokens(type_name);
    let mut text = String::new();
    for token in &tokens {
        let is_name = matches!(token.kind, TokenKind::Name | TokenKind::Text);
        let is_plain = token.value.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ' ');
        text.push_str(if is_name && is_plain { &token.value } else { token.text });
        text.push(' ');
    }
    text.trim_end().to_owned()
}

/// The text of an expression, without comments.
fn expression(text: &str) -> Result<Expression, String> {
    let tokens = Dialect::Sqlite.tokens(text);
    // Parentheses around all of it are how it is written.
    let inner = match tokens.as_slice() {
        [first, .., last] if first.is_sign("(") && last.is_sign(")") && is_one_pair(&tokens) => {
            &text[first.end()..last.start]
        }
        _ => text,
    };
    let given = Expression::new(inner);
    given.or_else(|_| Expression::new(Dialect::Sqlite.rewritten(inner))).map_err(|error| error.to_string())
}

/// The text of a check, the only one in which SQLite lets columns stand behind the name of their table, without that
/// name: so other databases keep such a text, and under a name that the table gets later it would be wrong.
fn without_table<'a>(text: &'a str, table: &Identifier) -> Cow<'a, str> {
    let tokens = Dialect::Sqlite.tokens(text);
    let names = |token: &fenrir_schema::Token<'_>| {
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Name | TokenKind::Text);
        is_name && token.value.eq_ignore_ascii_case(table.as_str())
    };
    let points =
        tokens.iter().enumerate().skip(1).filter(|(at, token)| token.is_sign(".") && names(&tokens[at - 1]));
    let mut rewritten = String::new();
    let mut from = 0;
    for (at, point) in points {
        // `main.page.size` is the same.
        let has_schema = at > 2 && tokens[at - 2].is_sign(".");
        let first = if has_schema { &tokens[at - 3] } else { &tokens[at - 1] };
        rewritten.push_str(&text[from..first.start]);
        from = point.end();
    }
    if from == 0 { Cow::Borrowed(text) } else { Cow::Owned(rewritten + &text[from..]) }
}

fn is_one_pair(tokens: &[fenrir_schema::Token<'_>]) -> bool {
    let mut depth = 0_usize;
    let closes = tokens.iter().position(|token| {
        if token.is_sign("(") {
            depth += 1;
        } else if token.is_sign(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0
    });
    closes == Some(tokens.len() - 1)
}

/// A default: a value where it is a literal of the column's type, and none where it is NULL.
fn default(text: &str, sql_type: &SqlType) -> Result<Option<DefaultValue>, String> {
    let tokens = Dialect::Sqlite.tokens(text);
    let kinds: Vec<_> = tokens.iter().map(|token| (token.kind, token.value.as_str())).collect();
    let is_number = sql_type.is_integer()
        || matches!(sql_type, SqlType::Float | SqlType::Double | SqlType::Numeric { .. });
    let is_custom = matches!(sql_type, SqlType::Custom { .. } | SqlType::Binary);
    let sign = TokenKind::Sign;
    let value = match kinds.as_slice() {
        [(TokenKind::Word, "null")] => return Ok(None),
        [(TokenKind::Word, word @ ("true" | "false"))] if *sql_type == SqlType::Bool => {
            DefaultValue::Bool(*word == "true")
        }
        [(TokenKind::Number, _)] | [(TokenKind::Sign, "-" | "+"), (TokenKind::Number, _)] if is_number => {
            DefaultValue::Number(text.split_whitespace().collect())
        }
        [(TokenKind::Text | TokenKind::Name, value)]
            if !is_number && !is_custom && *sql_type != SqlType::Jsonb =>
        {
            DefaultValue::Text((*value).to_owned())
        }
        [
            (_, "("),
            (TokenKind::Word, "jsonb"),
            (_, "("),
            (TokenKind::Text, value),
            (_, ")"),
            (close, ")"),
        ] if *sql_type == SqlType::Jsonb && *close == sign => DefaultValue::Text((*value).to_owned()),
        _ => DefaultValue::Expression(expression(text)?),
    };
    Ok(Some(value))
}

fn add_object(builder: &mut Builder, object: &Object) {
    match (object.kind.as_str(), &object.sql) {
        ("view", _) => builder.unmanaged(UnmanagedKind::View, None, &object.name, None),
        ("trigger", _) => builder.unmanaged(UnmanagedKind::Trigger, Some(&object.table), &object.name, None),
        ("index", Some(sql)) => add_index(builder, object, sql),
        // An index without a statement is that of a constraint.
        _ => {}
    }
}

fn add_index(builder: &mut Builder, object: &Object, sql: &str) {
    let on = Some(object.table.as_str());
    let table =
        builder.schema.tables.values().find(|table| table.name.name.as_str() == object.table).cloned();
    // Its table is not managed, and it is neither.
    let Some(table) = table else { return };
    let Some(name) = builder.name(UnmanagedKind::Index, on, &object.name) else { return };
    match index(sql, &table) {
        Ok(index) => {
            if let Some(table) = builder.schema.tables.get_mut(&table.name) {
                table.indexes.insert(name, index);
            }
        }
        Err(about) => builder.unmanaged(UnmanagedKind::Index, on, &object.name, Some(&about)),
    }
}

fn index(sql: &str, table: &Table) -> Result<Index, String> {
    let parsed = statement::index(sql).ok_or_else(|| "its statement is not understood".to_owned())?;
    let keys = parsed.keys.iter().map(|key| {
        let collate = key.collation.as_ref().map(Identifier::new).transpose();
        let same = |name: &String, column: &Identifier| column.as_str().eq_ignore_ascii_case(name);
        let column = key.name.as_ref().and_then(|name| {
            table.columns.iter().map(|column| &column.name).find(|column| same(name, column))
        });
        let of = match column {
            Some(column) => IndexTarget::Column(column.clone()),
            None => IndexTarget::Expression(expression(&key.text)?),
        };
        let collate = collate.map_err(|error| error.to_string())?;
        Ok(IndexKey { collate, descending: key.descending, ..IndexKey::new(of) })
    });
    Ok(Index {
        keys: keys.collect::<Result<_, String>>()?,
        unique: parsed.unique,
        predicate: parsed.predicate.as_deref().map(expression).transpose()?,
        ..Index::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::introspect::sqlite::ColumnInfo;

    /// What is read otherwise than SQLite reads it is not taken for what it seems.
    #[test]
    fn a_statement_that_the_pragmas_do_not_confirm_is_not_managed() {
        let relation = |name: &str, sql: &str| Relation {
            name: name.to_owned(),
            kind: "table".to_owned(),
            without_rowid: 0,
            strict: 0,
            sql: Some(sql.to_owned()),
            columns: vec![ColumnInfo { name: "id".to_owned(), not_null: 0, key: 1, hidden: 0 }],
        };
        let right = relation("page", "CREATE TABLE page (id INTEGER PRIMARY KEY)");
        let wrong = relation("other", "CREATE TABLE other (id INTEGER, PRIMARY KEY (id), more TEXT)");
        let broken = relation("broken", "CREATE TABLE broken (id");
        let live = live(&[right, wrong, broken], &[]);
        assert_eq!(live.schema.tables.len(), 1);
        let lines: Vec<_> = live.unmanaged.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "table `other`: its statement is not understood",
                "table `broken`: its statement is not understood"
            ]
        );
    }
}
