//! Making the SQL of a migration, up and down, for each dialect.

use fenrir_schema::migration::{NewMigration, revision_of, write_migration};
use fenrir_schema::project::Project;
use fenrir_schema::{Change, Dialect, FoldError, Loss, Schema, Script, invert, needs_value};
use std::path::PathBuf;

use super::outcome::Failure;

/// A migration that is made, but not written.
pub(super) struct Generated {
    pub(super) name: String,
    pub(super) message: String,
    pub(super) changes: Vec<Change>,
    pub(super) after: Schema,
    /// On what rows it fails.
    pub(super) risks: Vec<String>,
    pub(super) dialects: Vec<GeneratedSql>,
}

/// Its SQL for one dialect.
pub(super) struct GeneratedSql {
    pub(super) dialect: Dialect,
    /// The revision that it follows there.
    pub(super) parent: Option<String>,
    /// Whether migrations of plain Diesel's have made its changes there.
    pub(super) adopts: bool,
    pub(super) up: Script,
    pub(super) down: Script,
    pub(super) up_header: Vec<String>,
    pub(super) down_header: Vec<String>,
}

/// The first lines of `up.sql`.
fn title(message: &str, parent: Option<&str>) -> [String; 2] {
    let follows = match parent {
        Some(parent) => format!("Follows revision {parent}."),
        None => "The first migration.".to_owned(),
    };
    [message.to_owned(), follows]
}

impl GeneratedSql {
    pub(super) fn new(
        dialect: Dialect,
        message: &str,
        parent: Option<&str>,
        before: &Schema,
        after: &Schema,
        changes: &[Change],
    ) -> Result<Self, FoldError> {
        let (back, stand_ins) = dialect.with_stand_ins(after, &invert(changes));
        let mut up = dialect.script(before, changes)?;
        let mut down = dialect.script(after, &back)?;
        // Diesel has one setting for both files.
        if up.frame.is_some() || down.frame.is_some() {
            up.frame = dialect.frame();
            down.frame = dialect.frame();
        }
        // What is said of the files is of this database.
        let changes = &dialect.own_changes(before, changes);
        let back = dialect.own_changes(after, &back);
        let up_header = up_header(&title(message, parent), changes);
        let mut down_header = vec![reverts(message)];
        lost(&mut down_header, back.iter().filter_map(Change::loses));
        down_header.extend(risks(&back));
        for change in changes {
            if let (Some(Loss { becomes: Some(_), .. }), Change::AlterColumn { table, from, .. }) =
                (change.loses(), change)
            {
                down_header
                    .push(format!("The old values of column `{table}.{}` are not brought back.", from.name));
            }
        }
        for change in &back {
            if let Change::CreateTable { table } = change {
                down_header.push(format!("The rows of table `{}` are not brought back.", table.name));
            } else if let Change::AlterColumn { table, to, using: Some(using), .. } = change {
                down_header.push(format!("The values of column `{table}.{}` become {using}.", to.name));
            } else if let Change::AlterColumn { table, to, .. } = change {
                let stand_in = stand_ins.iter().find(|one| one.table == *table && one.column == to.name);
                if let Some(stand_in) = stand_in {
                    let column = &to.name;
                    down_header.push(format!(
                        "Rows that hold NULL in column `{table}.{column}` get {}.",
                        stand_in.value
                    ));
                }
            } else if let Change::AddColumn { table, column, .. } = change {
                if column.generated.is_some() {
                    continue;
                }
                let stand_in = stand_ins.iter().find(|one| one.table == *table && one.column == column.name);
                let bound = before.tables.get(table).is_some_and(|table| table.binds(&column.name));
                let instead = match (stand_in, &column.default) {
                    (Some(stand_in), _) if bound => {
                        format!("its rows get {}, which fails where a key forbids that", stand_in.value)
                    }
                    (Some(stand_in), _) => format!("its rows get {}", stand_in.value),
                    (None, Some(_)) => "its rows get the default".to_owned(),
                    (None, None) if needs_value(column) => {
                        "no value of its type is known, so this fails where there are rows".to_owned()
                    }
                    (None, None) => "its rows get NULL".to_owned(),
                };
                down_header.push(format!(
                    "The values of column `{table}.{}` are not brought back: {instead}.",
                    column.name
                ));
            }
        }
        let parent = parent.map(str::to_owned);
        Ok(Self { dialect, parent, adopts: false, up, down, up_header, down_header })
    }

    /// One that says what the migrations before it, which plain Diesel has, have made.
    pub(super) fn adopting(dialect: Dialect, message: &str, parent: &str) -> Self {
        let mut up_header = title(message, Some(parent)).to_vec();
        up_header.push("The migrations before it have made what `changes.json` says.".to_owned());
        let down_header = vec![reverts(message), "What the migrations before it have made stays.".to_owned()];
        let parent = Some(parent.to_owned());
        Self {
            dialect,
            parent,
            adopts: true,
            up: Script::default(),
            down: Script::default(),
            up_header,
            down_header,
        }
    }
}

fn reverts(message: &str) -> String {
    format!("Reverts: {message}")
}

/// What is said of the changes that one database sees, at the head of a file that makes them.
pub(super) fn up_header(title: &[String], changes: &[Change]) -> Vec<String> {
    let mut header = title.to_vec();
    lost(&mut header, changes.iter().filter_map(Change::loses));
    header.extend(risks(changes));
    header
}

/// On what rows the changes fail; a table that is created with them has none.
pub(super) fn risks(changes: &[Change]) -> Vec<String> {
    let created: Vec<_> = changes
        .iter()
        .filter_map(|change| match change {
            Change::CreateTable { table } => Some(&table.name),
            _ => None,
        })
        .collect();
    let has_rows = |change: &&Change| change.table().is_none_or(|table| !created.contains(&table));
    changes.iter().filter(has_rows).filter_map(Change::risk).collect()
}

fn lost(header: &mut Vec<String>, losses: impl Iterator<Item = Loss>) {
    for loss in losses {
        header.push(format!("Loses data: {loss}."));
    }
}

impl Generated {
    /// Its revision id.
    pub(super) fn revision(&self) -> String {
        revision_of(&self.name)
    }

    /// Writes all of its folders, or none.
    pub(super) fn write(&self, project: &Project) -> Result<Vec<PathBuf>, Failure> {
        let folders: Vec<_> = self.dialects.iter().map(|sql| project.migrations_of(sql.dialect)).collect();
        let migrations: Vec<_> = self
            .dialects
            .iter()
            .zip(&folders)
            .map(|(sql, folder)| NewMigration {
                folder,
                parent: sql.parent.as_deref(),
                adopts: sql.adopts,
                up: &sql.up,
                down: &sql.down,
                up_header: &sql.up_header,
                down_header: &sql.down_header,
            })
            .collect();
        Ok(write_migration(&self.name, &self.message, &self.changes, &self.after, &migrations)?)
    }
}
