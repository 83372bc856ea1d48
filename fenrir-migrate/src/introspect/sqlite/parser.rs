//! Reading the parts of a statement, one after the other.

use fenrir_schema::{Deferral, Dialect, ReferentialAction, Token, TokenKind};

use super::statement::{ColumnDefinition, Constraint, ConstraintKind, IndexedColumn, References};

/// What is left of a statement.
pub(super) struct Parser<'a> {
    sql: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
}

/// What ends the name of a type.
const AFTER_TYPE: &[&str] = &[
    "constraint",
    "primary",
    "not",
    "null",
    "unique",
    "check",
    "default",
    "collate",
    "references",
    "generated",
    "as",
];

impl<'a> Parser<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Self { sql, tokens: Dialect::Sqlite.tokens(sql), at: 0 }
    }

    pub(super) fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    fn is_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(word))
    }

    pub(super) fn word(&mut self, word: &str) -> Option<()> {
        self.is_word(word).then(|| self.at += 1)
    }

    pub(super) fn words(&mut self, words: &[&str]) -> Option<()> {
        let all = words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.tokens.get(self.at + ahead).is_some_and(|token| token.is_word(word)));
        all.then(|| self.at += words.len())
    }

    pub(super) fn sign(&mut self, sign: &str) -> Option<()> {
        self.peek().is_some_and(|token| token.is_sign(sign)).then(|| self.at += 1)
    }

    /// SQLite takes a text for a name where no text can stand.
    pub(super) fn name(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        let name = match token.kind {
            TokenKind::Word => token.text.to_owned(),
            TokenKind::Name | TokenKind::Text => token.value.clone(),
            TokenKind::Number | TokenKind::Sign => return None,
        };
        self.at += 1;
        Some(name)
    }

    /// What stands in parentheses, as it is written.
    fn parenthesized(&mut self) -> Option<String> {
        self.sign("(")?;
        let start = self.tokens.get(self.at)?.start;
        let mut depth = 1_usize;
        while depth > 0 {
            let token = self.tokens.get(self.at)?;
            if token.is_sign("(") {
                depth += 1;
            } else if token.is_sign(")") {
                depth -= 1;
            }
            self.at += 1;
        }
        Some(self.sql[start..self.tokens[self.at - 1].start].trim().to_owned())
    }

    fn names(&mut self) -> Option<Vec<String>> {
        self.sign("(")?;
        let mut names = vec![self.name()?];
        while self.sign(",").is_some() {
            names.push(self.name()?);
        }
        self.sign(")")?;
        Some(names)
    }

    pub(super) fn column(&mut self) -> Option<ColumnDefinition> {
        let mut column = ColumnDefinition { name: self.name()?, ..ColumnDefinition::default() };
        column.type_name = self.type_name();
        let mut name = None;
        loop {
            if self.word("constraint").is_some() {
                name = Some(self.name()?);
                continue;
            }
            let own = column.name.clone();
            if self.words(&["not", "null"]).is_some() {
                column.not_null = true;
                if let Some(conflict) = self.conflict()? {
                    column.about = Some(conflict);
                }
            } else if self.word("null").is_some() {
                if let Some(conflict) = self.conflict()? {
                    column.about = Some(conflict);
                }
            } else if self.word("default").is_some() {
                column.default = Some(self.default()?);
            } else if self.word("collate").is_some() {
                let collation = self.name()?;
                column.collation = Some(collation).filter(|name| !name.eq_ignore_ascii_case("binary"));
            } else if self.words(&["generated", "always", "as"]).is_some() || self.word("as").is_some() {
                let expression = self.parenthesized()?;
                let stored = self.word("stored").is_some();
                let _ = self.word("virtual");
                column.generated = Some((expression, stored));
            } else if let Some(constraint) = self.constraint(name.take(), Some(own)) {
                column.constraints.push(constraint?);
            } else {
                return Some(column);
            }
            name = None;
        }
    }

    fn type_name(&mut self) -> String {
        let start = self.at;
        while let Some(token) = self.peek() {
            let is_name = match token.kind {
                TokenKind::Word => !AFTER_TYPE.iter().any(|word| token.is_word(word)),
                TokenKind::Name | TokenKind::Text => true,
                TokenKind::Number | TokenKind::Sign => false,
            };
            if !is_name {
                break;
            }
            self.at += 1;
        }
        let end = self.at;
        if end > start
            && self.peek().is_some_and(|token| token.is_sign("("))
            && self.parenthesized().is_none()
        {
            self.at = end;
        }
        match self.tokens.get(start..self.at) {
            Some([first, .., last]) => self.sql[first.start..last.end()].to_owned(),
            Some([one]) => one.text.to_owned(),
            _ => String::new(),
        }
    }

    fn default(&mut self) -> Option<String> {
        let start = self.peek()?.start;
        if self.peek()?.is_sign("(") {
            self.parenthesized()?;
        } else {
            while self.peek()?.kind == TokenKind::Sign {
                self.at += 1;
            }
            let is_blob = self.is_word("x");
            self.at += 1;
            let end = self.tokens.get(self.at - 1)?.end();
            if is_blob && self.peek().is_some_and(|next| next.kind == TokenKind::Text && next.start == end) {
                self.at += 1;
            }
        }
        Some(self.sql[start..self.tokens.get(self.at - 1)?.end()].to_owned())
    }

    /// `ON CONFLICT …`; the default is nothing.
    fn conflict(&mut self) -> Option<Option<String>> {
        if self.words(&["on", "conflict"]).is_none() {
            return Some(None);
        }
        let what = self.name()?.to_uppercase();
        Some((what != "ABORT").then(|| format!("ON CONFLICT {what}")))
    }

    pub(super) fn table_constraint(&mut self) -> Option<Option<Constraint>> {
        let before = self.at;
        let mut name = None;
        while self.word("constraint").is_some() {
            name = self.name();
        }
        let found = self.constraint(name, None);
        if found.is_none() {
            self.at = before;
        }
        found
    }

    /// None where no constraint follows, and `Some(None)` where one follows that cannot be read. `column` is
    /// the column that it is of, where it is not the table's.
    fn constraint(&mut self, name: Option<String>, column: Option<String>) -> Option<Option<Constraint>> {
        let of_column = column.is_some();
        if self.words(&["primary", "key"]).is_some() {
            Some(self.key(name, column, true))
        } else if self.word("unique").is_some() {
            Some(self.key(name, column, false))
        } else if self.word("check").is_some() {
            let text = self.parenthesized();
            let about = self.conflict();
            Some(text.zip(about).map(|(text, about)| Constraint {
                name,
                kind: ConstraintKind::Check(text),
                about,
                collated: Vec::new(),
            }))
        } else if of_column && self.word("references").is_some() {
            Some(self.references(name, column.into_iter().collect()))
        } else if !of_column && self.words(&["foreign", "key"]).is_some() {
            let columns = self.names();
            let references = self.word("references");
            Some(columns.zip(references).and_then(|(columns, ())| self.references(name, columns)))
        } else {
            None
        }
    }

    fn key(&mut self, name: Option<String>, column: Option<String>, primary: bool) -> Option<Constraint> {
        let mut about = None;
        let mut collated = Vec::new();
        let mut autoincrement = false;
        let columns = match column {
            Some(column) => {
                if self.word("desc").is_some() {
                    about = Some("DESC".to_owned());
                } else {
                    let _ = self.word("asc");
                }
                vec![column]
            }
            None => {
                let keys = self.indexed_columns()?;
                about = keys.iter().find(|key| key.descending).map(|key| key.text.clone());
                let names = keys.iter().map(|key| key.name.clone()).collect::<Option<_>>()?;
                collated = keys.into_iter().filter(|key| key.collation.is_some()).collect();
                names
            }
        };
        about = self.conflict()?.or(about);
        if primary && self.word("autoincrement").is_some() {
            autoincrement = true;
        }
        let kind = if primary {
            ConstraintKind::PrimaryKey { columns, autoincrement }
        } else {
            ConstraintKind::Unique { columns }
        };
        Some(Constraint { name, kind, about, collated })
    }

    pub(super) fn indexed_columns(&mut self) -> Option<Vec<IndexedColumn>> {
        self.sign("(")?;
        let mut columns = Vec::new();
        loop {
            columns.push(self.indexed_column()?);
            if self.sign(")").is_some() {
                return Some(columns);
            }
            self.sign(",")?;
        }
    }

    /// Up to the comma or the parenthesis that follows it.
    fn indexed_column(&mut self) -> Option<IndexedColumn> {
        let first = self.at;
        let mut depth = 0_usize;
        loop {
            let token = self.peek()?;
            if token.is_sign("(") {
                depth += 1;
            } else if depth == 0 && (token.is_sign(")") || token.is_sign(",")) {
                break;
            } else if token.is_sign(")") {
                depth -= 1;
            }
            self.at += 1;
        }
        let mut tokens = self.tokens.get(first..self.at)?;
        let text = |tokens: &[Token<'_>]| match tokens {
            [first, .., last] => self.sql[first.start..last.end()].to_owned(),
            [one] => one.text.to_owned(),
            [] => String::new(),
        };
        let whole = text(tokens);
        let mut descending = false;
        let mut collation = None;
        if let [before @ .., last] = tokens {
            if !before.is_empty() && (last.is_word("desc") || last.is_word("asc")) {
                descending = last.is_word("desc");
                tokens = before;
            }
        }
        if let [before @ .., keyword, name] = tokens {
            if keyword.is_word("collate") && !before.is_empty() {
                let bare = name.kind == TokenKind::Word;
                let name = if bare { name.text.to_owned() } else { name.value.clone() };
                collation = Some(name);
                tokens = before;
            }
        }
        let name = match tokens {
            [one] if one.kind == TokenKind::Word => Some(one.text.to_owned()),
            [one] if one.kind == TokenKind::Name || one.kind == TokenKind::Text => Some(one.value.clone()),
            _ => None,
        };
        let text = if name.is_some() { whole } else { text(tokens) };
        Some(IndexedColumn { name, text, collation, descending })
    }

    fn references(&mut self, name: Option<String>, columns: Vec<String>) -> Option<Constraint> {
        let table = self.name()?;
        let to = if self.peek().is_some_and(|token| token.is_sign("(")) { self.names()? } else { Vec::new() };
        let mut references = References {
            columns,
            table,
            to,
            on_delete: ReferentialAction::NoAction,
            on_update: ReferentialAction::NoAction,
            deferral: Deferral::NotDeferrable,
        };
        loop {
            if self.words(&["on", "delete"]).is_some() {
                references.on_delete = self.action()?;
            } else if self.words(&["on", "update"]).is_some() {
                references.on_update = self.action()?;
            } else if self.word("match").is_some() {
                // It means nothing to SQLite: <https://www.sqlite.org/foreignkeys.html#fk_unsupported>.
                self.name()?;
            } else if self.words(&["not", "deferrable"]).is_some() {
                self.initially();
            } else if self.word("deferrable").is_some() {
                let deferred = self.initially();
                references.deferral =
                    if deferred { Deferral::InitiallyDeferred } else { Deferral::Deferrable };
            } else {
                let kind = ConstraintKind::ForeignKey(references);
                return Some(Constraint { name, kind, about: None, collated: Vec::new() });
            }
        }
    }

    /// Whether it is `INITIALLY DEFERRED`.
    fn initially(&mut self) -> bool {
        let deferred = self.words(&["initially", "deferred"]).is_some();
        let _ = self.words(&["initially", "immediate"]);
        deferred
    }

    fn action(&mut self) -> Option<ReferentialAction> {
        let actions: [(&[&str], _); 5] = [
            (&["cascade"], ReferentialAction::Cascade),
            (&["restrict"], ReferentialAction::Restrict),
            (&["no", "action"], ReferentialAction::NoAction),
            (&["set", "null"], ReferentialAction::SetNull),
            (&["set", "default"], ReferentialAction::SetDefault),
        ];
        actions.into_iter().find_map(|(words, action)| self.words(words).map(|()| action))
    }
}
