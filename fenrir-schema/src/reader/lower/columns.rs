//! What a column is: its type, its default, how it is generated.

use syn::Type;

use super::super::context::Mark;
use super::super::facts::{ColumnFacts, Problem};
use super::super::generated_attribute::GeneratedAttribute;
use super::super::model::Field;
use super::super::rust_type::{self, Elements, RustType, SqlTypeName};
use super::resolve::{self, Found};
use super::{Definitions, FoundModel, Place, collations, default_fit};
use crate::{AutoIncrement, Column, DefaultValue, Dialect, IntegerSize, RangeOf, SqlType};

pub(super) struct LoweredColumn {
    pub(super) column: Column,
    pub(super) facts: ColumnFacts,
    pub(super) known: bool,
    /// Whether all of the project's databases have its type.
    pub(super) held: bool,
    /// The number of the enum that it holds.
    pub(super) enum_index: Option<usize>,
}

/// A column's type as it was found.
struct Typed {
    sql_type: SqlType,
    nullable: bool,
    /// Whether NULL may be among the values of an array.
    nullable_elements: bool,
    /// The path of Diesel's type, or of that of an array's values, where it is none of Diesel's own.
    own_path: Option<String>,
    /// The number of the enum that it is, or that an array's values are.
    enum_index: Option<usize>,
}

impl Typed {
    /// One of Diesel's own.
    fn diesels(sql_type: SqlType, nullable: bool) -> Self {
        Self { sql_type, nullable, nullable_elements: false, own_path: None, enum_index: None }
    }

    /// What Diesel calls it; none where the project's databases have different types for it.
    fn diesel_type(&self, dialects: &[Dialect]) -> Option<String> {
        let SqlType::Array(of) = &self.sql_type else {
            return self.own_path.clone().or_else(|| diesel_type(&self.sql_type, dialects));
        };
        let mut of = self.own_path.clone().or_else(|| diesel_type(of, dialects))?;
        if self.nullable_elements {
            of = format!("::diesel::sql_types::Nullable<{of}>");
        }
        Some(format!("::diesel::sql_types::Array<{of}>"))
    }
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
    let typed = find_type(definitions, names, found, field, dialects);
    let known = typed.is_ok();
    let mut typed = typed.unwrap_or_else(|message| {
        report(field.type_mark, message);
        // Something to go on with, so that one mistake is one message.
        Typed::diesels(SqlType::Text, field.is_nullable())
    });
    let diesel_type = typed.diesel_type(dialects);
    if known {
        sized(&mut typed.sql_type, field, &mut report);
        report_lacking(&typed.sql_type, field, dialects, diesel_type.is_some(), &mut report);
    }
    let idle = !dialects.is_empty() && !dialects.iter().any(|dialect| dialect.has_extensions());
    if let Some(extension) = field.attributes.extension.as_ref().filter(|_| idle) {
        let message = "only PostgreSQL has extensions, and `fenrir.toml` does not name it among the project's databases";
        report(extension.mark, message.to_owned());
    }
    let held = known && dialects.iter().all(|dialect| dialect.holds(&typed.sql_type));
    if let Some(default) = field.attributes.default.as_ref().filter(|_| known) {
        let labels = typed.enum_index.map(|index| &definitions.enums[index].definition.variants);
        if let Err(message) = default_fit::check(&default.value, &typed.sql_type, labels) {
            report(default.mark, message);
        }
    }
    let default = field.attributes.default.as_ref().and_then(|default| match &default.value {
        DefaultValue::Expression(expression) => Some((default.mark, expression)),
        _ => None,
    });
    let backfill = field.attributes.backfill.as_ref().map(|backfill| (backfill.mark, &backfill.value));
    let computed = field.attributes.generated.as_ref();
    let expression = computed.map(|computed| (computed.expression.mark, &computed.expression.value));
    for (mark, expression) in default.into_iter().chain(backfill).chain(expression) {
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
    if let Some(computed) = computed.filter(|_| known && typed.sql_type.enum_name().is_some()) {
        report(computed.mark, "a generated column holds no enum: make it a `String`".to_owned());
    }
    let collations = collations::lower(field, &typed.sql_type, known, dialects, &mut report);
    let enum_index = typed.enum_index;
    let column = Column {
        name: field.sql_name.value.clone(),
        nullable: typed.nullable || field.attributes.nullable.is_some(),
        default: field.attributes.default.as_ref().map(|default| default.value.clone()),
        auto_increment,
        generated: computed.map(GeneratedAttribute::definition),
        collations,
        comment: field.comment.clone(),
        sql_type: typed.sql_type,
    };
    // Diesel may not have it at all where its database's backend is off.
    let diesel_type = diesel_type.filter(|_| held).unwrap_or_else(|| "::diesel::sql_types::Text".to_owned());
    let facts = ColumnFacts {
        // A key that SQLite lets be NULL is read as one that is not.
        diesel_type: if typed.nullable {
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
    LoweredColumn { column, facts, known, held, enum_index }
}

/// What is said comes before what the crate defines, and that before what Diesel has: a name that
/// the model's own module defines is that, whatever Diesel would make of it.
fn find_type(
    definitions: &Definitions,
    names: &resolve::Names,
    found: &FoundModel,
    field: &Field,
    dialects: &[Dialect],
) -> Result<Typed, String> {
    let said = field.attributes.sql_type.as_ref().or(field.diesel.sql_type.as_ref());
    match said.and_then(|said| said_type(definitions, found, field, &said.value, dialects)) {
        Some(typed) => Ok(typed),
        None => rust_type(definitions, names, found, &field.ty.0, &found.place),
    }
}

/// The type that an attribute names; none where that was reported as a mistake.
fn said_type(
    definitions: &Definitions,
    found: &FoundModel,
    field: &Field,
    said: &SqlTypeName,
    dialects: &[Dialect],
) -> Option<Typed> {
    let (mut sql_type, own_path) = match (&field.attributes.type_name, &said.known) {
        (Some(name), known) => {
            let extension = field.attributes.extension.as_ref().map(|extension| extension.value.clone());
            // A name alone is the module's own, unless it is Diesel's.
            let diesels = known.is_some() && !said.path.contains("::");
            let path = (!diesels).then(|| own_path(definitions, &found.place, &said.path));
            let path = path.or_else(|| diesel_type(known.as_ref()?, dialects));
            (SqlType::Custom { name: name.value.clone(), extension }, path)
        }
        (None, known) => (known.clone()?, None),
    };
    if said.array.is_some() {
        sql_type = SqlType::Array(Box::new(sql_type));
    }
    Some(Typed {
        sql_type,
        nullable: field.is_nullable(),
        nullable_elements: said.array == Some(Elements::Nullable),
        own_path,
        enum_index: None,
    })
}

/// A path of a model's attribute, as it can stand in Diesel's `table!`, which is a module of its own
/// within the model's.
fn own_path(definitions: &Definitions, place: &Place, path: &str) -> String {
    let mut module = resolve::path(definitions, place, place);
    let mut rest = path;
    loop {
        if let Some(inner) = rest.strip_prefix("self::") {
            rest = inner;
        } else if let Some(inner) = rest.strip_prefix("super::") {
            rest = inner;
            module.truncate(module.rfind("::").unwrap_or(module.len()));
        } else {
            break;
        }
    }
    let is_name = !rest.split('<').next().unwrap_or_default().contains("::");
    if is_name || rest.len() < path.len() { format!("{module}::{rest}") } else { path.to_owned() }
}

/// The type that a Rust type stands for.
fn rust_type(
    definitions: &Definitions,
    names: &resolve::Names,
    found: &FoundModel,
    ty: &Type,
    place: &Place,
) -> Result<Typed, String> {
    let (mut ty, mut place) = (ty, place);
    let mut nullable = false;
    // An alias may lead to another; a circle of them does not compile, but must not hang either.
    for _ in 0..32 {
        let (inner, optional) = rust_type::without_option(ty);
        nullable |= optional;
        let known = RustType::read(inner);
        let path = rust_type::plain_path(inner);
        let own = path.map(|path| {
            let anywhere = matches!(known, RustType::Named | RustType::Likely(_));
            resolve::named_type(definitions, names, place, path, !anywhere)
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
                let typed = Typed::diesels(sql_type, nullable);
                return Ok(Typed { own_path, enum_index: Some(index), ..typed });
            }
            (None, RustType::Known(sql_type) | RustType::Likely(sql_type)) => {
                return Ok(Typed::diesels(sql_type, nullable));
            }
            (None, RustType::Array(of)) => {
                let of = rust_type(definitions, names, found, of, place)?;
                if matches!(of.sql_type, SqlType::Array(_)) {
                    return Err(rust_type::ONE_DIMENSION.to_owned());
                }
                let sql_type = SqlType::Array(Box::new(of.sql_type));
                return Ok(Typed { sql_type, nullable, nullable_elements: of.nullable, ..of });
            }
            (None, RustType::Range(bound)) => {
                let bound = rust_type(definitions, names, found, bound, place)?;
                let of = RangeOf::of(&bound.sql_type).filter(|_| !bound.nullable);
                let of = of.ok_or_else(|| {
                    "there are ranges of `i32`, `i64`, `BigDecimal`, `NaiveDate`, `NaiveDateTime` and `DateTime<Utc>`"
                        .to_owned()
                })?;
                return Ok(Typed::diesels(SqlType::Range(of), nullable));
            }
            (None, RustType::Refused(message)) => return Err(message.to_owned()),
            (None, RustType::Named) => {
                let name =
                    path.map(|path| rust_type::canonical_tokens(quote::ToTokens::to_token_stream(path)));
                return Err(format!(
                    "what SQL type `{}` is cannot be told: it is no type of Diesel's and not defined in this \
                     package; say it with `#[column(sql_type = …)]`, and for one of your own `type_name = \"…\"`",
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

/// Says which of the project's databases have no such type.
fn report_lacking(
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
        SqlType::TinyInt | SqlType::Unsigned(IntegerSize::TinyInt) => "`i16`",
        SqlType::Unsigned(IntegerSize::SmallInt) => "`i32`",
        SqlType::Unsigned(_) | SqlType::Oid | SqlType::PgLsn => "`i64`",
        SqlType::Money => "`i64`, in cents",
        SqlType::Interval => "`i64`, in seconds",
        SqlType::Range(_) => "its two ends, in a column each",
        SqlType::Array(_) | SqlType::Multirange(_) => "`Json`, as a `serde_json::Value`",
        _ => "`String`",
    };
    let lacking: Vec<_> = dialects.iter().filter(|dialect| !dialect.holds(sql_type)).collect();
    if !lacking.is_empty() {
        let titles: Vec<_> = lacking.iter().map(|dialect| dialect.title()).collect();
        let (has, it) = if titles.len() == 1 { ("has", "it") } else { ("have", "them") };
        report(
            mark,
            format!(
                "{} {has} no type for {sql_type}, and `fenrir.toml` names {it} among the project's databases; all \
                 of them hold {portable}",
                titles.join(" and ")
            ),
        );
    }
    if !has_diesel_type && lacking.is_empty() {
        report(
            mark,
            format!(
                "Diesel has no one type for {sql_type} on all of the project's databases; all of them hold \
                 {portable}"
            ),
        );
    }
}

/// The path of Diesel's own type; none where the project's databases have different ones.
fn diesel_type(sql_type: &SqlType, dialects: &[Dialect]) -> Option<String> {
    let of = |name: &str, of: SqlType| {
        let of = diesel_type(&of, dialects)?;
        Some(format!("::diesel::sql_types::{name}<{of}>"))
    };
    let name = match sql_type {
        SqlType::Bool => "Bool",
        SqlType::TinyInt => "TinyInt",
        SqlType::SmallInt => "SmallInt",
        SqlType::Integer => "Integer",
        SqlType::BigInt => "BigInt",
        SqlType::Unsigned(IntegerSize::TinyInt) => return of("Unsigned", SqlType::TinyInt),
        SqlType::Unsigned(IntegerSize::SmallInt) => return of("Unsigned", SqlType::SmallInt),
        SqlType::Unsigned(IntegerSize::Integer) => return of("Unsigned", SqlType::Integer),
        SqlType::Unsigned(IntegerSize::BigInt) => return of("Unsigned", SqlType::BigInt),
        SqlType::Float => "Float",
        SqlType::Double => "Double",
        SqlType::Numeric { .. } => "Numeric",
        SqlType::Money => "Money",
        SqlType::Text => "Text",
        SqlType::VarChar { .. } | SqlType::Char { .. } => "VarChar",
        SqlType::Citext => "Citext",
        SqlType::Binary => "Binary",
        SqlType::Date => "Date",
        SqlType::Time => "Time",
        SqlType::Timestamp => {
            let common =
                |name: &&&str| dialects.iter().all(|dialect| dialect.diesel_timestamps().contains(name));
            let first = dialects.first().map_or(&["Timestamp"][..], |dialect| dialect.diesel_timestamps());
            first.iter().find(common)?
        }
        SqlType::Interval => "Interval",
        SqlType::Uuid => "Uuid",
        SqlType::Json => "Json",
        SqlType::Jsonb => "Jsonb",
        SqlType::Inet => "Inet",
        SqlType::Cidr => "Cidr",
        SqlType::MacAddr => "MacAddr",
        SqlType::MacAddr8 => "MacAddr8",
        SqlType::Oid => "Oid",
        SqlType::PgLsn => "PgLsn",
        SqlType::Range(bound) => return of("Range", bound.bound()),
        SqlType::Multirange(bound) => return of("Multirange", bound.bound()),
        SqlType::Timestamptz => {
            let mut names: Vec<_> =
                dialects.iter().filter_map(|dialect| dialect.diesel_timestamptz()).collect();
            names.dedup();
            match names.as_slice() {
                &[only] => only,
                _ => return None,
            }
        }
        SqlType::Array(element) => return of("Array", SqlType::clone(element)),
        SqlType::Enum(_) | SqlType::Custom { .. } => return None,
    };
    Some(format!("::diesel::sql_types::{name}"))
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
        report(said.mark, "a column with `auto_increment` is never NULL: no `Option` here".to_owned());
    } else if field.attributes.default.is_some() {
        report(said.mark, "a column with `auto_increment` has no default".to_owned());
    } else if let Some(dialect) = dialects.iter().find(|dialect| !alone && !dialect.generates_any_column()) {
        report(
            said.mark,
            format!("{} generates only a column that alone is the primary key", dialect.title()),
        );
    }
    said.value
}
