use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(sqlite, mysql(engine = InnoDB), unmanaged = true)]
struct Page {
    id: i32,
    #[column(unique(columns(id)))]
    name: String,
}

#[derive(Table)]
#[diesel(table_name = other)]
#[table(
    sqlite(strict, strict, loose),
    mysql(engine = "InnoDB COMMENT='x'", charset = "", row_format = "compressed"),
    unmanaged,
    renamed_from = "old"
)]
struct Other {
    id: i32,
}

fn main() {}
