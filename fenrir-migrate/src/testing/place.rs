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

/// The name of the folder of this user's test databases.
#[cfg(unix)]
fn base_name() -> PathBuf {
    temporary().join(format!("fenrir-test-{}", rustix::process::getuid().as_raw()))
}

/// Where the folder of this user's test databases is, if it is there.
pub(super) fn base_if_there() -> Option<PathBuf> {
    #[cfg(unix)]
    let folder = base_name();
    #[cfg(not(unix))]
    let folder = std::env::temp_dir().join("fenrir-test");
    if folder.is_dir() { base().ok() } else { None }
}

/// The folder of this user's test databases, which is made where it is not there.
#[cfg(unix)]
pub(super) fn base() -> Result<PathBuf, Error> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};

    let user = rustix::process::getuid();
    let folder = base_name();
    // A server that runs as another user must be able to pass.
    let mode = if user.is_root() { 0o711 } else { 0o700 };
    match fs::DirBuilder::new().mode(mode).create(&folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Error::io("making", &folder, &error)),
        Ok(()) => {
            use std::os::unix::fs::PermissionsExt;
            // Whatever the umask has taken away.
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode))
                .map_err(|error| Error::io("opening", &folder, &error))?;
            return Ok(folder);
        }
    }
    // Anybody can make a folder of that name among temporary files.
    let there = fs::symlink_metadata(&folder).map_err(|error| Error::io("looking at", &folder, &error))?;
    if there.is_dir() && there.uid() == user.as_raw() && there.mode() & 0o022 == 0 {
        Ok(folder)
    } else {
        Err(Error::new(format!(
            "`{}` is not this user's own folder: delete it, or set TMPDIR to another place",
            folder.display()
        )))
    }
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
    let memory = Path::new("/dev/shm");
    let roomy = rustix::fs::statvfs(memory).is_ok_and(|there| there.f_bavail * there.f_frsize >= ROOM);
    let may = rustix::fs::access(memory, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok();
    if std::env::var_os("TMPDIR").is_none() && roomy && may {
        return memory.to_owned();
    }
    let folder = std::env::temp_dir();
    // A server's socket lies in it, whose path has at most 103 bytes; macOS's own folder is too long for that.
    if folder.as_os_str().len() > 40 { PathBuf::from("/tmp") } else { folder }
}
