//! pgbouncer in transaction mode, which hands out another connection of the server's for each transaction.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fenrir_migrate::Dialect;
use tempfile::TempDir;
use url::Url;

use super::address::Server;
use super::boot::{Boot, Running};
use super::{Row, chain};
use crate::database::TestDatabase;

/// Boots processes at once through the pool, again and again. Each boots or is refused, with what to do; whatever they did,
/// a process that connects to the server itself ends with all, each once.
///
/// # Panics
/// When pgbouncer is not there: `scripts/test` installs it.
#[must_use]
pub fn refused_or_safe(binary: &'static str, replicas: usize, times: usize) -> (Row, usize) {
    let mut row = Row::new("through pgbouncer in transaction mode");
    let mut refused = 0;
    let database = TestDatabase::postgres();
    let pool = Pool::start(&database);
    let direct = Boot::new(binary, Dialect::Postgres, database.url());
    let pooled = Boot::new(binary, Dialect::Postgres, &pool.url).patience(Duration::from_secs(20));
    for _ in 0..times {
        database.reset();
        let running: Vec<_> = (0..replicas).map(|_| pooled.start()).collect();
        let booted: Vec<_> = running.into_iter().map(Running::end).collect();
        let failed: Vec<_> =
            booted.iter().filter(|one| !one.status.success()).map(|one| one.said.clone()).collect();
        refused += failed.len();
        let is_clear = |said: &String| CLEAR.iter().any(|words| said.contains(words));
        let unclear = failed.iter().find(|said| !is_clear(said));
        let result = match unclear {
            Some(said) => Err(said.clone()),
            None => direct.run().ok().and_then(|()| chain::is_whole(&mut database.connect())),
        };
        row.count(result.map_err(|error| format!("{error}; of the others: {failed:?}")));
    }
    (row, refused)
}

/// What a process says that is refused, or whose connection the pool has lost: none of it is a wrong state.
const CLEAR: [&str; 9] = [
    "connect to PostgreSQL itself",
    "prepared statement",
    "already exists",
    "not done after",
    "terminating connection",
    "server closed",
    "no connection to the server",
    // pgbouncer's own words for a connection of the server's that has ended.
    "server conn crashed",
    "server connection closed",
];

/// A pool that runs as long as this is there.
struct Pool {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Pool {
    fn start(database: &TestDatabase) -> Self {
        let folder = tempfile::Builder::new().prefix("fenrir-pool-").tempdir_in("/tmp").unwrap();
        let url = Url::parse(database.url()).unwrap();
        let (host, port) = match Server::of(&url) {
            Server::Socket(path) => (path.parent().unwrap().display().to_string(), 5432),
            Server::Port(host, port) => (host, port),
        };
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let name = &url.path()[1..];
        let settings = format!(
            "[databases]\npooled = host={host} port={port} dbname={name} user=postgres\n[pgbouncer]\npool_mode = transaction\n\
             listen_addr = 127.0.0.1\nlisten_port = {free}\nunix_socket_dir =\nauth_type = any\ndefault_pool_size = 3\n\
             ignore_startup_parameters = extra_float_digits\nlogfile = {0}/log\npidfile = {0}/pid\n",
            folder.path().display()
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        let mut command = Command::new(program());
        command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if rustix::process::getuid().is_root() {
            // It refuses to run as root, and only the server's own user may go to a server's socket.
            let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            std::fs::set_permissions(folder.path(), everybody).unwrap();
            let owner = std::fs::metadata(&host).map_or(65_534, |metadata| metadata.uid());
            let name = Command::new("id").args(["-nu", &owner.to_string()]).output().unwrap().stdout;
            command.args(["-u", String::from_utf8(name).unwrap().trim()]);
        }
        let child = command.spawn().expect("pgbouncer is there: `scripts/test` installs it");
        let url = format!("postgres://postgres@127.0.0.1:{free}/pooled");
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", free)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "pgbouncer does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, url, _folder: folder }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian has it where a user's PATH does not lead.
fn program() -> PathBuf {
    let there = PathBuf::from("/usr/sbin/pgbouncer");
    if there.exists() { there } else { "pgbouncer".into() }
}
