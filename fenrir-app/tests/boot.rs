//! How the service starts and stops: the database first, and only then requests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Stdio;

use support::{Database, Service, fenrir_app, finish, refusal};

mod support;

#[test]
fn the_first_start_migrates_and_the_second_finds_nothing_to_do() {
    let database = Database::new();
    let service = Service::start(&database);
    let health = service.get("/health").json(200);
    assert_eq!(health["status"], "ok");
    let revision = health["revision"].as_str().unwrap().to_owned();
    assert!(revision.len() == 14 && revision.bytes().all(|byte| byte.is_ascii_digit()), "{revision}");
    let (well, said) = service.stop();
    assert!(well && said.contains("applied") && said.contains(&revision), "{said}");
    assert!(said.find("applied") < said.find("serving on"), "{said}");

    let service = Service::start(&database);
    assert_eq!(service.get("/health").json(200)["revision"], revision.as_str());
    let (well, said) = service.stop();
    assert!(well && said.contains("nothing to apply") && !said.contains("applied"), "{said}");
}

#[test]
fn many_that_start_at_once_all_serve() {
    let database = Database::new();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| assert_eq!(Service::start(&database).get("/health").status, 200));
        }
    });
}

#[test]
fn a_migration_that_fails_keeps_it_from_serving() {
    let database = Database::new();
    database.execute("CREATE TABLE page (id integer)");
    let said = refusal(fenrir_app().env("DATABASE_URL", database.url()));
    assert!(
        said.contains("could not be brought up to date") && said.contains("`page` is there already"),
        "{said}"
    );
    assert_eq!(said.matches("error:").count(), 1, "{said}");
}

#[test]
fn a_database_that_is_ahead_keeps_it_from_serving() {
    let database = Database::new();
    Service::start(&database).stop();
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    let said = refusal(fenrir_app().env("DATABASE_URL", database.url()));
    assert!(said.contains("29990101000000"), "{said}");
}

#[test]
fn a_database_that_is_not_there_keeps_it_from_serving() {
    let url = if cfg!(feature = "postgres") {
        "postgres://fenrir:hunter2@127.0.0.1:1/fenrir"
    } else {
        "sqlite:///nowhere/to/be/found.db"
    };
    let said = refusal(fenrir_app().env("DATABASE_URL", url));
    assert!(said.starts_with("error: cannot connect to `") && !said.contains("hunter2"), "{said}");
}

#[test]
fn settings_that_are_wrong_are_named() {
    for (variable, value) in [
        ("DATABASE_URL", "localhost:hunter2"),
        ("DATABASE_TYPE", "oracle"),
        ("POSTGRES_PASSWORD", "hunter2"),
        ("DB_HOST", ""),
        ("BIND", "everywhere"),
        ("RUST_LOG", "fenrir=loud"),
    ] {
        let said = refusal(fenrir_app().env(variable, value));
        // A part without the others lacks those.
        let named = if variable == "POSTGRES_PASSWORD" { "POSTGRES_USER" } else { variable };
        assert!(said.contains(&format!("`{named}`")) && !said.contains("hunter2"), "{variable}: {said}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let database = Database::new();
    let service = Service::start(&database);
    let mut command = fenrir_app();
    command.env("DATABASE_URL", database.url()).env("PORT", service.port.to_string());
    let output = finish(command.stderr(Stdio::piped()).spawn().unwrap());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("`BIND` and `PORT`"), "{said}");
}

#[test]
fn the_health_command_asks_the_service() {
    let database = Database::new();
    let service = Service::start(&database);
    let ask = |port: u16| {
        let mut command = fenrir_app();
        // As in the container, where it listens everywhere.
        command.arg("health").env("BIND", "0.0.0.0").env("PORT", port.to_string());
        let output = finish(command.stderr(Stdio::piped()).spawn().unwrap());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(ask(service.port), (Some(0), String::new()));
    database.execute("DROP TABLE __diesel_schema_migrations");
    assert_eq!(service.get("/health").error(503), "the database does not answer");
    let (status, said) = ask(service.port);
    assert!(status == Some(1) && said.contains("is not well: HTTP/1.1 503"), "{said}");
    // Nothing listens there: it takes root, and is nobody's.
    let (status, said) = ask(1);
    assert!(status == Some(1) && said.contains("does not answer"), "{said}");
}

#[test]
fn a_command_that_there_is_not() {
    let output = fenrir_app().arg("migrate").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("usage:"), "{said}");
    let output = fenrir_app().arg("--help").output().unwrap();
    assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains("usage:"));
}
