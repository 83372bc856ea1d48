//! `fenrir diff` on random pairs of schemas, with rows in the tables of the first.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_schema::{Change, Identifier, RenameCandidate, Renames, Schema, Script, column_enum, diff};
use fenrir_tests::catalog;
use fenrir_tests::command::{Project, Ran};
use fenrir_tests::database::{Connected, TestDatabase};
use fenrir_tests::random::{self, Case};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

#[test]
fn a_database_becomes_another_on_sqlite() {
    let two = Two::new(Dialect::Sqlite);
    random::check(60, |case| two.law(case));
}

#[test]
fn a_database_becomes_another_on_postgres() {
    let two = Two::new(Dialect::Postgres);
    random::check(25, |case| two.law(case));
}

#[test]
fn a_database_becomes_another_on_mysql() {
    let two = Two::new(Dialect::Mysql);
    random::check(8, |case| two.law(case));
}

/// Two databases, and a folder to run the command in.
struct Two {
    dialect: Dialect,
    first: TestDatabase,
    second: TestDatabase,
    folder: Project,
}

impl Two {
    fn new(dialect: Dialect) -> Self {
        let (first, second) = (TestDatabase::new(dialect), TestDatabase::new(dialect));
        Self { dialect, first, second, folder: Project::empty(BINARY) }
    }

    /// A difference is found where the catalogs differ, and only there; its SQL runs on rows, and leaves none,
    /// neither to the database nor to a file that makes it.
    fn law(&self, case: &Case) -> Result<(), String> {
        let dialect = self.dialect;
        let (a, b, renames) = case.schemas();
        let (a, b) = (random::held_by(a, dialect), random::held_by(b, dialect));
        let (a, b) = (a.with_unmanaged(), b.with_unmanaged());
        let renames = random::renames_held_by(renames, dialect);
        self.first.reset();
        self.second.reset();
        let (mut first, mut second) = (self.first.connect(), self.second.connect());
        create(&mut first, &a, dialect)?;
        let text = create(&mut second, &b, dialect)?;
        self.folder.write("second.sql", &text);
        for row in random::rows(&a, dialect) {
            first.execute(&row).map_err(|error| format!("{row}: {error}"))?;
        }
        let (at_a, at_b) = (described(&mut first), described(&mut second));
        let differs = self.status(&[], self.second.url())?;
        if differs != i32::from(at_a != at_b) {
            return Err(format!("diff says {differs} of {}", lines(&at_a, &at_b)));
        }
        if self.status(&[], self.first.url())? != 0 {
            return Err("a database differs from itself".to_owned());
        }
        let said = said(&a, &b, &renames, dialect);
        let mut arguments: Vec<&str> = said.iter().map(String::as_str).collect();
        arguments.extend(["--sql", "--allow-data-loss"]);
        let mut ran = self.diff(&arguments, self.second.url());
        // A type of a STRICT table may be read as another: that its values stay has to be said.
        let stay = unconverted(&ran.stderr, dialect);
        if !stay.is_empty() {
            arguments.extend(stay.iter().map(String::as_str));
            ran = self.diff(&arguments, self.second.url());
        }
        if ran.status != differs || differs == 1 && ran.stdout.is_empty() {
            return Err(format!("{arguments:?}\n{}{}", ran.stdout, ran.stderr));
        }
        first.execute(&ran.stdout).map_err(|error| format!("{error}\n{}", ran.stdout))?;
        let now = described(&mut first);
        if now != at_b {
            return Err(format!("after\n{}\n{}", ran.stdout, lines(&now, &at_b)));
        }
        if described(&mut second) != at_b {
            return Err("the second was changed".to_owned());
        }
        for to in [self.second.url(), "second.sql"] {
            if self.status(&[], to)? != 0 {
                return Err(format!("after\n{}", ran.stdout));
            }
        }
        Ok(())
    }

    fn diff(&self, arguments: &[&str], to: &str) -> Ran {
        let both = [
            "diff",
            "--dialect",
            self.dialect.name(),
            "--no-renames",
            "--from",
            self.first.url(),
            "--to",
            to,
        ];
        self.folder.run(&[&both, arguments].concat())
    }

    /// Whether they differ; all that could be compared was.
    fn status(&self, arguments: &[&str], to: &str) -> Result<i32, String> {
        let ran = self.diff(arguments, to);
        if ran.status > 1 || ran.stdout.contains("not compared") && !is_clear(&ran.stdout) {
            return Err(format!("{}{}", ran.stdout, ran.stderr));
        }
        Ok(ran.status)
    }
}

/// Only of a type that one of the two has not, neither can be asked.
fn is_clear(text: &str) -> bool {
    let (_, parts) = text.split_once("not compared:").unwrap_or_default();
    let parts = parts.lines().filter(|line| line.starts_with("  - "));
    parts.into_iter().all(|line| line.contains("does not exist") || line.contains("invalid input value"))
}

/// What a user would have to say: what is renamed, and what rows get in place of NULL.
fn said(a: &Schema, b: &Schema, renames: &Renames, dialect: Dialect) -> Vec<String> {
    let mut flags = Vec::new();
    let mut rename = |candidate: RenameCandidate| flags.extend(["--rename".to_owned(), candidate.flag()]);
    for (to, from) in &renames.tables {
        rename(RenameCandidate::Table { from: from.clone(), to: to.clone() });
    }
    for ((table, to), from) in &renames.columns {
        rename(RenameCandidate::Column { table: table.clone(), from: from.clone(), to: to.clone() });
    }
    for (to, from) in renames.enums.iter().filter(|_| dialect.has_enums()) {
        rename(RenameCandidate::Enum { from: from.clone(), to: to.clone() });
    }
    for ((of, to), from) in &renames.labels {
        let columns = b.tables.values().flat_map(|table| {
            let columns = table.columns.iter().filter(|column| column.sql_type.enum_name() == Some(of));
            columns.map(|column| {
                let old_table = renames.tables.get(&table.name).unwrap_or(&table.name);
                let place = (table.name.clone(), column.name.clone());
                let old = renames.columns.get(&place).unwrap_or(&column.name);
                let before = a.tables.get(old_table).and_then(|table| table.column(old));
                let is_there = before.is_some_and(|column| column.sql_type.enum_name().is_some());
                is_there.then(|| column_enum(&table.name, &column.name))
            })
        });
        let own: Vec<_> = if dialect.has_enums() { vec![of.clone()] } else { columns.flatten().collect() };
        for of in own {
            rename(RenameCandidate::Label { of, from: from.clone(), to: to.clone() });
        }
    }
    let (changes, _) = dialect.with_stand_ins(a, &diff(a, b, renames));
    for change in dialect.own_changes(a, &changes) {
        let (table, column, using, backfill) = match change {
            Change::AddColumn { table, column, backfill } => (table, column, None, backfill),
            Change::AlterColumn { table, to, using, backfill, .. } => (table, to, using, backfill),
            _ => continue,
        };
        for (option, sql) in [("--using", using), ("--backfill", backfill)] {
            if let Some(sql) = sql {
                let of = format!("{}.{}", table.to_text(), column.name.as_str());
                flags.extend([option.to_owned(), format!("{of}={}", sql.as_str())]);
            }
        }
    }
    flags
}

/// The options that keep the values of columns for which no conversion is known.
fn unconverted(said: &str, dialect: Dialect) -> Vec<String> {
    let Some((_, list)) = said.split_once("no conversion is known") else { return Vec::new() };
    let columns =
        list.lines().filter_map(|line| line.strip_prefix("  - `")?.split_once("`: ")?.0.rsplit_once('.'));
    let option = |(table, column): (&str, &str)| {
        let quoted = dialect.quote(&Identifier::new(column).unwrap());
        format!("--using={table}.{column}={quoted}")
    };
    columns.map(option).collect()
}

fn create(connected: &mut Connected, schema: &Schema, dialect: Dialect) -> Result<String, String> {
    let changes = diff(&Schema::default(), schema, &Renames::default());
    let script: Script = dialect.script(&Schema::default(), &changes).map_err(|error| error.to_string())?;
    let text = script.to_sql(&["A header.".to_owned()]);
    connected.execute(&text).map_err(|error| format!("{error}\n{text}"))?;
    Ok(text)
}

fn described(connected: &mut Connected) -> Vec<String> {
    let mut lines = catalog::describe(connected);
    if let Connected::Sqlite(_) = connected {
        lines.extend(catalog::sqlite_constraints(connected));
    }
    // SQLite's own collations may be written in any case, and the one that a text has anyhow not at all.
    let plain = |line: String| {
        let own = ["NOCASE", "RTRIM"].iter().fold(line, |line, name| {
            line.replace(&format!("COLLATE \"{name}\""), &format!("COLLATE {}", name.to_lowercase()))
        });
        own.replace(" COLLATE \"BINARY\"", "").replace(" COLLATE binary", "")
    };
    let is_told = |line: &String| {
        let (_, part) = line.split_once(": ").unwrap_or_default();
        !line.contains("COLLATE") || ["CONSTRAINT", "GENERATED"].iter().any(|word| part.contains(word)) || {
            let text = plain(line.clone());
            text == *line || text.contains("COLLATE")
        }
    };
    lines.retain(is_told);
    catalog::in_one_spelling(lines.into_iter().map(plain).collect())
}

fn lines(found: &[String], wanted: &[String]) -> String {
    let missing = wanted.iter().filter(|line| !found.contains(line)).map(|line| format!("- {line}\n"));
    let extra = found.iter().filter(|line| !wanted.contains(line)).map(|line| format!("+ {line}\n"));
    missing.chain(extra).collect()
}
