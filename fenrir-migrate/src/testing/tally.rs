//! A count of what ran on which database, for a script that runs the tests.

use std::io::Write;

/// Adds a line to the file that `FENRIR_TEST_TALLY` names, where it names one: the database and its
/// version, a tab, and the test.
pub(super) fn note(database: impl FnOnce() -> String) {
    let Some(path) = std::env::var_os("FENRIR_TEST_TALLY").filter(|path| !path.is_empty()) else { return };
    let thread = std::thread::current();
    let program = std::env::current_exe().unwrap_or_default();
    let program = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let line = format!("{}\t{program} {}\n", database(), thread.name().unwrap_or("main"));
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    // One write, so that lines of two processes do not mix. A count is not worth a failure.
    let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
}
