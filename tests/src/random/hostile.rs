//! Schemas of tables that nobody would make, but that a database may have: with names that mean something elsewhere,
//! every type, keys of all kinds and none.

use std::collections::{BTreeMap, BTreeSet};

use fenrir_schema::{
    Column, DefaultValue, Dialect, EnumType, Expression, ForeignKey, Identifier, Index, IndexKey,
    IndexTarget, IntegerSize, PrimaryKey, RangeOf, ReferentialAction, Schema, SqlType, Table, TableName,
    TableOptions, TypeName, Unique,
};

use super::Random;

/// Names of signs that mean something, and words of SQL.
pub const SIGNS: &[&str] = &[
    "a\"b",
    "a'b",
    "a`b",
    "a\\b",
    "a]b",
    "[a]",
    "$$",
    "$fenrir$",
    "--",
    "/*",
    "a*/b",
    ";",
    "a; DROP TABLE page",
    "%s%n",
    "{}",
    "select",
    "SELECT",
    "Table",
    "rowid",
    "a.b",
    " a",
    "a ",
    "a b",
    "a\tb",
    "a\nb",
    "\u{202e}abc",
    "\u{200f}\u{5d0}",
    "e\u{301}",
    "é",
    "😀",
    "\u{feff}a",
    "1a",
    "0",
    "_",
    "NULL",
    "true",
    "old",
    "new",
];

/// Words that mean something in Rust, names that look alike there, and letters of all kinds.
const WORDS: &[&str] = &[
    "\"#",
    "r#type",
    "type",
    "self",
    "Self",
    "crate",
    "super",
    "fn",
    "async",
    "gen",
    "i32",
    "String",
    "Option",
    "diesel",
    "enums",
    "types",
    "table",
    "columns",
    "star",
    "dsl",
    "all_columns",
    "id",
    "日本語",
    "Größe",
    "ÉTÉ",
    "x*/ fn main() {}",
    "#[x]",
    "//",
    "\\u{0}",
    "userId",
    "user_id",
    "user-id",
    "HTTPServer2",
    "std",
    "chrono",
    "uuid",
    "Vec",
    "Table2",
    "mod",
    "lib",
    "main",
    "models",
    "a__b",
    "__a",
    "a_",
    "name",
    "ﬁ",
    "Ǆ",
    "ß",
    "İ",
    "µ",
    "x²",
    "sql_type",
    "schema",
    "SqlType",
    "BoxedQuery",
    "count",
    "test_case",
    "bench",
    "derive",
    "test",
    "cfg",
];

/// Texts that would end a comment, a literal or an attribute.
const TEXTS: &[&str] = &[
    "plain",
    "it's a \"comment\" \\",
    "*/ fn main() {}",
    "two\nlines",
    "\"# )] struct X;",
    " spaces ",
    "* star",
    "/ slash",
    "\u{202e}reversed\u{202c}",
    "日本語のコメント",
    "tab\there",
    "a\r\nb",
    "`code` [link](x)",
    "{}",
    "😀 emoji",
    "a text that is so long that no line holds it, which rustfmt leaves as it is or puts on a line of its own, as it likes",
];

fn name(random: &mut Random) -> &'static str {
    let names = if random.once_in(2) { SIGNS } else { WORDS };
    random.pick(names).copied().unwrap_or_default()
}

fn types(schema: &Schema, dialect: Dialect) -> Vec<SqlType> {
    let array = |of| SqlType::Array(Box::new(of));
    let custom = |text: &str| SqlType::Custom { name: TypeName::new(text).unwrap(), extension: None };
    let numeric = |precision, scale| SqlType::Numeric { precision, scale };
    let mut all = vec![
        SqlType::Bool,
        SqlType::TinyInt,
        SqlType::SmallInt,
        SqlType::Integer,
        SqlType::BigInt,
        SqlType::Float,
        SqlType::Double,
        numeric(None, None),
        numeric(Some(12), Some(3)),
        SqlType::Money,
        SqlType::Text,
        SqlType::VarChar { max_length: None },
        SqlType::VarChar { max_length: Some(96) },
        SqlType::Char { length: Some(3) },
        SqlType::Citext,
        SqlType::Binary,
        SqlType::Date,
        SqlType::Time,
        SqlType::Timestamp,
        SqlType::Timestamptz,
        SqlType::Interval,
        SqlType::Uuid,
        SqlType::Json,
        SqlType::Jsonb,
        SqlType::Inet,
        SqlType::Cidr,
        SqlType::MacAddr,
        SqlType::MacAddr8,
        SqlType::Oid,
        SqlType::PgLsn,
        SqlType::Unsigned(IntegerSize::TinyInt),
        SqlType::Unsigned(IntegerSize::SmallInt),
        SqlType::Unsigned(IntegerSize::Integer),
        SqlType::Unsigned(IntegerSize::BigInt),
        array(SqlType::Text),
        array(SqlType::VarChar { max_length: Some(9) }),
        array(numeric(Some(9), Some(2))),
        array(SqlType::Jsonb),
        array(SqlType::Cidr),
        array(SqlType::Range(RangeOf::Integer)),
        array(SqlType::Integer),
        array(SqlType::Interval),
        array(custom("point")),
    ];
    all.extend(match dialect {
        Dialect::Mysql => vec![custom("point"), custom("year"), custom("bit(8)"), custom("timestamp(3)")],
        Dialect::Postgres | Dialect::Sqlite => vec![
            custom("point"),
            custom("tsvector"),
            custom("timestamp(3)"),
            custom("time(3) with time zone"),
            custom("bit varying(8)"),
            custom("xml"),
            custom("\"char\""),
        ],
    });
    for of in [
        RangeOf::Integer,
        RangeOf::BigInt,
        RangeOf::Numeric,
        RangeOf::Date,
        RangeOf::Timestamp,
        RangeOf::Timestamptz,
    ] {
        all.extend([SqlType::Range(of), SqlType::Multirange(of)]);
    }
    for name in schema.enums.keys() {
        all.extend([SqlType::Enum(name.clone()), array(SqlType::Enum(name.clone()))]);
    }
    all
}

struct Names {
    dialect: Dialect,
    taken: BTreeSet<String>,
}

impl Names {
    fn take(&mut self, random: &mut Random) -> Identifier {
        loop {
            let name = if random.once_in(9) {
                "n".repeat(1 + random.below(63))
            } else if random.once_in(9) {
                format!("{}{}", name(random), random.below(9))
            } else {
                name(random).to_owned()
            };
            // Names that differ in case only are one in some databases.
            let has_it = match self.dialect {
                // Its names are of the first 65536 characters.
                Dialect::Mysql => name.chars().all(|c| u32::from(c) < 0x10000) && name.trim_end() == name,
                _ => true,
            };
            if let (Ok(identifier), true) = (Identifier::new(name.clone()), has_it) {
                if self.taken.insert(name.to_lowercase()) {
                    return identifier;
                }
            }
        }
    }
}

/// A schema as a database of that dialect could have it, and as models can say it.
#[must_use]
pub fn schema(random: &mut Random, dialect: Dialect) -> Schema {
    let mut schema = Schema::default();
    let mut relations = Names { dialect, taken: BTreeSet::new() };
    for _ in 0..random.below(3) {
        let mut labels: Vec<String> = Vec::new();
        for _ in 0..=random.below(6) {
            let label = name(random).to_owned();
            let folded = |text: &str| text.trim_end().to_lowercase();
            if !labels.iter().any(|other| folded(other) == folded(&label)) && label.trim_end() == label {
                labels.push(label);
            }
        }
        let definition = EnumType { labels };
        if !definition.labels.is_empty() && dialect.lacks_labels(&definition).is_none() {
            schema.enums.insert(relations.take(random), definition);
        }
    }
    for _ in 0..=random.below(4) {
        let table = table(random, dialect, &schema, &mut relations);
        let table = simplest(table, dialect, &schema);
        schema.tables.insert(table.name.clone(), table);
    }
    let used = schema.tables.values().flat_map(|table| &table.columns);
    let used: BTreeSet<_> = used.filter_map(|column| column.sql_type.enum_name().cloned()).collect();
    schema.enums.retain(|name, _| used.contains(name));
    schema
}

/// Without what the dialect has not.
fn simplest(mut table: Table, dialect: Dialect, schema: &Schema) -> Table {
    let mut whole = schema.clone();
    whole.tables.insert(table.name.clone(), table.clone());
    if !dialect.lacks(&table, &whole.of(dialect)).is_empty() {
        table.foreign_keys.clear();
        table.indexes.clear();
        table.uniques.clear();
        table.checks.clear();
        table.options = TableOptions::default();
        for column in &mut table.columns {
            (column.sql_type, column.default) = (SqlType::Integer, None);
        }
    }
    table
}

fn table(random: &mut Random, dialect: Dialect, schema: &Schema, relations: &mut Names) -> Table {
    let place = (dialect == Dialect::Postgres && random.once_in(4)).then(|| Identifier::new("auth").unwrap());
    let name = TableName { schema: place, name: relations.take(random) };
    let mut names = Names { dialect, taken: BTreeSet::new() };
    let all: Vec<_> = types(schema, dialect).into_iter().filter(|sql_type| dialect.holds(sql_type)).collect();
    let comment = |random: &mut Random| {
        let comment = random.pick(TEXTS).filter(|_| dialect.has_comments());
        comment.copied().map(str::to_owned).filter(|_| random.once_in(2))
    };
    let mut columns: Vec<Column> = Vec::new();
    let count = if random.once_in(12) { 40 } else { 1 + random.below(7) };
    for _ in 0..count {
        let sql_type = random.pick(&all).unwrap().clone();
        let text = matches!(sql_type, SqlType::Text | SqlType::VarChar { .. });
        let default =
            text.then(|| DefaultValue::Text((*random.pick(TEXTS).unwrap()).chars().take(90).collect()));
        let default = default.filter(|_| random.once_in(2) && dialect != Dialect::Mysql);
        columns.push(Column {
            name: names.take(random),
            nullable: random.once_in(2),
            sql_type,
            default,
            auto_increment: None,
            generated: None,
            collations: BTreeMap::new(),
            comment: comment(random),
        });
    }
    let keys: Vec<_> =
        columns.iter().filter(|_| random.once_in(3)).map(|column| column.name.clone()).collect();
    for column in columns.iter_mut().filter(|column| keys.contains(&column.name)) {
        column.sql_type = SqlType::Integer;
        column.default = None;
        // One that alone is the key is the number of the row, which is never NULL.
        column.nullable = dialect == Dialect::Sqlite && keys.len() > 1 && random.once_in(3);
    }
    let mut table = Table {
        primary_key: PrimaryKey { name: relations.take(random), columns: keys },
        name,
        columns,
        uniques: BTreeMap::new(),
        checks: BTreeMap::new(),
        foreign_keys: BTreeMap::new(),
        indexes: BTreeMap::new(),
        options: TableOptions::default(),
        comment: comment(random),
    };
    parts(random, schema, relations, &mut table);
    table
}

fn parts(random: &mut Random, schema: &Schema, relations: &mut Names, table: &mut Table) {
    let some = |random: &mut Random, table: &Table| -> Vec<Identifier> {
        let columns = table.columns.iter().filter(|_| random.once_in(3));
        columns.map(|column| column.name.clone()).collect()
    };
    for _ in 0..random.below(3) {
        let columns = some(random, table);
        let again = table.uniques.values().any(|unique| unique.columns == columns);
        if !columns.is_empty() && columns != table.primary_key.columns && !again {
            table.uniques.insert(relations.take(random), Unique { columns, ..Unique::default() });
        }
    }
    for _ in 0..random.below(3) {
        let mut keys: Vec<_> =
            some(random, table).into_iter().map(|name| IndexKey::new(IndexTarget::Column(name))).collect();
        keys.iter_mut().for_each(|key| key.descending = random.once_in(4));
        if random.once_in(4) {
            let expression = Expression::new("'x*/ \"#' || 'it''s'").unwrap();
            keys.insert(0, IndexKey::new(IndexTarget::Expression(expression)));
        }
        if !keys.is_empty() {
            let index = Index { keys, unique: random.once_in(2), ..Index::default() };
            table.indexes.insert(relations.take(random), index);
        }
    }
    if random.once_in(3) {
        let check = Expression::new("'a\nb \"c\" \u{202e}' <> 'it''s )] */'").unwrap();
        table.checks.insert(relations.take(random), check.into());
    }
    // To a table that is there, or to itself.
    let own = table.clone();
    let targets: Vec<&Table> =
        schema.tables.values().chain([&own]).filter(|table| table.has_primary_key()).collect();
    for _ in 0..random.below(3) {
        let Some(target) = random.pick(&targets) else { continue };
        let mut columns = Vec::new();
        for key in &target.primary_key.columns {
            let mut names = Names {
                dialect: relations.dialect,
                taken: table.columns.iter().map(|column| column.name.as_str().to_lowercase()).collect(),
            };
            let name = names.take(random);
            let sql_type = target.column(key).unwrap().sql_type.clone();
            columns.push(name.clone());
            table.columns.push(Column {
                name,
                sql_type,
                nullable: true,
                default: None,
                auto_increment: None,
                generated: None,
                collations: BTreeMap::new(),
                comment: None,
            });
        }
        let actions = [ReferentialAction::NoAction, ReferentialAction::Cascade, ReferentialAction::SetNull];
        let key = ForeignKey {
            referenced_columns: target.primary_key.columns.clone(),
            references: target.name.clone(),
            on_delete: *random.pick(&actions).unwrap(),
            on_update: ReferentialAction::NoAction,
            deferral: Default::default(),
            dialects: Default::default(),
            columns,
        };
        let generated = Identifier::generated(std::iter::once(&table.name.name).chain(&key.columns), "fkey");
        let free = relations.taken.insert(generated.as_str().to_lowercase());
        let name = if free && random.once_in(2) { generated } else { relations.take(random) };
        table.foreign_keys.insert(name, key);
    }
}
