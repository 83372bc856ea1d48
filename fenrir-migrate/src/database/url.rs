//! Where a database is: a URL whose password nobody sees.

use std::fmt;
use std::path::{Path, PathBuf};

use fenrir_schema::Dialect;
use fenrir_schema::project::Secret;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The address of a database. `Display` and `Debug` show it without its password.
#[derive(Clone)]
pub struct DatabaseUrl {
    dialect: Dialect,
    /// What Diesel takes.
    connect: Secret,
    shown: String,
    name: String,
    /// What must not be shown: the passwords, as they are and as they are written.
    secrets: Vec<Secret>,
    /// The file that it is, if it is one and no more than one: no URI, not in memory.
    file: Option<PathBuf>,
    /// The file that a URI with parameters names.
    uri_file: Option<PathBuf>,
}

/// Why a URL is none of a database. It never holds the URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlError {
    #[error(
        "it does not parse ({0}): in a user's name or a password, `@ : / ? # %` are written %40 %3A %2F %3F %23 %25"
    )]
    Parse(&'static str),
    #[error("the scheme `{0}` is not known; there are `postgres://…`, `mysql://…` and `sqlite://PATH`")]
    Scheme(String),
    #[error("it has no scheme: write `sqlite://PATH` for a file, `postgres://…` or `mysql://…` for a server")]
    NoScheme,
    #[error("it names no database: the path behind the host is the database's name")]
    NoDatabase,
    #[error("its database is {there}, and `--dialect` says {said}")]
    Dialect { there: Dialect, said: Dialect },
}

impl DatabaseUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("sqlite:").or_else(|| text.strip_prefix("file:")) {
            return sqlite(path.strip_prefix("//").unwrap_or(path));
        }
        // As Diesel's users write it.
        let is_file = [".db", ".sqlite", ".sqlite3"].iter().any(|ending| text.ends_with(ending));
        if !text.contains("://") {
            return if is_file || text == ":memory:" { sqlite(text) } else { Err(UrlError::NoScheme) };
        }
        match text.split("://").next().unwrap_or_default() {
            "postgres" | "postgresql" => postgres(text),
            "mysql" | "mariadb" => mysql(text),
            scheme if scheme.len() <= 16 && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+') => {
                Err(UrlError::Scheme(scheme.to_owned()))
            }
            _ => Err(UrlError::NoScheme),
        }
    }

    /// From the parts that a deployment sets, each as it is.
    pub(crate) fn from_parts(
        user: &str,
        password: Option<&str>,
        host: &str,
        port: u16,
        database: &str,
    ) -> Result<Self, UrlError> {
        let encode = |part: &str| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string();
        let password = password.map(|password| format!(":{}", encode(password))).unwrap_or_default();
        postgres(&format!("postgres://{}{password}@{host}:{port}/{}", encode(user), encode(database)))
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn check_dialect(&self, said: Option<Dialect>) -> Result<(), UrlError> {
        match said {
            Some(said) if said != self.dialect => Err(UrlError::Dialect { there: self.dialect, said }),
            _ => Ok(()),
        }
    }

    /// The same server's database of another name.
    #[cfg(all(feature = "test", any(feature = "mysql", feature = "postgres")))]
    pub(crate) fn with_database(&self, name: &str) -> Result<Self, UrlError> {
        let mut url = url::Url::parse(self.connect.reveal()).map_err(|_| UrlError::Parse("not a URL"))?;
        url.set_path(name);
        Self::parse(url.as_str())
    }

    /// What Diesel takes, with the password in it.
    pub(crate) fn reveal(&self) -> &str {
        self.connect.reveal()
    }

    pub(crate) fn has_password(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// The machine that a password would be sent to in clear: another one, where nothing says that the connection has to
    /// be encrypted. Unless told so, clients try, and go on without where the server does not (libpq's `prefer`).
    pub(crate) fn sends_password_in_clear(&self) -> Option<String> {
        if !self.has_password() {
            return None;
        }
        let url = url::Url::parse(self.connect.reveal()).ok()?;
        let parameter = |name: &str| {
            url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.to_lowercase())
        };
        let host = parameter("host").or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        let is_here = host.is_empty()
            || host.starts_with('/')
            || host == "localhost"
            || address.is_ok_and(|address| address.is_loopback())
            || parameter("unix_socket").is_some();
        let (variable, name) = match self.dialect {
            Dialect::Mysql => (None, "ssl_mode"),
            _ => (std::env::var("PGSSLMODE").ok(), "sslmode"),
        };
        let mode = parameter(name).or(variable).unwrap_or_default().replace('_', "-");
        let is_encrypted = ["require", "required", "verify-ca", "verify-full", "verify-identity"];
        (!is_here && !is_encrypted.contains(&mode.as_str())).then_some(host)
    }

    /// A file's path, if it is relative, from a folder on.
    pub(crate) fn relative_to(self, folder: &Path) -> Self {
        match &self.file {
            Some(file) => {
                let connect = Secret::new(folder.join(file).to_string_lossy());
                Self { file: Some(folder.join(file)), connect, ..self }
            }
            None => self,
        }
    }

    /// Whether there is something to connect to without making it: a file of SQLite's may not be there.
    pub(crate) fn exists(&self) -> bool {
        self.file.as_ref().or(self.uri_file.as_ref()).is_none_or(|file| file.exists())
    }

    /// The database's name: for SQLite, that of its file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A message of the database's client, without the password, and in one line.
    pub(crate) fn redact(&self, message: &str) -> String {
        let lines: Vec<_> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let secrets = self.secrets.iter().map(Secret::reveal).filter(|secret| !secret.is_empty());
        secrets.fold(lines.join("; "), |message, secret| without(&message, secret))
    }
}

/// A text without a secret. One of few characters is a part of other words too, which would be told no more.
fn without(message: &str, secret: &str) -> String {
    if secret.chars().count() > 3 {
        return message.replace(secret, "…");
    }
    let mut text = String::new();
    let mut rest = message;
    while let Some(at) = rest.find(secret) {
        let (before, behind) = (&rest[..at], &rest[at + secret.len()..]);
        text.push_str(before);
        let is_within = text.ends_with(char::is_alphanumeric) || behind.starts_with(char::is_alphanumeric);
        text.push_str(if is_within { secret } else { "…" });
        rest = behind;
    }
    text + rest
}

fn sqlite(path: &str) -> Result<DatabaseUrl, UrlError> {
    if path.is_empty() {
        return Err(UrlError::NoDatabase);
    }
    let file = path.split('?').next().unwrap_or(path);
    let name = std::path::Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(DatabaseUrl {
        dialect: Dialect::Sqlite,
        // With parameters, SQLite must be told that it is a URI.
        connect: Secret::new(if path.contains('?') { format!("file:{path}") } else { path.to_owned() }),
        shown: format!("sqlite://{file}"),
        name: name.unwrap_or_else(|| file.to_owned()),
        secrets: Vec::new(),
        file: (file == path && path != ":memory:").then(|| PathBuf::from(path)),
        uri_file: (file != path && file != ":memory:" && !path.contains("mode=memory"))
            .then(|| percent_decode_str(file).decode_utf8().ok())
            .flatten()
            .map(|file| PathBuf::from(file.as_ref())),
    })
}

fn postgres(text: &str) -> Result<DatabaseUrl, UrlError> {
    server(text, Dialect::Postgres, "postgres")
}

/// Diesel knows one name of the scheme only, and takes the database's name as it is written.
fn mysql(text: &str) -> Result<DatabaseUrl, UrlError> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let url = server(&format!("mysql://{rest}"), Dialect::Mysql, "mysql")?;
    let plain = |c: char| c.is_ascii_graphic() && !"\"#%<>?`{}".contains(c);
    if !url.name.chars().all(plain) {
        return Err(UrlError::Parse("Diesel cannot name a MySQL database that a URL has to write otherwise"));
    }
    Ok(url)
}

/// A database on a server: the address, whose scheme is shown as `scheme`.
fn server(text: &str, dialect: Dialect, scheme: &str) -> Result<DatabaseUrl, UrlError> {
    let is_encoded = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|c| c.is_ascii_hexdigit());
    if text.split('%').skip(1).any(|rest| !is_encoded(rest)) {
        return Err(UrlError::Parse("a `%` without two hex digits"));
    }
    let parsed = url::Url::parse(text).map_err(|error| {
        UrlError::Parse(match error {
            url::ParseError::InvalidPort => "invalid port",
            url::ParseError::EmptyHost => "no host",
            _ => "not a URL",
        })
    })?;
    // libpq takes them for more than the path: another database would be asked for than is shown, and than
    // `drop-all` has typed (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>).
    if parsed.query_pairs().any(|(name, _)| matches!(&*name, "dbname" | "service")) {
        return Err(UrlError::Parse(
            "`dbname` or `service` in its query: the database's name stands behind the host",
        ));
    }
    if parsed.fragment().is_some() {
        return Err(UrlError::Parse("a `#` ends it"));
    }
    let path = parsed.path().trim_start_matches('/');
    if path.contains(['@', '/', ':']) {
        return Err(UrlError::Parse("more than a name stands behind the host"));
    }
    let decode = |part: &str| percent_decode_str(part).decode_utf8().map(|text| text.into_owned());
    let bad_encoding = |_| UrlError::Parse("not UTF-8 once decoded");
    let name = decode(path).map_err(bad_encoding)?;
    if name.is_empty() {
        return Err(UrlError::NoDatabase);
    }
    let mut secrets = Vec::new();
    if let Some(password) = parsed.password() {
        secrets.extend([password.to_owned(), decode(password).map_err(bad_encoding)?]);
    }
    for (_, value) in parsed.query_pairs().filter(|(name, _)| name.contains("password")) {
        let written = utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string();
        secrets.extend([value.into_owned(), written]);
    }
    // As it is written: the clients' libraries take a `+` for itself.
    let written = parsed.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    for (_, value) in written.filter(|(name, _)| decode(name).is_ok_and(|name| name.contains("password"))) {
        secrets.extend([value.to_owned(), decode(value).map_err(bad_encoding)?]);
    }
    let secrets = secrets.into_iter().map(Secret::new).collect();
    let mut shown = format!("{scheme}://{}@", parsed.username());
    if parsed.username().is_empty() {
        shown = format!("{scheme}://");
    }
    shown.push_str(parsed.host_str().unwrap_or_default());
    if let Some(port) = parsed.port() {
        shown.push_str(&format!(":{port}"));
    }
    shown.push_str(parsed.path());
    Ok(DatabaseUrl {
        dialect,
        // Parsing has encoded what was not.
        connect: Secret::new(parsed.as_str()),
        shown,
        name,
        secrets,
        file: None,
        uri_file: None,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_with_everything_in_it() {
        let url = DatabaseUrl::from_parts("fen rir", Some("p@ss:w/o#r%d?"), "db", 5432, "fenrir").unwrap();
        assert_eq!(url.to_string(), "postgres://fen%20rir@db:5432/fenrir");
        assert_eq!(url.connect.reveal(), "postgres://fen%20rir:p%40ss%3Aw%2Fo%23r%25d%3F@db:5432/fenrir");
        assert!(!format!("{url:?}").contains("p@ss") && !format!("{url:?}").contains("p%40ss"));
    }

    #[test]
    fn no_error_holds_the_password() {
        for text in [
            "postgres://u:hunter2/x@host/db",
            "postgres://u:hunter2#x@host/db",
            "postgres://u:hunter2%x@host/db",
            "postgres://host/db?password=hunter2%x",
            "postgres://u:hunter2@host:port/db",
            "postgres://u:hunter2@host",
            "postgres//u:hunter2@host/db",
            "hunter2://u:hunter2@host/db?x",
            "mysql://u:hunter2/x@host/db",
            "mariadb://u:hunter2#x@host/db",
            "mysql://u:hunter2@host/d%20b",
            "mysql://u:hunter2@host",
            "u:hunter2@host",
        ] {
            let error = DatabaseUrl::parse(text).unwrap_err().to_string();
            assert!(!error.contains(":hunter2"), "{text}: {error}");
        }
    }

    #[test]
    fn an_at_in_a_password_does_not_move_the_host() {
        let url = DatabaseUrl::parse("postgres://u:p@ss@host/db").unwrap();
        assert_eq!(url.to_string(), "postgres://u@host/db");
    }

    #[test]
    fn one_place_names_the_database() {
        for text in [
            "postgres://h/shown?dbname=precious",
            "postgres://h/shown?sslmode=disable&d%62name=precious",
            "postgres://h/shown?service=precious",
        ] {
            let error = DatabaseUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains("the database's name stands behind the host"), "{text}: {error}");
        }
    }

    #[test]
    fn mysql_by_both_names() {
        for scheme in ["mysql", "mariadb"] {
            let url =
                DatabaseUrl::parse(&format!("{scheme}://u:p%40ss@db:3307/fenrir?ssl_mode=REQUIRED")).unwrap();
            assert_eq!((url.dialect, url.name()), (Dialect::Mysql, "fenrir"));
            assert_eq!(url.to_string(), "mysql://u@db:3307/fenrir");
            assert_eq!(url.connect.reveal(), "mysql://u:p%40ss@db:3307/fenrir?ssl_mode=REQUIRED");
            assert_eq!(url.redact("p%40ss and p@ss"), "… and …");
            let url = DatabaseUrl::parse("postgres://me:x@h/d").unwrap();
            assert_eq!(url.redact("does not exist: 'x', x, axa"), "does not exist: '…', …, axa");
        }
        let socket = DatabaseUrl::parse("mysql:///fenrir?unix_socket=/run/mysqld/mysqld.sock").unwrap();
        assert_eq!(socket.to_string(), "mysql:///fenrir");
    }

    #[test]
    fn sqlite_in_every_spelling() {
        for (text, path) in [
            ("sqlite://fenrir.db", "fenrir.db"),
            ("sqlite:///var/fenrir.db", "/var/fenrir.db"),
            ("sqlite:fenrir.db", "fenrir.db"),
            ("dev.sqlite3", "dev.sqlite3"),
            ("sqlite://:memory:", ":memory:"),
            ("file:a.db?mode=ro", "file:a.db?mode=ro"),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap().connect.reveal(), path, "{text}");
        }
    }

    /// The same as the fuzz target of this name, on cases that are the same each time.
    #[test]
    fn no_address_shows_its_password() {
        const SIGNS: &[u8] = b"@:/?#%[]& '\\\"=+a1\t";
        let cases = std::env::var("FENRIR_TEST_CASES").ok().and_then(|text| text.parse().ok());
        let mut state =
            std::env::var("FENRIR_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1_u64);
        let mut next = |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or_default() % limit
        };
        for case in 0..cases.unwrap_or(5_000) {
            let noise: String = (0..next(6)).map(|_| char::from(SIGNS[next(SIGNS.len())])).collect();
            let password = format!("hunter2{noise}");
            let encoded = utf8_percent_encode(&password, NON_ALPHANUMERIC).to_string();
            let text = match next(5) {
                0 => format!("postgres://u:{password}@h/d"),
                1 => format!("mysql://u:{encoded}@h/d"),
                2 => format!("postgres://h/d?password={password}"),
                3 => format!("postgres://h/d?password={encoded}&sslmode=require"),
                _ => format!("mariadb://u:{password}@h{noise}/d"),
            };
            let shown = match DatabaseUrl::parse(&text) {
                Ok(url) => {
                    format!("{url} {url:?} {}", url.redact(&format!("cannot connect to {}", url.reveal())))
                }
                Err(error) => error.to_string(),
            };
            assert!(!shown.contains("hunter2"), "case {case}: {text}: {shown}");
        }
    }

    #[test]
    fn a_password_in_clear_is_noticed() {
        for (url, host) in [
            ("postgres://u:p@db/x", Some("db")),
            ("postgres://u:p@10.0.0.1/x?sslmode=prefer", Some("10.0.0.1")),
            ("mysql://u:p@db/x?ssl_mode=DISABLED", Some("db")),
            ("postgres://u:p@db/x?sslmode=verify-full", None),
            ("mysql://u:p@db/x?ssl_mode=VERIFY_CA", None),
            ("postgres://u@db/x", None),
            ("postgres://u:p@localhost/x", None),
            ("postgres://u:p@127.0.0.1/x", None),
            ("postgres://u:p@[::1]/x", None),
            ("postgres:///x?host=/run/postgresql&user=u&password=p", None),
            ("sqlite://x.db", None),
        ] {
            let found = DatabaseUrl::parse(url).unwrap().sends_password_in_clear();
            assert_eq!(found.as_deref(), host, "{url}");
        }
    }

    #[test]
    fn nothing_is_guessed() {
        assert_eq!(DatabaseUrl::parse("localhost").unwrap_err(), UrlError::NoScheme);
        assert_eq!(DatabaseUrl::parse("").unwrap_err(), UrlError::NoScheme);
        assert_eq!(DatabaseUrl::parse("sqlite://").unwrap_err(), UrlError::NoDatabase);
    }
}
