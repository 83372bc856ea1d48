//! What a column is: its type, its default, how it is generated.

use super::super::DbEnumVariant;
use super::super::context::Mark;
use super::super::facts::{ColumnFacts, Problem};
use super::super::model::Field;
use super::super::rust_type::{self, RustType};
use super::resolve::{self, Found};
use super::{Definitions, FoundModel};
use crate::{AutoIncrement, Column, DefaultValue, Dialect, SqlType};

pub(super) struct LoweredColumn {
    pub(super) column: Column,
    pub(super) facts: ColumnFacts,
    pub(super) known: bool,
    /// The number of the enum that it holds.
    pub(super) enum_index: Option<usize>,
}

/// A column's type as it was found.
struct Typed {
    sql_type: SqlType,
    nullable: bool,
    /// The path of Diesel's type where it is the crate's own.
    own_path: Option<String>,
    /// The number of the enum that it is.
    enum_index: Option<usize>,
}

pub(super) fn lower(
    definitions: &Definitions,
    names: &resolve::Names,
    found: &FoundModel,
    index: usize,
    dialects: &[Dialect],
    problems: &mut Vec<Problem>,
) -> LoweredColumn {
    let field = &found.model.fields[index];
    let mut report = |mark: Mark, message: String| problems.push(Problem { mark, message });
    let typed = find_type(definitions, names, found, field);
    let known = typed.is_ok();
    let mut typed = typed.unwrap_or_else(|message| {
        report(field.type_mark, message);
        // Something to go on with, so that one mistake is one message.
        Typed { sql_type: SqlType::Text, nullable: field.is_nullable(), own_path: None, enum_index: None }
    });
    let diesel_type = typed.own_path.take().or_else(|| diesel_type(&typed.sql_type, dialects));
    if known {
        sized(&mut typed.sql_type, field, &mut report);
        held(&typed.sql_type, field, dialects, diesel_type.is_some(), &mut report);
    }
    if let Some(default) = field.attributes.default.as_ref().filter(|_| known) {
        let labels = typed.enum_index.map(|index| &definitions.enums[index].definition.variants);
        if let Err(message) = fits(&default.value, &typed.sql_type, labels) {
            report(default.mark, message);
        }
    }
    let default = field.attributes.default.as_ref().and_then(|default| match &default.value {
        DefaultValue::Expression(expression) => Some((default.mark, expression)),
        _ => None,
    });
    let backfill = field.attributes.backfill.as_ref().map(|backfill| (backfill.mark, &backfill.value));
    for (mark, expression) in default.into_iter().chain(backfill) {
        for message in dialects.iter().filter_map(|dialect| dialect.misreads(expression)) {
            report(mark, message.to_owned());
        }
    }
    if typed.nullable && !field.is_nullable() && found.model.primary_key.contains(&index) {
        let message = "a column of the primary key cannot be NULL, and this alias is an `Option`";
        report(field.type_mark, message.to_owned());
    }
    let auto_increment = generated(found, index, &typed, dialects, known, &mut report);
    if let (Some(_), Some(backfill)) = (auto_increment, &field.attributes.backfill) {
        report(backfill.mark, "a generated column fills itself: no `backfill` here".to_owned());
    }
    let enum_index = typed.enum_index;
    let column = Column {
        name: field.sql_name.value.clone(),
        nullable: typed.nullable,
        default: field.attributes.default.as_ref().map(|default| default.value.clone()),
        auto_increment,
        comment: field.comment.clone(),
        sql_type: typed.sql_type,
    };
    let diesel_type = diesel_type.unwrap_or_else(|| "::diesel::sql_types::Text".to_owned());
    let facts = ColumnFacts {
        diesel_type: if column.nullable {
            format!("::diesel::sql_types::Nullable<{diesel_type}>")
        } else {
            diesel_type
        },
        max_length: match column.sql_type {
            SqlType::VarChar { max_length } => max_length,
            SqlType::Char { length } => length,
            _ => None,
        },
    };
    LoweredColumn { column, facts, known, enum_index }
}

/// What is said comes before what the crate defines, and that before what Diesel has: a name that
/// the model's own module defines is that, whatever Diesel would make of it.
fn find_type(
    definitions: &Definitions,
    names: &resolve::Names,
    found: &FoundModel,
    field: &Field,
) -> Result<Typed, String> {
    let said = field.attributes.sql_type.as_ref().or(field.diesel.sql_type.as_ref());
    if let Some(said) = said {
        return Ok(Typed {
            sql_type: said.value.0.clone(),
            nullable: field.is_nullable(),
            own_path: None,
            enum_index: None,
        });
    }
    let mut ty = &field.ty.0;
    let mut place = &found.place;
    let mut nullable = false;
    // An alias may lead to another; a circle of them does not compile, but must not hang either.
    for _ in 0..32 {
        let (inner, optional) = rust_type::without_option(ty);
        nullable |= optional;
        let known = RustType::read(inner);
        let path = rust_type::plain_path(inner);
        let own = path.map(|path| {
            resolve::named_type(definitions, names, place, path, !matches!(known, RustType::Named))
        });
        match (own.transpose()?.flatten(), known) {
            (Some(Found::Alias(alias)), _) => {
                ty = &definitions.aliases[alias].target;
                place = &definitions.aliases[alias].place;
            }
            (Some(Found::Enum(index)), _) => {
                let found_enum = &definitions.enums[index];
                let path = resolve::path(definitions, &found.place, &found_enum.place);
                let own_path = Some(format!("{path}::{}SqlType", found_enum.definition.ident));
                let sql_type = SqlType::Enum(found_enum.definition.sql_name.value.clone());
                return Ok(Typed { sql_type, nullable, own_path, enum_index: Some(index) });
            }
            (None, RustType::Known(sql_type)) => {
                return Ok(Typed { sql_type, nullable, own_path: None, enum_index: None });
            }
            (None, RustType::Refused(message)) => return Err(message.to_owned()),
            (None, RustType::Named) => {
                let name =
                    path.map(|path| rust_type::canonical_tokens(quote::ToTokens::to_token_stream(path)));
                return Err(format!(
                    "what SQL type `{}` is cannot be told: it is no type of Diesel's and not defined in this \
                     package; say it with `#[column(sql_type = …)]`",
                    name.unwrap_or_default()
                ));
            }
        }
    }
    Err("this alias leads in a circle".to_owned())
}

/// The lengths that attributes give.
fn sized(sql_type: &mut SqlType, field: &Field, report: &mut impl FnMut(Mark, String)) {
    let attributes = &field.attributes;
    if let Some(length) = &attributes.max_length {
        match sql_type {
            SqlType::Text | SqlType::VarChar { .. } => {
                *sql_type = SqlType::VarChar { max_length: Some(length.value) }
            }
            SqlType::Char { .. } => *sql_type = SqlType::Char { length: Some(length.value) },
            _ => report(length.mark, format!("`max_length` is for text, and this column is {sql_type}")),
        }
    }
    for (name, mark) in [
        ("precision", attributes.precision.as_ref().map(|precision| precision.mark)),
        ("scale", attributes.scale.as_ref().map(|scale| scale.mark)),
    ] {
        if let Some(mark) = mark.filter(|_| !matches!(sql_type, SqlType::Numeric { .. })) {
            report(mark, format!("`{name}` is for Numeric, and this column is {sql_type}"));
        }
    }
    if let SqlType::Numeric { precision, scale } = sql_type {
        *precision = attributes.precision.as_ref().map(|precision| precision.value);
        *scale = attributes.scale.as_ref().map(|scale| scale.value);
        if let (None, Some(scale)) = (&attributes.precision, &attributes.scale) {
            report(scale.mark, "`scale` needs `precision` beside it".to_owned());
        }
    }
}

/// Whether each of the project's databases has the type.
fn held(
    sql_type: &SqlType,
    field: &Field,
    dialects: &[Dialect],
    has_diesel_type: bool,
    report: &mut impl FnMut(Mark, String),
) {
    let mark = field.attributes.sql_type.as_ref().map_or(field.type_mark, |said| said.mark);
    let portable = match sql_type {
        SqlType::Uuid => "`String` with `max_length = 36`",
        SqlType::Timestamptz => "`NaiveDateTime`, in UTC",
        SqlType::Jsonb => "`Json`",
        _ => "`String`",
    };
    for dialect in dialects.iter().filter(|dialect| !dialect.holds(sql_type)) {
        report(
            mark,
            format!(
                "{} has no type for {sql_type}, and `fenrir.toml` names it among the project's databases; all \
                 of them hold {portable}",
                dialect.title()
            ),
        );
    }
    if !has_diesel_type && dialects.iter().all(|dialect| dialect.holds(sql_type)) {
        report(
            mark,
            format!(
                "Diesel has no one type for {sql_type} on all of the project's databases; all of them hold \
                 {portable}"
            ),
        );
    }
}

/// The path of Diesel's type; none where the project's databases have different ones.
fn diesel_type(sql_type: &SqlType, dialects: &[Dialect]) -> Option<String> {
    let name = match sql_type {
        SqlType::Bool => "Bool",
        SqlType::SmallInt => "SmallInt",
        SqlType::Integer => "Integer",
        SqlType::BigInt => "BigInt",
        SqlType::Float => "Float",
        SqlType::Double => "Double",
        SqlType::Numeric { .. } => "Numeric",
        SqlType::Text => "Text",
        SqlType::VarChar { .. } | SqlType::Char { .. } => "VarChar",
        SqlType::Binary => "Binary",
        SqlType::Date => "Date",
        SqlType::Time => "Time",
        SqlType::Timestamp => {
            let common =
                |name: &&&str| dialects.iter().all(|dialect| dialect.diesel_timestamps().contains(name));
            let first = dialects.first().map_or(&["Timestamp"][..], |dialect| dialect.diesel_timestamps());
            first.iter().find(common)?
        }
        SqlType::Uuid => "Uuid",
        SqlType::Json => "Json",
        SqlType::Jsonb => "Jsonb",
        SqlType::Timestamptz => {
            let mut names: Vec<_> =
                dialects.iter().filter_map(|dialect| dialect.diesel_timestamptz()).collect();
            names.dedup();
            match names.as_slice() {
                &[only] => only,
                _ => return None,
            }
        }
        SqlType::Enum(_) => return None,
    };
    Some(format!("::diesel::sql_types::{name}"))
}

/// Whether a default is a value of the type.
fn fits(
    default: &DefaultValue,
    sql_type: &SqlType,
    variants: Option<&Vec<DbEnumVariant>>,
) -> Result<(), String> {
    let wrong = |wanted: &str| Err(format!("the default of this column must be {wanted}: it is {sql_type}"));
    let between = |number: &str, low: i64, high: i64| match number.parse::<i64>() {
        Ok(value) if (low..=high).contains(&value) => Ok(()),
        Err(_) if number.contains(['.', 'e', 'E']) => wrong("a whole number"),
        _ => Err(format!("the default is out of range: {sql_type} goes from {low} to {high}")),
    };
    match (sql_type, default) {
        (_, DefaultValue::Expression(_)) => Ok(()),
        (SqlType::Bool, DefaultValue::Bool(_)) => Ok(()),
        (SqlType::Bool, _) => wrong("`true` or `false`"),
        (SqlType::SmallInt, DefaultValue::Number(number)) => {
            between(number, i16::MIN.into(), i16::MAX.into())
        }
        (SqlType::Integer, DefaultValue::Number(number)) => between(number, i32::MIN.into(), i32::MAX.into()),
        (SqlType::BigInt, DefaultValue::Number(number)) => between(number, i64::MIN, i64::MAX),
        (SqlType::SmallInt | SqlType::Integer | SqlType::BigInt, _) => wrong("a whole number"),
        (SqlType::Float | SqlType::Double | SqlType::Numeric { .. }, DefaultValue::Number(_)) => Ok(()),
        (SqlType::Float | SqlType::Double | SqlType::Numeric { .. }, _) => wrong("a number"),
        (SqlType::Enum(_), default) => {
            let variants = variants.map(Vec::as_slice).unwrap_or_default();
            let is_label = |label: &String| variants.iter().any(|variant| variant.label == *label);
            if variants.is_empty() || matches!(default, DefaultValue::Text(label) if is_label(label)) {
                return Ok(());
            }
            let labels: Vec<_> = variants.iter().map(|variant| format!("\"{}\"", variant.label)).collect();
            wrong(&format!("one of {}", labels.join(", ")))
        }
        (
            SqlType::VarChar { max_length: Some(n) } | SqlType::Char { length: Some(n) },
            DefaultValue::Text(text),
        ) if text.chars().count() > *n as usize => {
            Err(format!("the default has {} characters, and the column takes {n}", text.chars().count()))
        }
        (SqlType::Json | SqlType::Jsonb, DefaultValue::Text(text)) => {
            serde_json::from_str::<serde_json::Value>(text)
                .map(drop)
                .map_err(|error| format!("the default is not JSON: {error}"))
        }
        (SqlType::Binary, _) => wrong("an expression, `sql(\"…\")`"),
        (_, DefaultValue::Text(_)) => Ok(()),
        (_, _) => wrong("a text"),
    }
}

/// An integer that alone is the primary key is generated by the database, unless it is given another
/// way of getting its value.
fn generated(
    found: &FoundModel,
    index: usize,
    typed: &Typed,
    dialects: &[Dialect],
    known: bool,
    report: &mut impl FnMut(Mark, String),
) -> Option<AutoIncrement> {
    let model = &found.model;
    let field = &model.fields[index];
    let alone = model.primary_key == [index];
    let Some(said) = &field.attributes.auto_increment else {
        let points = field.attributes.references.is_some()
            || model
                .attributes
                .foreign_keys
                .iter()
                .any(|key| key.columns.iter().any(|name| model.field_index(&name.name) == Some(index)));
        let generated =
            known && alone && typed.sql_type.is_integer() && !points && field.attributes.default.is_none();
        return generated.then_some(AutoIncrement::Identity);
    };
    said.value?;
    if known && !typed.sql_type.is_integer() {
        report(said.mark, format!("only integers are generated, and this column is {}", typed.sql_type));
    } else if typed.nullable {
        report(said.mark, "a generated column is never NULL: no `Option` here".to_owned());
    } else if field.attributes.default.is_some() {
        report(said.mark, "a generated column has no default".to_owned());
    } else if let Some(dialect) = dialects.iter().find(|dialect| !alone && !dialect.generates_any_column()) {
        report(
            said.mark,
            format!("{} generates only a column that alone is the primary key", dialect.title()),
        );
    }
    said.value
}
