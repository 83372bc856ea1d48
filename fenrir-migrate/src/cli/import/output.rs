//! Where the models go: to files that were not there, all of them or none.

use std::fs;
use std::path::{Path, PathBuf};

use fenrir_schema::writer::{Layout, SourceFile};

use super::super::arguments::Import;
use super::super::outcome::Failure;
use super::proof::Temporary;

/// Where the models go.
pub(super) enum Output<'a> {
    /// To standard output.
    Printed,
    /// Into one file.
    File(&'a Path),
    /// Into a folder.
    Folder(&'a Path),
}

impl<'a> Output<'a> {
    pub(super) fn new(arguments: &'a Import) -> Self {
        match (&arguments.out, &arguments.single_file) {
            (Some(folder), _) => Self::Folder(folder),
            (None, Some(file)) => Self::File(file),
            (None, None) => Self::Printed,
        }
    }

    pub(super) fn layout(&self) -> Layout {
        match self {
            Self::Folder(_) => Layout::Folder,
            Self::File(_) | Self::Printed => Layout::OneFile,
        }
    }

    /// Refuses what is certain to fail before the database is asked.
    pub(super) fn check(&self, force: bool) -> Result<(), Failure> {
        match self {
            Self::Printed => Ok(()),
            Self::File(file) if file.is_dir() => {
                Err(Failure::error(format!("`{}` is a folder: `--out` takes one", file.display())))
            }
            Self::Folder(folder) if folder.exists() && !folder.is_dir() => {
                Err(Failure::error(format!("`{}` is a file: `--single-file` takes one", folder.display())))
            }
            Self::File(file) => free(file, force),
            Self::Folder(folder) => free(&folder.join("mod.rs"), force),
        }
    }

    /// Writes the files beside where they belong, and moves them there when all are written.
    pub(super) fn write(&self, files: &[SourceFile], force: bool) -> Result<Vec<PathBuf>, Failure> {
        let targets: Vec<PathBuf> = match self {
            Self::Printed => return Ok(Vec::new()),
            Self::File(file) => vec![file.to_path_buf()],
            Self::Folder(folder) => files.iter().map(|file| folder.join(&file.name)).collect(),
        };
        for target in &targets {
            free(target, force)?;
        }
        let folder = match self {
            Self::Folder(folder) => folder,
            Self::File(file) => parent(file),
            Self::Printed => return Ok(Vec::new()),
        };
        let cannot = |path: &Path, error: std::io::Error| {
            Failure::error(format!("cannot write `{}`: {error}; nothing was written", path.display()))
        };
        let is_new = !folder.exists();
        fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
        let result = Temporary::new(folder).and_then(|temporary| {
            for (number, file) in files.iter().enumerate() {
                temporary.write(&number.to_string(), &file.text)?;
            }
            move_all(&temporary.path, &targets, force)
        });
        if result.is_err() && is_new {
            // Only while it is empty.
            let _ = fs::remove_dir(folder);
        }
        result.map(|()| targets)
    }
}

/// Those that are moved when another cannot be are taken away again, but for what they replaced.
fn move_all(from: &Path, targets: &[PathBuf], force: bool) -> Result<(), Failure> {
    let mut moved: Vec<&Path> = Vec::new();
    for (number, target) in targets.iter().enumerate() {
        let was_there = target.symlink_metadata().is_ok();
        // Where nothing may be replaced, a link fails if something came there meanwhile.
        let source = from.join(number.to_string());
        let done = if force { fs::rename(&source, target) } else { fs::hard_link(&source, target) };
        match done {
            Ok(()) if !was_there => moved.push(target),
            Ok(()) => {}
            Err(error) if !force && error.kind() != std::io::ErrorKind::AlreadyExists => {
                // Not every file system has links.
                match free(target, force).map(|()| fs::rename(&source, target)) {
                    Ok(Ok(())) => moved.push(target),
                    Ok(Err(error)) => return Err(undone(&moved, target, &error.to_string())),
                    Err(refused) => {
                        undo(&moved);
                        return Err(refused);
                    }
                }
            }
            Err(error) => return Err(undone(&moved, target, &error.to_string())),
        }
    }
    Ok(())
}

fn undo(moved: &[&Path]) {
    for path in moved {
        let _ = fs::remove_file(path);
    }
}

fn undone(moved: &[&Path], target: &Path, error: &str) -> Failure {
    undo(moved);
    Failure::error(format!("cannot write `{}`: {error}; nothing was written", target.display()))
}

fn parent(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Refuses to replace what is there without a word.
fn free(path: &Path, force: bool) -> Result<(), Failure> {
    if force || path.symlink_metadata().is_err() {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "`{}` is there already: `--force` replaces it, or name another place",
        path.display()
    )))
}
