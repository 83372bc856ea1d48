use fenrir_migrate::Table;

#[derive(Table)]
struct Page {
    id: i32,
    #[column(sql_type = Xml)]
    a: String,
    #[column(sql_type = diesel::sql_types::Nullable<Text>)]
    b: Option<String>,
    #[column(sql_type = "Text")]
    c: String,
    #[column(sql_type)]
    d: String,
    #[column(sql_type = Jsonb)]
    #[diesel(sql_type = diesel::sql_types::Json)]
    e: Value,
    #[diesel(sql_type = crate::types::Point)]
    f: String,
    #[column(sql_type = Array<Array<Text>>)]
    g: Vec<Vec<String>>,
    #[column(sql_type = Unsigned<Text>)]
    h: String,
}

fn main() {}
