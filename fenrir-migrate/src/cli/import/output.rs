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
        let is_new = !folder.exists();
        fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
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

/// All files, or none: what was there before comes back where another file cannot be moved.
fn move_all(from: &Path, targets: &[PathBuf], force: bool) -> Result<(), Failure> {
    let mut moved = Vec::new();
    for (number, target) in targets.iter().enumerate() {
        let aside = from.join(format!("replaced {number}"));
        match move_one(&from.join(number.to_string()), target, aside, force) {
            Ok(one) => moved.push(one),
            Err(failure) => {
                moved.into_iter().rev().for_each(Moved::undo);
                return Err(failure);
            }
        }
    }
    Ok(())
}

/// A file that is where it belongs.
struct Moved<'a> {
    target: &'a Path,
    /// Where the one is that was there.
    replaced: Option<PathBuf>,
}

impl Moved<'_> {
    /// As far as it goes: the error that led here is the one to tell.
    fn undo(self) {
        let _ = fs::remove_file(self.target);
        bring_back(self.replaced, self.target);
    }
}

fn move_one<'a>(source: &Path, target: &'a Path, aside: PathBuf, force: bool) -> Result<Moved<'a>, Failure> {
    free(target, force)?;
    let replaced = if force { make_way(target, aside)? } else { None };
    if let Err(failure) = place(source, target) {
        bring_back(replaced, target);
        return Err(failure);
    }
    Ok(Moved { target, replaced })
}

/// Moves away what is there, and says where to.
fn make_way(target: &Path, aside: PathBuf) -> Result<Option<PathBuf>, Failure> {
    if target.is_dir() {
        return Err(Failure::error(format!("`{}` is a folder; nothing was written", target.display())));
    }
    match fs::rename(target, &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot_write(target, &error)),
    }
}

fn bring_back(replaced: Option<PathBuf>, target: &Path) {
    if let Some(replaced) = replaced {
        let _ = fs::rename(replaced, target);
    }
}

/// A link fails where something came there meanwhile; not every file system has links.
fn place(source: &Path, target: &Path) -> Result<(), Failure> {
    match fs::hard_link(source, target) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            free(target, false)?;
            fs::rename(source, target).map_err(|error| cannot_write(target, &error))
        }
        placed => placed.map_err(|error| cannot_write(target, &error)),
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::error(format!("cannot write `{}`: {error}; nothing was written", path.display()))
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
