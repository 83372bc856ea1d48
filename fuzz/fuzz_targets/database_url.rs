//! No address of a database, and no error about one, shows its password.

#![no_main]

use fenrir_migrate::cli::DatabaseUrl;
use libfuzzer_sys::fuzz_target;

/// What no address has by itself.
const MARK: &str = "hunter2";

fuzz_target!(|parts: (String, String, u8)| {
    let (password, rest, shape) = parts;
    let text = match shape % 5 {
        0 => format!("postgres://u:{MARK}{password}@{rest}"),
        1 => format!("mysql://u:{password}{MARK}@h/{rest}"),
        2 => format!("postgres://h/d?password={MARK}{password}&{rest}"),
        3 => format!("{rest}:{MARK}{password}@h/d"),
        _ => format!("postgres://u:{MARK}@h/d{rest}?sslpassword={MARK}{password}"),
    };
    let shown = match DatabaseUrl::parse(&text) {
        Ok(url) => format!("{url} {url:?} {:?} {}", url.warning(), url.redact(&format!("failed: {}", url.reveal()))),
        Err(error) => error,
    };
    // Where it stands in the user's or the host's place, it is none.
    let is_password = DatabaseUrl::parse(&text).is_err() || !shown.contains(&format!("{MARK}{password}@"));
    assert!(!shown.contains(MARK) || !is_password || !text.contains(&format!(":{MARK}")), "{shown}");
});
