//! Whether the databases of failed tests are kept, for looking into them; and what becomes of them then.

use std::env;

use crate::database::url::DatabaseUrl;

/// Whether `FENRIR_TEST_KEEP` asks for it.
pub(super) fn asked() -> bool {
    env::var_os("FENRIR_TEST_KEEP").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Says on standard error, where the test's own output goes, where a kept database is.
pub(super) fn tell(url: &DatabaseUrl) {
    // Without a password all of it can be shown, also the socket of a server that we started.
    let shown = if url.has_password() { url.to_string() } else { url.reveal().to_owned() };
    eprintln!("the database of this test is kept, until tests run without FENRIR_TEST_KEEP: {shown}");
}

/// Once in a process that does not ask for it: what earlier ones kept goes, or left when they were killed.
/// What lies on a server goes with the first test on that server.
pub(super) fn tidy_once() {
    static TIDIED: std::sync::Once = std::sync::Once::new();
    if asked() {
        return;
    }
    TIDIED.call_once(|| {
        for base in super::place::bases() {
            #[cfg(feature = "sqlite")]
            super::backend::sweep_files(&base);
            #[cfg(all(unix, any(feature = "mysql", feature = "postgres")))]
            super::server::release_kept(&base);
            let _ = base;
        }
    });
}
