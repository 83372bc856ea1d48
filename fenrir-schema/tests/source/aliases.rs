//! Types that the package defines itself.

use crate::package::{TestPackage, refused};

fn with_field(ty: &str, definitions: &str) -> TestPackage {
    TestPackage::lib(&format!("#[derive(Table)] struct Page {{ id: i32, a: {ty} }}\n{definitions}"))
}

#[test]
fn aliases_and_newtypes() {
    for (ty, definitions, is) in [
        ("Email", "type Email = String;", "Text"),
        ("Email", "pub(crate) struct Email(pub String);", "Text"),
        ("Email", "#[derive(Clone)] struct Email(#[doc = \"x\"] String);", "Text"),
        ("Option<Email>", "type Email = Address; type Address = String;", "Text?"),
        ("Email", "type Email = Option<Address>; struct Address(std::string::String);", "Text?"),
        ("mail::Email", "mod mail { pub type Email = i64; }", "BigInt"),
        ("crate::mail::Email", "mod mail { pub struct Email(i64); } type Email = String;", "BigInt"),
        ("Email", "mod mail { pub type Email = i64; } type Email = String;", "Text"),
        ("super::Email", "type Email = String; mod a { pub type Email = i64; }", "Text"),
        // A name of Diesel's is the module's own where that has one.
        ("Value", "type Value = String;", "Text"),
        ("Value", "mod other { pub type Value = String; }", "Json"),
        ("State", "#[derive(DbEnum)] enum State { A }", "the enum `state`"),
        // One that Diesel has for one database only is the package's own wherever that has one.
        ("Cents", "mod money { pub struct Cents(i64); }", "BigInt"),
        ("money::Duration", "mod money { pub type Duration = i64; }", "BigInt"),
        (
            "Status",
            "use State as Status; type Status = State; #[derive(DbEnum)] enum State { A }",
            "the enum `state`",
        ),
    ] {
        assert_eq!(with_field(ty, definitions).column("pages", "a"), is, "{ty}: {definitions}");
    }
}

/// The types of traits are no types of the module.
#[test]
fn types_of_traits_are_no_aliases() {
    let visitor = "impl<'de> Visitor<'de> for Reader { type Value = String; }\n\
                   pub unsafe trait Read { type Value: Clone = u8; fn f() {} }";
    assert_eq!(with_field("Value", visitor).column("pages", "a"), "Json");
}

#[test]
fn an_alias_in_another_file() {
    let package = TestPackage::lib("mod models; mod mail;")
        .file("src/models.rs", "use crate::mail::Email;\n#[derive(Table)] struct Page { id: i32, a: Email }")
        .file("src/mail.rs", "pub type Email = super::mail::Address;\npub struct Address(String);");
    assert_eq!(package.column("pages", "a"), "Text");
}

/// Within an array or a range too.
#[test]
fn aliases_in_another_file() {
    let page = "#[derive(Table)] struct Page { id: i32, a: Vec<Email>, b: (Bound<Day>, Bound<Day>) }";
    let package = TestPackage::lib("mod models; mod mail; mod days;")
        .dialects(&[fenrir_schema::Dialect::Postgres])
        .file("src/models.rs", page)
        .file("src/mail.rs", "pub struct Email(String);")
        .file("src/days.rs", "pub type Day = NaiveDate;");
    assert_eq!(package.column("pages", "a"), "Array<Text>");
    assert_eq!(package.column("pages", "b"), "Range<Date>");
}

/// An absolute path says which, though the last part of another's is the same.
#[test]
fn paths_from_the_crate() {
    let package = |path: &str| {
        TestPackage::lib(&format!(
            "pub type Code = i32; pub mod a {{ pub type Code = i64; pub mod a {{ pub type Code = String; }} \
             pub mod m {{ #[derive(Table)] struct Page {{ id: i32, a: {path} }} }} }}"
        ))
    };
    for (path, is) in [
        ("crate::Code", "Integer"),
        ("shop::Code", "Integer"),
        ("crate::a::Code", "BigInt"),
        ("super::Code", "BigInt"),
        ("super::super::Code", "Integer"),
        ("crate::a::a::Code", "Text"),
        ("super::a::Code", "Text"),
    ] {
        assert_eq!(package(path).column("pages", "a"), is, "{path}");
    }
}

#[test]
fn what_is_no_newtype() {
    const CANNOT: &str = "what SQL type `X` is cannot be told: it is no type of Diesel's and not defined in this \
                          package; say it with `#[column(sql_type = …)]`, and for one of your own `type_name = \"…\"`";
    for definition in [
        "struct X { a: i32 }",
        "struct X(i32, i32);",
        "struct X;",
        "enum X { A }",
        "type X<T> = T;",
        "struct X<T>(T);",
    ] {
        let source = format!("#[derive(Table)] struct Page {{ id: i32, a: §X }}\n{definition}");
        refused(&source, &[CANNOT]);
    }
}

#[test]
fn an_alias_that_leads_in_a_circle() {
    refused(
        "#[derive(Table)] struct Page { id: i32, a: §A }\ntype A = B; type B = Option<A>;",
        &["this alias leads in a circle"],
    );
}

#[test]
fn an_alias_that_leads_to_what_no_column_has() {
    refused(
        "#[derive(Table)] struct Page { id: i32, a: §A }\ntype A = usize;",
        &["no database has integers of this size; use `i32` or `i64`"],
    );
}

#[test]
fn an_alias_that_could_be_two() {
    refused(
        "#[derive(Table)] struct Page { id: i32, a: §Code }\nmod a { pub type Code = i32; } mod b { pub type Code = i64; }",
        &["`Code` could be `crate::a::Code` or `crate::b::Code`: write its path"],
    );
}
