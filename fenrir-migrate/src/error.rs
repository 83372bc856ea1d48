//! What can go wrong when migrations run.

use std::time::Duration;

use fenrir_schema::Dialect;
use fenrir_schema::migration::{ChainError, MigrationError, RevisionError};

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
    /// The database has a revision that these migrations do not.
    #[error(
        "the database is at revision {revision}, which is not among these migrations: they are older than the \
         database, or its folder was deleted. Bring the folder back, or use the version that has it; if the database \
         is as another revision has it, `fenrir stamp --purge` records that one instead"
    )]
    UnknownRevision {
        /// The newest such revision.
        revision: String,
    },
    /// A migration that is not applied, before one that is.
    #[error(
        "`{missing}` is not applied, but `{applied}`, which follows it, is: the database was changed by other \
         means, or the migration was added among older ones. Delete its folder and run `fenrir migrate` again, \
         for one that follows"
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
         the change in a new migration"
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
    #[error("another process is migrating this database, and was not done after {}s{}", .waited.as_secs(), .holder.as_ref().map(|holder| format!(": {holder}")).unwrap_or_default())]
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
pub struct StatementError {
    /// The folder of the migration.
    pub migration: String,
    /// Which of its files ran: `up.sql` or `down.sql`.
    pub file: &'static str,
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
    /// All that ran before the statement that failed, since the migration does not run in a transaction.
    AllBefore,
    /// All up to the last change of the schema before the statement that failed, since the database commits
    /// with each of those, as MySQL and MariaDB do.
    SchemaChanges,
}

impl Kept {
    fn in_words(self) -> &'static str {
        match self {
            Kept::Nothing => "nothing of it was kept",
            Kept::AllBefore => "it does not run in a transaction: what it did before that is kept",
            Kept::SchemaChanges => {
                "this database commits with every change of its schema: what the file did up to the last one before \
                 that is kept. Before it can run again, undo that, or take it out of the file"
            }
        }
    }
}

impl std::fmt::Display for StatementError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}/{}` failed: {}", self.migration, self.file, in_words(&self.source))?;
        write!(f, "\n{}", self.kept.in_words())?;
        if !self.applied.is_empty() {
            write!(f, "\napplied before it: {}", self.applied.join(", "))?;
        }
        Ok(())
    }
}

/// A database's error, with the detail and the hint that it gives.
fn in_words(error: &diesel::result::Error) -> String {
    let mut text = error.to_string();
    // How a guard of a SQLite file fails: no plain statement of it does with a text of one's own.
    if let Some(said) = text.strip_prefix("bad JSON path: '").and_then(|text| text.strip_suffix('\'')) {
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
