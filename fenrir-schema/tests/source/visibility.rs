//! From where a model can be named: `embed_migrations!` can only check those that it can.

use crate::package::TestPackage;

/// For each model, whether its crate and whether any crate can name it.
#[track_caller]
fn check(lib: &str, expected: (bool, bool)) {
    let lib = lib.replace('$', "#[derive(Table)]");
    let models = TestPackage::lib(&lib).read();
    assert_eq!(models.problems(), []);
    let place = &models.sources.definitions.models[0].place;
    assert_eq!((place.nameable, place.public), expected, "{lib}");
}

#[test]
fn by_the_item() {
    check("$ pub struct A { id: i32 }", (true, true));
    check("$ pub /* x */ (crate) struct A { id: i32 }", (true, false));
    check("$ pub(crate) struct A { id: i32 }", (true, false));
    check("$ pub(in crate) struct A { id: i32 }", (true, false));
    check("$ pub(self) struct A { id: i32 }", (true, false));
    check("$ struct A { id: i32 }", (true, false));
}

#[test]
fn by_its_modules() {
    check("pub mod m { $ pub struct A { id: i32 } }", (true, true));
    check("mod m { $ pub struct A { id: i32 } }", (true, false));
    check("mod m { $ pub(super) struct A { id: i32 } }", (true, false));
    check("mod m { $ struct A { id: i32 } }", (false, false));
    check("mod m { $ pub(self) struct A { id: i32 } }", (false, false));
    check("pub mod m { pub mod n { $ pub struct A { id: i32 } } }", (true, true));
    check("pub mod m { mod n { $ pub struct A { id: i32 } } }", (false, false));
    check("pub mod m { pub(super) mod n { $ pub struct A { id: i32 } } }", (true, false));
    check("pub mod m { pub(crate) mod n { $ pub struct A { id: i32 } } }", (true, false));
    check("pub mod m { pub mod n { $ pub(super) struct A { id: i32 } } }", (false, false));
}

#[test]
fn inside_a_function_nothing_can_be_named() {
    check("#[test] fn t() { $ pub struct A { id: i32 } }", (false, false));
}
