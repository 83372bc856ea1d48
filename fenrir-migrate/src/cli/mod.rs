//! The command `fenrir`, as a library: an application can offer it as its own.
//!
//! ```no_run
//! # static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::Migrations::new("", &[]);
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     // `app db upgrade` and the like.
//!     let arguments = std::env::args_os().skip(2);
//!     fenrir_migrate::cli::Command::new("app db").migrations(&MIGRATIONS).run(arguments)
//! }
//! ```
//!
//! The exit status is as diff(1) has it: 0 when done, or nothing differs; 1 when the answer is no; 2
//! on an error.

mod add_dialect;
mod arguments;
mod baseline;
mod changes;
mod check;
mod connect;
mod context;
mod create_all;
mod current;
mod diff;
mod downgrade;
mod drop_all;
mod generate;
mod history;
mod import;
mod init;
mod interrupt;
mod migrate;
mod models;
mod outcome;
mod rename;
mod schema;
mod several;
mod stamp;
mod upgrade;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use self::arguments::{Arguments, Subcommand};
use self::context::Context;
use self::outcome::{Failure, Outcome};
use crate::Migrations;

pub use self::connect::{DatabaseUrl, database_url_from_environment};

/// The command line.
#[derive(Clone, Debug)]
pub struct Command {
    name: String,
    migrations: Option<&'static Migrations>,
}

impl Command {
    /// The command line, called by this name in its help.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), migrations: None }
    }

    /// With the migrations and the schema of this binary, instead of those in the project's folders.
    /// What reads models, such as `migrate`, still needs the sources.
    #[must_use]
    pub fn migrations(mut self, migrations: &'static Migrations) -> Self {
        self.migrations = Some(migrations);
        self
    }

    /// Runs it with these arguments, without the program's name.
    pub fn run(&self, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
        let command = Arguments::command().name(self.name.clone()).bin_name(self.name.clone());
        let arguments = std::iter::once(OsString::from(&self.name)).chain(arguments);
        let parsed =
            command.try_get_matches_from(arguments).and_then(|matches| Arguments::from_arg_matches(&matches));
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(error) => {
                // Help and version are no errors, and go to standard output.
                let _ = error.print();
                return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
            }
        };
        parsed.global.color.apply();
        let format = parsed.global.format;
        let result = Context::new(&parsed.global, self.migrations)
            .and_then(|context| dispatch(&parsed.command, &context));
        outcome::print(result, format)
    }
}

fn dispatch(command: &Subcommand, context: &Context<'_>) -> Result<Outcome, Failure> {
    match command {
        Subcommand::Init(arguments) => init::run(arguments, context),
        Subcommand::Migrate(arguments) => migrate::run(arguments, context),
        Subcommand::Upgrade(arguments) => upgrade::run(arguments, context),
        Subcommand::Downgrade(arguments) => downgrade::run(arguments, context),
        Subcommand::Current(arguments) => current::run(arguments, context),
        Subcommand::History => history::run(context),
        Subcommand::Check(arguments) => check::run(arguments, context),
        Subcommand::Import(arguments) => import::run(arguments, context),
        Subcommand::Diff(arguments) => diff::run(arguments, context),
        Subcommand::Schema(arguments) => schema::run(arguments, context),
        Subcommand::CreateAll(arguments) => create_all::run(arguments, context),
        Subcommand::DropAll(arguments) => drop_all::run(arguments, context),
        Subcommand::Baseline(arguments) => baseline::run(arguments, context),
        Subcommand::Stamp(arguments) => stamp::run(arguments, context),
    }
}
