//! Migrations to run, wherever they are kept: in folders or in the binary.

use std::borrow::Cow;
use std::sync::OnceLock;

use fenrir_schema::migration::{Chain, Link, MigrationFolder, chain_hash, checksum, message_of};
use fenrir_schema::{Change, Loss, TableName};

use crate::embedded::{self, Created, EmbeddedMigration};
use crate::history::Recorded;
use crate::{Error, Identifier};

/// All migrations for one database, in their order.
pub(crate) struct Revisions {
    pub(crate) chain: Chain,
    migrations: Vec<Migration>,
    marks: OnceLock<Vec<Mark>>,
}

/// What a migration is known by, besides its revision id.
pub(crate) struct Mark {
    pub(crate) checksum: String,
    pub(crate) chain_hash: String,
}

/// One migration, wherever it is kept.
pub(crate) enum Migration {
    Folder(MigrationFolder),
    Embedded(EmbeddedMigration),
    /// As the database keeps it that it is applied to: it can be reverted.
    Recorded(Box<Recorded>),
}

/// A table, or a column of it, that gets another name.
pub(crate) enum Renamed {
    Table { from: TableName, to: TableName },
    Column { table: TableName, from: Identifier, to: Identifier },
}

impl Renamed {
    /// Whether it gives a table this name.
    pub(crate) fn makes(&self, table: &TableName) -> bool {
        matches!(self, Renamed::Table { to, .. } if to == table)
    }

    /// What was meant before it, as it is called after it.
    pub(crate) fn follow(&self, loss: &mut Loss) {
        match self {
            Renamed::Table { from, to } if *from == loss.table => loss.table.clone_from(to),
            Renamed::Column { table, from, to }
                if *table == loss.table && loss.column.as_ref() == Some(from) =>
            {
                loss.column = Some(to.clone());
            }
            _ => {}
        }
    }

    /// What a change renames, if it does.
    fn of(change: Change) -> Option<Renamed> {
        match change {
            Change::RenameTable { from, to } => Some(Renamed::Table { from, to }),
            Change::RenameColumn { table, from, to } => Some(Renamed::Column { table, from, to }),
            _ => None,
        }
    }

    /// What the macro wrote of a change.
    fn read(&(table, column, new): &(&str, Option<&str>, &str)) -> Option<Renamed> {
        let table = table.parse().ok()?;
        Some(match column {
            None => Renamed::Table { from: table, to: new.parse().ok()? },
            Some(column) => {
                Renamed::Column { table, from: Identifier::new(column).ok()?, to: Identifier::new(new).ok()? }
            }
        })
    }
}

/// What a migration creates or drops under a name of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Object {
    Table(TableName),
    Enum(Identifier),
}

impl Revisions {
    pub(crate) fn embedded(migrations: &'static [EmbeddedMigration]) -> Result<Self, Error> {
        let chain = embedded::chain(migrations)?;
        let mut migrations = migrations.to_vec();
        migrations.sort_by_key(|migration| migration.revision);
        Ok(Self::new(chain, migrations.into_iter().map(Migration::Embedded).collect()))
    }

    /// From folders that were read, and so are in their order.
    pub(crate) fn folders(folders: Vec<MigrationFolder>) -> Result<Self, Error> {
        let chain = Chain::new(folders.iter().map(MigrationFolder::link).collect())?;
        Ok(Self::new(chain, folders.into_iter().map(Migration::Folder).collect()))
    }

    /// Migrations of which each follows the one before it.
    pub(crate) fn in_order(links: Vec<Link>, migrations: Vec<Migration>) -> Result<Self, Error> {
        Ok(Self::new(Chain::new(links)?, migrations))
    }

    fn new(chain: Chain, migrations: Vec<Migration>) -> Self {
        Self { chain, migrations, marks: OnceLock::new() }
    }

    /// What each is known by, in their order; made once, since it takes the texts of all.
    pub(crate) fn marks(&self) -> Result<&[Mark], Error> {
        if let Some(marks) = self.marks.get() {
            return Ok(marks);
        }
        let mut marks: Vec<Mark> = Vec::with_capacity(self.len());
        for migration in &self.migrations {
            let checksum = migration.checksum()?;
            let before = marks.last().map_or("", |before| before.chain_hash.as_str());
            let chain_hash = chain_hash(before, migration.revision(), &checksum);
            marks.push(Mark { checksum, chain_hash });
        }
        Ok(self.marks.get_or_init(|| marks))
    }

    pub(crate) fn into_all(self) -> Vec<Migration> {
        self.migrations
    }

    pub(crate) fn all(&self) -> &[Migration] {
        &self.migrations
    }

    pub(crate) fn len(&self) -> usize {
        self.migrations.len()
    }
}

impl Migration {
    pub(crate) fn name(&self) -> &str {
        match self {
            Migration::Folder(folder) => &folder.name,
            Migration::Embedded(embedded) => embedded.name,
            Migration::Recorded(recorded) => &recorded.name,
        }
    }

    pub(crate) fn revision(&self) -> &str {
        match self {
            Migration::Folder(folder) => &folder.revision,
            Migration::Embedded(embedded) => embedded.revision,
            Migration::Recorded(recorded) => &recorded.revision,
        }
    }

    pub(crate) fn parent(&self) -> Option<&str> {
        match self {
            Migration::Folder(folder) => folder.parent.as_deref(),
            Migration::Embedded(embedded) => embedded.parent,
            Migration::Recorded(recorded) => recorded.parent.as_deref(),
        }
    }

    pub(crate) fn message(&self) -> Cow<'_, str> {
        match self {
            Migration::Folder(folder) => Cow::Owned(folder.message()),
            Migration::Embedded(embedded) => Cow::Borrowed(embedded.message),
            Migration::Recorded(recorded) => Cow::Owned(message_of(&recorded.name)),
        }
    }

    /// The hash of the schema that results; none where plain Diesel's migration does not say.
    pub(crate) fn schema_hash(&self) -> Option<&str> {
        match self {
            Migration::Folder(folder) => folder.schema_hash(),
            Migration::Embedded(embedded) => embedded.schema,
            Migration::Recorded(_) => None,
        }
    }

    pub(crate) fn run_in_transaction(&self) -> bool {
        match self {
            Migration::Folder(folder) => folder.run_in_transaction,
            Migration::Embedded(embedded) => embedded.run_in_transaction,
            Migration::Recorded(recorded) => recorded.run_in_transaction,
        }
    }

    /// Whether binaries that do not know it may run on a database that has it.
    pub(crate) fn is_compatible(&self) -> bool {
        match self {
            Migration::Folder(folder) => folder.fenrir.as_ref().is_some_and(|fenrir| fenrir.compatible),
            Migration::Embedded(embedded) => embedded.compatible,
            Migration::Recorded(recorded) => recorded.compatible,
        }
    }

    /// Whether a function of the application's is a part of it.
    pub(crate) fn has_function(&self) -> bool {
        match self {
            Migration::Folder(folder) => folder.fenrir.as_ref().is_some_and(|fenrir| fenrir.function),
            Migration::Embedded(embedded) => embedded.function,
            Migration::Recorded(_) => false,
        }
    }

    pub(crate) fn up(&self) -> Result<Cow<'_, str>, Error> {
        Ok(line_ends(match self {
            Migration::Folder(folder) => Cow::Owned(folder.up()?),
            Migration::Embedded(embedded) => Cow::Borrowed(embedded.up),
            // It is applied, and so never asked for.
            Migration::Recorded(_) => Cow::Borrowed(""),
        }))
    }

    pub(crate) fn down(&self) -> Result<Cow<'_, str>, Error> {
        Ok(line_ends(match self {
            Migration::Folder(folder) => Cow::Owned(folder.down()?),
            Migration::Embedded(embedded) => Cow::Borrowed(embedded.down),
            Migration::Recorded(recorded) => Cow::Borrowed(&recorded.down),
        }))
    }

    pub(crate) fn checksum(&self) -> Result<String, Error> {
        Ok(match self {
            Migration::Folder(_) => checksum(self.parent(), &self.up()?, &self.down()?),
            Migration::Embedded(embedded) => embedded.checksum.to_owned(),
            Migration::Recorded(recorded) => recorded.checksum.clone(),
        })
    }

    /// Whether its SQL is not what was generated.
    pub(crate) fn is_edited(&self) -> Result<bool, Error> {
        match self {
            Migration::Folder(MigrationFolder { fenrir: Some(fenrir), .. }) => {
                Ok(self.checksum()? != fenrir.checksum)
            }
            // What was generated is not known.
            Migration::Folder(_) | Migration::Embedded(_) | Migration::Recorded(_) => Ok(false),
        }
    }

    /// What it creates, and what it drops.
    pub(crate) fn objects(&self) -> Result<(Vec<Object>, Vec<Object>), Error> {
        Ok(match self {
            Migration::Folder(folder) => {
                let (mut creates, mut drops) = (Vec::new(), Vec::new());
                for change in folder.changes_made()? {
                    match change {
                        Change::CreateTable { table } => creates.push(Object::Table(table.name)),
                        Change::DropTable { table } => drops.push(Object::Table(table.name)),
                        Change::CreateEnum { name, .. } => creates.push(Object::Enum(name)),
                        Change::DropEnum { name, .. } => drops.push(Object::Enum(name)),
                        Change::ReleaseTable { table } => drops.push(Object::Table(table.name)),
                        Change::ReleaseEnum { name, .. } => drops.push(Object::Enum(name)),
                        // Ours again, but made before.
                        Change::AdoptTable { table } => {
                            creates.push(Object::Table(table.name.clone()));
                            drops.push(Object::Table(table.name));
                        }
                        Change::AdoptEnum { name, .. } => {
                            creates.push(Object::Enum(name.clone()));
                            drops.push(Object::Enum(name));
                        }
                        Change::RenameTable { from, to } => {
                            creates.push(Object::Table(to));
                            drops.push(Object::Table(from));
                        }
                        Change::RenameEnum { from, to } => {
                            creates.push(Object::Enum(to));
                            drops.push(Object::Enum(from));
                        }
                        _ => {}
                    }
                }
                (creates, drops)
            }
            Migration::Embedded(embedded) => {
                let objects = |list: &[Created]| list.iter().filter_map(object).collect();
                (objects(embedded.creates), objects(embedded.drops))
            }
            Migration::Recorded(_) => Default::default(),
        })
    }

    /// What it renames.
    pub(crate) fn renames(&self) -> Result<Vec<Renamed>, Error> {
        Ok(match self {
            Migration::Folder(folder) => folder.changes_made()?.into_iter().filter_map(Renamed::of).collect(),
            Migration::Embedded(embedded) => embedded.renames.iter().filter_map(Renamed::read).collect(),
            Migration::Recorded(_) => Vec::new(),
        })
    }

    /// What reverting it would take from a database that holds rows; none where that is not known, as of plain
    /// Diesel's.
    pub(crate) fn down_loses(&self) -> Result<Option<Vec<Loss>>, Error> {
        if let Migration::Recorded(recorded) = self {
            return Ok(recorded.losses.clone());
        }
        if self.schema_hash().is_none() {
            return Ok(None);
        }
        Ok(Some(match self {
            Migration::Folder(folder) => return Ok(folder.down_loses()?),
            Migration::Embedded(embedded) if embedded.down_loses_unknown => return Ok(None),
            Migration::Embedded(embedded) => embedded
                .down_loses
                .iter()
                .filter_map(|(table, column)| {
                    let column = column.and_then(|column| Identifier::new(column).ok());
                    Some(Loss { table: table.parse().ok()?, column, becomes: None })
                })
                .collect(),
            Migration::Recorded(_) => Vec::new(),
        }))
    }
}

/// As they were written: a checkout on another system may have others.
fn line_ends(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { text }
}

/// The macro took the names from identifiers.
fn object(created: &Created) -> Option<Object> {
    match created {
        Created::Table(name) => name.parse().ok().map(Object::Table),
        Created::Enum(name) => Identifier::new(*name).ok().map(Object::Enum),
    }
}
