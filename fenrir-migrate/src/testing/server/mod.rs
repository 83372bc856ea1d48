//! Finding a server for the tests, or starting one.

#[cfg(unix)]
mod cache;
#[cfg(unix)]
mod owner;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod temporary;

#[cfg(unix)]
pub(super) use self::{
    owner::Owner,
    programs::{Places, find, version},
    temporary::{Temporary, release_kept},
};

use std::env;

use fenrir_schema::Dialect;

use super::Error;
use crate::database::url::DatabaseUrl;

/// A database server that can be started.
#[cfg(unix)]
pub(super) trait Software {
    /// Its name in those of folders.
    fn name(&self) -> &'static str;
    /// Its name for people.
    fn title(&self) -> &'static str;
    /// The version, as `15.4`.
    fn version(&self) -> &str;
    /// The user that it runs as where it refuses to run as root, if there is such a user.
    fn user(&self) -> &'static str;
    /// The program that makes an empty folder of data, with its arguments.
    fn initialise(&self, data: &std::path::Path) -> std::process::Command;
    /// The program that serves `folder/data` on a socket in `folder`, and nowhere else.
    fn serve(&self, folder: &std::path::Path) -> std::process::Command;
    /// What makes it end at once: its data is thrown away.
    fn stop_signal(&self) -> rustix::process::Signal;
    /// Where it is to be reached.
    fn url(&self, folder: &std::path::Path) -> String;
    /// Whether it answers there. It may have been stopped, so this waits for some seconds only.
    fn ping(&self, folder: &std::path::Path) -> Result<(), String>;
    /// Whether that may only be because it has just been started.
    fn may_come_up(&self, _error: &str) -> bool {
        true
    }
}

/// A server: where it is, and what keeps it.
pub(super) struct Server {
    pub(super) url: DatabaseUrl,
    #[cfg(unix)]
    temporary: Option<Temporary>,
}

impl Server {
    /// The server that an environment variable names, or one that is started.
    #[cfg(unix)]
    pub(super) fn find(
        variable: &str,
        dialect: Dialect,
        software: impl FnOnce() -> Result<Box<dyn Software>, Error>,
    ) -> Result<Self, Error> {
        if let Some(url) = named(variable, dialect)? {
            return Ok(Self { url, temporary: None });
        }
        let temporary = Temporary::start(&*software()?)?;
        let url = DatabaseUrl::parse(&temporary.url)
            .map_err(|error| Error::new(format!("the test server's address: {error}")))?;
        Ok(Self { url, temporary: Some(temporary) })
    }

    /// The server that an environment variable names.
    #[cfg(not(unix))]
    pub(super) fn find(variable: &str, dialect: Dialect) -> Result<Self, Error> {
        let url = named(variable, dialect)?;
        let url =
            url.ok_or_else(|| Error::new(format!("set {variable} to the address of a server for tests")))?;
        Ok(Self { url })
    }

    /// Has a server that was started for the tests stay after them.
    pub(super) fn keep(&self) {
        #[cfg(unix)]
        if let Some(temporary) = &self.temporary {
            temporary.keep();
        }
    }
}

fn named(variable: &str, dialect: Dialect) -> Result<Option<DatabaseUrl>, Error> {
    match env::var(variable) {
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Error::new(format!("`{variable}` is not UTF-8"))),
        Ok(text) if text.is_empty() => {
            Err(Error::new(format!("`{variable}` is set, but empty: unset it, or name a server")))
        }
        Ok(text) => DatabaseUrl::parse(&text)
            .map_err(|error| Error::new(format!("`{variable}`: {error}")))
            .and_then(|url| {
                if url.dialect() == dialect {
                    return Ok(Some(url));
                }
                let (wanted, scheme) = (dialect.title(), dialect.name());
                Err(Error::new(format!("`{variable}` is the address of a {wanted} server: `{scheme}://…`")))
            }),
    }
}

/// Runs a program to its end, which should come soon. Returns what it said.
#[cfg(unix)]
fn run(command: &mut std::process::Command, doing: &str) -> Result<String, Error> {
    use std::os::unix::process::CommandExt;
    use std::process::Stdio;

    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |how: &str| Error::new(format!("{doing}: `{program}`{how}"));
    // With what it starts it is a group, so that all of it can be ended.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = command.spawn().map_err(|error| failed(&format!(": {error}")))?;
    let group = rustix::process::Pid::from_child(&child);
    let (sender, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = ended.recv_timeout(PATIENCE) else {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        return Err(failed(&format!(" did not end within {} seconds", PATIENCE.as_secs())));
    };
    let output = output.map_err(|error| failed(&format!(": {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(failed(&format!(" failed: {}", String::from_utf8_lossy(&output.stderr).trim())))
}
