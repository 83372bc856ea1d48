use fenrir_migrate::DbEnum;

#[derive(DbEnum, Debug, Clone, Copy)]
enum Status {
    Active,
    #[db_enum(rename = "active")]
    Running,
    #[db_enum(rename = "")]
    Paused,
    #[db_enum(rename = "a\0b")]
    Stopped,
    #[db_enum(rename = "retired_0123456789_0123456789_0123456789_0123456789_0123456789_01")]
    Retired,
    Label0123456789_0123456789_0123456789_0123456789_0123456789_012345,
}

#[derive(DbEnum, Debug, Clone, Copy)]
#[db_enum(rename_all = "lowercase")]
enum Case {
    OnHold,
    Onhold,
}

fn main() {}
