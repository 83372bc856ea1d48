use super::*;

fn url_of(set: &[(&str, &str)]) -> Result<DatabaseUrl, String> {
    let find = |name: &str| set.iter().find(|(one, _)| *one == name).map(|(_, value)| value.into());
    from_variables(&Variables::new(&find)).map_err(|error| error.to_string())
}

fn parts(password: &str) -> Result<DatabaseUrl, SettingError> {
    from_parts(&Variables::new(&|name: &str| {
        let value = match name {
            "POSTGRES_USER" => "fen rir",
            "POSTGRES_PASSWORD" => password,
            "POSTGRES_DB" => "fenrir_1",
            "DB_HOST" => "db",
            _ => return None,
        };
        Some(value.into())
    }))
}

#[test]
fn a_password_with_everything_in_it() {
    let url = parts("p@ss:w/o#r%d?").unwrap();
    assert_eq!(url.to_string(), "postgres://fen%20rir@db:5432/fenrir_1");
    assert_eq!(url.connect(), "postgres://fen%20rir:p%40ss%3Aw%2Fo%23r%25d%3F@db:5432/fenrir_1");
    assert!(!format!("{url:?}").contains("p@ss") && !format!("{url:?}").contains("p%40ss"));
    assert_eq!(url.redact("no p@ss:w/o#r%d? here"), "no … here");
    assert_eq!(url.redact("no p%40ss%3Aw%2Fo%23r%25d%3F here"), "no … here");
}

#[test]
fn an_at_in_a_password_does_not_move_the_host() {
    let url = parse("postgres://u:p@ss@host/db").unwrap();
    assert_eq!(url.to_string(), "postgres://u@host/db");
    assert_eq!(url.connect(), "postgres://u:p%40ss@host/db");
}

#[test]
fn no_error_holds_the_password() {
    for text in [
        "postgres://u:hunter2/x@host/db",
        "postgres://u:hunter2#x@host/db",
        "postgres://u:hunter2@host:port/db",
        "postgres://u:hunter2@host",
        "postgres//u:hunter2@host/db",
        "hunter2://u:hunter2@host/db",
        "u:hunter2@host",
    ] {
        let error = url_of(&[("DATABASE_URL", text)]).unwrap_err();
        assert!(error.contains("`DATABASE_URL`") && !error.contains("hunter2"), "{text}: {error}");
    }
}

#[test]
fn files() {
    for (text, path) in [
        ("sqlite://fenrir.db", "fenrir.db"),
        ("sqlite:///var/fenrir.db", "/var/fenrir.db"),
        ("sqlite:fenrir.db", "fenrir.db"),
        ("sqlite://a.db?cache=private", "file:a.db?cache=private"),
    ] {
        assert_eq!(parse(text).unwrap().connect(), path);
    }
    for text in ["sqlite://", "sqlite://:memory:", "sqlite://a?mode=memory"] {
        parse(text).unwrap_err();
    }
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let error = url_of(&[("DB_HOST", "db"), ("POSTGRES_DB", "fenrir")]).unwrap_err();
    assert!(error.starts_with("the setting `POSTGRES_USER` is missing"), "{error}");
    let error = url_of(&[("DATABASE_TYPE", "mysql")]).unwrap_err();
    assert!(error.starts_with("the setting `DATABASE_TYPE` is `mysql`"), "{error}");
    let error = url_of(&[("DATABASE_URL", "")]).unwrap_err();
    assert!(error.starts_with("the setting `DATABASE_URL` is empty"), "{error}");
    let error = url_of(&[("DATABASE_URL", "sqlite://a.db"), ("DATABASE_TYPE", "postgres")]).unwrap_err();
    assert!(error.starts_with("the setting `DATABASE_TYPE` says PostgreSQL"), "{error}");
    let all = [("POSTGRES_USER", "u"), ("POSTGRES_DB", "d"), ("DB_HOST", "evil/host")];
    assert!(url_of(&all).unwrap_err().starts_with("the setting `DB_HOST`"));
    let all = [("POSTGRES_USER", "u"), ("POSTGRES_DB", "d"), ("DB_HOST", "h"), ("DB_PORT", "x")];
    assert!(url_of(&all).unwrap_err().starts_with("the setting `DB_PORT`"));
}

#[test]
fn only_a_build_for_sqlite_has_a_default() {
    match BUILT_FOR {
        Kind::Sqlite => assert_eq!(url_of(&[]).unwrap().to_string(), "sqlite://fenrir.db"),
        Kind::Postgres => assert!(url_of(&[]).unwrap_err().contains("`DATABASE_URL` is missing")),
    }
}

#[test]
fn a_database_of_the_other_kind_is_refused() {
    let other = match BUILT_FOR {
        Kind::Sqlite => "postgres://u@h/d",
        Kind::Postgres => "sqlite://a.db",
    };
    let error = url_of(&[("DATABASE_URL", other)]).unwrap_err();
    assert!(error.contains("this program was built for"), "{error}");
}
