use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = crate::schema::page)]
struct Page {
    id: i32,
    #[diesel(embed)]
    name: String,
    #[diesel(column_name = page::heading)]
    title: String,
}

fn main() {}
