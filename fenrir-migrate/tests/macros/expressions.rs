use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(
    check = "",
    check = "id > 0; DROP TABLE page",
    check(expr = "id > 0 -- positive"),
    index(expr = "lower(name"),
    index(columns(name), where = "name <> 'x"),
)]
struct Page {
    id: i32,
    #[column(default = sql("a\0b"), backfill = "/* empty */ ''", check = "name <> ''")]
    name: String,
}

fn main() {}
