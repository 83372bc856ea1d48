//! MySQL and MariaDB: a database for each test, whose tables are created each time, since they have no
//! templates.

use std::sync::{Mutex, OnceLock, PoisonError};

use diesel::MysqlConnection;
use diesel::connection::SimpleConnection;
use diesel::mysql::Mysql;
use fenrir_schema::Dialect;

use super::admin::{establish, establish_first, failed};
use super::databases::{Database, Databases};
use super::sealed::{Create, Open};
use super::{Contents, Error, Held, Idle, SyncTestConnection, TestConnection};
use crate::database::sealed::Backend;
use crate::database::url::DatabaseUrl;
use crate::testing::server::Server;
use crate::testing::{keep, place, tally};

impl TestConnection for MysqlConnection {}
impl SyncTestConnection for MysqlConnection {}

impl Create for MysqlConnection {
    const DIALECT: Dialect = Dialect::Mysql;

    fn create(contents: &Contents) -> Result<Box<dyn Held>, Error> {
        let server = TestServer::get()?;
        tally::note(|| server.version.clone());
        Ok(Box::new(server.create(server.databases.new_name(), contents)?))
    }
}

impl Open for MysqlConnection {
    fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        establish(url)
    }

    fn open_shared(contents: &Contents) -> Result<Self, Error> {
        Self::open(&shared(contents)?)
    }

    fn idle() -> &'static Idle<Self> {
        static IDLE: Idle<MysqlConnection> = Idle::new();
        &IDLE
    }
}

/// The address of a database with these contents that others have too.
pub(super) fn shared(contents: &Contents) -> Result<DatabaseUrl, Error> {
    let server = TestServer::get()?;
    tally::note(|| server.version.clone());
    server.shared(contents)
}

/// The server, and what this process has on it.
struct TestServer {
    databases: Databases<MysqlConnection>,
    version: String,
    shared: Mutex<Vec<String>>,
    /// It holds a lock of the name [`Databases::mine`], so that others see that this process lives.
    _sign_of_life: Mutex<MysqlConnection>,
}

const VARIABLE: &str = "FENRIR_TEST_MYSQL_URL";

impl TestServer {
    fn get() -> Result<&'static Self, Error> {
        static SERVER: OnceLock<Result<TestServer, Error>> = OnceLock::new();
        SERVER.get_or_init(Self::new).as_ref().map_err(Clone::clone)
    }

    fn new() -> Result<Self, Error> {
        #[cfg(unix)]
        let server = Server::find(VARIABLE, Dialect::Mysql, software::find)?;
        #[cfg(not(unix))]
        let server = Server::find(VARIABLE, Dialect::Mysql)?;
        let mut connection: MysqlConnection = establish_first(&server.url, VARIABLE)?;
        settle(&mut connection)?;
        let databases = Databases::new(server, settle, drop_database);
        let mine = &databases.mine;
        let version = texts(&mut connection, "SELECT version()")?.into_iter().next().unwrap_or_default();
        let number = version.split('-').next().unwrap_or_default();
        let title = if version.contains("MariaDB") { "MariaDB" } else { "MySQL" };
        // Nobody else has a lock of this name, so it is never waited for.
        texts(&mut connection, &format!("SELECT CAST(get_lock('{mine}', 0) AS char)"))?;
        if !keep::asked() {
            // What cannot be swept now, the next can.
            let _ = sweep(&mut connection);
        }
        Ok(Self {
            databases,
            version: format!("{title} {number}"),
            shared: Mutex::default(),
            _sign_of_life: Mutex::new(connection),
        })
    }

    /// A failure to fill it drops it again.
    fn create(&'static self, name: String, contents: &Contents) -> Result<Database<MysqlConnection>, Error> {
        // As tables of models are: a server's own default can be `latin1`.
        let database = self.databases.create(name, " CHARACTER SET utf8mb4")?;
        contents.fill(&mut establish::<MysqlConnection>(&database.url)?)?;
        Ok(database)
    }

    /// One database for this process, which the sweep of the next drops: nothing tells when the last test
    /// of a process ends.
    fn shared(&'static self, contents: &Contents) -> Result<DatabaseUrl, Error> {
        let name = format!("{}_{}", self.databases.mine, contents.key(Dialect::Mysql)?);
        // Held while it is made: the other tests of this process would only make it too.
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let url = self.databases.url_of(&name)?;
        if !shared.contains(&name) {
            self.create(name.clone(), contents)?.stay();
            shared.push(name);
        }
        Ok(url)
    }
}

fn execute(connection: &mut MysqlConnection, sql: &str) -> Result<(), Error> {
    connection.batch_execute(sql).map_err(failed)
}

/// As long as the tests take: by default the server closes what is idle for eight hours, and waits for a
/// lock for a day.
fn settle(connection: &mut MysqlConnection) -> Result<(), Error> {
    execute(connection, "SET SESSION wait_timeout = 2147483, lock_wait_timeout = 5")
}

/// The values of a query's columns.
fn texts(connection: &mut MysqlConnection, sql: &str) -> Result<Vec<String>, Error> {
    let rows = <Mysql as Backend>::rows(connection, sql, &[]).map_err(failed)?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// Drops what earlier processes left, whose locks are free.
fn sweep(connection: &mut MysqlConnection) -> Result<(), Error> {
    let prefix = place::PREFIX;
    let length = prefix.len() + 16;
    let sql = format!(
        "SELECT schema_name FROM information_schema.schemata \
         WHERE schema_name REGEXP '^{prefix}[0-9a-f]{{16}}_[0-9a-f]+$' AND is_free_lock(left(schema_name, {length})) = 1"
    );
    for database in texts(connection, &sql)? {
        // Where somebody was quicker, so be it.
        let _ = drop_database(connection, &database);
    }
    Ok(())
}

/// Its tests, or programs that they started, may have left connections open, with locks that would be
/// waited for.
fn drop_database(connection: &mut MysqlConnection, name: &str) -> Result<(), Error> {
    let theirs = format!("SELECT CAST(id AS char) FROM information_schema.processlist WHERE db = '{name}'");
    for id in texts(connection, &theirs)? {
        let _ = execute(connection, &format!("KILL CONNECTION {id}"));
    }
    execute(connection, &format!("DROP DATABASE IF EXISTS {name}"))
}

/// The server's programs on this machine.
#[cfg(unix)]
mod software {
    use std::io::{self, Read};
    use std::os::unix::net::UnixStream;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::Duration;

    use diesel::{Connection, MysqlConnection};

    use crate::testing::Error;
    use crate::testing::server::{self, Places, Software};

    pub(super) fn find() -> Result<Box<dyn Software>, Error> {
        find_in(&Places::and(&[
            "/usr/sbin",
            "/usr/libexec",
            "/opt/homebrew/opt/mariadb*/bin",
            "/opt/homebrew/opt/mysql*/bin",
            "/usr/local/opt/mariadb*/bin",
            "/usr/local/opt/mysql*/bin",
        ]))
    }

    fn find_in(places: &Places) -> Result<Box<dyn Software>, Error> {
        if let Some(folder) = server::find(&["mariadbd"], places) {
            let serve = folder.join("mariadbd");
            let version = server::version(&serve)?;
            let initialise = server::find(&["mariadb-install-db"], places)
                .map(|folder| folder.join("mariadb-install-db"))
                .ok_or_else(|| {
                    Error::new(format!("`{}` is there, but no `mariadb-install-db`", serve.display()))
                })?;
            return Ok(Box::new(Programs { serve, version, initialise: Some(initialise) }));
        }
        if let Some(folder) = server::find(&["mysqld"], places) {
            let serve = folder.join("mysqld");
            let version = server::version(&serve)?;
            return Ok(Box::new(Programs { serve, version, initialise: None }));
        }
        Err(Error::new(format!(
            "this test needs MariaDB or MySQL: install it (Debian and Ubuntu: `apt-get install mariadb-server`; macOS: \
             `brew install mariadb`), or set {} to the address of a server, such as `mysql://root@127.0.0.1/mysql`",
            super::VARIABLE
        )))
    }

    struct Programs {
        serve: PathBuf,
        version: String,
        /// MariaDB has a program of its own for it.
        initialise: Option<PathBuf>,
    }

    impl Software for Programs {
        fn name(&self) -> &'static str {
            if self.initialise.is_some() { "mariadb" } else { "mysql" }
        }

        fn title(&self) -> &'static str {
            if self.initialise.is_some() { "MariaDB" } else { "MySQL" }
        }

        fn version(&self) -> &str {
            &self.version
        }

        fn user(&self) -> &'static str {
            "mysql"
        }

        /// MariaDB: <https://mariadb.com/kb/en/mariadb-install-db/>; MySQL:
        /// <https://dev.mysql.com/doc/refman/8.0/en/data-directory-initialization.html>.
        fn initialise(&self, data: &Path) -> Command {
            let datadir = format!("--datadir={}", data.display());
            match &self.initialise {
                Some(program) => {
                    let mut command = Command::new(program);
                    command.args(["--no-defaults", &datadir, "--auth-root-authentication-method=normal"]);
                    command.args(["--skip-test-db", "--skip-name-resolve", LOG_SIZE]);
                    command
                }
                None => {
                    let mut command = Command::new(&self.serve);
                    command.args(["--no-defaults", &datadir, "--initialize-insecure"]);
                    command
                }
            }
        }

        fn serve(&self, folder: &Path) -> Command {
            let mut command = Command::new(&self.serve);
            command.arg("--no-defaults");
            for (option, path) in [("datadir", "data"), ("socket", "socket"), ("pid-file", "server.pid")] {
                command.arg(format!("--{option}={}", folder.join(path).display()));
            }
            // Nothing of it outlives the machine.
            command.args([
                "--skip-networking",
                "--skip-log-bin",
                "--skip-name-resolve",
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-doublewrite=0",
                "--innodb-buffer-pool-size=64M",
                "--max-connections=300",
                "--performance-schema=0",
            ]);
            if self.initialise.is_some() {
                command.args([LOG_SIZE, "--innodb-flush-method=nosync"]);
            } else {
                command.arg("--mysqlx=0");
            }
            command
        }

        /// It would write what is in memory at any other.
        fn stop_signal(&self) -> rustix::process::Signal {
            rustix::process::Signal::KILL
        }

        fn url(&self, folder: &Path) -> String {
            format!("mysql://root@localhost/mysql?unix_socket={}", folder.join("socket").display())
        }

        fn ping(&self, folder: &Path) -> Result<(), String> {
            greeted(&folder.join("socket")).map_err(|error| error.to_string())?;
            MysqlConnection::establish(&self.url(folder)).map(drop).map_err(|error| error.to_string())
        }
    }

    /// A server is the first to say something. Its client would wait for that without end, and Diesel can
    /// set no limit.
    fn greeted(socket: &Path) -> io::Result<()> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.read_exact(&mut [0])
    }

    /// By default it takes a hundred megabytes.
    const LOG_SIZE: &str = "--innodb-log-file-size=8M";

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn without_a_server_it_is_said_what_to_do() {
            let Err(error) = find_in(&Places::only(&[])) else { panic!("there is none") };
            let said = error.to_string();
            assert!(said.contains("apt-get install mariadb-server"), "{said}");
            assert!(said.contains("FENRIR_TEST_MYSQL_URL"), "{said}");
        }
    }
}
