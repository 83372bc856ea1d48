//! Connections by which a server's databases are made and dropped.

use std::sync::{Mutex, PoisonError};

use diesel::Connection;

use super::Error;
use crate::database::url::DatabaseUrl;

/// Connects. An error says where to, without the password.
pub(super) fn establish<C: Connection>(url: &DatabaseUrl) -> Result<C, Error> {
    C::establish(url.reveal()).map_err(|error| {
        Error::because(&format!("connecting to `{url}` for a test"), url.redact(&error.to_string()))
    })
}

/// Connects to the server that a variable names, or that was started.
pub(super) fn establish_first<C: Connection>(url: &DatabaseUrl, variable: &str) -> Result<C, Error> {
    establish(url).map_err(|error| {
        let named = std::env::var_os(variable).is_some();
        let help =
            format!(" (`{variable}` names it: correct that, or unset it for a server that is started)");
        Error::new(format!("{error}{}", if named { &help } else { "" }))
    })
}

/// What a server refused.
pub(super) fn failed(error: diesel::result::Error) -> Error {
    let help = if error.to_string().contains("denied") {
        " (a user of the server for tests must be allowed to create databases)"
    } else {
        ""
    };
    Error::new(format!("making a test's database: {error}{help}"))
}

/// Connections to one server: as many as tests that start or end at once, each used again.
pub(super) struct Administrators<C> {
    url: DatabaseUrl,
    /// What each of them does first.
    settle: fn(&mut C) -> Result<(), Error>,
    idle: Mutex<Vec<C>>,
}

impl<C: Connection> Administrators<C> {
    pub(super) fn new(url: DatabaseUrl, settle: fn(&mut C) -> Result<(), Error>) -> Self {
        Self { url, settle, idle: Mutex::default() }
    }

    /// Does something with one of them. After a failure it is closed: nobody knows what state it is in.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut C) -> Result<T, Error>) -> Result<T, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let mut connection = establish(&self.url)?;
                (self.settle)(&mut connection)?;
                connection
            }
        };
        let result = act(&mut connection)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(result)
    }
}
