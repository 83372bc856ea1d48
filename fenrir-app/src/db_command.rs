//! `fenrir-app db …`: the command line of `fenrir`, with the migrations and the schema of this program.

use std::ffi::OsString;
use std::process::ExitCode;

use fenrir_migrate::cli::Command;
use fenrir_models::MIGRATIONS;

pub(crate) fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    Command::new("fenrir-app db").migrations(&MIGRATIONS).run(arguments)
}
