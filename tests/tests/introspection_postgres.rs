//! What is read of PostgreSQL databases, and how they are compared.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use fenrir_migrate::introspect::{self, Comparison, Live, Options};
use fenrir_migrate::{
    AutoIncrement, Column, DefaultValue, Deferral, Dialect, Expression, Identifier, ReferentialAction,
    Schema, SqlType,
};
use fenrir_schema::{Renames, TableName, diff};
use fenrir_tests::database::{Connected, TestDatabase};

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn table_name(text: &str) -> TableName {
    text.parse().unwrap()
}

fn on(sql: &str) -> (TestDatabase, PgConnection) {
    let database = TestDatabase::postgres();
    let Connected::Postgres(mut connection) = database.connect() else { panic!("not PostgreSQL") };
    connection.batch_execute(sql).unwrap();
    (database, connection)
}

fn read(connection: &mut PgConnection) -> Live {
    introspect::read(connection, &Options::default()).unwrap()
}

fn compare(connection: &mut PgConnection, wanted: &Schema) -> Comparison {
    let live = introspect::read(connection, &Options::for_schema(wanted)).unwrap();
    introspect::compare(connection, wanted, &live).unwrap()
}

fn lines<T: ToString>(things: &[T]) -> Vec<String> {
    things.iter().map(ToString::to_string).collect()
}

fn texts(connection: PgConnection, sql: &str) -> (PgConnection, Vec<Option<String>>) {
    let mut connected = Connected::Postgres(connection);
    let texts = connected.texts(sql);
    match connected {
        Connected::Postgres(connection) => (connection, texts),
        _ => unreachable!("it is what it was"),
    }
}

/// A table's column of the schema `public`.
fn column<'a>(live: &'a Live, table: &str, column: &str) -> &'a Column {
    live.schema.tables[&table_name(table)].column(&name(column)).unwrap()
}

#[test]
fn what_models_cannot_say_is_listed() {
    let (_database, mut connection) = on("
        CREATE TABLE page (id integer PRIMARY KEY, name text COLLATE \"C\", twice integer GENERATED ALWAYS AS (id * 2) STORED,
            CONSTRAINT no_overlap EXCLUDE USING hash (name WITH =));
        INSERT INTO page (id, name) VALUES (1, 'a'), (2, 'b');
        ALTER TABLE page ADD CONSTRAINT positive CHECK (id > 1) NOT VALID;
        ALTER TABLE page ENABLE ROW LEVEL SECURITY;
        CREATE POLICY mine ON page USING (true);
        CREATE TABLE deferred (id integer CONSTRAINT deferred_pkey PRIMARY KEY DEFERRABLE);
        CREATE SCHEMA away;
        CREATE COLLATION away.c FROM \"POSIX\";
        CREATE INDEX by_collation ON page (name COLLATE away.c);
        CREATE INDEX filled ON page (id) WITH (fillfactor = 50);
        CREATE VIEW names AS SELECT name FROM page;
        CREATE MATERIALIZED VIEW kept AS SELECT name FROM page;
        CREATE FUNCTION one(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
        CREATE PROCEDURE nothing() LANGUAGE sql AS '';
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER touched BEFORE INSERT ON page FOR EACH ROW EXECUTE FUNCTION touch();
        CREATE RULE quiet AS ON DELETE TO page DO INSTEAD NOTHING;
        CREATE SEQUENCE numbers;
        CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
        CREATE TYPE pair AS (a integer, b integer);
        CREATE TYPE floats AS RANGE (subtype = float8);
        CREATE TABLE measured (id integer, day date) PARTITION BY RANGE (day);
        CREATE TABLE measured_2026 PARTITION OF measured FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        CREATE TABLE child () INHERITS (page);
        CREATE UNLOGGED TABLE quick (id integer PRIMARY KEY) WITH (fillfactor = 70);
        CREATE STATISTICS both_of ON id, name FROM page;
        CREATE TABLE counted (id bigint GENERATED ALWAYS AS IDENTITY (INCREMENT 10) PRIMARY KEY,
            page_id integer REFERENCES page MATCH FULL);
        ALTER TABLE page FORCE ROW LEVEL SECURITY, REPLICA IDENTITY FULL, ALTER COLUMN name SET STORAGE EXTERNAL,
            ALTER COLUMN name SET STATISTICS 9, DISABLE TRIGGER touched;
        COMMENT ON CONSTRAINT positive ON page IS 'for now';
        COMMENT ON INDEX filled IS 'half';
        CREATE TYPE mood AS ENUM ('sad');
        COMMENT ON TYPE mood IS 'of people';
        CREATE PUBLICATION changes FOR TABLE page;
        CREATE CAST (pair AS text) WITH INOUT;
        CREATE OPERATOR CLASS plainly FOR TYPE integer USING btree AS FUNCTION 1 btint4cmp(integer, integer);
        CREATE TEXT SEARCH DICTIONARY plain_words (TEMPLATE = simple);
        CREATE FOREIGN DATA WRAPPER elsewhere;
        CREATE SERVER far FOREIGN DATA WRAPPER elsewhere;
        CREATE TABLE in_order (id integer CONSTRAINT in_order_pkey PRIMARY KEY);
        CLUSTER in_order USING in_order_pkey;
        CREATE EXTENSION hstore;
        CREATE TABLE __fenrir_migrations (version text);
    ");
    // As a build that failed leaves it.
    connection
        .batch_execute(
            "CREATE INDEX broken ON page (id); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass",
        )
        .unwrap();
    let live = read(&mut connection);
    assert_eq!(
        lines(&live.unmanaged),
        [
            "partitioned table `measured`",
            "partition `measured_2026`",
            "inherited table `child`",
            "view `names`",
            "materialized view `kept`",
            "table `in_order`: CLUSTER ON in_order_pkey",
            "table `page`: REPLICA IDENTITY FULL",
            "table `page`: row level security",
            "table `page`: row level security, also for its owner",
            "table `quick`: UNLOGGED",
            "table `quick`: fillfactor=70",
            "column `id` of `counted`: its sequence `counted_id_seq` does not count from 1 by 1",
            "column `name` of `page`: STATISTICS 9",
            "column `name` of `page`: STORAGE EXTERNAL",
            "primary key `deferred_pkey` of `deferred`: DEFERRABLE",
            "foreign key `counted_page_id_fkey` of `counted`: MATCH FULL",
            "exclusion constraint `no_overlap` of `page`",
            "constraint that is not valid `positive` of `page`",
            "index `by_collation` of `page`: the collation away.c",
            "index `filled` of `page`: fillfactor=50",
            "invalid index `broken` of `page`",
            "trigger `touched` of `page`: it is disabled",
            "rule `quiet` of `page`",
            "policy `mine` of `page`",
            "function `one(a integer)`",
            "function `touch()`",
            "procedure `nothing()`",
            "sequence `numbers`",
            "domain `email`",
            "composite type `pair`",
            "range type `floats`",
            "statistics `both_of`",
            "extension `hstore`",
            "cast `public.pair AS text`",
            "operator class `plainly`",
            "text search dictionary `plain_words`",
            "foreign data wrapper `elsewhere`",
            "foreign server `far`",
            "publication `changes`",
            "comment on `mood`: of people",
            "comment on `filled` of `page`: half",
            "comment on `positive` of `page`: for now",
        ]
    );
    let tables: Vec<_> = live.schema.tables.keys().map(ToString::to_string).collect();
    assert_eq!(tables, ["counted", "deferred", "in_order", "page", "quick"]);
    let collations = &column(&live, "page", "name").collations;
    assert_eq!(collations[&Dialect::Postgres].to_string(), "C");
    assert_eq!(column(&live, "page", "twice").generated.as_ref().unwrap().expression.as_str(), "(id * 2)");

    // It is said, and no migration can make it otherwise.
    let comparison = compare(&mut connection, &live.schema);
    assert!(comparison.is_equal() && comparison.unmanaged == live.unmanaged, "{comparison:?}");
}

#[test]
fn types_defaults_and_keys_are_read_as_they_are() {
    let (_database, mut connection) = on("
        CREATE EXTENSION citext; CREATE EXTENSION hstore;
        CREATE TYPE mood AS ENUM ('sad', 'it''s', '9');
        CREATE DOMAIN email AS text;
        CREATE TABLE \"user\" (id serial PRIMARY KEY);
        COMMENT ON TABLE \"user\" IS 'who''s \\ there';
        CREATE TABLE page (
            id bigint GENERATED BY DEFAULT AS IDENTITY, always integer GENERATED ALWAYS AS IDENTITY,
            text text DEFAULT 'it''s \\', short varchar(9)[] DEFAULT '{}', number numeric(10, 2) DEFAULT -1.5,
            at timestamptz DEFAULT now(), state mood NOT NULL DEFAULT 'it''s', states mood[], days daterange,
            several int8multirange, mail email, odd hstore, case_less citext, precise time(3), bits bit varying(5),
            flag boolean DEFAULT true, nothing text DEFAULT NULL, letter \"char\", code char(3) DEFAULT 'x',
            user_id integer,
            CONSTRAINT key_of_page PRIMARY KEY (state, id),
            CONSTRAINT \"odd \"\"unique\"\"\" UNIQUE (text, number),
            CONSTRAINT user_fkey FOREIGN KEY (user_id) REFERENCES \"user\" (id) ON DELETE SET NULL ON UPDATE CASCADE
                DEFERRABLE INITIALLY DEFERRED
        );
        COMMENT ON COLUMN page.text IS 'what it says';
        CREATE INDEX by_all ON page USING btree (number DESC, text NULLS FIRST, (lower(text))) INCLUDE (flag) WHERE flag;
        CREATE INDEX by_day ON page USING gist (days);
    ");
    let live = read(&mut connection);
    let custom = |text: &str, extension: Option<&str>| SqlType::Custom {
        name: fenrir_schema::TypeName::new(text).unwrap(),
        extension: extension.map(name),
    };
    let array = |of| SqlType::Array(Box::new(of));
    let mood = SqlType::Enum(name("mood"));
    for (column_name, sql_type) in [
        ("text", SqlType::Text),
        ("short", array(SqlType::VarChar { max_length: Some(9) })),
        ("number", SqlType::Numeric { precision: Some(10), scale: Some(2) }),
        ("at", SqlType::Timestamptz),
        ("state", mood.clone()),
        ("states", array(mood)),
        ("days", SqlType::Range(fenrir_schema::RangeOf::Date)),
        ("several", SqlType::Multirange(fenrir_schema::RangeOf::BigInt)),
        ("mail", custom("email", None)),
        ("odd", custom("hstore", Some("hstore"))),
        ("case_less", SqlType::Citext),
        ("precise", custom("time(3) without time zone", None)),
        ("bits", custom("bit varying(5)", None)),
        ("letter", custom("\"char\"", None)),
        ("code", SqlType::Char { length: Some(3) }),
    ] {
        assert_eq!(column(&live, "page", column_name).sql_type, sql_type, "{column_name}");
    }
    let text = |text: &str| Some(DefaultValue::Text(text.to_owned()));
    let now = Some(DefaultValue::Expression(Expression::new("now()").unwrap()));
    for (column_name, default) in [
        ("text", text("it's \\")),
        ("short", text("{}")),
        ("number", Some(DefaultValue::Number("-1.5".to_owned()))),
        ("at", now),
        ("state", text("it's")),
        ("flag", Some(DefaultValue::Bool(true))),
        ("nothing", None),
        ("code", text("x")),
    ] {
        assert_eq!(column(&live, "page", column_name).default, default, "{column_name}");
    }
    assert_eq!(column(&live, "page", "id").auto_increment, Some(AutoIncrement::Identity));
    assert_eq!(column(&live, "page", "always").auto_increment, Some(AutoIncrement::IdentityAlways));
    assert_eq!(column(&live, "user", "id").auto_increment, Some(AutoIncrement::Serial));
    assert_eq!(column(&live, "page", "text").comment.as_deref(), Some("what it says"));
    assert!(!column(&live, "page", "state").nullable && column(&live, "page", "states").nullable);
    assert_eq!(live.schema.enums[&name("mood")].labels, ["sad", "it's", "9"]);
    let page = &live.schema.tables[&table_name("page")];
    assert_eq!(page.primary_key.name, name("key_of_page"));
    assert_eq!(page.primary_key.columns, [name("state"), name("id")]);
    assert_eq!(page.uniques[&name("odd \"unique\"")].columns, [name("text"), name("number")]);
    let key = &page.foreign_keys[&name("user_fkey")];
    assert_eq!((key.on_delete, key.on_update), (ReferentialAction::SetNull, ReferentialAction::Cascade));
    assert_eq!(key.deferral, Deferral::InitiallyDeferred);
    let index = serde_json::to_string(&page.indexes[&name("by_all")]).unwrap();
    assert_eq!(
        index,
        r#"{"keys":[{"of":{"Column":"number"},"descending":true},{"of":{"Column":"text"},"nulls":"First"},{"of":{"Expression":"lower(text)"}}],"include":["flag"],"predicate":"flag"}"#
    );
    assert_eq!(page.indexes[&name("by_day")].method, Some(name("gist")));
    let user = &live.schema.tables[&table_name("user")];
    assert_eq!(user.comment.as_deref(), Some("who's \\ there"));
    assert_eq!(lines(&live.unmanaged), ["domain `email`"]);
    assert!(compare(&mut connection, &live.schema).is_equal());
}

/// The same to the database, in other words; and other expressions in nearly the same.
#[test]
fn expressions_are_compared_by_what_they_mean() {
    let (_database, mut connection) = on("
        CREATE TYPE mood AS ENUM ('sad', 'glad');
        CREATE FUNCTION ours(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
        CREATE TABLE page (id integer PRIMARY KEY, name varchar(96) NOT NULL DEFAULT concat('a', 'b'), state mood,
            at timestamp DEFAULT '2026-1-2', number float8 DEFAULT 1.50, roll float8 DEFAULT random(), data jsonb,
            CONSTRAINT same CHECK (name IN ('a', 'b') AND NOT state = 'sad'),
            CONSTRAINT other CHECK (id > 0));
        CREATE INDEX folded ON page ((lower(name) || ours(name))) WHERE state = 'sad' OR id BETWEEN 1 AND 9;
        CREATE INDEX moved ON page ((id + 1));
        INSERT INTO page (id, name, state) VALUES (1, 'a', 'glad');
    ");
    let expression = |text: &str| Expression::new(text).unwrap();
    let mut wanted = read(&mut connection).schema;
    let page = wanted.tables.get_mut(&table_name("page")).unwrap();
    page.checks.insert(name("same"), expression("name in ('a','b') and not (state = 'sad'::mood)").into());
    let folded = page.indexes.get_mut(&name("folded")).unwrap();
    folded.keys[0].of = fenrir_schema::IndexTarget::Expression(expression("lower(name)||ours(name)"));
    folded.predicate = Some(expression("state = 'sad' or (id >= 1 and id <= 9)"));
    let moved = page.indexes.remove(&name("moved")).unwrap();
    page.indexes.insert(name("moved_on"), moved);
    let key = fenrir_schema::IndexTarget::Expression(expression("1 + id"));
    page.indexes.get_mut(&name("moved_on")).unwrap().keys[0].of = key;
    for (column, default) in [
        ("name", DefaultValue::Expression(expression("CONCAT ('a','b')"))),
        ("at", DefaultValue::Text("2026-01-02 00:00".to_owned())),
        ("number", DefaultValue::Number("1.5".to_owned())),
        ("roll", DefaultValue::Expression(expression("pg_catalog.random()"))),
    ] {
        let column = page.columns.iter_mut().find(|there| there.name == name(column)).unwrap();
        column.default = Some(default);
    }
    let comparison = compare(&mut connection, &wanted);
    assert_eq!(lines(&comparison.not_compared), [""; 0]);
    // `id + 1` and `1 + id` are two things to PostgreSQL, and so are 1.5 and 1.50 as they are written.
    assert_eq!(
        lines(&comparison.changes),
        [
            "drop index `moved` of `page`",
            "change column `page.number`: another default",
            "add index `moved_on` on `page`",
        ]
    );

    let page = wanted.tables.get_mut(&table_name("page")).unwrap();
    let number = page.columns.iter_mut().find(|column| column.name == name("number")).unwrap();
    number.default = Some(DefaultValue::Number("1.50".to_owned()));
    let key = fenrir_schema::IndexTarget::Expression(expression("(id+1)"));
    page.indexes.get_mut(&name("moved_on")).unwrap().keys[0].of = key;
    page.checks.insert(name("other"), expression("id >= 0").into());
    let comparison = compare(&mut connection, &wanted);
    assert_eq!(
        lines(&comparison.changes),
        [
            "drop check `other` of `page`",
            "rename index `moved` of `page` to `moved_on`",
            "add check `other` on `page`"
        ]
    );

    // What PostgreSQL does not take is not compared.
    let page = wanted.tables.get_mut(&table_name("page")).unwrap();
    page.checks.insert(name("other"), expression("no_such_function(id)").into());
    let page_roll = page.columns.iter_mut().find(|column| column.name == name("roll")).unwrap();
    page_roll.default = Some(DefaultValue::Expression(expression("random() + 1")));
    let comparison = compare(&mut connection, &wanted);
    assert_eq!(
        lines(&comparison.not_compared),
        ["the check `other` of `page`: function no_such_function(integer) does not exist"]
    );
    assert_eq!(
        lines(&comparison.changes),
        ["change column `page.roll`: another default", "rename index `moved` of `page` to `moved_on`"]
    );
    // Nothing of it stays.
    let left = "SELECT relname AS value FROM pg_class WHERE relname LIKE 'fenrir%'";
    let (_connection, left) = texts(connection, left);
    assert_eq!(left, [None::<String>; 0]);
}

/// Generated columns by what they are generated from, and collations by what they are.
#[test]
fn generated_columns_and_collations_are_compared() {
    let (_database, mut connection) = on("
        CREATE COLLATION german (provider = icu, locale = 'de');
        CREATE TABLE page (id integer PRIMARY KEY, name varchar(9) COLLATE german, title text COLLATE \"C\",
            twice bigint GENERATED ALWAYS AS (id * 2) STORED,
            short varchar(3) GENERATED ALWAYS AS (CASE WHEN id > 1 THEN 'a' ELSE lower(name) END) STORED);
        INSERT INTO page (id, name) VALUES (1, 'x')");
    let live = read(&mut connection);
    assert_eq!(lines(&live.unmanaged), ["collation `german`"]);
    let expression = |text: &str| Expression::new(text).unwrap();
    let collation = |text: &str| fenrir_schema::Collation::new(text).unwrap();
    let mut wanted = live.schema;
    let page = wanted.tables.get_mut(&table_name("page")).unwrap();
    page.columns[1].collations.insert(Dialect::Postgres, collation("public.\"german\""));
    page.columns[1].collations.insert(Dialect::Sqlite, collation("NOCASE"));
    page.columns[2].collations.insert(Dialect::Postgres, collation("pg_catalog.\"C\""));
    let texts = ["id*2", "case when id > 1 then 'a' else LOWER(name) end"];
    for (column, text) in page.columns[3..].iter_mut().zip(texts) {
        column.generated.as_mut().unwrap().expression = expression(text);
    }
    let comparison = compare(&mut connection, &wanted);
    assert!(comparison.is_equal(), "{comparison:?}");

    let page = wanted.tables.get_mut(&table_name("page")).unwrap();
    page.columns[1].collations.clear();
    page.columns[3].generated.as_mut().unwrap().expression = expression("id * 3");
    let comparison = compare(&mut connection, &wanted);
    assert_eq!(lines(&comparison.not_compared), [""; 0]);
    assert_eq!(comparison.changes.len(), 2, "{:?}", lines(&comparison.changes));
}

/// A transaction that is open stays so, with its settings, whether Diesel knows of it or not.
#[test]
fn an_open_transaction_stays_open() {
    let (_database, mut connection) = on("CREATE TABLE page (id integer PRIMARY KEY CHECK (id > 0))");
    let mut wanted = read(&mut connection).schema;
    let page = wanted.tables.get_mut(&table_name("page")).unwrap();
    page.checks.insert(name("page_id_check"), Expression::new("0 < id AND id > 0").unwrap().into());
    let setting = "SELECT current_setting('search_path') || ' ' || current_setting('DateStyle') AS value";
    let by_hand = |mut connection: PgConnection| {
        connection
            .batch_execute("BEGIN; SET LOCAL DateStyle = 'German'; INSERT INTO page VALUES (1)")
            .unwrap();
        let live = introspect::read(&mut connection, &Options::default()).unwrap();
        let comparison = introspect::compare(&mut connection, &wanted, &live).unwrap();
        assert_eq!(comparison.changes.len(), 2, "{comparison:?}");
        let (mut connection, texts) = texts(connection, setting);
        assert_eq!(texts, [Some("\"$user\", public German, DMY".to_owned())]);
        connection.batch_execute("ROLLBACK").unwrap();
        connection
    };
    let mut connection = by_hand(connection);
    connection.begin_test_transaction().unwrap();
    connection.batch_execute("CREATE TABLE other (id integer PRIMARY KEY)").unwrap();
    assert_eq!(read(&mut connection).schema.tables.len(), 2);
    let live = read(&mut connection);
    assert_eq!(introspect::compare(&mut connection, &wanted, &live).unwrap().changes.len(), 3);
    assert_eq!(read(&mut connection).schema.tables.len(), 2);
}

/// The catalog tells all there is; what may not be tried is not compared.
#[test]
fn without_the_right_to_try_expressions_are_not_compared() {
    let (_database, connection) = on("
        CREATE TABLE page (id integer PRIMARY KEY, CONSTRAINT positive CHECK (id > 0));
        CREATE TABLE hidden (id integer PRIMARY KEY, CONSTRAINT positive CHECK (id > 0));
        INSERT INTO page VALUES (1);
    ");
    let (mut connection, own) = texts(connection, "SELECT current_database() AS value");
    let own = own[0].clone().unwrap();
    let quote = |text: &str| Dialect::Postgres.quote(&name(text));
    let (role, own) = (quote(&format!("{own}_reader")), quote(&own));
    connection
        .batch_execute(&format!(
            "DROP ROLE IF EXISTS {role}; CREATE ROLE {role}; GRANT USAGE ON SCHEMA public TO {role}; \
             GRANT SELECT ON page TO {role}; SET ROLE {role}"
        ))
        .unwrap();
    let mut wanted = read(&mut connection).schema;
    assert_eq!(wanted.tables.len(), 2);
    for table in wanted.tables.values_mut() {
        table.checks.insert(name("positive"), Expression::new("NOT id <= 0").unwrap().into());
    }
    let comparison = compare(&mut connection, &wanted);
    assert_eq!(
        lines(&comparison.not_compared),
        ["the check `positive` of `hidden`: permission denied for table hidden"]
    );
    assert_eq!(
        lines(&comparison.changes),
        ["drop check `positive` of `page`", "add check `positive` on `page`"]
    );

    let revoke = format!("RESET ROLE; REVOKE TEMP ON DATABASE {own} FROM PUBLIC; SET ROLE {role}");
    connection.batch_execute(&revoke).unwrap();
    let comparison = compare(&mut connection, &wanted);
    assert!(comparison.changes.is_empty() && !comparison.is_equal());
    let reasons = lines(&comparison.not_compared);
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons.iter().all(|line| line.contains("permission denied")), "{reasons:?}");
    // Only changes of the words need the right.
    let live = read(&mut connection);
    assert!(compare(&mut connection, &live.schema).is_equal());
    connection.batch_execute(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
}

#[test]
fn tables_in_several_schemas_have_their_names() {
    let (_database, mut connection) = on("
        CREATE SCHEMA auth; CREATE SCHEMA \"Odd.one\"; CREATE SCHEMA elsewhere;
        CREATE TYPE auth.kind AS ENUM ('a');
        CREATE TABLE page (id integer PRIMARY KEY);
        CREATE TABLE auth.page (id integer PRIMARY KEY, kind auth.kind, page_id integer REFERENCES public.page (id));
        CREATE TABLE \"Odd.one\".\"page\" (id integer PRIMARY KEY, page_id integer REFERENCES auth.page (id));
        CREATE TABLE elsewhere.thing (id integer PRIMARY KEY);
        CREATE TABLE linked (id integer PRIMARY KEY, thing_id integer REFERENCES elsewhere.thing (id));
        CREATE VIEW auth.names AS SELECT 1;
        CREATE VIEW elsewhere.names AS SELECT 1;
    ");
    let options = Options::default().and(name("auth")).and(name("Odd.one")).and(name("not_there"));
    let live = introspect::read(&mut connection, &options).unwrap();
    let tables: Vec<_> = live.schema.tables.keys().map(ToString::to_string).collect();
    assert_eq!(tables, ["linked", "page", "\"Odd.one\".page", "auth.page"]);
    assert_eq!(live.home, Some(name("public")));
    let key = |table: &str| live.schema.tables[&table_name(table)].foreign_keys.values().next().unwrap();
    assert_eq!(key("auth.page").references, table_name("page"));
    assert_eq!(key("\"Odd.one\".page").references, table_name("auth.page"));
    assert_eq!(
        lines(&live.unmanaged),
        [
            "view `auth.names`",
            "foreign key `linked_thing_id_fkey` of `linked`: it refers to `elsewhere.thing`, which is not managed",
            "type `auth.kind`",
        ]
    );
    // A table where tables are made by themselves may be wanted by its schema's name too.
    let mut wanted = live.schema.clone();
    let page = wanted.tables.remove(&table_name("linked")).unwrap();
    let public = table_name("public.linked");
    wanted.tables.insert(public.clone(), fenrir_migrate::Table { name: public, ..page });
    let comparison = introspect::compare(&mut connection, &wanted, &live).unwrap();
    assert!(comparison.is_equal(), "{comparison:?}");
    assert_eq!(read(&mut connection).schema.tables.len(), 2);
}

#[test]
fn a_table_may_have_no_primary_key() {
    let (_database, mut connection) = on("CREATE TABLE page (id integer); INSERT INTO page VALUES (1), (1)");
    let live = read(&mut connection);
    assert!(!live.schema.tables[&table_name("page")].has_primary_key());
    assert!(compare(&mut connection, &live.schema).is_equal());
    let mut wanted = live.schema;
    let page = wanted.tables.get_mut(&table_name("page")).unwrap();
    page.primary_key.columns = vec![name("id")];
    page.columns[0].nullable = false;
    let comparison = compare(&mut connection, &wanted);
    assert_eq!(
        lines(&comparison.changes),
        ["change column `page.id`: NOT NULL", "add a primary key to `page`: `id`"]
    );
}

/// Names are data, in the catalog as in what is asked about them.
#[test]
fn names_that_look_like_sql_are_names() {
    let odd = [r#"a"; DROP TABLE page; --"#, "it's", "$$", "new\nline", r"back\slash", "$fenrir$", "%s {}"];
    let (_database, mut connection) = on("CREATE TABLE page (id integer PRIMARY KEY)");
    let quote = |text: &str| Dialect::Postgres.quote(&name(text));
    for odd in odd {
        let quoted = quote(odd);
        let label = Dialect::Postgres.literal(odd);
        let sql = format!(
            "CREATE TYPE {type_name} AS ENUM ({label}); \
             CREATE TABLE {quoted} ({quoted} text DEFAULT {label}, e {type_name} DEFAULT {label}, \
             CONSTRAINT {quoted} CHECK ({quoted} <> {label} AND e IS NOT NULL)); \
             COMMENT ON TABLE {quoted} IS {label}; CREATE INDEX {index} ON {quoted} ((lower({quoted})))",
            type_name = quote(&format!("{odd} enum")),
            index = quote(&format!("{odd} index")),
        );
        connection.batch_execute(&sql).unwrap();
    }
    let mut wanted = read(&mut connection).schema;
    assert_eq!((wanted.tables.len(), wanted.enums.len()), (odd.len() + 1, odd.len()));
    for odd in odd {
        let table = wanted.tables.get_mut(&name(odd).into()).unwrap();
        assert_eq!(table.comment.as_deref(), Some(odd));
        assert_eq!(table.columns[0].default, Some(DefaultValue::Text(odd.to_owned())));
        // In other words, so that the database is asked.
        let check = table.checks.get_mut(&name(odd)).unwrap();
        *check = Expression::new(format!("({}) AND true", check.expression)).unwrap().into();
        let label = Dialect::Postgres.literal(odd);
        let quoted = quote(odd);
        if let Ok(expression) = Expression::new(format!("e IS NOT NULL AND {quoted} <> {label}")) {
            *check = expression.into();
        }
    }
    let comparison = compare(&mut connection, &wanted);
    assert_eq!(lines(&comparison.not_compared), [""; 0]);
    assert_eq!(comparison.changes.len(), 2 * odd.len(), "{:?}", comparison.changes);
    // And made again from what was read, they are the same.
    let live = read(&mut connection);
    let changes = diff(&Schema::default(), &live.schema, &Renames::default());
    let sql = Dialect::Postgres.script(&Schema::default(), &changes).unwrap().bare_sql();
    let (_other, mut other) = on(&sql);
    let comparison = compare(&mut other, &live.schema);
    assert!(comparison.is_equal(), "{comparison:?}");
}

#[test]
fn a_search_path_of_nothing_is_an_error() {
    let (_database, mut connection) = on("SET search_path = nowhere");
    let error = introspect::read(&mut connection, &Options::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`search_path` names no schema that is there: create one, or set another `search_path`"
    );
}

/// Two types that the user names in two ways.
#[test]
fn types_of_ones_own_are_compared_by_what_they_are() {
    let (_database, mut connection) = on("
        CREATE SCHEMA auth; CREATE DOMAIN auth.email AS text; CREATE DOMAIN email AS text;
        CREATE TABLE page (id integer PRIMARY KEY, a auth.email, b email, c time(3), d varchar(7)[])");
    let custom =
        |text: &str| SqlType::Custom { name: fenrir_schema::TypeName::new(text).unwrap(), extension: None };
    let mut wanted = read(&mut connection).schema;
    let page = wanted.tables.get_mut(&table_name("page")).unwrap();
    for (at, text) in ["AUTH.email", "public.email", "time(3)", "varchar(7)[]"].into_iter().enumerate() {
        page.columns[at + 1].sql_type = custom(text);
    }
    let comparison = compare(&mut connection, &wanted);
    assert!(comparison.is_equal(), "{comparison:?}");
    let page = wanted.tables.get_mut(&table_name("page")).unwrap();
    page.columns[1].sql_type = custom("email");
    page.columns[3].sql_type = custom("no_such_type");
    let comparison = compare(&mut connection, &wanted);
    assert_eq!(
        lines(&comparison.changes),
        ["change column `page.a`: the custom type `auth.email` → the custom type `email`"]
    );
    assert_eq!(
        lines(&comparison.not_compared),
        ["the type of the column `c` of `page`: type \"no_such_type\" does not exist"]
    );
}
