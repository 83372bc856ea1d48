//! Random schemas, random edits of them, and rows that fit them.
//!
//! A schema is what a list of numbers makes of an empty one: each number is one edit, which looks at
//! what is there. So a failing case is made smaller by leaving numbers out.

mod computed;
pub mod hostile;
mod later;
mod parts;
mod unmanaged;

use std::collections::{BTreeMap, BTreeSet};

use fenrir_schema::{
    AutoIncrement, Check, Column, DefaultValue, Deferral, Dialect, EnumType, Expression, ForeignKey,
    GeneratedKind, Identifier, Index, IndexKey, IndexTarget, IntegerSize, NullsOrder, PrimaryKey, RangeOf,
    ReferentialAction, Renames, Schema, SqlType, Table, TableName, TableOptions, TypeName, Unique,
};

/// SplitMix64: the same numbers everywhere for one seed.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// One of some things.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        if things.is_empty() { None } else { things.get(self.below(things.len())) }
    }

    /// Yes, once in so many.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// A pair of schemas: the edits that make the first, and those that make the second of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The edits of the first.
    pub first: Vec<u64>,
    /// The further edits of the second.
    pub then: Vec<u64>,
}

impl Case {
    /// A random pair.
    #[must_use]
    pub fn new(random: &mut Random) -> Self {
        let (first, then) = (8 + random.below(30), 1 + random.below(12));
        Self {
            first: (0..first).map(|_| random.number()).collect(),
            then: (0..then).map(|_| random.number()).collect(),
        }
    }

    /// The two schemas, and what of the first has another name in the second.
    #[must_use]
    pub fn schemas(&self) -> (Schema, Schema, Renames) {
        let mut schema = Schema::default();
        let mut renames = Renames::default();
        // What comes later meets rows, which a new column or table must be kind to; and a thing that
        // is dropped does not come back as another.
        self.first.iter().for_each(|&edit| apply(&mut schema, edit, None, &mut renames));
        let first = schema.clone();
        self.then.iter().for_each(|&edit| apply(&mut schema, edit, Some(&first), &mut renames));
        later::settle(&mut renames, &first, &mut schema);
        computed::settle(&mut schema);
        (first, schema, renames)
    }
}

/// Checks a law on random pairs. Seed and count are `FENRIR_TEST_SEED` and `FENRIR_TEST_CASES`.
///
/// # Panics
/// With the seed and a pair made as small as can be, when the law does not hold.
pub fn check(cases: usize, law: impl Fn(&Case) -> Result<(), String>) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect(name));
    let cases = number("FENRIR_TEST_CASES").map_or(cases, |cases| usize::try_from(cases).unwrap());
    let seed = number("FENRIR_TEST_SEED").unwrap_or_else(|| {
        u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() & u128::from(u64::MAX)).unwrap()
    });
    let mut random = Random(seed);
    for number in 0..cases {
        let case = Case::new(&mut random);
        if let Err(message) = law(&case) {
            let (case, message) = shrink(case, message, &law);
            let (a, b, renames) = case.schemas();
            panic!(
                "case {number} of FENRIR_TEST_SEED={seed} FENRIR_TEST_CASES={cases}:\n{message}\nfrom {}to {}{renames:?}\nedits {case:?}",
                a.canonical_json(),
                b.canonical_json()
            );
        }
    }
}

/// Leaves out edits for as long as the law still fails.
fn shrink(mut case: Case, mut message: String, law: &impl Fn(&Case) -> Result<(), String>) -> (Case, String) {
    loop {
        let mut smaller = (0..case.first.len()).map(|index| {
            let mut smaller = case.clone();
            smaller.first.remove(index);
            smaller
        });
        let then = (0..case.then.len()).map(|index| {
            let mut smaller = case.clone();
            smaller.then.remove(index);
            smaller
        });
        let found = smaller
            .by_ref()
            .chain(then)
            .find_map(|smaller| law(&smaller).err().map(|message| (smaller, message)));
        match found {
            Some((smaller, why)) => (case, message) = (smaller, why),
            None => return (case, message),
        }
    }
}

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

const TABLES: &[&str] = &[
    "page",
    "user",
    "Mixed Case",
    "quo\"ted",
    "order",
    "t1",
    "été",
    "a_table_with_a_name_of_sixty_two_bytes_so_that_keys_are_cut_ab",
];
const COLUMNS: &[&str] = &["name", "select", "Weird \"one\"", "c1", "c2", "c3", "c4", "größe"];

fn sql_type(random: &mut Random, schema: &mut Schema) -> SqlType {
    match random.below(26) {
        0 => SqlType::Bool,
        1 => SqlType::SmallInt,
        2 | 3 => SqlType::Integer,
        4 => SqlType::BigInt,
        5 => SqlType::Float,
        6 => SqlType::Double,
        7 => SqlType::Numeric { precision: Some(10), scale: Some(2) },
        8 => SqlType::Text,
        9 | 10 => SqlType::VarChar { max_length: Some(96) },
        11 => SqlType::Binary,
        12 => SqlType::Date,
        13 => SqlType::Timestamp,
        14 => SqlType::Json,
        15 => SqlType::Jsonb,
        // Of one database only: see `held_by`.
        16 => SqlType::TinyInt,
        17 => SqlType::Unsigned(IntegerSize::BigInt),
        18 => SqlType::Citext,
        19 => SqlType::Interval,
        20 => SqlType::Inet,
        21 => SqlType::Range(RangeOf::Date),
        22 => SqlType::Array(Box::new(SqlType::VarChar { max_length: Some(9) })),
        23 => SqlType::Custom { name: TypeName::new("varchar(77)").unwrap(), extension: None },
        24 => SqlType::Array(Box::new(mood(schema))),
        _ => mood(schema),
    }
}

fn mood(schema: &mut Schema) -> SqlType {
    let mood = name("mood");
    let definition = EnumType { labels: ["it's", "unused", "sad"].map(str::to_owned).to_vec() };
    let definition = schema.unmanaged.enums.get(&mood).cloned().unwrap_or(definition);
    schema.enums.entry(mood.clone()).or_insert(definition);
    SqlType::Enum(mood)
}

fn default(random: &mut Random, sql_type: &SqlType) -> Option<DefaultValue> {
    let text = |text: &str| Some(DefaultValue::Text(text.to_owned()));
    match sql_type {
        SqlType::Bool => Some(DefaultValue::Bool(random.once_in(2))),
        SqlType::TinyInt | SqlType::SmallInt | SqlType::Integer | SqlType::BigInt => {
            Some(DefaultValue::Number("-7".to_owned()))
        }
        SqlType::Unsigned(_) => Some(DefaultValue::Number("7".to_owned())),
        SqlType::Float | SqlType::Double | SqlType::Numeric { .. } => {
            Some(DefaultValue::Number("1.5".to_owned()))
        }
        SqlType::Text | SqlType::VarChar { .. } | SqlType::Citext => text("it's \\ a 'default'"),
        SqlType::Array(of) if **of == SqlType::VarChar { max_length: Some(9) } => text("{}"),
        SqlType::Custom { .. } => Some(DefaultValue::Expression(Expression::new("lower('It''s')").unwrap())),
        SqlType::Json | SqlType::Jsonb => text("{\"a\": [1]}"),
        SqlType::Enum(_) => text("it's"),
        SqlType::Timestamp if random.once_in(2) => {
            Some(DefaultValue::Expression(Expression::new("CURRENT_TIMESTAMP").unwrap()))
        }
        _ => None,
    }
}

/// The schema that rows are in, and what of it has another name now.
type Before<'a> = Option<(&'a Schema, &'a Renames)>;

/// One edit. Where what it would do makes no sense, it does nothing.
fn apply(schema: &mut Schema, edit: u64, before: Option<&Schema>, renames: &mut Renames) {
    let mut random = Random(edit);
    if let Some(first) = before {
        if random.once_in(2) {
            later::apply(schema, &mut random, first, renames);
            computed::settle(schema);
            return prune_enums(schema);
        }
    }
    let before = before.map(|first| (first, &*renames));
    match random.below(30) {
        0..=2 => create_table(schema, &mut random, before),
        3..=6 => add_column(schema, &mut random, before),
        7 | 8 => add_reference(schema, &mut random, before),
        9 => add_unique(schema, &mut random),
        10 => add_index(schema, &mut random),
        11 => add_check(schema, &mut random),
        12 => drop_part(schema, &mut random),
        13 => drop_column(schema, &mut random),
        14 => drop_table(schema, &mut random),
        15..=17 => alter_column(schema, &mut random),
        18..=20 => computed::add(schema, &mut random, before),
        21 => computed::change(schema, &mut random),
        22 => computed::collate(schema, &mut random),
        23 | 24 => parts::set_options(schema, &mut random),
        25 | 26 => parts::move_part(schema, &mut random),
        27 | 28 => unmanaged::hand_over(schema, &mut random, before.map(|(first, _)| first)),
        _ => comment(schema, &mut random),
    }
    computed::settle(schema);
    prune_enums(schema);
}

fn prune_enums(schema: &mut Schema) {
    unmanaged::move_enums(schema);
}

fn create_table(schema: &mut Schema, random: &mut Random, before: Before<'_>) {
    let Some(&text) = random.pick(TABLES) else { return };
    let table = TableName { schema: place(random), name: name(text) };
    let has = |schema: &Schema| {
        let mut all = schema.tables.keys().chain(schema.unmanaged.tables.keys());
        all.any(|there| there.name == table.name)
    };
    if has(schema) || before.is_some_and(|(first, _)| has(first)) {
        return;
    }
    let key_name = Identifier::generated([&table.name], "pkey");
    if taken(schema).contains(&key_name) {
        return;
    }
    let id = name("id");
    let kinds = [AutoIncrement::Identity, AutoIncrement::Serial];
    let auto_increment = if random.once_in(3) { None } else { random.pick(&kinds).copied() };
    let sql_type = if random.once_in(3) { SqlType::BigInt } else { SqlType::Integer };
    let column = Column {
        name: id.clone(),
        sql_type,
        nullable: false,
        default: None,
        auto_increment,
        generated: None,
        collations: BTreeMap::new(),
        comment: None,
    };
    schema.tables.insert(
        table.clone(),
        Table {
            primary_key: PrimaryKey { name: key_name, columns: vec![id] },
            name: table,
            columns: vec![column],
            uniques: BTreeMap::new(),
            checks: BTreeMap::new(),
            foreign_keys: BTreeMap::new(),
            indexes: BTreeMap::new(),
            options: TableOptions::default(),
            comment: None,
        },
    );
}

/// A schema of PostgreSQL, or where tables are made by themselves.
fn place(random: &mut Random) -> Option<Identifier> {
    match random.below(8) {
        0 => Some(name("auth")),
        1 => Some(name("Odd \"schema\"")),
        _ => None,
    }
}

fn was_there(before: Before<'_>, table: &TableName, column: &Identifier) -> bool {
    let table =
        before.and_then(|(first, renames)| unmanaged::any(first, renames.tables.get(table).unwrap_or(table)));
    table.is_some_and(|table| table.column(column).is_some())
}

fn any_table<'a>(schema: &'a mut Schema, random: &mut Random) -> Option<&'a mut Table> {
    let at = random.below(schema.tables.len());
    schema.tables.values_mut().nth(at)
}

fn add_column(schema: &mut Schema, random: &mut Random, before: Before<'_>) {
    let sql_type = sql_type(random, schema);
    let Some(&text) = random.pick(COLUMNS) else { return };
    let Some(table) = any_table(schema, random) else { return };
    let column_name = name(text);
    if table.column(&column_name).is_some() || was_there(before, &table.name, &column_name) {
        return;
    }
    let nullable = random.once_in(2);
    let default = if random.once_in(2) { default(random, &sql_type) } else { None };
    let comment = random.once_in(4).then(|| "it's a \"comment\" \\".to_owned());
    // A value for the rows that exist is a default here; a backfill is another test's.
    let nullable = nullable || before.is_some() && default.is_none() || is_custom(&sql_type);
    table.columns.push(Column {
        name: column_name,
        sql_type,
        nullable,
        default,
        auto_increment: None,
        generated: None,
        collations: BTreeMap::new(),
        comment,
    });
}

/// A column that points at another table's key, or its own.
fn add_reference(schema: &mut Schema, random: &mut Random, before: Before<'_>) {
    let taken = taken(schema);
    let names: Vec<_> = schema.tables.keys().chain(schema.unmanaged.tables.keys()).cloned().collect();
    let (Some(from), Some(to)) = (random.pick(&names).cloned(), random.pick(&names).cloned()) else { return };
    let target = unmanaged::any(schema, &to).unwrap();
    if target.primary_key.columns.len() > 1 {
        return;
    }
    let key = target.primary_key.columns[0].clone();
    let sql_type = target.column(&key).unwrap().sql_type.clone();
    let column = Identifier::generated([&to.name], "ref");
    let Some(table) = schema.tables.get_mut(&from) else { return };
    let key_name = Identifier::generated([&from.name, &column], "fkey");
    let is_there = table.column(&column).is_some() || was_there(before, &table.name, &column);
    if is_there || taken.contains(&key_name) {
        return;
    }
    // Only backwards in the order of names, so that rows can be put in.
    let required = before.is_none() && to.name < from.name && random.once_in(2);
    let actions = [ReferentialAction::NoAction, ReferentialAction::Cascade, ReferentialAction::Restrict];
    let on_delete = random.pick(&actions).copied().unwrap_or_default();
    let on_delete = if !required && random.once_in(3) { ReferentialAction::SetNull } else { on_delete };
    let deferral = if random.once_in(4) { Deferral::InitiallyDeferred } else { Deferral::NotDeferrable };
    table.foreign_keys.insert(
        key_name,
        ForeignKey {
            columns: vec![column.clone()],
            references: to,
            referenced_columns: vec![key],
            on_delete,
            on_update: ReferentialAction::NoAction,
            deferral,
            dialects: parts::dialects(random),
        },
    );
    table.columns.push(Column {
        name: column,
        sql_type,
        nullable: !required,
        default: None,
        auto_increment: None,
        generated: None,
        collations: BTreeMap::new(),
        comment: None,
    });
}

/// Nothing is known of its values that could stand in for a NULL.
fn is_custom(sql_type: &SqlType) -> bool {
    matches!(sql_type, SqlType::Custom { .. })
}

/// JSON has no equality in PostgreSQL.
fn is_comparable(column: &Column) -> bool {
    !matches!(
        column.sql_type,
        SqlType::Json | SqlType::Jsonb | SqlType::Bool | SqlType::Enum(_) | SqlType::Array(_)
    )
}

fn some_column(table: &Table, random: &mut Random) -> Option<Identifier> {
    let columns: Vec<_> = table.columns.iter().filter(|column| is_comparable(column)).collect();
    random.pick(&columns).map(|column| column.name.clone())
}

/// A default that rows share would break it.
fn add_unique(schema: &mut Schema, random: &mut Random) {
    let taken = taken(schema);
    let Some(table) = any_table(schema, random) else { return };
    let Some(column) = some_column(table, random) else { return };
    let columns = vec![column.clone(), name("id")];
    let constraint = Identifier::generated([&table.name.name, &column], "key");
    if column.as_str() != "id"
        && table.primary_key.columns != columns
        && !taken.contains(&constraint)
        && !table.uniques.values().any(|unique| unique.columns == columns)
    {
        let (deferral, dialects) = (parts::deferral(random), parts::dialects(random));
        let nulls_not_distinct = random.once_in(4);
        let unique = Unique { columns, nulls_not_distinct, deferral, dialects };
        table.uniques.entry(constraint).or_insert(unique);
    }
}

/// The names of indexes and constraints: one that a table took along may be that of another's by now.
fn taken(schema: &Schema) -> BTreeSet<Identifier> {
    let all = schema.tables.values().chain(schema.unmanaged.tables.values());
    let names = all.flat_map(|table| {
        let keys = table.indexes.keys().chain(table.uniques.keys()).chain(table.foreign_keys.keys());
        keys.chain(table.checks.keys()).chain([&table.primary_key.name]).cloned()
    });
    names.collect()
}

fn add_index(schema: &mut Schema, random: &mut Random) {
    let taken = taken(schema);
    let Some(table) = any_table(schema, random) else { return };
    let Some(column) = some_column(table, random) else { return };
    let predicate = random.once_in(3).then(|| Expression::new("id > 0").unwrap());
    let mut keys = vec![IndexKey {
        descending: random.once_in(2),
        ..IndexKey::new(IndexTarget::Column(column.clone()))
    }];
    if random.once_in(3) {
        keys.push(IndexKey::new(IndexTarget::Expression(Expression::new("id + 1").unwrap())));
    }
    if random.once_in(4) {
        keys[0].nulls = Some(if keys[0].descending { NullsOrder::Last } else { NullsOrder::First });
    }
    let include = if random.once_in(4) && column.as_str() != "id" { vec![name("id")] } else { Vec::new() };
    let mut index = Index { keys, include, predicate, ..Index::default() };
    parts::decorate(table, &mut index, random);
    let index_name = Identifier::generated([&table.name.name, &column], "idx");
    if !taken.contains(&index_name) {
        table.indexes.insert(index_name, index);
    }
}

fn add_check(schema: &mut Schema, random: &mut Random) {
    let taken = taken(schema);
    let Some(table) = any_table(schema, random) else { return };
    let mut check = "id > 0 AND id <> -1".to_owned();
    let plain = |column: &&Column| ["c1", "c2", "c3", "c4", "name"].contains(&column.name.as_str());
    if let Some(column) = table.columns.iter().find(plain).filter(|_| random.once_in(2)) {
        check = format!("{} IS NULL OR id > 0", column.name);
    }
    let check = Expression::new(check).unwrap();
    let check_name = Identifier::generated([&table.name.name], "check");
    if !taken.contains(&check_name) {
        let dialects = parts::dialects(random);
        table.checks.insert(check_name, Check { expression: check, dialects });
    }
}

/// An index, a unique constraint or a check.
fn drop_part(schema: &mut Schema, random: &mut Random) {
    let Some(table) = any_table(schema, random) else { return };
    match random.below(3) {
        0 => drop(table.indexes.pop_first()),
        1 => drop(table.uniques.pop_first()),
        _ => drop(table.checks.pop_first()),
    }
}

/// One whose values, once lost, can be stood in for when it comes back.
fn drop_column(schema: &mut Schema, random: &mut Random) {
    let Some(table) = any_table(schema, random) else { return };
    let droppable: Vec<_> = table
        .columns
        .iter()
        .filter(|column| !table.primary_key.columns.contains(&column.name) && column.name.as_str() != "id")
        .filter(|column| {
            column.nullable || !table.foreign_keys.values().any(|key| key.columns.contains(&column.name))
        })
        .map(|column| column.name.clone())
        .collect();
    let Some(column) = random.pick(&droppable).cloned() else { return };
    remove_column(table, column);
}

/// A column that no key has.
fn free_column<'a>(table: &'a mut Table, random: &mut Random) -> Option<&'a mut Column> {
    let keys = table.foreign_keys.values().flat_map(|key| &key.columns).chain(&table.primary_key.columns);
    let keys: BTreeSet<_> = keys.cloned().collect();
    let is_free = |column: &&mut Column| column.name.as_str() != "id" && !keys.contains(&column.name);
    let mut columns: Vec<_> = table.columns.iter_mut().filter(is_free).collect();
    let at = random.below(columns.len());
    (!columns.is_empty()).then(|| columns.swap_remove(at))
}

/// Whether it may hold NULL, or its default.
fn alter_column(schema: &mut Schema, random: &mut Random) {
    let Some(table) = any_table(schema, random) else { return };
    let Some(column) = free_column(table, random) else { return };
    if random.once_in(2) && !is_custom(&column.sql_type) {
        column.nullable = !column.nullable || computed::gives_null(column);
    } else {
        column.default = if random.once_in(2) { default(random, &column.sql_type) } else { None };
    }
}

fn remove_column(table: &mut Table, column: Identifier) {
    let generated: Vec<_> = table.generated_from(&[&column]).map(|column| column.name.clone()).collect();
    generated.into_iter().for_each(|column| remove_column(table, column));
    table.columns.retain(|there| there.name != column);
    table.checks.retain(|_, check| !check.expression.mentions(&column));
    table.uniques.retain(|_, unique| !unique.columns.contains(&column));
    table.foreign_keys.retain(|_, key| !key.columns.contains(&column));
    let of = IndexTarget::Column(column);
    table.indexes.retain(|_, index| !index.keys.iter().any(|key| key.of == of));
}

/// With the columns that point at it, since their values would point nowhere when it comes back
/// empty; not while one must point.
fn drop_table(schema: &mut Schema, random: &mut Random) {
    let names: Vec<_> = schema.tables.keys().cloned().collect();
    let Some(gone) = random.pick(&names) else { return };
    let needed = unmanaged::points_at(schema, gone)
        || schema.tables.values().filter(|table| table.name != *gone).any(|table| {
            table.foreign_keys.values().any(|key| {
                key.references == *gone
                    && table.column(&key.columns[0]).is_some_and(|column| !column.nullable)
            })
        });
    if needed {
        return;
    }
    schema.tables.remove(gone);
    for table in schema.tables.values_mut() {
        let pointing = table.foreign_keys.values().filter(|key| key.references == *gone);
        for column in pointing.flat_map(|key| key.columns.clone()).collect::<Vec<_>>() {
            remove_column(table, column);
        }
    }
}

fn comment(schema: &mut Schema, random: &mut Random) {
    let comment = random.once_in(2).then(|| format!("it's {}", random.below(9)));
    if let Some(table) = any_table(schema, random) {
        table.comment = comment;
    }
}

/// All tables where tables are made by themselves.
fn in_one_place(schema: &mut Schema) {
    let home = |name: &TableName| TableName::from(name.name.clone());
    let tables = std::mem::take(&mut schema.tables);
    schema.tables = tables
        .into_values()
        .map(|table| (home(&table.name), Table { name: home(&table.name), ..table }))
        .collect();
    for key in schema.tables.values_mut().flat_map(|table| table.foreign_keys.values_mut()) {
        key.references = home(&key.references);
    }
}

/// The renames between what a dialect holds of two schemas.
#[must_use]
pub fn renames_held_by(renames: Renames, dialect: Dialect) -> Renames {
    if dialect == Dialect::Postgres {
        return renames;
    }
    let home = |name: TableName| TableName::from(name.name);
    let tables = renames.tables.into_iter().map(|(new, old)| (home(new), home(old)));
    let columns = renames.columns.into_iter().map(|((table, new), old)| ((home(table), new), old));
    Renames {
        tables: tables.filter(|(new, old)| new != old).collect(),
        columns: columns.collect(),
        ..renames
    }
}

/// The schema as a model for that dialect could have it: what the dialect lacks is left out, or is as
/// much of it as the dialect has. The same for every schema, so that a pair stays a pair.
#[must_use]
pub fn held_by(schema: Schema, dialect: Dialect) -> Schema {
    let home = |name: TableName| if dialect == Dialect::Postgres { name } else { name.name.into() };
    let unmanaged: Vec<_> = schema.unmanaged.tables.keys().cloned().map(home).collect();
    unmanaged::apart(all_held_by(schema.with_unmanaged(), dialect), &unmanaged)
}

fn all_held_by(mut schema: Schema, dialect: Dialect) -> Schema {
    for column in schema.tables.values_mut().flat_map(|table| &mut table.columns) {
        if !dialect.holds(&column.sql_type) {
            column.sql_type = match column.sql_type {
                SqlType::TinyInt => SqlType::SmallInt,
                SqlType::Unsigned(_) => SqlType::BigInt,
                SqlType::Jsonb | SqlType::Array(_) => SqlType::Json,
                _ => SqlType::Text,
            };
        }
    }
    for column in schema.tables.values_mut().flat_map(|table| &mut table.columns) {
        if let Some(generated) = &mut column.generated {
            if dialect == Dialect::Postgres {
                generated.kind = GeneratedKind::Stored;
            }
            column.nullable |= dialect == Dialect::Mysql;
        }
    }
    prune_enums(&mut schema);
    if dialect != Dialect::Postgres {
        in_one_place(&mut schema);
        for index in schema.tables.values_mut().flat_map(|table| table.indexes.values_mut()) {
            index.include.clear();
            index.keys.iter_mut().for_each(|key| key.nulls = None);
        }
    }
    if dialect == Dialect::Mysql {
        hold_by_mysql(&mut schema);
    }
    parts::held_by(&mut schema, dialect);
    for table in schema.tables.values() {
        assert_eq!(dialect.lacks(table, &schema.of(dialect)), [], "the models would be refused");
    }
    schema
}

fn hold_by_mysql(schema: &mut Schema) {
    for table in schema.tables.values_mut().filter(|table| table.options.mysql.charset.is_some()) {
        // Those of the columns are of utf8mb4.
        let is_other =
            table.options.mysql.charset.as_ref().is_some_and(|charset| charset.as_str() != "utf8mb4");
        table.columns.iter_mut().filter(|_| is_other).for_each(|column| column.collations.clear());
    }
    for table in schema.tables.values_mut() {
        let long = |name: &Identifier| {
            let column = table.columns.iter().find(|column| column.name == *name);
            column.is_some_and(|column| matches!(column.sql_type, SqlType::Text | SqlType::Binary))
        };
        table.uniques.retain(|_, unique| !unique.columns.iter().any(long));
        if table.primary_key.columns.iter().any(long) {
            table.primary_key.columns = vec![name("id")];
        }
        for index in table.indexes.values_mut() {
            index.predicate = None;
            index.keys.retain(|key| matches!(&key.of, IndexTarget::Column(name) if !long(name)));
        }
        table.indexes.retain(|_, index| !index.keys.is_empty());
        for key in table.foreign_keys.values_mut() {
            key.deferral = Deferral::NotDeferrable;
        }
        let generated = table.columns.iter().any(|column| column.auto_increment.is_some());
        table.checks.retain(|_, _| !generated);
    }
}

/// How many rows each table gets.
pub const ROWS: usize = 3;

/// Statements that put rows into every table: first the rows, then what points where.
#[must_use]
pub fn rows(schema: &Schema, dialect: Dialect) -> Vec<String> {
    let mut inserts = Vec::new();
    let mut updates = Vec::new();
    // In the order of names: what must point, points backwards in it.
    let mut tables: Vec<_> = schema.tables.values().collect();
    tables.sort_by_key(|table| &table.name.name);
    for table in tables {
        let quoted = dialect.quote_table(&table.name);
        let points =
            |column: &Column| table.foreign_keys.values().any(|key| key.columns.contains(&column.name));
        for row in 1..=ROWS {
            let is_given =
                |column: &&Column| !(column.nullable && points(column)) && column.generated.is_none();
            let columns: Vec<_> = table.columns.iter().filter(is_given).collect();
            let names: Vec<_> = columns.iter().map(|column| dialect.quote(&column.name)).collect();
            let values: Vec<_> = columns
                .iter()
                .map(|column| if points(column) { row.to_string() } else { value(column, row, dialect) })
                .collect();
            inserts.push(format!(
                "INSERT INTO {quoted} ({}) VALUES ({})",
                names.join(", "),
                values.join(", ")
            ));
        }
        for column in table.columns.iter().filter(|column| column.nullable && points(column)) {
            updates.push(format!("UPDATE {quoted} SET {} = id", dialect.quote(&column.name)));
        }
    }
    inserts.extend(updates);
    inserts
}

/// A value that differs from row to row, with a NULL among them where one may be.
fn value(column: &Column, row: usize, dialect: Dialect) -> String {
    if column.nullable && row == 2 {
        return "NULL".to_owned();
    }
    match &column.sql_type {
        SqlType::Bool => if row == 1 { "TRUE" } else { "FALSE" }.to_owned(),
        SqlType::TinyInt | SqlType::SmallInt | SqlType::Integer | SqlType::BigInt | SqlType::Unsigned(_) => {
            row.to_string()
        }
        SqlType::Float | SqlType::Double | SqlType::Numeric { .. } => format!("{row}.25"),
        SqlType::Text | SqlType::VarChar { .. } | SqlType::Citext | SqlType::Custom { .. } => {
            dialect.literal(&format!("Text {row} 'x' \\ é"))
        }
        SqlType::Interval => format!("'{row} mons 2 days 03:04:05'"),
        SqlType::Inet => format!("'10.1.9.{row}/24'"),
        SqlType::Range(_) => format!("'[2026-11-0{row},)'"),
        SqlType::Array(of) if of.enum_name().is_some() => "'{sad,it''s}'".to_owned(),
        SqlType::Array(_) => format!("'{{a,NULL,\"b {row}\"}}'"),
        SqlType::Binary if dialect == Dialect::Postgres => format!("'\\x0{row}ff'"),
        SqlType::Binary => format!("x'0{row}ff'"),
        SqlType::Date => format!("'2026-11-0{row}'"),
        SqlType::Timestamp => format!("'2026-11-0{row} 12:00:00'"),
        SqlType::Json => format!("'{{\"n\": 1234567890123456789{row}}}'"),
        SqlType::Jsonb if dialect == Dialect::Sqlite => format!("jsonb('[{row}]')"),
        SqlType::Jsonb => format!("'[{row}]'"),
        SqlType::Enum(_) => dialect.literal(if row == 1 { "it's" } else { "sad" }),
        other => panic!("no values of {other}"),
    }
}

/// A query for the values of some columns of a table, as `value`, in the order of the key.
#[must_use]
pub fn values_of(table: &Table, columns: &[&Column], dialect: Dialect) -> String {
    let id = table.columns.iter().filter(|column| column.name.as_str() == "id");
    let parts: Vec<_> = id
        .chain(columns.iter().copied())
        .map(|column| {
            let quoted = dialect.quote(&column.name);
            let text = match dialect {
                Dialect::Postgres => format!("({quoted})::text"),
                Dialect::Sqlite => format!("typeof({quoted}) || quote({quoted})"),
                Dialect::Mysql if column.sql_type == SqlType::Binary => format!("hex({quoted})"),
                Dialect::Mysql => format!("cast({quoted} AS char)"),
            };
            format!("coalesce({text}, 'NULL')")
        })
        .collect();
    let row = match dialect {
        Dialect::Postgres | Dialect::Sqlite => parts.join(" || '|' || "),
        Dialect::Mysql => format!("concat_ws('|', {})", parts.join(", ")),
    };
    format!("SELECT {row} AS value FROM {} ORDER BY id", dialect.quote_table(&table.name))
}
