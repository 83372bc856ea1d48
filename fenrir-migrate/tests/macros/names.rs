use fenrir_migrate::Table;

#[derive(Table)]
#[table(
    name = "",
    index(columns(name), name = "a\0b"),
    check(name = "check_0123456789_0123456789_0123456789_0123456789_0123456789_0123", expr = "id > 0"),
)]
struct Page {
    id: i32,
    #[column(name = "")]
    name: String,
}

#[derive(Table)]
#[table(index(columns(field_0123456789_0123456789_0123456789_0123456789_0123456789_0123)))]
struct Struct0123456789_0123456789_0123456789_0123456789_0123456789_0123 {
    #[column(primary_key)]
    field_0123456789_0123456789_0123456789_0123456789_0123456789_0123: i32,
    #[column(max_length = 0)]
    name: String,
}

fn main() {}
