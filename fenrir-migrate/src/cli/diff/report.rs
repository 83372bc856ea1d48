//! What `fenrir diff` says.

use fenrir_schema::{Dialect, Script};
use serde_json::json;

use crate::cli::check::Difference;
use crate::cli::outcome::{Outcome, bullets};
use crate::introspect::NotCompared;

/// What was found between two schemas.
pub(super) struct Report {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) dialect: Dialect,
    pub(super) changes: Vec<Difference>,
    pub(super) not_compared: Vec<NotCompared>,
    pub(super) not_managed: Vec<String>,
    pub(super) sql: Option<String>,
}

impl Report {
    pub(super) fn outcome(self) -> Outcome {
        let is_equal = self.changes.is_empty() && self.not_compared.is_empty();
        let text = match &self.sql {
            Some(sql) => sql.trim_end().to_owned(),
            None => self.text(is_equal),
        };
        let changes = self.changes.iter();
        let not_compared = self.not_compared.iter();
        let mut json = json!({
            "equal": is_equal,
            "from": self.from,
            "to": self.to,
            "dialect": self.dialect,
            "changes": changes.map(|one| json!({ "change": one.change, "place": one.place })).collect::<Vec<_>>(),
            "not_compared": not_compared.map(|one| json!({ "part": one.part, "reason": one.reason })).collect::<Vec<_>>(),
            "not_managed": self.not_managed,
        });
        if let Some(sql) = self.sql {
            json["sql"] = sql.into();
        }
        let mut outcome = Outcome::new(text, json);
        outcome.is_no = !is_equal;
        outcome
    }

    fn text(&self, is_equal: bool) -> String {
        let (from, to) = (&self.from, &self.to);
        let mut parts = Vec::new();
        let mut part = |what: String, list: Vec<String>| {
            if !list.is_empty() {
                parts.push(format!("{what}:{}", bullets(list)));
            }
        };
        part(format!("what turns {from} into {to}"), self.changes.iter().map(Difference::text).collect());
        part("not compared".to_owned(), self.not_compared.iter().map(ToString::to_string).collect());
        part("not managed, and left alone".to_owned(), self.not_managed.clone());
        if is_equal {
            parts.insert(0, format!("{from} and {to} say the same"));
        }
        parts.join("\n")
    }
}

/// The text of a script that runs by itself: in one transaction, where it opens none.
pub(super) fn as_sql(script: &Script, header: &[String]) -> String {
    let text = script.to_sql(header);
    if script.statements.is_empty() {
        return text;
    }
    if script.frame.is_some() {
        return format!("{STOP}{text}");
    }
    format!("{STOP}BEGIN;\n{}\nCOMMIT;\n", text.trim_end())
}

/// The programs go on after an error unless they are told not to.
const STOP: &str = "\
-- Run this so that it stops at the first error: `psql -v ON_ERROR_STOP=1`, `sqlite3 -bail`, `mysql` without
-- `--force`.
";
