//! Hashes: SHA-256, as the hexadecimal text that is kept in files and databases, and one that is kept
//! nowhere.

use std::hash::{DefaultHasher, Hash, Hasher};

use sha2::{Digest, Sha256};

/// The SHA-256 of some bytes, as 64 lower-case hex digits.
///
/// ```
/// assert!(fenrir_schema::digest::sha256_hex(b"").starts_with("e3b0c442"));
/// ```
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// A hash that the macros and the build script of one build compare, who have one compiler and so one
/// `DefaultHasher`.
///
/// Both are compiled without optimization, where SHA-256 takes forty times as long.
#[must_use]
pub fn of_this_build<T: Hash + ?Sized>(value: &T) -> String {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
