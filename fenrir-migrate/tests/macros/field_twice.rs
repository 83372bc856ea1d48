use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(
    unique(columns(name, name)),
    foreign_key(columns(id, id), references = Page(id, name)),
    foreign_key(columns(id, name), references = Page(id, id)),
)]
struct Page {
    id: i32,
    name: String,
}

fn main() {}
