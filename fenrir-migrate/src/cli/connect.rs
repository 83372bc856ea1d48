//! Which database is meant: the flag, then the environment, then `fenrir.toml`.

use std::env;
use std::fmt;

use fenrir_schema::project::Project;

use super::arguments::Global;
use super::outcome::{Failure, warn};
use crate::database::url;

/// The address of a database, whose password is shown nowhere: not by `Display`, not by `Debug`.
#[derive(Clone, Debug)]
pub struct DatabaseUrl(pub(super) url::DatabaseUrl);

impl DatabaseUrl {
    /// Reads an address: `postgres://user:password@host:port/database`, the same with
    /// `mysql://` (or `mariadb://`), or `sqlite://path`.
    ///
    /// ```
    /// let url = fenrir_migrate::cli::DatabaseUrl::parse("postgres://fenrir:s3cret@db/fenrir")?;
    /// assert_eq!(url.to_string(), "postgres://fenrir@db/fenrir");
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// When it is none. The error does not hold it.
    pub fn parse(text: &str) -> Result<Self, String> {
        url::DatabaseUrl::parse(text).map(Self).map_err(|error| error.to_string())
    }

    /// The kind of database.
    #[must_use]
    pub fn dialect(&self) -> crate::Dialect {
        self.0.dialect()
    }

    /// A message of the database's client, without the password that may be in it, and in one line.
    #[must_use]
    pub fn redact(&self, message: &str) -> String {
        self.0.redact(message)
    }

    /// A warning, where a password may be sent to another machine in clear.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.0.sends_password_in_clear().map(|host| in_clear(&host, &self.0))
    }

    /// What Diesel's `establish` takes: the password is in it, so it must not be printed.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The database that the environment names: `DATABASE_URL`, or the parts `DATABASE_TYPE`,
/// `POSTGRES_USER`, `POSTGRES_PASSWORD`, `POSTGRES_DB`, `DB_HOST` and `DB_PORT`, each of which may come
/// from a file `.env`. `None` where it names none.
///
/// ```
/// match fenrir_migrate::cli::database_url_from_environment() {
///     Ok(Some(url)) => println!("on {url}"),
///     Ok(None) => println!("nothing is set"),
///     Err(error) => println!("{error}"),
/// }
/// ```
///
/// # Errors
/// When a setting is wrong, or one is missing beside others: nothing falls back to a default.
pub fn database_url_from_environment() -> Result<Option<DatabaseUrl>, String> {
    from_environment().map(|url| url.map(DatabaseUrl))
}

/// What is said of a password that may be sent in clear.
pub(super) fn in_clear(host: &str, url: &url::DatabaseUrl) -> String {
    let parameter =
        if url.dialect() == crate::Dialect::Mysql { "ssl_mode=REQUIRED" } else { "sslmode=require" };
    format!("the password may be sent to `{host}` in clear: `?{parameter}` in the address has it encrypted")
}

/// Says so where an address on the command line has a password in it.
pub(super) fn warn_of_password(url: &url::DatabaseUrl, global: &Global) {
    if url.has_password() && !global.quiet {
        warn(
            "a password on the command line can be read by other users of this machine: `DATABASE_URL` cannot",
        );
    }
}

pub(super) fn find(global: &Global, project: Option<&Project>) -> Result<Option<url::DatabaseUrl>, Failure> {
    let url = if let Some(text) = &global.database_url {
        let url = url::DatabaseUrl::parse(text)
            .map_err(|error| Failure::error(format!("`--database-url`: {error}")))?;
        warn_of_password(&url, global);
        Some(url)
    } else {
        from_environment().map_err(Failure::Error)?
    };
    let url = match (url, project) {
        (Some(url), _) => Some(url),
        (None, Some(project)) => project
            .url
            .as_ref()
            .map(|secret| {
                let file = project.file();
                url::DatabaseUrl::parse(secret.reveal())
                    .map(|url| url.relative_to(&project.root))
                    .map_err(|error| Failure::error(format!("{}: `url`: {error}", file.display())))
            })
            .transpose()?,
        (None, None) => None,
    };
    if let Some(url) = &url {
        url.check_dialect(global.dialect).map_err(Failure::error)?;
    }
    Ok(url)
}

const PARTS: [&str; 6] =
    ["DATABASE_TYPE", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "DB_HOST", "DB_PORT"];

fn from_environment() -> Result<Option<url::DatabaseUrl>, String> {
    read_dotenv()?;
    if let Some(text) = variable("DATABASE_URL")? {
        return url::DatabaseUrl::parse(&text).map(Some).map_err(|error| format!("`DATABASE_URL`: {error}"));
    }
    let [kind, user, password, database, host, port] = PARTS;
    let mut any = false;
    for name in PARTS {
        any |= variable(name)?.is_some();
    }
    if !any {
        return Ok(None);
    }
    match variable(kind)?.as_deref() {
        None | Some("postgres" | "postgresql") => {}
        Some("sqlite") => {
            return Err(format!("`{kind}` is sqlite: say which file with `DATABASE_URL=sqlite://PATH`"));
        }
        Some("mysql" | "mariadb") => {
            return Err(format!(
                "`{kind}` is mysql: say where with `DATABASE_URL=mysql://USER:PASSWORD@HOST/DATABASE`"
            ));
        }
        Some(_) => return Err(format!("`{kind}` takes `postgres`, `postgresql`, `sqlite` or `mysql`")),
    }
    let required = |name: &str| {
        variable(name)?.ok_or_else(|| {
            format!(
                "`{name}` is not set, but others of {} are",
                PARTS.map(|part| format!("`{part}`")).join(", ")
            )
        })
    };
    let port = match variable(port)? {
        None => 5432,
        Some(text) => text.parse().map_err(|_| format!("`{port}` is no port: a number from 1 to 65535"))?,
    };
    let secret = variable(password)?;
    let url = url::DatabaseUrl::from_parts(
        &required(user)?,
        secret.as_deref(),
        &required(host)?,
        port,
        &required(database)?,
    );
    url.map(Some).map_err(|error| format!("`{host}`, `{user}`, `{database}`: {error}"))
}

/// What is set in the environment stays; a file that cannot be read is an error, and never quoted.
fn read_dotenv() -> Result<(), String> {
    match dotenvy::dotenv() {
        Ok(_) => Ok(()),
        Err(error) if error.not_found() => Ok(()),
        Err(dotenvy::Error::LineParse(_, _)) => Err("a line of `.env` is not `NAME=value`".to_owned()),
        Err(dotenvy::Error::Io(error)) => Err(format!("cannot read `.env`: {error}")),
        Err(_) => Err("cannot read `.env`".to_owned()),
    }
}

fn variable(name: &str) -> Result<Option<String>, String> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Err(format!("`{name}` is set, but empty")),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("`{name}` is not UTF-8")),
    }
}
