//! Files for `mysql` and `mariadb`, such as those of their dumps
//! (<https://dev.mysql.com/doc/refman/8.0/en/mysqldump.html>).

use crate::PieceKind::{LeftOut, Optional, Refused, Statement};
use crate::StatementKind::{Alone, Begin, Commit, Locking, Plain, Rollback, Session, Uncertain};
use crate::sql_file::{Bodies, FileSyntax};
use crate::sql_statement::Pattern::{Any, Begins, Calls, Elsewhere, Has, Is, Of, OfWith, Several};

const ANOTHER_DATABASE: &str =
    "it names a database, and would be run there: dump one without `--databases`, and name no other";
const OF_THE_SERVER: &str = "it is of the whole server, and not of one database: take it out";
const OF_NO_SCHEMA: &str =
    "it is nothing that the dump of a schema has, and might do something elsewhere: take it out";
const OF_ROWS: &str = "it makes a table of what is in others: write its columns";
const SEVERAL: &str =
    "it is several statements, between which a `;` stands: write each with an end of its own";
/// What a schema is made of.
const PARTS: &[&str] = &["table", "view", "trigger", "function", "procedure", "sequence", "index"];

pub(super) static SYNTAX: FileSyntax = FileSyntax {
    command: Some('\\'),
    nested_comments: false,
    mysql_comments: true,
    dollar_quotes: false,
    delimiters: true,
    copies: false,
    bodies: Bodies::Compound,
    treatments: &[
        (Begins(&["insert"]), LeftOut),
        (Begins(&["replace"]), LeftOut),
        (Begins(&["update"]), LeftOut),
        (Begins(&["delete"]), LeftOut),
        (Begins(&["truncate"]), LeftOut),
        (Begins(&["lock"]), LeftOut),
        (Begins(&["unlock"]), LeftOut),
        (Begins(&["grant"]), LeftOut),
        (Begins(&["revoke"]), LeftOut),
        // It would run by itself, in whatever database it names.
        (Of("create", &["event"]), LeftOut),
        (Of("alter", &["event"]), LeftOut),
        (Of("drop", &["event"]), LeftOut),
        // What dumps say of a server whose transactions have numbers.
        (Begins(&["set", "global", "gtid_purged"]), LeftOut),
        (Begins(&["set", "global", "gtid_slave_pos"]), LeftOut),
        (Several, Refused(SEVERAL)),
        (Has("set", &["global"]), Refused(OF_THE_SERVER)),
        (Has("set", &["persist"]), Refused(OF_THE_SERVER)),
        (Has("set", &["persist_only"]), Refused(OF_THE_SERVER)),
        (Begins(&["set", "password"]), Refused(OF_THE_SERVER)),
        (Begins(&["set", "default"]), Refused(OF_THE_SERVER)),
        (Begins(&["set", "role"]), Refused(OF_THE_SERVER)),
        (Begins(&["set", "statement"]), Refused(OF_NO_SCHEMA)),
        (Calls("set"), Refused(OF_NO_SCHEMA)),
        (Begins(&["set"]), Optional),
        (Begins(&["use"]), Refused(ANOTHER_DATABASE)),
        (Begins(&["create", "database"]), Refused(ANOTHER_DATABASE)),
        (Begins(&["create", "schema"]), Refused(ANOTHER_DATABASE)),
        (Begins(&["drop", "database"]), Refused(ANOTHER_DATABASE)),
        (Begins(&["drop", "schema"]), Refused(ANOTHER_DATABASE)),
        (Begins(&["alter", "database"]), Refused(ANOTHER_DATABASE)),
        (Elsewhere("create"), Refused(ANOTHER_DATABASE)),
        (Elsewhere("alter"), Refused(ANOTHER_DATABASE)),
        (Elsewhere("drop"), Refused(ANOTHER_DATABASE)),
        (Elsewhere("rename"), Refused(ANOTHER_DATABASE)),
        (Has("create", &["soname"]), Refused(OF_THE_SERVER)),
        (Begins(&["load"]), Refused("it reads a file: rows are not needed, take it out")),
        (
            Begins(&["source"]),
            Refused("it is a command of the program `mysql`, and no SQL: take it out of the file"),
        ),
        (OfWith("create", "table", &["select", "table"]), Refused(OF_ROWS)),
        // `SELECT 1`, which does nothing, as where a migration must hold something.
        (Is(&["select"]), LeftOut),
        (Of("create", PARTS), Statement),
        (Of("alter", PARTS), Statement),
        (Of("drop", PARTS), Statement),
        (Begins(&["rename", "table"]), Statement),
        (Is(&["begin"]), Statement),
        (Is(&["begin", "work"]), Statement),
        (Begins(&["start", "transaction"]), Statement),
        (Begins(&["commit"]), Statement),
        (Begins(&["rollback"]), Statement),
        (Any, Refused(OF_NO_SCHEMA)),
    ],
    // What ends a transaction by itself: <https://dev.mysql.com/doc/refman/8.0/en/implicit-commit.html>,
    // <https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/>. What is temporary is the session's.
    runs: &[
        (Begins(&["prepare"]), Session),
        (Begins(&["deallocate", "prepare"]), Session),
        (Begins(&["drop", "prepare"]), Session),
        (Begins(&["set", "statement"]), Uncertain),
        (Begins(&["set"]), Session),
        (Begins(&["use"]), Session),
        (Begins(&["create", "temporary"]), Session),
        (Begins(&["create", "or", "replace", "temporary"]), Session),
        (Begins(&["drop", "temporary"]), Session),
        (Begins(&["begin", "not", "atomic"]), Uncertain),
        (Begins(&["call"]), Uncertain),
        (Begins(&["execute"]), Uncertain),
        (Begins(&["begin"]), Begin),
        (Begins(&["start", "transaction"]), Begin),
        (Begins(&["commit"]), Commit),
        (Begins(&["rollback", "to"]), Plain),
        (Begins(&["rollback"]), Rollback),
        (Begins(&["create"]), Alone),
        (Begins(&["alter"]), Alone),
        (Begins(&["drop"]), Alone),
        (Begins(&["rename"]), Alone),
        (Begins(&["truncate"]), Alone),
        (Begins(&["grant"]), Alone),
        (Begins(&["revoke"]), Alone),
        (Begins(&["lock", "tables"]), Locking),
        (Begins(&["lock", "table"]), Locking),
        (Begins(&["unlock", "tables"]), Locking),
        (Begins(&["unlock", "table"]), Locking),
        (Begins(&["lock"]), Alone),
        (Begins(&["unlock"]), Alone),
        (Begins(&["install"]), Alone),
        (Begins(&["uninstall"]), Alone),
        (Begins(&["analyze"]), Alone),
        (Begins(&["optimize"]), Alone),
        (Begins(&["repair"]), Alone),
        (Begins(&["check"]), Alone),
        (Begins(&["cache"]), Alone),
        (Has("flush", &["lock", "export"]), Locking),
        (Begins(&["flush"]), Alone),
        (Begins(&["reset"]), Alone),
        (Begins(&["load", "index"]), Alone),
    ],
};
