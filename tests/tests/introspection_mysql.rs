//! What is read of MySQL and MariaDB databases, and how they are compared.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use diesel::connection::SimpleConnection;
use diesel::{Connection, MysqlConnection};
use fenrir_migrate::introspect::{self, Comparison, Live, Options};
use fenrir_migrate::{
    AutoIncrement, DefaultValue, Dialect, Expression, Identifier, ReferentialAction, Schema, SqlType, Table,
};
use fenrir_schema::{IntegerSize, Renames, TypeName, diff};
use fenrir_tests::database::{Connected, TestDatabase};

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn on(sql: &str) -> (TestDatabase, MysqlConnection) {
    let database = TestDatabase::mysql();
    let Connected::Mysql(mut connection) = database.connect() else { panic!("not MySQL") };
    connection.batch_execute(&format!("ALTER DATABASE CHARACTER SET utf8mb4; {sql}")).unwrap();
    (database, connection)
}

fn read(connection: &mut MysqlConnection) -> Live {
    introspect::read(connection, &Options::default()).unwrap()
}

fn compare(connection: &mut MysqlConnection, wanted: &Schema) -> Comparison {
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
    let (_database, mut connection) = on(
        "CREATE TABLE page (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(96) COLLATE utf8mb4_bin, \
             twice int GENERATED ALWAYS AS (length(name) * 2) STORED, tags set('a', 'b'), \
             seen timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, \
             small int CHECK (small < 9), body text, unseen int AS (length(name)) STORED INVISIBLE, \
             INDEX beginning (name(3)), FULLTEXT INDEX words (body), INDEX of_tags (tags)) \
             ENGINE=InnoDB DEFAULT CHARSET=utf8mb4; \
         INSERT INTO page (name) VALUES ('a'); \
         CREATE TABLE old (id int NOT NULL PRIMARY KEY) ENGINE=MyISAM DEFAULT CHARSET=latin1; \
         CREATE TABLE measured (id int, day date) PARTITION BY HASH (id) PARTITIONS 2; \
         CREATE TABLE kept (id int PRIMARY KEY) WITH SYSTEM VERSIONING; \
         CREATE VIEW names AS SELECT name FROM page; \
         CREATE SEQUENCE numbers; \
         CREATE TRIGGER touched BEFORE INSERT ON page FOR EACH ROW SET NEW.small = 1; \
         CREATE FUNCTION one() RETURNS int DETERMINISTIC RETURN 1; \
         CREATE PROCEDURE nothing() SELECT 1; \
         CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DO SELECT 1; \
         CREATE TABLE __fenrir_migrations (version int)",
    );
    let live = read(&mut connection);
    assert_eq!(
        lines(&live.unmanaged),
        [
            "table `kept`: SYSTEM VERSIONED",
            "partitioned table `measured`",
            "view `names`",
            "column `seen` of `page`: on update current_timestamp()",
            "column `unseen` of `page`: INVISIBLE",
            "check `small` of `page`: it is a part of its column: `small` < 9",
            "index `beginning` of `page`: it is of the first 3 of a column",
            "index `words` of `page`: FULLTEXT",
            "trigger `touched` of `page`",
            "function `one`",
            "procedure `nothing`",
            "sequence `numbers`",
            "event `daily`",
        ]
    );
    let tags = TypeName::new("set('a', 'b')").unwrap();
    let page = table(&live.schema, "page");
    assert_eq!(page.column(&name("tags")).unwrap().sql_type, SqlType::Custom { name: tags, extension: None });
    let comparison = compare(&mut connection, &live.schema);
    assert!(comparison.is_equal() && comparison.unmanaged == live.unmanaged, "{comparison:?}");
}

#[test]
fn types_defaults_and_keys_are_read_as_they_are() {
    let (_database, mut connection) = on(
        "CREATE TABLE user (id int unsigned NOT NULL PRIMARY KEY) COMMENT 'who''s there'; \
         CREATE TABLE page ( \
             id bigint NOT NULL AUTO_INCREMENT, flag boolean DEFAULT TRUE, tiny tinyint DEFAULT -3, \
             number decimal(10, 2) DEFAULT 1.5, short varchar(9) NOT NULL DEFAULT 'it''s \\\\' COMMENT 'said', \
             data json DEFAULT ('{}'), body longtext DEFAULT ('x'), state enum('sad', 'it''s') DEFAULT 'it''s', \
             at datetime(6) DEFAULT CURRENT_TIMESTAMP(6), whole datetime, made longtext DEFAULT (lower('It''s')), \
             size tinyint unsigned, born year, user_id int unsigned, nothing int DEFAULT NULL, \
             PRIMARY KEY (id), UNIQUE INDEX by_short (short), INDEX by_number (number DESC, flag), \
             CONSTRAINT user_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE SET NULL, \
             CONSTRAINT positive CHECK (number > 0 AND short <> 'it''s'))",
    );
    let live = read(&mut connection);
    assert_eq!(lines(&live.unmanaged), [""; 0]);
    let page = table(&live.schema, "page");
    let custom = |text: &str| SqlType::Custom { name: TypeName::new(text).unwrap(), extension: None };
    let state = name("page.state");
    assert_eq!(live.schema.enums[&state].labels, ["sad", "it's"]);
    let types: Vec<_> = page.columns.iter().map(|column| column.sql_type.clone()).collect();
    assert_eq!(
        types,
        [
            SqlType::BigInt,
            SqlType::Bool,
            SqlType::TinyInt,
            SqlType::Numeric { precision: Some(10), scale: Some(2) },
            SqlType::VarChar { max_length: Some(9) },
            SqlType::Json,
            SqlType::Text,
            SqlType::Enum(state),
            SqlType::Timestamp,
            custom("datetime"),
            SqlType::Text,
            SqlType::Unsigned(IntegerSize::TinyInt),
            custom("year"),
            SqlType::Unsigned(IntegerSize::Integer),
            SqlType::Integer,
        ]
    );
    let text = |text: &str| Some(DefaultValue::Text(text.to_owned()));
    let number = |text: &str| Some(DefaultValue::Number(text.to_owned()));
    let expression = |text: &str| Some(DefaultValue::Expression(Expression::new(text).unwrap()));
    let defaults: Vec<_> = page.columns.iter().map(|column| column.default.clone()).collect();
    assert_eq!(
        defaults[..11],
        [
            None,
            Some(DefaultValue::Bool(true)),
            number("-3"),
            number("1.50"),
            text("it's \\"),
            text("{}"),
            text("x"),
            text("it's"),
            expression("CURRENT_TIMESTAMP"),
            None,
            expression("lcase('It''s')"),
        ]
    );
    assert_eq!(page.columns[0].auto_increment, Some(AutoIncrement::Identity));
    assert_eq!(page.columns[4].comment.as_deref(), Some("said"));
    assert_eq!(table(&live.schema, "user").comment.as_deref(), Some("who's there"));
    // The index of the foreign key is the key's, and a unique index is a constraint.
    assert_eq!(page.indexes.keys().map(Identifier::as_str).collect::<Vec<_>>(), ["by_number"]);
    assert_eq!(page.uniques.keys().map(Identifier::as_str).collect::<Vec<_>>(), ["by_short"]);
    assert!(page.indexes[&name("by_number")].keys[0].descending);
    assert_eq!(page.foreign_keys[&name("user_fkey")].on_delete, ReferentialAction::SetNull);
    assert_eq!(page.checks[&name("positive")].expression.as_str(), "`number` > 0 and `short` <> 'it''s'");
    assert!(compare(&mut connection, &live.schema).is_equal());
}

/// The same to the server, in other words.
#[test]
fn expressions_are_compared_by_what_they_mean() {
    let (_database, mut connection) = on(
        "CREATE TABLE page (id int NOT NULL PRIMARY KEY, name varchar(9) DEFAULT (concat('a', lower('B'))), \
             number decimal(10, 2) DEFAULT 1.5, \
             CONSTRAINT same CHECK (name IN ('a', 'b') AND id BETWEEN 1 AND 9), CONSTRAINT other CHECK (id > 0)); \
         INSERT INTO page VALUES (1, 'a', 1)",
    );
    let expression = |text: &str| Expression::new(text).unwrap();
    let mut wanted = read(&mut connection).schema;
    let page = wanted.tables.get_mut(&name("page").into()).unwrap();
    page.columns[1].default = Some(DefaultValue::Expression(expression("CONCAT('a', LCASE('B'))")));
    page.columns[2].default = Some(DefaultValue::Number("1.500".to_owned()));
    page.checks.insert(name("same"), expression("(name in ('a','b')) AND (id between 1 and 9)").into());
    let comparison = compare(&mut connection, &wanted);
    assert!(comparison.is_equal(), "{comparison:?}");

    let page = wanted.tables.get_mut(&name("page").into()).unwrap();
    page.columns[2].default = Some(DefaultValue::Number("1.51".to_owned()));
    page.checks.insert(name("same"), expression("no_such_function(id)").into());
    page.checks.insert(name("other"), expression("id >= 0").into());
    let comparison = compare(&mut connection, &wanted);
    assert_eq!(
        lines(&comparison.changes),
        [
            "drop check `other` of `page`",
            "change column `page.number`: another default",
            "add check `other` on `page`"
        ]
    );
    assert_eq!(comparison.not_compared.len(), 1);
    let said = comparison.not_compared[0].to_string();
    assert!(said.starts_with("the check `same` of `page`: ") && said.contains("no_such_function"), "{said}");
}

/// A user sees the tables that it has a right to, and may not try expressions without one. What `information_schema`
/// hides from it, MariaDB shows.
#[test]
fn a_user_sees_some_tables_only() {
    let (database, mut connection) = on(
        "CREATE TABLE page (id int NOT NULL PRIMARY KEY, data json, small int CHECK (small < 9), \
             CONSTRAINT positive CHECK (id > 0 AND 'it''s' <> ')')); \
         CREATE TABLE note (id int NOT NULL PRIMARY KEY, page_id int, more int, UNIQUE KEY both_keys (page_id, more), \
             CONSTRAINT page_fkey FOREIGN KEY (page_id) REFERENCES page (id) ON DELETE CASCADE ON UPDATE NO ACTION, \
             CONSTRAINT own_fkey FOREIGN KEY (page_id, more) REFERENCES note (page_id, more)); \
         CREATE TABLE plain (id int NOT NULL PRIMARY KEY); \
         CREATE TABLE hidden (id int NOT NULL PRIMARY KEY); INSERT INTO page (id) VALUES (1)",
    );
    let mut connected = database.connect();
    let own = connected.texts("SELECT database() AS value").remove(0).unwrap();
    let user = format!("{}_r", &own[own.len().saturating_sub(20)..]).replace(['-', '.'], "_");
    let grants = ["page", "note", "plain"]
        .map(|table| format!("GRANT SELECT ON {}.{table} TO {user}", Dialect::Mysql.quote(&name(&own))));
    connection
        .batch_execute(&format!("CREATE OR REPLACE USER {user} IDENTIFIED BY 'read'; {}", grants.join("; ")))
        .unwrap();
    let url = database.url();
    let (_, rest) = url.split_once('@').unwrap();
    let as_reader = || MysqlConnection::establish(&format!("mysql://{user}:read@{rest}")).unwrap();
    let mut reader = as_reader();
    let live = read(&mut reader);
    let of_owner = read(&mut connection);
    let mut visible = of_owner.schema.clone();
    visible.tables.remove(&name("hidden").into());
    assert_eq!(live.schema, visible);
    assert_eq!(live.unmanaged, of_owner.unmanaged);
    assert_eq!(live.schema.tables[&name("note").into()].foreign_keys.len(), 2);
    let mut wanted = live.schema;
    assert!(compare(&mut reader, &wanted).is_equal());
    let page = wanted.tables.get_mut(&name("page").into()).unwrap();
    page.checks.insert(name("positive"), Expression::new("NOT id <= 0").unwrap().into());
    // It may not ask what a text means.
    let comparison = compare(&mut reader, &wanted);
    assert!(comparison.changes.is_empty(), "{comparison:?}");
    let said = comparison.not_compared[0].to_string();
    assert!(said.starts_with("the check `positive` of `page`: ") && said.contains("denied"), "{said}");
    connection
        .batch_execute(&format!("GRANT INSERT ON {}.* TO {user}", Dialect::Mysql.quote(&name(&own))))
        .unwrap();
    // A right to a database is looked at when a connection opens.
    let mut reader = as_reader();
    wanted.tables.insert(name("hidden").into(), table(&read(&mut connection).schema, "hidden").clone());
    let comparison = compare(&mut reader, &wanted);
    assert!(comparison.changes.is_empty() && !comparison.is_equal(), "{comparison:?}");
    let said = comparison.not_compared[0].to_string();
    assert!(said.starts_with("the check `positive` of `page`: ") && said.contains("denied"), "{said}");
    drop(reader);
    connection.batch_execute(&format!("DROP USER {user}")).unwrap();
}

/// There is no snapshot of the catalog: a table is read as it was at one moment, or the reading fails.
#[test]
fn tables_that_change_while_they_are_read() {
    let (database, mut connection) = on("CREATE TABLE page (id int NOT NULL PRIMARY KEY)");
    let is_over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let Connected::Mysql(mut other) = database.connect() else { panic!("not MySQL") };
    let until = is_over.clone();
    let migrating = std::thread::spawn(move || {
        for round in 0_u64.. {
            if until.load(std::sync::atomic::Ordering::Relaxed) {
                break;
            }
            for sql in [
                "CREATE TABLE torn (id int NOT NULL PRIMARY KEY, a int, b int, INDEX a_idx (a), CHECK (b > 0))",
                "ALTER TABLE torn DROP INDEX a_idx, DROP COLUMN a, ADD INDEX b_idx (b)",
                "DROP TABLE torn",
            ] {
                other.batch_execute(sql).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(30 + round * 7 % 40));
            }
        }
    });
    let (mut whole, mut failed) = (0, 0);
    for _ in 0..40 {
        match introspect::read(&mut connection, &Options::default()) {
            Ok(live) => {
                whole += 1;
                assert!(live.schema.tables.contains_key(&name("page").into()));
                let Some(torn) = live.schema.tables.get(&name("torn").into()) else { continue };
                let columns: Vec<_> = torn.columns.iter().map(|column| column.name.as_str()).collect();
                let indexes: Vec<_> = torn.indexes.keys().map(Identifier::as_str).collect();
                let state = (columns, indexes, torn.checks.len());
                let states = [(vec!["id", "a", "b"], vec!["a_idx"], 1), (vec!["id", "b"], vec!["b_idx"], 1)];
                assert!(states.contains(&state) && lines(&live.unmanaged).is_empty(), "{state:?}");
            }
            Err(error) => {
                failed += 1;
                let said = fenrir_migrate::in_full(&error);
                assert!(said.contains("changes while it is read"), "{said}");
            }
        }
    }
    is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    migrating.join().unwrap();
    assert!(whole > 0, "{failed}");
}

#[test]
fn a_table_may_have_no_primary_key() {
    let (_database, mut connection) = on("CREATE TABLE page (id int); INSERT INTO page VALUES (1), (1)");
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

#[test]
fn names_that_look_like_sql_are_names() {
    let odd = ["a`; DROP TABLE page; --", "it's", "new\nline", "\"x\"", "back\\slash", "%s {}", "select"];
    let (_database, mut connection) = on("CREATE TABLE page (id int PRIMARY KEY)");
    for (number, odd) in odd.into_iter().enumerate() {
        let (quoted, label) = (Dialect::Mysql.quote(&name(odd)), Dialect::Mysql.literal(odd));
        let sql = format!(
            "CREATE TABLE {quoted} ({quoted} varchar(96) DEFAULT {label} COMMENT {label}, e enum({label}) DEFAULT {label}, \
             INDEX {quoted} ({quoted} DESC), CONSTRAINT check_{number} CHECK ({quoted} <> {label})) \
             DEFAULT CHARSET=utf8mb4 COMMENT={label}"
        );
        connection.batch_execute(&sql).unwrap();
    }
    let live = read(&mut connection);
    assert_eq!(lines(&live.unmanaged), [""; 0]);
    for odd in odd {
        let table = table(&live.schema, odd);
        assert_eq!(table.comment.as_deref(), Some(odd));
        assert_eq!(table.columns[0].default, Some(DefaultValue::Text(odd.to_owned())));
        assert_eq!((table.checks.len(), table.indexes.len()), (1, 1), "{odd}");
    }
    let changes = diff(&Schema::default(), &live.schema, &Renames::default());
    let sql = Dialect::Mysql.script(&Schema::default(), &changes).unwrap().bare_sql();
    let (_other, mut other) = on(&sql);
    let comparison = compare(&mut other, &live.schema);
    assert!(comparison.is_equal(), "{comparison:?}");
}

/// As they are where the file system tells them apart.
#[test]
fn tables_whose_names_differ_in_case_only_are_two() {
    let (_database, mut connection) = on(
        "CREATE TABLE page (id int NOT NULL PRIMARY KEY, a int, b int, UNIQUE KEY one (a, b), KEY two (b, a)); \
         CREATE TABLE Page (id int NOT NULL PRIMARY KEY, a int, b int, c int, UNIQUE KEY one (b, a), KEY two (a))",
    );
    let live = read(&mut connection);
    let [upper, lower] = [table(&live.schema, "Page"), table(&live.schema, "page")];
    assert_eq!((upper.columns.len(), lower.columns.len()), (4, 3));
    let columns = |table: &Table| {
        table.uniques[&name("one")].columns.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        (columns(upper), columns(lower)),
        (vec!["b".to_owned(), "a".to_owned()], vec!["a".to_owned(), "b".to_owned()])
    );
    assert_eq!((upper.indexes[&name("two")].keys.len(), lower.indexes[&name("two")].keys.len()), (1, 2));
    assert!(compare(&mut connection, &live.schema).is_equal());
    // A model of one is not of the other.
    let mut wanted = live.schema.clone();
    wanted.tables.remove(&name("page").into());
    let lines = lines(&compare(&mut connection, &wanted).changes);
    assert_eq!(lines, ["drop table `page`"]);
}

/// Also where an expression has a column's name as somebody has spelt it.
#[test]
fn columns_whose_names_differ_in_case_only_are_one() {
    let (_database, mut connection) = on(
        "CREATE TABLE page (id int NOT NULL PRIMARY KEY, x int, g int AS (x + 1) STORED, CONSTRAINT c CHECK (x > 0), UNIQUE KEY u (x))",
    );
    let wanted = read(&mut connection).schema;
    connection.batch_execute("ALTER TABLE page RENAME COLUMN x TO X").unwrap();
    let comparison = compare(&mut connection, &wanted);
    assert!(comparison.is_equal(), "{comparison:?}");
}
