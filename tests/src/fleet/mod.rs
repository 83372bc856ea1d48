//! A fleet that boots: processes that run the same migrations at once, are killed, cut off or in each other's way; and
//! what is to be so afterwards.

pub mod address;
pub mod back;
pub mod boot;
pub mod chain;
pub mod cut;
pub mod disk;
pub mod kill;
pub mod locks;
pub mod pool;
pub mod replicas;
pub mod standby;

use std::fmt;

/// What came of a gate: a row of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What was done, on which database.
    pub what: String,
    /// How often.
    pub tried: usize,
    /// How often all was well afterwards.
    pub survived: usize,
    /// What was not, the first few.
    pub failures: Vec<String>,
}

impl Row {
    /// Nothing was tried yet.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// One try more.
    pub fn count(&mut self, result: Result<(), String>) {
        self.tried += 1;
        match result {
            Ok(()) => self.survived += 1,
            Err(message) if self.failures.len() < 3 => self.failures.push(message),
            Err(_) => {}
        }
    }

    /// Fails where one try did, or none was made.
    ///
    /// # Panics
    /// Then, with what was not well.
    pub fn assert(&self) {
        assert!(self.tried > 0, "{}: nothing was tried", self.what);
        assert_eq!(self.survived, self.tried, "{self}\n{}", self.failures.join("\n"));
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.tried - self.survived;
        write!(f, "{:<64} {:>6} {:>9} {:>7}", self.what, self.tried, self.survived, failed)
    }
}

/// The head of the table that rows make.
#[must_use]
pub fn head() -> String {
    format!("{:<64} {:>6} {:>9} {:>7}", "gate", "tried", "survived", "failed")
}

/// Numbers that look random, and are the same for the same seed.
pub struct Random(u64);

impl Random {
    /// From `FENRIR_TEST_SEED`, which a failure prints.
    ///
    /// # Panics
    /// When that is no number.
    #[must_use]
    pub fn new() -> Self {
        let seed = std::env::var("FENRIR_TEST_SEED").ok();
        Self(seed.map_or(1, |seed| seed.parse().expect("FENRIR_TEST_SEED is a number")))
    }

    /// One below a limit, by SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}
