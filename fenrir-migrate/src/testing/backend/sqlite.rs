//! SQLite: in memory, or a file where a test asks for more than one connection.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use fenrir_schema::Dialect;

use super::sealed::{Create, Open};
use super::{Contents, Error, Held, Idle, SyncTestConnection, TestConnection};
use crate::database::url::DatabaseUrl;
use crate::testing::{keep, place, tally};

impl TestConnection for SqliteConnection {}
impl SyncTestConnection for SqliteConnection {}

impl Create for SqliteConnection {
    const DIALECT: Dialect = Dialect::Sqlite;

    fn create(contents: &Contents) -> Result<Box<dyn Held>, Error> {
        let folder = Folder::new()?;
        let mut connection = Self::open(folder.url())?;
        // Nothing of it outlives the machine; what a test does is as durable as it sets it.
        connection.batch_execute("PRAGMA synchronous = OFF").map_err(cannot_open)?;
        contents.fill(&mut connection)?;
        note(&mut connection);
        Ok(Box::new(folder))
    }
}

impl Open for SqliteConnection {
    fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        let mut connection = SqliteConnection::establish(url.reveal())
            .map_err(|error| Error::because("opening a test's database", error))?;
        connection.batch_execute(SETTINGS).map_err(cannot_open)?;
        Ok(connection)
    }

    fn create_for_one(contents: &Contents) -> Result<(Box<dyn Held>, Self), Error> {
        if keep::asked() {
            let held = Self::create(contents)?;
            let connection = Self::open(held.url())?;
            return Ok((held, connection));
        }
        let held = Memory(in_memory()?);
        let mut connection = Self::open(&held.0)?;
        contents.fill(&mut connection)?;
        note(&mut connection);
        Ok((Box::new(held), connection))
    }

    /// Each connection has its own, which is filled once.
    fn open_shared(contents: &Contents) -> Result<Self, Error> {
        let mut connection = Self::open(&in_memory()?)?;
        contents.fill(&mut connection)?;
        note(&mut connection);
        Ok(connection)
    }

    fn idle() -> &'static Idle<Self> {
        static IDLE: Idle<SqliteConnection> = Idle::new();
        &IDLE
    }
}

/// What a test's connection has set: foreign keys, which SQLite leaves off unless it was built otherwise,
/// and some patience with the test's other connections, in milliseconds.
pub(super) const SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000";

fn cannot_open(error: diesel::result::Error) -> Error {
    Error::because("opening a test's database", error)
}

fn in_memory() -> Result<DatabaseUrl, Error> {
    DatabaseUrl::parse("sqlite://:memory:").map_err(|error| Error::because("SQLite in memory", error))
}

fn note(connection: &mut SqliteConnection) {
    tally::note(|| {
        let version = diesel::sql_query("SELECT sqlite_version() AS version");
        let row: Option<Version> = diesel::RunQueryDsl::get_result(version, connection).ok();
        format!("SQLite {}", row.map(|row| row.version).unwrap_or_default())
    });
}

#[derive(diesel::QueryableByName)]
struct Version {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

struct Memory(DatabaseUrl);

impl Held for Memory {
    fn url(&self) -> &DatabaseUrl {
        &self.0
    }

    fn keep(&mut self) {}
}

/// A folder with a database in it. Its lock is held for as long as it is wanted, and goes with the
/// process, however that ends.
struct Folder {
    path: PathBuf,
    url: DatabaseUrl,
    kept: bool,
    _lock: File,
}

const FOLDERS: &str = "sqlite-";
const UNNAMED: &str = ".";
const LOCK: &str = "lock";

impl Folder {
    fn new() -> Result<Self, Error> {
        let base = place::base()?;
        let name = format!("{FOLDERS}{}", place::token());
        // It has its name when it is locked, so that nobody takes it for abandoned.
        let (new, path) = (base.join(format!("{UNNAMED}{name}")), base.join(name));
        fs::create_dir(&new).map_err(|error| Error::io("making", &new, &error))?;
        let lock = lock_file(&new.join(LOCK)).map_err(|error| Error::io("locking", &new, &error))?;
        fs::rename(&new, &path).map_err(|error| Error::io("naming", &path, &error))?;
        let url = format!("sqlite://{}", path.join("test.db").display());
        let url = DatabaseUrl::parse(&url).map_err(|error| Error::because("a test's database", error))?;
        Ok(Self { path, url, kept: false, _lock: lock })
    }
}

impl Held for Folder {
    fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Deletes what earlier tests left: those that were killed, and those whose databases were kept.
pub(in crate::testing) fn sweep_files(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        let goes = match name.strip_prefix(UNNAMED) {
            Some(name) => name.starts_with(FOLDERS) && place::is_forgotten(&path),
            None => name.starts_with(FOLDERS) && is_abandoned(&path.join(LOCK)),
        };
        if goes {
            let _ = fs::remove_dir_all(path);
        }
    }
}

#[cfg(unix)]
fn lock_file(path: &Path) -> std::io::Result<File> {
    let file = File::create(path)?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

/// A file that is there and that nobody has locked. One that is not there yet is about to be.
#[cfg(unix)]
fn is_abandoned(path: &Path) -> bool {
    let unlocked =
        |file: File| rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok();
    File::open(path).is_ok_and(unlocked)
}

/// Windows does not delete what is open.
#[cfg(not(unix))]
fn lock_file(path: &Path) -> std::io::Result<File> {
    File::create(path)
}

#[cfg(not(unix))]
fn is_abandoned(path: &Path) -> bool {
    fs::remove_file(path).is_ok()
}
