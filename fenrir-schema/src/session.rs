//! What a session holds for the statements of a file: settings, variables, temporary tables. Whoever goes on with the
//! file in another session makes what the rest of it needs, and nothing else: what was looked at before may be there no
//! more.

use std::collections::BTreeSet;

use crate::{Dialect, FileStatement, StatementKind, Token, TokenKind};

/// What a statement does to the session.
#[derive(Debug, Default, PartialEq, Eq)]
struct Effect {
    /// What is there from here on: variables, with their `@`, or a temporary table.
    makes: BTreeSet<String>,
    /// What is there no more.
    removes: Option<String>,
    /// What is changed, and stays.
    changes: Option<String>,
    /// Whether it makes a setting, which all that follows may need.
    is_setting: bool,
    /// What it reads.
    uses: BTreeSet<String>,
}

impl Dialect {
    /// Which of the statements before one of a file change what it, or one behind it, needs of its session: their
    /// places, in their order.
    ///
    /// ```
    /// use fenrir_schema::Dialect;
    ///
    /// let file = "SET @a = 1; SET @b = (SELECT count(*) FROM gone); DROP TABLE gone; UPDATE page SET size = @a;";
    /// let statements = Dialect::Mysql.statements(file);
    /// assert_eq!(Dialect::Mysql.needed_of_session(&statements, 3), [0]);
    /// ```
    #[must_use]
    pub fn needed_of_session(self, statements: &[FileStatement<'_>], from: usize) -> Vec<usize> {
        let (before, rest) = statements.split_at(from.min(statements.len()));
        let mut live = BTreeSet::new();
        for statement in rest.iter().rev() {
            self.effect(statement).before(&mut live);
        }
        let mut needed = Vec::new();
        for (index, statement) in before.iter().enumerate().rev() {
            if statement.kind != StatementKind::Session {
                continue;
            }
            if self.effect(statement).prepare(&mut live) {
                needed.push(index);
            }
        }
        needed.reverse();
        needed
    }

    /// The first statement whose doing is needed by one of a file, or one behind it, and cannot be had again: made again it
    /// may be something else, as what comes from rows or from the time; or it is not run `again`, since it is a part of what
    /// is done. Those from `end` on have not run yet.
    #[must_use]
    pub fn lost_of_session(
        self,
        statements: &[FileStatement<'_>],
        end: usize,
        from: usize,
        again: &[bool],
    ) -> Option<usize> {
        let (before, rest) = statements.split_at(from.min(statements.len()));
        let temporary: BTreeSet<String> =
            before.iter().filter_map(|statement| self.new_temporary_table(statement.text)).collect();
        let mut live = BTreeSet::new();
        for statement in rest.iter().rev() {
            self.effect(statement).before(&mut live);
        }
        let mut lost = None;
        for (index, statement) in before.iter().enumerate().rev() {
            let effect = self.effect(statement);
            let tokens = self.tokens(statement.text);
            if statement.kind != StatementKind::Session {
                if leaves(&tokens, &live, &temporary) {
                    lost = Some(index);
                }
                continue;
            }
            if !effect.prepare(&mut live) {
                continue;
            }
            let is_again = again.get(index).copied().unwrap_or_default();
            if index < end && !(is_again && is_repeatable(&tokens)) {
                lost = Some(index);
            }
        }
        lost
    }

    /// Whether a statement reads a row into variables.
    pub(crate) fn fills_variables(self, statement: &str) -> bool {
        !selected_variables(&self.tokens(statement)).is_empty()
    }

    /// The temporary table that a statement creates.
    pub(crate) fn new_temporary_table(self, statement: &str) -> Option<String> {
        new_temporary_table(&self.tokens(statement))
    }

    /// The table that a statement adds rows to.
    pub(crate) fn filled_table(self, statement: &str) -> Option<String> {
        filled_table(&self.tokens(statement))
    }

    fn effect(self, statement: &FileStatement<'_>) -> Effect {
        let tokens = self.tokens(statement.text);
        let mut effect = Effect { uses: names(&tokens), ..Effect::default() };
        if begins(&tokens, CHANGING) {
            effect.makes.insert(LAST.to_owned());
        }
        let selected = selected_variables(&tokens);
        if let Some(table) = new_temporary_table(&tokens) {
            effect.uses.remove(&table);
            effect.makes.insert(table);
        } else if !selected.is_empty() {
            effect.makes = selected;
        } else if let Some(name) = deallocated(&tokens) {
            effect.uses.clear();
            effect.removes = Some(name);
        } else if begins(&tokens, &["prepare"]) {
            effect.uses = variables(&tokens).collect();
            effect
                .makes
                .extend(tokens.get(1).filter(|token| is_name(token)).map(|name| name.value.to_lowercase()));
        } else if let Some(table) = dropped_table(&tokens) {
            effect.uses.remove(&table);
            effect.removes = Some(table);
        } else if let Some((set, is_setting)) = set_variables(&tokens) {
            effect.is_setting = is_setting;
            for variable in set {
                // Where it is made of itself, it is changed: what made it before is needed too.
                if variables(&tokens).filter(|name| *name == variable).count() == 1 {
                    effect.uses.remove(&variable);
                }
                effect.makes.insert(variable);
            }
        } else if statement.kind == StatementKind::Session {
            effect.changes = filled_table(&tokens);
            effect.is_setting = effect.changes.is_none();
        }
        effect
    }
}

impl Effect {
    /// Whether what is needed after it needs it; and what is needed before it, then.
    fn prepare(&self, live: &mut BTreeSet<String>) -> bool {
        let mut touched = self.makes.iter().chain(&self.changes);
        let is_needed = self.is_setting || touched.any(|name| live.contains(name));
        if is_needed {
            self.before(live);
        } else {
            // What is used behind it is another of that name.
            live.retain(|name| self.removes.as_ref() != Some(name) && !self.makes.contains(name));
        }
        is_needed
    }

    /// What is needed before it, from what is needed after it.
    fn before(&self, live: &mut BTreeSet<String>) {
        for name in self.makes.iter().chain(&self.removes) {
            live.remove(name);
        }
        live.extend(self.uses.iter().cloned());
    }
}

fn is_name(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Name)
}

/// Names of any kind, and variables.
fn names(tokens: &[Token<'_>]) -> BTreeSet<String> {
    let names = tokens.iter().filter(|token| is_name(token)).map(|token| token.value.to_lowercase());
    let calls =
        |two: &[Token<'_>]| is_call(&two[0], &two[1]) && LAST_CALLS.contains(&&*two[0].value.to_lowercase());
    let last = tokens.windows(2).any(calls).then(|| LAST.to_owned());
    names.chain(variables(tokens)).chain(last).collect()
}

/// What a session keeps of the last statement that changed rows, under a name that nothing has.
const LAST: &str = "()";

/// What tells it.
const LAST_CALLS: &[&str] = &["last_insert_id", "row_count", "found_rows"];

/// Statements that change rows, or may.
const CHANGING: &[&str] = &["insert", "replace", "update", "delete", "load", "call", "execute"];

/// Statements that change a table.
const OF_TABLES: &[&str] = &["insert", "replace", "update", "delete", "load", "alter", "truncate", "rename"];

fn begins(tokens: &[Token<'_>], words: &[&str]) -> bool {
    tokens.first().is_some_and(|token| words.iter().any(|word| token.is_word(word)))
}

fn is_call(name: &Token<'_>, next: &Token<'_>) -> bool {
    is_name(name) && next.is_sign("(")
}

/// Whether a statement that is not run again has left in its session what is needed.
fn leaves(tokens: &[Token<'_>], live: &BTreeSet<String>, temporary: &BTreeSet<String>) -> bool {
    let is_live = |name: &String| live.contains(name);
    // `@name := …`, a parameter that is handed out, or all that is said of one in a transaction.
    let assigns = begins(tokens, &["call", "set"]) || tokens.iter().any(|token| token.text.starts_with(':'));
    let changes = |token: &Token<'_>| {
        let name = token.value.to_lowercase();
        is_name(token) && temporary.contains(&name) && live.contains(&name)
    };
    (assigns && variables(tokens).any(|name| is_live(&name)))
        || (begins(tokens, OF_TABLES) && tokens.iter().any(changes))
        || (begins(tokens, CHANGING) && live.contains(LAST))
}

/// Functions that make the same of the same.
const PURE: &[&str] = &[
    "abs",
    "binary",
    "cast",
    "ceil",
    "char",
    "char_length",
    "coalesce",
    "concat",
    "concat_ws",
    "convert",
    "decimal",
    "floor",
    "hex",
    "if",
    "ifnull",
    "left",
    "length",
    "lower",
    "lpad",
    "md5",
    "nullif",
    "replace",
    "right",
    "round",
    "rpad",
    "sha1",
    "sha2",
    "substring",
    "trim",
    "unhex",
    "upper",
    "value",
    "values",
    "varchar",
];

/// What is another at another time, without parentheses.
const OF_TIME: &[&str] = &[
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "utc_date",
    "utc_time",
    "utc_timestamp",
];

/// Whether a statement of a session's makes the same of it at any time.
fn is_repeatable(tokens: &[Token<'_>]) -> bool {
    let [_, rest @ ..] = tokens else { return true };
    if begins(tokens, &["pragma", "use", "drop", "prepare", "deallocate"]) {
        return true;
    }
    let has = |words: &[&str]| rest.iter().any(|token| words.iter().any(|word| token.is_word(word)));
    if has(&["select", "from", "table"]) && !begins(tokens, &["create"]) || has(&["select"]) {
        return false;
    }
    // The parts of a new table are no functions.
    if begins(tokens, &["create"]) {
        return true;
    }
    let table = filled_table(tokens);
    let is_pure = |two: &[Token<'_>]| {
        let name = two[0].value.to_lowercase();
        !is_call(&two[0], &two[1]) || PURE.contains(&&*name) || table.as_ref() == Some(&name)
    };
    rest.windows(2).all(is_pure) && !has(OF_TIME)
}

/// `@name`
fn variables<'t>(tokens: &'t [Token<'_>]) -> impl Iterator<Item = String> + 't {
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    pairs
        .filter(|(at, name)| at.text.ends_with('@') && !at.text.ends_with("@@") && is_name(name))
        .map(|(_, name)| format!("@{}", name.value.to_lowercase()))
}

/// What follows one of several words, in their order, each of which may be missing.
fn past<'t, 'a>(tokens: &'t [Token<'a>], words: &[&str]) -> &'t [Token<'a>] {
    let mut rest = tokens;
    for word in words {
        if rest.first().is_some_and(|token| token.is_word(word)) {
            rest = &rest[1..];
        }
    }
    rest
}

/// The last part of a name.
fn last_part(tokens: &[Token<'_>]) -> Option<String> {
    let mut name = tokens.first().filter(|token| is_name(token))?;
    let mut rest = &tokens[1..];
    while let [dot, part, behind @ ..] = rest {
        if !dot.is_sign(".") || !is_name(part) {
            break;
        }
        (name, rest) = (part, behind);
    }
    Some(name.value.to_lowercase())
}

fn new_temporary_table(tokens: &[Token<'_>]) -> Option<String> {
    let rest = tokens.first().filter(|token| token.is_word("create")).map(|_| &tokens[1..])?;
    let rest = past(rest, &["or", "replace", "local", "global"]);
    let is_temporary = rest.first().is_some_and(|token| token.is_word("temporary") || token.is_word("temp"));
    let rest = rest.get(1..).filter(|_| is_temporary)?;
    let rest = rest.first().filter(|token| token.is_word("table")).map(|_| &rest[1..])?;
    last_part(past(rest, &["if", "not", "exists"]))
}

fn dropped_table(tokens: &[Token<'_>]) -> Option<String> {
    let rest = tokens.first().filter(|token| token.is_word("drop")).map(|_| &tokens[1..])?;
    let rest = past(rest, &["temporary"]);
    let rest = rest.first().filter(|token| token.is_word("table")).map(|_| &rest[1..])?;
    last_part(past(rest, &["if", "exists"]))
}

/// `DEALLOCATE PREPARE name`
fn deallocated(tokens: &[Token<'_>]) -> Option<String> {
    let is_one = begins(tokens, &["deallocate", "drop"])
        && tokens.get(1).is_some_and(|token| token.is_word("prepare"));
    let name = tokens.get(2).filter(|token| is_one && is_name(token))?;
    Some(name.value.to_lowercase())
}

fn filled_table(tokens: &[Token<'_>]) -> Option<String> {
    let begins = tokens.first().is_some_and(|token| token.is_word("insert") || token.is_word("replace"));
    let rest = tokens.get(1..).filter(|_| begins)?;
    last_part(past(rest, &["low_priority", "delayed", "high_priority", "ignore", "into"]))
}

/// The variables that `SET @name = …, @other = …` sets; and whether it makes a setting too.
fn set_variables(tokens: &[Token<'_>]) -> Option<(BTreeSet<String>, bool)> {
    tokens.first().filter(|token| token.is_word("set"))?;
    let (mut set, mut is_setting, mut depth) = (BTreeSet::new(), false, 0_usize);
    for (index, token) in tokens.iter().enumerate() {
        if token.is_sign("(") {
            depth += 1;
        } else if token.is_sign(")") {
            depth = depth.saturating_sub(1);
        }
        let begins = index == 0 || (token.is_sign(",") && depth == 0);
        if !begins {
            continue;
        }
        match &tokens[index + 1..] {
            [at, name, ..] if at.text == "@" && is_name(name) => {
                set.insert(format!("@{}", name.value.to_lowercase()));
            }
            _ => is_setting = true,
        }
    }
    Some((set, is_setting))
}

/// The variables of `SELECT … INTO @name, @other`.
fn selected_variables(tokens: &[Token<'_>]) -> BTreeSet<String> {
    let selects = tokens.first().is_some_and(|token| token.is_word("select") || token.is_word("with"));
    let into = tokens.windows(2).position(|two| two[0].is_word("into") && two[1].text == "@");
    let (Some(into), true) = (into, selects) else { return BTreeSet::new() };
    let mut rest = &tokens[into + 1..];
    let mut found = BTreeSet::new();
    while let [at, name, behind @ ..] = rest {
        if at.text != "@" || !is_name(name) {
            break;
        }
        found.insert(format!("@{}", name.value.to_lowercase()));
        rest = behind.split_first().filter(|(comma, _)| comma.is_sign(",")).map_or(&[], |(_, rest)| rest);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(dialect: Dialect, file: &str, from: usize) -> Vec<String> {
        let statements = dialect.statements(file);
        let needed = dialect.needed_of_session(&statements, from);
        needed.into_iter().map(|index| statements[index].text.to_owned()).collect()
    }

    const GUARDED: &str = "\
SET @rows = (SELECT count(*) FROM a WHERE old IS NULL);
DROP TEMPORARY TABLE IF EXISTS fenrir_guard;
CREATE TEMPORARY TABLE fenrir_guard (n INT CHECK (n = 0));
INSERT INTO fenrir_guard SELECT @rows;
DROP TEMPORARY TABLE fenrir_guard;
SET @mode = @@sql_mode;
SET sql_mode = 'ANSI';
ALTER TABLE a DROP COLUMN old;
SET sql_mode = @mode;
CREATE TEMPORARY TABLE kept (n INT);
INSERT INTO kept SELECT 1;
ALTER TABLE a ADD COLUMN new INT;
UPDATE a SET new = (SELECT n FROM kept);
";

    #[test]
    fn what_was_looked_at_is_not_looked_at_again() {
        assert_eq!(needed(Dialect::Mysql, GUARDED, 7), ["SET @mode = @@sql_mode", "SET sql_mode = 'ANSI'"]);
        assert_eq!(
            needed(Dialect::Mysql, GUARDED, 11),
            [
                "SET @mode = @@sql_mode",
                "SET sql_mode = 'ANSI'",
                "SET sql_mode = @mode",
                "CREATE TEMPORARY TABLE kept (n INT)",
                "INSERT INTO kept SELECT 1"
            ]
        );
    }

    #[test]
    fn what_is_made_of_itself_needs_what_was_before() {
        let file =
            "SET @a = 1; SET @a = @a + 1; ALTER TABLE b ADD c INT; SET @a = @a * 2; UPDATE b SET c = @a;";
        assert_eq!(needed(Dialect::Mysql, file, 4), ["SET @a = 1", "SET @a = @a + 1", "SET @a = @a * 2"]);
        assert!(needed(Dialect::Mysql, file, 5).is_empty());
    }

    #[test]
    fn variables_of_every_kind_are_known() {
        let file = "SET @a = 1, @b = (SELECT count(*), 2 FROM c); SELECT 3, 4 INTO @d, @e; SET @f = 5, sql_mode = ''; \
                    UPDATE c SET x = 1; UPDATE c SET g = @b; UPDATE c SET h = @e;";
        let all = ["SET @a = 1, @b = (SELECT count(*), 2 FROM c)", "SELECT 3, 4 INTO @d, @e"];
        let setting = "SET @f = 5, sql_mode = ''";
        assert_eq!(needed(Dialect::Mysql, file, 4), [all[0], all[1], setting]);
        assert_eq!(needed(Dialect::Mysql, file, 5), [all[1], setting]);
        assert_eq!(needed(Dialect::Mysql, file, 6), [setting]);
    }

    #[test]
    fn a_prepared_statement_that_is_let_go_is_needed_no_more() {
        let file = "PREPARE p FROM 'SELECT 1'; EXECUTE p; DEALLOCATE PREPARE p; ALTER TABLE a ADD b INT; UPDATE a SET b = 1";
        assert!(needed(Dialect::Mysql, file, 4).is_empty());
        assert_eq!(needed(Dialect::Mysql, file, 1), ["PREPARE p FROM 'SELECT 1'"]);
    }

    /// What is lost, where the first so many statements are done.
    fn lost(file: &str, done: usize) -> Option<String> {
        let statements = Dialect::Mysql.statements(file);
        let again: Vec<_> = statements.iter().map(|one| one.kind == StatementKind::Session).collect();
        let lost = Dialect::Mysql.lost_of_session(&statements, done, done, &again);
        lost.map(|index| statements[index].text.to_owned())
    }

    #[test]
    fn what_cannot_be_had_again_is_lost() {
        for (file, done) in [
            (
                "INSERT INTO a VALUES (1); SET @id = LAST_INSERT_ID(); ALTER TABLE a ADD b INT; INSERT INTO c VALUES (@id)",
                3,
            ),
            ("SELECT @id := max(id) FROM a; ALTER TABLE a ADD b INT; INSERT INTO c VALUES (@id)", 2),
            ("SET @at = CURRENT_TIMESTAMP; ALTER TABLE a ADD b INT; INSERT INTO c VALUES (@at)", 2),
            ("SET @id = UUID(); ALTER TABLE a ADD b INT; INSERT INTO c VALUES (@id)", 2),
            ("CALL p(@out); ALTER TABLE a ADD b INT; INSERT INTO c VALUES (@out)", 2),
            ("INSERT INTO a VALUES (1); ALTER TABLE a ADD b INT; INSERT INTO c VALUES (LAST_INSERT_ID())", 2),
            (
                "CREATE TEMPORARY TABLE t (n INT); INSERT INTO t VALUES (1); UPDATE t SET n = 5; ALTER TABLE a ADD b INT; \
                 INSERT INTO c SELECT n FROM t",
                4,
            ),
            (
                "CREATE TEMPORARY TABLE t AS SELECT * FROM a; ALTER TABLE a ADD b INT; INSERT INTO c SELECT n FROM t",
                2,
            ),
        ] {
            assert!(lost(file, done).is_some(), "{file}");
            assert_eq!(lost(file, 0), None, "{file}");
        }
        for (file, done) in [
            (
                "SET @id = concat('a', @@version_comment, 5); ALTER TABLE a ADD b INT; INSERT INTO c VALUES (@id)",
                2,
            ),
            ("SET NAMES utf8mb4; ALTER TABLE a ADD b INT; UPDATE a SET b = 1", 2),
            ("SET @id = UUID(); INSERT INTO a VALUES (@id); ALTER TABLE a ADD b INT; UPDATE a SET b = 1", 3),
            (
                "INSERT INTO a VALUES (1); UPDATE a SET b = 1; INSERT INTO d VALUES (1); INSERT INTO c VALUES (LAST_INSERT_ID())",
                2,
            ),
            (
                "CREATE TEMPORARY TABLE t (n INT DEFAULT 1, m VARCHAR(9)); INSERT INTO t (n, m) VALUES (1, 'a'); \
                 ALTER TABLE a ADD b INT; INSERT INTO c SELECT n FROM t",
                3,
            ),
            ("PREPARE p FROM 'SELECT 1'; ALTER TABLE a ADD b INT; EXECUTE p", 2),
        ] {
            assert_eq!(lost(file, done), None, "{file}");
        }
    }

    #[test]
    fn what_is_set_in_a_transaction_that_is_done_is_lost() {
        let file = "BEGIN; SET @id = 5; COMMIT; ALTER TABLE a ADD b INT; INSERT INTO c VALUES (@id)";
        let statements = Dialect::Mysql.statements(file);
        let lost = Dialect::Mysql.lost_of_session(&statements, 4, 4, &[false; 5]);
        assert_eq!(lost, Some(1));
    }

    #[test]
    fn temporary_tables_of_each_database() {
        for dialect in Dialect::ALL {
            let temporary = if dialect == Dialect::Mysql { "TEMPORARY" } else { "TEMP" };
            let file = format!(
                "CREATE {temporary} TABLE t (n INT); INSERT INTO t VALUES (1); UPDATE a SET b = 1; UPDATE a SET c = (SELECT n FROM t)"
            );
            assert_eq!(needed(dialect, &file, 3).len(), 2, "{dialect}");
        }
    }
}
