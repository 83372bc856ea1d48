//! Files for `sqlite3`, such as those of its `.dump` (<https://www.sqlite.org/cli.html>).

use crate::PieceKind::{LeftOut, Refused, Statement};
use crate::StatementKind::{Alone, Begin, Commit, Plain, Rollback, Session};
use crate::sql_file::{Bodies, FileSyntax};
use crate::sql_statement::Pattern::Begins;

const ANOTHER_FILE: &str = "it is of another file than the database's: take it out";

pub(super) static SYNTAX: FileSyntax = FileSyntax {
    command: Some('.'),
    nested_comments: false,
    mysql_comments: false,
    dollar_quotes: false,
    delimiters: false,
    copies: false,
    bodies: Bodies::Triggers,
    treatments: &[
        // So virtual tables are dumped.
        (Begins(&["insert", "into", "sqlite_schema"]), Statement),
        (Begins(&["insert", "into", "sqlite_master"]), Statement),
        (Begins(&["insert"]), LeftOut),
        (Begins(&["replace"]), LeftOut),
        (Begins(&["attach"]), Refused(ANOTHER_FILE)),
        (Begins(&["detach"]), Refused(ANOTHER_FILE)),
        (Begins(&["vacuum"]), LeftOut),
    ],
    // <https://www.sqlite.org/lang_vacuum.html>, <https://www.sqlite.org/lang_attach.html>
    runs: &[
        (Begins(&["pragma"]), Session),
        (Begins(&["create", "temp"]), Session),
        (Begins(&["create", "temporary"]), Session),
        (Begins(&["begin"]), Begin),
        (Begins(&["commit"]), Commit),
        (Begins(&["end"]), Commit),
        (Begins(&["rollback", "to"]), Plain),
        (Begins(&["rollback", "transaction", "to"]), Plain),
        (Begins(&["rollback"]), Rollback),
        (Begins(&["vacuum"]), Alone),
        (Begins(&["attach"]), Session),
        (Begins(&["detach"]), Session),
    ],
};
