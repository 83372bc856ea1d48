use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(
    check = "page.size > 0",
    check(name = "whole", expr = "`page` . `size` > public.page.id AND page.is_right(size)"),
    index(expr = "lower(\"page\".\"name\")"),
    index(columns(name), where = "name <> 'page.name' AND Page.name <> ''"),
)]
struct Page {
    id: i32,
    #[column(check = "name <> page.size::text")]
    name: String,
    #[column(generated = "page.id + 1", stored)]
    size: i32,
    #[column(index(where = "page.other > 0"), backfill = "(SELECT max(page.id) FROM page)")]
    other: i32,
}

fn main() {}
