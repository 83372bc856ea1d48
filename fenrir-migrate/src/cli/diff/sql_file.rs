//! A file of SQL, loaded into a temporary database.

use std::fs;
use std::path::Path;

use fenrir_schema::{Dialect, PieceKind};

use crate::cli::interrupt::Temporary;
use crate::cli::outcome::{Failure, warn};
use crate::database::connected::Connected;
use crate::testing;

/// The database that a file was loaded into, which goes with what is returned; and a connection to it that knows
/// nothing of what the file has set.
pub(super) fn load(path: &Path, dialect: Dialect) -> Result<(Connected, Temporary), Failure> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| Failure::error(format!("cannot read `{shown}`: {error}")))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::error(format!("{shown}:{line}: it is not UTF-8"))
    })?;
    let temporary = testing::temporary(dialect).map_err(|error| {
        let title = dialect.title();
        Failure::error(format!("cannot make a temporary {title} database for `{shown}`: {error}"))
    })?;
    let url = temporary.url().clone();
    let temporary = Temporary::new(temporary);
    run(text, path, dialect, &mut url.connect().map_err(Failure::Error)?)?;
    let connected = url.connect().map_err(Failure::Error)?;
    Ok((connected, temporary))
}

fn run(text: &str, path: &Path, dialect: Dialect, connected: &mut Connected) -> Result<(), Failure> {
    let mut database = connected.database();
    for piece in dialect.pieces(text) {
        let place = format!("{}:{}", path.display(), piece.line);
        match piece.kind {
            PieceKind::LeftOut => {}
            PieceKind::Refused(why) => {
                let words: Vec<_> = piece.text.split_whitespace().take(3).collect();
                return Err(Failure::error(format!(
                    "{place}: `{} …` cannot be loaded: {why}",
                    words.join(" ")
                )));
            }
            PieceKind::Statement => {
                database.execute(piece.text).map_err(|error| Failure::error(format!("{place}: {error}")))?;
            }
            PieceKind::Optional => {
                if let Err(error) = database.execute(piece.text) {
                    warn(format_args!("{place} is left out: {error}"));
                }
            }
        }
    }
    // What the file leaves open is of it all the same; where it has closed all, there is nothing to do.
    let _ = database.commit();
    Ok(())
}
