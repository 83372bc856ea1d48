//! Who a server runs as: database servers refuse to run as root.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::Software;
use crate::testing::Error;

/// A user that is not root.
#[derive(Clone, Copy)]
pub(in crate::testing) struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    /// Who a server of that kind is to run as; none where that is who we are.
    pub(in crate::testing) fn of(software: &dyn Software) -> Result<Option<Self>, Error> {
        if !rustix::process::getuid().is_root() {
            return Ok(None);
        }
        let names = [software.user(), "nobody"];
        let owner =
            names.iter().find_map(|name| Some(Self { user: id("-u", name)?, group: id("-g", name)? }));
        owner.map(Some).ok_or_else(|| {
            Error::new(format!(
                "{} refuses to run as root, and there is neither a user `{}` nor `nobody` on this machine",
                software.title(),
                software.user()
            ))
        })
    }

    /// Has a program run as this user, with none of root's groups.
    pub(super) fn run(self, command: &mut Command) {
        command.uid(self.user).gid(self.group);
        // Theirs cannot be read by another user.
        command.env("HOME", "/");
    }

    /// Makes a file or folder this user's; of a link, the link itself.
    pub(super) fn give(self, path: &Path) -> io::Result<()> {
        std::os::unix::fs::lchown(path, Some(self.user), Some(self.group))
    }
}

/// The standard library has no lookup of users, and the program knows them wherever they are kept.
fn id(which: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([which, name]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
