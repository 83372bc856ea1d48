//! Whatever a file holds, reading it ends, with or without problems.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::package::TestPackage;

/// A small generator of the same numbers for the same seed (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "'",
    "\\",
    "#",
    "!",
    "/*",
    "*/",
    "//",
    "///",
    "/**",
    "r#\"",
    "r#",
    "b'",
    "'\\",
    "\r",
    "\n",
    "\0",
    "é",
    "漢",
    "🦀",
    "\u{feff}",
    ";",
    ",",
    "<",
    "mod ",
    "mod a;",
    "struct ",
    "enum ",
    "type ",
    "impl ",
    "pub(",
    "#[cfg(test)]",
    "#[cfg(",
    "#[derive(Table)]",
    "#[path = \"",
    "#[column(",
    "= ",
    "Option<",
    "macro_rules! m ",
    "where ",
    "r#type ",
    "0x",
    "'a",
    "\\u{",
];

/// Cut, doubled, moved and littered with what means something to a reader of Rust.
fn mutated(text: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..1 + random.below(6) {
        let at = random.below(characters.len() + 1);
        let length = random.below(40).min(characters.len() - at);
        match random.below(5) {
            0 => characters.truncate(at),
            1 => drop(characters.drain(at..at + length)),
            2 => {
                let piece = characters[at..at + length].to_vec();
                let there = random.below(characters.len() + 1);
                characters.splice(there..there, piece);
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                characters.splice(at..at, piece.chars());
            }
        }
    }
    characters.into_iter().collect()
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn no_text_makes_it_panic() {
    let seed = number("FENRIR_TEST_SEED", 1);
    let cases = number("FENRIR_TEST_CASES", 2_000);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: Vec<String> = [
        "src/source/skim.rs",
        "src/reader/db_enum.rs",
        "tests/source/problems.rs",
        "tests/source/models.rs.txt",
    ]
    .iter()
    .map(|file| fs::read_to_string(here.join(file)).unwrap())
    .collect();
    for case in 0..cases {
        let mut random = Random(seed.wrapping_mul(1_000_003).wrapping_add(case));
        let mut text = &sources[random.below(sources.len())][..];
        // A part of a long file is as good, and faster.
        if text.len() > 4_000 {
            let mut start = random.below(text.len() - 3_000);
            let mut end = start + 3_000;
            while !text.is_char_boundary(start) {
                start += 1;
            }
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text = &text[start..end];
        }
        let text = mutated(text, &mut random);
        let package = TestPackage::lib(&text);
        let read = catch_unwind(AssertUnwindSafe(|| package.problems()));
        assert!(
            read.is_ok(),
            "FENRIR_TEST_SEED={seed} FENRIR_TEST_CASES={cases}: case {case} panics on\n{text}"
        );
    }
}
