//! What is said of a schema to compare: where it is to be found, and of which kind of database it is.

use std::fmt;
use std::path::PathBuf;

use fenrir_schema::Dialect;

use crate::cli::connect;
use crate::cli::context::Context;
use crate::cli::outcome::Failure;
use crate::database::url::DatabaseUrl;

/// Where a schema is found.
pub(super) enum Source {
    Models,
    /// Those up to a revision, or all.
    Migrations(Option<String>),
    Database(DatabaseUrl),
    File(PathBuf),
}

impl Source {
    pub(super) fn parse(option: &str, text: &str, context: &Context<'_>) -> Result<Self, Failure> {
        let is_file = text.to_ascii_lowercase().ends_with(".sql") && !text.contains("://");
        match text {
            "models" => Ok(Source::Models),
            "migrations" => Ok(Source::Migrations(None)),
            "database" => context.url().map(Source::Database),
            _ if is_file => Ok(Source::File(PathBuf::from(text))),
            _ => match text.strip_prefix("migrations@") {
                Some(revision) => Ok(Source::Migrations(Some(revision.to_owned()))),
                None => {
                    let url = DatabaseUrl::parse(text).map_err(|error| {
                        Failure::error(format!(
                            "`{option}` takes `models`, `migrations`, `migrations@REVISION`, `database`, a file whose name \
                             ends in `.sql`, or a database's URL, and as that: {error}"
                        ))
                    })?;
                    connect::warn_of_password(&url, context.global);
                    Ok(Source::Database(url))
                }
            },
        }
    }

    fn is_of_the_project(&self) -> bool {
        matches!(self, Source::Models | Source::Migrations(_))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Models => f.write_str("the models"),
            Source::Migrations(None) => f.write_str("the migrations"),
            Source::Migrations(Some(revision)) => write!(f, "the migrations up to `{revision}`"),
            Source::Database(url) => write!(f, "`{url}`"),
            Source::File(path) => write!(f, "`{}`", path.display()),
        }
    }
}

/// The kind of database that both are of: that of an address, that which is said, or the only one of the project.
pub(super) fn dialect(from: &Source, to: &Source, context: &Context<'_>) -> Result<Dialect, Failure> {
    let of_url = |source: &Source| match source {
        Source::Database(url) => Some(url.dialect()),
        _ => None,
    };
    if let (Some(a), Some(b)) = (of_url(from), of_url(to)) {
        if a != b {
            let (a, b) = (a.title(), b.title());
            return Err(Failure::error(format!(
                "{from} is {a}, and {to} is {b}: only schemas of one kind of database can be compared"
            )));
        }
    }
    let said = context.global.dialect;
    let url = [from, to].into_iter().find_map(|source| Some((source, of_url(source)?)));
    if let (Some((source, there)), Some(said)) = (url, said) {
        if there != said {
            return Err(Failure::error(format!(
                "{source} is {}, and `--dialect` says `{said}`",
                there.title()
            )));
        }
    }
    let of_project = match context.embedded {
        Some(embedded) => embedded.dialects().collect(),
        None => context.project().map(|project| project.dialects.clone()).unwrap_or_default(),
    };
    let names = of_project.iter().map(|dialect| format!("`{dialect}`")).collect::<Vec<_>>().join(", ");
    let project_side = [from, to].into_iter().find(|source| source.is_of_the_project());
    if project_side.is_some() && context.embedded.is_none() {
        // That there is no project is said by its own words.
        context.project()?;
    }
    match (url.map(|(_, dialect)| dialect).or(said), of_project.as_slice()) {
        (Some(dialect), all) => match project_side.filter(|_| !all.contains(&dialect)) {
            Some(side) => {
                let other = match url {
                    Some((source, there)) => format!("{source} is {}", there.title()),
                    None => format!("`--dialect` says `{dialect}`"),
                };
                Err(Failure::error(format!("{other}, and {side} are for {names} only")))
            }
            None => Ok(dialect),
        },
        (None, [dialect]) => Ok(*dialect),
        (None, []) => Err(Failure::error(format!(
            "of which kind of database {from} and {to} are is not known: say it with `--dialect`"
        ))),
        (None, _) => {
            Err(Failure::error(format!("{from} and {to} may be for {names}: say which with `--dialect`")))
        }
    }
}
