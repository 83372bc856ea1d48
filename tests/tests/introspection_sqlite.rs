//! What is read of SQLite databases, and how they are compared.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use fenrir_migrate::introspect::{self, Comparison, Live, Options};
use fenrir_migrate::{
    AutoIncrement, DefaultValue, Deferral, Dialect, Expression, Identifier, ReferentialAction, Schema,
    SqlType, Table, in_full,
};
use fenrir_schema::{Renames, TypeName, diff};

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn on(sql: &str) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    connection.batch_execute(sql).unwrap();
    connection
}

fn read(connection: &mut SqliteConnection) -> Live {
    introspect::read(connection, &Options::default()).unwrap()
}

fn compare(connection: &mut SqliteConnection, wanted: &Schema) -> Comparison {
    let live = read(connection);
    introspect::compare(connection, wanted, &live).unwrap()
}

fn lines<T: ToString>(things: &[T]) -> Vec<String> {
    things.iter().map(ToString::to_string).collect()
}

fn table<'a>(schema: &'a Schema, text: &str) -> &'a Table {
    &schema.tables[&name(text).into()]
}

#[test]
fn what_models_cannot_say_is_listed() {
    let mut connection = on("
        PRAGMA foreign_keys = OFF;
        CREATE TABLE page (id INTEGER PRIMARY KEY DESC, name TEXT COLLATE NOCASE, twice AS (id * 2) STORED,
            anything, must TEXT NOT NULL ON CONFLICT IGNORE, odd \"a'b\",
            other_id INTEGER REFERENCES nowhere (id), UNIQUE (name COLLATE RTRIM));
        INSERT INTO page (id, name, must) VALUES (1, 'a', 'b');
        CREATE INDEX by_name ON page (name COLLATE BINARY, lower(name) COLLATE NOCASE);
        CREATE TABLE quick (id INTEGER NOT NULL PRIMARY KEY, name TEXT) STRICT, WITHOUT ROWID;
        CREATE VIEW names AS SELECT name FROM page;
        CREATE TRIGGER touched AFTER INSERT ON page BEGIN SELECT 1; END;
        CREATE VIRTUAL TABLE words USING fts5 (word);
        CREATE TABLE \"\" (id INTEGER PRIMARY KEY);
        CREATE TABLE a234567890123456789012345678901234567890123456789012345678901234 (id INTEGER PRIMARY KEY);
        CREATE TABLE __fenrir_migrations (version TEXT);
        CREATE TABLE __diesel_schema_migrations (version TEXT);
    ");
    let live = read(&mut connection);
    assert_eq!(
        lines(&live.unmanaged),
        [
            "table ``: a name cannot be empty",
            "table `a234567890123456789012345678901234567890123456789012345678901234`: the name \
             `a234567890123456789012345678901234567890123456789012345678901234` has 64 bytes; at most 63 are kept by \
             every database",
            "virtual table `words`",
            "virtual table `words_config`: a part of a virtual table",
            "virtual table `words_content`: a part of a virtual table",
            "virtual table `words_data`: a part of a virtual table",
            "virtual table `words_docsize`: a part of a virtual table",
            "virtual table `words_idx`: a part of a virtual table",
            "view `names`",
            "column `odd` of `page`: its type is \"a'b\": the name of a type cannot hold `'`",
            "column `anything` of `page`: it has no type",
            "column `must` of `page`: ON CONFLICT IGNORE",
            "column `twice` of `page`: it has no type",
            "primary key `page_pkey` of `page`: DESC",
            "unique constraint `page_name_key` of `page`: name COLLATE RTRIM",
            "foreign key `page_other_id_fkey` of `page`: it refers to `nowhere`, which is not managed",
            "trigger `touched` of `page`",
        ]
    );
    let comparison = compare(&mut connection, &live.schema);
    assert!(comparison.is_equal() && comparison.unmanaged == live.unmanaged, "{comparison:?}");
}

#[test]
fn a_statement_is_read_with_all_that_it_says() {
    let mut connection = on("
        CREATE TABLE user (id INTEGER NOT NULL CONSTRAINT user_pkey PRIMARY KEY AUTOINCREMENT);
        CREATE TABLE Page (
            \"id\" BIGINT NOT NULL, [odd name] VARCHAR(9) DEFAULT 'it''s', -- a comment, with a comma
            state TEXT NOT NULL DEFAULT 'sad' CONSTRAINT Page_state_enum CHECK (state IN ('sad', 'it''s')),
            number NUMERIC(10, 2) DEFAULT -1.5, flag boolean DEFAULT TRUE, data JSONB DEFAULT (jsonb('[1]')),
            at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, point point DEFAULT (1 + (2)), text JSON TEXT, none TEXT DEFAULT NULL,
            user_id INTEGER REFERENCES USER ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED UNIQUE,
            CHECK (number > 0), CHECK (flag /* or not */ IN (TRUE, FALSE)), UNIQUE (id, state),
            CONSTRAINT Page_pkey PRIMARY KEY (id)
        );
        CREATE UNIQUE INDEX by_all ON Page ([odd name] DESC, (lower(state)), number + 1) WHERE flag AND number > 0;
        INSERT INTO Page (id, number) VALUES (1, 1);
    ");
    let live = read(&mut connection);
    assert_eq!(lines(&live.unmanaged), [""; 0]);
    let user = table(&live.schema, "user");
    assert_eq!(user.columns[0].auto_increment, Some(AutoIncrement::Identity));
    let page = table(&live.schema, "Page");
    let types: Vec<_> = page.columns.iter().map(|column| column.sql_type.clone()).collect();
    let state = name("Page.state");
    assert_eq!(live.schema.enums[&state].labels, ["sad", "it's"]);
    assert_eq!(
        types,
        [
            SqlType::BigInt,
            SqlType::VarChar { max_length: Some(9) },
            SqlType::Enum(state),
            SqlType::Numeric { precision: Some(10), scale: Some(2) },
            SqlType::Bool,
            SqlType::Jsonb,
            SqlType::Timestamp,
            SqlType::Custom { name: TypeName::new("point").unwrap(), extension: None },
            SqlType::Json,
            SqlType::Text,
            SqlType::Integer,
        ]
    );
    let defaults: Vec<_> = page.columns.iter().map(|column| column.default.clone()).collect();
    let text = |text: &str| Some(DefaultValue::Text(text.to_owned()));
    let expression = |text: &str| Some(DefaultValue::Expression(Expression::new(text).unwrap()));
    assert_eq!(
        defaults,
        [
            None,
            text("it's"),
            text("sad"),
            Some(DefaultValue::Number("-1.5".to_owned())),
            Some(DefaultValue::Bool(true)),
            text("[1]"),
            expression("CURRENT_TIMESTAMP"),
            expression("1 + (2)"),
            None,
            None,
            None,
        ]
    );
    let checks: Vec<_> =
        page.checks.iter().map(|(name, check)| format!("{name}: {}", check.expression)).collect();
    assert_eq!(checks, ["Page_check: number > 0", "Page_check1: flag IN (TRUE, FALSE)"]);
    let uniques: Vec<_> = page.uniques.keys().map(Identifier::as_str).collect();
    assert_eq!(uniques, ["Page_id_state_key", "Page_user_id_key"]);
    let key = &page.foreign_keys[&name("Page_user_id_fkey")];
    assert_eq!((&key.references.name, key.on_delete), (&name("user"), ReferentialAction::SetNull));
    assert_eq!(
        (key.deferral, key.referenced_columns.as_slice()),
        (Deferral::InitiallyDeferred, &[name("id")][..])
    );
    assert_eq!(
        serde_json::to_string(&page.indexes[&name("by_all")]).unwrap(),
        r#"{"keys":[{"of":{"Column":"odd name"},"descending":true},{"of":{"Expression":"lower(state)"}},{"of":{"Expression":"number + 1"}}],"unique":true,"predicate":"flag AND number > 0"}"#
    );
    // Names that differ in case only are one, and so are words and blanks.
    let mut wanted = live.schema.clone();
    let mut page = wanted.tables.remove(&name("Page").into()).unwrap();
    page.name = name("PAGE").into();
    page.columns[0].name = name("ID");
    page.primary_key.columns = vec![name("ID")];
    page.uniques.get_mut(&name("Page_id_state_key")).unwrap().columns[0] = name("ID");
    page.checks.insert(name("Page_check"), Expression::new("( NUMBER>0 )").unwrap().into());
    wanted.tables.insert(page.name.clone(), page);
    let comparison = compare(&mut connection, &wanted);
    assert!(comparison.is_equal(), "{comparison:?}");
    let page = wanted.tables.get_mut(&name("PAGE").into()).unwrap();
    page.checks.insert(name("Page_check"), Expression::new("number >= 0").unwrap().into());
    let comparison = compare(&mut connection, &wanted);
    assert_eq!(
        lines(&comparison.changes),
        ["drop check `Page_check` of `PAGE`", "add check `Page_check` on `PAGE`"]
    );
}

#[test]
fn a_table_may_have_no_primary_key() {
    let mut connection = on("CREATE TABLE page (id INTEGER); INSERT INTO page VALUES (1), (1)");
    let live = read(&mut connection);
    assert!(!table(&live.schema, "page").has_primary_key());
    assert!(compare(&mut connection, &live.schema).is_equal());
    let mut wanted = live.schema;
    let page = wanted.tables.get_mut(&name("page").into()).unwrap();
    page.primary_key.columns = vec![name("id")];
    let comparison = compare(&mut connection, &wanted);
    let changes = ["change column `page.id`: NOT NULL", "add a primary key to `page`: `id`"];
    assert_eq!(lines(&comparison.changes), changes);
}

/// A transaction that is open stays so.
#[test]
fn an_open_transaction_stays_open() {
    let mut connection = on("CREATE TABLE page (id INTEGER PRIMARY KEY)");
    connection
        .batch_execute("BEGIN; INSERT INTO page VALUES (1); CREATE TABLE other (id INTEGER PRIMARY KEY)")
        .unwrap();
    assert_eq!(read(&mut connection).schema.tables.len(), 2);
    connection.batch_execute("ROLLBACK").unwrap();
    assert_eq!(read(&mut connection).schema.tables.len(), 1);
}

#[test]
fn names_that_look_like_sql_are_names() {
    let odd = ["a\"; DROP TABLE page; --", "it's", "new\nline", "[x]", "`y`", "%s {}", "select"];
    let mut connection = on("CREATE TABLE page (id INTEGER PRIMARY KEY)");
    for odd in odd {
        let (quoted, label) = (Dialect::Sqlite.quote(&name(odd)), Dialect::Sqlite.literal(odd));
        let index = Dialect::Sqlite.quote(&name(&format!("{odd} index")));
        let sql = format!(
            "CREATE TABLE {quoted} ({quoted} TEXT DEFAULT {label} CONSTRAINT {quoted} CHECK ({quoted} <> {label})); \
             CREATE INDEX {index} ON {quoted} ({quoted}, (lower({quoted})))"
        );
        connection.batch_execute(&sql).unwrap();
    }
    let live = read(&mut connection);
    assert_eq!(lines(&live.unmanaged), [""; 0]);
    for odd in odd {
        let table = table(&live.schema, odd);
        assert_eq!(table.columns[0].default, Some(DefaultValue::Text(odd.to_owned())));
        assert_eq!((table.checks.len(), table.indexes.len()), (1, 1), "{odd}");
    }
    let changes = diff(&Schema::default(), &live.schema, &Renames::default());
    let sql = Dialect::Sqlite.script(&Schema::default(), &changes).unwrap().bare_sql();
    let comparison = compare(&mut on(&sql), &live.schema);
    assert!(comparison.is_equal(), "{comparison:?}");
}

/// A file that is none, and one whose pages are overwritten.
#[test]
fn a_broken_file_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let error = |bytes: &[u8]| {
        let file = folder.path().join("broken.db");
        std::fs::write(&file, bytes).unwrap();
        let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        in_full(&introspect::read(&mut connection, &Options::default()).unwrap_err())
    };
    assert_eq!(error(&[b'x'; 4096]), "reading the database's schema failed: file is not a database");

    let file = folder.path().join("good.db");
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    for number in 0..200 {
        let sql = format!("CREATE TABLE table_{number} (id INTEGER PRIMARY KEY, name TEXT)");
        connection.batch_execute(&sql).unwrap();
    }
    drop(connection);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[200..4096].fill(0xFF);
    let said = error(&bytes);
    assert!(said.starts_with("reading the database's schema failed: "), "{said}");
    assert!(said.contains("malformed"), "{said}");
}

#[test]
fn constraints_of_one_name_are_all_read() {
    let mut connection = on(
        "CREATE TABLE page (id INTEGER NOT NULL PRIMARY KEY, a INTEGER CONSTRAINT c CHECK (a > 0), b INTEGER, \
         CONSTRAINT c UNIQUE (a), CONSTRAINT c UNIQUE (b), CONSTRAINT c CHECK (b > 0))",
    );
    let live = read(&mut connection);
    let page = &live.schema.tables[&name("page").into()];
    let names = |names: Vec<&Identifier>| names.into_iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(page.checks.keys().collect()), ["c", "page_check"]);
    assert_eq!(names(page.uniques.keys().collect()), ["page_a_key", "page_b_key"]);
    assert!(compare(&mut connection, &live.schema).is_equal());
}
