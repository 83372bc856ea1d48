//! Collations, which have another name in each database.

use fenrir_schema::Dialect;

use crate::package::{TestPackage, refused, refused_by};

fn model(fields: &str) -> String {
    format!("#[derive(Table)]\nstruct Page {{\n    id: i32,\n    {fields}\n}}\n")
}

#[test]
fn each_database_has_its_own() {
    let fields = "#[column(max_length = 9, collate(postgres = \"auth.\\\"C.utf8\\\"\", sqlite = \"nocase\", mysql = \
                  \"utf8mb4_bin\"))]\n    name: String,";
    let models = TestPackage::lib(&model(fields)).dialects(&Dialect::ALL).read();
    assert_eq!(models.problems(), []);
    let sql = &models.lowered.facts[0].create_sql;
    for (dialect, wanted) in [
        (Dialect::Postgres, "name varchar(9) COLLATE auth.\"C.utf8\" NOT NULL"),
        (Dialect::Sqlite, "name VARCHAR(9) COLLATE nocase NOT NULL"),
        (Dialect::Mysql, "name varchar(9) COLLATE utf8mb4_bin NOT NULL"),
    ] {
        let sql = sql[&dialect].concat();
        assert!(sql.contains(wanted), "{sql}");
    }
}

#[test]
fn one_name_is_for_one_database() {
    let source = model("#[column(collate = §\"C\")]\n    name: String,");
    refused(
        &source,
        &["a collation has another name in each database, and `fenrir.toml` names several: write \
           `collate(postgres = \"…\", sqlite = \"…\")`, where one that is left out has its default"],
    );
    refused_by(&[Dialect::Postgres], &source.replace('§', ""), &[]);
    // One that is left out has its default.
    refused(&model("#[column(collate(postgres = \"C\"))]\n    name: String,"), &[]);
    refused(
        &model("#[column(collate(§mysql = \"utf8mb4_bin\"))]\n    name: String,"),
        &[
            "`fenrir.toml` does not name MySQL/MariaDB among the project's databases, which are `postgres` and `sqlite`",
        ],
    );
}

#[test]
fn only_texts_have_one() {
    refused(
        &model("#[column(§collate(postgres = \"C\"))]\n    n: i32,"),
        &["`collate` is for text, and this column is Integer"],
    );
    refused(
        &(model("#[column(§collate(sqlite = \"NOCASE\"))]\n    way: Way,")
            + "#[derive(DbEnum)]\nenum Way { Up, Down }\n"),
        &["`collate` is for text, and this column is the enum `way`"],
    );
    for field in [
        "#[column(collate = \"C\", sql_type = Citext)]\n    name: String,",
        "#[column(collate = \"C\", sql_type = Text, type_name = \"email_address\")]\n    name: String,",
        "#[column(collate = \"C\", generated = \"lower('A')\", stored)]\n    name: Option<String>,",
    ] {
        refused_by(&[Dialect::Postgres], &model(field), &[]);
    }
}

#[test]
fn what_a_database_has_not() {
    refused(
        &model("#[column(collate(sqlite = §\"C\"))]\n    name: String,"),
        &["SQLite has the collations `BINARY`, `NOCASE` and `RTRIM`, and no `C`"],
    );
    refused_by(
        &[Dialect::Mysql],
        &model("#[column(collate = §\"latin1_bin\")]\n    name: String,"),
        &[
            "this table is in utf8mb4 in MySQL/MariaDB, which has no collation `latin1_bin`: there are `utf8mb4_bin` and \
             others whose names begin so",
        ],
    );
}

#[test]
fn a_collation_is_one_of_its_tables_character_set() {
    let latin = |collate: &str| {
        format!(
            "#[derive(Table)]\n#[table(mysql(charset = \"latin1\"))]\nstruct Page {{\n    id: i32,\n    \
             #[column(max_length = 9, collate = {collate})]\n    name: String,\n}}\n"
        )
    };
    refused_by(&[Dialect::Mysql], &latin("\"latin1_bin\""), &[]);
    refused_by(
        &[Dialect::Mysql],
        &latin("§\"utf8mb4_bin\""),
        &[
            "this table is in latin1 in MySQL/MariaDB, which has no collation `utf8mb4_bin`: there are `latin1_bin` and \
           others whose names begin so",
        ],
    );
}

#[test]
fn both_ends_of_a_foreign_key_have_one_in_mysql() {
    let models = |collate: &str| {
        model("#[column(max_length = 9, unique, collate = \"utf8mb4_bin\")]\n    name: String,")
            + &format!(
                "#[derive(Table)]\nstruct Note {{\n    id: i32,\n    #[column(max_length = 9, §references = Page(name){collate})]\n    \
                 page: String,\n}}\n"
            )
    };
    refused_by(
        &[Dialect::Mysql],
        &models(""),
        &[
            "to MySQL/MariaDB both ends of a foreign key have one collation, and `page` has another than `pages.name`",
        ],
    );
    refused_by(&[Dialect::Mysql], &models(", collate = \"utf8mb4_bin\"").replace('§', ""), &[]);
}
