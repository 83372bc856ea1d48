//! A process of a fleet: see `fenrir_tests::fleet::boot`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match fenrir_tests::fleet::boot::main(&arguments) {
        Ok(said) => {
            eprintln!("{said}");
            ExitCode::SUCCESS
        }
        Err(said) => {
            eprintln!("error: {said}");
            ExitCode::FAILURE
        }
    }
}
