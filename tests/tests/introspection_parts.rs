//! What is read of indexes, constraints and tables that only some databases have, and of tables of others.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::introspect::{Comparison, Live, Options};
use fenrir_migrate::{AutoIncrement, Deferral, Dialect, Identifier, Schema, SqlType, Table};
use fenrir_schema::{Collation, OptionWord, Renames, TableName, Unmanaged, diff};
use fenrir_tests::database::{Connected, TestDatabase};

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn page() -> TableName {
    name("page").into()
}

/// A database with that in it.
fn on(dialect: Dialect, sql: &str) -> (TestDatabase, Connected) {
    let database = TestDatabase::new(dialect);
    let mut connected = database.connect();
    connected.execute(sql).unwrap();
    (database, connected)
}

fn read(connected: &mut Connected) -> Live {
    let live = connected.read(&Options::default()).unwrap();
    assert_eq!(lines(&live.unmanaged), [""; 0]);
    live
}

fn compare(connected: &mut Connected, wanted: &Schema) -> Comparison {
    let live = connected.read(&Options::for_schema(wanted)).unwrap();
    connected.compare(wanted, &live).unwrap()
}

/// What differs where the live schema's page is wanted otherwise.
fn changed(connected: &mut Connected, change: impl FnOnce(&mut Table)) -> Vec<String> {
    let mut wanted = read(connected).schema;
    change(wanted.tables.get_mut(&page()).unwrap());
    let comparison = compare(connected, &wanted);
    assert_eq!(lines(&comparison.not_compared), [""; 0]);
    lines(&comparison.changes)
}

/// What was read makes the same again.
fn is_made_again(connected: &mut Connected) {
    let live = read(connected);
    let dialect = connected.dialect();
    assert!(compare(connected, &live.schema).is_equal());
    let changes = diff(&Schema::default(), &live.schema, &Renames::default());
    let sql = dialect.script(&Schema::default(), &changes).unwrap().bare_sql();
    let (_other, mut other) = on(dialect, &sql);
    let again = compare(&mut other, &live.schema);
    assert!(again.is_equal() && again.unmanaged.is_empty(), "{again:?}\n{sql}");
}

fn lines<T: ToString>(things: &[T]) -> Vec<String> {
    things.iter().map(ToString::to_string).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn keys_of_indexes_have_operator_classes_and_collations() {
    let (_database, mut connected) = on(
        Dialect::Postgres,
        "CREATE TABLE page (id integer PRIMARY KEY, name text, short varchar(9) COLLATE \"C\");
         INSERT INTO page VALUES (1, 'a', 'b');
         CREATE INDEX by_name ON page (name COLLATE \"C\" text_pattern_ops DESC, short);
         CREATE INDEX by_expression ON page (lower(name) COLLATE \"C\" text_pattern_ops, lower(short));
         CREATE INDEX by_default ON page (name text_ops, short COLLATE \"default\")",
    );
    let live = read(&mut connected);
    let said = |index: &str| {
        let keys = live.schema.tables[&page()].indexes[&name(index)].keys.iter();
        let text = |of: &Option<Identifier>| of.as_ref().map(ToString::to_string).unwrap_or_default();
        keys.map(|key| format!("{} {}", text(&key.collate), text(&key.opclass))).collect::<Vec<_>>()
    };
    assert_eq!(said("by_name"), ["C text_pattern_ops", " "]);
    assert_eq!(said("by_expression"), ["C text_pattern_ops", "C "]);
    assert_eq!(said("by_default"), [" ", "default "]);
    is_made_again(&mut connected);

    // What a key has anyhow may be said, or not.
    let same = changed(&mut connected, |page| {
        page.indexes.get_mut(&name("by_default")).unwrap().keys[0].opclass = Some(name("text_ops"));
        page.indexes.get_mut(&name("by_name")).unwrap().keys[1].collate = Some(name("C"));
        page.indexes.get_mut(&name("by_expression")).unwrap().keys[1].collate = None;
    });
    assert_eq!(same, NOTHING);
    let other = changed(&mut connected, |page| {
        page.indexes.get_mut(&name("by_default")).unwrap().keys[1].collate = None;
        page.indexes.get_mut(&name("by_name")).unwrap().keys[0].opclass = None;
        page.indexes.get_mut(&name("by_expression")).unwrap().keys[0].collate = None;
    });
    assert_eq!(other.len(), 6, "{other:?}");
}

#[test]
fn nulls_are_not_distinct_and_unique_constraints_wait() {
    let (_database, mut connected) = on(
        Dialect::Postgres,
        "CREATE TABLE page (id integer PRIMARY KEY, a integer, b integer, c integer,
             CONSTRAINT one_null UNIQUE NULLS NOT DISTINCT (a), CONSTRAINT later UNIQUE (b) DEFERRABLE,
             CONSTRAINT at_the_end UNIQUE (c) DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO page VALUES (1, NULL, 1, 1);
         CREATE UNIQUE INDEX one_null_of_index ON page (b) NULLS NOT DISTINCT",
    );
    let live = read(&mut connected);
    let table = &live.schema.tables[&page()];
    assert!(table.uniques[&name("one_null")].nulls_not_distinct);
    assert!(!table.uniques[&name("later")].nulls_not_distinct);
    assert_eq!(table.uniques[&name("later")].deferral, Deferral::Deferrable);
    assert_eq!(table.uniques[&name("at_the_end")].deferral, Deferral::InitiallyDeferred);
    assert!(table.indexes[&name("one_null_of_index")].nulls_not_distinct);
    is_made_again(&mut connected);
    let other = changed(&mut connected, |page| {
        page.uniques.get_mut(&name("one_null")).unwrap().nulls_not_distinct = false;
        page.uniques.get_mut(&name("at_the_end")).unwrap().deferral = Deferral::Deferrable;
        page.indexes.get_mut(&name("one_null_of_index")).unwrap().nulls_not_distinct = false;
    });
    assert_eq!(other.len(), 6, "{other:?}");
}

#[test]
fn indexes_of_sqlite_have_collations() {
    let (_database, mut connected) = on(
        Dialect::Sqlite,
        "CREATE TABLE page (id INTEGER NOT NULL PRIMARY KEY, name TEXT, folded TEXT COLLATE NOCASE);
         INSERT INTO page VALUES (1, 'a', 'b');
         CREATE INDEX by_name ON page (name COLLATE nocase DESC, lower(name) COLLATE RTRIM);
         CREATE INDEX by_folded ON page (folded, folded COLLATE BINARY, name COLLATE BINARY)",
    );
    let live = read(&mut connected).schema.normal_form(Dialect::Sqlite);
    let collations = |index: &str| {
        let keys = live.tables[&page()].indexes[&name(index)].keys.iter();
        keys.map(|key| key.collate.as_ref().map(ToString::to_string).unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(collations("by_name"), ["nocase", "rtrim"]);
    assert_eq!(collations("by_folded"), ["", "binary", ""]);
    is_made_again(&mut connected);
    let same = changed(&mut connected, |page| {
        page.indexes.get_mut(&name("by_folded")).unwrap().keys[0].collate = Some(name("NOCASE"));
    });
    assert_eq!(same, NOTHING);
    let other = changed(&mut connected, |page| {
        page.indexes.get_mut(&name("by_folded")).unwrap().keys[1].collate = None;
    });
    assert_eq!(other, ["drop index `by_folded` of `page`", "add index `by_folded` on `page`"]);
}

#[test]
fn tables_of_sqlite_are_strict_or_without_rowid() {
    let (_database, mut connected) = on(
        Dialect::Sqlite,
        "CREATE TABLE page (id INTEGER PRIMARY KEY, flag INT NOT NULL DEFAULT TRUE, size REAL, data BLOB, other ANY,
             data_b BLOB DEFAULT (jsonb('[1]'))) STRICT;
         CREATE TABLE word (word TEXT PRIMARY KEY, size INT) WITHOUT ROWID, STRICT;
         INSERT INTO page (id, size) VALUES (1, 1.5); INSERT INTO word VALUES ('a', 1)",
    );
    let live = read(&mut connected).schema;
    let (strict, both) = (&live.tables[&page()], &live.tables[&name("word").into()]);
    assert_eq!(strict.options.to_string(), "sqlite(strict)");
    assert_eq!(both.options.to_string(), "sqlite(strict, without_rowid)");
    let types: Vec<_> = strict.columns.iter().map(|column| column.sql_type.to_string()).collect();
    let wanted = [SqlType::Integer, SqlType::BigInt, SqlType::Double, SqlType::Binary];
    assert_eq!(types[..4], wanted.map(|sql_type| sql_type.to_string()));
    is_made_again(&mut connected);

    // A strict table has few names for the types of models.
    let same = changed(&mut connected, |page| {
        page.columns[1].sql_type = SqlType::Bool;
        page.columns[1].default = Some(fenrir_migrate::DefaultValue::Bool(true));
        page.columns[2].sql_type = SqlType::Numeric { precision: Some(10), scale: Some(2) };
        page.columns[5].sql_type = SqlType::Jsonb;
        page.columns[5].default = Some(fenrir_migrate::DefaultValue::Text("[1]".to_owned()));
    });
    assert_eq!(same, NOTHING);
    let other = changed(&mut connected, |page| page.options.sqlite.without_rowid = true);
    assert_eq!(other, ["change the options of table `page`: sqlite(strict, without_rowid)"]);
}

#[test]
fn tables_of_mysql_have_engines_and_character_sets() {
    let (_database, mut connected) = on(
        Dialect::Mysql,
        "CREATE TABLE page (id int NOT NULL PRIMARY KEY, name varchar(9), other varchar(9) COLLATE latin1_bin)
             ENGINE=MyISAM DEFAULT CHARSET=latin1;
         CREATE TABLE binary_page (id int NOT NULL PRIMARY KEY, name varchar(9)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
         CREATE TABLE plain (id int NOT NULL PRIMARY KEY, name varchar(9)) DEFAULT CHARSET=utf8mb4;
         CREATE TABLE old (id int NOT NULL PRIMARY KEY, name varchar(9)) ENGINE=Aria DEFAULT CHARSET=utf8mb3;
         INSERT INTO page VALUES (1, 'a', 'b'); INSERT INTO binary_page VALUES (1, 'a')",
    );
    let live = read(&mut connected).schema;
    let options = |text: &str| live.tables[&name(text).into()].options.to_string();
    assert_eq!(options("page"), "mysql(engine = \"myisam\", charset = \"latin1\")");
    assert_eq!(options("binary_page"), "mysql(collate = \"utf8mb4_bin\")");
    assert_eq!(options("plain"), "none");
    assert_eq!(options("old"), "mysql(engine = \"aria\", charset = \"utf8mb3\")");
    let collations: Vec<_> = live.tables[&page()].columns.iter().map(|column| &column.collations).collect();
    assert!(collations[1].is_empty());
    assert_eq!(collations[2][&Dialect::Mysql].to_string(), "latin1_bin");
    is_made_again(&mut connected);

    // What a table or a column has anyhow may be said, or not.
    let word = |text: &str| OptionWord::new(text).ok();
    let same = changed(&mut connected, |page| {
        page.options.mysql.collate = word("latin1_swedish_ci");
        let own = Collation::new("latin1_swedish_ci").unwrap();
        page.columns[1].collations.insert(Dialect::Mysql, own);
    });
    assert_eq!(same, NOTHING);
    let mut wanted = live.clone();
    let of = |text: &str| TableName::from(name(text));
    wanted.tables.get_mut(&of("plain")).unwrap().options.mysql.engine = word("InnoDB");
    wanted.tables.get_mut(&of("plain")).unwrap().options.mysql.charset = word("utf8mb4");
    wanted.tables.get_mut(&of("old")).unwrap().options.mysql.charset = word("utf8");
    let comparison = compare(&mut connected, &wanted);
    assert!(comparison.is_equal(), "{comparison:?}");
    wanted.tables.get_mut(&of("plain")).unwrap().options.mysql.engine = word("aria");
    wanted.tables.get_mut(&of("binary_page")).unwrap().options.mysql.collate = None;
    assert_eq!(
        lines(&compare(&mut connected, &wanted).changes),
        [
            "change the options of table `binary_page`: none",
            "change the options of table `plain`: mysql(engine = \"aria\")"
        ]
    );
}

/// Neither its columns, nor what it has beside them, nor that it is there or not.
#[test]
fn a_table_of_others_is_no_difference() {
    for dialect in Dialect::ALL {
        let key = if dialect == Dialect::Sqlite { "INTEGER" } else { "int" };
        let (_database, mut connected) = on(
            dialect,
            &format!(
                "CREATE TABLE account (id {key} NOT NULL PRIMARY KEY, more int);
                 CREATE TABLE page (id {key} NOT NULL PRIMARY KEY, account_id {key},
                     CONSTRAINT account_fkey FOREIGN KEY (account_id) REFERENCES account (id));
                 CREATE VIEW names AS SELECT id FROM page;
                 INSERT INTO account VALUES (1, 2); INSERT INTO page VALUES (1, 1)"
            ),
        );
        let live = connected.read(&Options::default()).unwrap();
        assert_eq!(lines(&live.unmanaged), ["view `names`"], "{dialect}");
        let mut wanted = live.schema.clone();
        let mut account = wanted.tables.remove(&name("account").into()).unwrap();
        account.columns.pop();
        let mut missing = account.clone();
        missing.name = name("missing").into();
        let mut view = account.clone();
        view.name = name("names").into();
        let tables = [account, missing, view].map(|table| (table.name.clone(), table)).into();
        wanted.unmanaged = Unmanaged { tables, ..Unmanaged::default() };
        let comparison = compare(&mut connected, &wanted);
        assert!(comparison.is_equal(), "{dialect}: {comparison:?}");
        assert_eq!(lines(&comparison.unmanaged), NOTHING, "{dialect}");
        wanted.unmanaged = Unmanaged::default();
        let changes = lines(&compare(&mut connected, &wanted).changes);
        assert!(changes.contains(&"drop table `account`".to_owned()), "{dialect}: {changes:?}");
    }
}

/// Another schema is not read for the tables of others that models point at.
#[test]
fn a_foreign_key_may_point_out_of_what_is_read() {
    let (_database, mut connected) = on(
        Dialect::Postgres,
        "CREATE SCHEMA auth; CREATE TABLE auth.account (id integer PRIMARY KEY); CREATE TABLE auth.other (id integer);
         CREATE TABLE page (id integer PRIMARY KEY, account_id integer,
             CONSTRAINT account_fkey FOREIGN KEY (account_id) REFERENCES auth.account (id) ON DELETE CASCADE);
         INSERT INTO auth.account VALUES (1); INSERT INTO page VALUES (1, 1)",
    );
    let both = Options::default().and(name("auth"));
    let mut wanted = connected.read(&both).unwrap().schema;
    wanted.tables.remove(&"auth.other".parse().unwrap());
    let (of, account) = wanted.tables.remove_entry(&"auth.account".parse().unwrap()).unwrap();
    wanted.unmanaged.tables.insert(of, account);
    let comparison = compare(&mut connected, &wanted);
    assert!(comparison.is_equal() && comparison.unmanaged.is_empty(), "{comparison:?}");
    wanted.tables.get_mut(&page()).unwrap().foreign_keys.clear();
    let comparison = compare(&mut connected, &wanted);
    assert_eq!(lines(&comparison.changes), ["drop foreign key `account_fkey` of `page`"]);
}

/// Migrations know a sequence by the name that it has by itself.
#[test]
fn a_sequence_with_another_name_is_told() {
    let (_database, mut connected) = on(
        Dialect::Postgres,
        "CREATE TABLE page (id serial PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY); \
         CREATE TABLE note (id serial PRIMARY KEY); \
         ALTER SEQUENCE page_id_seq RENAME TO foo; ALTER SEQUENCE page_number_seq RENAME TO \"Bar\"",
    );
    let live = connected.read(&Options::default()).unwrap();
    let told = [
        "column `id` of `page`: its sequence is called `foo`",
        "column `number` of `page`: its sequence is called `Bar`",
    ];
    assert_eq!(lines(&live.unmanaged), told);
    assert_eq!(live.schema.tables[&page()].columns[0].auto_increment, Some(AutoIncrement::Serial));
    assert!(compare(&mut connected, &live.schema).is_equal());
}
