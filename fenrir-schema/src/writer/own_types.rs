//! Types of PostgreSQL that Diesel has no type for: one is written for each, whose values are the bytes that
//! PostgreSQL sends and takes.

use std::collections::BTreeMap;

use super::layout::literal;
use super::names::Taken;
use crate::{Dialect, TokenKind, TypeName};

/// The types that columns have, by what tells them apart: their names, without a length.
pub(super) struct OwnTypes {
    /// How a model names the module that they are in.
    path: &'static str,
    taken: Taken,
    types: BTreeMap<(Option<String>, String), String>,
}

impl OwnTypes {
    pub(super) fn new(path: &'static str) -> Self {
        Self { path, taken: Taken::default(), types: BTreeMap::new() }
    }

    pub(super) fn are_none(&self) -> bool {
        self.types.is_empty()
    }

    /// The paths of the type of its values, and of Diesel's.
    pub(super) fn paths(&mut self, name: &TypeName) -> (String, String) {
        let of = name_in_catalog(name);
        let taken = &mut self.taken;
        let ident =
            self.types.entry(of).or_insert_with_key(|(_, name)| taken.type_name(name, "Type", &["Value"]));
        (format!("{}::{ident}Value", self.path), format!("{}::{ident}", self.path))
    }

    /// The module, with each line after `margin`.
    pub(super) fn source(&self, margin: &str) -> String {
        let mut text = IMPORTS.to_owned();
        for ((schema, name), ident) in &self.types {
            let schema =
                schema.as_ref().map(|schema| format!(", schema = {}", literal(schema))).unwrap_or_default();
            let named = format!("name = {}{schema}", literal(name));
            let line = format!("#[diesel(postgres_type({named}))]");
            let attribute = if margin.len() + line.len() <= 70 {
                line
            } else {
                let parts: Vec<_> = named.split(", schema = ").collect();
                let schema =
                    parts.get(1).map(|schema| format!(",\n    schema = {schema}")).unwrap_or_default();
                format!("#[diesel(postgres_type(\n    {}{schema}\n))]", parts[0])
            };
            text.push_str(&TYPE.replace("ATTRIBUTE", &attribute).replace("Ident", ident));
        }
        let lines =
            text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{margin}{line}") });
        lines.collect::<Vec<_>>().join("\n") + "\n"
    }
}

const IMPORTS: &str = "\
use std::io::Write;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::SqlType;
";

const TYPE: &str = "
/// The type of PostgreSQL that is named here.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
ATTRIBUTE
pub struct Ident;

/// A value of [`Ident`], in the bytes that PostgreSQL sends and takes for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Ident)]
pub struct IdentValue(pub Vec<u8>);

impl FromSql<Ident, Pg> for IdentValue {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.as_bytes().to_vec()))
    }
}

impl ToSql<Ident, Pg> for IdentValue {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&self.0)?;
        Ok(IsNull::No)
    }
}
";

/// The schema and the name of a type in `pg_type`.
fn name_in_catalog(name: &TypeName) -> (Option<String>, String) {
    let text = name.as_str();
    let before = text.split_once('(').filter(|_| !text.starts_with('"')).map_or(text, |(before, _)| before);
    let parts: Vec<_> = Dialect::Postgres.tokens(before);
    let names: Vec<_> = parts
        .iter()
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Name))
        .map(|token| if token.kind == TokenKind::Name { token.value.clone() } else { token.text.to_owned() })
        .collect();
    let is_qualified = parts.get(1).is_some_and(|token| token.is_sign("."));
    match names.as_slice() {
        [schema, name, ..] if is_qualified => (Some(schema.clone()), name.clone()),
        // <https://www.postgresql.org/docs/current/datatype.html#DATATYPE-TABLE>
        [bit, varying] if bit == "bit" && varying == "varying" => (None, "varbit".to_owned()),
        [time, with, ..] if time == "time" && with == "with" => (None, "timetz".to_owned()),
        _ if text.starts_with("time") && text.ends_with("with time zone") => (None, "timetz".to_owned()),
        [name, ..] => (None, name.clone()),
        [] => (None, before.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_the_catalog_has_them() {
        for (text, schema, name) in [
            ("tsvector", None, "tsvector"),
            ("auth.\"My Mood\"", Some("auth"), "My Mood"),
            ("geometry(Point, 4326)", None, "geometry"),
            ("bit varying(8)", None, "varbit"),
            ("time(3) with time zone", None, "timetz"),
            ("\"char\"", None, "char"),
            ("\"a(b\"", None, "a(b"),
        ] {
            let wanted = (schema.map(str::to_owned), name.to_owned());
            assert_eq!(name_in_catalog(&TypeName::new(text).unwrap()), wanted, "{text}");
        }
    }
}
