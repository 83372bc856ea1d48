//! Fenrir's service: it brings its database up to date, and serves the models over HTTP.
//!
//! The settings come from the environment: see [`settings`].

mod database;
mod db_command;
mod error;
mod http;
mod log;
mod probe;
mod resources;
mod serve;
mod settings;
mod shutdown;

use std::io::Write as _;
use std::process::ExitCode;

use fenrir_migrate::in_full;

const USAGE: &str = "\
Fenrir's service

usage: fenrir-app [COMMAND]

commands:
  serve    bring the database up to date, then serve (this is what it does without a command)
  db       the command line of `fenrir`, with this program's migrations: `fenrir-app db upgrade`, `db --help`
  health   ask the service on this machine whether it is well; exit status 0 says yes
  help     print this

settings, from the environment:
  DATABASE_URL     postgres://USER:PASSWORD@HOST/DATABASE or sqlite://PATH, or in its place the parts:
  DATABASE_TYPE    postgres, postgresql or sqlite
  POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, DB_HOST, DB_PORT
  BIND             the address to serve on; 127.0.0.1
  PORT             the port to serve on; 8080. 0 takes one that is free, which the log names
  RUST_LOG         what to log; info
";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "db") {
        return db_command::run(arguments.into_iter().skip(1));
    }
    let words: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
    let result = match words[..] {
        [] | ["serve"] => serve::run(),
        ["health"] => probe::run(),
        ["help" | "--help" | "-h"] => return say(USAGE),
        ["--version" | "-V"] => return say(concat!("fenrir-app ", env!("CARGO_PKG_VERSION"), "\n")),
        _ => {
            eprintln!("error: `{}` is no command of fenrir-app\n\n{USAGE}", words.join(" "));
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", in_full(&error));
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
