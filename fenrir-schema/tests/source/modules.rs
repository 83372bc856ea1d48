//! Which files are read, as the compiler would find them
//! (<https://doc.rust-lang.org/reference/items/modules.html#module-source-filenames>).

use crate::package::{PAGE, TestPackage};

#[test]
fn files_of_modules() {
    let package = TestPackage::lib("mod a; pub mod b { pub mod c; mod d { mod e; } }")
        .file("src/a.rs", "mod inner;")
        .file("src/a/inner.rs", PAGE)
        .file("src/b/c/mod.rs", "mod deep;")
        .file("src/b/c/deep.rs", &PAGE.replace("Page", "Deep"))
        .file("src/b/d/e.rs", &PAGE.replace("Page", "Link"));
    assert_eq!(package.models(), ["shop::a::inner::Page", "shop::b::c::deep::Deep", "shop::b::d::e::Link"]);
    let files = package.read().sources.files;
    let files: Vec<_> = files.iter().map(|file| file.strip_prefix(package.folder()).unwrap()).collect();
    let names = ["a/inner.rs", "a.rs", "b/c/deep.rs", "b/c/mod.rs", "b/d/e.rs", "lib.rs"];
    assert_eq!(files, names.map(|name| std::path::PathBuf::from("src").join(name)));
}

#[test]
fn a_module_is_followed_however_its_keyword_is_spaced() {
    for text in ["mod\ta;", "mod\na;", "mod/* */a;", "pub(crate) mod  a ;", "mod // x\n a;"] {
        let package = TestPackage::lib(text).file("src/a.rs", PAGE);
        assert_eq!(package.models(), ["shop::a::Page"], "{text:?}");
    }
}

/// The reference's own tables of `#[path]`.
#[test]
fn path_attributes() {
    for (file, text, there) in [
        // At the level of a file.
        ("src/a/b.rs", "#[path = \"foo.rs\"] mod c;", "src/a/foo.rs"),
        ("src/a/mod.rs", "#[path = \"foo.rs\"] mod c;", "src/a/foo.rs"),
        // Inside inline modules.
        ("src/a/b.rs", "mod inline { #[path = \"other.rs\"] mod inner; }", "src/a/b/inline/other.rs"),
        ("src/a/mod.rs", "mod inline { #[path = \"other.rs\"] mod inner; }", "src/a/inline/other.rs"),
        // On an inline module, where it is a folder.
        ("src/a/mod.rs", "#[path = \"files\"] mod inline { mod inner; }", "src/a/files/inner.rs"),
        ("src/a/b.rs", "#[path = \"files\"] mod inline { mod inner; }", "src/a/files/inner.rs"),
        (
            "src/a/b.rs",
            "#[path = \"files\"] mod inline { #[path = \"tls.rs\"] mod inner; }",
            "src/a/files/tls.rs",
        ),
    ] {
        let lib = if file.ends_with("mod.rs") { "mod a;" } else { "mod a { mod b; }" };
        let package = TestPackage::lib(lib).file(file, text).file(there, PAGE);
        assert_eq!(package.tables(), ["pages"], "{file}: {text} is {there}");
    }
}

/// A file that `#[path]` names has its modules beside it, as a `mod.rs` has.
#[test]
fn modules_of_a_file_that_path_names() {
    let package =
        TestPackage::lib("#[path = \"x/y.rs\"] mod a;").file("src/x/y.rs", "mod z;").file("src/x/z.rs", PAGE);
    assert_eq!(package.models(), ["shop::a::z::Page"]);
}

#[test]
fn a_path_that_depends() {
    let lib = "#[cfg_attr(feature = \"new\", path = \"new.rs\")]\n\
               #[cfg_attr(not(feature = \"new\"), path = \"old.rs\")]\nmod models;";
    let package =
        || TestPackage::lib(lib).file("src/new.rs", &PAGE.replace("Page", "New")).file("src/old.rs", PAGE);
    assert_eq!(package().tables(), ["pages"]);
    assert_eq!(package().feature("new").tables(), ["news"]);
}

#[test]
fn a_file_that_no_mod_reaches_is_not_read() {
    let package = TestPackage::lib("mod a;").file("src/a.rs", "").file("src/b.rs", PAGE);
    assert_eq!(package.tables(), Vec::<String>::new());
}

#[test]
fn a_module_without_a_file() {
    let package = TestPackage::lib("// ä\n/* ä */ pub mod a;");
    assert_eq!(package.problems(), ["src/lib.rs:2:9: there is no file for the module `a`"]);
    // Once it is there, the build step must run again.
    let files = package.read().sources.files;
    assert!(files.contains(&package.folder().join("src/a.rs")), "{files:?}");
}

#[test]
fn modules_in_a_circle() {
    let package = TestPackage::lib("#[path = \"lib.rs\"] mod a; #[path = \"lib.rs\"] mod b;");
    assert_eq!(
        package.problems(),
        [
            "src/lib.rs:1:20: the file of the module `a` is one that this module is in",
            "src/lib.rs:1:46: the file of the module `b` is one that this module is in"
        ]
    );
}

#[test]
fn raw_names() {
    let package = TestPackage::lib("mod r#type;").file(
        "src/type.rs",
        "#[derive(Table)]\n#[table(index(columns(r#match)))]\nstruct r#Use { id: i32, r#match: i32, r#type: r#Kind }\n\
         type r#Kind = String;\n\
         #[derive(Table)] struct Link { id: i32, #[column(references = r#Use)] r#use: i32 }",
    );
    assert_eq!(package.models(), ["shop::type::Link", "shop::type::r#Use"]);
    assert_eq!(package.column("uses", "type"), "Text");
    assert_eq!(package.column("links", "use"), "Integer");
}

/// A word that would be a keyword is none behind `r#`.
#[test]
fn raw_names_in_other_code() {
    let package = TestPackage::lib(&format!("fn r#mod() {{ a.r#type as u8; x.r#struct b }} {PAGE}"));
    assert_eq!(package.tables(), ["pages"]);
}

#[test]
fn crates_other_than_the_library() {
    let package = TestPackage::lib(PAGE)
        .file("src/main.rs", &PAGE.replace("Page", "Main"))
        .file("src/bin/tool.rs", &PAGE.replace("Page", "Tool"))
        .file("src/bin/big/main.rs", &PAGE.replace("Page", "Big"))
        .file("tests/it.rs", PAGE)
        .file("tests/all/main.rs", PAGE)
        .file("examples/show-it.rs", PAGE)
        .file("benches/fast.rs", PAGE)
        .file("build.rs", PAGE);
    assert_eq!(
        package.models(),
        [
            "all::Page (not managed)",
            "big::Big",
            "fast::Page (not managed)",
            "it::Page (not managed)",
            "shop::Main",
            "shop::Page",
            "show_it::Page (not managed)",
            "tool::Tool",
        ]
    );
    assert_eq!(package.tables(), ["bigs", "mains", "pages", "tools"]);
}

#[test]
fn crates_that_the_manifest_names() {
    let package = TestPackage::new()
        .file(
            "Cargo.toml",
            "[package]\nname = \"shop\"\nautobins = false\nautotests = false\n\
             [lib]\nname = \"the_shop\"\npath = \"lib/shop.rs\"\n\
             [[bin]]\nname = \"till\"\n[[bin]]\nname = \"door\"\npath = \"door.rs\"\n\
             [[test]]\nname = \"one\"\n",
        )
        .file("lib/shop.rs", PAGE)
        .file("src/bin/till.rs", &PAGE.replace("Page", "Till"))
        .file("src/bin/other.rs", &PAGE.replace("Page", "Other"))
        .file("src/main.rs", &PAGE.replace("Page", "Main"))
        .file("door.rs", &PAGE.replace("Page", "Door"))
        .file("tests/one.rs", PAGE)
        .file("tests/two.rs", PAGE);
    assert_eq!(package.models(), ["door::Door", "one::Page (not managed)", "the_shop::Page", "till::Till"]);
}

#[test]
fn a_file_that_the_library_and_a_binary_share() {
    let link = "use crate::models::Page;\n#[derive(Table)]\npub struct Link { id: i32, #[column(references = Page)] page: i32 }";
    let package = TestPackage::lib("pub mod models;")
        .file("src/main.rs", &format!("mod models; {link}"))
        .file("src/models.rs", &format!("{PAGE}#[derive(DbEnum)] enum State {{ A }}\n#[derive(Table)] struct User {{ id: i32, state: State }}"));
    assert_eq!(package.tables(), ["links", "pages", "users"]);
}

#[test]
fn models_in_functions() {
    let package = TestPackage::lib(&format!(
        "fn f() {{ {PAGE} }}\n#[test]\nfn t() {{ {} }}\n#[tokio::test] async fn u() {{ {} }}\n\
         #[cfg(test)] fn v<A, B>(a: A, b: B) {{ {} }}",
        PAGE.replace("Page", "T"),
        PAGE.replace("Page", "U"),
        PAGE.replace("Page", "V"),
    ));
    assert_eq!(
        package.models(),
        ["shop::T (not managed)", "shop::U (not managed)", "shop::V (not managed)"],
        "of a function, only tests have models"
    );
}

#[test]
fn what_a_macro_makes_is_not_seen() {
    let package = TestPackage::lib(&format!(
        "macro_rules! m {{ () => {{ {PAGE} mod a; }} }}\nm!{{ {PAGE} mod b; }}\nm!({PAGE});\nm![mod c;];\n\
         cfg_if! {{ if #[cfg(unix)] {{ mod d; }} }}"
    ));
    assert_eq!(package.tables(), Vec::<String>::new());
}

#[test]
fn other_derives() {
    let package = TestPackage::lib(
        "#[derive(Debug, fenrir_migrate::Table)] struct A { id: i32 }\n\
         #[derive(other::Table)] struct B { x: i32 }\n\
         #[derive(HashTable)] struct C { x: i32 }\n\
         #[derive(Clone)] #[doc = \"Table\"] struct D(Vec<i32>);",
    );
    assert_eq!(package.tables(), ["as"]);
}

/// The same bytes, whatever the files are called and in which order they come.
#[test]
fn the_order_of_files_makes_no_difference() {
    let model =
        |name: &str, fields: &str| format!("#[derive(Table)] pub struct {name} {{ id: i32, {fields} }}\n");
    let a = model("A", "#[column(references = crate::C, index)] c: i32, state: crate::State");
    let b = model("B", "#[column(references = crate::A)] a: i32, #[column(references = crate::C)] c: i32");
    let c = model("C", "#[column(max_length = 9, unique)] name: crate::Email");
    let rest = "type Email = String; #[derive(DbEnum)] enum State { On, Off }\n";
    let forward = TestPackage::lib(&format!("{rest} mod x; mod y; mod z;"))
        .file("src/x.rs", &a)
        .file("src/y.rs", &b)
        .file("src/z.rs", &c);
    let backward = TestPackage::lib(&format!("mod z; mod y; mod x; {rest}"))
        .file("src/z.rs", &a)
        .file("src/y/mod.rs", &c)
        .file("src/x.rs", &b);
    let together = TestPackage::lib(&format!("{c}{a}{rest}{b}"));
    let json = |package: &TestPackage| {
        assert_eq!(package.problems(), Vec::<String>::new());
        package.read().lowered.schema.canonical_json()
    };
    assert_eq!(json(&forward), json(&backward));
    assert_eq!(json(&forward), json(&together));
}
