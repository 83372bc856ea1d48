//! Everything that can be wrong with models once they are put together, and where it is said.

use fenrir_schema::Dialect;

use crate::package::{refused, refused_by};

/// A model with one more column, which may hold a `§`.
fn column(attributes: &str, ty: &str) -> String {
    format!("#[derive(Table)]\nstruct Page {{\n    id: i32,\n    {attributes} a: {ty},\n}}\n")
}

#[test]
fn a_type_that_no_column_has() {
    const TWO_WORDS: &str = "what SQL type this is cannot be told; say it with `#[column(sql_type = …)]`, and for one \
                             of your own `type_name = \"…\"`";
    const NOT_READ: &str = "Diesel reads no column into this type; use `String`";
    for (ty, message) in [
        ("usize", "no database has integers of this size; use `i32` or `i64`"),
        ("char", NOT_READ),
        ("Vec<Vec<String>>", "Diesel's arrays have one dimension"),
        ("Vec<Option<Option<String>>>", "a column is nullable or it is not: one `Option` is enough"),
        (
            "Vec<(Bound<i32>, Bound<i32>)>",
            "say which of the two this is, with `sql_type = Multirange<…>` or `sql_type = Array<Range<…>>`",
        ),
        ("Range<i32>", "Diesel reads a range as `(Bound<T>, Bound<T>)`"),
        (
            "(Bound<String>, Bound<String>)",
            "there are ranges of `i32`, `i64`, `BigDecimal`, `NaiveDate`, `NaiveDateTime` and `DateTime<Utc>`",
        ),
        ("(Bound<i32>, Bound<i64>)", "a column's type is named by a path, such as `String` or `Option<i32>`"),
        ("Option<Option<i32>>", "a column is nullable or it is not: one `Option` is enough"),
        ("DateTime<Local>", "a moment is read as `DateTime<Utc>`"),
        ("Box<str>", "Diesel reads no column into this type; use `String` or `Vec<u8>`"),
        ("HashMap<String, String>", TWO_WORDS),
        ("(i32, i32)", "a column's type is named by a path, such as `String` or `Option<i32>`"),
        ("[u8; 4]", "a column's type is named by a path, such as `String` or `Option<i32>`"),
        (
            "money::Amount",
            "what SQL type `money::Amount` is cannot be told: it is no type of Diesel's and not defined in this \
             package; say it with `#[column(sql_type = …)]`, and for one of your own `type_name = \"…\"`",
        ),
    ] {
        refused(&column("", &format!("§{ty}")), &[message]);
    }
}

#[test]
fn a_type_that_one_database_has_not() {
    const UUID: &str = "SQLite has no type for Uuid, and `fenrir.toml` names it among the project's databases; \
                        all of them hold `String` with `max_length = 36`";
    refused(&column("", "§Uuid"), &[UUID]);
    refused(&column("", "§Option<Uuid>"), &[UUID]);
    refused(&column("#[column(sql_type = §Uuid)]", "String"), &[UUID]);
    refused_by(&[Dialect::Postgres], &column("", "Uuid"), &[]);
    refused(
        &column("", "§DateTime<Utc>"),
        &["Diesel has no one type for Timestamptz on all of the project's databases; all of them hold \
           `NaiveDateTime`, in UTC"],
    );
    refused_by(&[Dialect::Sqlite], &column("", "DateTime<Utc>"), &[]);
}

/// Each names what all of the project's databases have.
#[test]
fn a_type_of_one_database_only() {
    for (ty, shown, portable) in [
        ("i8", "TinyInt", "`i16`"),
        ("u16", "Unsigned<SmallInt>", "`i32`"),
        ("u64", "Unsigned<BigInt>", "`i64`"),
    ] {
        refused(
            &column("", &format!("§{ty}")),
            &[&format!(
                "PostgreSQL and SQLite have no type for {shown}, and `fenrir.toml` names them among the project's \
                 databases; all of them hold {portable}"
            )],
        );
        refused_by(&[Dialect::Mysql], &column("", ty), &[]);
    }
    for (attributes, ty, shown, portable) in [
        ("", "§Vec<String>", "Array<Text>", "`Json`, as a `serde_json::Value`"),
        ("", "§Vec<Option<Uuid>>", "Array<Uuid>", "`Json`, as a `serde_json::Value`"),
        ("", "§(Bound<i32>, Bound<i32>)", "Range<Integer>", "its two ends, in a column each"),
        ("", "§Option<Duration>", "Interval", "`i64`, in seconds"),
        ("", "§IpNetwork", "Inet", "`String`"),
        ("", "§[u8; 6]", "MacAddr", "`String`"),
        ("", "§PgMoney", "Money", "`i64`, in cents"),
        ("#[column(sql_type = §Oid)]", "u32", "Oid", "`i64`"),
        ("#[column(sql_type = §Citext)]", "String", "Citext", "`String`"),
        (
            "#[column(sql_type = §Multirange<Date>)]",
            "Vec<(Bound<NaiveDate>, Bound<NaiveDate>)>",
            "Multirange<Date>",
            "`Json`, as a `serde_json::Value`",
        ),
    ] {
        refused(
            &column(attributes, ty),
            &[&format!(
                "SQLite has no type for {shown}, and `fenrir.toml` names it among the project's databases; all of them \
                 hold {portable}"
            )],
        );
        refused_by(&[Dialect::Postgres], &column(attributes, ty).replace('§', ""), &[]);
    }
}

#[test]
fn a_type_of_ones_own() {
    let point = "#[column(sql_type = crate::types::Point, type_name = \"point\")]";
    for dialects in [&[Dialect::Postgres][..], &[Dialect::Sqlite, Dialect::Mysql]] {
        refused_by(dialects, &column(point, "geo::Point"), &[]);
    }
    let ltree = "#[column(sql_type = crate::Ltree, type_name = \"ltree\", extension = §\"ltree\")]";
    refused(&column(ltree, "Path").replace('§', ""), &[]);
    refused_by(
        &[Dialect::Sqlite, Dialect::Mysql],
        &column(ltree, "Path"),
        &["only PostgreSQL has extensions, and `fenrir.toml` does not name it among the project's databases"],
    );
    refused(
        &column("#[column(sql_type = crate::Point, type_name = \"point\", default = §\"(0,0)\")]", "Point"),
        &["the default of this column must be an expression, `sql(\"…\")`: it is the custom type `point`"],
    );
    refused(
        &column("#[column(sql_type = crate::Point, type_name = \"point\", max_length = §9)]", "Point"),
        &["`max_length` is for text, and this column is the custom type `point`"],
    );
}

#[test]
fn a_length_on_another_type() {
    refused(
        &column("#[column(§max_length = 9)]", "i32").replace("§max_length = 9", "max_length = §9"),
        &["`max_length` is for text, and this column is Integer"],
    );
    refused(
        &column("#[column(precision = §9, scale = §2)]", "f64"),
        &[
            "`precision` is for Numeric, and this column is Double",
            "`scale` is for Numeric, and this column is Double",
        ],
    );
    refused(&column("#[column(scale = §2)]", "BigDecimal"), &["`scale` needs `precision` beside it"]);
    refused(&column("#[column(precision = 9, scale = 2)]", "BigDecimal"), &[]);
}

#[test]
fn a_default_of_another_type() {
    for (ty, default, message) in [
        ("bool", "0", "the default of this column must be `true` or `false`: it is Bool"),
        ("i32", "\"0\"", "the default of this column must be a whole number: it is Integer"),
        ("i32", "0.5", "the default of this column must be a whole number: it is Integer"),
        ("i16", "32768", "the default is out of range: SmallInt goes from -32768 to 32767"),
        ("i32", "-2147483649", "the default is out of range: Integer goes from -2147483648 to 2147483647"),
        (
            "i64",
            "9223372036854775808",
            "the default is out of range: BigInt goes from -9223372036854775808 to 9223372036854775807",
        ),
        ("f64", "\"0\"", "the default of this column must be a number: it is Double"),
        ("String", "0", "the default of this column must be a text: it is Text"),
        ("NaiveDate", "0", "the default of this column must be a text: it is Date"),
        ("Vec<u8>", "\"\"", "the default of this column must be an expression, `sql(\"…\")`: it is Binary"),
        ("Value", "\"{\"", "the default is not JSON: EOF while parsing an object at line 1 column 1"),
        (
            "State",
            "\"on\"",
            "the default of this column must be one of \"active\", \"paused\": it is the enum `state`",
        ),
        (
            "State",
            "1",
            "the default of this column must be one of \"active\", \"paused\": it is the enum `state`",
        ),
    ] {
        let state = "#[derive(DbEnum)] enum State { Active, Paused }\n";
        let source = column(&format!("#[column(default = §{default})]"), ty) + state;
        // The place of a number is that of its digits.
        refused(&source.replace("§-", "-§"), &[message]);
    }
    refused(
        &column("#[column(max_length = 3, default = §\"four\")]", "String"),
        &["the default has 4 characters, and the column takes 3"],
    );
    refused(&column("#[column(default = \"{}\")]", "Value"), &[]);
    for (ty, default, message) in [
        (
            "Duration",
            "5",
            "the default of this column must be a span of time, such as \"1 day 02:00\" or \"P1DT2H\": it is Interval",
        ),
        (
            "IpNet",
            "\"10.1.9\"",
            "the default of this column must be an address, such as \"10.1.9.32\" or \"10.1.9.32/24\": it is Inet",
        ),
        (
            "Vec<String>",
            "\"a\"",
            "the default of this column must be an array, such as \"{}\" or \"{a,\\\"b c\\\"}\": it is Array<Text>",
        ),
        (
            "Vec<i16>",
            "\"{1,70000}\"",
            "`70000` in this default: the default is out of range: SmallInt goes from -32768 to 32767",
        ),
        (
            "Vec<Option<State>>",
            "\"{active,on}\"",
            "`on` in this default: the default of this column must be one of \"active\", \"paused\": it is the enum `state`",
        ),
        (
            "(Bound<i32>, Bound<i32>)",
            "\"1..5\"",
            "the default of this column must be a range, such as \"empty\" or \"[a,b)\": it is Range<Integer>",
        ),
    ] {
        let state = "#[derive(DbEnum)] enum State { Active, Paused }\n";
        let source = column(&format!("#[column(default = §{default})]"), ty) + state;
        refused_by(&[Dialect::Postgres], &source, &[message]);
    }
    for (ty, default, message) in [
        ("i8", "128", "the default is out of range: TinyInt goes from -128 to 127"),
        ("u8", "-1", "the default is out of range: Unsigned<TinyInt> goes from 0 to 255"),
        (
            "u64",
            "18446744073709551616",
            "the default is out of range: Unsigned<BigInt> goes from 0 to 18446744073709551615",
        ),
        ("u32", "\"0\"", "the default of this column must be a whole number: it is Unsigned<Integer>"),
    ] {
        let source = column(&format!("#[column(default = §{default})]"), ty);
        refused_by(&[Dialect::Mysql], &source.replace("§-", "-§"), &[message]);
    }
    refused(&column("#[column(default = sql(\"now()\"))]", "i32"), &[]);
}

#[test]
fn a_generated_column_that_cannot_be() {
    refused(
        &column("#[column(§auto_increment)]", "String"),
        &["only integers are generated, and this column is Text"],
    );
    refused_by(
        &[Dialect::Postgres],
        &column("#[column(§auto_increment)]", "Option<i32>"),
        &["a column with `auto_increment` is never NULL: no `Option` here"],
    );
    refused_by(
        &[Dialect::Postgres],
        &column("#[column(§auto_increment, default = 1)]", "i32"),
        &["a column with `auto_increment` has no default"],
    );
    const ALONE: &str = "SQLite generates only a column that alone is the primary key";
    refused(&column("#[column(auto_increment = §serial)]", "i32"), &[ALONE]);
    refused(
        "#[derive(Table)]\n#[table(primary_key(a, b))]\nstruct Page {\n    #[column(§auto_increment)] a: i32,\n    \
         b: i32,\n}\n",
        &[ALONE],
    );
    refused_by(&[Dialect::Postgres], &column("#[column(auto_increment = serial)]", "i32"), &[]);
}

#[test]
fn a_primary_key_that_is_null_by_an_alias() {
    refused(
        "type Code = Option<String>;\n#[derive(Table)]\nstruct Page {\n    id: §Code,\n}\n",
        &["a column of the primary key cannot be NULL, and this alias is an `Option`"],
    );
}

/// A model `Page`, and one that points at it by this field.
fn pointing(attributes: &str, ty: &str) -> String {
    format!(
        "#[derive(Table)]\nstruct Page {{\n    id: i32,\n    name: String,\n    #[column(unique)] code: i64,\n}}\n\
         #[derive(Table)]\nstruct Link {{\n    id: i32,\n    #[column({attributes})] page: {ty},\n}}\n"
    )
}

#[test]
fn a_foreign_key_that_points_at_nothing() {
    refused(
        &pointing("references = §Pages", "i32"),
        &["there is no model `Pages` in this package; there are `Page` and `Link`"],
    );
    refused(
        &pointing("references = other::§Page", "i32"),
        &["there is no model `other::Page` in this package; there are `Page` and `Link`"],
    );
    refused(
        &pointing("references = Page(§title)", "i32"),
        &["`Page` has no field `title`; there are `id`, `name` and `code`"],
    );
    refused(
        &pointing("references = §Page(name)", "String"),
        &["`name` of `Page` is neither its primary key nor unique, so nothing can point at it"],
    );
    refused(&pointing("references = Page(code)", "i64"), &[]);
}

#[test]
fn a_foreign_key_of_another_type() {
    refused(
        &pointing("references = Page", "§i64"),
        &["this field is BigInt, and `Page.id`, which it points at, is Integer"],
    );
    refused(
        &pointing("references = Page(code)", "§Option<String>"),
        &["this field is Text, and `Page.code`, which it points at, is BigInt"],
    );
    // What is wrong with the type is said once.
    refused(
        &pointing("references = Page", "§u32"),
        &[
            "PostgreSQL and SQLite have no type for Unsigned<Integer>, and `fenrir.toml` names them among the project's \
             databases; all of them hold `i64`",
        ],
    );
}

#[test]
fn set_null_where_there_is_no_null() {
    const MESSAGE: &str = "`set_null` needs a field that can be NULL: `page` is no `Option`";
    refused(&pointing("references = Page, on_delete = §set_null", "i32"), &[MESSAGE]);
    refused(&pointing("references = Page, on_update = §set_null", "i32"), &[MESSAGE]);
    refused(&pointing("references = Page, on_delete = set_null", "Option<i32>"), &[]);
}

#[test]
fn set_default_where_there_is_no_default() {
    const MESSAGE: &str =
        "`set_default` needs a field with a default, or one that can be NULL: `page` has neither";
    refused(&pointing("references = Page, on_delete = §set_default", "i32"), &[MESSAGE]);
    refused(&pointing("references = Page, on_delete = set_default, default = 1", "i32"), &[]);
    refused(&pointing("references = Page, on_delete = set_default", "Option<i32>"), &[]);
}

#[test]
fn a_foreign_key_of_another_number_of_columns() {
    let pair = "#[derive(Table)]\n#[table(primary_key(a, b))]\nstruct Pair {\n    a: i32,\n    b: i32,\n}\n";
    let link = |attribute: &str| {
        format!(
            "{pair}#[derive(Table)]\n#[table({attribute})]\nstruct Link {{\n    id: i32,\n    a: i32,\n    b: i32,\n}}\n"
        )
    };
    refused(
        &link("foreign_key(columns(a), references = §Pair)"),
        &["1 field points at 2 fields of `Pair`: say which with `references = Pair(…)`"],
    );
    refused(
        &link("foreign_key(columns(a, b), references = §Pair(a))"),
        &["2 fields point at 1 field of `Pair`: say which with `references = Pair(…)`"],
    );
    refused(
        &link("foreign_key(columns(a), references = §Pair(a))"),
        &["`a` of `Pair` is neither its primary key nor unique, so nothing can point at it"],
    );
    refused(&link("foreign_key(columns(a, b), references = Pair)"), &[]);
}

#[test]
fn a_path_that_means_two_things() {
    let two = "mod a {\n    #[derive(Table)]\n    #[table(name = \"a_page\")]\n    pub struct Page {\n        id: i32,\n    }\n}\n\
               mod b {\n    #[derive(Table)]\n    #[table(name = \"b_page\")]\n    pub struct Page {\n        id: i32,\n    }\n}\n";
    let link = |path: &str| {
        format!(
            "{two}#[derive(Table)]\nstruct Link {{\n    id: i32,\n    #[column(references = {path})] page: i32,\n}}\n"
        )
    };
    refused(&link("§Page"), &["`Page` could be `crate::a::Page` or `crate::b::Page`: write its path"]);
    refused(&link("a::Page"), &[]);
    refused(&link("crate::b::Page"), &[]);
    refused(&link("self::b::Page"), &[]);
}

#[test]
fn a_model_of_tests_is_nothing_to_point_at() {
    refused(
        "#[cfg(test)]\n#[derive(Table)]\nstruct Page {\n    id: i32,\n}\n\
         #[derive(Table)]\nstruct Link {\n    id: i32,\n    #[column(references = §Page)] page: i32,\n}\n",
        &["`Page` is a model of tests only"],
    );
}

#[test]
fn two_tables_of_one_name() {
    refused(
        "#[derive(Table)]\n#[diesel(table_name = page)]\nstruct A {\n    id: i32,\n}\n\
         #[derive(Table)]\n#[diesel(table_name = §page)]\nstruct B {\n    id: i32,\n}\n",
        &["`page` would be the name of the table `page` of `B` and of the table `page` of `A`"],
    );
}

#[test]
fn names_that_differ_in_case_only() {
    let source = "#[derive(Table)]\n#[table(name = \"page\")]\nstruct A {\n    id: i32,\n}\n\
                  #[derive(Table)]\n#[table(name = §\"Page\")]\nstruct B {\n    id: i32,\n}\n";
    let message = "`Page` would be the name of the table `Page` of `B` and of the table `page` of `A`";
    refused_by(&[Dialect::Sqlite], source, &[message]);
    refused_by(&[Dialect::Postgres], &source.replace('§', ""), &[]);
}

#[test]
fn two_indexes_of_one_name() {
    const TWICE: &str = "two indexes would be called `pages_a_idx`: give one of them a name of its own, with \
                         `name = \"…\"`";
    refused(
        "#[derive(Table)]\n#[table(§index(columns(a)))]\nstruct Page {\n    id: i32,\n    #[column(index)] a: i32,\n}\n",
        &[TWICE],
    );
    refused(
        "#[derive(Table)]\n#[table(name = \"a\", index(columns(n), name = \"by_n\"))]\nstruct A {\n    id: i32,\n    n: i32,\n}\n\
         #[derive(Table)]\n#[table(name = \"b\", index(columns(n), name = §\"by_n\"))]\nstruct B {\n    id: i32,\n    n: i32,\n}\n",
        &["`by_n` would be the name of the index of table `b` and of the index of table `a`"],
    );
    refused(
        "#[derive(Table)]\n#[table(name = \"a\", index(columns(n), name = §\"b\"))]\nstruct A {\n    id: i32,\n    n: i32,\n}\n\
         #[derive(Table)]\n#[table(name = \"b\")]\nstruct B {\n    id: i32,\n}\n",
        &["`b` would be the name of the index of table `a` and of the table `b` of `B`"],
    );
}

#[test]
fn two_constraints_of_one_name() {
    refused(
        "#[derive(Table)]\n#[table(check(name = \"c\", expr = \"a > 0\"), §check(name = \"c\", expr = \"a > 1\"))]\n\
         struct Page {\n    id: i32,\n    a: i32,\n}\n",
        &["two checks would be called `c`: give one of them a name of its own, with `name = \"…\"`"],
    );
    refused(
        "#[derive(Table)]\n#[table(unique(columns(a)), §unique(columns(a)))]\nstruct Page {\n    id: i32,\n    a: i32,\n}\n",
        &[
            "two unique constraints would be called `pages_a_key`: give one of them a name of its own, with `name = \"…\"`",
        ],
    );
    refused(
        "#[derive(Table)]\n#[table(§foreign_key(columns(a), references = Page))]\nstruct Page {\n    id: i32,\n    \
         #[column(references = Page)] a: i32,\n}\n",
        &[
            "two foreign keys would be called `pages_a_fkey`: give one of them a name of its own, with `name = \"…\"`",
        ],
    );
    refused(
        "#[derive(Table)]\n#[table(unique(columns(a), name = \"c\"), check(name = §\"c\", expr = \"a > 0\"))]\n\
         struct Page {\n    id: i32,\n    a: i32,\n}\n",
        &["`c` would be the name of a unique constraint and of a check of `pages`"],
    );
}

#[test]
fn two_enums_of_one_name() {
    refused(
        "#[derive(DbEnum)]\n#[db_enum(name = \"state\")]\nenum A { X }\n\
         #[derive(DbEnum)]\n#[db_enum(name = §\"state\")]\nenum B { Y }\n\
         #[derive(Table)]\nstruct Page {\n    id: i32,\n    a: A,\n    b: B,\n}\n",
        &["`state` is the name of enum `A` too"],
    );
    // An enum that no column has is nowhere.
    refused(
        "#[derive(DbEnum)]\n#[db_enum(name = \"state\")]\nenum A { X }\n\
         #[derive(DbEnum)]\n#[db_enum(name = \"state\")]\nenum B { Y }\n\
         #[derive(Table)]\nstruct Page {\n    id: i32,\n    a: A,\n}\n",
        &[],
    );
}

#[test]
fn an_enum_named_like_a_table() {
    refused(
        "#[derive(DbEnum)]\nenum §Page { X }\n\
         #[derive(Table)]\n#[table(name = \"page\")]\nstruct Pages {\n    id: i32,\n    a: Page,\n}\n",
        &["`page` is the name of table `page` of `Pages` too"],
    );
}

#[test]
fn two_unique_constraints_of_the_same_columns() {
    refused(
        "#[derive(Table)]\n#[table(§unique(columns(a), name = \"other\"))]\nstruct Page {\n    id: i32,\n    #[column(unique)]\n    a: i32,\n}\n",
        &["the unique constraint `pages_a_key` has these columns already"],
    );
}

#[test]
fn a_unique_constraint_on_the_primary_key() {
    refused(
        "#[derive(Table)]\n#[table(primary_key(a, b), §unique(columns(a, b)))]\nstruct Page {\n    a: i32,\n    b: i32,\n}\n",
        &["the primary key is unique already"],
    );
}

#[test]
fn mistakes_within_a_model_have_their_places() {
    refused(
        "#[derive(Table)]\nstruct Page {\n    id: i32,\n    #[column(§uniqe)]\n    name: String,\n}\n\
         #[derive(DbEnum)]\nenum §State {}\n",
        &[
            "unknown key `uniqe`; `#[column(…)]` takes `name`, `sql_type`, `type_name`, `extension`, `max_length`, `precision`, `scale`, \
             `default`, `primary_key`, `nullable`, `auto_increment`, `unique`, `index`, `check`, `references`, `on_delete`, \
             `on_update`, `deferrable`, `initially_deferred`, `dialects`, `backfill`, `using`, `generated`, `stored`, `virtual`, `collate`, `renamed_from` and `comment`",
            "an enum in a database has at least one value",
        ],
    );
}

#[test]
fn all_at_once() {
    refused(
        "#[derive(Table)]\nstruct Page {\n    id: i32,\n    a: §u8,\n    #[column(default = §\"x\")]\n    b: i32,\n    \
         #[column(references = §User)]\n    c: i32,\n}\n",
        &[
            "PostgreSQL and SQLite have no type for Unsigned<TinyInt>, and `fenrir.toml` names them among the project's \
             databases; all of them hold `i16`",
            "the default of this column must be a whole number: it is Integer",
            "there is no model `User` in this package; there is `Page`",
        ],
    );
}

#[test]
fn a_schema_that_is_not_to_be_had() {
    let of = |schema: &str, mark: &str| {
        format!("#[derive(Table)]\n#[table(schema = {schema})]\nstruct {mark}Page {{\n    id: i32,\n}}\n")
    };
    refused_by(&[Dialect::Postgres], &of("\"auth\"", ""), &[]);
    for name in ["pg_temp", "information_schema"] {
        let message = format!("the schema `{name}` is kept for PostgreSQL's own use");
        refused_by(&[Dialect::Postgres], &of(&format!("§\"{name}\""), ""), &[&message]);
    }
    for (dialect, title) in [(Dialect::Sqlite, "SQLite"), (Dialect::Mysql, "MySQL/MariaDB")] {
        let message = format!(
            "{title} has no schemas to put `pages` into, as `auth`: leave `schema` out, and give the table a `name` that \
             says where it belongs"
        );
        refused_by(&[dialect], &of("\"auth\"", "§"), &[&message]);
    }
}

#[test]
fn a_text_that_a_tables_character_set_has_not() {
    let of = |field: &str, mark: &str| {
        format!(
            "#[derive(Table)]\n#[table(mysql(charset = \"latin1\"))]\nstruct Page {{\n    id: i32,\n    {field} {mark}mood: Mood,\n}}\n\
             #[derive(DbEnum)]\nenum Mood {{\n    #[db_enum(rename = \"日\")]\n    Good,\n}}\n"
        )
    };
    let refused =
        "the character set `latin1` has not every character of \"日\": leave `charset` out, for utf8mb4";
    refused_by(&[Dialect::Mysql], &of("", "").replace("mood: Mood", "mood: §Mood"), &[refused]);
    refused_by(&[Dialect::Mysql], &of("", "").replace("\"latin1\"", "\"utf8mb3\""), &[]);
}

#[test]
fn an_index_of_a_virtual_column_that_an_engine_has_not() {
    let of = |mark: &str, kind: &str| {
        format!(
            "#[derive(Table)]\n#[table(mysql(engine = \"aria\"))]\nstruct Page {{\n    id: i32,\n    n: i32,\n    \
             #[column(generated = \"n * 2\", {kind}, {mark}index)]\n    g: Option<i32>,\n}}\n"
        )
    };
    let message = "only InnoDB has indexes of virtual columns, as `g` is, and this table is of the engine `aria`: write \
                   `stored`";
    refused_by(&[Dialect::Mysql], &of("§", "virtual"), &[message]);
    refused_by(&[Dialect::Mysql], &of("", "stored"), &[]);
}
