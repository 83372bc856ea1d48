use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(index(columns(id descending)), index(columns(id desc asc)), index(columns("id")))]
struct Page {
    id: i32,
}

fn main() {}
