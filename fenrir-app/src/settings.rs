//! The settings, from the environment. One that is wrong is an error that names it; none is passed
//! over in silence.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use fenrir_migrate::Dialect;
use fenrir_migrate::cli::{DatabaseUrl, database_url_from_environment};

use crate::database::BUILT_FOR;
use crate::error::Error;

/// A setting that cannot be used. It never holds the value of one that may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the setting `{variable}` {problem}")]
pub(crate) struct SettingError {
    variable: &'static str,
    problem: String,
}

impl SettingError {
    pub(crate) fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self { variable, problem: problem.into() }
    }
}

/// Where settings are looked up.
pub(crate) struct Variables<'a>(&'a dyn Fn(&str) -> Option<OsString>);

impl<'a> Variables<'a> {
    /// Anything that has values for names.
    pub(crate) fn new(look_up: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self(look_up)
    }

    /// A variable's value, if it is set.
    pub(crate) fn get(&self, variable: &'static str) -> Result<Option<String>, SettingError> {
        let Some(value) = (self.0)(variable) else { return Ok(None) };
        let value = value.into_string().map_err(|_| SettingError::new(variable, "is not UTF-8"))?;
        if value.is_empty() {
            return Err(SettingError::new(variable, "is empty: give it a value, or do not set it"));
        }
        Ok(Some(value))
    }
}

fn process_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The variables of this process.
pub(crate) fn variables() -> Variables<'static> {
    Variables::new(&process_variable)
}

/// The database. Only where nothing at all is set is there a default, and only for SQLite.
pub(crate) fn database() -> Result<DatabaseUrl, Error> {
    let found = database_url_from_environment().map_err(Error::Database)?;
    let Some(url) = found else { return default_database() };
    if url.dialect() != BUILT_FOR {
        return Err(Error::Database(format!(
            "the database is {}, and this program was built for {}: `--no-default-features --features {}` builds the \
             one for it",
            url.dialect().title(),
            BUILT_FOR.title(),
            url.dialect()
        )));
    }
    if url.reveal().contains(":memory:") {
        let message = "each connection to `:memory:` has a database of its own: name a file";
        return Err(Error::Database(message.to_owned()));
    }
    Ok(url)
}

/// The SQLite database where none is named.
const DEFAULT: &str = "sqlite://fenrir.db";

fn default_database() -> Result<DatabaseUrl, Error> {
    match BUILT_FOR {
        Dialect::Sqlite => {
            tracing::info!("`DATABASE_URL` is not set: using {DEFAULT}");
            DatabaseUrl::parse(DEFAULT).map_err(Error::Database)
        }
        _ => Err(Error::Database(
            "`DATABASE_URL` is missing: set it to `postgres://USER:PASSWORD@HOST/DATABASE`, or set `POSTGRES_USER`, \
             `POSTGRES_PASSWORD`, `POSTGRES_DB`, `DB_HOST` and `DB_PORT`"
                .to_owned(),
        )),
    }
}

/// The address to serve on.
pub(crate) fn address(variables: &Variables<'_>) -> Result<SocketAddr, SettingError> {
    let ip = match variables.get("BIND")? {
        None => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Some(text) => text.parse().map_err(|_| {
            let problem = format!("is `{text}`, which is no IP address, such as 127.0.0.1 or 0.0.0.0");
            SettingError::new("BIND", problem)
        })?,
    };
    Ok(SocketAddr::new(ip, port(variables, "PORT", 8080)?))
}

/// A port.
pub(crate) fn port(
    variables: &Variables<'_>,
    variable: &'static str,
    default: u16,
) -> Result<u16, SettingError> {
    let Some(text) = variables.get(variable)? else { return Ok(default) };
    text.parse().map_err(|_| {
        let problem =
            format!("is `{text}`, which is no port, a number from 1 to 65535, or 0 for any that is free");
        SettingError::new(variable, problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address_of(set: &[(&str, &str)]) -> Result<String, String> {
        let find = |name: &str| set.iter().find(|(one, _)| *one == name).map(|(_, value)| value.into());
        address(&Variables::new(&find)).map(|address| address.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address() {
        assert_eq!(address_of(&[]).unwrap(), "127.0.0.1:8080");
        assert_eq!(address_of(&[("BIND", "0.0.0.0"), ("PORT", "80")]).unwrap(), "0.0.0.0:80");
        assert_eq!(address_of(&[("BIND", "::")]).unwrap(), "[::]:8080");
    }

    #[test]
    fn an_address_that_is_none_names_its_variable() {
        assert_eq!(
            address_of(&[("BIND", "here")]).unwrap_err(),
            "the setting `BIND` is `here`, which is no IP address, such as 127.0.0.1 or 0.0.0.0"
        );
        for port in ["65536", "http", "-1"] {
            assert_eq!(
                address_of(&[("PORT", port)]).unwrap_err(),
                format!(
                    "the setting `PORT` is `{port}`, which is no port, a number from 1 to 65535, or 0 for any that is free"
                )
            );
        }
        assert_eq!(
            address_of(&[("PORT", "")]).unwrap_err(),
            "the setting `PORT` is empty: give it a value, or do not set it"
        );
    }
}
