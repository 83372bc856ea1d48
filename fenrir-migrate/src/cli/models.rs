//! Reading the models, for the commands that need them.

use std::collections::BTreeMap;

use fenrir_schema::project::Project;
use fenrir_schema::reader::lower::Lowered;
use fenrir_schema::source::{CommandCfg, Models, Package};
use fenrir_schema::{Expression, Identifier, Renames, Schema, TableName};

use super::arguments::Features;
use super::context::Context;
use super::outcome::{Failure, count};

/// The schema of the models, with what else they say of migrations.
pub(super) struct ModelSchema {
    pub(super) schema: Schema,
    pub(super) backfills: BTreeMap<(TableName, Identifier), Expression>,
    pub(super) usings: BTreeMap<(TableName, Identifier), Expression>,
    /// What is said to have had another name, whether it still has it or not.
    pub(super) renames: Renames,
    /// The file and the line of each table's model.
    pub(super) places: BTreeMap<TableName, String>,
}

/// Reads the sources of the package that the project names.
pub(super) fn read(project: &Project, features: &Features) -> Result<ModelSchema, Failure> {
    let package = match &project.package {
        Some(name) => Package::find(&project.root, name)?,
        None => Package::read(&project.root)?,
    };
    let features = package
        .features(&features.features, !features.no_default_features, features.all_features)
        .map_err(Failure::Error)?;
    let models = Models::read(&package, &project.dialects, &CommandCfg::new(features))?;
    let problems = models.problems();
    let folder = package.folder.strip_prefix(&project.root).unwrap_or(&package.folder);
    if !problems.is_empty() {
        let lines: Vec<_> =
            problems.iter().map(|problem| folder.join(problem.to_string()).display().to_string()).collect();
        let mistakes = count(problems.len(), "mistake");
        return Err(Failure::error(format!("{mistakes} in the models\n{}", lines.join("\n"))));
    }
    let found = models.sources.definitions.models.iter().enumerate();
    let places = found.map(|(index, found)| {
        let place = models.sources.place_of_model(index);
        let file = folder.join(&place.file);
        (found.model.table_name(), format!("{}:{}", file.display(), place.line))
    });
    let places = places.collect();
    let Lowered { schema, backfills, usings, renames, .. } = models.lowered;
    Ok(ModelSchema { schema, backfills, usings, renames, places })
}

/// The schema of the models: as the binary has it, if it has one, or as the sources do.
pub(super) fn schema(context: &Context<'_>, features: &Features) -> Result<Schema, Failure> {
    match context.embedded {
        Some(embedded) => Ok(embedded.schema()),
        None => Ok(read(context.project()?, features)?.schema),
    }
}
