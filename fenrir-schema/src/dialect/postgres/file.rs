//! Files for `psql`, such as those of `pg_dump` (<https://www.postgresql.org/docs/current/app-pgdump.html>).

use crate::PieceKind::{LeftOut, Optional, Refused};
use crate::StatementKind::{Alone, Begin, Commit, Plain, Rollback, Session};
use crate::sql_file::{Bodies, FileSyntax};
use crate::sql_statement::Pattern::{Begins, Has};

const OF_THE_SERVER: &str = "it is of the whole server, and not of one database: dump that by itself";

pub(super) static SYNTAX: FileSyntax = FileSyntax {
    command: Some('\\'),
    nested_comments: true,
    mysql_comments: false,
    dollar_quotes: true,
    delimiters: false,
    copies: true,
    bodies: Bodies::Atomic,
    treatments: &[
        (Begins(&["insert"]), LeftOut),
        // Owners and rights.
        (Begins(&["grant"]), LeftOut),
        (Begins(&["revoke"]), LeftOut),
        (Begins(&["security", "label"]), LeftOut),
        (Begins(&["alter", "default", "privileges"]), LeftOut),
        (Begins(&["create", "user", "mapping"]), LeftOut),
        (Has("alter", &["owner", "to"]), LeftOut),
        (Begins(&["set", "role"]), LeftOut),
        (Begins(&["set", "session", "authorization"]), LeftOut),
        // Where rows lie, and where they are sent to.
        (Begins(&["set", "default_tablespace"]), LeftOut),
        (Begins(&["create", "publication"]), LeftOut),
        (Begins(&["alter", "publication"]), LeftOut),
        (Begins(&["create", "subscription"]), LeftOut),
        (Begins(&["alter", "subscription"]), LeftOut),
        // It is in every database, and dumped where its rights are not those that it has by default.
        (Begins(&["create", "schema", "public"]), LeftOut),
        (Begins(&["comment", "on", "extension"]), LeftOut),
        (Begins(&["create", "extension"]), Optional),
        (Begins(&["set"]), Optional),
        (Begins(&["create", "database"]), Refused(OF_THE_SERVER)),
        (Begins(&["drop", "database"]), Refused(OF_THE_SERVER)),
        (Begins(&["alter", "database"]), Refused(OF_THE_SERVER)),
        (Begins(&["create", "role"]), Refused(OF_THE_SERVER)),
        (Begins(&["alter", "role"]), Refused(OF_THE_SERVER)),
        (Begins(&["drop", "role"]), Refused(OF_THE_SERVER)),
        (Begins(&["create", "user"]), Refused(OF_THE_SERVER)),
        (Begins(&["alter", "user"]), Refused(OF_THE_SERVER)),
        (Begins(&["drop", "user"]), Refused(OF_THE_SERVER)),
        (Begins(&["create", "group"]), Refused(OF_THE_SERVER)),
        (Begins(&["alter", "group"]), Refused(OF_THE_SERVER)),
        (Begins(&["drop", "group"]), Refused(OF_THE_SERVER)),
        (Begins(&["drop", "owned"]), Refused(OF_THE_SERVER)),
        (Begins(&["reassign", "owned"]), Refused(OF_THE_SERVER)),
        (Begins(&["create", "tablespace"]), Refused(OF_THE_SERVER)),
        (Begins(&["drop", "tablespace"]), Refused(OF_THE_SERVER)),
        (Begins(&["alter", "system"]), Refused(OF_THE_SERVER)),
        (
            Begins(&["copy"]),
            Refused("it reads or writes a file of the server's: rows are not needed, take it out"),
        ),
    ],
    // <https://www.postgresql.org/docs/current/sql-createindex.html> and those of the others say that they cannot run
    // inside a transaction block.
    runs: &[
        (Begins(&["set", "local"]), Plain),
        (Begins(&["set", "constraints"]), Plain),
        (Begins(&["set", "transaction"]), Plain),
        (Begins(&["set"]), Session),
        (Begins(&["reset"]), Session),
        (Begins(&["create", "temp"]), Session),
        (Begins(&["create", "temporary"]), Session),
        (Begins(&["begin"]), Begin),
        (Begins(&["start", "transaction"]), Begin),
        (Begins(&["commit"]), Commit),
        (Begins(&["end"]), Commit),
        (Begins(&["rollback", "to"]), Plain),
        (Begins(&["rollback"]), Rollback),
        (Begins(&["abort"]), Rollback),
        (Has("create", &["index", "concurrently"]), Alone),
        (Begins(&["drop", "index", "concurrently"]), Alone),
        (Has("reindex", &["concurrently"]), Alone),
        (Begins(&["reindex", "database"]), Alone),
        (Begins(&["reindex", "system"]), Alone),
        (Begins(&["reindex", "schema"]), Alone),
        (Has("alter", &["concurrently"]), Alone),
        (Begins(&["vacuum"]), Alone),
        (Begins(&["create", "database"]), Alone),
        (Begins(&["drop", "database"]), Alone),
        (Begins(&["create", "tablespace"]), Alone),
        (Begins(&["drop", "tablespace"]), Alone),
        (Begins(&["alter", "system"]), Alone),
        (Begins(&["create", "subscription"]), Alone),
        (Begins(&["drop", "subscription"]), Alone),
    ],
};
