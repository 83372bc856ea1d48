//! What the command takes.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use fenrir_schema::Dialect;

/// Migrations for Diesel, from models.
#[derive(Parser)]
#[command(version, about, disable_help_subcommand = false, propagate_version = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Args)]
pub(super) struct Global {
    /// The database: `postgres://…`, `mysql://…` or `sqlite://PATH`. Otherwise `DATABASE_URL` (also from `.env`), then
    /// `POSTGRES_USER` and the like, then `fenrir.toml`
    #[arg(long, global = true, value_name = "URL")]
    pub(super) database_url: Option<String>,
    /// The settings, instead of the nearest `fenrir.toml` above this folder
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) config: Option<PathBuf>,
    /// The kind of database: `postgres`, `sqlite` or `mysql`
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) dialect: Option<Dialect>,
    /// How standard output is written
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Say more
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Say only what was asked for
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Color {
    /// At a terminal
    Auto,
    Always,
    Never,
}

impl Color {
    pub(super) fn apply(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::AlwaysAnsi,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[derive(clap::Subcommand)]
pub(super) enum Subcommand {
    /// Set up a project: `fenrir.toml`, `migrations/`, `build.rs`, dependencies
    Init(Init),
    /// Write the next migration from the models
    Migrate(Migrate),
    /// Apply migrations, up to the head or to a revision
    Upgrade(Upgrade),
    /// Revert migrations, one or down to a revision
    Downgrade(Downgrade),
    /// Show the database's revision
    Current(Current),
    /// List the migrations, and which of them are applied
    History,
    /// Tell whether the models, the migrations and the database say the same
    Check(Check),
    /// Tell how two schemas differ, or print the SQL that turns the one into the other
    Diff(Diff),
    /// Write models of the tables that a database has
    Import(Import),
    /// Print the models' schema, as JSON or as the SQL that creates it
    Schema(PrintSchema),
    /// Create the tables straight from the models, without migrations
    CreateAll(CreateAll),
    /// Drop the models' tables and the record of migrations
    DropAll(DropAll),
    /// Adopt a database that is there already: write the migration that makes what it has, and record it as applied
    Baseline(Baseline),
    /// Record a revision without running anything
    Stamp(Stamp),
}

#[derive(Args)]
pub(super) struct Init {
    /// The package with the models, in a workspace
    #[arg(long, value_name = "NAME")]
    pub(super) package: Option<String>,
}

/// The features with which the models are read, as Cargo has them.
#[derive(Args, Default)]
pub(super) struct Features {
    /// The package's features, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "FEATURES")]
    pub(super) features: Vec<String>,
    /// Read the models with all features
    #[arg(long)]
    pub(super) all_features: bool,
    /// Read the models without the default features
    #[arg(long)]
    pub(super) no_default_features: bool,
}

/// What is said of names that change.
#[derive(Args, Default)]
pub(super) struct Renamed {
    /// Say that a thing was renamed: `old=new` for a table or an enum, `table.old=new` for a column,
    /// `enum.old=new` for a label
    #[arg(long, value_name = "OLD=NEW")]
    pub(super) rename: Vec<String>,
    /// Say that nothing was renamed: what looks like it is a drop and an addition
    #[arg(long)]
    pub(super) no_renames: bool,
}

#[derive(Args)]
pub(super) struct Migrate {
    /// What the migration does; its folder is named after it
    #[arg(short, long, value_name = "TEXT", required_unless_present = "add_dialect")]
    pub(super) message: Option<String>,
    /// Write one without changes, for SQL of your own
    #[arg(long)]
    pub(super) empty: bool,
    /// Write the migrations that there are for another database too: `postgres`, `sqlite` or `mysql`
    #[arg(long, value_name = "DIALECT", conflicts_with_all = ["message", "empty", "rename", "no_renames", "allow_data_loss"])]
    pub(super) add_dialect: Option<Dialect>,
    #[command(flatten)]
    pub(super) renamed: Renamed,
    /// Drop tables and columns with what they hold, without asking
    #[arg(long)]
    pub(super) allow_data_loss: bool,
    /// Print the migration instead of writing it
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) features: Features,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "a number from 1 on".to_owned())
}

#[derive(Args)]
pub(super) struct Upgrade {
    /// Where to: `head`, a revision id or a unique part of one or of a name, `+N`
    #[arg(default_value = "head", value_name = "REVISION", allow_negative_numbers = true)]
    pub(super) revision: String,
    /// Print the SQL instead of running it
    #[arg(long)]
    pub(super) sql: bool,
    /// List what would be applied
    #[arg(long, conflicts_with = "sql")]
    pub(super) dry_run: bool,
    /// Each of the PostgreSQL schemas of these names, such as one for each tenant, with `*` for any text
    #[arg(long, value_delimiter = ',', value_name = "NAMES", conflicts_with_all = ["sql", "dry_run"])]
    pub(super) schemas: Vec<String>,
    /// Each of the databases whose addresses stand in this file, one in a line; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sql", "dry_run", "schemas"])]
    pub(super) databases: Option<PathBuf>,
    /// Of several, how many at a time
    #[arg(long, value_name = "NUMBER", default_value = "4", value_parser = at_least_one)]
    pub(super) jobs: usize,
    /// Of several, begin none any more once one has failed
    #[arg(long)]
    pub(super) fail_fast: bool,
}

#[derive(Args)]
pub(super) struct Downgrade {
    /// Where to: `-N`, `base`, a revision id or a unique part of one or of a name
    #[arg(default_value = "-1", value_name = "REVISION", allow_negative_numbers = true)]
    pub(super) revision: String,
    /// Print the SQL instead of running it
    #[arg(long)]
    pub(super) sql: bool,
    /// Lose what the dropped tables and columns hold, without asking
    #[arg(long)]
    pub(super) allow_data_loss: bool,
}

#[derive(Args)]
pub(super) struct Current {
    /// Exit with 1 where the database is not at the head
    #[arg(long)]
    pub(super) check_heads: bool,
}

#[derive(Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) features: Features,
}

#[derive(Args)]
pub(super) struct Import {
    /// The folder to write the models to, a file for each table; without it and `--single-file`, they are printed
    #[arg(long, value_name = "DIR", conflicts_with = "single_file")]
    pub(super) out: Option<PathBuf>,
    /// The file to write all models to
    #[arg(long, value_name = "PATH")]
    pub(super) single_file: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    pub(super) force: bool,
    /// Only these tables, with `*` for any text; with several, those that fit one of them
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(super) tables: Vec<String>,
    /// Not these tables, with `*` for any text
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(super) exclude: Vec<String>,
    /// The schema of PostgreSQL to import, more than once for several; otherwise the first of `search_path`
    #[arg(long, value_name = "NAME")]
    pub(super) schema: Vec<String>,
}

#[derive(Args)]
pub(super) struct Diff {
    /// The schema to begin with: `models`, `migrations`, `migrations@REVISION`, `database`, a database's URL, or a file
    /// of SQL, `PATH.sql`
    #[arg(long, value_name = "SCHEMA", allow_hyphen_values = true)]
    pub(super) from: String,
    /// The schema to come to, said in the same way
    #[arg(long, value_name = "SCHEMA", allow_hyphen_values = true)]
    pub(super) to: String,
    /// Print the SQL that turns the first into the second
    #[arg(long)]
    pub(super) sql: bool,
    #[command(flatten)]
    pub(super) renamed: Renamed,
    /// Say what a column gets in the rows that there are, or in those that hold NULL: an SQL expression
    #[arg(long, value_name = "TABLE.COLUMN=SQL", requires = "sql")]
    pub(super) backfill: Vec<String>,
    /// Say how the values of a column become those of its new type: an SQL expression
    #[arg(long, value_name = "TABLE.COLUMN=SQL", requires = "sql")]
    pub(super) using: Vec<String>,
    /// Drop tables and columns with what they hold, without asking
    #[arg(long)]
    pub(super) allow_data_loss: bool,
    /// Compare this schema of two PostgreSQL databases, and no others; of one that is held against models or
    /// migrations, read it beside the default one and theirs. Once for each
    #[arg(long, value_name = "NAME")]
    pub(super) schema: Vec<String>,
    #[command(flatten)]
    pub(super) features: Features,
}

#[derive(Args)]
pub(super) struct PrintSchema {
    /// As the SQL that creates it on an empty database: that of `--dialect`, where there are several
    #[arg(long)]
    pub(super) sql: bool,
    #[command(flatten)]
    pub(super) features: Features,
}

#[derive(Args)]
pub(super) struct CreateAll {
    /// Record all migrations as applied
    #[arg(long)]
    pub(super) stamp: bool,
    #[command(flatten)]
    pub(super) features: Features,
}

#[derive(Args)]
pub(super) struct DropAll {
    /// Do not ask for the database's name
    #[arg(long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) features: Features,
}

#[derive(Args)]
pub(super) struct Baseline {
    /// What the migration is; its folder is named after it
    #[arg(short, long, value_name = "TEXT")]
    pub(super) message: String,
    /// Print the migration instead of writing and recording it
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) features: Features,
}

#[derive(Args)]
pub(super) struct Stamp {
    /// The revision that the database is said to be at; `base` for none
    #[arg(value_name = "REVISION", allow_negative_numbers = true)]
    pub(super) revision: String,
    /// Forget all that is recorded first, also revisions that are no more
    #[arg(long)]
    pub(super) purge: bool,
}
