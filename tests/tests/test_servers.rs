//! The servers that tests start, and what processes leave on them: with real processes, which are killed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use fenrir_migrate::testing::TestDatabase;
use tempfile::TempDir;

/// A process with a test's database.
struct User {
    child: Child,
    stdin: Option<ChildStdin>,
    said: String,
}

impl User {
    fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let user = Self::try_start(arguments, environment);
        user.unwrap_or_else(|said| panic!("it has no database: {said}"))
    }

    fn try_start(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Self, String> {
        Self::of(Self::command(arguments).envs(environment.iter().copied()))
    }

    fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fenrir-test-user"));
        command.args(arguments).env_remove("FENRIR_TEST_KEEP").env("RUST_BACKTRACE", "0");
        command
    }

    /// Waits until it has its database, or returns what it said instead.
    fn of(command: &mut Command) -> Result<Self, String> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        if said.is_empty() {
            let output = child.wait_with_output().unwrap();
            return Err(String::from_utf8(output.stderr).unwrap());
        }
        let stdin = child.stdin.take();
        Ok(Self { child, stdin, said: said.trim().to_owned() })
    }

    /// The address of its database.
    fn url(&self) -> &str {
        &self.said
    }

    /// The name of its database.
    fn database(&self) -> &str {
        let path = self.said.split('?').next().unwrap();
        path.rsplit_once('/').unwrap().1
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Has it end by itself. Returns what it said on standard error.
    fn end(mut self, word: &str) -> String {
        use std::io::Write;
        self.stdin.take().unwrap().write_all(word.as_bytes()).unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(self.child.wait().unwrap().success(), word.is_empty(), "{said}");
        said
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

fn postgres_databases() -> Vec<String> {
    let sql = "SELECT datname::text AS name FROM pg_database";
    let rows: Vec<Name> = sql_query(sql).load(&mut TestDatabase::postgres().connect()).unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

fn mysql_databases() -> Vec<String> {
    let sql = "SELECT schema_name AS name FROM information_schema.schemata";
    let rows: Vec<Name> = sql_query(sql).load(&mut TestDatabase::mysql().connect()).unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

fn sqlite_file(user: &User) -> bool {
    Path::new(user.url()).exists()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What a killed process left goes with the next; what a living one has stays.
#[test]
fn the_next_process_drops_what_a_killed_one_left() {
    for (kind, databases) in
        [("postgres", postgres_databases as fn() -> Vec<String>), ("mysql", mysql_databases)]
    {
        let living = User::start(&[kind], &[]);
        let killed = User::start(&[kind], &[]);
        let (stays, goes) = (living.database().to_owned(), killed.database().to_owned());
        assert!(databases().contains(&goes), "{kind}");
        killed.kill();
        // The server sees a moment later that it is gone.
        wait_until("swept", || {
            User::start(&[kind], &[]).end("");
            !databases().contains(&goes)
        });
        assert!(databases().contains(&stays), "{kind}");
        living.end("");
        assert!(!databases().contains(&stays), "{kind}");
    }
}

/// What is connected to a killed process's database, such as a program that it started, is in the way of nobody.
#[test]
fn who_is_left_in_a_killed_ones_database_holds_nobody_up() {
    let killed = User::start(&["mysql"], &[]);
    let goes = killed.database().to_owned();
    let mut left = MysqlConnection::establish(killed.url()).unwrap();
    left.batch_execute("CREATE TABLE thing (id integer); BEGIN; SELECT * FROM thing").unwrap();
    killed.kill();
    wait_until("swept", || {
        User::start(&["mysql"], &[]).end("");
        !mysql_databases().contains(&goes)
    });

    let killed = User::start(&["postgres"], &[]);
    let stays = killed.database().to_owned();
    let left = PgConnection::establish(killed.url()).unwrap();
    killed.kill();
    // The server sees a moment later that it is gone.
    std::thread::sleep(Duration::from_secs(1));
    let start = Instant::now();
    User::start(&["postgres"], &[]).end("");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    assert!(postgres_databases().contains(&stays));
    drop(left);
    wait_until("swept", || {
        User::start(&["postgres"], &[]).end("");
        !postgres_databases().contains(&stays)
    });
}

#[test]
fn the_next_process_deletes_the_file_that_a_killed_one_left() {
    let place = Place::new();
    let living = place.start(&["sqlite"]);
    let killed = place.start(&["sqlite"]);
    let file = PathBuf::from(killed.url());
    killed.kill();
    assert!(file.is_file());
    place.start(&["sqlite"]).end("");
    assert!(!file.exists() && sqlite_file(&living));
    let file = PathBuf::from(living.url());
    living.end("");
    assert!(!file.exists());
}

/// An own place for servers and caches, so that nothing of other tests is in the way.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A server that runs as another user must be able to pass.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        Self { folder }
    }

    fn start(&self, arguments: &[&str]) -> User {
        self.start_with(arguments, &[])
    }

    fn start_with(&self, arguments: &[&str], more: &[(&str, &str)]) -> User {
        let folder = self.folder.path().to_str().unwrap();
        let mut command = User::command(arguments);
        command.env("TMPDIR", folder).env("XDG_CACHE_HOME", format!("{folder}/cache"));
        // This place's own servers are what is tested.
        command.env_remove("FENRIR_TEST_POSTGRES_URL").env_remove("FENRIR_TEST_MYSQL_URL");
        User::of(command.envs(more.iter().copied()))
            .unwrap_or_else(|said| panic!("it has no database: {said}"))
    }

    /// The folder of this user's test databases.
    fn base(&self) -> PathBuf {
        entries(self.folder.path()).find(|path| name(path).starts_with("fenrir-test-")).unwrap()
    }

    /// The folders of servers; an empty one is what another user's server leaves.
    fn servers(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for user in entries(self.folder.path()).filter(|path| name(path).starts_with("fenrir-test-")) {
            for place in entries(&user) {
                let runs = entries(&place).filter(|path| name(path).starts_with("run-"));
                found.extend(runs.filter(|run| entries(run).next().is_some()));
            }
        }
        found
    }

    /// The process of its one server.
    fn server_process(&self) -> i32 {
        let [server] = &self.servers()[..] else { panic!("{:?}", self.servers()) };
        std::fs::read_to_string(server.join("pid")).unwrap().trim().parse().unwrap()
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().mode() & 0o777
}

/// As what is older than an hour.
fn make_old(path: &Path) {
    let old = std::time::SystemTime::now() - Duration::from_secs(7_200);
    std::fs::File::open(path).unwrap().set_modified(old).unwrap();
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Whether it runs: one that has ended, but that nobody has asked for its status, does not.
fn is_running(process: i32) -> bool {
    let state = Command::new("ps").args(["-o", "state=", "-p", &process.to_string()]).output().unwrap();
    let state = String::from_utf8(state.stdout).unwrap();
    !state.trim().is_empty() && !state.starts_with('Z')
}

fn kill(process: &str) {
    assert!(Command::new("kill").args(["-9", process]).status().unwrap().success());
}

#[test]
fn processes_share_a_server_that_ends_when_the_last_was_killed() {
    for kind in ["postgres", "mysql"] {
        let place = Place::new();
        let first = place.start(&[kind]);
        let second = place.start(&[kind]);
        let server = place.server_process();
        assert!(is_running(server), "{kind}");
        first.kill();
        // For longer than the server is left without anybody.
        std::thread::sleep(Duration::from_secs(5));
        assert!(is_running(server), "{kind}: the second process has it");
        let third = place.start(&[kind]);
        assert_eq!(place.server_process(), server, "{kind}: one server for all");
        second.kill();
        third.kill();
        wait_until("the server has ended", || !is_running(server));
        wait_until("its folder is gone", || place.servers().is_empty());
    }
}

#[test]
fn a_server_is_on_a_socket_alone_and_nobody_elses() {
    let place = Place::new();
    let user = place.start_with(&["postgres"], &[("PGPORT", "5999")]);
    let mut connection = PgConnection::establish(user.url()).unwrap();
    let sql = "SELECT current_setting('listen_addresses') || current_setting('fsync') AS name";
    assert_eq!(sql_query(sql).get_result::<Name>(&mut connection).unwrap().name, "off");
    let [server] = &place.servers()[..] else { panic!("one server") };
    assert_eq!(mode(server) & 0o077, 0);
    user.end("");
}

/// Both the server and the script that would end it are killed: the next process sees that nobody answers.
#[test]
fn a_server_that_was_killed_is_replaced() {
    let place = Place::new();
    let first = place.start(&["postgres"]);
    let killed = place.server_process();
    kill(&killed.to_string());
    wait_until("the server has ended", || !is_running(killed));
    let second = place.start(&["postgres"]);
    assert!(PgConnection::establish(second.url()).is_ok());
    first.kill();
    second.end("");
    wait_until("nothing is left", || place.servers().is_empty());
}

/// A server whose script was killed: it would stay for ever, but for the next process.
#[test]
fn a_server_that_nobody_watches_is_ended_by_the_next_process() {
    let place = Place::new();
    let first = place.start(&["postgres"]);
    let server = place.server_process();
    // It leads the group of processes that the server is in.
    let script = Command::new("ps").args(["-o", "pgid=", "-p", &server.to_string()]).output().unwrap();
    kill(String::from_utf8(script.stdout).unwrap().trim());
    first.kill();
    // What it had started ends a little later.
    std::thread::sleep(Duration::from_secs(5));
    assert!(is_running(server));
    let second = place.start(&["postgres"]);
    wait_until("the server has ended", || !is_running(server));
    second.end("");
    wait_until("nothing is left", || place.servers().is_empty());
}

/// Root opens files in the server's folder, which is another user's, who could put something else there.
#[test]
fn root_trusts_nothing_in_the_folder_of_its_server() {
    let is_root = std::fs::metadata(Place::new().folder.path()).unwrap().uid() == 0;
    let plants: [fn(&Path, &Path) -> std::io::Result<()>; 2] =
        [|a, b| symlink(a, b), |a, b| std::fs::hard_link(a, b)];
    for plant in plants.into_iter().filter(|_| is_root) {
        let place = Place::new();
        let first = place.start(&["postgres"]);
        let [server] = &place.servers()[..] else { panic!("one server") };
        let around = server.parent().unwrap();
        assert_eq!((std::fs::metadata(around).unwrap().uid(), mode(around)), (0, 0o711));
        assert_ne!(std::fs::metadata(server).unwrap().uid(), 0);

        let victim = place.folder.path().join("victim");
        symlink(&victim, server.join("keep")).unwrap();
        place.start_with(&["postgres"], &[("FENRIR_TEST_KEEP", "1")]).end("fail");
        assert!(!victim.exists(), "`keep` was followed");

        std::fs::write(&victim, "").unwrap();
        std::fs::remove_file(server.join("alive")).unwrap();
        plant(&victim, &server.join("alive")).unwrap();
        place.start(&["postgres"]).end("");
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "", "`alive` was taken for the pipe");
        first.kill();
    }
}

#[test]
fn the_folders_permissions_are_put_right() {
    let place = Place::new();
    place.start(&["sqlite"]).end("");
    let before = mode(&place.base());
    std::fs::set_permissions(place.base(), Permissions::from_mode(0o500)).unwrap();
    place.start(&["postgres"]).end("");
    assert_eq!(mode(&place.base()), before);
}

/// A server's folder of another version, a database's without a name, a copy that is not whole.
#[test]
fn what_was_left_half_made_goes() {
    let place = Place::new();
    place.start(&["sqlite"]).end("");
    let other = place.base().join("postgres_0.1/run-0123456789abcdef");
    let (old, young) = (place.base().join(".sqlite-0"), place.base().join(".sqlite-1"));
    let copy = place.folder.path().join("cache/fenrir/.new-0");
    for folder in [&other, &old, &young, &copy] {
        std::fs::create_dir_all(folder).unwrap();
    }
    make_old(&old);
    make_old(&copy);
    place.start(&["postgres"]).end("");
    assert_eq!([&other, &old, &young, &copy].map(|folder| folder.exists()), [false, false, true, false]);
}

/// One that answers nothing, such as one that is debugged, and its clients would wait without end.
#[test]
fn a_server_that_hangs_is_replaced() {
    for kind in ["postgres", "mysql"] {
        let place = Place::new();
        let first = place.start(&[kind]);
        let server = place.server_process().to_string();
        assert!(Command::new("kill").args(["-STOP", &server]).status().unwrap().success());
        let second = place.start(&[kind]);
        assert_eq!(place.servers().len(), 2, "{kind}");
        assert!(Command::new("kill").args(["-CONT", &server]).status().unwrap().success());
        first.end("");
        second.end("");
        wait_until("nothing is left", || place.servers().is_empty());
    }
}

/// As one that is another user's.
#[test]
fn a_cache_that_cannot_be_copied_is_no_trouble() {
    let place = Place::new();
    place.start(&["postgres"]).end("");
    wait_until("nothing is left", || place.servers().is_empty());
    let kept = entries(&place.folder.path().join("cache/fenrir")).next().unwrap();
    symlink("nowhere", kept.join("base/link")).unwrap();
    place.start(&["postgres"]).end("");
    assert!(kept.join("base/link").is_symlink(), "it stays as it is");
}

/// What was kept half-written is made again.
#[test]
fn a_broken_cache_is_made_anew() {
    let place = Place::new();
    place.start(&["postgres"]).end("");
    wait_until("nothing is left", || place.servers().is_empty());
    let [kept] = &entries(&place.folder.path().join("cache/fenrir")).collect::<Vec<_>>()[..] else {
        panic!("one folder is kept")
    };
    std::fs::remove_dir_all(kept.join("base")).unwrap();
    place.start(&["postgres"]).end("");
    assert!(kept.join("base").is_dir());
}

/// As somebody would who tidies up among temporary files.
#[test]
fn a_server_whose_folder_was_deleted_ends() {
    for kind in ["postgres", "mysql"] {
        let place = Place::new();
        let user = place.start(&[kind]);
        let server = place.server_process();
        std::fs::remove_dir_all(place.folder.path()).unwrap();
        user.kill();
        wait_until("the server has ended", || !is_running(server));
    }
}

#[test]
fn a_folder_that_is_somebody_elses_is_not_used() {
    let place = Place::new();
    place.start(&["sqlite"]).end("");
    let [folder] = &entries(place.folder.path())
        .filter(|path| name(path).starts_with("fenrir-test-"))
        .collect::<Vec<_>>()[..]
    else {
        panic!("one folder")
    };
    std::fs::remove_dir_all(folder).unwrap();
    symlink("/tmp", folder).unwrap();
    let said =
        User::try_start(&["sqlite"], &[("TMPDIR", place.folder.path().to_str().unwrap())]).err().unwrap();
    assert!(said.contains("is not this user's own folder: delete it, or set TMPDIR"), "{said}");
}

#[test]
fn the_database_of_a_test_that_fails_is_kept_if_asked_for() {
    for kind in ["postgres", "mysql", "sqlite"] {
        let place = Place::new();
        let user = place.start_with(&[kind], &[("FENRIR_TEST_KEEP", "1")]);
        let url = user.url().to_owned();
        let said = user.end("fail");
        assert!(said.contains("is kept") && said.contains(&url), "{said}");
        // For longer than a server is left without anybody.
        std::thread::sleep(Duration::from_secs(5));
        assert!(connects(kind, &url), "{kind}");
        // The next run that wants the same does not take it away; one that does not want it does.
        place.start_with(&[kind], &[("FENRIR_TEST_KEEP", "1")]).end("");
        assert!(connects(kind, &url), "{kind}");
        place.start(&[kind]).end("");
        assert!(!connects(kind, &url), "{kind}");
        wait_until("nothing is left", || place.servers().is_empty());
    }
}

/// Also what another kind of database left.
#[test]
fn what_was_kept_goes_with_the_next_run_of_any_kind() {
    let place = Place::new();
    let keep = [("FENRIR_TEST_KEEP", "1")];
    let kept: Vec<_> = ["postgres", "sqlite"].map(|kind| place.start_with(&[kind], &keep)).into();
    let file = PathBuf::from(kept[1].url());
    kept.into_iter().for_each(|user| drop(user.end("fail")));
    std::thread::sleep(Duration::from_secs(5));
    assert!(file.is_file() && place.servers().len() == 1);
    place.start(&["mysql"]).end("");
    assert!(!file.exists());
    wait_until("nothing is left", || place.servers().is_empty());
}

fn connects(kind: &str, url: &str) -> bool {
    match kind {
        "postgres" => PgConnection::establish(url).is_ok(),
        "mysql" => MysqlConnection::establish(url).is_ok(),
        _ => Path::new(url).exists(),
    }
}

/// A server of somebody's own, which here is one that was started for tests.
#[test]
fn a_server_that_the_environment_names() {
    let server = TestDatabase::postgres();
    let variable = [("FENRIR_TEST_POSTGRES_URL", server.url())];
    let user = User::start(&["postgres", "tables"], &variable);
    assert!(postgres_databases().iter().any(|name| name == user.database()));
    let database = user.database().to_owned();
    user.end("");
    assert!(!postgres_databases().contains(&database));
    let said = User::start(&["postgres", "shared"], &variable).end("");
    assert_eq!(said, "");
    // What is prepared goes when it has not been used for a while.
    let prepared =
        |name: &String| name.starts_with("fenrir_test_shared_") || name.starts_with("fenrir_test_template_");
    let there: Vec<_> = postgres_databases().into_iter().filter(prepared).collect();
    assert!(there.len() >= 2, "{there:?}");
    let mut connection = server.connect();
    let old = "fenrir_test_shared_0123456789abcdef";
    let comment = "used by tests of fenrir at 1750000000";
    connection.batch_execute(&format!("CREATE DATABASE {old}")).unwrap();
    connection.batch_execute(&format!("COMMENT ON DATABASE {old} IS '{comment}'")).unwrap();
    User::start(&["postgres"], &variable).end("");
    let now = postgres_databases();
    assert!(!now.iter().any(|name| name == old), "{now:?}");
    assert!(there.iter().all(|name| now.contains(name)), "{now:?}");
}

#[test]
fn a_wrong_address_is_named_without_its_password() {
    for (kind, variable, url, expected) in [
        ("postgres", "FENRIR_TEST_POSTGRES_URL", "postgres://u:hunter2@127.0.0.1:1/x", "127.0.0.1:1/x"),
        (
            "postgres",
            "FENRIR_TEST_POSTGRES_URL",
            "mysql://u:hunter2@127.0.0.1:1/x",
            "`FENRIR_TEST_POSTGRES_URL` is the address of a PostgreSQL server: `postgres://…`",
        ),
        ("postgres", "FENRIR_TEST_POSTGRES_URL", "postgres://u:hunter2@127.0.0.1:1", "it names no database"),
        ("postgres", "FENRIR_TEST_POSTGRES_URL", "", "`FENRIR_TEST_POSTGRES_URL` is set, but empty"),
        ("mysql", "FENRIR_TEST_MYSQL_URL", "mysql://u:hunter2@127.0.0.1:1/x", "127.0.0.1:1/x"),
    ] {
        let said = User::try_start(&[kind], &[(variable, url)]).err().unwrap();
        assert!(said.contains(expected) && !said.contains("hunter2"), "{said}");
    }
}

/// As cargo-nextest runs them: each test in a process of its own, several at once.
#[test]
fn each_test_in_a_process_of_its_own() {
    let children: Vec<_> = (0..8).map(|_| User::start(&["postgres", "shared"], &[])).collect();
    let others: Vec<_> = (0..8).map(|_| User::start(&["postgres", "tables"], &[])).collect();
    let names: std::collections::BTreeSet<_> = others.iter().map(|user| user.database().to_owned()).collect();
    assert_eq!(names.len(), 8);
    for user in children.into_iter().chain(others) {
        user.end("");
    }
}
