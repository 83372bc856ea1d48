use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
struct Page {
    id: i32,
    name: String,
}

fn main() {}
