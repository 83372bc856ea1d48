//! What every command starts from: the project, the database, the migrations.

use std::env;

use fenrir_schema::RunSettings;
use fenrir_schema::migration::History;
use fenrir_schema::project::{Project, ProjectError};

use super::arguments::Global;
use super::outcome::{Failure, say, warn};
use super::{connect, interrupt};
use crate::database::Local;
use crate::database::connected::Connected;
use crate::database::url::DatabaseUrl;
use crate::history::Allowed;
use crate::migrator::{RunOptions, Watchers};
use crate::revisions::Revisions;
use crate::{Cancellation, Migrations};

pub(super) struct Context<'a> {
    pub(super) global: &'a Global,
    pub(super) embedded: Option<&'static Migrations>,
    project: Option<Project>,
}

impl<'a> Context<'a> {
    pub(super) fn new(global: &'a Global, embedded: Option<&'static Migrations>) -> Result<Self, Failure> {
        let found = match &global.config {
            Some(path) => Project::read(path).map(Some),
            None => match Project::find(&env::current_dir()?) {
                // Some commands do without, and the others say so.
                Err(ProjectError::NotFound(_)) => Ok(None),
                other => other.map(Some),
            },
        };
        let project = found.map_err(Failure::from)?;
        Ok(Self { global, embedded, project })
    }

    /// The project's settings, for commands that cannot do without.
    pub(super) fn project(&self) -> Result<&Project, Failure> {
        match &self.project {
            Some(project) => Ok(project),
            None => Err(ProjectError::NotFound(env::current_dir()?).into()),
        }
    }

    /// The database that is meant, if anything says one.
    pub(super) fn find_url(&self) -> Result<Option<DatabaseUrl>, Failure> {
        connect::find(self.global, self.project.as_ref())
    }

    /// The database that is meant.
    pub(super) fn url(&self) -> Result<DatabaseUrl, Failure> {
        self.find_url()?.ok_or_else(|| {
            Failure::error(
                "no database is named: give `--database-url`, or set `DATABASE_URL`, or write `url` under \
                 `[database]` in `fenrir.toml`",
            )
        })
    }

    pub(super) fn connect(&self, url: &DatabaseUrl) -> Result<Connected, Failure> {
        if self.global.verbose {
            say("on", url);
        }
        if let Some(host) = url.sends_password_in_clear().filter(|_| !self.global.quiet) {
            warn(connect::in_clear(&host, url));
        }
        let mut connected = url.connect().map_err(Failure::Error)?;
        // It is the command's own: whatever is looked at is looked at where migrations run.
        let local =
            RunOptions::of(&self.run_settings()?, &Cancellation::default(), Watchers::default()).local;
        if local.role.is_some() || !local.search_path.is_empty() {
            let mut database = connected.database();
            let settings = Local { lock_timeout: None, statement_timeout: None, ..local };
            let made = database.enter(&settings).and_then(|()| database.enter_session(&settings));
            made.map_err(crate::Error::database("making the settings of the session"))?;
        }
        Ok(connected)
    }

    /// The migrations for a database: those of the binary, if it has any, or those in the folders.
    pub(super) fn revisions(&self, url: &DatabaseUrl) -> Result<Revisions, Failure> {
        let dialect = url.dialect();
        if let Some(embedded) = self.embedded {
            let migrations = embedded.of(dialect).ok_or(crate::Error::NoMigrations { dialect })?;
            return Ok(Revisions::embedded(migrations)?);
        }
        let project = self.project()?;
        if !project.dialects.contains(&dialect) {
            return Err(Failure::error(format!(
                "the database is {}, for which `{}` has no migrations: it names {}",
                dialect.title(),
                project.file().display(),
                project.dialects.iter().map(|dialect| format!("`{dialect}`")).collect::<Vec<_>>().join(", ")
            )));
        }
        Ok(Revisions::folders(History::read_dialect(project, dialect)?)?)
    }

    /// How migrations run: as the environment says, then `fenrir.toml`, or the binary.
    pub(super) fn run_settings(&self) -> Result<RunSettings, Failure> {
        let environment = RunSettings::of_variables(|name| env::var(name).ok())?;
        let written = match (&self.project, self.embedded) {
            (Some(project), _) => project.migrator.clone(),
            (None, Some(embedded)) => embedded.settings(),
            (None, None) => RunSettings::default(),
        };
        Ok(environment.or(written))
    }

    /// The same, for a run that can be stopped from the terminal, and tells what it does there.
    pub(super) fn run_options(&self, watchers: Watchers) -> Result<RunOptions, Failure> {
        Ok(RunOptions::of(&self.run_settings()?, &interrupt::cancellation(), watchers))
    }

    /// In what the database and the migrations may differ.
    pub(super) fn allowed(&self) -> Result<Allowed, Failure> {
        Ok(RunOptions::of(&self.run_settings()?, &Cancellation::default(), Watchers::default()).allowed)
    }

    /// Whether somebody is there to be asked.
    pub(super) fn can_ask(&self) -> bool {
        use std::io::IsTerminal;
        self.global.format == super::arguments::Format::Text
            && std::io::stdin().is_terminal()
            && std::io::stderr().is_terminal()
    }

    /// Asks a question at the terminal; no is the answer unless yes is given.
    pub(super) fn ask(&self, question: &str) -> Result<bool, Failure> {
        let answer = dialoguer::Confirm::new().with_prompt(question).default(false).interact();
        answer.map_err(|error| Failure::error(format!("no answer: {error}")))
    }

    /// Asks at the terminal which of some answers holds, and returns its number.
    pub(super) fn choose(&self, question: &str, answers: &[String]) -> Result<usize, Failure> {
        let select = dialoguer::Select::new().with_prompt(question).items(answers);
        select.interact().map_err(|error| Failure::error(format!("no answer: {error}")))
    }
}
