//! Whether a database is as the models say, after its migrations ran.

use fenrir_schema::{Change, Verify};

use crate::database::{Database, Local};
use crate::introspect::{self, Options};
use crate::{Error, Migrations};

/// Compares them, and says what differs, or fails.
pub(super) fn verify(
    database: &mut dyn Database,
    migrations: &Migrations,
    verify: Verify,
    local: &Local,
) -> Result<(), Error> {
    if verify == Verify::Off {
        return Ok(());
    }
    let wanted = migrations.schema();
    let settings = Error::database("making the settings of a session");
    let back = database.enter_session(local).map_err(settings)?;
    let comparison = introspect::read_from(database, &Options::for_schema(&wanted))
        .and_then(|live| introspect::compare_on(database, &wanted, &live));
    database.leave_session(&back).map_err(Error::database("putting settings back"))?;
    let comparison = comparison?;
    // What somebody else has there is nobody's here.
    let differences: Vec<_> = comparison
        .changes
        .iter()
        .filter(|change| !matches!(change, Change::DropTable { .. } | Change::DropEnum { .. }))
        .map(ToString::to_string)
        .chain(comparison.not_compared.iter().map(|part| format!("not compared: {part}")))
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    match verify {
        Verify::Fail => Err(Error::NotAsModels { differences }),
        _ => {
            for difference in &differences {
                tracing::warn!(difference, "the database is not as the models say");
            }
            Ok(())
        }
    }
}
