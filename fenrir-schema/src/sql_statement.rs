//! What is known of a statement of a file while it is read, and what it is by that.

use crate::PieceKind;
use crate::sql_file::Bodies;
use crate::sql_target::Target;

/// The words of a statement, in small letters and without signs, names in quotes, texts and numbers.
pub(crate) enum Pattern {
    /// It begins with these.
    Begins(&'static [&'static str]),
    /// It begins with the first, and has the others somewhere, one after the other.
    Has(&'static str, &'static [&'static str]),
    /// It begins with the first, and is about one of these kinds of things: `CREATE OR REPLACE VIEW`.
    Of(&'static str, &'static [&'static str]),
    /// It is about a thing of that kind, behind which one of these words stands.
    OfWith(&'static str, &'static str, &'static [&'static str]),
    /// It is of these words and no others.
    Is(&'static [&'static str]),
    /// It begins with this, and has an expression in parentheses, or calls a function other than `concat`.
    Calls(&'static str),
    /// There are several, which something else than `;` ends.
    Several,
    /// Whatever it is.
    Any,
    /// It begins with this, and says in which database that lies what it is about: `DROP TABLE there.page`.
    Elsewhere(&'static str),
}

impl Pattern {
    fn fits(&self, seen: &Seen) -> bool {
        let words = &seen.words;
        let is_at = |at: usize, wanted: &[&str]| {
            words.len() >= at + wanted.len() && words[at..].iter().zip(wanted).all(|(a, b)| a == b)
        };
        let kind = || words.iter().position(|word| KINDS.contains(&word.as_str()));
        match self {
            Pattern::Begins(wanted) => is_at(0, wanted),
            Pattern::Elsewhere(first) => is_at(0, &[first]) && seen.target.is_qualified(),
            Pattern::Of(first, kinds) => {
                is_at(0, &[first]) && kind().is_some_and(|kind| kinds.contains(&words[kind].as_str()))
            }
            Pattern::OfWith(first, of, with) => {
                let rest = kind().filter(|kind| words[*kind] == *of).map(|kind| &words[kind + 1..]);
                let has = |rest: &[String]| rest.iter().any(|word| with.contains(&word.as_str()));
                is_at(0, &[first]) && rest.is_some_and(has)
            }
            Pattern::Is(wanted) => words.len() == wanted.len() && is_at(0, wanted),
            Pattern::Calls(first) => is_at(0, &[first]) && seen.calls,
            Pattern::Several => seen.several,
            Pattern::Any => true,
            Pattern::Has(first, wanted) => is_at(0, &[first]) && (1..words.len()).any(|at| is_at(at, wanted)),
        }
    }
}

/// The kinds of things that are created, changed and dropped. Words before them say how.
const KINDS: &[&str] = &[
    "database",
    "event",
    "function",
    "index",
    "instance",
    "logfile",
    "package",
    "prepare",
    "procedure",
    "reference",
    "resource",
    "role",
    "schema",
    "sequence",
    "server",
    "spatial_reference",
    "table",
    "tablespace",
    "trigger",
    "undo",
    "user",
    "view",
];

/// How many words are enough to know what a statement is, but for those that are looked for in all of it.
const KNOWN_BY: usize = 64;
const LOOKED_FOR: &[&str] = &["global", "persist", "persist_only", "select", "soname", "table"];

/// What of a statement was read so far.
#[derive(Default)]
pub(crate) struct Seen {
    words: Vec<String>,
    pub(crate) target: Target,
    /// How many parentheses are open.
    depth: usize,
    /// How many bodies are.
    bodies: usize,
    /// The last word, where nothing stands behind it.
    last: Option<String>,
    /// Whether the last word, or what is last, stands behind a `;`.
    begins: bool,
    after_end: bool,
    /// Whether a `;` was read that is in no body.
    ended: bool,
    /// Whether a parenthesis opened that is not behind `concat`.
    pub(crate) calls: bool,
    /// Whether something stands behind a `;` that is in no body.
    several: bool,
}

impl Seen {
    pub(crate) fn word(&mut self, word: String, bodies: Bodies) {
        self.target.word(&word);
        self.count_bodies(&word, bodies);
        self.after_end = self.begins && word == "end";
        self.begins = false;
        self.several |= self.ended;
        if self.words.len() < KNOWN_BY || LOOKED_FOR.contains(&word.as_str()) {
            self.words.push(word.clone());
        }
        self.last = Some(word);
    }

    fn count_bodies(&mut self, word: &str, bodies: Bodies) {
        let after_end = bodies == Bodies::Compound && self.last.as_deref() == Some("end");
        let opens = match bodies {
            Bodies::Atomic => {
                word == "atomic" && self.last.as_deref() == Some("begin") && self.makes_routine()
            }
            // A block by itself: <https://mariadb.com/kb/en/begin-end/>.
            Bodies::Compound if word == "atomic" => self.words == ["begin", "not"],
            Bodies::Compound => word == "begin" && self.makes_compound(),
            Bodies::Triggers => false,
        };
        match word {
            // What it closes is not counted: `END IF`.
            "if" | "loop" | "while" | "repeat" if after_end => self.bodies += 1,
            "case" if after_end => {}
            "case" | "begin" if self.bodies > 0 => self.bodies += 1,
            "end" => self.bodies = self.bodies.saturating_sub(1),
            _ if opens => self.bodies += 1,
            _ => {}
        }
    }

    /// What becomes of the statement: the first that fits.
    pub(crate) fn treatment(&self, treatments: &[(Pattern, PieceKind)]) -> PieceKind {
        let found = treatments.iter().find(|(pattern, _)| self.fits(pattern));
        found.map_or(PieceKind::Statement, |(_, kind)| *kind)
    }

    pub(crate) fn fits(&self, pattern: &Pattern) -> bool {
        pattern.fits(self)
    }

    pub(crate) fn other(&mut self) {
        (self.last, self.begins, self.after_end) = (None, false, false);
    }

    pub(crate) fn sign(&mut self, sign: char) {
        self.target.sign(sign);
        self.other();
        match sign {
            '(' => self.depth += 1,
            ')' => self.depth = self.depth.saturating_sub(1),
            ';' => {
                self.begins = true;
                self.ended |= self.bodies == 0;
            }
            _ => {}
        }
    }

    fn is(&self, at: usize, words: &[&str]) -> bool {
        self.words.get(at).is_some_and(|word| words.contains(&word.as_str()))
    }

    fn makes_routine(&self) -> bool {
        self.is(0, &["create"]) && (1..4).any(|at| self.is(at, &["function", "procedure"]))
    }

    /// Whoever defines it may stand before what it is.
    fn makes_compound(&self) -> bool {
        let kinds = ["procedure", "function", "trigger", "event"];
        let is_other = self.is(1, &["table", "temporary", "index", "unique", "view", "database", "schema"]);
        let makes = self.words.iter().take(12).any(|word| kinds.contains(&word.as_str()));
        self.is(0, &["create", "alter"]) && !is_other && makes
    }

    /// Whether a statement may end here.
    pub(crate) fn is_closed(&self, bodies: Bodies) -> bool {
        let temporary = usize::from(self.is(1, &["temp", "temporary"]));
        match bodies {
            Bodies::Triggers if self.is(0, &["create"]) && self.is(1 + temporary, &["trigger"]) => {
                self.after_end
            }
            Bodies::Atomic | Bodies::Compound if self.bodies > 0 => false,
            _ => self.depth == 0,
        }
    }

    pub(crate) fn takes_rows(&self) -> bool {
        let stdin = self.words.windows(2).any(|pair| pair[0] == "from" && pair[1] == "stdin");
        self.is(0, &["copy"]) && stdin
    }
}
