//! The SQL of a migration: statements, each with the change that it makes, and how they are run.

/// One SQL statement, without the `;` at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it does, in words, for the comment above it; none for a statement that goes with the one
    /// before it.
    pub about: Option<String>,
    /// The SQL.
    pub sql: String,
}

/// The statements that make a list of changes in one dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// In the order in which they run.
    pub statements: Vec<Statement>,
    /// The lines that stand around the statements, for changes that a plain transaction cannot make.
    pub frame: Option<Frame>,
}

/// What stands around the statements of a script that opens its own transaction, part by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Why there is one, for those who review the file.
    pub about: &'static str,
    /// Settings that must be made outside a transaction.
    pub set: &'static str,
    /// The opening of the transaction.
    pub begin: &'static str,
    /// What comes first inside it.
    pub enter: &'static str,
    /// What comes last inside it: fails where the statements must not be committed.
    pub leave: &'static str,
    /// The end of the transaction.
    pub commit: &'static str,
    /// The settings as they are by default.
    pub reset: &'static str,
}

impl Frame {
    fn open(&self) -> String {
        [self.set, self.begin, self.enter].concat()
    }

    fn close(&self) -> String {
        [self.leave, self.commit, self.reset].concat()
    }

    /// The statements inside this frame, if `sql` has it: only comments before it, nothing after it.
    ///
    /// A runner that has its own record to write takes the statements, and does itself what the
    /// frame would do. A file whose frame was edited is not taken apart.
    #[must_use]
    pub fn body<'a>(&self, sql: &'a str) -> Option<&'a str> {
        let open = self.open();
        let (before, rest) = sql.split_once(&open)?;
        let only_comments = before.lines().all(|line| line.trim().is_empty() || line.starts_with("--"));
        let body = rest.trim_end().strip_suffix(self.close().trim_end())?;
        (only_comments && !body.contains(&open)).then_some(body)
    }
}

impl Script {
    /// Adds a statement under a comment of its own.
    pub(crate) fn push(&mut self, about: impl ToString, sql: String) {
        self.statements.push(Statement { about: Some(about.to_string()), sql });
    }

    /// Adds a statement that goes with the one before it.
    pub(crate) fn also(&mut self, sql: String) {
        self.statements.push(Statement { about: None, sql });
    }

    /// Adds statements under one comment.
    pub(crate) fn push_all(&mut self, about: impl ToString, statements: impl IntoIterator<Item = String>) {
        for (number, sql) in statements.into_iter().enumerate() {
            let about = (number == 0).then(|| about.to_string());
            self.statements.push(Statement { about, sql });
        }
    }

    /// The text of `up.sql` or `down.sql`, under a header of comment lines.
    #[must_use]
    pub fn to_sql(&self, header: &[String]) -> String {
        let mut text = String::new();
        for line in header.iter().flat_map(|line| line.split('\n')) {
            text.push_str(&comment(line));
        }
        if let Some(frame) = self.frame {
            text.push('\n');
            frame.about.lines().for_each(|line| text.push_str(&comment(line)));
            text.push_str(&frame.open());
        }
        for statement in &self.statements {
            if let Some(about) = &statement.about {
                text.push('\n');
                text.push_str(&comment(about));
            }
            text.push_str(&statement.sql);
            text.push_str(";\n");
        }
        if self.statements.is_empty() {
            // PostgreSQL refuses an empty query, and Diesel an empty file.
            text.push_str("\n-- Nothing to do in this database.\nSELECT 1;\n");
        }
        if let Some(frame) = self.frame {
            text.push('\n');
            text.push_str(&frame.close());
        }
        text
    }

    /// The statements alone, each ended by `;`.
    #[must_use]
    pub fn bare_sql(&self) -> String {
        self.statements.iter().map(|statement| format!("{};\n", statement.sql)).collect()
    }
}

/// A line as an SQL comment. Whatever it holds, it cannot leave the comment.
fn comment(line: &str) -> String {
    let mut text = String::from("--");
    if !line.is_empty() {
        text.push(' ');
    }
    for c in line.chars() {
        if c.is_control() {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame {
        about: "Why.",
        set: "",
        begin: "BEGIN;\n",
        enter: "",
        leave: "",
        commit: "COMMIT;\n",
        reset: "",
    };

    #[test]
    fn a_frame_is_taken_off_what_was_written_with_it() {
        let mut script = Script { frame: Some(FRAME), ..Script::default() };
        script.push("drop table `page`", "DROP TABLE page".to_owned());
        let text = script.to_sql(&["A header".to_owned()]);
        assert_eq!(FRAME.body(&text).unwrap().trim(), "-- drop table `page`\nDROP TABLE page;");
    }

    #[test]
    fn an_edited_frame_is_left_alone() {
        assert_eq!(FRAME.body("DELETE FROM page;\nBEGIN;\nCOMMIT;\n"), None);
        assert_eq!(FRAME.body("BEGIN;\nCOMMIT;\nDELETE FROM page;\n"), None);
    }

    #[test]
    fn a_comment_cannot_be_left() {
        assert_eq!(comment("a\nDROP TABLE page"), "-- a\\nDROP TABLE page\n");
    }
}
