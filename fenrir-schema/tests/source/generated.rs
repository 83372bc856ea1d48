//! What a generated column cannot be, in one database or another, and where it is said.

use fenrir_schema::Dialect;

use crate::package::{TestPackage, refused, refused_by};

fn model(fields: &str) -> String {
    format!("#[derive(Table)]\nstruct Page {{\n    id: i32,\n    n: i32,\n    {fields}\n}}\n")
}

#[test]
fn a_generated_column_is_part_of_the_schema() {
    let source = model("#[column(generated = \"n * 2\", stored)]\n    double: Option<i32>,");
    for dialects in [&Dialect::ALL[..], &[Dialect::Postgres], &[Dialect::Sqlite], &[Dialect::Mysql]] {
        let models = TestPackage::lib(&source).dialects(dialects).read();
        assert_eq!(models.problems(), []);
        let sql = models.lowered.facts[0].create_sql.values().map(|sql| sql.concat());
        for sql in sql {
            assert!(sql.contains(" GENERATED ALWAYS AS (n * 2) STORED"), "{sql}");
        }
    }
}

#[test]
fn only_some_databases_have_virtual_columns() {
    let source = model("#[column(generated = \"n * 2\", §virtual)]\n    double: Option<i32>,");
    let message = "PostgreSQL before 18 has no virtual columns: write `stored`";
    refused(&source, &[message]);
    refused_by(&[Dialect::Sqlite, Dialect::Mysql], &source.replace('§', ""), &[]);
}

#[test]
fn mariadb_takes_no_not_null_for_it() {
    let source = model("#[column(generated = \"n * 2\", stored)]\n    double: §i32,");
    let message = "MariaDB takes no NOT NULL for a generated column: make it an `Option`";
    refused_by(&[Dialect::Mysql], &source, &[message]);
    refused(&source.replace('§', ""), &[]);
}

#[test]
fn what_it_is_generated_from() {
    refused_by(
        &[Dialect::Mysql],
        &model("#[column(generated = §\"id * 2\", stored)]\n    double: Option<i32>,"),
        &["MySQL/MariaDB generates no column from one that it counts itself, as `id` is"],
    );
    refused_by(
        &[Dialect::Mysql],
        &model(
            "#[column(references = Page, on_delete = set_null)]\n    parent: Option<i32>,\n    \
             #[column(generated = §\"parent * 2\", stored)]\n    double: Option<i32>,",
        ),
        &[
            "MySQL/MariaDB stores nothing that is generated from a column that a foreign key's `set_null`, or `on_update`, \
           can change, as `parent` is: write `virtual`",
        ],
    );
    refused_by(
        &[Dialect::Mysql],
        &model("#[column(generated = §\"n || 'x'\", stored, max_length = 9)]\n    text: Option<String>,"),
        &["to MySQL/MariaDB `||` is OR: join texts with `concat(…)`, or write OR"],
    );
}

#[test]
fn a_foreign_key_cannot_set_it() {
    let key = |actions: &str| {
        model(&format!(
            "#[column(generated = \"n * 2\", stored, references = Page, {actions})]\n    other: Option<i32>,"
        ))
    };
    const DELETE: &str =
        "a generated column takes no value: `on_delete` can be `cascade`, `restrict` or `no_action`";
    const UPDATE: &str = "a generated column takes no value: `on_update` can be `restrict` or `no_action`";
    refused(&key("on_delete = §set_null"), &[DELETE]);
    refused(&key("on_delete = §set_default"), &[DELETE]);
    for action in ["cascade", "set_null", "set_default"] {
        refused(&key(&format!("on_update = §{action}")), &[UPDATE]);
    }
    for action in
        ["on_delete = cascade", "on_delete = restrict", "on_update = restrict", "on_update = no_action"]
    {
        refused(&key(action), &[]);
    }
}

#[test]
fn mysql_has_no_foreign_keys_of_virtual_columns() {
    const MESSAGE: &str = "MySQL has no foreign keys of virtual columns, nor to them: write `stored`";
    refused_by(
        &[Dialect::Mysql],
        &model("#[column(generated = \"n * 2\", §virtual, references = Page)]\n    other: Option<i32>,"),
        &[MESSAGE],
    );
    refused_by(
        &[Dialect::Mysql],
        &(model("#[column(generated = \"n * 2\", §virtual, unique)]\n    double: Option<i32>,")
            + "#[derive(Table)]\nstruct Note {\n    id: i32,\n    #[column(references = Page(double))]\n    page: i32,\n}\n"),
        &[MESSAGE],
    );
}

#[test]
fn it_holds_no_enum() {
    refused(
        &(model(
            "#[column(§generated = \"CASE WHEN n > 0 THEN 'up' ELSE 'down' END\", stored)]\n    way: Option<Way>,",
        ) + "#[derive(DbEnum)]\nenum Way { Up, Down }\n"),
        &["a generated column holds no enum: make it a `String`"],
    );
}
