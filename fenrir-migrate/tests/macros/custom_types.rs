use fenrir_migrate::Table;

#[derive(Table)]
struct Page {
    id: i32,
    #[column(type_name = "point")]
    a: Point,
    #[column(sql_type = crate::Point, type_name = point)]
    b: Point,
    #[column(sql_type = crate::Point, type_name = "point); DROP TABLE page")]
    c: Point,
    #[column(sql_type = crate::Point, type_name = "point NOT NULL")]
    d: Point,
    #[column(sql_type = crate::Point, type_name = "(1)")]
    e: Point,
    #[column(sql_type = crate::Point, extension = "postgis")]
    f: Point,
    #[column(sql_type = Text, extension = "citext")]
    g: String,
    #[column(sql_type = crate::Point, type_name = "point", extension = "")]
    h: Point,
}

#[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
pub struct Point;

fn main() {}
