use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(name = "page", unique(columns(name), columns(id)))]
#[table(name = "pages")]
struct Page {
    id: i32,
    #[column(unique, unique)]
    name: String,
}

fn main() {}
