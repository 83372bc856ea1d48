//! How long the build step takes to read a large crate.
//!
//! `cargo test -p fenrir-schema --features source --test source -- --ignored speed --nocapture`

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::package::TestPackage;

/// 100 models among 50,000 lines: in an unoptimized build, as a build script is one, and with other
/// code that is real, from a folder of sources (`FENRIR_TEST_SOURCES`, or this workspace's own).
#[test]
#[ignore = "measures time, which depends on the machine"]
fn speed() {
    let folder = std::env::var_os("FENRIR_TEST_SOURCES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), Into::into);
    let mut sources = Vec::new();
    collect(&folder, &mut sources);
    assert!(!sources.is_empty(), "no sources in {}", folder.display());

    let mut package = TestPackage::new();
    let (mut lib, mut lines) = (String::new(), 0);
    for number in 0..100 {
        let mut text = sources[number % sources.len()].clone();
        let model = model(number);
        // At the end, so that all before it is read.
        text.push_str(&model);
        while text.lines().count() < 500 {
            let filler = sources[(number * 7 + text.len()) % sources.len()].clone();
            text.insert_str(0, &filler);
        }
        lines += text.lines().count();
        writeln!(lib, "pub mod models_{number};").unwrap();
        package = package.file(&format!("src/models_{number}.rs"), &text);
    }
    let package = package.file("src/lib.rs", &lib);
    let mut best = Duration::MAX;
    for _ in 0..std::env::var("FENRIR_TEST_CASES").map_or(10, |text| text.parse().unwrap()) {
        let start = Instant::now();
        let models = package.read();
        best = best.min(start.elapsed());
        assert_eq!(models.problems(), []);
        assert_eq!(models.lowered.schema.tables.len(), 100);
    }
    println!("100 models among {lines} lines: {best:?}");
}

fn model(number: usize) -> String {
    let parent = number.saturating_sub(1);
    format!(
        "\n/// A thing of kind {number}.\n#[derive(Table, Queryable, Selectable, Insertable)]\n\
         #[diesel(table_name = thing_{number})]\n#[table(index(columns(status, created_at desc)))]\n\
         pub struct Thing{number} {{\n    pub id: i32,\n    #[column(max_length = 96, unique)]\n    pub name: String,\n    \
         #[column(default = \"active\")]\n    pub status: Status{number},\n    \
         #[column(default = sql(\"CURRENT_TIMESTAMP\"))]\n    pub created_at: NaiveDateTime,\n    \
         pub updated_at: Option<NaiveDateTime>,\n    /// How many.\n    pub count: i64,\n    \
         #[column(references = Thing{parent}, on_delete = cascade)]\n    pub parent_id: Option<i32>,\n    \
         pub email: Option<String>,\n    pub ratio: f64,\n    pub done: bool,\n}}\n\n\
         #[derive(DbEnum, Debug, Clone, Copy)]\npub enum Status{number} {{\n    Active,\n    Paused,\n    Retired,\n}}\n"
    )
}

/// The files that define no module, which would not be there.
fn collect(folder: &Path, into: &mut Vec<String>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let files = text.lines().any(|line| line.contains("mod ") && line.ends_with(';'));
            if !text.is_empty() && !files && text.lines().count() < 400 && !text.contains("derive(Table") {
                into.push(
                    text.lines()
                        .filter(|line| !line.starts_with("//!") && !line.starts_with("#!"))
                        .map(|line| format!("{line}\n"))
                        .collect(),
                );
            }
        }
    }
}
