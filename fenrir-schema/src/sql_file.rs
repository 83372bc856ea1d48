//! A file of SQL taken apart: as the database's own program reads it, and what of it makes a schema.

use crate::sql_statement::{Pattern, Seen};
use crate::token::unquoted;
use crate::{Dialect, StatementKind};

/// A part of a file of SQL, such as a dump.
///
/// ```
/// use fenrir_schema::{Dialect, PieceKind};
///
/// let pieces = Dialect::Postgres.pieces("CREATE TABLE a (b text);\n\nGRANT ALL ON a TO me;\n\\connect other\n");
/// assert_eq!((pieces[0].line, pieces[0].text, pieces[0].kind), (1, "CREATE TABLE a (b text)", PieceKind::Statement));
/// assert_eq!((pieces[1].line, pieces[1].kind), (3, PieceKind::LeftOut));
/// assert!(matches!(pieces[2].kind, PieceKind::Refused(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The line that it begins in, from 1.
    pub line: usize,
    /// The text, without what ends it.
    pub text: &'a str,
    /// What becomes of it.
    pub kind: PieceKind,
}

/// What becomes of a part of a file by which the schema is made that the file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// It is run.
    Statement,
    /// It is run, and where the database does not have what it names, such as a setting of a later version or an
    /// extension, the rest may be made all the same.
    Optional,
    /// It is no part of the schema: rows, owners, rights.
    LeftOut,
    /// It cannot be run in one database by itself, for this reason.
    Refused(&'static str),
}

/// How a database's own program reads a file.
pub(crate) struct FileSyntax {
    /// What a line begins with that is for the program.
    pub(crate) command: Option<char>,
    /// Whether a comment can lie in a comment.
    pub(crate) nested_comments: bool,
    /// Whether `#` begins a comment, `--` does so before a blank only, and `/*!` none.
    pub(crate) mysql_comments: bool,
    /// Whether texts can stand between `$tag$`.
    pub(crate) dollar_quotes: bool,
    /// Whether a line `DELIMITER` says what ends a statement.
    pub(crate) delimiters: bool,
    /// Whether rows follow `COPY … FROM stdin`.
    pub(crate) copies: bool,
    /// In which statements others stand.
    pub(crate) bodies: Bodies,
    /// How a statement can run that begins with these words: the first that fits. All others can be part of a
    /// transaction.
    pub(crate) runs: &'static [(Pattern, StatementKind)],
    /// What becomes of what begins with these words: the first that fits. All else is run.
    pub(crate) treatments: &'static [(Pattern, PieceKind)],
}

/// Which statements hold others, each of which ends with a `;` too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// Functions, between `BEGIN ATOMIC` and `END`.
    Atomic,
    /// Triggers, which end with `; END;`.
    Triggers,
    /// Routines, triggers and events, between `BEGIN` and `END`.
    Compound,
}

impl Dialect {
    /// The parts of a file of SQL, without comments between them. What is not closed ends with the file.
    #[must_use]
    pub fn pieces(self, text: &str) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        let mut reader = Reader::new(self, text);
        while let Some(part) = reader.next() {
            let kind = match part.what {
                What::Command => command(part.text),
                What::Rows => PieceKind::LeftOut,
                What::Statement(seen) => seen.treatment(reader.syntax.treatments),
            };
            pieces.push(Piece { line: part.line, text: part.text, kind });
        }
        pieces
    }
}

/// Reads a file part by part, each without what ends it.
pub(crate) struct Reader<'a> {
    dialect: Dialect,
    syntax: &'static FileSyntax,
    text: &'a str,
    at: usize,
    delimiter: &'a str,
    /// The line of `counted`, from 1.
    line: usize,
    counted: usize,
}

/// A part of a file.
pub(crate) struct Part<'a> {
    /// The line that it begins in, from 1.
    pub(crate) line: usize,
    pub(crate) text: &'a str,
    pub(crate) what: What,
}

/// What a part of a file is.
pub(crate) enum What {
    /// A line for the database's own program.
    Command,
    /// A statement.
    Statement(Seen),
    /// A statement behind which rows stand, in lines of their own.
    Rows,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(dialect: Dialect, text: &'a str) -> Self {
        Self { dialect, syntax: dialect.file_syntax(), text, at: 0, delimiter: ";", line: 1, counted: 0 }
    }

    pub(crate) fn next(&mut self) -> Option<Part<'a>> {
        let (start, end, what) = self.next_part()?;
        self.line += self.text[self.counted..start].matches('\n').count();
        self.counted = start;
        Some(Part { line: self.line, text: self.text[start..end].trim_end(), what })
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, what: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !what(c)).unwrap_or(rest.len());
    }

    fn skip_line(&mut self) {
        self.skip(|c| c != '\n');
    }

    /// Where the next part begins and ends, and what it is.
    fn next_part(&mut self) -> Option<(usize, usize, What)> {
        loop {
            self.skip(|c| c.is_whitespace() || c == '\u{feff}');
            if self.rest().is_empty() {
                return None;
            }
            if self.comment() {
                continue;
            }
            let start = self.at;
            if self.rest().starts_with(self.delimiter) {
                self.at += self.delimiter.len();
                continue;
            }
            if self.syntax.command.is_some_and(|mark| self.rest().starts_with(mark)) {
                self.skip_line();
                return Some((start, self.at, What::Command));
            }
            if self.syntax.delimiters && self.new_delimiter() {
                continue;
            }
            return Some(self.statement());
        }
    }

    /// A line by which something else ends the statements that follow.
    fn new_delimiter(&mut self) -> bool {
        let line = self.rest().lines().next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let (Some(first), Some(delimiter)) = (words.next(), words.next()) else { return false };
        let is_one = first.eq_ignore_ascii_case("delimiter");
        if is_one {
            self.delimiter = delimiter;
            self.skip_line();
        }
        is_one
    }

    /// Passes over a comment, if one is here.
    fn comment(&mut self) -> bool {
        let rest = self.rest();
        let is_dashes = rest.strip_prefix("--").is_some_and(|after| {
            !self.syntax.mysql_comments || after.is_empty() || after.starts_with(char::is_whitespace)
        });
        if is_dashes || self.syntax.mysql_comments && rest.starts_with('#') {
            self.skip_line();
            return true;
        }
        if !rest.starts_with("/*") || self.executed().is_some() {
            return false;
        }
        let (mut depth, mut at) = (1, 2);
        while depth > 0 {
            let open = rest[at..].find("/*").filter(|_| self.syntax.nested_comments);
            let Some(close) = rest[at..].find("*/") else {
                at = rest.len();
                break;
            };
            match open {
                Some(open) if open < close => (depth, at) = (depth + 1, at + open + 2),
                _ => (depth, at) = (depth - 1, at + close + 2),
            }
        }
        self.at += at;
        true
    }

    /// The length of what opens a comment that the server runs, with its version.
    fn executed(&self) -> Option<usize> {
        let marks = ["/*!", "/*M!"].into_iter().filter(|_| self.syntax.mysql_comments);
        let mark = marks.into_iter().find(|mark| self.rest().starts_with(mark))?;
        let rest = &self.rest()[mark.len()..];
        let version = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        // MariaDB's dumps begin with one that is for the program: <https://mariadb.org/mariadb-dump-file-compatibility-change/>.
        (!rest[version..].starts_with('\\')).then_some(mark.len() + version)
    }

    fn statement(&mut self) -> (usize, usize, What) {
        let start = self.at;
        let mut seen = Seen::default();
        // How many comments are open that the server runs: what closes one is no sign of the statement.
        let mut executed = 0_usize;
        while let Some(first) = self.rest().chars().next() {
            if seen.is_closed(self.syntax.bodies) && self.rest().starts_with(self.delimiter) {
                let end = self.at;
                self.at += self.delimiter.len();
                if self.syntax.copies && seen.takes_rows() {
                    self.rows();
                    return (start, end, What::Rows);
                }
                return (start, end, What::Statement(seen));
            }
            if first.is_whitespace() {
                self.at += first.len_utf8();
            } else if let Some(length) = self.executed() {
                self.at += length;
                executed += 1;
            } else if executed > 0 && self.rest().starts_with("*/") {
                self.at += 2;
                executed -= 1;
            } else if !self.comment() {
                self.token(first, &mut seen);
            }
        }
        (start, self.at, What::Statement(seen))
    }

    /// Passes over one word, text or sign.
    fn token(&mut self, first: char, seen: &mut Seen) {
        let rest = self.rest();
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        if let Some(quoted) = self.dialect.quoted(first) {
            let before = &self.text[start_of_word(self.text, self.at)..self.at];
            let escapes = quoted.escapes || self.syntax.dollar_quotes && before.eq_ignore_ascii_case("e");
            self.at += unquoted(rest, &quoted, escapes).0;
            seen.target.name();
            seen.other();
        } else if let Some(tag) = dollar_tag(rest).filter(|_| self.syntax.dollar_quotes) {
            let body = &rest[tag.len()..];
            self.at += tag.len() + body.find(tag).map_or(body.len(), |at| at + tag.len());
            seen.other();
        } else if first.is_ascii_digit() {
            self.skip(is_word);
            seen.target.name();
            seen.other();
        } else if is_word(first) {
            let start = self.at;
            self.skip(is_word);
            seen.word(self.text[start..self.at].to_lowercase(), self.syntax.bodies);
        } else {
            let before = &self.text[start_of_word(self.text, self.at)..self.at];
            seen.calls |= first == '(' && !before.eq_ignore_ascii_case("concat");
            self.at += first.len_utf8();
            seen.sign(first);
        }
    }

    /// Passes over the rows behind `COPY … FROM stdin;`.
    fn rows(&mut self) {
        self.skip_line();
        while !self.rest().is_empty() {
            self.at += 1;
            let line = self.rest().split('\n').next().unwrap_or_default();
            self.at += line.len();
            if line.trim_end_matches('\r') == "\\." {
                break;
            }
        }
    }
}

/// Where the word begins that ends here, if one does.
fn start_of_word(text: &str, end: usize) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let before = text[..end].char_indices().rev().take_while(|(_, c)| is_word(*c)).last();
    before.map_or(end, |(at, _)| at)
}

/// `$$` or `$tag$`, if it stands here.
fn dollar_tag(rest: &str) -> Option<&str> {
    let name = rest.strip_prefix('$')?;
    let end = name.find('$')?;
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let begins = !name.starts_with(|c: char| c.is_ascii_digit());
    (begins && name[..end].chars().all(is_name)).then(|| &rest[..end + 2])
}

/// What becomes of a line for the program: those that dumps have and that do nothing to the database are left out.
fn command(line: &str) -> PieceKind {
    let word = line.split_whitespace().next().unwrap_or_default();
    match word {
        "\\restrict" | "\\unrestrict" | "\\echo" | "\\qecho" | "\\warn" | "\\timing" | "\\pset" => {
            PieceKind::LeftOut
        }
        "\\set" if line.split_whitespace().nth(1) == Some("ON_ERROR_STOP") => PieceKind::LeftOut,
        "\\connect" | "\\c" => PieceKind::Refused(
            "it goes to another database: dump one without `--create`, and not by `pg_dumpall`",
        ),
        _ => PieceKind::Refused(
            "it is a command of the database's own program, and no SQL: take it out of the file",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each part that is run, with its line, and a mark where another thing becomes of it.
    fn read(dialect: Dialect, text: &str) -> Vec<String> {
        let pieces = dialect.pieces(text);
        let mark = |kind| match kind {
            PieceKind::Statement => "",
            PieceKind::Optional => "? ",
            PieceKind::LeftOut => "- ",
            PieceKind::Refused(_) => "! ",
        };
        pieces.iter().map(|piece| format!("{}{}: {}", mark(piece.kind), piece.line, piece.text)).collect()
    }

    #[test]
    fn a_dump_of_pg_dump() {
        let text = "\
-- Dumped; by pg_dump
\\restrict abc

SET transaction_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA public;
CREATE TABLE public.a (b text DEFAULT 'it''s; \\' /* x /* ; */ ; */ NOT NULL);
ALTER TABLE public.a OWNER TO nobody;
COPY public.a (b) FROM stdin;
one; two
\\.

CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $_$ BEGIN RETURN $1; END; $_$;
CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;
CREATE RULE r AS ON INSERT TO a DO ALSO (SELECT 1; SELECT 2);
CREATE TABLE c (d text DEFAULT E'\\';')
;
\\unrestrict abc
";
        assert_eq!(
            read(Dialect::Postgres, text),
            [
                "- 2: \\restrict abc",
                "? 4: SET transaction_timeout = 0",
                "5: SELECT pg_catalog.set_config('search_path', '', false)",
                "- 6: CREATE SCHEMA public",
                "7: CREATE TABLE public.a (b text DEFAULT 'it''s; \\' /* x /* ; */ ; */ NOT NULL)",
                "- 8: ALTER TABLE public.a OWNER TO nobody",
                "- 9: COPY public.a (b) FROM stdin",
                "13: CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $_$ BEGIN RETURN $1; END; $_$",
                "14: CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
                "15: CREATE RULE r AS ON INSERT TO a DO ALSO (SELECT 1; SELECT 2)",
                "16: CREATE TABLE c (d text DEFAULT E'\\';')",
                "- 18: \\unrestrict abc",
            ]
        );
    }

    #[test]
    fn what_is_of_more_than_one_database_is_refused() {
        for (dialect, text) in [
            (Dialect::Postgres, "CREATE DATABASE x WITH TEMPLATE = template0;"),
            (Dialect::Postgres, "\\connect x"),
            (Dialect::Postgres, "\\! rm -r x"),
            (Dialect::Postgres, "COPY a FROM PROGRAM 'x';"),
            (Dialect::Postgres, "alter /* it */ system SET x = 1"),
            (Dialect::Mysql, "USE x;"),
            (Dialect::Mysql, "CREATE DATABASE /*!32312 IF NOT EXISTS*/ x;"),
            (Dialect::Mysql, "/*!40000 DROP DATABASE IF EXISTS x*/;"),
            (Dialect::Mysql, "PREPARE s FROM 'DROP TABLE there.page'"),
            (Dialect::Mysql, "EXECUTE s"),
            (Dialect::Mysql, "EXECUTE IMMEDIATE 'DROP TABLE there.page'"),
            (Dialect::Mysql, "CALL p()"),
            (Dialect::Mysql, "DO p()"),
            (Dialect::Mysql, "ANALYZE DELETE FROM there.page"),
            (Dialect::Mysql, "SELECT 1 INTO OUTFILE '/tmp/x'"),
            (Dialect::Mysql, "(SELECT 1 INTO OUTFILE '/tmp/x')"),
            (Dialect::Mysql, "SET STATEMENT max_statement_time = 1 FOR DROP TABLE page"),
            (Dialect::Mysql, "SET GLOBAL max_connections = 1"),
            (Dialect::Mysql, "SET NAMES utf8mb4, @@global.max_connections = 1"),
            (Dialect::Mysql, "SET @a = p()"),
            (Dialect::Mysql, "SET @a = concat (1)"),
            (Dialect::Mysql, "SET PASSWORD FOR me = 'x'"),
            (Dialect::Mysql, "KILL 1"),
            (Dialect::Mysql, "/*!drop*/ /*!table*/ there.page"),
            (Dialect::Mysql, "CREATE TABLE page LIKE there.page"),
            (Dialect::Mysql, "CREATE TABLE page (LIKE there.page)"),
            (Dialect::Mysql, "CREATE TABLE page (id int) SELECT * FROM there.page"),
            (Dialect::Mysql, "CREATE TABLE page AS TABLE there.page"),
            (Dialect::Mysql, "ALTER TABLE page RENAME AS there.page"),
            (Dialect::Mysql, "CREATE FUNCTION f RETURNS string SONAME 'f.so'"),
            (Dialect::Mysql, "CREATE OR REPLACE USER me"),
            (Dialect::Mysql, "RENAME USER me TO you"),
            (Dialect::Mysql, "INSTALL SONAME 'x'"),
            (Dialect::Mysql, "no_such_word"),
            (Dialect::Sqlite, "ATTACH 'x' AS x;"),
            (Dialect::Sqlite, ".read x"),
        ] {
            let pieces = dialect.pieces(text);
            assert!(matches!(pieces[..], [Piece { kind: PieceKind::Refused(_), .. }]), "{pieces:?}");
        }
    }

    /// Blocks of statements would hide the others.
    #[test]
    fn what_a_block_of_mysql_holds_is_not_run() {
        for text in [
            "BEGIN NOT ATOMIC DROP TABLE there.page; END",
            "IF 1 THEN DROP TABLE there.page; END IF",
            "DELIMITER $$\nCREATE TABLE page (id int); DROP TABLE there.page $$",
            "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END; DROP TABLE there.page $$",
        ] {
            let pieces = Dialect::Mysql.pieces(text);
            assert!(matches!(pieces[0].kind, PieceKind::Refused(_)), "{pieces:?}");
            assert!(pieces.iter().all(|piece| piece.kind != PieceKind::Statement), "{pieces:?}");
        }
        let long = format!("CREATE TABLE page (id int CHECK (id {})) SELECT 1", "AND id ".repeat(99));
        assert!(matches!(Dialect::Mysql.pieces(&long)[0].kind, PieceKind::Refused(_)));
    }

    #[test]
    fn a_dump_of_sqlite3() {
        let text = "\u{feff}PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE [a;b] (c);
INSERT INTO \"a;b\" VALUES(';');
INSERT INTO sqlite_schema(type) VALUES('table');
CREATE TEMP TRIGGER t AFTER INSERT ON x BEGIN
  SELECT CASE WHEN 1 THEN 2 END; -- END;
  SELECT 1;
END;
COMMIT;";
        assert_eq!(
            read(Dialect::Sqlite, text),
            [
                "1: PRAGMA foreign_keys=OFF",
                "2: BEGIN TRANSACTION",
                "3: CREATE TABLE [a;b] (c)",
                "- 4: INSERT INTO \"a;b\" VALUES(';')",
                "5: INSERT INTO sqlite_schema(type) VALUES('table')",
                "6: CREATE TEMP TRIGGER t AFTER INSERT ON x BEGIN\n  SELECT CASE WHEN 1 THEN 2 END; -- END;\n  SELECT 1;\nEND",
                "10: COMMIT",
            ]
        );
    }

    #[test]
    fn a_dump_of_mariadb() {
        let text = "/*M!999999\\- enable the sandbox mode */
-- Host: x;
/*!40101 SET NAMES utf8mb4 */;
# a comment; with that
CREATE TABLE `a` (b int DEFAULT 1--1, c text DEFAULT 'it\\'s;');
LOCK TABLES `a` WRITE;
DELIMITER ;;
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @x = 1; END ;;
DELIMITER ;
SET @@GLOBAL.GTID_PURGED='x';
";
        assert_eq!(
            read(Dialect::Mysql, text),
            [
                "? 3: /*!40101 SET NAMES utf8mb4 */",
                "5: CREATE TABLE `a` (b int DEFAULT 1--1, c text DEFAULT 'it\\'s;')",
                "- 6: LOCK TABLES `a` WRITE",
                "8: CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @x = 1; END",
                "- 10: SET @@GLOBAL.GTID_PURGED='x'",
            ]
        );
    }

    /// It would be run there.
    #[test]
    fn what_lies_in_another_database_of_mysql() {
        for text in [
            "DROP TABLE there.page",
            "drop table if exists page, `there` . `page`",
            "CREATE TABLE `there`.page (id int)",
            "/*!50001 CREATE ALGORITHM=MERGE DEFINER=`root`@`%` VIEW there.v AS SELECT 1 */",
            "CREATE OR REPLACE TEMPORARY TABLE IF NOT EXISTS there.page LIKE page",
            "ALTER TABLE there.page ADD x int",
            "ALTER TABLE page RENAME TO there.page",
            "RENAME TABLE page TO there.page",
            "RENAME TABLE page TO other, there.page TO page",
            "CREATE UNIQUE INDEX i ON there.page (id)",
            "CREATE TRIGGER t BEFORE INSERT ON there.page FOR EACH ROW SET @x = 1",
            "CREATE PROCEDURE there.nothing() BEGIN END",
        ] {
            let pieces = Dialect::Mysql.pieces(text);
            assert!(matches!(pieces[0].kind, PieceKind::Refused(why) if why.contains("database")), "{text}");
        }
        for text in [
            "CREATE VIEW v AS SELECT a.b FROM a JOIN c ON a.id = c.id",
            "CREATE TABLE page (id int, n decimal(1,1) DEFAULT 0.5, FOREIGN KEY (id) REFERENCES other (id))",
            "CREATE TRIGGER t BEFORE INSERT ON page FOR EACH ROW SET NEW.a = 1.5",
            "CREATE DEFINER=`a.b`@`%` FUNCTION f() RETURNS int RETURN 1.5",
            "ALTER TABLE `a.b` ADD c int DEFAULT 1.5",
        ] {
            assert_eq!(Dialect::Mysql.pieces(text)[0].kind, PieceKind::Statement, "{text}");
        }
        for text in [
            "UPDATE there.page SET id = 1",
            "DELETE FROM there.page",
            "TRUNCATE there.page",
            "SELECT 1",
            "CREATE DEFINER=`a.b`@`%` EVENT e ON SCHEDULE EVERY 1.5 HOUR DO DELETE FROM there.page",
        ] {
            assert_eq!(Dialect::Mysql.pieces(text)[0].kind, PieceKind::LeftOut, "{text}");
        }
        assert_eq!(Dialect::Postgres.pieces("DROP TABLE there.page")[0].kind, PieceKind::Statement);
    }

    #[test]
    fn broken_text_is_no_trouble() {
        for dialect in Dialect::ALL {
            for text in [
                "",
                ";",
                ";;",
                "'",
                "$",
                "$$",
                "$a$",
                "/*",
                "/*!",
                "--",
                "\\",
                ".",
                "DELIMITER",
                "é'",
                "(",
                "COPY a FROM stdin;",
            ] {
                assert!(dialect.pieces(text).iter().all(|piece| piece.line == 1));
            }
        }
    }
}
