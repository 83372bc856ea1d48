//! What the service says of itself, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::settings::{SettingError, Variables};

pub(crate) fn start(variables: &Variables<'_>) -> Result<(), SettingError> {
    let filter = variables.get("RUST_LOG")?.unwrap_or_else(|| "info".to_owned());
    let filter = EnvFilter::builder()
        .parse(&filter)
        .map_err(|error| SettingError::new("RUST_LOG", format!("is `{filter}`: {error}")))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
}
