//! Indexes, constraints and tables that some databases have, or have otherwise: what is refused, and where.

use fenrir_schema::Dialect;

use crate::package::{TestPackage, refused_by};

const POSTGRES: &[Dialect] = &[Dialect::Postgres];
const SQLITE: &[Dialect] = &[Dialect::Sqlite];
const MYSQL: &[Dialect] = &[Dialect::Mysql];
const BOTH: &[Dialect] = &[Dialect::Postgres, Dialect::Sqlite];

fn page(attributes: &str, fields: &str) -> String {
    format!("#[derive(Table)]\n{attributes}\nstruct Page {{\n    id: i32,\n    {fields}\n}}\n")
}

const NAME: &str = "#[column(max_length = 96)] name: Option<String>,";

#[test]
fn columns_that_differ_in_case_only_are_two_to_postgres() {
    let source = page("", "name: String, #[column(name = \"Name\")] title: §String,");
    refused_by(POSTGRES, &source.replace('§', ""), &[]);
    for (dialects, title) in [(SQLITE, "SQLite"), (MYSQL, "MySQL/MariaDB"), (BOTH, "SQLite")] {
        let message = format!("to {title} `name` and `Name` are one column: give one of them another name");
        refused_by(dialects, &source, &[&message]);
    }
}

#[test]
fn what_only_postgres_has_is_refused_elsewhere() {
    for (attribute, lack) in [
        (
            "§index(columns(name opclass = text_pattern_ops))",
            "has no operator classes, as `text_pattern_ops`: leave `opclass` out,",
        ),
        (
            "§index(columns(name), unique, nulls_not_distinct)",
            "lets any number of rows hold NULL in what is unique: leave `nulls_not_distinct` out,",
        ),
        (
            "§unique(columns(name), nulls_not_distinct)",
            "lets any number of rows hold NULL in what is unique: leave `nulls_not_distinct` out,",
        ),
        (
            "§unique(columns(name), initially_deferred)",
            "checks a unique constraint at once: leave `deferrable` and `initially_deferred` out,",
        ),
        ("§index(columns(name), extension = \"pg_trgm\")", "has no extensions: leave `extension` out,"),
        (
            "§index(columns(name), method = gin)",
            "has no indexes by `gin`: leave `method` out, for one by order,",
        ),
        (
            "§index(columns(name), include(id))",
            "has no indexes that hold other columns: leave `include` out,",
        ),
        (
            "§index(columns(name nulls_first))",
            "has one place for NULL in an index: leave `nulls_first` and `nulls_last` out,",
        ),
    ] {
        let source = page(&format!("#[table({attribute})]"), NAME);
        for (dialects, title) in [(SQLITE, "SQLite"), (MYSQL, "MySQL/MariaDB"), (BOTH, "SQLite")] {
            let message =
                format!("{title} {lack} or say that it is PostgreSQL's alone, with `dialects(postgres)`");
            refused_by(dialects, &source, &[&message]);
        }
        refused_by(POSTGRES, &source.replace('§', ""), &[]);
        let within = attribute.trim_start_matches('§');
        let within = format!("{}, dialects(postgres))", &within[..within.len() - 1]);
        refused_by(BOTH, &page(&format!("#[table({within})]"), NAME), &[]);
    }
}

#[test]
fn collations_of_index_keys() {
    let source = page("#[table(§index(columns(name collate = \"C\")))]", NAME);
    refused_by(POSTGRES, &source.replace('§', ""), &[]);
    refused_by(
        SQLITE,
        &source,
        &[
            "SQLite has the collations `BINARY`, `NOCASE` and `RTRIM`, and not `C`: say where the index is, with `dialects(…)`",
        ],
    );
    refused_by(SQLITE, &page("#[table(index(columns(name collate = \"nocase\")))]", NAME), &[]);
    refused_by(
        MYSQL,
        &source,
        &[
            "MySQL/MariaDB has no collation of an index alone, as `C`: leave `collate` out, or say where the index is, \
           with `dialects(…)`",
        ],
    );
}

#[test]
fn what_is_in_no_database_of_the_project() {
    let message =
        "this is on PostgreSQL only, which `fenrir.toml` does not name among the project's databases";
    for attribute in [
        "unique(columns(name), §dialects(postgres))",
        "index(columns(name), §dialects(postgres))",
        "check(expr = \"id > 0\", §dialects(postgres))",
        "foreign_key(columns(id), references = Page, §dialects(postgres))",
    ] {
        refused_by(SQLITE, &page(&format!("#[table({attribute})]"), NAME), &[message]);
    }
    for field in [
        "#[column(unique(§dialects(postgres)))] x: i32",
        "#[column(index(§dialects(postgres)))] x: i32",
        "#[column(check(expr = \"x > 0\", §dialects(postgres)))] x: i32",
        "#[column(references = Page, §dialects(postgres))] x: i32",
    ] {
        refused_by(SQLITE, &page("", field), &[message]);
    }
}

#[test]
fn a_foreign_key_rests_on_a_key_of_each_of_its_databases() {
    let models = |unique: &str, key: &str| {
        page("", &format!("#[column({unique})] x: i32"))
            + &format!(
                "#[derive(Table)]\nstruct Note {{ id: i32, #[column(references = §Page(x){key})] x: i32 }}\n"
            )
    };
    refused_by(
        BOTH,
        &models("unique(dialects(postgres))", ""),
        &[
            "`x` of `Page` is not unique on SQLite, so nothing can point at it there: say where this foreign key is, with \
           `dialects(…)`",
        ],
    );
    let there = models("unique(dialects(postgres))", ", dialects(postgres)").replace('§', "");
    refused_by(BOTH, &there, &[]);
    refused_by(
        POSTGRES,
        &models("unique(deferrable)", ""),
        &["nothing can point at `x` of `Page`, since its unique constraint `pages_x_key` is deferrable \
           (<https://www.postgresql.org/docs/current/sql-createtable.html>): leave `deferrable` out there"],
    );
}

#[test]
fn two_unique_constraints_of_the_same_columns_in_two_databases() {
    let uniques = |other: &str| {
        format!(
            "#[table(unique(columns(name), nulls_not_distinct, dialects(postgres)), §unique(columns(name), name = \"b\", \
             dialects({other})))]"
        )
    };
    refused_by(BOTH, &page(&uniques("sqlite"), NAME).replace('§', ""), &[]);
    refused_by(
        BOTH,
        &page(&uniques("sqlite, postgres"), NAME),
        &["the unique constraint `pages_name_key` has these columns already"],
    );
}

#[test]
fn tables_of_sqlite() {
    refused_by(
        SQLITE,
        &page(
            "#[table(sqlite(strict))]",
            "#[column(sql_type = §crate::P, type_name = \"point\")] x: Vec<u8>, #[column(sql_type = crate::P, type_name = \
             \"blob\")] y: Vec<u8>",
        ),
        &[
            "a strict table of SQLite has the types INT, INTEGER, REAL, TEXT, BLOB, ANY, and this is `point`: name one of \
           them, or leave `strict` out",
        ],
    );
    refused_by(
        SQLITE,
        "#[derive(Table)]\n#[table(sqlite(without_rowid))]\nstruct Page {\n    id: §i32,\n}\n",
        &["a table of SQLite without rowid generates no keys, and `id` is generated: write \
           `#[column(auto_increment = false)]`, or leave `without_rowid` out"],
    );
    refused_by(
        POSTGRES,
        &page("#[table(§sqlite(strict), §mysql(charset = \"latin1\"))]", ""),
        &[
            "`fenrir.toml` does not name `sqlite` among the project's databases: these options say nothing",
            "`fenrir.toml` does not name `mysql` among the project's databases: these options say nothing",
        ],
    );
}

#[test]
fn tables_of_mysql() {
    let engine = |name: &str| format!("#[table(§mysql(engine = \"{name}\"))]");
    refused_by(
        MYSQL,
        &page(&engine("CSV"), ""),
        &["the engine `csv` keeps no table with a primary key: use InnoDB"],
    );
    refused_by(
        MYSQL,
        &page("#[table(mysql(engine = \"MEMORY\"))]", "name: §String"),
        &["the engine `memory` keeps no text or bytes of any length: give it a `max_length`, or use InnoDB"],
    );
    refused_by(
        MYSQL,
        &page("#[table(§mysql(collate = \"latin1_bin\"))]", ""),
        &["the collation `latin1_bin` is not one of the character set `utf8mb4`"],
    );
    for fits in [
        "collate = \"utf8mb4_bin\"",
        "collate = \"uca1400_ai_ci\"",
        "charset = \"utf8\", collate = \"utf8mb3_bin\"",
    ] {
        refused_by(MYSQL, &page(&format!("#[table(mysql({fits}))]"), ""), &[]);
    }
    let wants =
        "MySQL/MariaDB has foreign keys between tables of InnoDB only, and `pages` is of the engine `myisam`";
    let note = "#[derive(Table)]\nstruct Note { id: i32, #[column(§references = Page)] x: i32 }\n";
    refused_by(MYSQL, &(page("#[table(mysql(engine = \"MyISAM\"))]", "") + note), &[wants]);
    let key = "#[derive(Table)]\nstruct Note { id: i32, #[column(max_length = 9, §references = Page(name))] name: String }\n";
    refused_by(
        MYSQL,
        &(page("#[table(mysql(charset = \"latin1\"))]", "#[column(max_length = 9, unique)] name: String")
            + key),
        &[
            "MySQL/MariaDB wants the texts of a foreign key in one character set and collation: `notes` has `utf8mb4`, and \
           `pages` `latin1`",
        ],
    );
}

#[test]
fn how_long_an_index_is_depends_on_the_characters_and_the_engine() {
    let long = |options: &str, length: u32| {
        page(options, &format!("#[column(max_length = {length}, §index)] name: String"))
    };
    refused_by(MYSQL, &long("#[table(mysql(charset = \"latin1\"))]", 3072).replace('§', ""), &[]);
    refused_by(
        MYSQL,
        &long("#[table(mysql(charset = \"latin1\"))]", 3073),
        &[
            "the index `pages_name_idx` can have 3073 bytes (1 for each character), and MySQL/MariaDB indexes 3072: give its \
           columns a smaller `max_length`",
        ],
    );
    refused_by(
        MYSQL,
        &long("#[table(mysql(engine = \"MyISAM\"))]", 251),
        &[
            "the index `pages_name_idx` can have 1004 bytes (4 for each character), and MySQL/MariaDB indexes 1000: give its \
           columns a smaller `max_length`",
        ],
    );
}

#[test]
fn an_unmanaged_model_is_known_and_no_table_of_the_schema() {
    // What others make may be named as nothing of ours may.
    let source = "#[derive(Table)]\n#[table(name = \"__diesel_schema_migrations\", unmanaged)]\nstruct Version {\n    \
                  #[column(primary_key)] version: String,\n    state: State,\n}\n#[derive(DbEnum)] enum State { A }\n";
    refused_by(&Dialect::ALL, source, &[]);
    let models = TestPackage::lib(source).read();
    let schema = &models.lowered.schema;
    assert!(schema.tables.is_empty() && schema.enums.is_empty());
    assert_eq!((schema.unmanaged.tables.len(), schema.unmanaged.enums.len()), (1, 1));
    assert_eq!(schema.hash(), fenrir_schema::Schema::default().hash());
    // An enum that another model has too is ours.
    let both = format!("{source}{}", page("", "state: State,"));
    let models = TestPackage::lib(&both).read();
    assert_eq!((models.lowered.schema.enums.len(), models.lowered.schema.unmanaged.enums.len()), (1, 0));
    refused_by(
        POSTGRES,
        &page("#[table(unmanaged, renamed_from = §\"old\")]", ""),
        &["an unmanaged table is renamed by others: leave `renamed_from` out"],
    );
}
