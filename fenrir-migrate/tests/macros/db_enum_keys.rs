use fenrir_migrate::DbEnum;

#[derive(DbEnum, Debug, Clone, Copy)]
#[db_enum(nme = "state", dialects(postgres), renamed_from = "state")]
#[db_enum(rename_all = "Title Case", name = state)]
enum Status {
    #[db_enum(name = "on")]
    Active,
    #[db_enum(renamed_from = "off")]
    Paused,
    #[db_enum(rename = "a", rename = "b")]
    Stopped,
    #[db_enum(rename = 5)]
    Retired,
    #[db_enum]
    Gone,
}

#[derive(DbEnum, Debug, Clone, Copy)]
#[db_enum(rename_all = lowercase, rename_all = "lowercase", name = "")]
enum State {
    A,
}

#[derive(DbEnum, Debug, Clone, Copy)]
enum Enum0123456789_0123456789_0123456789_0123456789_0123456789_012345 {
    A,
}

fn main() {}
