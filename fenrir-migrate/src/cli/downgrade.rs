//! `fenrir downgrade`: reverts migrations.

use fenrir_schema::Loss;
use serde_json::json;

use super::arguments::Downgrade;
use super::context::Context;
use super::outcome::{Failure, Outcome, bullets};
use super::upgrade;
use crate::Error;
use crate::database::Database;
use crate::exclusive::LOCK_TIMEOUT;
use crate::migrator::{Runner, Target};
use crate::record;
use crate::revisions::{Migration, Renamed, Revisions};

pub(super) fn run(arguments: &Downgrade, context: &Context<'_>) -> Result<Outcome, Failure> {
    let url = context.url()?;
    let revisions = context.revisions(&url)?;
    if !url.exists() {
        // Reverting nothing must not make a file of SQLite's.
        return Err(Failure::error(format!("there is no database at `{url}`")));
    }
    let mut connected = context.connect(&url)?;
    let mut database = connected.database();
    let position = upgrade::look(&mut *database, &revisions)?;
    let target = backward(&revisions, &arguments.revision, position)?;
    let reverted: Vec<_> = revisions.all()[target..position].iter().rev().collect();
    if arguments.sql {
        return as_sql(&reverted, &*database);
    }
    settle_losses(&reverted, &mut *database, arguments, context)?;
    let mut tell = upgrade::progress(context, "reverting");
    let mut runner = Runner::new(&mut *database, &revisions, LOCK_TIMEOUT);
    runner.on_step = Some(&mut tell);
    // Where it stood when the question was asked: what came since was not asked about.
    let report = runner.run(&|now, _| {
        if now > position { Err(Error::Moved) } else { Ok(Target::Back(target)) }
    })?;
    Ok(upgrade::told(&report, "reverted", &revisions))
}

/// The position of a revision that is not ahead of the database.
fn backward(revisions: &Revisions, revision: &str, position: usize) -> Result<usize, Failure> {
    if position == 0 && revision == "-1" {
        return Ok(0);
    }
    let target = revisions.chain.resolve(revision, position)?;
    if target > position {
        return Err(Failure::error(format!(
            "`{revision}` is ahead of the database: `fenrir upgrade {revision}` goes there"
        )));
    }
    Ok(target)
}

/// Asks before rows are lost, and says which.
fn settle_losses(
    reverted: &[&Migration],
    database: &mut dyn Database,
    arguments: &Downgrade,
    context: &Context<'_>,
) -> Result<(), Failure> {
    if arguments.allow_data_loss {
        return Ok(());
    }
    let mut losses = Vec::new();
    let of_diesel = reverted.iter().filter(|migration| migration.is_of_diesel());
    let unknown: Vec<_> = of_diesel
        .map(|one| format!("whatever `{}` drops, a migration of Diesel's own", one.name()))
        .collect();
    // What came after a migration may have named things anew.
    let mut renames: Vec<Renamed> = Vec::new();
    for migration in reverted {
        for mut loss in migration.down_loses()? {
            renames.iter().for_each(|renamed| renamed.follow(&mut loss));
            if holds_data(&loss, database)? && !losses.contains(&loss) {
                losses.push(loss);
            }
        }
        renames.splice(0..0, migration.renames()?);
    }
    if losses.is_empty() && unknown.is_empty() {
        return Ok(());
    }
    let list = bullets(losses.iter().map(ToString::to_string).chain(unknown));
    if context.can_ask() && context.ask(&format!("This loses data:{list}\nGo on?"))? {
        return Ok(());
    }
    Err(Failure::Refused(format!("this loses data:{list}\n`--allow-data-loss` does so without asking")))
}

/// Whether a table has a row, or a column a value.
fn holds_data(loss: &Loss, database: &mut dyn Database) -> Result<bool, Failure> {
    let dialect = database.dialect();
    let table = dialect.quote_table(&loss.table);
    let condition = loss
        .column
        .as_ref()
        .map(|column| format!(" WHERE {table}.{} IS NOT NULL", dialect.quote(column)))
        .unwrap_or_default();
    let doing = "looking for what would be lost";
    // What a later migration dropped holds nothing.
    let there = match &loss.column {
        None => database.has_table(&loss.table),
        Some(column) => database.has_column(&loss.table, column),
    };
    if !there.map_err(Error::database(doing))? {
        return Ok(false);
    }
    let sql = format!("SELECT 'row' FROM {table}{condition} LIMIT 1");
    Ok(!database.rows(&sql, &[]).map_err(Error::database(doing))?.is_empty())
}

fn as_sql(reverted: &[&Migration], database: &dyn Database) -> Result<Outcome, Failure> {
    let mut sql = String::from(if reverted.is_empty() { "" } else { upgrade::STOP });
    for migration in reverted {
        let text = migration.down()?;
        sql.push_str(&upgrade::script(
            migration,
            &text,
            &record::delete_sql(migration.revision(), database.dialect()),
        ));
    }
    Ok(Outcome::new(sql.trim().to_owned(), json!({ "sql": sql })))
}
