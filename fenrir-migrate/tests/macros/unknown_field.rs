use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(
    unique(columns(name, titel)),
    index(columns(titel desc)),
    foreign_key(columns(user), references = Page),
)]
struct Page {
    id: i32,
    name: String,
}

fn main() {}
