//! Embedded migrations as a source of Diesel's own harness: the text of the files, run as Diesel runs
//! them.

use std::fmt;

use diesel::backend::Backend;
use diesel::connection::BoxableConnection;
use diesel::migration::{
    self, Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion,
};
use fenrir_schema::Dialect;

use crate::database::{MigratorBackend, sealed};
use crate::{EmbeddedMigration, Migrations};

impl<DB: Backend + MigratorBackend> MigrationSource<DB> for Migrations {
    fn migrations(&self) -> migration::Result<Vec<Box<dyn Migration<DB>>>> {
        let dialect: Dialect = <DB as sealed::Backend>::DIALECT;
        let migrations = self.of(dialect).ok_or(crate::Error::NoMigrations { dialect })?;
        Ok(migrations.iter().map(|migration| Box::new(*migration) as Box<dyn Migration<DB>>).collect())
    }
}

impl<DB: Backend> Migration<DB> for EmbeddedMigration {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> migration::Result<()> {
        Ok(connection.batch_execute(self.up)?)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> migration::Result<()> {
        Ok(connection.batch_execute(self.down)?)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

impl MigrationMetadata for EmbeddedMigration {
    fn run_in_transaction(&self) -> bool {
        self.run_in_transaction
    }
}

impl MigrationName for EmbeddedMigration {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(self.revision)
    }
}

impl fmt::Display for EmbeddedMigration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
