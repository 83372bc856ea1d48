use fenrir_migrate::Table;

#[derive(Table)]
struct Page {
    id: i32,
    #[column(collate)]
    no_name: String,
    #[column(collate = "")]
    empty: String,
    #[column(collate = "C\" DEFAULT 'x")]
    quotes: String,
    #[column(collate())]
    none: String,
    #[column(collate(oracle = "C"))]
    unknown: String,
    #[column(collate(postgres = "C", postgres = "POSIX"))]
    twice: String,
    #[column(collate(sqlite))]
    no_value: String,
    #[column(collate = 1)]
    number: String,
}

fn main() {}
