//! A folder of data as a new server makes it, kept so that it is made once for each version.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::{Owner, Software};
use crate::testing::{Error, place};

/// Whether what is kept may be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    IfThere,
    Anew,
}

/// Puts what is kept of a new server's folder of data at `data`. Returns whether it did.
pub(super) fn copy_kept(software: &dyn Software, owner: Option<Owner>, data: &Path) -> bool {
    let Some(kept) = folder(software).filter(|kept| kept.is_dir()) else { return false };
    let copied = copy(&kept, data, owner);
    if copied.is_err() {
        // It may be another user's, in whose name `sudo -E` looks for it.
        let _ = fs::remove_dir_all(data);
    }
    copied.is_ok()
}

/// Makes a new server's folder of data at `data`, which is not there yet, and keeps a copy.
pub(super) fn initialise(software: &dyn Software, owner: Option<Owner>, data: &Path) -> Result<(), Error> {
    let mut initialise = software.initialise(data);
    if let Some(owner) = owner {
        owner.run(&mut initialise);
    }
    let doing = format!("making a folder of data for {} in `{}`", software.title(), data.display());
    // Beside it: another user could not write into our place for temporary files.
    initialise.env("TMPDIR", data.parent().unwrap_or(data)).current_dir("/");
    super::run(&mut initialise, &doing)?;
    // Without the cache the next run is slower; nothing else.
    if let Some(kept) = folder(software) {
        let _ = keep(data, &kept);
    }
    Ok(())
}

/// Deletes what is kept. Returns whether something was.
pub(super) fn forget(software: &dyn Software) -> bool {
    folder(software).is_some_and(|kept| fs::remove_dir_all(kept).is_ok())
}

/// What the names of folders begin with that are not whole yet.
const NEW: &str = ".new-";

/// Under another name first: who finds the name finds all of it.
fn keep(data: &Path, kept: &Path) -> io::Result<()> {
    let parent = kept.parent().unwrap_or(kept);
    fs::create_dir_all(parent)?;
    for entry in fs::read_dir(parent)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(NEW) && place::is_forgotten(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let new = parent.join(format!("{NEW}{}", place::token()));
    let result = copy(data, &new, None).and_then(|()| fs::rename(&new, kept));
    if result.is_err() {
        let _ = fs::remove_dir_all(&new);
    }
    result
}

/// By the version, and by the way in which it is made.
fn folder(software: &dyn Software) -> Option<PathBuf> {
    let made = format!("{:?}", software.initialise(Path::new("")));
    let name = format!(
        "{}-{}-{}",
        software.name(),
        software.version(),
        fenrir_schema::digest::sha256_hex(made.as_bytes()).split_at(8).0
    );
    Some(caches()?.join("fenrir").join(name))
}

/// <https://specifications.freedesktop.org/basedir-spec/latest/>, and what macOS has in its place.
fn caches() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute()) {
        return Some(folder);
    }
    let home = env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute())?;
    Some(home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }))
}

/// Copies a folder, for another owner if there is one.
fn copy(from: &Path, to: &Path, owner: Option<Owner>) -> io::Result<()> {
    copy_open(File::from(rustix::fs::open(from, LOOK, Mode::empty())?), to, owner)
}

/// No link is followed: what is copied may be another user's, who could put one anywhere in it meanwhile.
const LOOK: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

fn copy_open(mut from: File, to: &Path, owner: Option<Owner>) -> io::Result<()> {
    let metadata = from.metadata()?;
    if metadata.is_dir() {
        fs::DirBuilder::new().mode(0o700).create(to)?;
        for entry in rustix::fs::Dir::read_from(&from)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                let there = rustix::fs::openat(&from, name, LOOK, Mode::empty())?;
                copy_open(File::from(there), &to.join(name), owner)?;
            }
        }
    } else if metadata.is_file() {
        io::copy(&mut from, &mut File::create_new(to)?)?;
    } else {
        return Ok(());
    }
    // None of the bits with which a program runs as its owner.
    fs::set_permissions(to, fs::Permissions::from_mode(metadata.mode() & 0o777))?;
    owner.map_or(Ok(()), |owner| owner.give(to))
}
