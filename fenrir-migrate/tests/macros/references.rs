use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(
    foreign_key(columns(user), references = "User"),
    foreign_key(columns(user), references = User, on_update = explode),
    foreign_key(columns(user), references = User, on_delete = "cascade"),
)]
struct Page {
    id: i32,
    #[column(references = "User")]
    user: i32,
    #[column(references(User))]
    author: i32,
    #[column(references = User())]
    reader: i32,
    #[column(references = User, on_delete = delete)]
    writer: i32,
}

fn main() {}
