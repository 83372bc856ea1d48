use fenrir_migrate::Table;

#[derive(Table)]
struct Page {
    name: String,
}

fn main() {}
