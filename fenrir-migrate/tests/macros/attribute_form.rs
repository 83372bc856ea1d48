use fenrir_migrate::Table;

#[derive(Table)]
#[table]
struct Page {
    #[column]
    id: i32,
    #[column = "name"]
    name: String,
    #[column("title")]
    title: String,
    #[column(unique index)]
    heading: String,
    #[column(, unique)]
    footer: String,
}

fn main() {}
