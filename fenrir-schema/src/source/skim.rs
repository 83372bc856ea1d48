//! Skimming Rust source: which modules, models, enums and aliases a file has, without parsing the
//! rest of it. Parsing all of a large crate at each build would take longer than compiling it.
//!
//! It knows tokens, not grammar: strings, comments and braces, so that it can tell where an item
//! begins and ends. What it finds is then parsed in full.

use std::ops::Range;

/// Something found in a source file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// From the first attribute to the end.
    pub(super) text: Range<usize>,
    /// Its attributes, each from `#` or `///` on.
    pub(super) attributes: Vec<Range<usize>>,
    /// Its visibility and all that follows, without the attributes.
    pub(super) body: Range<usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `mod name;`
    File { name: Range<usize> },
    /// `mod name { … }`, with what is in it.
    Module { name: Range<usize>, items: Vec<Item> },
    /// A struct or an enum.
    Type { name: Range<usize> },
    /// `type Name = …;`
    Alias { name: Range<usize> },
    /// Anything else with braces around it, such as a function, with what is in it.
    Block { items: Vec<Item> },
}

/// A file that cannot be skimmed: a quote, comment or bracket that is never closed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unbalanced {
    /// Where that begins.
    pub(super) offset: usize,
}

/// What one pass over a file's text tells.
#[derive(Default)]
pub(super) struct Overview {
    /// Where the words are without which there are neither models nor modules.
    pub(super) words: Vec<usize>,
    /// Where each line begins, but for the first.
    pub(super) lines: Vec<usize>,
}

impl Overview {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut overview = Self::default();
        let mut at = 0;
        while at < bytes.len() {
            let c = bytes[at];
            if c == b'\n' {
                overview.lines.push(at + 1);
            } else if c == b'T' || c == b'D' || c == b'm' {
                let rest = &bytes[at..];
                if rest.starts_with(b"Table") || rest.starts_with(b"DbEnum") || is_module(rest) {
                    overview.words.push(at);
                }
            }
            at += 1;
        }
        overview
    }
}

/// `mod`, and no more of the word.
fn is_module(bytes: &[u8]) -> bool {
    bytes.starts_with(b"mod") && bytes.get(3).is_some_and(|c| c.is_ascii_whitespace() || *c == b'/')
}

/// Finds the items of a file, whose words of interest these are.
pub(super) fn skim(text: &str, words: &[usize]) -> Result<Vec<Item>, Unbalanced> {
    let mut skimmer = Skimmer { words, bytes: text.as_bytes(), at: shebang(text) };
    let items = skimmer.items()?;
    if skimmer.at < skimmer.bytes.len() {
        return Err(Unbalanced { offset: skimmer.at });
    }
    Ok(items)
}

/// `#!/usr/bin/env …` is no attribute, `#![…]` is.
fn shebang(text: &str) -> usize {
    if text.starts_with("#!") && !text[2..].trim_start().starts_with('[') {
        text.find('\n').unwrap_or(text.len())
    } else {
        0
    }
}

/// It runs unoptimized in build scripts, where an iterator costs ten times what a loop does: hence the
/// loops, and the table.
struct Skimmer<'a> {
    words: &'a [usize],
    bytes: &'a [u8],
    at: usize,
}

/// The bytes that a group ends at, or that what could hide its end begins with.
static IS_OF_INTEREST: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"()[]{}\"'/";
    let mut index = 0;
    while index < bytes.len() {
        table[bytes[index] as usize] = true;
        index += 1;
    }
    table
};

const fn is_of_word(c: u8) -> bool {
    matches!(c, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | 0x80..)
}

/// A token, as far as items need it told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(Range<usize>),
    DocComment(Range<usize>),
    Punct(u8),
    /// A string, character, number or lifetime.
    Literal,
}

impl Skimmer<'_> {
    fn derives_ours(&self, attribute: &Range<usize>) -> bool {
        super::derives_ours(&String::from_utf8_lossy(&self.bytes[attribute.clone()]))
    }

    /// The items up to the closing brace of where it is, or to the end.
    fn items(&mut self) -> Result<Vec<Item>, Unbalanced> {
        let mut items = Vec::new();
        let mut pending = Pending::default();
        loop {
            let start = self.skip_blank()?;
            let Some(token) = self.token()? else { return Ok(items) };
            match token {
                Token::Punct(b'}') => {
                    self.at = start;
                    return Ok(items);
                }
                Token::DocComment(range) => pending.attribute(range),
                Token::Punct(b'#') => {
                    let inner = self.peek() == Some(b'!');
                    if inner {
                        self.at += 1;
                    }
                    self.skip_blank()?;
                    if self.peek() == Some(b'[') {
                        self.group()?;
                        if !inner {
                            pending.attribute(start..self.at);
                        }
                    }
                }
                // A comma within the head of a function or an `impl` stands between generics.
                Token::Punct(b',') if pending.head.is_some() => {}
                Token::Punct(b';' | b',') => pending = Pending::default(),
                Token::Punct(b'{') => {
                    self.at = start;
                    let after_macro = std::mem::take(&mut pending.is_macro);
                    let inner =
                        if after_macro { self.group().map(|()| Vec::new())? } else { self.inner(start)? };
                    pending.is_stray = pending.attributes.iter().any(|range| self.derives_ours(range));
                    pending.finish(Kind::Block { items: inner }, self.at, &mut items);
                    pending = Pending::default();
                }
                Token::Punct(b'(' | b'[') => {
                    self.at = start;
                    self.group()?;
                    pending.begin(start);
                    if std::mem::take(&mut pending.is_macro) {
                        pending = Pending::default();
                    }
                }
                Token::Punct(b'!') => {
                    pending.begin(start);
                    pending.is_macro = true;
                }
                Token::Word(word) => {
                    let after_bang = pending.is_macro;
                    pending.begin(start);
                    // `r#type` is a name, and `macro_rules! name { … }` has one behind the `!`.
                    let keyword = if word.start == start && !after_bang { &self.bytes[word] } else { b"" };
                    match keyword {
                        b"mod" | b"struct" | b"enum" | b"type" => {
                            if let Some(kind) = self.named(keyword == b"mod", keyword == b"type")? {
                                pending.finish(kind, self.at, &mut items);
                                pending = Pending::default();
                            }
                        }
                        b"fn" => pending.head = pending.head.or(Some(Head::Function)),
                        b"impl" | b"trait" => pending.head = pending.head.or(Some(Head::Associated)),
                        _ => {}
                    }
                }
                Token::Punct(_) | Token::Literal => {
                    pending.begin(start);
                    pending.is_macro = false;
                }
            }
        }
    }

    /// The rest of an item that begins with a keyword and a name; none where that is no name.
    fn named(&mut self, is_module: bool, is_alias: bool) -> Result<Option<Kind>, Unbalanced> {
        self.skip_blank()?;
        let before = self.at;
        let Some(Token::Word(name)) = self.token()? else {
            self.at = before;
            return Ok(None);
        };
        if is_module {
            self.skip_blank()?;
            return match self.peek() {
                Some(b'{') => Ok(Some(Kind::Module { name, items: self.block()? })),
                Some(b';') => {
                    self.at += 1;
                    Ok(Some(Kind::File { name }))
                }
                _ => Ok(None),
            };
        }
        // To the `;`, or past the braces.
        loop {
            let start = self.skip_blank()?;
            match self.token()? {
                None => return Ok(None),
                Some(Token::Punct(b';')) => break,
                Some(Token::Punct(b'}')) => {
                    self.at = start;
                    return Ok(None);
                }
                Some(Token::Punct(c @ (b'(' | b'[' | b'{'))) => {
                    self.at = start;
                    self.group()?;
                    if c == b'{' && !is_alias {
                        break;
                    }
                }
                Some(_) => {}
            }
        }
        Ok(Some(if is_alias { Kind::Alias { name } } else { Kind::Type { name } }))
    }

    /// The items between braces.
    fn block(&mut self) -> Result<Vec<Item>, Unbalanced> {
        let start = self.at;
        self.at += 1;
        let items = self.items()?;
        if self.peek() != Some(b'}') {
            return Err(Unbalanced { offset: start });
        }
        self.at += 1;
        Ok(items)
    }

    /// The items in the braces of a function or the like. Most have neither models nor modules, and
    /// nearly all of a crate's text is in them.
    fn inner(&mut self, start: usize) -> Result<Vec<Item>, Unbalanced> {
        if self.group().is_ok() {
            let next = self.words.partition_point(|word| *word < start);
            if self.words.get(next).is_none_or(|word| *word >= self.at) {
                return Ok(Vec::new());
            }
        }
        self.at = start;
        self.block()
    }

    /// Past a group, whatever is in it: only what could hide a bracket is looked at.
    fn group(&mut self) -> Result<(), Unbalanced> {
        let start = self.at;
        let bytes = self.bytes;
        let mut depth = 0_usize;
        let mut at = start;
        while at < bytes.len() {
            let c = bytes[at];
            if !IS_OF_INTEREST[c as usize] {
                at += 1;
                continue;
            }
            self.at = at;
            match c {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at = at + 1;
                        return Ok(());
                    }
                }
                b'"' => self.string_or_raw()?,
                b'\'' => self.quote(),
                _ => match self.peek_at(1) {
                    Some(b'/') => self.line(),
                    Some(b'*') => self.block_comment()?,
                    _ => {}
                },
            }
            at = if self.at == at { at + 1 } else { self.at };
        }
        Err(Unbalanced { offset: start })
    }

    /// A string whose quote it is at, with what may stand before that: `r##`, `b`.
    fn string_or_raw(&mut self) -> Result<(), Unbalanced> {
        let before = &self.bytes[..self.at];
        let hashes = before.iter().rev().take_while(|c| **c == b'#').count();
        let before = &before[..before.len() - hashes];
        let word = before.iter().rev().take_while(|c| is_of_word(**c)).count();
        if !matches!(&before[before.len() - word..], b"r" | b"br" | b"cr") {
            return self.string();
        }
        self.at -= hashes;
        self.raw_string(hashes)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Past blanks and comments that are no documentation; returns where it is then.
    fn skip_blank(&mut self) -> Result<usize, Unbalanced> {
        let bytes = self.bytes;
        loop {
            while let Some(b' ' | b'\n' | b'\t' | b'\r' | 0x0B | 0x0C) = bytes.get(self.at) {
                self.at += 1;
            }
            match (bytes.get(self.at), bytes.get(self.at + 1)) {
                (Some(b'/'), Some(b'/')) if !self.is_doc() => self.line(),
                (Some(b'/'), Some(b'*')) if !self.is_doc() => self.block_comment()?,
                _ => return Ok(self.at),
            }
        }
    }

    /// `///` but not `////`, `/**` but not `/***` or `/**/`.
    fn is_doc(&self) -> bool {
        match (self.peek_at(1), self.peek_at(2), self.peek_at(3)) {
            (Some(b'/'), Some(b'/'), next) => next != Some(b'/'),
            (Some(b'*'), Some(b'*'), next) => !matches!(next, Some(b'*' | b'/')),
            _ => false,
        }
    }

    fn line(&mut self) {
        let bytes = self.bytes;
        let mut at = self.at;
        while at < bytes.len() && bytes[at] != b'\n' {
            at += 1;
        }
        self.at = at;
    }

    fn block_comment(&mut self) -> Result<(), Unbalanced> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match (self.peek(), self.peek_at(1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                (Some(_), _) => self.at += 1,
                (None, _) => return Err(Unbalanced { offset: start }),
            }
        }
    }

    fn token(&mut self) -> Result<Option<Token>, Unbalanced> {
        let start = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        Ok(Some(match first {
            b'/' if self.is_doc() => {
                if self.peek_at(1) == Some(b'/') {
                    self.line()
                } else {
                    self.block_comment()?
                }
                Token::DocComment(start..self.at)
            }
            b'"' => {
                self.string()?;
                Token::Literal
            }
            b'\'' => {
                self.quote();
                Token::Literal
            }
            b'0'..=b'9' => {
                self.word();
                Token::Literal
            }
            c if c.is_ascii_alphabetic() || c == b'_' || c >= 0x80 => {
                self.word();
                self.after_word(start)?
            }
            c => {
                self.at += 1;
                Token::Punct(c)
            }
        }))
    }

    fn word(&mut self) {
        let bytes = self.bytes;
        let mut at = self.at;
        while at < bytes.len() && is_of_word(bytes[at]) {
            at += 1;
        }
        self.at = at;
    }

    /// A word may be the prefix of a string (`b"…"`, `r#"…"#`) or of a raw name (`r#type`).
    fn after_word(&mut self, start: usize) -> Result<Token, Unbalanced> {
        let prefix = &self.bytes[start..self.at];
        let raw = matches!(prefix, b"r" | b"br" | b"cr");
        match self.peek() {
            Some(b'"' | b'#') if raw => {
                let mut hashes = 0;
                while self.peek_at(hashes) == Some(b'#') {
                    hashes += 1;
                }
                if self.peek_at(hashes) == Some(b'"') {
                    self.raw_string(hashes)?;
                    return Ok(Token::Literal);
                }
                if prefix == b"r" && hashes == 1 {
                    self.at += 1;
                    let name = self.at;
                    self.word();
                    return Ok(Token::Word(name..self.at));
                }
            }
            Some(b'"') if matches!(prefix, b"b" | b"c") => {
                self.string()?;
                return Ok(Token::Literal);
            }
            Some(b'\'') if prefix == b"b" => {
                self.quote();
                return Ok(Token::Literal);
            }
            _ => {}
        }
        Ok(Token::Word(start..self.at))
    }

    fn string(&mut self) -> Result<(), Unbalanced> {
        let (start, bytes) = (self.at, self.bytes);
        let mut at = start + 1;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => at += 2,
                b'"' => {
                    self.at = at + 1;
                    return Ok(());
                }
                _ => at += 1,
            }
        }
        Err(Unbalanced { offset: start })
    }

    fn raw_string(&mut self, hashes: usize) -> Result<(), Unbalanced> {
        let start = self.at;
        self.at += hashes + 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == b'"' && (0..hashes).all(|ahead| self.peek_at(ahead) == Some(b'#')) {
                self.at += hashes;
                return Ok(());
            }
        }
        Err(Unbalanced { offset: start })
    }

    /// A character or a lifetime: `'a'`, `'\''`, `'a`.
    fn quote(&mut self) {
        self.at += 1;
        if self.peek() == Some(b'\\') {
            self.at += 2;
            while !matches!(self.peek(), None | Some(b'\'' | b'\n')) {
                self.at += 1;
            }
            self.at = (self.at + 1).min(self.bytes.len());
            return;
        }
        // One character and a quote behind it, however many bytes that character has.
        let width = match self.peek() {
            Some(0xC0..=0xDF) => 2,
            Some(0xE0..=0xEF) => 3,
            Some(0xF0..) => 4,
            _ => 1,
        };
        if self.peek_at(width) == Some(b'\'') {
            self.at += width + 1;
        } else {
            self.word();
        }
    }
}

/// What has been seen of the item that is being read.
#[derive(Default)]
struct Pending {
    start: Option<usize>,
    body: Option<usize>,
    attributes: Vec<Range<usize>>,
    is_macro: bool,
    /// Whether one of our derives stands on what is no struct or enum: a keyword that is misspelt.
    is_stray: bool,
    head: Option<Head>,
}

/// What the braces that follow are those of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    /// A function: what is in it is its own.
    Function,
    /// An `impl` or a trait, whose `type`s are no aliases.
    Associated,
}

impl Pending {
    fn attribute(&mut self, range: Range<usize>) {
        self.start.get_or_insert(range.start);
        self.attributes.push(range);
    }

    fn begin(&mut self, at: usize) {
        self.start.get_or_insert(at);
        self.body.get_or_insert(at);
    }

    fn finish(&mut self, mut kind: Kind, end: usize, items: &mut Vec<Item>) {
        if let (Kind::Block { items }, Some(Head::Associated)) = (&mut kind, self.head) {
            items.retain(|item| !matches!(item.kind, Kind::Alias { .. }));
        }
        let is_empty = matches!(&kind, Kind::Block { items } if items.is_empty());
        if !is_empty || self.is_stray {
            let body = self.body.unwrap_or(end);
            let attributes = std::mem::take(&mut self.attributes);
            items.push(Item { kind, text: self.start.unwrap_or(body)..end, attributes, body: body..end });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        fn list(text: &str, items: &[Item], into: &mut Vec<String>) {
            for item in items {
                match &item.kind {
                    Kind::File { name } => into.push(format!("file {}", &text[name.clone()])),
                    Kind::Module { name, items } => {
                        into.push(format!("mod {}", &text[name.clone()]));
                        list(text, items, into);
                        into.push("end".to_owned());
                    }
                    Kind::Type { name } => into.push(format!("type {}", &text[name.clone()])),
                    Kind::Alias { name } => into.push(format!("alias {}", &text[name.clone()])),
                    Kind::Block { items } => {
                        into.push("block".to_owned());
                        list(text, items, into);
                        into.push("end".to_owned());
                    }
                }
            }
        }
        let mut found = Vec::new();
        list(text, &skim(text, &Overview::of(text).words).unwrap(), &mut found);
        found
    }

    #[test]
    fn items_among_other_code() {
        let text = r####"#!/usr/bin/env run
            //! Docs with mod not_one;
            #![allow(dead_code)]
            use std::mem; mod a;
            /* mod b; /* nested */ mod c; */
            pub(crate) mod d { mod e; struct F; }
            const X: &str = "mod g; \" {"; const Y: &str = r#"mod h; " { "#;
            const C: char = '{'; const Q: char = '\''; fn life<'a>(x: &'a str) -> &'a str { x }
            /// Doc.
            #[derive(Table)]
            pub struct User { id: i32, f: fn() -> () }
            pub enum Status { A, B { x: i32 } }
            type Email = String;
            struct Wrapper<T>(T) where T: Sized;
            macro_rules! m { () => { struct Hidden; mod hidden; } }
            m! { mod also_hidden; }
            m!(mod hidden_too;);
            fn f() { #[derive(Table)] struct Inner { a: u8 } let x = Struct { a: 1 }; }
            fn g() { struct Inner { a: u8 } let x = r#"}"#; let y = br"\"; let z = '}'; }
            trait T { type Assoc; type Other: Copy; fn g() { mod deep; } }
            mod r#type;
        "####;
        assert_eq!(
            names(text),
            [
                "file a",
                "mod d",
                "file e",
                "type F",
                "end",
                "type User",
                "type Status",
                "alias Email",
                "type Wrapper",
                "block",
                "type Inner",
                "end",
                "block",
                "block",
                "file deep",
                "end",
                "end",
                "file type"
            ]
        );
    }

    #[test]
    fn an_item_comes_with_its_attributes() {
        let text = "/// One.\n#[a]\n#[b(c)] pub struct X;";
        let items = skim(text, &[]).unwrap();
        assert_eq!(&text[items[0].text.clone()], text);
        assert_eq!(&text[items[0].body.clone()], "pub struct X;");
        assert_eq!(items[0].attributes.len(), 3);
    }

    #[test]
    fn what_is_never_closed_is_said() {
        for (text, offset) in
            [("fn f() {", 7), ("const X: &str = \"a", 16), ("/* a", 0), ("}", 0), ("m!(", 2), ("{'\\", 0)]
        {
            assert_eq!(skim(text, &[]), Err(Unbalanced { offset }), "{text}");
        }
    }
}
