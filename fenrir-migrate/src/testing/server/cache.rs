//! A folder of data as a new server makes it, kept so that it is made once for each version.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Owner, Software};
use crate::testing::{Error, place};

/// Whether what is kept may be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    IfThere,
    Anew,
}

/// Makes a new server's folder of data at `data`, which is not there yet.
pub(super) fn data_folder(
    software: &dyn Software,
    owner: Option<Owner>,
    data: &Path,
    from: Use,
) -> Result<(), Error> {
    let kept = folder(software);
    if let (Some(kept), Use::IfThere) = (&kept, from) {
        if kept.is_dir() {
            return copy(kept, data, owner).map_err(|error| Error::io("copying", kept, &error));
        }
    }
    let mut initialise = software.initialise(data);
    if let Some(owner) = owner {
        owner.run(&mut initialise);
    }
    let doing = format!("making a folder of data for {} in `{}`", software.title(), data.display());
    // Beside it: another user could not write into our place for temporary files.
    initialise.env("TMPDIR", data.parent().unwrap_or(data)).current_dir("/");
    super::run(&mut initialise, &doing)?;
    // Without the cache the next run is slower; nothing else.
    if let Some(kept) = kept {
        let _ = keep(data, &kept);
    }
    Ok(())
}

/// Deletes what is kept. Returns whether something was.
pub(super) fn forget(software: &dyn Software) -> bool {
    folder(software).is_some_and(|kept| fs::remove_dir_all(kept).is_ok())
}

/// Under another name first: who finds the name finds all of it.
fn keep(data: &Path, kept: &Path) -> io::Result<()> {
    let parent = kept.parent().unwrap_or(kept);
    fs::create_dir_all(parent)?;
    let new = parent.join(format!(".new-{}", place::token()));
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

/// Copies a folder, for another owner if there is one. Permissions are kept.
fn copy(from: &Path, to: &Path, owner: Option<Owner>) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&from, &to, owner)?;
        } else if kind.is_file() {
            fs::copy(&from, &to)?;
            if let Some(owner) = owner {
                owner.give(&to)?;
            }
        }
    }
    owner.map_or(Ok(()), |owner| owner.give(to))
}
