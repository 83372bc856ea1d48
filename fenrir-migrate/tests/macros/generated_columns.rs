use fenrir_migrate::Table;

#[derive(Table)]
struct Page {
    id: i32,
    n: i32,
    #[column(generated = "n * 2")]
    neither: i32,
    #[column(generated = "n * 2", stored, virtual)]
    both: i32,
    #[column(stored)]
    stored_alone: i32,
    #[column(virtual)]
    virtual_alone: i32,
    #[column(generated = "n; DROP TABLE page", stored)]
    no_expression: i32,
    #[column(generated, stored)]
    no_value: i32,
    #[column(generated = "n * 2", stored, default = 1)]
    with_default: i32,
    #[column(generated = "n * 2", stored, auto_increment)]
    counted: i32,
    #[column(generated = "n * 2", stored, auto_increment = false)]
    not_counted: i32,
    #[column(generated = "n * 2", stored, backfill = "1")]
    with_backfill: i32,
    #[column(generated = "n * 2", stored, using = "1")]
    with_using: i32,
    #[column(generated = "with_using + n", stored)]
    of_another: i32,
    #[column(generated = "of_itself + 1", stored)]
    of_itself: i32,
}

#[derive(Table)]
struct Key {
    #[column(generated = "n * 2", stored)]
    id: i32,
    n: i32,
}

fn main() {}
