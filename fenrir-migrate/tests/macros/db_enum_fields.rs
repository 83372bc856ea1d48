use fenrir_migrate::DbEnum;

#[derive(DbEnum, Debug, Clone)]
enum Status {
    Active,
    Paused(i32),
    Retired { by: String },
}

fn main() {}
