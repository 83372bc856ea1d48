//! Ctrl-C: the first stops a run where it leaves a clean state, the second at once.

use std::sync::OnceLock;

use super::outcome::warn;
use crate::Cancellation;

/// What Ctrl-C asks for. Until somebody asks, Ctrl-C ends the program as ever.
pub(super) fn cancellation() -> Cancellation {
    static CANCELLATION: OnceLock<Cancellation> = OnceLock::new();
    let cancellation = CANCELLATION.get_or_init(|| {
        let cancellation = Cancellation::new();
        let asked = cancellation.clone();
        let handled = ctrlc::set_handler(move || {
            if asked.is_cancelled() {
                // What is open is taken back by the database; what is recorded part by part goes on from there.
                std::process::exit(130);
            }
            asked.cancel();
            warn("stopping after the statement that runs now; once more stops at once");
        });
        if let Err(error) = handled {
            tracing::debug!(%error, "Ctrl-C is not handled");
        }
        cancellation
    });
    cancellation.clone()
}
