//! One process of a fleet.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::{Connection, MysqlConnection, PgConnection, SqliteConnection};
use diesel_migrations::MigrationHarness;
use fenrir_migrate::Dialect;

use super::chain;

/// Which program runs the migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harness {
    /// Fenrir's.
    Fenrir,
    /// Plain Diesel's.
    Diesel,
}

/// Where a process kills itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Before this query, from 1.
    Before(u32),
    /// After its answer.
    After(u32),
}

/// A process to be.
#[derive(Clone, Debug)]
pub struct Boot {
    binary: &'static str,
    dialect: Dialect,
    url: String,
    harness: Harness,
    point: Option<Point>,
    patience: Duration,
}

/// What came of a process.
#[derive(Debug)]
pub struct Booted {
    /// How it ended.
    pub status: ExitStatus,
    /// What it said.
    pub said: String,
    /// How long it took.
    pub took: Duration,
}

impl Boot {
    /// Of the program that Cargo built for the tests.
    #[must_use]
    pub fn new(binary: &'static str, dialect: Dialect, url: &str) -> Self {
        let url = url.to_owned();
        Self {
            binary,
            dialect,
            url,
            harness: Harness::Fenrir,
            point: None,
            patience: Duration::from_secs(60),
        }
    }

    /// With this program.
    #[must_use]
    pub fn harness(mut self, harness: Harness) -> Self {
        self.harness = harness;
        self
    }

    /// That is killed there.
    #[must_use]
    pub fn killed_at(mut self, point: Point) -> Self {
        self.point = Some(point);
        self
    }

    /// That waits so long for others.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The command that starts it.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.binary);
        let harness = if self.harness == Harness::Fenrir { "fenrir" } else { "diesel" };
        command.args([self.dialect.name(), &self.url, harness]);
        match self.point {
            None => command.arg("none"),
            Some(Point::Before(query)) => command.arg(format!("before:{query}")),
            Some(Point::After(query)) => command.arg(format!("after:{query}")),
        };
        command.arg(self.patience.as_millis().to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts it.
    ///
    /// # Panics
    /// When there is no such program.
    #[must_use]
    pub fn start(&self) -> Running {
        Running { child: self.command().spawn().expect("the program is there"), started: Instant::now() }
    }

    /// Runs it to its end.
    #[must_use]
    pub fn run(&self) -> Booted {
        self.start().end()
    }
}

/// A process that runs.
pub struct Running {
    /// It.
    pub child: Child,
    started: Instant,
}

impl Running {
    /// Waits for its end.
    ///
    /// # Panics
    /// When the system does not let it be waited for.
    #[must_use]
    pub fn end(self) -> Booted {
        let output = self.child.wait_with_output().expect("a child can be waited for");
        let said = [output.stdout, output.stderr].concat();
        Booted {
            status: output.status,
            said: String::from_utf8_lossy(&said).trim().to_owned(),
            took: self.started.elapsed(),
        }
    }
}

impl Booted {
    /// That it ended well.
    ///
    /// # Errors
    /// With what it said.
    pub fn ok(&self) -> Result<(), String> {
        if self.status.success() { Ok(()) } else { Err(format!("{}: {}", self.status, self.said)) }
    }
}

/// What the process does: `DIALECT URL fenrir|diesel none|before:N|after:N PATIENCE`.
///
/// # Errors
/// With why the application would not boot.
///
/// # Panics
/// When it was called otherwise.
pub fn main(arguments: &[String]) -> Result<String, String> {
    let [dialect, url, harness, point, patience] = arguments else { panic!("five arguments") };
    let point = point.split_once(':').map(|(when, query)| {
        let query = query.parse().expect("a number");
        if when == "before" { Point::Before(query) } else { Point::After(query) }
    });
    let patience = Duration::from_millis(patience.parse().expect("milliseconds"));
    let with = if harness == "fenrir" { Harness::Fenrir } else { Harness::Diesel };
    match dialect.parse().expect("a dialect") {
        Dialect::Postgres => run(PgConnection::establish(url), point, with, patience),
        Dialect::Mysql => run(MysqlConnection::establish(url), point, with, patience),
        Dialect::Sqlite => run(SqliteConnection::establish(url), point, with, patience),
    }
}

fn run<C>(
    connection: diesel::ConnectionResult<C>,
    point: Option<Point>,
    harness: Harness,
    patience: Duration,
) -> Result<String, String>
where
    C: MigrationHarness<C::Backend> + diesel::connection::LoadConnection + 'static,
    C::Backend: fenrir_migrate::MigratorBackend,
{
    let mut connection = connection.map_err(|error| format!("cannot connect: {error}"))?;
    if let Some(point) = point {
        connection.set_instrumentation(Killer { point, query: 0 });
    }
    match harness {
        Harness::Fenrir => {
            let migrator = chain::migrator::<C>().lock_timeout(patience);
            let report = migrator.run(&mut connection).map_err(|error| fenrir_migrate::in_full(&error))?;
            Ok(format!("applied {}", report.steps.len()))
        }
        Harness::Diesel => {
            let applied = connection.run_pending_migrations(*chain::plain());
            applied.map(|applied| format!("applied {}", applied.len())).map_err(|error| error.to_string())
        }
    }
}

/// Kills the process, at a query.
struct Killer {
    point: Point,
    query: u32,
}

impl Instrumentation for Killer {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let now = match event {
            InstrumentationEvent::StartQuery { .. } => {
                self.query += 1;
                Point::Before(self.query)
            }
            InstrumentationEvent::FinishQuery { .. } => Point::After(self.query),
            _ => return,
        };
        if now == self.point {
            // As the kernel does when memory is short: nothing is tidied up.
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            loop {
                std::thread::park();
            }
        }
    }
}
