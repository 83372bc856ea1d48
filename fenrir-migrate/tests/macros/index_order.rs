use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(index(columns(id descending)), index(columns(id desc asc)), index(columns("id")))]
#[table(index(columns(id opclass)), index(columns(id opclass = 1)), index(columns(id opclass = "")))]
#[table(index(expr = "lower(name)" down), index(expr = "lower(name)" desc "x"), index(columns(id collate = C)))]
#[table(index(columns(id), nulls_not_distinct), index(columns(id nulls_first nulls_last)))]
struct Page {
    id: i32,
    #[column(index(columns(name)))]
    name: String,
}

fn main() {}
