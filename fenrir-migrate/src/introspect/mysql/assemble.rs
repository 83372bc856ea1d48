//! The schema, from what the queries answer.

use std::collections::BTreeMap;

use fenrir_schema::{
    AutoIncrement, Collation, Deferral, Dialect, Dialects, EnumType, ForeignKey, Generated, GeneratedKind,
    Identifier, Index, IndexKey, IndexTarget, OptionWord, PrimaryKey, ReferentialAction, SqlType, Table,
    TableName, Unique, column_enum,
};

use super::reading::Reading;
use super::rows;
use super::values;
use crate::introspect::builder::{Builder, empty_table, plain_column};
use crate::introspect::{Live, UnmanagedKind};

/// What was read, and what the server is.
pub(super) struct Assembly {
    pub(super) is_mariadb: bool,
    /// The name of the database that was read.
    pub(super) database: String,
    pub(super) folds_table_case: bool,
    pub(super) reading: Reading,
}

impl Assembly {
    pub(super) fn live(self) -> Live {
        let mut builder = Builder::default();
        let mut tables = BTreeMap::new();
        for relation in &self.reading.relations {
            if let Some(table) = self.table(&mut builder, relation) {
                tables.insert(relation.name.as_str(), (relation, table));
            }
        }
        for column in &self.reading.columns {
            if let Some((relation, table)) = tables.get_mut(column.table.as_str()) {
                self.add_column(&mut builder, relation, table, column);
            }
        }
        for parts in self.reading.indexes.chunk_by(|a, b| (&a.table, &a.index) == (&b.table, &b.index)) {
            if let Some((_, table)) = tables.get_mut(parts[0].table.as_str()) {
                add_index(&mut builder, table, parts);
            }
        }
        for parts in self.reading.foreign_keys.chunk_by(|a, b| (&a.table, &a.name) == (&b.table, &b.name)) {
            if let Some((_, table)) = tables.get_mut(parts[0].table.as_str()) {
                add_foreign_key(&mut builder, table, parts);
            }
        }
        for check in &self.reading.checks {
            if let Some((_, table)) = tables.get_mut(check.table.as_str()) {
                self.add_check(&mut builder, table, check);
            }
        }
        for other in &self.reading.others {
            let kind = match other.kind.as_str() {
                "trigger" => UnmanagedKind::Trigger,
                "procedure" => UnmanagedKind::Procedure,
                "event" => UnmanagedKind::Event,
                _ => UnmanagedKind::Function,
            };
            builder.unmanaged(kind, other.table.as_deref(), &other.name, None);
        }
        builder.schema.tables = tables.into_values().map(|(_, table)| (table.name.clone(), table)).collect();
        // The indexes that foreign keys need are nobody's, and a unique index is a constraint.
        builder.schema = builder.schema.normal_form(Dialect::Mysql);
        Live {
            collations: self.reading.collations,
            folds_table_case: self.folds_table_case,
            ..builder.finish(None)
        }
    }

    /// The table, where it is one of those that models can be.
    fn table(&self, builder: &mut Builder, relation: &rows::Relation) -> Option<Table> {
        let name = relation.name.as_str();
        let options = relation.options.as_deref().unwrap_or_default();
        let other = match relation.kind.as_str() {
            "BASE TABLE" if options.contains("partitioned") => Some((UnmanagedKind::PartitionedTable, None)),
            "BASE TABLE" if self.reading.periods.contains(name) => {
                Some((UnmanagedKind::Table, Some("it has a period")))
            }
            "BASE TABLE" => None,
            "VIEW" | "SYSTEM VIEW" => Some((UnmanagedKind::View, None)),
            "SEQUENCE" => Some((UnmanagedKind::Sequence, None)),
            other => Some((UnmanagedKind::Table, Some(other))),
        };
        if let Some((kind, about)) = other {
            builder.unmanaged(kind, None, name, about);
            return None;
        }
        let mut table = empty_table(builder.name(UnmanagedKind::Table, None, name)?.into());
        table.comment.clone_from(&relation.comment);
        if self.reading.hidden.contains(name) {
            let about = Some("this user may not see them");
            builder.unmanaged(UnmanagedKind::HiddenConstraints, Some(name), name, about);
        }
        let mut option = |about: &str| {
            builder.unmanaged(UnmanagedKind::TableOption, Some(name), name, Some(about));
        };
        if let Some(engine) = &relation.engine {
            match OptionWord::new(engine) {
                Ok(engine) => table.options.mysql.engine = Some(engine),
                Err(error) => option(&format!("the engine {engine}: {error}")),
            }
        }
        if let Some(charset) = relation.charset() {
            let collate = relation.collation.as_ref().and_then(|collation| OptionWord::new(collation).ok());
            let anyhow = self.reading.collations.get(&charset);
            table.options.mysql.collate = collate.filter(|collate| Some(collate) != anyhow);
            table.options.mysql.charset = Some(charset);
        }
        // Aria's are so of which nothing is said, and stay behind when a table is Aria's no more
        // (<https://mariadb.com/kb/en/create-table/#transactional>).
        let is_said = |word: &&str| !matches!(*word, "transactional=1" | "page_checksum=1");
        let said: Vec<_> = options.split_whitespace().filter(is_said).collect();
        if !said.is_empty() {
            option(&said.join(" "));
        }
        Some(table)
    }

    fn add_column(
        &self,
        builder: &mut Builder,
        relation: &rows::Relation,
        table: &mut Table,
        row: &rows::Column,
    ) {
        let on = row.table.as_str();
        let Some(name) = builder.name(UnmanagedKind::Column, Some(on), &row.name) else { return };
        let is_json = self.is_json(row);
        let sql_type = if is_json {
            Ok(SqlType::Json)
        } else if let Some(labels) = values::labels(&row.type_name) {
            let of = column_enum(&table.name, &name);
            builder.schema.enums.insert(of.clone(), EnumType { labels });
            Ok(SqlType::Enum(of))
        } else {
            Dialect::Mysql.read_type(&row.type_name)
        };
        let sql_type = match sql_type {
            Ok(sql_type) => sql_type,
            Err(error) => {
                let about = format!("its type is {}: {error}", row.type_name);
                return builder.unmanaged(UnmanagedKind::Column, Some(on), &row.name, Some(&about));
            }
        };
        let mut column = plain_column(name, sql_type);
        column.nullable = row.nullable == "YES";
        column.comment.clone_from(&row.comment);
        let mut option =
            |about: &str| builder.unmanaged(UnmanagedKind::ColumnOption, Some(on), &row.name, Some(about));
        let extra = row.extra.as_deref().unwrap_or_default();
        if extra.contains("auto_increment") {
            column.auto_increment = Some(AutoIncrement::Identity);
        }
        let generated = row.generated.as_deref().filter(|expression| !expression.is_empty());
        if let Some(text) = generated {
            let kind = if extra.contains("VIRTUAL") { GeneratedKind::Virtual } else { GeneratedKind::Stored };
            let sql = if self.is_mariadb { text.to_owned() } else { values::unescaped(text) };
            match values::expression(&sql) {
                Ok(expression) => column.generated = Some(Generated { expression, kind }),
                Err(error) => option(&format!("it is generated as {text}: {error}")),
            }
        }
        // What is said above; MariaDB has commas between the parts.
        let said = ["auto_increment", "DEFAULT_GENERATED", "STORED GENERATED", "VIRTUAL GENERATED"];
        let rest = said.iter().fold(extra.to_owned(), |rest, said| rest.replace(said, ""));
        let rest = rest.trim_matches([',', ' ']);
        if !rest.is_empty() {
            option(rest);
        }
        if let Some(collation) =
            row.collation.as_ref().filter(|there| Some(*there) != relation.collation.as_ref())
        {
            match Collation::new(collation.as_str()) {
                _ if is_json => {}
                Ok(collation) => drop(column.collations.insert(Dialect::Mysql, collation)),
                Err(error) => option(&format!("the collation {collation}: {error}")),
            }
        }
        if let Some(text) = row.default.as_deref().filter(|_| generated.is_none()) {
            let default = if self.is_mariadb {
                values::from_sql(&values::without_database(text, &self.database), &column.sql_type)
            } else {
                values::from_value(text, extra.contains("DEFAULT_GENERATED"), &column.sql_type)
            };
            match default {
                Ok(default) => column.default = default,
                Err(error) => option(&format!("its default is {text}: {error}")),
            }
        }
        table.columns.push(column);
    }

    /// MariaDB's JSON is a text with a check (<https://mariadb.com/kb/en/json-data-type/>).
    fn is_json(&self, column: &rows::Column) -> bool {
        let is_text = column.type_name == "longtext" && column.collation.as_deref() == Some("utf8mb4_bin");
        is_text
            && self
                .reading
                .checks
                .iter()
                .any(|check| check.table == column.table && is_json_check(check, &column.name))
    }

    fn add_check(&self, builder: &mut Builder, table: &mut Table, row: &rows::Check) {
        let on = Some(row.table.as_str());
        let is_json = |column: &crate::Column| {
            column.sql_type == SqlType::Json && is_json_check(row, column.name.as_str())
        };
        if table.columns.iter().any(is_json) {
            return;
        }
        if row.of_column != 0 {
            let about = format!("it is a part of its column: {}", row.expression);
            return builder.unmanaged(UnmanagedKind::Check, on, &row.name, Some(&about));
        }
        let Some(name) = builder.name(UnmanagedKind::Check, on, &row.name) else { return };
        let text = if self.is_mariadb { row.expression.clone() } else { values::unescaped(&row.expression) };
        match values::expression(&text) {
            Ok(expression) => drop(table.checks.insert(name, expression.into())),
            Err(error) => builder.unmanaged(UnmanagedKind::Check, on, &row.name, Some(&error)),
        }
    }
}

fn is_json_check(check: &rows::Check, column: &str) -> bool {
    let tokens = Dialect::Mysql.tokens(&check.expression);
    match tokens.as_slice() {
        [name, open, of, close] => {
            check.of_column != 0
                && name.is_word("json_valid")
                && open.is_sign("(")
                && of.value == column
                && close.is_sign(")")
        }
        _ => false,
    }
}

fn add_index(builder: &mut Builder, table: &mut Table, parts: &[rows::IndexPart]) {
    let first = &parts[0];
    let on = Some(first.table.as_str());
    let about = parts.iter().find_map(|part| match (&part.expression, part.length) {
        (Some(expression), _) => Some(format!("it is of {expression}")),
        _ if part.about.is_some() => part.about.clone(),
        _ if part.kind != "BTREE" => Some(part.kind.clone()),
        (_, Some(length)) => Some(format!("it is of the first {length} of a column")),
        _ => None,
    });
    if let Some(about) = about {
        return builder.unmanaged(UnmanagedKind::Index, on, &first.index, Some(&about));
    }
    if let Some(comment) = &first.comment {
        builder.unmanaged(UnmanagedKind::Comment, on, &first.index, Some(comment));
    }
    let Some(name) = builder.name(UnmanagedKind::Index, on, &first.index) else { return };
    let columns = parts.iter().map(|part| {
        let column = part.column.as_deref().unwrap_or_default();
        builder.name(UnmanagedKind::Index, on, column)
    });
    let Some(columns) = columns.collect::<Option<Vec<_>>>() else { return };
    if first.index == "PRIMARY" {
        table.primary_key = PrimaryKey { name, columns };
        return;
    }
    let is_descending = |part: &rows::IndexPart| part.order.as_deref() == Some("D");
    if first.non_unique == 0 && !parts.iter().any(is_descending) {
        table.uniques.insert(name, Unique { columns, ..Unique::default() });
        return;
    }
    let keys = columns.into_iter().zip(parts).map(|(column, part)| IndexKey {
        descending: is_descending(part),
        ..IndexKey::new(IndexTarget::Column(column))
    });
    let index = Index { keys: keys.collect(), unique: first.non_unique == 0, ..Index::default() };
    table.indexes.insert(name, index);
}

fn add_foreign_key(builder: &mut Builder, table: &mut Table, parts: &[rows::KeyPart]) {
    let first = &parts[0];
    let (kind, on) = (UnmanagedKind::ForeignKey, Some(first.table.as_str()));
    if let Some(database) = &first.database {
        let about = format!("it refers to `{}` of the database `{database}`", first.target);
        return builder.unmanaged(kind, on, &first.name, Some(&about));
    }
    let mut name = |text: &str| builder.name(kind, on, text);
    let (Some(key), Some(references)) = (name(&first.name), name(&first.target)) else { return };
    let columns: Option<Vec<Identifier>> = parts.iter().map(|part| name(&part.column)).collect();
    let there: Option<Vec<Identifier>> = parts.iter().map(|part| name(&part.target_column)).collect();
    let (Some(columns), Some(referenced_columns)) = (columns, there) else { return };
    let definition = ForeignKey {
        columns,
        references: TableName::from(references),
        referenced_columns,
        on_delete: action(&first.on_delete),
        on_update: action(&first.on_update),
        deferral: Deferral::NotDeferrable,
        dialects: Dialects::default(),
    };
    table.foreign_keys.insert(key, definition);
}

fn action(rule: &str) -> ReferentialAction {
    match rule {
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        "RESTRICT" => ReferentialAction::Restrict,
        _ => ReferentialAction::NoAction,
    }
}
