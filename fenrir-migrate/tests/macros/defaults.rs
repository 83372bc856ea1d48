use fenrir_migrate::Table;

#[derive(Table)]
struct Page {
    id: i32,
    #[column(default)]
    a: String,
    #[column(default = Active)]
    b: String,
    #[column(default = now())]
    c: String,
    #[column(default = sql(5))]
    d: String,
    #[column(default = sql("1", "2"))]
    e: String,
    #[column(default = -"one")]
    f: String,
    #[column(default = 'c')]
    g: String,
    #[column(default = b"bytes")]
    h: String,
    #[column(default = "a\0b")]
    i: String,
    #[column(default = 1 + 1)]
    j: i32,
    #[column(default = -true)]
    k: bool,
}

fn main() {}
