use fenrir_migrate::Table;

#[derive(Table)]
struct Page {
    id: i32,
    #[column(on_delete = cascade)]
    a: i32,
    #[column(on_update = cascade)]
    b: i32,
    #[column(deferrable)]
    c: i32,
    #[column(initially_deferred, on_delete = cascade)]
    d: i32,
}

fn main() {}
