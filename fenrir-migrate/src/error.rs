//! What can go wrong when migrations run.

use std::time::Duration;

use fenrir_schema::migration::{ChainError, MigrationError, RevisionError};
use fenrir_schema::{Dialect, FileStatement, RunSettingError};

/// Why migrations did not run.
///
/// What was applied before stays applied, and is recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The binary holds no migrations for this database.
    #[error(
        "no migrations for {}: `fenrir.toml` must name it among its `dialects`, and the feature `{dialect}` of \
         `fenrir-migrate` must be on",
        .dialect.title()
    )]
    NoMigrations {
        /// The database.
        dialect: Dialect,
    },
    /// The connection is inside a transaction, which a migration could not end or undo.
    #[error("the connection is inside a transaction: run migrations on one that is not")]
    InTransaction,
    /// The migrations are not one chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The migrations on disk cannot be read.
    #[error(transparent)]
    Migrations(#[from] MigrationError),
    /// A revision that is not there, or not the only one.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// A setting of how migrations run is none.
    #[error(transparent)]
    Setting(#[from] RunSettingError),
    /// The database has newer revisions than these migrations.
    #[error(
        "the database is at revision {revision}, which is not among these migrations: they are older than the \
         database, or its folder was deleted. Use the version that has it, or bring the folder back; `fenrir downgrade` \
         reverts it without either, from what the database keeps. One that older versions can live with is marked \
         `compatible`, and `allow_ahead` allows any"
    )]
    Ahead {
        /// The newest such revision.
        revision: String,
    },
    /// The database has a revision, before the newest of these migrations, that they do not.
    #[error(
        "the database has revision {revision}, which is not among these migrations, though later ones are: its folder \
         was deleted or renamed. Bring it back; if the database is as another revision has it, `fenrir stamp --purge` \
         records that one instead; `allow_out_of_order` passes over it"
    )]
    Removed {
        /// The revision.
        revision: String,
    },
    /// A migration that is not applied, before one that is.
    #[error(
        "`{missing}` is not applied, but `{applied}`, which follows it, is: the database was changed by other \
         means, or the migration was added among older ones. Delete its folder and run `fenrir migrate` again, \
         for one that follows; `allow_out_of_order` applies it as it is"
    )]
    OutOfOrder {
        /// The folder that is not applied.
        missing: String,
        /// A later folder that is.
        applied: String,
    },
    /// An applied migration whose SQL is not what was applied.
    #[error(
        "`{name}` was changed after it was applied: put its `up.sql` and `down.sql` back as they were, and make \
         the change in a new migration; `allow_edited` passes over it"
    )]
    Edited {
        /// The folder.
        name: String,
    },
    /// A migration of plain Diesel's that cannot be reverted.
    #[error("`{name}` has no `down.sql`: it cannot be reverted")]
    NoDown {
        /// The folder.
        name: String,
    },
    /// A migration of which a part is done, and that is in the way of what was asked for.
    #[error(
        "`{name}` is half {}: `fenrir {}` goes on with it, from where it stopped",
        if *.is_applied { "applied" } else { "reverted" },
        if *.is_applied { "upgrade" } else { "downgrade" }
    )]
    HalfDone {
        /// The folder.
        name: String,
        /// Whether it is being applied; otherwise it is being reverted.
        is_applied: bool,
    },
    /// A migration of which a part is done, and that is not among these.
    #[error(
        "revision {revision} is half {}, and is not among these migrations: its folder was deleted or renamed, or they are \
         older. Bring it back, and `fenrir {}` goes on with it; or undo by hand what it did, and `fenrir stamp` forgets \
         it, with the revision that the database is at then",
        if *.is_applied { "applied" } else { "reverted" },
        if *.is_applied { "upgrade" } else { "downgrade" }
    )]
    HalfUnknown {
        /// The revision.
        revision: String,
        /// Whether it is being applied; otherwise it is being reverted.
        is_applied: bool,
    },
    /// A migration of which a part is done was changed in that part.
    #[error(
        "`{name}/{file}` was changed where it is done already, in part {number}: put that back as it was, and change only \
         what follows"
    )]
    HalfEdited {
        /// The folder.
        name: String,
        /// The file.
        file: &'static str,
        /// The part: a statement, or several in one transaction.
        number: usize,
    },
    /// A statement that was begun, of which the database does not tell what became.
    #[error(
        "`{name}/{file}`, line {line}: this was begun, and the database does not tell whether it was done: {statement}\nLook, \
         and if it was, take it out of the file and delete its row, the last, from `__fenrir_journal`; if it was not, \
         delete the row alone"
    )]
    Unclear {
        /// The folder.
        name: String,
        /// The file.
        file: &'static str,
        /// The line, from 1.
        line: usize,
        /// The statement.
        statement: String,
    },
    /// A variable or a temporary table that was made of rows or of the time, before a part that is done or in it, and is
    /// gone with the connection.
    #[error(
        "`{name}/{file}`, line {line}: a run that was broken off had done this, and what follows in part:\n    \
         {statement}\nWhat it had made for its session is gone with the connection, and may be something else if it is made now. If you \
         know what it was, write that in its place, as a text or a number; what is done must stay in the file as it is"
    )]
    SessionLost {
        /// The folder.
        name: String,
        /// The file.
        file: &'static str,
        /// The line, from 1.
        line: usize,
        /// The statement.
        statement: String,
    },
    /// A hook, a function or what connects to a database panicked, where several databases are migrated: the other
    /// databases are nothing to it.
    #[error("a hook, a function or what connects panicked: {message}")]
    Panicked {
        /// What it said.
        message: String,
    },
    /// A migration with a function that this program does not have.
    #[error(
        "`{name}` has a part that is written in Rust (`function = true` in its `metadata.toml`), which this program does \
         not have: `Migrator::function` gives it to the application's migrator, which has to apply it"
    )]
    NoFunction {
        /// The folder.
        name: String,
    },
    /// A function for a migration that does not ask for one.
    #[error(
        "there is a function for revision {revision}, {}",
        if *.is_there { "whose `metadata.toml` does not say `function = true` under `[fenrir]`" } else { "which is not among the migrations" }
    )]
    UnexpectedFunction {
        /// The revision.
        revision: String,
        /// Whether there is such a migration.
        is_there: bool,
    },
    /// The function of a migration failed; nothing of the migration was kept that was in its transaction.
    #[error("the function of `{name}` failed: {source}")]
    Function {
        /// The folder.
        name: String,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What the application does before or after each migration failed.
    #[error("what is done {when} each migration failed at `{name}`: {source}")]
    Hook {
        /// `before`, so that the migration did not run; or `after`, when it had.
        when: &'static str,
        /// The folder.
        name: String,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// One of several databases cannot be connected to.
    #[error("cannot connect: {source}")]
    Connect {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The thread that ran the migrations is gone.
    #[error(
        "the thread that ran the migrations broke off: what it had done is recorded, and the next run goes on"
    )]
    Thread,
    /// The run was told to stop.
    #[error("stopped, as asked: what was done is recorded, and what was open was taken back")]
    Cancelled,
    /// A migration that needs one connection of the server's for itself runs behind a pool that hands out another for
    /// each transaction.
    #[error(
        "this migration does not run in one transaction, and needs a connection of its own, but a pool hands out another \
         for each transaction (as pgbouncer does with `pool_mode = transaction`): connect to PostgreSQL itself to migrate"
    )]
    Pooled,
    /// Something is pending, and this database cannot be written.
    #[error("there are migrations to run, but nothing can be written here: {why}")]
    ReadOnly {
        /// Why.
        why: &'static str,
    },
    /// The connection broke off while a migration was committed.
    #[error(
        "it is not known whether `{name}` was done: the connection broke off while it was committed ({}). The next run \
         finds out",
        in_words(source)
    )]
    Unsure {
        /// The folder.
        name: String,
        /// The database's error.
        source: diesel::result::Error,
    },
    /// The database is not as the models say, after its migrations ran.
    #[error("the database is not as the models say: {}", .differences.join("; "))]
    NotAsModels {
        /// What differs, or could not be compared, in words.
        differences: Vec<String>,
    },
    /// The database went on while a question about it was asked.
    #[error("another process has migrated this database meanwhile: try again")]
    Moved,
    /// A revision to upgrade to that the database is past.
    #[error("`{revision}` is behind the database: `fenrir downgrade {revision}` goes back there")]
    Behind {
        /// What was asked for.
        revision: String,
    },
    /// Another process holds the lock.
    #[error("another process is migrating this database or keeps it locked, and was not done after {}s{}", .waited.as_secs(), .holder.as_ref().map(|holder| format!(": {holder}")).unwrap_or_default())]
    Locked {
        /// How long this one waited.
        waited: Duration,
        /// Who holds the lock, as far as the database tells.
        holder: Option<String>,
    },
    /// A migration's SQL failed. The database is as it was before that migration, unless it does not run
    /// in a transaction, or the database commits with every change of its schema: the error says which.
    #[error("{}", .0)]
    Statement(Box<StatementError>),
    /// A table that is to be created is there already.
    #[error(
        "the table `{table}` is there already, but no migration that creates it is recorded: the database was \
         made by other means, or a migration failed half-way where that is kept. If it is as the models have it, \
         `fenrir check` says so and `fenrir stamp head` records it; where there are no migrations yet, `fenrir baseline` \
         writes the one that records what is there; if it holds nothing of worth, `fenrir drop-all` empties it"
    )]
    TableExists {
        /// The table.
        table: String,
    },
    /// PostgreSQL has no schema in which a table would be made.
    #[error("`search_path` names no schema that is there: create one, or set another `search_path`")]
    NoSchema,
    /// A database's catalog is not as it is documented.
    #[error("the database's catalog is not as expected")]
    Catalog {
        /// What does not fit.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database refused something else.
    #[error("{doing} failed: {}", in_words(source))]
    Database {
        /// What was being done.
        doing: &'static str,
        /// The database's error.
        source: diesel::result::Error,
    },
}

/// A migration whose SQL failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct StatementError {
    /// The folder of the migration.
    pub migration: String,
    /// Which of its files ran: `up.sql` or `down.sql`.
    pub file: &'static str,
    /// The line of it that the statement begins in, from 1; none where no statement of the file failed, but the
    /// transaction as a whole.
    pub line: Option<usize>,
    /// The statement.
    pub statement: Option<String>,
    /// The migrations that were applied before it in the same run, and stay so.
    pub applied: Vec<String>,
    /// What the database kept of what the file had done before it failed.
    pub kept: Kept,
    /// The database's error.
    pub source: diesel::result::Error,
}

/// What a database kept of a migration that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// Nothing: it is as it was before.
    Nothing,
    /// What ran before the statement that failed, since the migration does not run in one transaction. It is recorded.
    Recorded,
    /// Perhaps what it did itself: it is one that commits if what it runs does.
    Unsure,
}

impl Kept {
    fn in_words(self) -> &'static str {
        match self {
            Kept::Nothing => "nothing of it was kept",
            Kept::Recorded => {
                "it does not run in one transaction: what it did before that is kept and recorded, and the next run goes \
                 on with this statement"
            }
            Kept::Unsure => {
                "it commits where what it runs does: if it did so before it failed, the next run says that and stops; \
                 otherwise nothing of it was kept"
            }
        }
    }
}

impl StatementError {
    pub(crate) fn new(
        migration: &str,
        file: &'static str,
        statement: Option<&FileStatement<'_>>,
        applied: Vec<String>,
        kept: Kept,
        source: diesel::result::Error,
    ) -> Self {
        let (line, text) = statement.map(|one| (one.line, one.text.to_owned())).unzip();
        Self { migration: migration.to_owned(), file, line, statement: text, applied, kept, source }
    }

    /// The line and the column, from 1, in the file at which the database found the mistake, if it says.
    #[must_use]
    pub fn place(&self) -> Option<(usize, usize)> {
        let diesel::result::Error::DatabaseError(_, information) = &self.source else { return None };
        let position = usize::try_from(information.statement_position()?).ok()?.checked_sub(1)?;
        let before: String = self.statement.as_deref()?.chars().take(position).collect();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some((self.line? + before.matches('\n').count(), column))
    }

    /// The line of the statement at which to look, with a mark below it where the database says where.
    fn excerpt(&self) -> Option<String> {
        let (statement, first) = (self.statement.as_deref()?, self.line?);
        if self.source.to_string().starts_with(GUARD) {
            // How it is looked for says nothing of what was found.
            return None;
        }
        let place = self.place();
        let line = place.map_or(first, |(line, _)| line);
        let text = statement.lines().nth(line - first)?;
        let shown: String =
            text.chars().take(EXCERPT).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let cut = if text.chars().count() > EXCERPT { "…" } else { "" };
        let mark = match place {
            Some((_, column)) if column <= EXCERPT => {
                format!("\n{} | {}^", " ".repeat(line.to_string().len()), " ".repeat(column - 1))
            }
            _ => String::new(),
        };
        Some(format!("\n{line} | {shown}{cut}{mark}"))
    }
}

/// How an error of a guard begins, in a SQLite file.
const GUARD: &str = "bad JSON path: '";

/// How much of a line is shown.
const EXCERPT: usize = 160;

impl std::fmt::Display for StatementError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}/{}`", self.migration, self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line},")?;
        }
        write!(f, " failed: {}", in_words(&self.source))?;
        if let Some(excerpt) = self.excerpt() {
            f.write_str(&excerpt)?;
        }
        write!(f, "\n{}", self.kept.in_words())?;
        if !self.applied.is_empty() {
            write!(f, "\napplied before it: {}", self.applied.join(", "))?;
        }
        Ok(())
    }
}

/// What may help where the database itself knows of nothing.
fn hint(message: &str) -> Option<&'static str> {
    let is_lock_timeout = message == "canceling statement due to lock timeout"
        || message.starts_with("Lock wait timeout exceeded");
    if message.ends_with("cannot run inside a transaction block") {
        Some("with `run_in_transaction = false` in the migration's `metadata.toml` it runs in none")
    } else if is_lock_timeout {
        Some(
            "another session has locked what this needs; `statement_lock_timeout` is how long it waits each time, and \
             `lock_timeout` for how long it is tried again",
        )
    } else {
        None
    }
}

/// A database's error, with the detail and the hint that it gives.
fn in_words(error: &diesel::result::Error) -> String {
    let mut text = error.to_string();
    // How a guard of a SQLite file fails: no plain statement of it does with a text of one's own.
    if let Some(said) = text.strip_prefix(GUARD).and_then(|text| text.strip_suffix('\'')) {
        text = said.replace("''", "'");
    }
    // A table that is built anew has another name until it is whole.
    while let Some((before, after)) = text.split_once("_rebuilt_") {
        let is_hash = after.len() >= 8 && after.bytes().take(8).all(|byte| byte.is_ascii_hexdigit());
        if !is_hash {
            break;
        }
        text = format!("{before}{}", &after[8..]);
    }
    // <https://www.sqlite.org/foreignkeys.html#fk_indexes>
    if text.starts_with("foreign key mismatch - ") {
        text.push_str(
            "\nhint: where a table is built anew, SQLite looks at every foreign key of the database, and this one points at \
             columns that are no key: mend it, or drop it, and run the migration again",
        );
    }
    if let Some(hint) = hint(&text) {
        text.push_str(&format!("\nhint: {hint}"));
    }
    if let diesel::result::Error::DatabaseError(_, information) = error {
        for (what, more) in [("detail", information.details()), ("hint", information.hint())] {
            if let Some(more) = more {
                text.push_str(&format!("\n{what}: {more}"));
            }
        }
    }
    text
}

impl std::error::Error for StatementError {}

impl Error {
    pub(crate) fn database(doing: &'static str) -> impl FnOnce(diesel::result::Error) -> Error {
        move |source| Error::Database { doing, source }
    }

    pub(crate) fn catalog(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Catalog { source: source.into() }
    }
}
