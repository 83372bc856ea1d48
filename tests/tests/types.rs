//! Every type that a database has, from the field to the database's catalog and back: what the derive says
//! of each compiles in Diesel, and Diesel reads what it wrote.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::cargo::{CargoProject, workspace};
use fenrir_tests::command::Project;
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

/// A package on one database, with tests of its own, which must pass.
fn tests_pass(name: &str, dialect: Dialect, library: &str) {
    let project = CargoProject::new(name, library);
    let manifest = std::fs::read_to_string(project.path().join("Cargo.toml")).unwrap();
    let fenrir = workspace().join("fenrir-migrate");
    let for_tests = format!(
        "bigdecimal = \"0.4\"\nipnet = \"2.5\"\nuuid = {{ version = \"1\", default-features = false }}\n\n\
         [dev-dependencies]\nfenrir-migrate = {{ path = \"{}\", default-features = false, features = [\"{dialect}\", \"test\"] }}\n\n\
         [build-dependencies]",
        fenrir.display()
    );
    let manifest = manifest
        .replace("\"sqlite\"", &format!("\"{dialect}\""))
        .replace(
            "\"serde_json\"",
            "\"serde_json\", \"numeric\", \"uuid\", \"ipnet-address\", \"32-column-tables\"",
        )
        .replace("\n[build-dependencies]", &for_tests);
    project.write("Cargo.toml", &manifest);
    project.write("fenrir.toml", &format!("[migrations]\ndialects = [\"{dialect}\"]\n"));
    let ran = project.cargo(&["test", "--lib"], &[("FENRIR_PENDING", "allow")]);
    assert!(ran.ok && ran.stderr.contains("test result: ok."), "{}", ran.stderr);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

/// What all three have, and what the tests of each share.
const COMMON: &str = r#"
use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::prelude::*;
use fenrir_migrate::{DbEnum, Table};

#[derive(Table, Queryable, Selectable, Insertable, Debug, Clone, PartialEq)]
#[diesel(table_name = common)]
pub struct Common {
    #[column(auto_increment = false)]
    pub id: i64,
    #[column(default = true)]
    pub yes: bool,
    pub small: i16,
    pub int: i32,
    pub single: f32,
    pub double: f64,
    #[column(precision = 20, scale = 4, default = 1.5)]
    pub exact: BigDecimal,
    pub text: String,
    #[column(max_length = 96, unique)]
    pub name: String,
    #[column(sql_type = Char, max_length = 3)]
    pub code: String,
    pub bytes: Vec<u8>,
    pub day: NaiveDate,
    pub time: NaiveTime,
    pub at: NaiveDateTime,
    #[column(default = "{}")]
    pub json: serde_json::Value,
    pub mood: Option<Mood>,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq)]
pub enum Mood { Sad, Glad }

pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();

#[cfg(test)]
fn a_common() -> Common {
    let day = NaiveDate::from_ymd_opt(2039, 1, 31).unwrap();
    let at = day.and_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    Common {
        id: 1 << 40,
        yes: true,
        small: -3,
        int: 1 << 30,
        single: 0.5,
        double: 0.1,
        exact: "123456.5".parse().unwrap(),
        text: "é \\ 'x' 😀".to_owned(),
        name: "日本語".to_owned(),
        code: "abc".to_owned(),
        bytes: vec![0, 255, 39, 92],
        day,
        time: at.time(),
        at,
        json: serde_json::json!({ "a": [1, "😀"] }),
        mood: Some(Mood::Glad),
    }
}

/// Inserts a row, reads it, and finds it equal.
#[cfg(test)]
macro_rules! comes_back {
    ($connection:expr, $model:ident, $table:ident, $row:expr) => {
        let row: $model = $row;
        diesel::insert_into($table::table).values(&row).execute($connection).unwrap();
        assert_eq!($table::table.select($model::as_select()).load($connection).unwrap(), [row]);
    };
}

/// The names of a table's types, as its database has them, in the order of the columns.
#[cfg(test)]
macro_rules! types {
    ($connection:expr, $sql:expr, $table:literal) => {{
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            value: String,
        }
        let rows: Vec<Row> = diesel::sql_query($sql.replace("TABLE", $table)).load($connection).unwrap();
        rows.into_iter().map(|row| row.value).collect::<Vec<String>>()
    }};
}
"#;

const SQLITE: &str = r#"
use chrono::{DateTime, Utc};

#[derive(Table, Queryable, Selectable, Insertable, Debug, Clone, PartialEq)]
#[diesel(table_name = own)]
pub struct Own {
    pub id: i32,
    pub moment: DateTime<Utc>,
    #[column(sql_type = Jsonb, default = "[1]")]
    pub jsonb: serde_json::Value,
    #[column(sql_type = Text, type_name = "citext", default = sql("'x'"))]
    pub custom: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &str = "SELECT type AS value FROM pragma_table_xinfo('TABLE') ORDER BY cid";

    #[fenrir_migrate::test]
    fn values_come_back(connection: &mut SqliteConnection) {
        comes_back!(connection, Common, common, a_common());
        let moment = a_common().at.and_utc();
        let jsonb = serde_json::json!([null]);
        comes_back!(connection, Own, own, Own { id: 1, moment, jsonb, custom: "y".to_owned() });
        let row = diesel::insert_into(own::table).values(own::moment.eq(moment)).returning(Own::as_select());
        let jsonb = serde_json::json!([1]);
        assert_eq!(row.get_result(connection), Ok(Own { id: 2, moment, jsonb, custom: "x".to_owned() }));
    }

    #[fenrir_migrate::test]
    fn types_have_their_names(connection: &mut SqliteConnection) {
        let common = "BIGINT BOOLEAN SMALLINT INTEGER FLOAT DOUBLE NUMERIC(20, 4) TEXT VARCHAR(96) CHAR(3) BLOB DATE TIME \
                      TIMESTAMP JSON TEXT TEXT";
        assert_eq!(types!(connection, TYPES, "common").join(" "), common);
        assert_eq!(types!(connection, TYPES, "own"), ["INTEGER", "TIMESTAMPTZ", "JSONB", "citext"]);
    }
}
"#;

#[test]
fn every_type_on_sqlite() {
    tests_pass("types-on-sqlite", Dialect::Sqlite, &(COMMON.to_owned() + SQLITE));
}

const MYSQL: &str = r#"
#[derive(Table, Queryable, Selectable, Insertable, Debug, Clone, PartialEq)]
#[diesel(table_name = parent)]
pub struct Parent {
    pub id: u32,
}

#[derive(Table, Queryable, Selectable, Insertable, Debug, Clone, PartialEq)]
#[diesel(table_name = own)]
pub struct Own {
    #[column(auto_increment)]
    pub id: u64,
    #[column(default = -128)]
    pub tiny: i8,
    #[column(default = 255)]
    pub tiny_unsigned: u8,
    #[column(default = 65535, index)]
    pub small_unsigned: u16,
    #[column(references = Parent)]
    pub parent_id: Option<u32>,
    #[column(default = 18446744073709551615, unique)]
    pub big_unsigned: u64,
    #[column(sql_type = Datetime, default = sql("CURRENT_TIMESTAMP"))]
    pub at: NaiveDateTime,
    #[column(sql_type = Unsigned<SmallInt>, type_name = "year", default = sql("1999"))]
    pub year: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without MariaDB's widths, which say nothing of what an integer holds.
    const TYPES: &str = "SELECT regexp_replace(column_type, '(int|year)[(][0-9]+[)]', '\\\\1') AS value \
                         FROM information_schema.columns \
                         WHERE table_schema = database() AND table_name = 'TABLE' ORDER BY ordinal_position";

    #[fenrir_migrate::test]
    fn values_come_back(connection: &mut MysqlConnection) {
        comes_back!(connection, Common, common, a_common());
        comes_back!(connection, Parent, parent, Parent { id: u32::MAX });
        let greatest = Own {
            id: u64::MAX >> 1,
            tiny: i8::MIN,
            tiny_unsigned: u8::MAX,
            small_unsigned: u16::MAX,
            parent_id: Some(u32::MAX),
            big_unsigned: u64::MAX,
            at: a_common().at,
            year: 2026,
        };
        comes_back!(connection, Own, own, greatest.clone());
        diesel::delete(own::table).execute(connection).unwrap();
        diesel::insert_into(own::table).values((own::id.eq(7), own::at.eq(greatest.at))).execute(connection).unwrap();
        let found = own::table.select(Own::as_select()).load(connection).unwrap();
        assert_eq!(found, [Own { id: 7, parent_id: None, year: 1999, ..greatest }]);
        assert_eq!(own::table.inner_join(parent::table).count().get_result(connection), Ok(0_i64));
    }

    #[fenrir_migrate::test]
    fn types_have_their_names(connection: &mut MysqlConnection) {
        let common = types!(connection, TYPES, "common");
        let json = if common[14] == "json" { "json" } else { "longtext" };
        let expected = [
            "bigint", "tinyint", "smallint", "int", "float", "double", "decimal(20,4)", "longtext", "varchar(96)", "char(3)",
            "longblob", "date", "time(6)", "datetime(6)", json, "enum('sad','glad')",
        ];
        assert_eq!(common, expected);
        assert_eq!(types!(connection, TYPES, "parent"), ["int unsigned"]);
        let expected = [
            "bigint unsigned", "tinyint", "tinyint unsigned", "smallint unsigned", "int unsigned", "bigint unsigned",
            "datetime(6)", "year",
        ];
        assert_eq!(types!(connection, TYPES, "own"), expected);
    }
}
"#;

#[test]
fn every_type_on_mysql() {
    tests_pass("types-on-mysql", Dialect::Mysql, &(COMMON.to_owned() + MYSQL));
}

const POSTGRES: &str = r#"
use std::ops::Bound;

use chrono::{DateTime, Duration, Utc};
use diesel::data_types::{Cents, PgInterval};
use diesel::pg::data_types::PgLsn;
use ipnet::IpNet;
use uuid::Uuid;

#[derive(Table, Queryable, Selectable, Insertable, Debug, Clone, PartialEq)]
#[diesel(table_name = own)]
#[table(schema = "Web")]
pub struct Own {
    pub id: Uuid,
    pub moment: DateTime<Utc>,
    #[column(sql_type = Jsonb, default = "[1]")]
    pub jsonb: serde_json::Value,
    #[column(default = "1 day 02:00")]
    pub interval: Duration,
    pub pg_interval: Option<PgInterval>,
    #[column(default = "10.1.9.32/24", index)]
    pub inet: IpNet,
    #[column(sql_type = Cidr, default = "2001:db8::/32")]
    pub cidr: IpNet,
    #[column(default = "08:00:2b:01:02:03")]
    pub mac: [u8; 6],
    #[column(default = "08:00:2b:01:02:03:04:05")]
    pub mac8: [u8; 8],
    #[column(default = 1.5)]
    pub money: Cents,
    #[column(sql_type = Oid, default = 4294967295)]
    pub oid: u32,
    #[column(default = "16/B374D848")]
    pub lsn: PgLsn,
    #[column(sql_type = Citext, default = "It's", unique)]
    pub citext: String,
}

#[derive(Table, Queryable, Selectable, Insertable, Debug, Clone, PartialEq)]
#[diesel(table_name = several)]
pub struct Several {
    pub id: i32,
    #[column(default = "{a,\"b, c\"}")]
    pub texts: Vec<String>,
    #[column(default = "{1,NULL}")]
    pub numbers: Option<Vec<Option<i64>>>,
    pub byteses: Vec<Vec<u8>>,
    pub moments: Vec<DateTime<Utc>>,
    pub exacts: Vec<BigDecimal>,
    #[column(default = "{glad}")]
    pub moods: Vec<Mood>,
    #[column(sql_type = Array<Citext>)]
    pub citexts: Vec<String>,
    #[column(default = "[1,10)")]
    pub ints: (Bound<i32>, Bound<i32>),
    pub bigs: (Bound<i64>, Bound<i64>),
    pub nums: (Bound<BigDecimal>, Bound<BigDecimal>),
    pub days: Option<(Bound<NaiveDate>, Bound<NaiveDate>)>,
    #[column(default = "empty")]
    pub times: (Bound<NaiveDateTime>, Bound<NaiveDateTime>),
    pub spans: (Bound<DateTime<Utc>>, Bound<DateTime<Utc>>),
    #[column(sql_type = Array<Range<Integer>>)]
    pub ranges: Vec<(Bound<i32>, Bound<i32>)>,
}

#[derive(Table, Queryable, Selectable, Insertable, Debug, Clone, PartialEq)]
#[diesel(table_name = multi)]
pub struct Multi {
    pub id: i32,
    #[column(sql_type = Multirange<Integer>, default = "{[1,2),[5,)}")]
    pub ints: Vec<(Bound<i32>, Bound<i32>)>,
    #[column(sql_type = diesel::sql_types::Int8multirange)]
    pub bigs: Vec<(Bound<i64>, Bound<i64>)>,
    #[column(sql_type = Multirange<Numeric>)]
    pub nums: Vec<(Bound<BigDecimal>, Bound<BigDecimal>)>,
    #[column(sql_type = Multirange<Date>)]
    pub days: Vec<(Bound<NaiveDate>, Bound<NaiveDate>)>,
    #[column(sql_type = Multirange<Timestamp>)]
    pub times: Vec<(Bound<NaiveDateTime>, Bound<NaiveDateTime>)>,
    #[column(sql_type = Multirange<Timestamptz>)]
    pub spans: Vec<(Bound<DateTime<Utc>>, Bound<DateTime<Utc>>)>,
}

pub mod types {
    use std::io::Write;

    use diesel::deserialize::{self, FromSql, FromSqlRow};
    use diesel::expression::AsExpression;
    use diesel::pg::{Pg, PgValue};
    use diesel::query_builder::QueryId;
    use diesel::serialize::{self, IsNull, Output, ToSql};
    use diesel::sql_types::SqlType;

    #[derive(SqlType, QueryId)]
    #[diesel(postgres_type(name = "ltree"))]
    pub struct Ltree;

    #[derive(FromSqlRow, AsExpression, Debug, Clone, PartialEq)]
    #[diesel(sql_type = Ltree)]
    pub struct Path(pub Vec<String>);

    /// The version of the form, and the text.
    impl ToSql<Ltree, Pg> for Path {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            out.write_all(b"\x01")?;
            out.write_all(self.0.join(".").as_bytes())?;
            Ok(IsNull::No)
        }
    }

    impl FromSql<Ltree, Pg> for Path {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            let text = std::str::from_utf8(&value.as_bytes()[1..])?;
            Ok(Path(text.split('.').map(str::to_owned).collect()))
        }
    }
}

pub mod custom {
    use diesel::prelude::*;
    use fenrir_migrate::Table;

    use super::types::{Ltree, Path};

    #[derive(Table, Queryable, Selectable, Insertable, Debug, Clone, PartialEq)]
    #[diesel(table_name = custom)]
    pub struct Custom {
        #[column(sql_type = Text, type_name = "character varying(40)")]
        pub id: String,
        #[column(sql_type = Ltree, type_name = "ltree", extension = "ltree", default = sql("'a.b'"), index)]
        pub path: Path,
        #[column(sql_type = super::types::Ltree, type_name = "ltree", extension = "ltree")]
        pub parent: Option<Path>,
        #[column(sql_type = Array<crate::types::Ltree>, type_name = "public.ltree", extension = "ltree")]
        pub paths: Vec<Path>,
    }
}

#[cfg(test)]
mod tests {
    use super::custom::{Custom, custom};
    use super::types::Path;
    use super::*;

    const TYPES: &str = "SELECT format_type(atttypid, atttypmod) AS value FROM pg_attribute \
                         WHERE attrelid = 'TABLE'::regclass AND attnum > 0 ORDER BY attnum";

    fn number(text: &str) -> BigDecimal {
        text.parse().unwrap()
    }

    #[fenrir_migrate::test]
    fn values_come_back(connection: &mut PgConnection) {
        comes_back!(connection, Common, common, a_common());
        let moment = a_common().at.and_utc();
        let row = Own {
            id: Uuid::from_u128(u128::MAX / 3),
            moment,
            jsonb: serde_json::json!({ "a": null }),
            interval: Duration::days(3) + Duration::microseconds(1),
            pg_interval: Some(PgInterval::new(1, 2, -3)),
            inet: "::1/64".parse().unwrap(),
            cidr: "10.0.0.0/8".parse().unwrap(),
            mac: [1, 2, 3, 4, 5, 255],
            mac8: [1, 2, 3, 4, 5, 6, 7, 255],
            money: Cents(-123_456),
            oid: u32::MAX,
            lsn: PgLsn(u64::MAX),
            citext: "Uni".to_owned(),
        };
        comes_back!(connection, Own, own, row.clone());
        assert_eq!(own::table.filter(own::citext.eq("uNI")).count().get_result(connection), Ok(1_i64));
        let id = Uuid::nil();
        diesel::insert_into(own::table).values((own::id.eq(id), own::moment.eq(moment))).execute(connection).unwrap();
        let defaults = Own {
            id,
            moment,
            jsonb: serde_json::json!([1]),
            interval: Duration::hours(26),
            pg_interval: None,
            inet: "10.1.9.32/24".parse().unwrap(),
            cidr: "2001:db8::/32".parse().unwrap(),
            mac: [8, 0, 0x2b, 1, 2, 3],
            mac8: [8, 0, 0x2b, 1, 2, 3, 4, 5],
            money: Cents(150),
            oid: u32::MAX,
            lsn: PgLsn(0x16_B374_D848),
            citext: "It's".to_owned(),
        };
        assert_eq!(own::table.find(id).select(Own::as_select()).first(connection), Ok(defaults));
    }

    #[fenrir_migrate::test]
    fn arrays_and_ranges_come_back(connection: &mut PgConnection) {
        use Bound::{Excluded, Included, Unbounded};
        let (at, day) = (a_common().at, a_common().day);
        let row = Several {
            id: 1,
            texts: vec!["a, \"b\" \\ {".to_owned(), String::new(), "NULL".to_owned()],
            numbers: Some(vec![Some(-1), None]),
            byteses: vec![vec![0, 255], vec![]],
            moments: vec![at.and_utc()],
            exacts: vec![number("1.50"), number("-20000")],
            moods: vec![Mood::Glad, Mood::Sad],
            citexts: vec!["A".to_owned()],
            ints: (Included(1), Excluded(10)),
            bigs: (Included(i64::MIN), Unbounded),
            nums: (Excluded(number("0.5")), Included(number("1.5"))),
            days: Some((Included(day), Unbounded)),
            times: (Unbounded, Included(at)),
            spans: (Included(at.and_utc()), Excluded(at.and_utc() + Duration::days(1))),
            ranges: vec![(Included(1), Excluded(2)), (Unbounded, Unbounded)],
        };
        comes_back!(connection, Several, several, row.clone());
        let found = several::table.filter(several::moods.contains(vec![Mood::Sad])).count();
        assert_eq!(found.get_result(connection), Ok(1_i64));
        let multi = Multi {
            id: 1,
            ints: vec![(Included(1), Excluded(2)), (Included(5), Unbounded)],
            bigs: vec![],
            nums: vec![(Included(number("1")), Included(number("2")))],
            days: vec![(Included(day), Unbounded)],
            times: vec![(Unbounded, Included(at))],
            spans: vec![(Excluded(at.and_utc()), Unbounded)],
        };
        comes_back!(connection, Multi, multi, multi.clone());
    }

    #[fenrir_migrate::test(models(Custom))]
    fn types_of_ones_own_come_back(connection: &mut PgConnection) {
        let path = Path(vec!["x".to_owned(), "y".to_owned()]);
        let row =
            Custom { id: "a".to_owned(), path: path.clone(), parent: None, paths: vec![path.clone(), path.clone()] };
        comes_back!(connection, Custom, custom, row);
        assert_eq!(custom::table.filter(custom::path.eq(path)).count().get_result(connection), Ok(1_i64));
        let expected = ["character varying(40)", "ltree", "ltree", "ltree[]"];
        assert_eq!(types!(connection, TYPES, "custom"), expected);
    }

    #[fenrir_migrate::test]
    fn types_have_their_names(connection: &mut PgConnection) {
        let expected = [
            "bigint", "boolean", "smallint", "integer", "real", "double precision", "numeric(20,4)", "text",
            "character varying(96)", "character(3)", "bytea", "date", "time without time zone",
            "timestamp without time zone", "json", "mood",
        ];
        assert_eq!(types!(connection, TYPES, "common"), expected);
        let expected = [
            "uuid", "timestamp with time zone", "jsonb", "interval", "interval", "inet", "cidr", "macaddr", "macaddr8",
            "money", "oid", "pg_lsn", "citext",
        ];
        assert_eq!(types!(connection, TYPES, "\"Web\".own"), expected);
        let expected = [
            "integer", "text[]", "bigint[]", "bytea[]", "timestamp with time zone[]", "numeric[]", "mood[]", "citext[]",
            "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange", "int4range[]",
        ];
        assert_eq!(types!(connection, TYPES, "several"), expected);
        let expected = [
            "integer", "int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange",
            "tstzmultirange",
        ];
        assert_eq!(types!(connection, TYPES, "multi"), expected);
    }
}
"#;

#[test]
fn every_type_on_postgres() {
    tests_pass("types-on-postgres", Dialect::Postgres, &(COMMON.to_owned() + POSTGRES));
}

/// What a field is said to be must be what Diesel reads into it.
#[test]
fn a_type_that_does_not_fit_does_not_compile() {
    let refused = [
        ("#[column(sql_type = Inet)] pub a: String", "Inet"),
        (
            "#[column(sql_type = Array<Nullable<Text>>)] pub a: Vec<String>",
            "Nullable<diesel::sql_types::Text>",
        ),
        ("#[column(sql_type = Range<BigInt>)] pub a: (Bound<i32>, Bound<i32>)", "BigInt"),
        ("#[column(sql_type = Text, type_name = \"citext\")] pub a: i32", "Text"),
        ("pub a: std::time::Duration", "Interval"),
    ];
    let fields: Vec<_> = refused.iter().map(|(field, _)| field.replace("pub a", "pub FIELD")).collect();
    let fields: String =
        (0..).zip(fields).map(|(n, field)| field.replace("FIELD", &format!("a{n}")) + ",\n").collect();
    let project = CargoProject::new(
        "types-that-do-not-fit",
        &format!(
            "use std::ops::Bound;\nuse fenrir_migrate::Table;\n#[derive(Table)]\n#[diesel(table_name = page)]\n\
             pub struct Page {{\npub id: i32,\n{fields}}}\n"
        ),
    );
    let manifest = std::fs::read_to_string(project.path().join("Cargo.toml")).unwrap();
    project.write("Cargo.toml", &manifest.replace("\"sqlite\"", "\"postgres\""));
    project.write("fenrir.toml", "[migrations]\ndialects = [\"postgres\"]\n");
    let said = project.is_refused();
    for (n, (_, needs)) in (0..).zip(refused) {
        // On the field's own line.
        let place = format!("--> src/lib.rs:{}:", n + 7);
        assert!(said.contains(&place) && said.contains(needs), "{needs}\n{said}");
    }
}

/// Diesel itself lacks the type too, where its backend is off: that is no second message.
#[test]
fn a_type_of_another_database_is_one_message() {
    for field in
        ["a: u32", "a: Vec<String>", "#[column(sql_type = Citext)] a: String", "a: std::time::Duration"]
    {
        let project = CargoProject::new(
            "types-of-others",
            &format!(
                "#[derive(fenrir_migrate::Table)]\n#[diesel(table_name = page)]\npub struct Page {{ id: i32, {field} }}\n"
            ),
        );
        let said = project.is_refused();
        assert!(said.contains("SQLite has no type for "), "{said}");
        assert_eq!(said.matches("\nerror").count(), 2, "the last is Cargo's own: {said}");
    }
}

const PLAIN: &str =
    "#[derive(Table)]\n#[diesel(table_name = page)]\npub struct Page {\n    pub id: i32,\n}\n";

/// The models of [`PLAIN`] with one more field.
fn with(field: &str) -> String {
    PLAIN.replace("\n}", &format!("\n    {field}\n}}"))
}

fn on_postgres(models: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::postgres();
    let project = Project::new(BINARY, &["postgres"], models).with("DATABASE_URL", database.url());
    (project, database)
}

/// The scripts of the newest migration.
fn newest(project: &Project) -> (String, String) {
    let name = project.list("migrations").pop().unwrap();
    (project.read(&format!("migrations/{name}/up.sql")), project.read(&format!("migrations/{name}/down.sql")))
}

/// The extension comes with the column that needs it, and stays when that goes.
#[test]
fn an_extension_is_created_and_never_dropped() {
    let (project, database) = on_postgres(PLAIN);
    project.ok(&["migrate", "-m", "Create"]);
    project.ok(&["upgrade"]);
    let mut connected = database.connect();
    connected.execute("INSERT INTO page DEFAULT VALUES").unwrap();
    project.models(&with(
        "#[column(sql_type = Citext, backfill = \"'Page ' || id\", unique)] pub name: String,",
    ));
    project.ok(&["migrate", "-m", "Name"]);
    let (up, down) = newest(&project);
    let (created, added) =
        (up.find("CREATE EXTENSION IF NOT EXISTS citext;"), up.find("ALTER TABLE page ADD COLUMN"));
    assert!(created.is_some() && created < added, "{up}");
    assert!(!down.contains("EXTENSION"), "{down}");
    project.ok(&["upgrade"]);
    let names = |name: &str| format!("SELECT name::text AS value FROM page WHERE name = '{name}'");
    assert_eq!(connected.texts(&names("PAGE 1")), [Some("Page 1".to_owned())]);
    assert!(
        connected.execute("INSERT INTO page (name) VALUES ('page 1')").is_err(),
        "unique, whatever the case"
    );

    let extensions = "SELECT extname::text AS value FROM pg_extension WHERE extname = 'citext'";
    project.ok(&["downgrade", "--allow-data-loss"]);
    assert_eq!(connected.texts(extensions).len(), 1);
    project.ok(&["upgrade"]);
    project.ok(&["drop-all", "--yes"]);
    assert_eq!(connected.texts(extensions).len(), 1);
    project.ok(&["create-all"]);
    connected.execute("INSERT INTO page (name) VALUES ('a')").unwrap();
}

/// On a database that has none yet.
#[test]
fn create_all_creates_extensions() {
    let (project, database) = on_postgres(&with("#[column(sql_type = Citext)] pub name: String,"));
    project.ok(&["create-all"]);
    database.connect().execute("INSERT INTO page (name) VALUES ('a')").unwrap();
}

/// What a down migration brings back holds something, where anything is known that it could hold.
#[test]
fn columns_that_come_back() {
    for (field, value) in [
        ("pub x: Vec<Option<i32>>,", "{}"),
        ("pub x: (Bound<i32>, Bound<i32>),", "empty"),
        ("#[column(sql_type = Multirange<Date>)] pub x: Days,", "{}"),
        ("pub x: chrono::Duration,", "00:00:00"),
        ("pub x: IpNet,", "0.0.0.0"),
        ("#[column(sql_type = Cidr)] pub x: IpNet,", "0.0.0.0/0"),
        ("pub x: [u8; 6],", "00:00:00:00:00:00"),
        ("pub x: [u8; 8],", "00:00:00:00:00:00:00:00"),
        ("pub x: Cents,", "0"),
        ("#[column(sql_type = Oid)] pub x: u32,", "0"),
        ("pub x: PgLsn,", "0/0"),
        ("#[column(sql_type = Citext)] pub x: String,", ""),
        ("#[column(default = \"{a}\")] pub x: Vec<String>,", "{a}"),
    ] {
        let (project, database) = on_postgres(&with(field));
        project.ok(&["migrate", "-m", "Create"]);
        project.models(PLAIN);
        project.ok(&["migrate", "-m", "Drop", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("INSERT INTO page DEFAULT VALUES").unwrap();
        project.ok(&["downgrade"]);
        let is_value = format!("SELECT (x = '{value}')::text AS value FROM page");
        assert_eq!(connected.texts(&is_value), [Some("true".to_owned())], "{field}");
    }
}

/// Of a type of the user's own nothing is known, and the way back says so.
#[test]
fn a_column_of_ones_own_type_comes_back_where_there_are_no_rows() {
    let field = "#[column(sql_type = crate::Point, type_name = \"point\")] pub x: Point,";
    let (project, database) = on_postgres(&with(field));
    project.ok(&["migrate", "-m", "Create"]);
    project.models(PLAIN);
    project.ok(&["migrate", "-m", "Drop", "--allow-data-loss"]);
    let (_, down) = newest(&project);
    assert!(down.contains("no value of its type is known, so this fails where there are rows"), "{down}");
    project.ok(&["upgrade"]);
    project.ok(&["downgrade"]);
    project.ok(&["upgrade"]);
    database.connect().execute("INSERT INTO page DEFAULT VALUES").unwrap();
    assert!(project.fails(2, &["downgrade"]).contains("contains null values"));
}
