//! What a field's type is to Diesel and in the schema, database by database.

use fenrir_schema::Dialect;

use crate::package::TestPackage;

/// The type of a field in a schema, and to Diesel without the path of its own types.
fn types(dialects: &[Dialect], field: &str) -> (String, String) {
    let source = format!(
        "pub mod models {{ pub mod page {{ #[derive(Table)] struct Page {{ id: i32, {field} }} }} }}\n\
         #[derive(DbEnum)] pub enum Mood {{ Sad }}\ntype Tags = Vec<Option<String>>;"
    );
    let read = TestPackage::lib(&source).dialects(dialects).read();
    let problems: Vec<_> = read.problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems, [""; 0], "{field}");
    let facts = &read.lowered.facts[0];
    let diesel = facts.columns[1].diesel_type.replace("::diesel::sql_types::", "");
    (facts.table.as_ref().unwrap().columns[1].sql_type.to_string(), diesel)
}

#[test]
fn types_of_postgres() {
    for (field, sql_type, diesel) in [
        ("a: Vec<String>", "Array<Text>", "Array<Text>"),
        ("a: Option<Vec<Option<i64>>>", "Array<BigInt>", "Nullable<Array<Nullable<BigInt>>>"),
        ("a: Tags", "Array<Text>", "Array<Nullable<Text>>"),
        ("a: Vec<Vec<u8>>", "Array<Binary>", "Array<Binary>"),
        ("a: Vec<DateTime<Utc>>", "Array<Timestamptz>", "Array<Timestamptz>"),
        ("a: Vec<crate::Mood>", "Array<the enum `mood`>", "Array<crate::MoodSqlType>"),
        (
            "#[column(sql_type = Array<Nullable<Jsonb>>)] a: Vec<Option<X>>",
            "Array<Jsonb>",
            "Array<Nullable<Jsonb>>",
        ),
        ("#[diesel(sql_type = diesel::sql_types::Array<Cidr>)] a: Vec<IpNet>", "Array<Cidr>", "Array<Cidr>"),
        ("a: (Bound<NaiveDate>, Bound<NaiveDate>)", "Range<Date>", "Range<Date>"),
        (
            "a: (std::ops::Bound<DateTime<Utc>>, Bound<DateTime<Utc>>)",
            "Range<Timestamptz>",
            "Range<Timestamptz>",
        ),
        ("#[column(sql_type = Tstzrange)] a: X", "Range<Timestamptz>", "Range<Timestamptz>"),
        ("#[column(sql_type = Multirange<Int4>)] a: X", "Multirange<Integer>", "Multirange<Integer>"),
        ("#[column(sql_type = Nummultirange)] a: X", "Multirange<Numeric>", "Multirange<Numeric>"),
        ("#[column(sql_type = Array<Range<Date>>)] a: X", "Array<Range<Date>>", "Array<Range<Date>>"),
        ("a: chrono::Duration", "Interval", "Interval"),
        ("a: ipnet::IpNet", "Inet", "Inet"),
        ("a: [u8; 6]", "MacAddr", "MacAddr"),
        ("a: Option<[u8; 8]>", "MacAddr8", "Nullable<MacAddr8>"),
        ("a: Cents", "Money", "Money"),
        ("a: PgLsn", "PgLsn", "PgLsn"),
        ("#[column(sql_type = Oid)] a: u32", "Oid", "Oid"),
        ("#[column(sql_type = Citext)] a: String", "Citext", "Citext"),
    ] {
        let found = types(&[Dialect::Postgres], field);
        assert_eq!(found, (sql_type.to_owned(), diesel.to_owned()), "{field}");
    }
}

#[test]
fn types_of_mysql() {
    for (field, sql_type, diesel) in [
        ("a: i8", "TinyInt", "TinyInt"),
        ("a: u8", "Unsigned<TinyInt>", "Unsigned<TinyInt>"),
        ("a: u16", "Unsigned<SmallInt>", "Unsigned<SmallInt>"),
        ("a: Option<u32>", "Unsigned<Integer>", "Nullable<Unsigned<Integer>>"),
        ("#[column(sql_type = Unsigned<Bigint>)] a: X", "Unsigned<BigInt>", "Unsigned<BigInt>"),
        ("a: Vec<u8>", "Binary", "Binary"),
        ("#[column(sql_type = Datetime)] a: NaiveDateTime", "Timestamp", "Datetime"),
    ] {
        let found = types(&[Dialect::Mysql], field);
        assert_eq!(found, (sql_type.to_owned(), diesel.to_owned()), "{field}");
    }
}

/// A path of a user's own stands in Diesel's `table!`, a module within the model's.
#[test]
fn types_of_ones_own() {
    for (sql_type, diesel) in [
        ("crate::types::Point", "crate::types::Point"),
        ("::geo::Point", "::geo::Point"),
        ("geo::Point<3>", "geo::Point<3>"),
        ("Point", "crate::models::page::Point"),
        ("Point<geo::Flat>", "crate::models::page::Point<geo::Flat>"),
        ("self::Point", "crate::models::page::Point"),
        ("super::Point", "crate::models::Point"),
        ("super::super::types::Point", "crate::types::Point"),
        // A domain over one of Diesel's types is read as that.
        ("Text", "Text"),
        ("diesel::sql_types::Text", "diesel::sql_types::Text"),
        ("crate::types::Text", "crate::types::Text"),
    ] {
        for (sql_type, shown, diesel) in [
            (sql_type.to_owned(), "the custom type `point`", diesel.to_owned()),
            (format!("Array<{sql_type}>"), "Array<the custom type `point`>", format!("Array<{diesel}>")),
        ] {
            let field = format!("#[column(sql_type = {sql_type}, type_name = \"point\")] a: Point");
            assert_eq!(types(&[Dialect::Postgres], &field), (shown.to_owned(), diesel), "{field}");
        }
    }
}

/// The statement that a model is created with, alone or with others, comes after its extension.
#[test]
fn an_extension_is_created_before_the_table() {
    let source = "#[derive(Table)] struct Page { id: i32, #[column(sql_type = Citext)] a: String, \
                  #[column(sql_type = X, type_name = \"hstore\", extension = \"hstore\")] b: Vec<Y> }";
    let read = TestPackage::lib(source).dialects(&[Dialect::Postgres]).read();
    let sql = &read.lowered.facts[0].create_sql[&Dialect::Postgres];
    assert_eq!(sql[..2], ["CREATE EXTENSION IF NOT EXISTS citext", "CREATE EXTENSION IF NOT EXISTS hstore"]);
    assert!(sql[2].starts_with("CREATE TABLE"), "{sql:?}");
}
