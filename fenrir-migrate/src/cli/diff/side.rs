//! One of the two schemas that are compared, once it is read.

use std::collections::BTreeMap;

use fenrir_schema::migration::{Chain, History, MigrationFolder, schema_after};
use fenrir_schema::{Dialect, Expression, Identifier, Renames, Schema, TableName, column_enum, in_full};

use super::source::Source;
use super::sql_file;
use crate::cli::arguments::Features;
use crate::cli::check;
use crate::cli::context::Context;
use crate::cli::interrupt::Temporary;
use crate::cli::models;
use crate::cli::outcome::Failure;
use crate::database::connected::Connected;
use crate::database::url::DatabaseUrl;
use crate::history;
use crate::introspect::{self, Live, Options};
use crate::revisions::Revisions;

/// What is known without a database: the models, or what migrations build.
#[derive(Default)]
pub(super) struct Said {
    pub(super) schema: Schema,
    /// What models say beside it.
    pub(super) backfills: BTreeMap<(TableName, Identifier), Expression>,
    pub(super) usings: BTreeMap<(TableName, Identifier), Expression>,
    pub(super) renames: Renames,
    pub(super) places: BTreeMap<TableName, String>,
}

/// A database that was read.
pub(super) struct Read {
    pub(super) live: Live,
    pub(super) connected: Connected,
    /// A file's database goes after the connection to it.
    _temporary: Option<Temporary>,
}

impl Said {
    /// What a source says, if it needs no database.
    pub(super) fn of(
        source: &Source,
        dialect: Dialect,
        features: &Features,
        context: &Context<'_>,
    ) -> Result<Option<Self>, Failure> {
        match source {
            Source::Models => read_models(features, context).map(Some),
            Source::Migrations(revision) => {
                let mut schema = migrations(revision.as_deref(), dialect, context)?;
                // Models that cannot be read have their say where they are compared.
                if let Ok(models) = read_models(features, context) {
                    check::leave_alone(&mut schema, models.schema.unmanaged);
                }
                Ok(Some(Self { schema, ..Self::default() }))
            }
            Source::Database(_) | Source::File(_) => Ok(None),
        }
    }

    /// What the models say of former names, where enums are named after their columns.
    pub(super) fn hints(&self, dialect: Dialect) -> Renames {
        let mut hints = self.renames.clone();
        if dialect.has_enums() {
            return hints;
        }
        hints.enums.clear();
        hints.labels.clear();
        for table in self.schema.tables.values() {
            for column in &table.columns {
                let Some(name) = column.sql_type.enum_name() else { continue };
                let of_this = self.renames.labels.iter().filter(|((of, _), _)| of == name);
                let own = column_enum(&table.name, &column.name);
                hints.labels.extend(of_this.map(|((_, new), old)| ((own.clone(), new.clone()), old.clone())));
            }
        }
        hints
    }

    /// The same, with the tables under the names that they have where the database makes tables by itself.
    pub(super) fn at_home(mut self, home: Option<&Identifier>) -> Self {
        let table = |name: TableName| introspect::at_home(&name, home);
        let column = |(name, column): (TableName, Identifier)| (table(name), column);
        self.backfills = self.backfills.into_iter().map(|(of, sql)| (column(of), sql)).collect();
        self.usings = self.usings.into_iter().map(|(of, sql)| (column(of), sql)).collect();
        self.places = self.places.into_iter().map(|(of, place)| (table(of), place)).collect();
        let renames = &mut self.renames;
        let tables = std::mem::take(&mut renames.tables).into_iter();
        renames.tables = tables.map(|(new, old)| (table(new), table(old))).collect();
        let columns = std::mem::take(&mut renames.columns).into_iter();
        renames.columns = columns.map(|(new, old)| (column(new), old)).collect();
        self
    }
}

impl Read {
    /// Reads a source that is a database, or is made one.
    pub(super) fn of(
        source: &Source,
        dialect: Dialect,
        options: &Options,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        let (mut connected, temporary) = match source {
            Source::Database(url) => (connect(url, context)?, None),
            Source::File(path) => {
                let (connected, temporary) = sql_file::load(path, dialect)?;
                (connected, Some(temporary))
            }
            Source::Models | Source::Migrations(_) => {
                return Err(Failure::error(format!("{source} are no database")));
            }
        };
        let live = introspect::read_from(&mut *connected.database(), options);
        let live = live.map_err(|error| Failure::error(format!("{source}: {}", in_full(&error))))?;
        Ok(Self { live, connected, _temporary: temporary })
    }
}

fn connect(url: &DatabaseUrl, context: &Context<'_>) -> Result<Connected, Failure> {
    // To look must not make a file of SQLite's.
    if !url.exists() {
        return Err(Failure::error(format!("there is no database at `{url}`")));
    }
    context.connect(url)
}

fn read_models(features: &Features, context: &Context<'_>) -> Result<Said, Failure> {
    if let Some(embedded) = context.embedded {
        return Ok(Said { schema: embedded.schema(), ..Said::default() });
    }
    let models::ModelSchema { schema, backfills, usings, renames, places } =
        models::read(context.project()?, features)?;
    Ok(Said { schema, backfills, usings, renames, places })
}

/// What the migrations build, up to a revision or all of them.
fn migrations(revision: Option<&str>, dialect: Dialect, context: &Context<'_>) -> Result<Schema, Failure> {
    if let Some(embedded) = context.embedded {
        let revisions = embedded.of(dialect).unwrap_or_default();
        let (schema, head) =
            (embedded.schema(), revisions.iter().map(|one| (one.revision, one.schema)).max());
        let is_head = revision.is_none_or(|revision| revision == "head");
        return match head {
            Some((_, hash)) if is_head && hash == Some(schema.hash().as_str()) => Ok(schema),
            _ => Err(Failure::error(
                "this program knows the schema of its models, and of its newest migration where that makes what they \
                 say: ask `fenrir` in the project's folder",
            )),
        };
    }
    let folders = History::read_dialect(context.project()?, dialect)?;
    let chain = Chain::new(folders.iter().map(MigrationFolder::link).collect())?;
    let Some(revision) = revision else { return Ok(schema_after(&folders)?) };
    let current = if revision.starts_with(['+', '-']) { position(revision, context)? } else { 0 };
    Ok(schema_after(&folders[..chain.resolve(revision, current)?])?)
}

/// Where the project's database is, from which a revision is counted.
fn position(revision: &str, context: &Context<'_>) -> Result<usize, Failure> {
    let Some(url) = context.find_url()? else {
        return Err(Failure::error(format!(
            "`migrations@{revision}` is counted from where a database is, and none is named: give `--database-url`, or a \
             revision such as `head{revision}`"
        )));
    };
    let revisions: Revisions = context.revisions(&url)?;
    let state = history::look(&mut *connect(&url, context)?.database())?;
    Ok(state.position(&revisions, context.allowed()?)?)
}
