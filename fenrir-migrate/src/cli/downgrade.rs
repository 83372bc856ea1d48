//! `fenrir downgrade`: reverts migrations.

use fenrir_schema::Loss;
use serde_json::json;

use super::arguments::Downgrade;
use super::context::Context;
use super::outcome::{Failure, Outcome, bullets};
use super::upgrade;
use crate::Error;
use crate::database::Database;
use crate::history;
use crate::migrator::{Runner, Target};
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
    let state = history::look(&mut *database)?;
    // One that is not known here is reverted by what the database keeps of it.
    let revisions = history::recorded(&mut *database, &state, revisions)?;
    let options = context.run_options(upgrade::progress(context))?;
    let position = state.position(&revisions, options.allowed)?;
    let target = backward(&revisions, &arguments.revision, position)?;
    let reverted = revisions.all()[target..position].iter().rev().filter(|one| state.has(one.revision()));
    let reverted: Vec<_> = reverted.collect();
    if arguments.sql {
        return as_sql(&reverted, &mut *database);
    }
    settle_losses(&reverted, &mut *database, arguments, context)?;
    // Before the first is: what is reverted until one cannot be would stay so.
    for migration in &reverted {
        if migration.down()?.trim().is_empty() {
            return Err(Error::NoDown { name: migration.name().to_owned() }.into());
        }
    }
    // Where it stood when the question was asked: what came since was not asked about.
    let report = Runner::new(&mut *database, &revisions, options).run(&|now, _| {
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
    let mut unknown = Vec::new();
    // What came after a migration may have named things anew.
    let mut renames: Vec<Renamed> = Vec::new();
    for migration in reverted {
        let Some(known) = migration.down_loses()? else {
            unknown.push(format!("whatever `{}` drops, of which that is not known", migration.name()));
            continue;
        };
        for mut loss in known {
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

fn as_sql(reverted: &[&Migration], database: &mut dyn Database) -> Result<Outcome, Failure> {
    let mut sql = String::new();
    if !reverted.is_empty() {
        sql.push_str(upgrade::STOP);
        if !history::is_whole(database)? {
            sql.push_str(&history::missing_sql(database)?);
        }
    }
    for migration in reverted {
        let text = migration.down()?;
        sql.push_str(&upgrade::script(
            migration,
            &text,
            &history::delete_sql(migration.revision(), None, database.dialect()),
        ));
    }
    Ok(Outcome::new(sql.trim().to_owned(), json!({ "sql": sql })))
}
