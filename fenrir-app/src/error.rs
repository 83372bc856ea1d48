//! Why the service does not run.

use std::net::SocketAddr;

use crate::settings::SettingError;

/// Why the service does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}")]
    Database(String),
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error("cannot connect to `{database}`: {message}")]
    Connect { database: String, message: String },
    #[error("the database `{database}` could not be brought up to date, and so nothing is served")]
    Migrate { database: String, source: Box<fenrir_migrate::Error> },
    #[error("cannot listen on {address} (`BIND` and `PORT` say where)")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the service broke off")]
    Serve(#[source] std::io::Error),
    #[error("the service at {address} does not answer")]
    NoAnswer { address: SocketAddr, source: std::io::Error },
    #[error("the service at {address} is not well: {answer}")]
    NotWell { address: SocketAddr, answer: String },
}
