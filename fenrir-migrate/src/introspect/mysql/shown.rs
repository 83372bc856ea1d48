//! Checks and foreign keys, from the statement that MariaDB shows of a table: who may only read one is shown all
//! of it, and `information_schema` tells such a user of neither
//! (<https://mariadb.com/kb/en/information-schema-table_constraints-table/>).

use fenrir_schema::{Dialect, Token, TokenKind};

use super::rows::{Check, KeyPart};

/// What a statement says of a table's checks and foreign keys; none where it is not written as the server writes
/// one, as with other quotes around its names.
pub(super) fn constraints(table: &str, sql: &str) -> Option<(Vec<Check>, Vec<KeyPart>)> {
    let (mut checks, mut keys) = (Vec::new(), Vec::new());
    let tokens = Dialect::Mysql.tokens(sql);
    for part in parts(&tokens)? {
        let first = part.first()?;
        if first.is_word("constraint") {
            let name = name(part.get(1)?)?;
            match part.get(2)? {
                kind if kind.is_word("check") => {
                    let expression = within(sql, part.get(3..)?)?;
                    checks.push(Check { table: table.to_owned(), name, expression, of_column: 0 });
                }
                kind if kind.is_word("foreign") => keys.extend(key(table, &name, part.get(4..)?)?),
                _ => return None,
            }
        } else if first.kind == TokenKind::Name {
            let Some(at) = outside(part).find(|at| part[*at].is_word("check")) else { continue };
            let expression = within(sql, &part[at + 1..])?;
            checks.push(Check { table: table.to_owned(), name: name(first)?, expression, of_column: 1 });
        }
    }
    Some((checks, keys))
}

/// What stands between the commas of the outermost parentheses: columns, keys and constraints.
fn parts<'a, 'b>(tokens: &'b [Token<'a>]) -> Option<Vec<&'b [Token<'a>]>> {
    let open = tokens.iter().position(|token| token.is_sign("("))?;
    let body = &tokens[open + 1..open + closing(&tokens[open..])?];
    let mut parts = Vec::new();
    let mut start = 0;
    for at in outside(body).filter(|at| body[*at].is_sign(",")) {
        parts.push(&body[start..at]);
        start = at + 1;
    }
    parts.push(&body[start..]);
    Some(parts)
}

/// The places that lie in no parentheses.
fn outside<'b>(tokens: &'b [Token<'_>]) -> impl Iterator<Item = usize> + 'b {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        if token.is_sign(")") {
            depth = depth.saturating_sub(1);
        }
        let is_outside = depth == 0;
        if token.is_sign("(") {
            depth += 1;
        }
        is_outside.then_some(at)
    })
}

/// Where the parenthesis is closed that the tokens begin with.
fn closing(tokens: &[Token<'_>]) -> Option<usize> {
    tokens.first().filter(|first| first.is_sign("("))?;
    outside(tokens).find(|at| tokens[*at].is_sign(")"))
}

/// The text in the parentheses that the tokens begin with.
fn within(sql: &str, tokens: &[Token<'_>]) -> Option<String> {
    let close = &tokens[closing(tokens)?];
    sql.get(tokens.first()?.end()..close.start).map(str::to_owned)
}

/// A name without quotes would be one in small letters here, whatever it is.
fn name(token: &Token<'_>) -> Option<String> {
    (token.kind == TokenKind::Name).then(|| token.value.clone())
}

/// The names in the parentheses that the tokens begin with, and what comes after them.
fn names<'a, 'b>(tokens: &'b [Token<'a>]) -> Option<(Vec<String>, &'b [Token<'a>])> {
    let close = closing(tokens)?;
    let names = tokens[1..close].iter().filter(|token| !token.is_sign(",")).map(name);
    Some((names.collect::<Option<_>>()?, &tokens[close + 1..]))
}

/// What follows `CONSTRAINT name FOREIGN KEY`.
fn key(table: &str, constraint: &str, tokens: &[Token<'_>]) -> Option<Vec<KeyPart>> {
    let (columns, rest) = names(tokens)?;
    let (first, rest) =
        rest.split_first().filter(|(first, _)| first.is_word("references"))?.1.split_first()?;
    let (database, target, rest) = match rest {
        [dot, second, rest @ ..] if dot.is_sign(".") => (Some(name(first)?), name(second)?, rest),
        _ => (None, name(first)?, rest),
    };
    let (there, rest) = names(rest)?;
    // What is not said is RESTRICT, as `information_schema` tells it.
    let rule = |of: &str| {
        let at = rest.windows(2).position(|pair| pair[0].is_word("on") && pair[1].is_word(of));
        let words = at.map(|at| rest[at + 2..].iter().take_while(|token| !token.is_word("on")));
        let words = words.map(|words| words.map(|token| token.text).collect::<Vec<_>>().join(" "));
        words.unwrap_or_else(|| "RESTRICT".to_owned())
    };
    let (on_delete, on_update) = (rule("delete"), rule("update"));
    let parts = columns.into_iter().zip(there).map(|(column, target_column)| KeyPart {
        table: table.to_owned(),
        name: constraint.to_owned(),
        column,
        database: database.clone(),
        target: target.clone(),
        target_column,
        on_delete: on_delete.clone(),
        on_update: on_update.clone(),
    });
    Some(parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As MariaDB 10.11 shows one.
    const SHOWN: &str = r"CREATE TABLE `t` (
  `id` int(11) NOT NULL,
  `a` int(11) DEFAULT NULL CHECK (`a` > 0),
  `c` int(11) GENERATED ALWAYS AS (`b` * 2) STORED,
  `O``dd` varchar(9) DEFAULT 'CHECK (x)' COMMENT 'a, CHECK (1)' CHECK (`O``dd` <> 'it\'s'),
  PRIMARY KEY (`id`),
  KEY `f``k` (`a`,`b`),
  CONSTRAINT `f``k` FOREIGN KEY (`a`, `b`) REFERENCES `p` (`x`, `y`) ON DELETE SET NULL ON UPDATE NO ACTION,
  CONSTRAINT `other` FOREIGN KEY (`a`) REFERENCES `b7o`.`o` (`id`),
  CONSTRAINT `k` CHECK (`b` > 4 or (`b` > 5) and 'x' <> ')')
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT=') CONSTRAINT q CHECK (x)'";

    #[test]
    fn what_is_shown_is_read() {
        let (checks, keys) = constraints("t", SHOWN).unwrap();
        let checks: Vec<_> = checks.iter().map(|one| (&*one.name, &*one.expression, one.of_column)).collect();
        assert_eq!(
            checks,
            [
                ("a", "`a` > 0", 1),
                ("O`dd", r"`O``dd` <> 'it\'s'", 1),
                ("k", "`b` > 4 or (`b` > 5) and 'x' <> ')'", 0),
            ]
        );
        let keys: Vec<_> = keys
            .iter()
            .map(|one| {
                let there = format!("{}.{}", one.target, one.target_column);
                (&*one.name, &*one.column, one.database.as_deref(), there, &*one.on_delete, &*one.on_update)
            })
            .collect();
        assert_eq!(
            keys,
            [
                ("f`k", "a", None, "p.x".to_owned(), "SET NULL", "NO ACTION"),
                ("f`k", "b", None, "p.y".to_owned(), "SET NULL", "NO ACTION"),
                ("other", "a", Some("b7o"), "o.id".to_owned(), "RESTRICT", "RESTRICT"),
            ]
        );
    }

    #[test]
    fn what_is_written_otherwise_is_not_guessed() {
        for odd in [
            "",
            "CREATE TABLE `t`",
            "CREATE TABLE `t` (",
            "CREATE TABLE `t` (`a` int CHECK (`a` > 0",
            "CREATE TABLE `t` (`a` int, CONSTRAINT k CHECK (a > 0))",
            "CREATE TABLE `t` (`a` int, CONSTRAINT `k` FOREIGN KEY (`a`))",
            "CREATE TABLE `t` (`a` int, CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `b`)",
        ] {
            assert!(constraints("t", odd).is_none(), "{odd}");
        }
    }
}
