//! A migration's file taken apart into the statements that run, and how each of them can.

use std::collections::BTreeSet;

use crate::Dialect;
use crate::sql_file::{Reader, What};

/// A statement of a migration's file.
///
/// ```
/// use fenrir_schema::{Dialect, StatementKind};
///
/// let file = "-- Slow.\nCREATE INDEX CONCURRENTLY a ON b (c);\nUPDATE b SET c = ';';\n";
/// let statements = Dialect::Postgres.statements(file);
/// assert_eq!((statements[0].line, statements[0].kind), (2, StatementKind::Alone));
/// assert_eq!((statements[1].line, statements[1].text), (3, "UPDATE b SET c = ';'"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatement<'a> {
    /// The line that it begins in, from 1.
    pub line: usize,
    /// The text, without what ends it.
    pub text: &'a str,
    /// How it can run.
    pub kind: StatementKind,
}

/// How a statement can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// As a part of a transaction.
    Plain,
    /// As a part of a transaction, which it commits by itself if what it runs does: that is not written in it.
    Uncertain,
    /// In no transaction: the database refuses it there, or commits with it.
    Alone,
    /// Anywhere, and for its session only: whoever goes on with the rest of a file in another session needs it too.
    Session,
    /// It opens a transaction.
    Begin,
    /// It commits one.
    Commit,
    /// It takes one back.
    Rollback,
    /// Not at all: the database's own program would read rows, or a command of its own, from the lines of the file.
    ByProgram,
    /// Not at all: it would keep its session from all tables but those that it names, and so from the history.
    Locking,
}

impl Dialect {
    /// The statements of a file, without comments between them. What is not closed ends with the file.
    #[must_use]
    pub fn statements(self, file: &str) -> Vec<FileStatement<'_>> {
        let runs = self.file_syntax().runs;
        let mut reader = Reader::new(self, file);
        let mut statements = Vec::new();
        let mut temporary = BTreeSet::new();
        while let Some(part) = reader.next() {
            let mut kind = match part.what {
                What::Command | What::Rows => StatementKind::ByProgram,
                What::Statement(seen) => {
                    let found = runs.iter().find(|(pattern, _)| seen.fits(pattern));
                    found.map_or(StatementKind::Plain, |(_, kind)| *kind)
                }
            };
            if kind == StatementKind::Session {
                temporary.extend(self.new_temporary_table(part.text));
            } else if kind == StatementKind::Plain {
                // Rows of the session's are gone with it, and so are its variables.
                let fills = |table: String| temporary.contains(&table);
                if self.filled_table(part.text).is_some_and(fills) || self.fills_variables(part.text) {
                    kind = StatementKind::Session;
                }
            }
            statements.push(FileStatement { line: part.line, text: part.text, kind });
        }
        statements
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StatementKind::{Alone, Begin, ByProgram, Commit, Locking, Plain, Rollback, Session, Uncertain};

    fn kinds(dialect: Dialect, file: &str) -> Vec<(usize, StatementKind)> {
        dialect.statements(file).iter().map(|statement| (statement.line, statement.kind)).collect()
    }

    #[test]
    fn what_postgres_runs_alone() {
        let file = "\
SET lock_timeout = 0;
SET LOCAL lock_timeout = 0;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON b (c);
CREATE INDEX concurrently_a ON b (c);
BEGIN;
ROLLBACK TO a;
END;
DO $$ BEGIN CREATE INDEX CONCURRENTLY a ON b (c); END $$;
VACUUM (ANALYZE) b;
ALTER TABLE a DETACH PARTITION b CONCURRENTLY;
ABORT;
\\d a
";
        let all =
            [Session, Plain, Alone, Plain, Begin, Plain, Commit, Plain, Alone, Alone, Rollback, ByProgram];
        let expected: Vec<_> = all.into_iter().enumerate().map(|(at, kind)| (at + 1, kind)).collect();
        assert_eq!(kinds(Dialect::Postgres, file), expected);
        assert_eq!(
            kinds(Dialect::Postgres, "COPY a FROM stdin;\n1\n\\.\nSELECT 1"),
            [(1, ByProgram), (4, Plain)]
        );
    }

    #[test]
    fn what_mysql_commits_with() {
        let file = "\
SET @a = 1; CREATE TEMPORARY TABLE a (b INT);
CREATE TABLE event (a INT); UPDATE a SET b = 1;
START TRANSACTION; COMMIT;
INSERT INTO `a` SELECT 1; INSERT INTO event SELECT 1;
CALL a(); EXECUTE b;
SET STATEMENT max_statement_time = 1 FOR ALTER TABLE event ADD c INT;
BEGIN NOT ATOMIC SELECT 1; END;
LOCK TABLES event WRITE; UNLOCK TABLES;
";
        let expected = [
            (1, Session),
            (1, Session),
            (2, Alone),
            (2, Plain),
            (3, Begin),
            (3, Commit),
            (4, Session),
            (4, Plain),
            (5, Uncertain),
            (5, Uncertain),
            (6, Uncertain),
            (7, Uncertain),
            (8, Locking),
            (8, Locking),
        ];
        assert_eq!(kinds(Dialect::Mysql, file), expected);
    }

    #[test]
    fn a_routine_of_mysql_is_one_statement() {
        let file = "\
CREATE DEFINER = `me`@`here` PROCEDURE a()
BEGIN
    DECLARE b INT DEFAULT CASE WHEN 1 THEN 2 END;
    IF b = 1 THEN SELECT 1; END IF;
    CASE b WHEN 1 THEN SELECT 1; END CASE;
    BEGIN SELECT 1; END;
    WHILE b < 3 DO SET b = b + 1; END WHILE;
END;
CREATE TRIGGER c BEFORE INSERT ON d FOR EACH ROW SET NEW.e = 1;
SELECT 1;
";
        assert_eq!(kinds(Dialect::Mysql, file), [(1, Alone), (9, Alone), (10, Plain)]);
    }

    #[test]
    fn what_sqlite_runs_alone() {
        let file = "PRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;\nCREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; END;\nEND;\nVACUUM";
        let expected = [(1, Session), (2, Begin), (3, Plain), (4, Commit), (5, Alone)];
        assert_eq!(kinds(Dialect::Sqlite, file), expected);
    }
}
