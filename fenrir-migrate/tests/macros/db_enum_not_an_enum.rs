use fenrir_migrate::DbEnum;

#[derive(DbEnum)]
struct Struct {
    a: i32,
}

#[derive(DbEnum)]
union Union {
    a: i32,
}

#[derive(DbEnum, Debug)]
enum Empty {}

#[derive(DbEnum, Debug)]
enum Generic<T> {
    A(T),
}

fn main() {}
