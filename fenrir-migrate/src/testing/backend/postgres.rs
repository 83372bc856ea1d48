//! PostgreSQL: a database for each test, copied from a template.
//!
//! That measured faster than a schema for each test, and than creating the tables each time, with 1, 2, 8
//! and 32 tests at once (docs/testing.md has the figures). Dropping schemas at once also ran out of the
//! server's memory for locks.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use fenrir_schema::Dialect;

use super::admin::{establish, establish_first, failed};
use super::databases::{Database, Databases};
use super::sealed::{Create, Open};
use super::{Contents, Error, Held, Idle, SyncTestConnection, TestConnection};
use crate::database::sealed::Backend;
use crate::database::url::DatabaseUrl;
use crate::testing::server::Server;
use crate::testing::{keep, place, tally};

impl TestConnection for PgConnection {}
impl SyncTestConnection for PgConnection {}

impl Create for PgConnection {
    const DIALECT: Dialect = Dialect::Postgres;

    fn create(contents: &Contents) -> Result<Box<dyn Held>, Error> {
        let server = TestServer::get()?;
        server.note();
        Ok(Box::new(server.create(contents)?))
    }
}

impl Open for PgConnection {
    fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        establish(url)
    }

    fn open_shared(contents: &Contents) -> Result<Self, Error> {
        Self::open(&shared(contents)?)
    }

    fn idle() -> &'static Idle<Self> {
        static IDLE: Idle<PgConnection> = Idle::new();
        &IDLE
    }
}

/// The address of a database with these contents that others have too.
pub(super) fn shared(contents: &Contents) -> Result<DatabaseUrl, Error> {
    let server = TestServer::get()?;
    server.note();
    let mut name = server.prepared(Prepared::Shared, contents)?;
    if !server.databases.administrators.with(|connection| is_there(connection, &name))? {
        // It was not used for a while, and somebody has dropped it.
        server.forget_prepared();
        name = server.prepared(Prepared::Shared, contents)?;
    }
    server.databases.url_of(&name)
}

/// The server, and what this process has on it.
struct TestServer {
    databases: Databases<PgConnection>,
    version: String,
    user: String,
    /// Copies files, where that is quicker than writing them to the log: PostgreSQL 15 can do either
    /// (<https://www.postgresql.org/docs/15/sql-createdatabase.html>), and a server that does not sync
    /// its files has nothing to wait for at the checkpoint that copying needs.
    strategy: &'static str,
    /// What is known to be prepared.
    prepared: Mutex<BTreeSet<String>>,
    /// It bears [`Databases::mine`] as its name, so that others see that this process lives.
    _sign_of_life: Mutex<PgConnection>,
}

/// A database that is filled once, and used by many tests.
#[derive(Clone, Copy)]
enum Prepared {
    /// To be copied; nobody connects to it.
    Template,
    /// To work on in transactions.
    Shared,
}

/// How long after its last use a prepared database may be dropped, in seconds.
const UNUSED: u32 = 600;
/// How long another process that prepares the same database is waited for.
const TURN: Duration = Duration::from_secs(120);

impl TestServer {
    fn get() -> Result<&'static Self, Error> {
        static SERVER: OnceLock<Result<TestServer, Error>> = OnceLock::new();
        SERVER.get_or_init(Self::new).as_ref().map_err(Clone::clone)
    }

    fn new() -> Result<Self, Error> {
        #[cfg(unix)]
        let server = Server::find(VARIABLE, Dialect::Postgres, software::find)?;
        #[cfg(not(unix))]
        let server = Server::find(VARIABLE, Dialect::Postgres)?;
        let mut connection: PgConnection = establish_first(&server.url, VARIABLE)?;
        settle(&mut connection)?;
        let about = "SELECT current_setting('server_version'), current_setting('server_version_num'), \
                     current_setting('fsync'), current_user::text";
        let about = rows(&mut connection, about, &[])?;
        let mut row = about.into_iter().next().unwrap_or_default().into_iter().flatten();
        let version = row.next().unwrap_or_default();
        let version = version.split_whitespace().next().unwrap_or_default().to_owned();
        let number: u32 = row.next().and_then(|number| number.parse().ok()).unwrap_or_default();
        let fsync = row.next().unwrap_or_default();
        let copies = number >= 150_000 && fsync == "off";
        let user = row.next().unwrap_or_default();
        let drop = if number >= 130_000 { drop_by_force } else { end_and_drop };
        let databases = Databases::new(server, settle, drop);
        execute(&mut connection, &format!("SET application_name = '{}'", databases.mine))?;
        if !keep::asked() {
            // What cannot be swept now, the next can.
            let _ = sweep(&mut connection);
        }
        Ok(Self {
            databases,
            version,
            user,
            strategy: if copies { " STRATEGY file_copy" } else { "" },
            prepared: Mutex::default(),
            _sign_of_life: Mutex::new(connection),
        })
    }

    fn note(&self) {
        tally::note(|| format!("PostgreSQL {}", self.version));
    }

    fn create(&'static self, contents: &Contents) -> Result<Database<PgConnection>, Error> {
        let create = |template: &str| {
            self.databases.create(self.databases.new_name(), &format!("{template}{}", self.strategy))
        };
        let template = || Ok(format!(" TEMPLATE {}", self.prepared(Prepared::Template, contents)?));
        if contents.is_empty() {
            return create("");
        }
        create(&template()?).or_else(|_| {
            // Somebody may have dropped the template.
            self.forget_prepared();
            create(&template()?)
        })
    }

    fn forget_prepared(&self) {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The name of a database with these contents, which is made where it is not there.
    fn prepared(&'static self, kind: Prepared, contents: &Contents) -> Result<String, Error> {
        let kind = match kind {
            Prepared::Template => "template",
            Prepared::Shared => "shared",
        };
        // Another user's could not be copied.
        let key = (&self.user, contents.key(Dialect::Postgres)?);
        let name = format!("{}{kind}_{}", place::PREFIX, fenrir_schema::digest::of_this_build(&key));
        // Held while it is made: the other tests of this process would only make it too.
        let mut known = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&name) {
            return Ok(name);
        }
        self.databases.administrators.with(|connection| {
            take_turn(connection, &name)?;
            let made = self.prepare(connection, &name, contents);
            rows(connection, "SELECT pg_advisory_unlock(hashtextextended($1, 0))::text", &[&name])?;
            made
        })?;
        known.insert(name.clone());
        Ok(name)
    }

    /// Filled under another name, so that it is whole where it is there.
    fn prepare(
        &'static self,
        connection: &mut PgConnection,
        name: &str,
        contents: &Contents,
    ) -> Result<(), Error> {
        if !is_there(connection, name)? {
            let new = self.databases.create(self.databases.new_name(), self.strategy)?;
            contents.fill(&mut establish::<PgConnection>(&new.url)?)?;
            wait_until_nobody_is_in(connection, &new.name)?;
            execute(connection, &format!("ALTER DATABASE {} RENAME TO {name}", new.name))?;
            new.stay();
        }
        // For those who look which of them are still in use.
        execute(
            connection,
            &format!(
                "DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE {name} IS %L', \
                 'used by tests of fenrir at ' || extract(epoch from now())::bigint); END $$"
            ),
        )
    }
}

const VARIABLE: &str = "FENRIR_TEST_POSTGRES_URL";

fn execute(connection: &mut PgConnection, sql: &str) -> Result<(), Error> {
    connection.batch_execute(sql).map_err(failed)
}

fn rows(connection: &mut PgConnection, sql: &str, binds: &[&str]) -> Result<Vec<Vec<Option<String>>>, Error> {
    <Pg as Backend>::rows(connection, sql, binds).map_err(failed)
}

/// Each connection is idle for as long as the tests take. PostgreSQL 14 was the first to mind.
fn settle(connection: &mut PgConnection) -> Result<(), Error> {
    let sql = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'";
    rows(connection, sql, &[]).map(drop)
}

fn is_there(connection: &mut PgConnection, database: &str) -> Result<bool, Error> {
    let sql = "SELECT datname::text FROM pg_database WHERE datname = $1";
    Ok(!rows(connection, sql, &[database])?.is_empty())
}

/// Takes the lock of this name, which goes with the connection. Its holder may have been stopped, and is
/// named then.
fn take_turn(connection: &mut PgConnection, name: &str) -> Result<(), Error> {
    let start = Instant::now();
    let lock = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))::text";
    while rows(connection, lock, &[name])?.into_iter().flatten().flatten().next().as_deref() != Some("true") {
        if start.elapsed() > TURN {
            let holders = "SELECT format('process %s of the server, application `%s`, user `%s`, from %s', \
                           a.pid, a.application_name, a.usename, coalesce(a.client_addr::text, 'a socket')) \
                           FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
                           WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
                           AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended($1, 0)";
            let holders: Vec<_> =
                rows(connection, holders, &[name])?.into_iter().flatten().flatten().collect();
            return Err(Error::new(format!(
                "another process has been preparing `{name}` for more than {} seconds: end it ({})",
                TURN.as_secs(),
                holders.join("; ")
            )));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// A connection that was closed is there for a moment more, and the server looks for it only every
/// tenth of a second.
fn wait_until_nobody_is_in(connection: &mut PgConnection, database: &str) -> Result<(), Error> {
    for _ in 0..1_000 {
        let sql = "SELECT pid::text FROM pg_stat_activity WHERE datname = $1";
        if rows(connection, sql, &[database])?.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// A test may have left connections open, in a pool or in a process.
fn drop_by_force(connection: &mut PgConnection, name: &str) -> Result<(), Error> {
    execute(connection, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
}

/// The same before PostgreSQL 13.
fn end_and_drop(connection: &mut PgConnection, name: &str) -> Result<(), Error> {
    let end = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = $1";
    rows(connection, end, &[name])?;
    wait_until_nobody_is_in(connection, name)?;
    execute(connection, &format!("DROP DATABASE IF EXISTS {name}"))
}

/// Drops what earlier processes left: those that were killed, whose sign of life is gone, and prepared
/// databases that nobody uses any more. Where somebody is connected, they are left alone: PostgreSQL would
/// wait for seconds before it refuses.
fn sweep(connection: &mut PgConnection) -> Result<(), Error> {
    let prefix = place::PREFIX;
    let length = prefix.len() + 16;
    let sql = format!(
        "SELECT d.datname::text FROM pg_database d \
         WHERE pg_has_role(d.datdba, 'MEMBER') AND \
         (d.datname ~ '^{prefix}[0-9a-f]{{16}}_[0-9]+$' \
          AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.application_name = left(d.datname, {length})) \
          OR d.datname ~ '^{prefix}(template|shared)_[0-9a-f]{{16}}$' \
          AND coalesce(substring(shobj_description(d.oid, 'pg_database') \
                                 from '^used by tests of fenrir at ([0-9]+)$')::bigint, 0) \
              < extract(epoch from now()) - {UNUSED}) \
         AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)"
    );
    for database in rows(connection, &sql, &[])?.into_iter().flatten().flatten() {
        // Where somebody was quicker, or has come meanwhile, so be it: FORCE would throw them out.
        let _ = execute(connection, &format!("DROP DATABASE IF EXISTS {database}"));
    }
    Ok(())
}

/// PostgreSQL's programs on this machine.
#[cfg(unix)]
mod software {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use diesel::{Connection, PgConnection};

    use crate::testing::Error;
    use crate::testing::server::{self, Places, Software};

    struct Postgres {
        programs: PathBuf,
        version: String,
    }

    pub(super) fn find() -> Result<Box<dyn Software>, Error> {
        let home = std::env::var("HOME").unwrap_or_default();
        find_in(&Places::and(&[
            "/usr/lib/postgresql/*/bin",
            "/usr/pgsql-*/bin",
            "/opt/homebrew/opt/postgresql@*/bin",
            "/usr/local/opt/postgresql@*/bin",
            &format!("{home}/.pgenv/pgsql/bin"),
            &format!("{home}/.pgenv/pgsql-*/bin"),
        ]))
    }

    fn find_in(places: &Places) -> Result<Box<dyn Software>, Error> {
        let programs = server::find(&["initdb", "postgres"], places).ok_or_else(|| {
            Error::new(format!(
                "this test needs PostgreSQL: install it (Debian and Ubuntu: `apt-get install postgresql`; macOS: `brew \
                 install postgresql`), or set {} to the address of a server, such as \
                 `postgres://postgres@localhost/postgres`",
                super::VARIABLE
            ))
        })?;
        let version = server::version(&programs.join("postgres"))?;
        Ok(Box::new(Postgres { programs, version }))
    }

    impl Software for Postgres {
        fn name(&self) -> &'static str {
            "postgres"
        }

        fn title(&self) -> &'static str {
            "PostgreSQL"
        }

        fn version(&self) -> &str {
            &self.version
        }

        fn user(&self) -> &'static str {
            "postgres"
        }

        fn initialise(&self, data: &Path) -> Command {
            let mut command = Command::new(self.programs.join("initdb"));
            command.args([
                "--no-sync",
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C",
            ]);
            command.arg("--pgdata").arg(data);
            command
        }

        fn serve(&self, folder: &Path) -> Command {
            let mut command = Command::new(self.programs.join("postgres"));
            command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
            for setting in [
                "listen_addresses=",
                // Whatever PGPORT says: it is in the name of the socket.
                "port=5432",
                "unix_socket_permissions=0700",
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                // It would connect to templates, which then cannot be copied.
                "autovacuum=off",
                "max_connections=300",
                "max_locks_per_transaction=256",
                // In its own folder, so that nothing stays of a server that was killed.
                "dynamic_shared_memory_type=mmap",
                // In memory, so that less is more.
                "max_wal_size=64MB",
                "min_wal_size=32MB",
            ] {
                command.arg("-c").arg(setting);
            }
            command
        }

        /// An immediate shutdown (<https://www.postgresql.org/docs/current/server-shutdown.html>).
        fn stop_signal(&self) -> rustix::process::Signal {
            rustix::process::Signal::QUIT
        }

        fn url(&self, folder: &Path) -> String {
            format!("postgres:///postgres?host={}&port=5432&user=postgres", folder.display())
        }

        fn ping(&self, folder: &Path) -> Result<(), String> {
            let url = format!("{}&connect_timeout=10", self.url(folder));
            PgConnection::establish(&url).map(drop).map_err(|error| error.to_string())
        }

        /// What the server itself refuses, it refuses for good, but for what it says while it starts.
        fn may_come_up(&self, error: &str) -> bool {
            !error.contains("FATAL") || error.contains("starting up")
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn without_a_server_it_is_said_what_to_do() {
            let Err(error) = find_in(&Places::only(&[])) else { panic!("there is none") };
            let said = error.to_string();
            assert!(said.contains("apt-get install postgresql"), "{said}");
            assert!(said.contains("FENRIR_TEST_POSTGRES_URL"), "{said}");
        }
    }
}
