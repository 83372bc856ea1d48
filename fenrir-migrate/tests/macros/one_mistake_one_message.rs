use diesel::prelude::*;
use fenrir_migrate::{DbEnum, Model, Table};

#[derive(Table, Queryable, Selectable, Identifiable, Insertable, AsChangeset)]
#[diesel(table_name = page)]
struct Page {
    id: i32,
    #[column(uniqe)]
    name: String,
    size: Option<i64>,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq)]
enum State {
    Active,
    Paused,
    #[db_enum(renam = "off")]
    Off,
}

fn pages(connection: &mut SqliteConnection) -> QueryResult<Vec<Page>> {
    page::table.filter(page::name.eq("a")).select(Page::as_select()).load(connection)
}

fn table_of<M: Model>() -> fenrir_migrate::Table {
    M::table()
}

fn main() {
    let _ = Page::create_table_sql(fenrir_migrate::Dialect::Sqlite);
    let _ = table_of::<Page>();
    let _ = (State::Active.label(), State::from_label("active"), State::LABELS);
    let _ = pages;
}
