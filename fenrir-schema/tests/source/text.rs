//! The text of files: what the compiler makes of line ends, marks and other alphabets, and files that
//! are not whole.

use crate::package::{PAGE, TestPackage};

/// The compiler takes `\r\n` for `\n` everywhere, even inside a string.
#[test]
fn line_ends_of_dos() {
    let lib = "/// One\n/// page.\n///\n/// More.\n#[derive(Table)]\n\
               #[table(check = \"id >\n 0\", check = r\"id <\n 9\")]\nstruct Page {\n    /** A\n     * name. */\n    id: i32,\n}\n";
    let unix = TestPackage::lib(lib).read();
    let dos = TestPackage::lib(&lib.replace('\n', "\r\n")).read();
    assert_eq!(unix.problems(), []);
    assert_eq!(unix.lowered.facts[0].to_json(), dos.lowered.facts[0].to_json());
    assert_eq!(unix.lowered.schema.canonical_json(), dos.lowered.schema.canonical_json());
    let table = unix.lowered.facts[0].table.as_ref().unwrap();
    assert_eq!(table.comment.as_deref(), Some("One page."));
    assert_eq!(table.columns[0].comment.as_deref(), Some("A name."));
}

#[test]
fn a_byte_order_mark() {
    let package = TestPackage::lib("\u{feff}mod a;").file("src/a.rs", &format!("\u{feff}{PAGE}"));
    assert_eq!(package.tables(), ["pages"]);
    let package = TestPackage::lib("\u{feff}mod b;");
    assert_eq!(package.problems(), ["src/lib.rs:1:1: there is no file for the module `b`"]);
    let package = TestPackage::lib("\u{feff}#!/usr/bin/env x\nmod b;");
    assert_eq!(package.problems(), ["src/lib.rs:2:1: there is no file for the module `b`"]);
}

/// Columns are counted in characters, as the compiler counts them.
#[test]
fn other_alphabets() {
    let package = TestPackage::lib("/* Ünïcödé 漢字 🦀 */ #[derive(Table)] struct Page { id: usize }");
    assert_eq!(
        package.problems(),
        ["src/lib.rs:1:55: no database has integers of this size; use `i32` or `i64`"]
    );
    let package = TestPackage::lib(
        "const É: char = '漢'; mod größe { #[derive(Table)] struct Größe { id: i32, #[column(uniqe)] é: i32 } }",
    );
    assert!(package.problems()[0].starts_with("src/lib.rs:1:84: unknown key"), "{:?}", package.problems());
}

#[test]
fn a_file_that_is_not_whole() {
    for (text, problem) in [
        ("fn f() {\n    mod a {", "src/lib.rs:2:11: what begins here is never closed"),
        ("mod a {}\n}", "src/lib.rs:2:1: this closes nothing"),
        ("mod a {} const X: &str = \"äx", "src/lib.rs:1:26: what begins here is never closed"),
        ("mod a {}\n/* x", "src/lib.rs:2:1: what begins here is never closed"),
    ] {
        assert_eq!(TestPackage::lib(text).problems(), [problem], "{text}");
    }
}

#[test]
fn a_model_that_is_not_rust() {
    let package =
        TestPackage::lib("mod a;\n#[derive(Table)]\nstruct Page {\n    id i32,\n}\n").file("src/a.rs", PAGE);
    assert_eq!(package.problems(), ["src/lib.rs:4:8: expected `:`"]);
}

#[test]
fn a_file_that_is_no_text() {
    let package = TestPackage::lib("mod a;");
    std::fs::write(package.folder().join("src/a.rs"), [0xff, 0xfe, 0x00]).unwrap();
    let read = fenrir_schema::source::Package::read(package.folder()).unwrap();
    let cfg = fenrir_schema::source::CommandCfg::new(std::collections::BTreeSet::new());
    let error = fenrir_schema::source::Models::read(&read, &[], &cfg).err().unwrap();
    let path = package.folder().join("src/a.rs");
    assert_eq!(error.to_string(), format!("cannot read `{}`", path.display()));
}
