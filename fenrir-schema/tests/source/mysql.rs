//! What MySQL and MariaDB cannot have is refused in the models of a project that names them.

use fenrir_schema::Dialect;

use crate::package::refused_by;

fn refused(source: &str, messages: &[&str]) {
    for dialects in [&[Dialect::Mysql][..], &[Dialect::Postgres, Dialect::Mysql]] {
        refused_by(dialects, source, messages);
    }
    // Each of them is fine without.
    refused_by(&[Dialect::Postgres], &source.replace('§', ""), &[]);
}

fn model(attributes: &str, fields: &str) -> String {
    format!("#[derive(Table)]\n{attributes}\nstruct Page {{\n    id: i32,\n    {fields}\n}}\n")
}

#[test]
fn types_that_it_has_not() {
    for (field, message) in [
        (
            "x: §Uuid",
            "has no type for Uuid, and `fenrir.toml` names it among the project's databases; all of them hold `String` with `max_length = 36`",
        ),
        (
            "x: §DateTime<Utc>",
            "has no type for Timestamptz, and `fenrir.toml` names it among the project's databases; all of them hold `NaiveDateTime`, in UTC",
        ),
        (
            "#[column(sql_type = §Jsonb)] x: Value",
            "has no type for Jsonb, and `fenrir.toml` names it among the project's databases; all of them hold `Json`",
        ),
        (
            "x: §BigDecimal",
            "would keep nothing after the point of this number: say how much with `precision` and `scale`",
        ),
    ] {
        refused(&model("", field), &[&format!("MySQL/MariaDB {message}")]);
    }
}

#[test]
fn a_text_in_an_index_needs_a_length() {
    let length = "MySQL/MariaDB indexes no text of any length, and the unique constraint `pages_name_key` has this \
                  column: give it a `max_length`";
    refused(&model("", "#[column(unique, index)] name: §String"), &[length]);
    refused(&model("", "#[column(unique, max_length = 96)] name: String"), &[]);
    refused(
        &model("", "#[column(max_length = 769, §index)] name: String"),
        &[
            "the index `pages_name_idx` can have 3076 bytes (4 for each character), and MySQL/MariaDB indexes 3072: give \
           its columns a smaller `max_length`",
        ],
    );
    refused(
        &model("", "#[column(index)] name: §Vec<u8>"),
        &["MySQL/MariaDB indexes no Binary, and the index `pages_name_idx` has this column"],
    );
}

#[test]
fn parts_of_a_table_that_it_has_not() {
    for (attributes, message) in [
        (
            "#[table(§index(columns(n), where = \"n > 0\"))]",
            "MySQL/MariaDB has no indexes of some rows only: leave `where` out, for an index of all of them",
        ),
        ("#[table(§index(expr = \"n + 1\"))]", "MariaDB has no indexes of expressions: index a column"),
        (
            "#[table(§foreign_key(columns(n), references = Page, initially_deferred))]",
            "MySQL/MariaDB checks a foreign key at once: leave `deferrable` and `initially_deferred` out",
        ),
        (
            "#[table(check(name = §\"k\", expr = \"id > n\"))]",
            "MySQL/MariaDB has no check of a column that it counts itself, as `id` is",
        ),
        (
            "#[table(check(name = §\"k\", expr = \"n > 0 || n < -9\"))]",
            "to MySQL/MariaDB `||` is OR: join texts with `concat(…)`, or write OR",
        ),
    ] {
        refused(&model(attributes, "n: i32"), &[message]);
    }
}

#[test]
fn expressions_of_a_column() {
    refused(
        &model("", "n: i32,\n    #[column(default = sql(§\"lower(\\\"A\\\")\"), max_length = 9)] a: String"),
        &["to MySQL/MariaDB a text stands in double quotes: write a text as '…', and a name without quotes"],
    );
    refused(
        &model("", "n: i32,\n    #[column(backfill = §\"'a' || n\")] a: String"),
        &["to MySQL/MariaDB `||` is OR: join texts with `concat(…)`, or write OR"],
    );
}

#[test]
fn labels_that_it_would_change() {
    let labels =
        "#[derive(DbEnum)]\nenum §Mood { #[db_enum(rename = \"a\")] A, #[db_enum(rename = \"A\")] B }\n";
    refused(
        &(model("", "m: Mood") + labels),
        &["to MySQL/MariaDB labels that differ in case only are one, and \"A\" is such a one"],
    );
}

/// PostgreSQL keeps checks and foreign keys by table.
#[test]
fn constraints_of_two_tables_with_one_name() {
    let other = "#[derive(Table)]\n#[table(check(name = §\"k\", expr = \"n > 0\"))]\nstruct User { id: i32, n: i32 }\n";
    refused(
        &(model("#[table(check(name = \"k\", expr = \"n > 0\"))]", "n: i32") + other),
        &["`k` would be the name of the check of table `users` and of the check of table `pages`"],
    );
}
