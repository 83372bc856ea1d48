//! The command `fenrir`.

use std::process::ExitCode;

fn main() -> ExitCode {
    fenrir_migrate::cli::Command::new("fenrir").run(std::env::args_os().skip(1))
}
