use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(
    unique(),
    unique(name = "page_name"),
    unique(columns()),
    index(unique),
    index(columns()),
    check(name = "positive"),
    foreign_key(columns(id)),
    foreign_key(references = Page),
    foreign_key(),
)]
struct Page {
    id: i32,
}

fn main() {}
