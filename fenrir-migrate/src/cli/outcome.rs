//! What a command comes to, and how that is told.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use fenrir_schema::in_full;
use serde_json::{Value, json};

use super::arguments::Format;
use crate::introspect::in_one_line;

/// What a command that ran has to say.
pub(super) struct Outcome {
    /// For people, without an end of line; nothing where all was said on the way.
    pub(super) text: String,
    /// The same for programs.
    pub(super) json: Value,
    /// Whether the answer is no.
    pub(super) is_no: bool,
}

impl Outcome {
    pub(super) fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, is_no: false }
    }
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// It needs a word from the user first.
    Refused(String),
    /// It could not.
    Error(String),
}

impl Failure {
    pub(super) fn error(message: impl Display) -> Self {
        Self::Error(message.to_string())
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(in_full(&error))
    }
}

/// Prints a result, and gives the exit status for it.
pub(super) fn print(result: Result<Outcome, Failure>, format: Format) -> ExitCode {
    let (text, json, status) = match result {
        Ok(outcome) => (outcome.text, outcome.json, u8::from(outcome.is_no)),
        Err(failure) => {
            let (label, message, status) = match failure {
                Failure::Refused(message) => ("refused", message, 1),
                Failure::Error(message) => ("error", message, 2),
            };
            say_failure(label, &message);
            (String::new(), json!({ label: message }), status)
        }
    };
    // As it is: what looks like a colour in SQL is a part of a text there.
    let mut out = std::io::stdout();
    let written = match format {
        Format::Json => writeln!(out, "{json:#}"),
        Format::Text if text.is_empty() => Ok(()),
        Format::Text => writeln!(out, "{text}"),
    };
    match written {
        Ok(()) => ExitCode::from(status),
        // A closed pipe is the reader's choice.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(status),
        Err(error) => {
            say_failure("error", &format!("cannot write to standard output: {error}"));
            ExitCode::from(2)
        }
    }
}

fn say_failure(label: &str, message: &str) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}{label}{style:#}: {}", harmless(message));
}

/// The lines of a message, in which nothing moves the cursor or changes its colour: what a database says is in it.
fn harmless(message: impl Display) -> String {
    message.to_string().split('\n').map(in_one_line).collect::<Vec<_>>().join("\n")
}

/// Says something on the way, on standard error.
pub(super) fn say(label: &str, message: impl Display) {
    let style = anstyle::AnsiColor::Green.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}{label:>10}{style:#} {}", harmless(message));
}

/// Warns of something.
pub(super) fn warn(message: impl Display) {
    let style = anstyle::AnsiColor::Yellow.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}warning{style:#}: {}", harmless(message));
}

/// `1 migration`, `2 migrations`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// One line for each thing, with a dash before it: names and texts of a database are in some of them.
pub(super) fn bullets<T: Display>(things: impl IntoIterator<Item = T>) -> String {
    things.into_iter().map(|thing| format!("\n  - {}", in_one_line(&thing.to_string()))).collect()
}
