//! When to stop.

use std::time::Duration;

/// How long requests that are under way may take when the service stops. Docker kills it after ten
/// seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// Waits until the service is told to stop, by Ctrl-C or SIGTERM.
pub(crate) async fn asked() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = terminate.recv() => {}
                () = interrupted() => {}
            },
            Err(error) => {
                tracing::warn!("SIGTERM cannot be listened for: {error}");
                interrupted().await;
            }
        }
    }
    #[cfg(not(unix))]
    interrupted().await;
    tracing::info!("stopping");
}

async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!("Ctrl-C cannot be listened for: {error}");
        std::future::pending::<()>().await;
    }
}
