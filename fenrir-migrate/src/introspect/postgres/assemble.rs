//! The schema, from what the queries answer.

use std::collections::{BTreeSet, HashMap};

use fenrir_schema::{
    AutoIncrement, Collation, Deferral, Dialect, Dialects, EnumType, Expression, ForeignKey, Generated,
    GeneratedKind, Identifier, Index, IndexKey, IndexTarget, NullsOrder, PrimaryKey, ReferentialAction,
    Table, TableName, Unique,
};

use super::rows;
use super::values::{self, Types};
use crate::introspect::builder::{Builder, empty_table, plain_column};
use crate::introspect::{Live, UnmanagedKind};

/// All that was read.
pub(super) struct Assembly {
    pub(super) relations: Vec<rows::Relation>,
    pub(super) columns: Vec<rows::Column>,
    pub(super) sequences: Vec<rows::Sequence>,
    pub(super) types: Vec<rows::Type>,
    pub(super) constraints: Vec<rows::Constraint>,
    pub(super) indexes: Vec<rows::Index>,
    pub(super) others: Vec<rows::Other>,
    pub(super) path: Vec<String>,
    pub(super) home: String,
}

impl Assembly {
    pub(super) fn live(self) -> Live {
        let mut builder = Builder::default();
        let types = Types {
            by_oid: self.types.iter().map(|one| (one.oid, one)).collect(),
            path: &self.path,
            home: &self.home,
        };
        let read: BTreeSet<_> = self.relations.iter().map(|relation| &relation.namespace).collect();
        for one in self.types.iter().filter(|one| one.namespace == self.home || read.contains(&one.namespace))
        {
            self.add_type(&mut builder, &types, one);
        }
        let mut tables: HashMap<u32, Table> = HashMap::new();
        for relation in &self.relations {
            if let Some(table) = self.table(&mut builder, relation) {
                tables.insert(relation.oid, table);
            }
        }
        let mut sequences: HashMap<(u32, i16), Vec<&rows::Sequence>> = HashMap::new();
        for sequence in &self.sequences {
            sequences.entry((sequence.table, sequence.column)).or_default().push(sequence);
        }
        for column in &self.columns {
            let Some(table) = tables.get_mut(&column.table) else { continue };
            let owned = sequences.get(&(column.table, column.number)).map(Vec::as_slice).unwrap_or_default();
            add_column(&mut builder, &types, table, column, owned);
        }
        for constraint in &self.constraints {
            if let Some(table) = tables.get_mut(&constraint.table) {
                self.add_constraint(&mut builder, table, constraint);
            }
        }
        for index in &self.indexes {
            if let Some(table) = tables.get_mut(&index.table) {
                self.add_index(&mut builder, table, index);
            }
        }
        for other in &self.others {
            let kind = match other.kind.as_str() {
                "procedure" => UnmanagedKind::Procedure,
                "aggregate" => UnmanagedKind::Aggregate,
                "trigger" => UnmanagedKind::Trigger,
                "rule" => UnmanagedKind::Rule,
                "policy" => UnmanagedKind::Policy,
                "sequence" => UnmanagedKind::Sequence,
                "collation" => UnmanagedKind::Collation,
                "operator" => UnmanagedKind::Operator,
                "statistics" => UnmanagedKind::Statistics,
                "text search" => UnmanagedKind::TextSearch,
                "event trigger" => UnmanagedKind::EventTrigger,
                "cast" => UnmanagedKind::Cast,
                "operator class" => UnmanagedKind::OperatorClass,
                "text search dictionary" => UnmanagedKind::TextSearchDictionary,
                "foreign data wrapper" => UnmanagedKind::ForeignDataWrapper,
                "foreign server" => UnmanagedKind::ForeignServer,
                "publication" => UnmanagedKind::Publication,
                "extension" if is_said(tables.values(), &other.name) => continue,
                "extension" => UnmanagedKind::Extension,
                "comment" => UnmanagedKind::Comment,
                _ => UnmanagedKind::Function,
            };
            let table = other.table.as_ref().map(|table| self.shown(other.namespace.as_deref(), table));
            let name = match &table {
                Some(_) => other.name.clone(),
                None => self.shown(other.namespace.as_deref(), &other.name),
            };
            builder.unmanaged(kind, table.as_deref(), &name, other.about.as_deref());
        }
        builder.schema.tables = tables.into_values().map(|table| (table.name.clone(), table)).collect();
        builder.finish(Identifier::new(&self.home).ok())
    }

    /// The schema of something, where it is not the one of which nothing is said.
    fn away<'a>(&self, namespace: Option<&'a str>) -> Option<&'a str> {
        namespace.filter(|namespace| *namespace != self.home)
    }

    /// A name for a list, with its schema where that is to be said.
    fn shown(&self, namespace: Option<&str>, name: &str) -> String {
        let part = |text: &str| {
            if text.contains(['.', '"']) {
                format!("\"{}\"", text.replace('"', "\"\""))
            } else {
                text.to_owned()
            }
        };
        match self.away(namespace) {
            Some(namespace) => format!("{}.{}", part(namespace), part(name)),
            None => name.to_owned(),
        }
    }

    fn add_type(&self, builder: &mut Builder, types: &Types<'_>, one: &rows::Type) {
        if one.extension.is_some() {
            return;
        }
        if let Some(name) = types.enum_name(one) {
            let labels = one.labels.clone().unwrap_or_default();
            builder.schema.enums.insert(name, EnumType { labels });
            return;
        }
        let kind = match one.kind.as_str() {
            "d" => UnmanagedKind::Domain,
            "c" => UnmanagedKind::CompositeType,
            "r" => UnmanagedKind::RangeType,
            // It comes with its type of ranges.
            "m" => return,
            _ => UnmanagedKind::Type,
        };
        builder.unmanaged(kind, None, &self.shown(Some(&one.namespace), &one.name), None);
    }

    /// The table, where it is one of those that models can be.
    fn table(&self, builder: &mut Builder, relation: &rows::Relation) -> Option<Table> {
        let other = match relation.kind.as_str() {
            "v" => Some(UnmanagedKind::View),
            "m" => Some(UnmanagedKind::MaterializedView),
            _ if relation.is_partition => Some(UnmanagedKind::Partition),
            "f" => Some(UnmanagedKind::ForeignTable),
            "p" => Some(UnmanagedKind::PartitionedTable),
            _ if relation.inherits => Some(UnmanagedKind::InheritedTable),
            _ => None,
        };
        let namespace = Some(relation.namespace.as_str());
        let name = self.shown(namespace, &relation.name);
        let name = name.as_str();
        if let Some(kind) = other {
            builder.unmanaged(kind, None, name, None);
            return None;
        }
        let schema = match self.away(namespace) {
            Some(namespace) => Some(builder.name(UnmanagedKind::Table, Some(name), namespace)?),
            None => None,
        };
        let own = builder.name(UnmanagedKind::Table, None, &relation.name)?;
        let mut table = empty_table(TableName { schema, name: own });
        table.comment.clone_from(&relation.comment);
        for about in &relation.abouts {
            builder.unmanaged(UnmanagedKind::TableOption, Some(name), name, Some(about));
        }
        Some(table)
    }

    fn add_constraint(&self, builder: &mut Builder, table: &mut Table, row: &rows::Constraint) {
        let on = table.name.to_text();
        let kind = match row.kind.as_str() {
            "p" => UnmanagedKind::PrimaryKeyOption,
            "u" => UnmanagedKind::UniqueConstraint,
            "c" => UnmanagedKind::Check,
            "f" => UnmanagedKind::ForeignKey,
            "x" => UnmanagedKind::ExclusionConstraint,
            // A constraint trigger is among the triggers.
            _ => return,
        };
        let mut unmanaged = |kind, about: Option<&str>| builder.unmanaged(kind, Some(&on), &row.name, about);
        if kind == UnmanagedKind::ExclusionConstraint {
            return unmanaged(kind, None);
        }
        if !row.is_valid {
            return unmanaged(UnmanagedKind::NotValidConstraint, None);
        }
        let is_key = kind == UnmanagedKind::PrimaryKeyOption;
        let deferrable = row.is_deferrable && is_key;
        let about = row.about.as_deref().or_else(|| deferrable.then_some("DEFERRABLE"));
        let about = about.or_else(|| (row.match_type == "f" && row.kind == "f").then_some("MATCH FULL"));
        if let Some(about) = about {
            // Two that are not alike are to be told apart.
            match row.expression.as_deref().filter(|_| kind == UnmanagedKind::Check) {
                Some(expression) => unmanaged(kind, Some(&format!("{about}: {expression}"))),
                None => unmanaged(kind, Some(about)),
            }
            // The key itself is there, whatever it has.
            if !is_key {
                return;
            }
        }
        let names = |builder: &mut Builder, names: &Option<Vec<String>>| {
            let names = names.iter().flatten();
            names.map(|name| builder.name(kind, Some(&on), name)).collect::<Option<Vec<_>>>()
        };
        let Some(name) = builder.name(kind, Some(&on), &row.name) else { return };
        let Some(columns) = names(builder, &row.columns) else { return };
        match row.kind.as_str() {
            "p" => table.primary_key = PrimaryKey { name, columns },
            "u" => {
                let unique = Unique {
                    columns,
                    nulls_not_distinct: row.nulls_not_distinct,
                    deferral: deferral(row),
                    ..Unique::default()
                };
                table.uniques.insert(name, unique);
            }
            "c" => match Expression::new(row.expression.clone().unwrap_or_default()) {
                Ok(expression) => drop(table.checks.insert(name, expression.into())),
                Err(error) => builder.unmanaged(kind, Some(&on), &row.name, Some(&error.to_string())),
            },
            _ => {
                let target = row.target.as_deref().unwrap_or_default();
                let Some(name_there) = builder.name(kind, Some(&on), target) else { return };
                let schema = match self.away(row.target_namespace.as_deref()) {
                    Some(schema) => match builder.name(kind, Some(&on), schema) {
                        Some(schema) => Some(schema),
                        None => return,
                    },
                    None => None,
                };
                let references = TableName { schema, name: name_there };
                let Some(referenced_columns) = names(builder, &row.target_columns) else { return };
                if row.is_disabled {
                    let about = Some("its triggers are disabled: rows are not checked");
                    builder.unmanaged(kind, Some(&on), &row.name, about);
                }
                let key = ForeignKey {
                    columns,
                    references,
                    referenced_columns,
                    on_delete: action(&row.on_delete),
                    on_update: action(&row.on_update),
                    deferral: deferral(row),
                    dialects: Dialects::default(),
                };
                table.foreign_keys.insert(name, key);
            }
        }
    }

    fn add_index(&self, builder: &mut Builder, table: &mut Table, row: &rows::Index) {
        let on = table.name.to_text();
        let other = if row.is_valid { UnmanagedKind::Index } else { UnmanagedKind::InvalidIndex };
        if !row.is_valid || row.about.is_some() {
            return builder.unmanaged(other, Some(&on), &row.name, row.about.as_deref());
        }
        match self.index(row) {
            Ok((name, index)) => drop(table.indexes.insert(name, index)),
            Err(error) => builder.unmanaged(other, Some(&on), &row.name, Some(&error)),
        }
    }

    fn index(&self, row: &rows::Index) -> Result<(Identifier, Index), String> {
        let keys = row.keys.iter().map(|key| {
            let of = match (&key.column, &key.expression) {
                (Some(column), _) => IndexTarget::Column(identifier(column)?),
                (None, text) => IndexTarget::Expression(expression(text.as_deref().unwrap_or_default())?),
            };
            // <https://www.postgresql.org/docs/current/catalog-pg-index.html>
            let (descending, first) = (key.options & 1 != 0, key.options & 2 != 0);
            let nulls = match (descending, first) {
                (false, true) => Some(NullsOrder::First),
                (true, false) => Some(NullsOrder::Last),
                _ => None,
            };
            let opclass = self.visible("operator class", key.opclass.as_ref())?;
            let collate = self.visible("collation", key.collation.as_ref())?;
            Ok(IndexKey { of, collate, opclass, descending, nulls })
        });
        let extension = row.extension.as_ref().filter(|(schema, _)| *schema == self.home);
        let index = Index {
            extension: extension.and_then(|(_, name)| Identifier::new(name).ok()),
            keys: keys.collect::<Result<_, String>>()?,
            unique: row.is_unique,
            method: if row.method == "btree" { None } else { Some(identifier(&row.method)?) },
            include: row.include.iter().flatten().map(identifier).collect::<Result<_, _>>()?,
            predicate: row.predicate.as_deref().map(expression).transpose()?,
            nulls_not_distinct: row.nulls_not_distinct,
            ..Index::default()
        };
        Ok((identifier(&row.name)?, index))
    }

    /// What an index says by its name alone, which must be enough to find it.
    fn visible(&self, what: &str, named: Option<&(String, String)>) -> Result<Option<Identifier>, String> {
        let Some((schema, name)) = named else { return Ok(None) };
        if schema != "pg_catalog" && !self.path.contains(schema) {
            return Err(format!("the {what} {schema}.{name}"));
        }
        identifier(name).map(Some)
    }
}

/// Whether a type or an index of a table says that extension.
fn is_said<'a>(mut tables: impl Iterator<Item = &'a Table>, extension: &str) -> bool {
    tables.any(|table| {
        let of_types = table.columns.iter().filter_map(|column| column.sql_type.extension());
        let of_indexes = table.indexes.values().filter_map(|index| index.extension.as_ref());
        of_types.chain(of_indexes.map(Identifier::as_str)).any(|said| said == extension)
    })
}

fn identifier(name: &String) -> Result<Identifier, String> {
    Identifier::new(name).map_err(|error| error.to_string())
}

fn expression(text: &str) -> Result<Expression, String> {
    Expression::new(text).map_err(|error| error.to_string())
}

fn deferral(row: &rows::Constraint) -> Deferral {
    match (row.is_deferrable, row.is_deferred) {
        (false, _) => Deferral::NotDeferrable,
        (true, false) => Deferral::Deferrable,
        (true, true) => Deferral::InitiallyDeferred,
    }
}

fn add_column(
    builder: &mut Builder,
    types: &Types<'_>,
    table: &mut Table,
    row: &rows::Column,
    owned: &[&rows::Sequence],
) {
    let on = table.name.to_text();
    let Some(name) = builder.name(UnmanagedKind::Column, Some(&on), &row.name) else { return };
    let sql_type = match types.of(row) {
        Ok(sql_type) => sql_type,
        Err(error) => {
            let about = format!("its type is {}: {error}", row.type_name);
            builder.unmanaged(UnmanagedKind::Column, Some(&on), &row.name, Some(&about));
            return;
        }
    };
    let mut column = plain_column(name, sql_type);
    column.nullable = !row.not_null;
    column.comment.clone_from(&row.comment);
    let mut option =
        |about: &str| builder.unmanaged(UnmanagedKind::ColumnOption, Some(&on), &row.name, Some(about));
    row.abouts.iter().for_each(|about| option(about));
    column.auto_increment = match row.identity.as_str() {
        "a" => Some(AutoIncrement::IdentityAlways),
        "d" => Some(AutoIncrement::Identity),
        _ if owned.iter().any(|sequence| row.default.as_ref() == Some(&sequence.next)) => {
            Some(AutoIncrement::Serial)
        }
        _ => None,
    };
    if let Some((schema, name)) = &row.collation {
        let is_visible = schema == "pg_catalog" || types.path.contains(schema);
        let text = if is_visible { name.clone() } else { format!("{schema}.\"{name}\"") };
        match Collation::new(text) {
            Ok(collation) => drop(column.collations.insert(Dialect::Postgres, collation)),
            Err(error) => option(&format!("the collation {schema}.{name}: {error}")),
        }
    }
    match &row.default {
        Some(text) if !row.generated.is_empty() => {
            let kind = if row.generated == "v" { GeneratedKind::Virtual } else { GeneratedKind::Stored };
            match Expression::new(text.as_str()) {
                Ok(expression) => column.generated = Some(Generated { expression, kind }),
                Err(error) => option(&format!("it is generated as {text}: {error}")),
            }
        }
        Some(text) if column.auto_increment.is_none() => {
            match values::default(text, &column.sql_type, &row.base_type) {
                Ok(default) => column.default = default,
                Err(error) => option(&format!("its default is {text}: {error}")),
            }
        }
        _ => {}
    }
    for sequence in owned {
        let generates =
            !row.identity.is_empty() || row.default.as_ref().is_some_and(|default| *default == sequence.next);
        if !generates {
            builder.unmanaged(UnmanagedKind::Sequence, Some(&on), &sequence.name, None);
            continue;
        }
        let mut option =
            |about: &str| builder.unmanaged(UnmanagedKind::ColumnOption, Some(&on), &row.name, Some(about));
        if !sequence.is_plain {
            option(&format!("its sequence `{}` does not count from 1 by 1", sequence.name));
        }
        // Migrations call it so.
        let own = Identifier::generated([&table.name.name, &column.name], "seq");
        if own.as_str() != sequence.name {
            option(&format!("its sequence is called `{}`", sequence.name));
        }
    }
    table.columns.push(column);
}

/// <https://www.postgresql.org/docs/current/catalog-pg-constraint.html>
fn action(letter: &str) -> ReferentialAction {
    match letter {
        "r" => ReferentialAction::Restrict,
        "c" => ReferentialAction::Cascade,
        "n" => ReferentialAction::SetNull,
        "d" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
