//! A disk that is full, at every size: old or new, and nothing between.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Command;

use fenrir_migrate::Dialect;

use super::boot::Boot;
use super::{Row, chain};
use crate::database::TestDatabase;

/// SQLite, where a file may have so many blocks and no more, from few to enough; then without a limit.
///
/// # Panics
/// When there is no shell.
#[must_use]
pub fn sqlite(binary: &'static str, stride: usize) -> Row {
    let mut row = Row::new("a full disk, SQLite");
    let database = TestDatabase::sqlite();
    let boot = Boot::new(binary, Dialect::Sqlite, database.url());
    let mut blocks = 1;
    while row.failures.len() < 3 {
        database.reset();
        let command = boot.command();
        // What would end the process is an error to it instead (setrlimit(2), RLIMIT_FSIZE).
        let mut limited = Command::new("sh");
        limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
        limited.arg(command.get_program()).args(command.get_args());
        let output = limited.output().unwrap();
        if output.status.success() {
            return row;
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        row.count(
            is_sound(&database)
                .and_then(|()| boot.run().ok())
                .and_then(|()| chain::is_whole(&mut database.connect()))
                .map_err(|error| format!("{blocks} blocks: {error}; before: {said}")),
        );
        blocks += stride;
    }
    row
}

fn is_sound(database: &TestDatabase) -> Result<(), String> {
    let found = database.connect().texts("SELECT integrity_check AS value FROM pragma_integrity_check");
    if found == [Some("ok".to_owned())] { Ok(()) } else { Err(format!("integrity_check: {found:?}")) }
}

/// PostgreSQL, whose tables lie on a small disk of memory, from small to enough; then on a greater one. None where
/// this user may not mount one.
#[must_use]
pub fn postgres(binary: &'static str, sizes: impl IntoIterator<Item = usize>) -> Option<Row> {
    let mut row = Row::new("a full disk, PostgreSQL");
    let database = TestDatabase::postgres();
    let boot = Boot::new(binary, Dialect::Postgres, database.url());
    for kilobytes in sizes {
        database.reset();
        let disk = Disk::mount(&database, kilobytes)?;
        let full = boot.run();
        let result = disk
            .grow()
            .and_then(|()| boot.run().ok())
            .and_then(|()| chain::is_whole(&mut database.connect()))
            .map_err(|error| format!("{kilobytes} KiB: {error}; before: {}", full.said));
        if full.status.success() {
            return Some(row);
        }
        row.count(result);
    }
    Some(row)
}

/// A small disk, on which the database's tables are made.
struct Disk<'a> {
    folder: tempfile::TempDir,
    database: &'a TestDatabase,
}

impl<'a> Disk<'a> {
    fn mount(database: &'a TestDatabase, kilobytes: usize) -> Option<Self> {
        let mut connected = database.connect();
        let data = connected.texts("SELECT current_setting('data_directory') AS value").remove(0)?;
        let owner = std::fs::metadata(&data).ok()?;
        // Where the server's user may go.
        let folder = tempfile::Builder::new().prefix("fenrir-disk-").tempdir_in("/tmp").ok()?;
        let options = format!("size={kilobytes}k,mode=0700");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        if !mount.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let disk = Self { folder, database };
        let path = disk.folder.path();
        let parent = std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700));
        parent.ok()?;
        chown(path, Some(owner.uid()), Some(owner.gid())).ok()?;
        let name = connected.texts("SELECT quote_ident(current_database()) AS value").remove(0)?;
        connected.execute(&format!("CREATE TABLESPACE small LOCATION '{}'", path.display())).ok()?;
        connected.execute(&format!("ALTER DATABASE {name} SET default_tablespace = small")).ok()?;
        Some(disk)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn grow(&self) -> Result<(), String> {
        let status = Command::new("mount").args(["-o", "remount,size=64m"]).arg(self.path()).status();
        if status.is_ok_and(|status| status.success()) { Ok(()) } else { Err("remount failed".to_owned()) }
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        self.database.reset();
        let mut connected = self.database.connect();
        let name = connected.texts("SELECT quote_ident(current_database()) AS value").remove(0);
        let _ = connected
            .execute(&format!("ALTER DATABASE {} RESET default_tablespace", name.unwrap_or_default()));
        let _ = connected.execute("DROP TABLESPACE small");
        let _ = Command::new("umount").arg(self.path()).status();
    }
}
