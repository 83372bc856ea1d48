//! What of a migration's file runs together: all of it, or part by part.

use fenrir_schema::{Dialect, FileStatement, StatementKind};

/// What runs together, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit<'a> {
    /// One that makes a setting of the session, which everyone needs who runs what follows.
    Session(FileStatement<'a>),
    /// One in no transaction.
    Alone(FileStatement<'a>),
    /// Some in one transaction.
    Together(Vec<FileStatement<'a>>),
}

impl<'a> Unit<'a> {
    pub(super) fn statements(&self) -> &[FileStatement<'a>] {
        match self {
            Unit::Session(statement) | Unit::Alone(statement) => std::slice::from_ref(statement),
            Unit::Together(statements) => statements,
        }
    }

    /// What it is known by in the journal.
    pub(super) fn text(&self) -> String {
        self.statements().iter().map(|statement| statement.text).collect::<Vec<_>>().join(";\n")
    }
}

/// The parts of a file that does not run in one transaction. What the file itself puts between `BEGIN` and `COMMIT`
/// stays together; where `gathers`, so does what lies between two that run alone.
pub(super) fn units<'a>(dialect: Dialect, statements: &[FileStatement<'a>], gathers: bool) -> Vec<Unit<'a>> {
    let mut units = Vec::new();
    let mut open: Option<Vec<FileStatement<'a>>> = None;
    let close = |open: &mut Option<Vec<_>>, units: &mut Vec<Unit<'a>>| {
        if let Some(together) = open.take().filter(|together: &Vec<_>| !together.is_empty()) {
            units.push(Unit::Together(together));
        }
    };
    let mut is_framed = false;
    for &statement in statements {
        match statement.kind {
            StatementKind::Begin => {
                close(&mut open, &mut units);
                (open, is_framed) = (Some(Vec::new()), true);
            }
            StatementKind::Commit => {
                close(&mut open, &mut units);
                is_framed = false;
            }
            StatementKind::Rollback => (open, is_framed) = (None, false),
            // Such a database commits with it, whatever is open.
            StatementKind::Alone if !is_framed || !dialect.undoes_ddl() => {
                close(&mut open, &mut units);
                units.push(Unit::Alone(statement));
            }
            // What it commits would be committed with it.
            StatementKind::Uncertain if !is_framed => {
                close(&mut open, &mut units);
                units.push(Unit::Together(vec![statement]));
            }
            StatementKind::Session if !is_framed => {
                close(&mut open, &mut units);
                units.push(Unit::Session(statement));
            }
            _ if is_framed || gathers => open.get_or_insert_default().push(statement),
            _ => units.push(Unit::Together(vec![statement])),
        }
    }
    close(&mut open, &mut units);
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(dialect: Dialect, sql: &str, gathers: bool) -> Vec<String> {
        let part = |unit: &Unit<'_>| {
            let mark = match unit {
                Unit::Session(_) => "session",
                Unit::Alone(_) => "alone",
                Unit::Together(_) => "together",
            };
            let texts: Vec<_> = unit.statements().iter().map(|statement| statement.text).collect();
            format!("{mark}: {}", texts.join(" | "))
        };
        units(dialect, &dialect.statements(sql), gathers).iter().map(part).collect()
    }

    #[test]
    fn what_a_file_puts_together_stays_so() {
        let sql = "SET x = 1; VACUUM; UPDATE a; BEGIN; UPDATE b; UPDATE c; COMMIT; BEGIN; UPDATE d; ROLLBACK; UPDATE e";
        assert_eq!(
            parts(Dialect::Postgres, sql, false),
            [
                "session: SET x = 1",
                "alone: VACUUM",
                "together: UPDATE a",
                "together: UPDATE b | UPDATE c",
                "together: UPDATE e"
            ]
        );
    }

    #[test]
    fn what_mysql_commits_with_ends_a_part() {
        let sql = "UPDATE a; UPDATE b; ALTER TABLE c; UPDATE d; CALL e(); UPDATE f";
        assert_eq!(
            parts(Dialect::Mysql, sql, true),
            [
                "together: UPDATE a | UPDATE b",
                "alone: ALTER TABLE c",
                "together: UPDATE d",
                "together: CALL e()",
                "together: UPDATE f"
            ]
        );
    }
}
