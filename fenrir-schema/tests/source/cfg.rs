//! What is compiled, and when.

use crate::package::{PAGE, TestPackage};

fn link() -> String {
    PAGE.replace("Page", "Link")
}

#[test]
fn a_model_under_a_feature() {
    for lib in [
        format!("#[cfg(feature = \"pages\")]\n{PAGE}"),
        format!("#[cfg(feature = \"pages\")] mod a {{ {PAGE} }}"),
        format!("#[cfg_attr(feature = \"pages\", derive(Table))]\n{}", PAGE.replace("#[derive(Table)]", "")),
        format!(
            "#[cfg_attr(feature = \"pages\", cfg_attr(all(), derive(Table)))]\n{}",
            PAGE.replace("#[derive(Table)]", "")
        ),
        "#[cfg(feature = \"pages\")] mod a;".to_owned(),
    ] {
        let package = || TestPackage::lib(&lib).file("src/a.rs", PAGE);
        assert_eq!(package().tables(), Vec::<String>::new(), "{lib}");
        assert_eq!(package().feature("pages").tables(), ["pages"], "{lib}");
    }
}

#[test]
fn models_of_tests() {
    let package = TestPackage::lib(&format!(
        "#[cfg(test)] mod tests {{ {PAGE} }} #[cfg(test)]\n{}\
         #[cfg_attr(test, derive(Table), diesel(table_name = shelf))] struct Shelf {{ id: i32, #[cfg(test)] a: i32 }}\n\
         #[cfg(not(test))]\n#[derive(Table)] struct Real {{ id: i32 }}",
        link()
    ));
    assert_eq!(
        package.models(),
        [
            "shop::Link (not managed)",
            "shop::Real",
            "shop::Shelf (not managed)",
            "shop::tests::Page (not managed)"
        ]
    );
    assert_eq!(package.tables(), ["reals"]);
    // What is there whenever the model is, is a part of it.
    let models = package.read();
    let shelf = models.lowered.facts.iter().find(|facts| facts.columns.len() == 2).unwrap();
    assert_eq!(shelf.table.as_ref().unwrap().name.to_string(), "shelf");
}

#[test]
fn fields_under_cfg() {
    let lib = "#[derive(Table)] struct Page { id: i32, #[cfg(feature = \"a\")] a: i32, #[cfg(test)] b: i32, \
               #[cfg_attr(feature = \"a\", column(name = \"see\"))] c: i32 }\n";
    let columns = |package: &TestPackage| {
        let schema = package.read().lowered.schema;
        let table = schema.tables.into_values().next().unwrap();
        table.columns.iter().map(|column| column.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(columns(&TestPackage::lib(lib)), ["id", "c"]);
    assert_eq!(columns(&TestPackage::lib(lib).feature("a")), ["id", "a", "see"]);
}

#[test]
fn variants_under_cfg() {
    let lib = "#[derive(DbEnum)] enum State { A, #[cfg(feature = \"b\")] B }\n\
               #[derive(Table)] struct Page { id: i32, state: State }";
    let labels = |package: &TestPackage| {
        let schema = package.read().lowered.schema;
        schema.enums.into_values().flat_map(|one| one.labels).collect::<Vec<_>>()
    };
    assert_eq!(labels(&TestPackage::lib(lib)), ["a"]);
    assert_eq!(labels(&TestPackage::lib(lib).feature("b")), ["a", "b"]);
}

/// What a schema cannot depend on is a problem where a model does depend on it, and only there.
#[test]
fn what_cargo_does_not_tell() {
    const MESSAGE: &str =
        "a schema cannot depend on `cfg(debug_assertions)`, which Cargo does not tell a build script";
    for (lib, place) in [
        (format!("#[cfg(debug_assertions)]\n{PAGE}"), "1:7"),
        (format!("mod m {{ #[cfg(not(debug_assertions))] mod a {{ {PAGE} }} }}"), "1:19"),
        ("#[cfg(debug_assertions)] mod a;".to_owned(), "1:7"),
        ("#[derive(Table)] struct Page { id: i32, #[cfg(debug_assertions)] a: i32 }".to_owned(), "1:47"),
        ("#[cfg_attr(debug_assertions, derive(Table))] struct Page { id: i32 }".to_owned(), "1:12"),
    ] {
        let package = TestPackage::lib(&lib).file("src/a.rs", &format!("{PAGE}{}", link()));
        assert_eq!(package.problems(), [format!("src/lib.rs:{place}: {MESSAGE}")], "{lib}");
    }
    for lib in [
        "#[cfg(debug_assertions)] fn f() { struct X { a: i32 } }",
        "#[cfg(debug_assertions)] mod a { mod b {} struct X; }",
        "#[cfg(doctest)] mod readme {}",
        "#[cfg(miri)] mod not_there;",
        "#[cfg(all(test, debug_assertions))] mod a;",
    ] {
        let package = TestPackage::lib(&format!("{lib}\n{PAGE}")).file("src/a.rs", "fn f() {}");
        assert_eq!(package.tables(), ["pages"], "{lib}");
    }
}

#[test]
fn a_cfg_that_is_none() {
    let package = TestPackage::lib(&format!("#[cfg(version(\"1.90\"))]\n{PAGE}"));
    assert_eq!(package.problems(), ["src/lib.rs:1:7: expected `all(…)`, `any(…)` or `not(…)`"]);
}

/// A model of the program has nothing that is there in tests only.
#[test]
fn the_program_does_not_see_what_tests_have() {
    let package = TestPackage::lib(
        "#[cfg(test)] type Code = i64;\n#[cfg(not(test))] type Code = String;\n\
         #[cfg(test)] mod tests { #[derive(DbEnum)] enum State { X } \
         #[derive(Table)] struct Test { id: i32, #[column(default = \"x\")] state: State } }\n\
         #[derive(DbEnum)] enum State { A, B }\n\
         #[derive(Table)] struct Page { id: i32, code: Code, #[column(default = \"a\")] state: State }",
    );
    assert_eq!(package.column("pages", "code"), "Text");
    let models = package.read();
    let labels: Vec<_> = models.lowered.schema.enums.values().map(|one| one.labels.clone()).collect();
    assert_eq!(labels, [["a", "b"]]);
    let test = models.lowered.facts.iter().find(|facts| !facts.managed).unwrap();
    assert!(
        test.create_sql
            .values()
            .map(|sql| sql.concat())
            .all(|sql| sql.contains("'x'") && !sql.contains("'b'")),
        "{:?}",
        test.create_sql
    );
}
