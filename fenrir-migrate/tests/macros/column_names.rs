use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
struct Page {
    id: i32,
    page: String,
    name: String,
    #[column(name = "name")]
    title: String,
    #[diesel(column_name = name)]
    heading: String,
}

fn main() {}
