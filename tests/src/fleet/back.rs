//! A downgrade that is killed: the next one goes on from there.

use std::process::Stdio;
use std::time::{Duration, Instant};

use fenrir_migrate::Dialect;

use super::{Random, Row};
use crate::command::{Project, model};
use crate::database::TestDatabase;

/// Each migration of these makes changes that MySQL commits one by one.
const VERSIONS: [&str; 3] = [
    "pub size: i32",
    "pub size: i32, #[column(index)] pub note: Option<i32>, #[column(index)] pub mark: Option<i32>",
    "#[column(index)] pub size: i32, pub note: Option<i64>, #[column(index)] pub word: Option<i32>",
];

const BACK: [&str; 3] = ["downgrade", "base", "--allow-data-loss"];

/// Kills a downgrade of all after a random time, and then downgrades, and upgrades again.
///
/// # Panics
/// When the command cannot be started.
#[must_use]
pub fn killed(binary: &'static str, dialect: Dialect, times: usize) -> Row {
    let mut row = Row::new(format!("killed on the way back, {}", dialect.title()));
    let database = TestDatabase::new(dialect);
    let project = Project::new(binary, &[dialect.name()], "").with("DATABASE_URL", database.url());
    for (number, fields) in (1..).zip(VERSIONS) {
        project.models(&model("Page", "", fields));
        project.ok(&["migrate", "-m", &format!("Version {number}"), "--no-renames", "--allow-data-loss"]);
    }
    let mut random = Random::new();
    project.ok(&["upgrade"]);
    let start = Instant::now();
    project.ok(&BACK);
    let longest = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    for _ in 0..times {
        database.reset();
        project.ok(&["upgrade"]);
        database.connect().execute("INSERT INTO page (size) VALUES (1), (2)").unwrap();
        let after = Duration::from_micros(random.below(longest));
        let mut child = project.command(&BACK).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(after);
        let _ = child.kill();
        let _ = child.wait();
        row.count(goes_on(&project, &database).map_err(|message| format!("after {after:?}: {message}")));
    }
    row
}

fn goes_on(project: &Project, database: &TestDatabase) -> Result<(), String> {
    let run = |arguments: &[&str]| {
        let ran = project.run(arguments);
        if ran.status == 0 { Ok(()) } else { Err(format!("{arguments:?}: {}{}", ran.stdout, ran.stderr)) }
    };
    run(&BACK)?;
    let mut connected = database.connect();
    for table in ["__diesel_schema_migrations", "__fenrir_migrations", "__fenrir_journal"] {
        let left = connected.count(table);
        if left != 0 {
            return Err(format!("{left} rows in {table}"));
        }
    }
    if connected.execute("SELECT 1 FROM page").is_ok() {
        return Err("the table is still there".to_owned());
    }
    run(&["upgrade"])?;
    run(&["check"])
}
