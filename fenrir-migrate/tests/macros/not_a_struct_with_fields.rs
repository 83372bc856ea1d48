use fenrir_migrate::Table;

#[derive(Table)]
enum Enum {
    A,
}

#[derive(Table)]
union Union {
    id: i32,
}

#[derive(Table)]
struct Unit;

#[derive(Table)]
struct Tuple(i32);

#[derive(Table)]
struct Empty {}

fn main() {}
