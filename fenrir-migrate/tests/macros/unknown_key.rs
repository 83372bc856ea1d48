use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(
    nme = "pages",
    unique(cols(name)),
    index(columns(name), colums(name)),
    check(expression = "id > 0", expr = "id > 0"),
    foreign_key(columns(id), references = Page, to = Page),
)]
struct Page {
    id: i32,
    #[column(uniqe)]
    name: String,
}

fn main() {}
