use fenrir_migrate::Table;

#[derive(Table)]
struct Page<'a> {
    id: i32,
    name: &'a str,
}

#[derive(Table)]
struct User<T> {
    id: T,
}

fn main() {}
