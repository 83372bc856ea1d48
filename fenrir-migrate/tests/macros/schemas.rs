use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(schema = "my-schema")]
struct Page {
    id: i32,
}

#[derive(Table)]
#[diesel(table_name = user)]
#[table(schema = "")]
struct User {
    id: i32,
}

#[derive(Table)]
#[diesel(table_name = note)]
#[table(schema = "auth", renamed_from = "a.b.c")]
struct Note {
    id: i32,
}

fn main() {}
