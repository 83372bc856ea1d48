use fenrir_migrate::Table;

#[derive(Table)]
#[table(primary_key(code))]
struct NoSuchField {
    id: i32,
}

#[derive(Table)]
#[table(primary_key(a, b, a))]
struct OneFieldTwice {
    a: i32,
    b: i32,
}

#[derive(Table)]
#[diesel(primary_key(a))]
#[table(primary_key(b))]
struct NotAsDieselHasIt {
    a: i32,
    b: i32,
}

#[derive(Table)]
#[table(primary_key(a))]
struct OnTheStructAndOnAField {
    a: i32,
    #[column(primary_key)]
    b: i32,
}

#[derive(Table)]
struct CannotBeNull {
    id: Option<i32>,
}

#[derive(Table)]
struct IsUniqueAlready {
    #[column(unique)]
    id: i32,
}

fn main() {}
