//! The command, as the tests run it: Cargo tells a test where the binaries of its own package are.

use std::process::ExitCode;

fn main() -> ExitCode {
    fenrir_migrate::cli::Command::new("fenrir").run(std::env::args_os().skip(1))
}
