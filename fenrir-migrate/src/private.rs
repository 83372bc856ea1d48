//! What the macros' code calls. Not for use by hand: it changes with the macros.

use crate::{Dialect, Model};

pub use diesel;

/// The SQL that creates a model's table.
#[must_use]
pub fn create_table_sql<M: Model>(dialect: Dialect) -> Option<String> {
    let (_, statements) = M::CREATE_TABLE_SQL.iter().find(|(one, _)| *one == dialect)?;
    Some(statements.iter().map(|statement| format!("{statement};\n")).collect())
}

/// Fails to compile where a model is not in the module in which the build step saw it.
///
/// # Panics
/// At compile time, where it is elsewhere.
pub const fn assert_same_module(here: &str, seen: &str) {
    assert!(
        same_path(here, seen),
        "the build step did not see this model: it saw one like it in another module, and this one is made by a macro"
    );
}

/// Fails to compile where a model is not what the build step saw.
///
/// # Panics
/// At compile time, where they differ.
pub const fn assert_same_model(compiled: &str, seen: &str) {
    assert!(same(compiled, seen), "this model was not compiled as the build step saw it: build again");
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether two paths are one: the compiler writes a name that is a keyword with `r#` before it.
const fn same_path(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (mut at, mut there) = (0, 0);
    loop {
        (at, there) = (after_raw(a, at), after_raw(b, there));
        if at == a.len() || there == b.len() {
            return at == a.len() && there == b.len();
        }
        if a[at] != b[there] {
            return false;
        }
        (at, there) = (at + 1, there + 1);
    }
}

/// Where a path goes on, behind an `r#`.
const fn after_raw(path: &[u8], at: usize) -> usize {
    if at + 1 < path.len() && path[at] == b'r' && path[at + 1] == b'#' { at + 2 } else { at }
}

/// Fails to compile where Diesel cannot read a column of a type into a field of a type.
#[doc(hidden)]
#[macro_export]
macro_rules! __assert_fits {
    ($backend:ty: $([$ty:ty => $sql:ty])*) => {
        const _: fn() = || {
            fn fits<T, ST>()
            where
                T: $crate::__private::diesel::deserialize::FromSqlRow<ST, $backend>,
            {
            }
            $(fits::<$ty, $sql>();)*
        };
    };
}

// Each database's macros do nothing where it is not compiled in. They cannot be made by a macro:
// one that is could not be named by its path.

#[doc(hidden)]
#[macro_export]
#[cfg(feature = "postgres")]
macro_rules! __assert_fits_postgres {
    ($($all:tt)*) => { $crate::__assert_fits! { $crate::__private::diesel::pg::Pg: $($all)* } };
}

#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "postgres"))]
macro_rules! __assert_fits_postgres {
    ($($all:tt)*) => {};
}

#[doc(hidden)]
#[macro_export]
#[cfg(feature = "sqlite")]
macro_rules! __assert_fits_sqlite {
    ($($all:tt)*) => { $crate::__assert_fits! { $crate::__private::diesel::sqlite::Sqlite: $($all)* } };
}

#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "sqlite"))]
macro_rules! __assert_fits_sqlite {
    ($($all:tt)*) => {};
}

#[doc(hidden)]
#[macro_export]
#[cfg(feature = "mysql")]
macro_rules! __assert_fits_mysql {
    ($($all:tt)*) => { $crate::__assert_fits! { $crate::__private::diesel::mysql::Mysql: $($all)* } };
}

#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "mysql"))]
macro_rules! __assert_fits_mysql {
    ($($all:tt)*) => {};
}

#[doc(hidden)]
#[macro_export]
#[cfg(feature = "postgres")]
macro_rules! __embedded_for_postgres {
    ($pack:literal) => {
        ::core::option::Option::Some($pack)
    };
}

#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "postgres"))]
macro_rules! __embedded_for_postgres {
    ($($all:tt)*) => {
        ::core::option::Option::None
    };
}

#[doc(hidden)]
#[macro_export]
#[cfg(feature = "sqlite")]
macro_rules! __embedded_for_sqlite {
    ($pack:literal) => {
        ::core::option::Option::Some($pack)
    };
}

#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "sqlite"))]
macro_rules! __embedded_for_sqlite {
    ($($all:tt)*) => {
        ::core::option::Option::None
    };
}

#[doc(hidden)]
#[macro_export]
#[cfg(feature = "mysql")]
macro_rules! __embedded_for_mysql {
    ($pack:literal) => {
        ::core::option::Option::Some($pack)
    };
}

#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "mysql"))]
macro_rules! __embedded_for_mysql {
    ($($all:tt)*) => {
        ::core::option::Option::None
    };
}

/// Fails to compile where an `async` test has no runtime to run on.
#[doc(hidden)]
#[macro_export]
#[cfg(all(feature = "test", feature = "async"))]
macro_rules! __needs_async {
    () => {};
}

#[doc(hidden)]
#[macro_export]
#[cfg(all(feature = "test", not(feature = "async")))]
macro_rules! __needs_async {
    () => {
        ::core::compile_error!("an `async` test needs the feature `async` of `fenrir-migrate`");
    };
}
