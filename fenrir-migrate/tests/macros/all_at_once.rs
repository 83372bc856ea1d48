use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(primary_key(code), nam = "pages", unique(columns(title)))]
struct Page {
    id: i32,
    #[column(max_length = 0, unique, uniqe)]
    name: String,
    #[column(on_delete = cascade)]
    user_id: i32,
    #[column(check = "(")]
    #[diesel(embed)]
    heading: String,
}

fn main() {}
