//! A PostgreSQL primary with a standby: what boots on the one and the other, and when the one takes the other's place.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::{Connection, PgConnection};
use fenrir_migrate::Dialect;
use tempfile::TempDir;

use super::boot::Boot;
use super::{Random, Row, chain};
use crate::database::Connected;

/// How long a server, or what it is to have, is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Boots on the primary and on the standby, with nothing pending and with something, and through a failover.
///
/// # Panics
/// When the servers' programs are not there.
#[must_use]
pub fn primary_and_standby(binary: &'static str) -> Row {
    let mut row = Row::new("a primary and its standby, and a failover");
    let mut servers = Servers::start();
    let boot = |url: &str| Boot::new(binary, Dialect::Postgres, url).patience(Duration::from_secs(20));

    servers.create("done");
    row.count(boot(&servers.primary.url("done")).run().ok());
    let caught_up = until(|| chain::is_whole(&mut servers.standby.connect("done")?));
    let booted = boot(&servers.standby.url("done")).run();
    row.count(caught_up.and_then(|()| booted.ok()).and_then(|()| says(&booted.said, "applied 0")));

    servers.create("pending");
    let there = until(|| servers.standby.connect("pending").map(drop));
    let booted = boot(&servers.standby.url("pending")).run();
    row.count(there.and_then(|()| says(&booted.said, "it is a standby")).and_then(|()| {
        if booted.took < PATIENCE { Ok(()) } else { Err(format!("it took {:?}", booted.took)) }
    }));

    servers.create("failover");
    let there = until(|| servers.standby.connect("failover").map(drop));
    let running = boot(&servers.primary.url("failover")).start();
    std::thread::sleep(Duration::from_millis(20 + Random::new().below(60)));
    servers.primary.kill();
    let broken = running.end();
    servers.standby.promote();
    let promoted = until(|| {
        let booted = boot(&servers.standby.url("failover")).run();
        booted.ok()?;
        chain::is_whole(&mut servers.standby.connect("failover")?)
    });
    row.count(there.and(promoted).map_err(|message| format!("{message}; when it broke: {}", broken.said)));
    row
}

fn says(said: &str, words: &str) -> Result<(), String> {
    if said.contains(words) { Ok(()) } else { Err(format!("`{said}` does not say `{words}`")) }
}

fn until(mut act: impl FnMut() -> Result<(), String>) -> Result<(), String> {
    let start = Instant::now();
    loop {
        match act() {
            Err(message) if start.elapsed() >= PATIENCE => return Err(message),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
            done => return done,
        }
    }
}

struct Servers {
    primary: Server,
    standby: Server,
    _folder: TempDir,
}

impl Servers {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("fenrir-standby-").tempdir_in("/tmp").unwrap();
        let programs = programs();
        let owner = owner();
        let primary = Server::new(&folder.path().join("primary"), &programs, owner);
        let standby = Server::new(&folder.path().join("standby"), &programs, owner);
        let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), everybody).unwrap();
        primary.does("initdb", &["-A", "trust", "-U", "postgres", "--no-sync", "-D", &primary.data()]);
        let primary = primary.started();
        let socket = primary.folder.display().to_string();
        standby.does(
            "pg_basebackup",
            &["-h", &socket, "-U", "postgres", "-R", "-c", "fast", "-D", &standby.data()],
        );
        let standby = standby.started();
        Self { primary, standby, _folder: folder }
    }

    fn create(&self, name: &str) {
        self.primary.connect("postgres").unwrap().execute(&format!("CREATE DATABASE {name}")).unwrap();
    }
}

struct Server {
    folder: PathBuf,
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    child: Option<Child>,
}

impl Server {
    fn new(folder: &Path, programs: &Path, owner: Option<(u32, u32)>) -> Self {
        std::fs::create_dir(folder).unwrap();
        if let Some((user, group)) = owner {
            chown(folder, Some(user), Some(group)).unwrap();
        }
        Self { folder: folder.to_owned(), programs: programs.to_owned(), owner, child: None }
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.folder.display())
    }

    fn connect(&self, database: &str) -> Result<Connected, String> {
        PgConnection::establish(&self.url(database))
            .map(Connected::Postgres)
            .map_err(|error| error.to_string())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn does(&self, program: &str, arguments: &[&str]) {
        let status = self.command(program).args(arguments).status().unwrap();
        assert!(status.success(), "{program}: {status}");
    }

    fn started(mut self) -> Self {
        let socket = self.folder.display().to_string();
        let mut command = self.command("postgres");
        command.args(["-D", &self.data(), "-k", &socket, "-c", "listen_addresses=", "-c", "fsync=off"]);
        self.child = Some(command.spawn().unwrap());
        until(|| self.connect("postgres").map(drop)).unwrap();
        self
    }

    /// As if its machine had gone.
    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = self.command("pg_ctl").args(["-D", &self.data(), "-m", "immediate", "stop"]).status();
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn promote(&self) {
        self.does("pg_ctl", &["-D", &self.data(), "-w", "promote"]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where Debian and others keep the servers' programs: the newest of them.
fn programs() -> PathBuf {
    let mut found: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    found.sort();
    let in_path = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .find(|folder| folder.join("initdb").is_file());
    found
        .pop()
        .or(in_path)
        .expect("the programs of PostgreSQL's server are there: `scripts/test` installs them")
}

/// Who the servers run as, where that must not be root.
fn owner() -> Option<(u32, u32)> {
    let id = |which: &str| {
        let output = Command::new("id").args([which, "postgres"]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    rustix::process::getuid().is_root().then(|| (id("-u").unwrap_or(65_534), id("-g").unwrap_or(65_534)))
}
