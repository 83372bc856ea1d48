//! Which database: `DATABASE_URL`, or the parts that a deployment sets.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::database::BUILT_FOR;
use crate::secret::Secret;
use crate::settings::{SettingError, Variables, port};

/// The kinds of databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    Sqlite,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Postgres => "PostgreSQL",
            Kind::Sqlite => "SQLite",
        })
    }
}

/// The file of an SQLite database where none is named.
const DEFAULT_FILE: &str = "fenrir.db";

/// The parts of PostgreSQL's address.
const PARTS: [&str; 5] = ["POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "DB_HOST", "DB_PORT"];

/// All but what a URL may hold anywhere (RFC 3986, 2.3).
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address of a database. `Display` and `Debug` show it without its password.
#[derive(Clone)]
pub(crate) struct DatabaseUrl {
    kind: Kind,
    connect: Secret,
    passwords: Vec<Secret>,
    shown: String,
}

impl DatabaseUrl {
    fn file(file: &str, parameters: Option<&str>) -> Self {
        // With parameters, SQLite must be told that it is a URI.
        let connect = parameters.map(|parameters| format!("file:{file}?{parameters}"));
        Self {
            kind: Kind::Sqlite,
            connect: Secret::new(connect.unwrap_or_else(|| file.to_owned())),
            passwords: Vec::new(),
            shown: format!("sqlite://{file}"),
        }
    }

    /// What Diesel connects to.
    pub(crate) fn connect(&self) -> &str {
        self.connect.reveal()
    }

    /// A message of the database's client, without the password that may be in it, and in one line.
    pub(crate) fn redact(&self, message: &str) -> String {
        let lines: Vec<_> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        self.passwords
            .iter()
            .fold(lines.join("; "), |message, password| message.replace(password.reveal(), "…"))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Only where nothing at all is set is there a default, and only for SQLite.
pub(crate) fn from_variables(variables: &Variables<'_>) -> Result<DatabaseUrl, SettingError> {
    let kind = kind(variables)?;
    let mut part = None;
    for variable in PARTS {
        if variables.get(variable)?.is_some() {
            part = part.or(Some(variable));
        }
    }
    let (variable, url) = if let Some(text) = variables.get("DATABASE_URL")? {
        ("DATABASE_URL", parse(&text).map_err(|problem| SettingError::new("DATABASE_URL", problem))?)
    } else {
        match (kind, part) {
            (Some(Kind::Postgres), _) => ("DATABASE_TYPE", from_parts(variables)?),
            (None, Some(part)) => (part, from_parts(variables)?),
            (Some(Kind::Sqlite), _) => ("DATABASE_TYPE", default_file()),
            (None, None) if BUILT_FOR == Kind::Sqlite => ("DATABASE_URL", default_file()),
            (None, None) => {
                let parts = PARTS.map(|part| format!("`{part}`")).join(", ");
                let problem =
                    format!("is missing: set it to `postgres://USER:PASSWORD@HOST/DATABASE`, or set {parts}");
                return Err(SettingError::new("DATABASE_URL", problem));
            }
        }
    };
    if let Some(kind) = kind.filter(|kind| *kind != url.kind) {
        let problem = format!("says {kind}, and `DATABASE_URL` is of {}: correct one of them", url.kind);
        return Err(SettingError::new("DATABASE_TYPE", problem));
    }
    if url.kind != BUILT_FOR {
        let feature = if url.kind == Kind::Sqlite { "sqlite" } else { "postgres" };
        let problem = format!(
            "is for {}, and this program was built for {BUILT_FOR}: `--no-default-features --features {feature}` \
             builds the one for it",
            url.kind
        );
        return Err(SettingError::new(variable, problem));
    }
    Ok(url)
}

fn default_file() -> DatabaseUrl {
    if BUILT_FOR == Kind::Sqlite {
        tracing::info!("`DATABASE_URL` is not set: the database is the file `{DEFAULT_FILE}` in this folder");
    }
    DatabaseUrl::file(DEFAULT_FILE, None)
}

fn kind(variables: &Variables<'_>) -> Result<Option<Kind>, SettingError> {
    match variables.get("DATABASE_TYPE")?.as_deref() {
        None => Ok(None),
        Some("postgres" | "postgresql") => Ok(Some(Kind::Postgres)),
        Some("sqlite") => Ok(Some(Kind::Sqlite)),
        Some(other) => {
            let problem = format!("is `{other}`; it can be `postgres`, `postgresql` or `sqlite`");
            Err(SettingError::new("DATABASE_TYPE", problem))
        }
    }
}

fn from_parts(variables: &Variables<'_>) -> Result<DatabaseUrl, SettingError> {
    let needed = |variable| {
        let problem = "is missing: PostgreSQL needs `POSTGRES_USER`, `POSTGRES_DB` and `DB_HOST`, or \
                       `DATABASE_URL` in their place";
        variables.get(variable)?.ok_or_else(|| SettingError::new(variable, problem))
    };
    let encode = |text: &str| utf8_percent_encode(text, &RESERVED).to_string();
    let (user, database, host) = (needed("POSTGRES_USER")?, needed("POSTGRES_DB")?, needed("DB_HOST")?);
    let port = port(variables, "DB_PORT", 5432)?;
    let password = variables.get("POSTGRES_PASSWORD")?;
    let password = password.map(|password| format!(":{}", encode(&password))).unwrap_or_default();
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host };
    if host.contains(['/', '@', '?', '#', '%', ' ', '\\']) || host.contains(':') && !host.ends_with(']') {
        return Err(SettingError::new("DB_HOST", format!("is `{host}`, which is no host")));
    }
    postgres(&format!("postgres://{}{password}@{host}:{port}/{}", encode(&user), encode(&database))).map_err(
        |problem| SettingError::new("DB_HOST", format!("is `{host}`, and with it the address {problem}")),
    )
}

/// Of what is wrong with it, not of what it holds, the error tells.
fn parse(text: &str) -> Result<DatabaseUrl, String> {
    if let Some(path) = text.strip_prefix("sqlite:") {
        return sqlite(path.strip_prefix("//").unwrap_or(path));
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return postgres(text);
    }
    Err("begins with none of `postgres://`, `postgresql://` and `sqlite://`".to_owned())
}

fn sqlite(path: &str) -> Result<DatabaseUrl, String> {
    let (file, parameters) = path.split_once('?').map_or((path, None), |(file, rest)| (file, Some(rest)));
    if file.is_empty() {
        return Err("names no file: write `sqlite://PATH`".to_owned());
    }
    if file == ":memory:" || parameters.is_some_and(|parameters| parameters.contains("mode=memory")) {
        return Err(
            "is a database in memory, which each connection has one of its own of: name a file".to_owned()
        );
    }
    Ok(DatabaseUrl::file(file, parameters))
}

fn postgres(text: &str) -> Result<DatabaseUrl, String> {
    let parsed = Url::parse(text).map_err(|error| {
        let problem = match error {
            url::ParseError::InvalidPort => "its port is none",
            url::ParseError::EmptyHost => "it has no host",
            _ => "it is no URL",
        };
        format!("does not parse, for {problem}: in a name or a password, `@ : / ? # %` are written {ENCODED}")
    })?;
    if parsed.fragment().is_some() {
        return Err(format!("holds a `#`: in a name or a password, `@ : / ? # %` are written {ENCODED}"));
    }
    if parsed.path().trim_start_matches('/').is_empty() {
        return Err("names no database: write `postgres://USER:PASSWORD@HOST/DATABASE`".to_owned());
    }
    let written = parsed.password().filter(|password| !password.is_empty());
    let decoded = written.map(|password| percent_decode_str(password).decode_utf8_lossy().into_owned());
    let user = if parsed.username().is_empty() { String::new() } else { format!("{}@", parsed.username()) };
    let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
    Ok(DatabaseUrl {
        kind: Kind::Postgres,
        shown: format!("postgres://{user}{}{port}{}", parsed.host_str().unwrap_or_default(), parsed.path()),
        passwords: written.map(str::to_owned).into_iter().chain(decoded).map(Secret::new).collect(),
        // Parsing has encoded what was not, so that no `@` in a password moves the host.
        connect: Secret::new(parsed.as_str()),
    })
}

const ENCODED: &str = "%40 %3A %2F %3F %23 %25";

#[cfg(test)]
mod tests;
