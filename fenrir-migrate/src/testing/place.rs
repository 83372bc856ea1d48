//! Where what belongs to tests lies on this machine, and what it is called.

use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use super::Error;

/// What the names of all of our databases and folders begin with.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) const PREFIX: &str = "fenrir_test_";

/// Sixteen hex digits that nobody else has.
pub(super) fn token() -> String {
    // The standard library seeds these from the system's source of randomness.
    let hash = std::hash::RandomState::new().build_hasher();
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let mut hash = hash;
    hash.write_u128(since.as_nanos());
    hash.write_u32(std::process::id());
    format!("{:016x}", hash.finish())
}

/// The folders of this user's test databases that are there: in memory, and on the disk if there was once
/// too little room.
#[cfg(unix)]
pub(super) fn bases() -> Vec<PathBuf> {
    let bases = in_memory().into_iter().chain([on_disk()]).map(|folder| folder.join(base_name()));
    bases.filter(|folder| is_own(folder)).collect()
}

/// The folder of this user's test databases, if it is there.
#[cfg(not(unix))]
pub(super) fn bases() -> Vec<PathBuf> {
    let folder = std::env::temp_dir().join("fenrir-test");
    folder.is_dir().then_some(folder).into_iter().collect()
}

#[cfg(unix)]
fn base_name() -> String {
    format!("fenrir-test-{}", rustix::process::getuid().as_raw())
}

/// The folder of this user's test databases, which is made where it is not there.
#[cfg(unix)]
pub(super) fn base() -> Result<PathBuf, Error> {
    let folder = temporary().join(base_name());
    make_own(&folder)?;
    Ok(folder)
}

/// Makes a folder of this user's own, where it is not there. Root's can be passed, but not looked into: a
/// server that runs as another user has its own folder further in.
#[cfg(unix)]
pub(super) fn make_own(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

    let mode = if rustix::process::getuid().is_root() { 0o711 } else { 0o700 };
    match fs::DirBuilder::new().mode(mode).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => other.map_err(|error| Error::io("making", folder, &error))?,
    }
    // Anybody can make a folder of that name among temporary files.
    if !is_own(folder) {
        return Err(Error::new(format!(
            "`{}` is not this user's own folder: delete it, or set TMPDIR to another place",
            folder.display()
        )));
    }
    // Whatever the umask has taken away.
    fs::set_permissions(folder, fs::Permissions::from_mode(mode))
        .map_err(|error| Error::io("opening", folder, &error))
}

/// Whether it is a folder, no link to one, in which nobody else can put or replace anything.
#[cfg(unix)]
pub(super) fn is_own(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    fs::symlink_metadata(folder).is_ok_and(|there| {
        there.is_dir() && there.uid() == rustix::process::getuid().as_raw() && there.mode() & 0o022 == 0
    })
}

/// The folder of this user's test databases, which is made where it is not there.
#[cfg(not(unix))]
pub(super) fn base() -> Result<PathBuf, Error> {
    let folder = std::env::temp_dir().join("fenrir-test");
    fs::create_dir_all(&folder).map_err(|error| Error::io("making", &folder, &error))?;
    Ok(folder)
}

/// Whether what has not been given its name yet never will be: nobody needs an hour for that.
pub(super) fn is_forgotten(path: &Path) -> bool {
    let changed = fs::symlink_metadata(path).and_then(|there| there.modified());
    let age = changed.ok().and_then(|changed| changed.elapsed().ok());
    age.is_some_and(|age| age > std::time::Duration::from_secs(3600))
}

/// Where `TMPDIR` says; else in memory, if there is room: creating forty tables takes a disk several
/// times as long.
#[cfg(unix)]
fn temporary() -> PathBuf {
    const ROOM: u64 = 1 << 30;
    let is_roomy = |folder: &PathBuf| {
        rustix::fs::statvfs(folder).is_ok_and(|there| there.f_bavail * there.f_frsize >= ROOM)
            && rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
    };
    in_memory().filter(is_roomy).unwrap_or_else(on_disk)
}

#[cfg(unix)]
fn in_memory() -> Option<PathBuf> {
    std::env::var_os("TMPDIR").is_none().then(|| PathBuf::from("/dev/shm"))
}

#[cfg(unix)]
fn on_disk() -> PathBuf {
    let folder = std::env::temp_dir();
    // A server's socket lies in it, whose path has at most 103 bytes; macOS's own folder is too long for that.
    if folder.as_os_str().len() > 40 { PathBuf::from("/tmp") } else { folder }
}
