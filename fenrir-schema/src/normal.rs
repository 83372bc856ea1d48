//! What a schema is in one database: what can be said there in more than one way is said in one, and what
//! cannot be said is left out.

use std::collections::BTreeMap;

use crate::table::{IndexKey, IndexTarget};
use crate::{
    Column, DefaultValue, Dialect, EnumType, Expression, ForeignKey, Identifier, Index, Schema, SqlType,
    Table, TableName, Unmanaged,
};

impl Schema {
    /// The schema as a database of this dialect tells it: two schemas that make the same database have the
    /// same normal form, but for the text of expressions.
    ///
    /// It has what that dialect has, and no tables that are left alone. Types that share a name are one of them. Comments go where there are none; an enum is named after its
    /// column where it has no name of its own; so is a primary key where the database calls all of them the
    /// same.
    ///
    /// ```
    /// use fenrir_schema::{Dialect, Schema};
    ///
    /// let schema = Schema::default();
    /// assert_eq!(schema.normal_form(Dialect::Mysql), schema);
    /// ```
    #[must_use]
    pub fn normal_form(&self, dialect: Dialect) -> Schema {
        let mut schema = self.of(dialect).held_by(&[dialect]);
        schema.unmanaged = Unmanaged::default();
        if !dialect.has_enums() {
            name_enums(&mut schema);
        }
        for table in schema.tables.values_mut() {
            for column in &mut table.columns {
                let sql_type = without_extension(dialect.normal_type_in(&table.options, &column.sql_type));
                column.default =
                    column.default.take().map(|value| of_type(dialect, value, column, &sql_type));
                column.sql_type = sql_type;
                column.comment = column.comment.take().filter(|comment| !comment.is_empty());
                column.nullable &= column.auto_increment.is_none();
                column.default = column.default.take().filter(|default| !is_null(default));
            }
            table.comment = table.comment.take().filter(|comment| !comment.is_empty());
            if table.primary_key.columns.is_empty() {
                table.primary_key.name = Identifier::generated([&table.name.name], "pkey");
            }
            // What brings a method or an operator class is no part of the index.
            table.indexes.values_mut().for_each(|index| index.extension = None);
            dialect.normalize(table);
        }
        schema
    }
}

/// A value that the type has no word for is an expression there: what is written for it.
fn of_type(dialect: Dialect, value: DefaultValue, column: &Column, to: &SqlType) -> DefaultValue {
    let is_lost = match (&value, &column.sql_type) {
        (DefaultValue::Bool(_), _) => *to != SqlType::Bool,
        (DefaultValue::Text(_), SqlType::Jsonb) => *to != SqlType::Jsonb,
        _ => false,
    };
    let written = || Expression::new(dialect.default_sql(&value, &column.sql_type)).ok();
    let expression = if is_lost { written().map(DefaultValue::Expression) } else { None };
    expression.unwrap_or(value)
}

/// To hold NULL is what a column does of which nothing is said.
fn is_null(default: &DefaultValue) -> bool {
    matches!(default, DefaultValue::Expression(expression) if expression.as_str().eq_ignore_ascii_case("null"))
}

/// What brings a type into a database is no part of it.
fn without_extension(sql_type: SqlType) -> SqlType {
    match sql_type {
        SqlType::Custom { name, .. } => SqlType::Custom { name, extension: None },
        SqlType::Array(of) => SqlType::Array(Box::new(without_extension(*of))),
        other => other,
    }
}

/// Each column with an enum has one of its own.
fn name_enums(schema: &mut Schema) {
    let mut enums = BTreeMap::new();
    for table in schema.tables.values_mut() {
        for column in &mut table.columns {
            let name = column_enum(&table.name, &column.name);
            if let Some(of) = column.sql_type.enum_name_mut() {
                let definition = schema.enums.get(of).cloned();
                enums.insert(name.clone(), definition.unwrap_or(EnumType { labels: Vec::new() }));
                *of = name;
            }
        }
    }
    schema.enums = enums;
}

/// What the enum of a column is called where the database gives enums no names: `page.state`.
///
/// ```
/// use fenrir_schema::{Identifier, column_enum};
///
/// let name = |text| Identifier::new(text);
/// assert_eq!(column_enum(&name("page")?.into(), &name("state")?).as_str(), "page.state");
/// assert_ne!(column_enum(&name("a.b")?.into(), &name("c")?), column_enum(&name("a")?.into(), &name("b.c")?));
/// # Ok::<(), fenrir_schema::IdentifierError>(())
/// ```
#[must_use]
pub fn column_enum(table: &TableName, column: &Identifier) -> Identifier {
    // A column's name stands in quotes where a table's does.
    let column = TableName::from(column.clone());
    Identifier::generated([], &format!("{}.{}", table.to_text(), column.to_text()))
}

impl Table {
    /// Whether it has a primary key: a table of a model has one, one that was found in a database may have
    /// none.
    #[must_use]
    pub fn has_primary_key(&self) -> bool {
        !self.primary_key.columns.is_empty()
    }
}

impl Index {
    /// The columns that it is of, where it is of whole columns only, in rising order, of all rows.
    #[must_use]
    pub fn plain_columns(&self) -> Option<Vec<Identifier>> {
        let is_plain = self.method.is_none() && self.include.is_empty() && self.predicate.is_none();
        let columns = self.keys.iter().map(|key| match &key.of {
            IndexTarget::Column(column) if *key == IndexKey::new(key.of.clone()) => Some(column.clone()),
            _ => None,
        });
        columns.collect::<Option<Vec<_>>>().filter(|_| is_plain)
    }
}

/// A foreign key as a database has it in which refusing at once and at the end of the statement are one.
pub(crate) fn without_restrict(key: &mut ForeignKey) {
    for action in [&mut key.on_delete, &mut key.on_update] {
        if *action == crate::ReferentialAction::Restrict {
            *action = crate::ReferentialAction::NoAction;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AutoIncrement, Deferral, NullsOrder, PrimaryKey, TableOptions, Unique};
    use crate::{ReferentialAction, Renames, TypeName, diff};

    fn name(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    fn page() -> TableName {
        name("page").into()
    }

    fn column(text: &str, sql_type: SqlType) -> Column {
        Column {
            name: name(text),
            sql_type,
            nullable: false,
            default: None,
            auto_increment: None,
            generated: None,
            collations: BTreeMap::new(),
            comment: Some(String::new()),
        }
    }

    /// A table in which all is said otherwise than a database tells it.
    fn schema() -> Schema {
        let mut id = column("id", SqlType::BigInt);
        id.auto_increment = Some(AutoIncrement::Serial);
        let custom = TypeName::new("VARCHAR(77)").unwrap();
        let mut at = column("at", SqlType::Timestamp);
        let null = DefaultValue::Expression(Expression::new("NULL").unwrap());
        let mut none = column("none", SqlType::Text);
        none.default = Some(null);
        at.default = Some(DefaultValue::Expression(Expression::new("now()").unwrap()));
        let of = |text: &str| {
            let key = IndexKey::new(IndexTarget::Column(name(text)));
            IndexKey { nulls: Some(NullsOrder::Last), ..key }
        };
        let key = ForeignKey {
            columns: vec![name("c")],
            references: name("page").into(),
            referenced_columns: vec![name("id")],
            on_delete: ReferentialAction::Restrict,
            on_update: ReferentialAction::NoAction,
            deferral: Deferral::Deferrable,
            dialects: Default::default(),
        };
        let unique = Index { keys: vec![of("c")], unique: true, ..Index::default() };
        let table = Table {
            name: name("page").into(),
            columns: vec![
                id,
                column("c", SqlType::Custom { name: custom, extension: Some(name("x")) }),
                column("mood", SqlType::Enum(name("mood"))),
                at,
                none,
            ],
            primary_key: PrimaryKey { name: name("page_pkey"), columns: vec![name("id")] },
            uniques: BTreeMap::new(),
            checks: BTreeMap::new(),
            foreign_keys: [(name("fkey"), key)].into(),
            indexes: [(name("ix"), unique)].into(),
            options: TableOptions::default(),
            comment: Some("pages".to_owned()),
        };
        let labels = vec!["sad".to_owned()];
        Schema {
            enums: [
                (name("mood"), EnumType { labels: labels.clone() }),
                (name("unused"), EnumType { labels }),
            ]
            .into(),
            tables: [(page(), table)].into(),
            unmanaged: Unmanaged::default(),
        }
    }

    #[test]
    fn a_normal_form_is_its_own() {
        for dialect in Dialect::ALL {
            let normal = schema().normal_form(dialect);
            assert_eq!(normal.normal_form(dialect), normal, "{dialect}");
        }
    }

    #[test]
    fn what_each_database_makes_of_it() {
        let of = |dialect| {
            let normal = schema().normal_form(dialect);
            (normal.tables[&page()].clone(), normal.enums)
        };
        let (table, enums) = of(Dialect::Postgres);
        assert_eq!(enums.len(), 2);
        assert_eq!(table.comment.as_deref(), Some("pages"));
        assert_eq!(table.columns[0].comment, None);
        assert_eq!(table.columns[4].default, None);
        assert_eq!(table.columns[1].sql_type, SqlType::VarChar { max_length: Some(77) });
        assert_eq!(table.columns[0].auto_increment, Some(AutoIncrement::Serial));
        assert_eq!(table.indexes[&name("ix")].keys[0].nulls, None);
        assert_eq!(table.foreign_keys[&name("fkey")].on_delete, ReferentialAction::Restrict);

        let (table, enums) = of(Dialect::Sqlite);
        assert_eq!(enums.keys().map(Identifier::as_str).collect::<Vec<_>>(), ["page.mood"]);
        assert_eq!(table.comment, None);
        assert_eq!(table.columns[0].sql_type, SqlType::Integer);
        assert_eq!(table.columns[0].auto_increment, Some(AutoIncrement::Identity));
        assert_eq!(table.foreign_keys[&name("fkey")].deferral, Deferral::NotDeferrable);

        let (table, _) = of(Dialect::Mysql);
        assert_eq!(table.primary_key.name.as_str(), "PRIMARY");
        assert_eq!(table.foreign_keys[&name("fkey")].on_delete, ReferentialAction::NoAction);
        let now = DefaultValue::Expression(Expression::new("CURRENT_TIMESTAMP").unwrap());
        assert_eq!(table.columns[3].default, Some(now));
    }

    #[test]
    fn in_mysql_a_unique_index_is_a_constraint_and_a_keys_own_index_nobodys() {
        let mut schema = schema();
        let table = schema.tables.get_mut(&page()).unwrap();
        let of = |text: &str| IndexKey::new(IndexTarget::Column(name(text)));
        table.indexes.clear();
        table.indexes.insert(name("fkey"), Index { keys: vec![of("c")], ..Index::default() });
        let unique = Index { keys: vec![of("at")], unique: true, ..Index::default() };
        table.indexes.insert(name("at_key"), unique);
        let normal = schema.normal_form(Dialect::Mysql);
        let table = &normal.tables[&page()];
        assert!(table.indexes.is_empty(), "{table:?}");
        assert_eq!(table.uniques[&name("at_key")], Unique { columns: vec![name("at")], ..Unique::default() });
    }

    #[test]
    fn it_is_of_what_the_dialect_has() {
        let mut schema = schema();
        let table = schema.tables.get_mut(&page()).unwrap();
        table.options.sqlite.strict = true;
        table.options.mysql.engine = crate::OptionWord::new("InnoDB").ok();
        table.options.mysql.charset = crate::OptionWord::new("utf8").ok();
        table.indexes.get_mut(&name("ix")).unwrap().dialects = crate::Dialects::only([Dialect::Postgres]);
        let other = Table { name: name("other").into(), ..table.clone() };
        schema.unmanaged.tables.insert(name("other").into(), other);
        let of = |dialect| {
            let normal = schema.normal_form(dialect);
            assert_eq!(normal.normal_form(dialect), normal, "{dialect}");
            assert!(normal.unmanaged.is_empty());
            let table = normal.tables[&page()].clone();
            (table.options.to_string(), table.indexes.len(), table.columns[3].sql_type.clone())
        };
        assert_eq!(of(Dialect::Postgres), ("none".to_owned(), 1, SqlType::Timestamp));
        assert_eq!(of(Dialect::Sqlite), ("sqlite(strict)".to_owned(), 0, SqlType::Text));
        assert_eq!(of(Dialect::Mysql), ("mysql(charset = \"utf8mb3\")".to_owned(), 0, SqlType::Timestamp));
    }

    #[test]
    fn a_table_may_have_no_primary_key() {
        let with = schema();
        let mut without = with.clone();
        let table = without.tables.get_mut(&page()).unwrap();
        table.primary_key = PrimaryKey { name: name("whatever"), columns: Vec::new() };
        table.columns[0].auto_increment = None;
        assert!(!table.has_primary_key());
        let create = |dialect: Dialect, schema: &Schema| {
            let changes = diff(&Schema::default(), schema, &Renames::default());
            dialect.script(&Schema::default(), &changes).unwrap().bare_sql()
        };
        let renames = Renames::default();
        for dialect in Dialect::ALL {
            assert!(!create(dialect, &without).contains("PRIMARY KEY"), "{dialect}");
            let mut other = without.clone();
            other.tables.get_mut(&page()).unwrap().primary_key.name = name("other");
            assert_eq!(other.normal_form(dialect), without.normal_form(dialect));
            assert!(diff(&other, &without, &renames).is_empty(), "{dialect}");
            let words: Vec<_> = [(&with, &without), (&without, &with)]
                .iter()
                .flat_map(|(from, to)| diff(from, to, &renames))
                .map(|change| change.to_string())
                .filter(|words| words.contains("primary key"))
                .collect();
            assert_eq!(words, ["drop the primary key of `page`", "add a primary key to `page`: `id`"]);
            let changes = diff(&without, &with, &renames);
            let sql = dialect.script(&without, &changes).unwrap().bare_sql();
            assert!(!sql.contains("DROP CONSTRAINT") && !sql.contains("DROP PRIMARY KEY"), "{sql}");
            assert!(sql.contains("PRIMARY KEY"), "{sql}");
        }
    }
}
