use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(name = page, comment, check(name = 1, expr = 2), check = 3, unique = "name", index = "name", foreign_key)]
struct Page {
    id: i32,
    #[column(max_length = "96", precision = -1, scale = 99999, comment = 5, primary_key = true, unique(name))]
    name: String,
    #[column(max_length = 0, auto_increment = yes, name)]
    title: String,
}

fn main() {}
