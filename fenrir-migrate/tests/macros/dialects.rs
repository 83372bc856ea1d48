use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(
    unique(columns(name), dialects(oracle)),
    index(columns(name), dialects()),
    check(expr = "id > 0", dialects(postgres, postgresql)),
    foreign_key(columns(id), references = Page, dialects = "sqlite"),
    dialects(postgres)
)]
struct Page {
    id: i32,
    #[column(dialects(postgres), unique(dialects("postgres")))]
    name: String,
}

fn main() {}
