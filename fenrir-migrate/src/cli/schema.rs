//! `fenrir schema`: the models' schema, for other tools to read.

use fenrir_schema::{Dialect, Renames, Schema, diff};
use serde_json::json;

use super::arguments::PrintSchema;
use super::context::Context;
use super::models;
use super::outcome::{Failure, Outcome};

pub(super) fn run(arguments: &PrintSchema, context: &Context<'_>) -> Result<Outcome, Failure> {
    let schema = models::schema(context, &arguments.features)?;
    if !arguments.sql {
        let document: serde_json::Value = serde_json::from_str(&schema.to_json())?;
        return Ok(Outcome::new(format!("{document:#}"), document));
    }
    let dialect = dialect(context)?;
    let changes = diff(&Schema::default(), &schema, &Renames::default());
    let script = dialect.script(&Schema::default(), &changes)?;
    let sql = script.to_sql(&[format!("The schema of the models, for {}.", dialect.title())]);
    Ok(Outcome::new(sql.trim_end(), json!({ "dialect": dialect, "sql": script.bare_sql() })))
}

/// The database in whose words it is told: the one that is named, or the only one.
fn dialect(context: &Context<'_>) -> Result<Dialect, Failure> {
    let all: Vec<_> = match context.embedded {
        Some(embedded) => embedded.dialects().collect(),
        None => context.project()?.dialects.clone(),
    };
    match (context.global.dialect, all.as_slice()) {
        (Some(dialect), all) if all.contains(&dialect) => Ok(dialect),
        (None, [dialect]) => Ok(*dialect),
        (named, all) => {
            let all: Vec<_> = all.iter().map(|dialect| format!("`{dialect}`")).collect();
            let why = match named {
                Some(dialect) => format!("the models are not for `{dialect}`"),
                None => "the models are for several databases".to_owned(),
            };
            Err(Failure::error(format!("{why}: name one of {} with `--dialect`", all.join(", "))))
        }
    }
}
