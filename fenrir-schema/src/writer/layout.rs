//! Text as rustfmt leaves it: attributes, literals, comments.

use unicode_width::UnicodeWidthStr;

/// How wide a line may be.
const MAX_WIDTH: usize = 100;

/// How wide the arguments of an attribute may be on one line, where there are several
/// (<https://rust-lang.github.io/rustfmt/#attr_fn_like_width>).
const ATTRIBUTE_WIDTH: usize = 70;

/// A part of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// `unique`, `max_length = 96`
    Word(String),
    /// `unique(…)`
    List(String, Vec<Item>),
}

impl Item {
    /// A word of its own.
    pub(super) fn word(text: impl Into<String>) -> Self {
        Self::Word(text.into())
    }

    /// `key = "text"`
    pub(super) fn text(key: &str, text: &str) -> Self {
        Self::Word(format!("{key} = {}", literal(text)))
    }

    /// `key(a, b)`
    pub(super) fn list(key: &str, items: Vec<Item>) -> Self {
        Self::List(key.to_owned(), items)
    }

    fn flat(&self) -> String {
        match self {
            Item::Word(text) => text.clone(),
            Item::List(key, items) => format!("{key}({})", flat(items)),
        }
    }

    /// Whether rustfmt would have it on one line, if that is wide enough.
    fn may_be_flat(&self) -> bool {
        match self {
            Item::Word(_) => true,
            Item::List(_, items) => {
                (items.len() < 2 || flat(items).width() <= ATTRIBUTE_WIDTH)
                    && items.iter().all(Item::may_be_flat)
            }
        }
    }

    /// On the lines that it needs, the first of which begins after `indent`; `behind` stands behind it.
    fn lines(&self, indent: usize, behind: usize) -> String {
        let line = self.flat();
        let Item::List(key, items) = self else { return line };
        if self.may_be_flat() && indent + line.width() + behind <= MAX_WIDTH {
            return line;
        }
        format!("{key}({}{})", column(items, indent + 4), " ".repeat(indent))
    }
}

fn flat(items: &[Item]) -> String {
    items.iter().map(Item::flat).collect::<Vec<_>>().join(", ")
}

/// How wide a word may be for several to be on one line
/// (<https://rust-lang.github.io/rustfmt/#short_array_element_width_threshold>).
const SHORT_WIDTH: usize = 10;

/// Each item on a line of its own, or short names in as few lines as they need, with the ends of the lines before
/// and behind them.
fn column(items: &[Item], indent: usize) -> String {
    let margin = " ".repeat(indent);
    let is_short = |item: &Item| match item {
        Item::Word(text) => text.width() <= SHORT_WIDTH && !text.contains(' '),
        Item::List(..) => false,
    };
    if items.iter().all(is_short) {
        let mut text = format!("\n{margin}");
        let mut width = indent;
        for (at, item) in items.iter().enumerate() {
            let word = item.flat();
            let comma = if at + 1 < items.len() { "," } else { "" };
            if at > 0 && width + 1 + word.width() + comma.len() >= MAX_WIDTH {
                text.push_str(&format!("\n{margin}"));
                width = indent;
            } else if at > 0 {
                text.push(' ');
                width += 1;
            }
            text.push_str(&format!("{word}{comma}"));
            width += word.width() + comma.len();
        }
        return text + "\n";
    }
    let lines: Vec<_> = items.iter().map(|item| format!("{margin}{}", item.lines(indent, 1))).collect();
    format!("\n{}\n", lines.join(",\n"))
}

/// `#[key(items)]`, with the end of its line; nothing where there is nothing to say.
pub(super) fn attribute(indent: usize, key: &str, items: &[Item]) -> String {
    let margin = " ".repeat(indent);
    if items.is_empty() {
        return String::new();
    }
    let all = Item::list(key, items.to_vec());
    let line = all.flat();
    // One that is within another ends before the last column.
    let nested = usize::from(matches!(items, [Item::List(..)]));
    if all.may_be_flat() && indent + line.width() + 3 + nested <= MAX_WIDTH {
        return format!("{margin}#[{line}]\n");
    }
    let (mut open, mut close, mut inner) = (format!("{key}("), ")".to_owned(), items);
    while let [Item::List(key, items)] = inner {
        open.push_str(&format!("{key}("));
        close.push(')');
        inner = items;
    }
    format!("{margin}#[{open}{}{margin}{close}]\n", column(inner, indent + 4))
}

/// `#[derive(…)]`, with the end of its line.
pub(super) fn derives(names: &[&str]) -> String {
    let line = format!("#[derive({})]\n", names.join(", "));
    // <https://rust-lang.github.io/rustfmt/#max_width>, less what rustfmt keeps free.
    if line.width() <= 96 { line } else { format!("#[derive(\n    {},\n)]\n", names.join(", ")) }
}

/// `pub name: Type,`, with the end of its line.
pub(super) fn field(name: &str, ty: &str) -> String {
    let line = format!("    pub {name}: {ty},");
    if line.width() <= MAX_WIDTH { line + "\n" } else { format!("    pub {name}:\n        {ty},\n") }
}

/// A text as Rust has it. What a reader would not see, or see otherwise, is escaped.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '\'' => literal.push(c),
            '\0' => literal.push_str("\\0"),
            other => literal.extend(other.escape_debug()),
        }
    }
    literal.push('"');
    literal
}

/// Whether a text can stand in a comment of one line as it is, without meaning anything else there.
pub(super) fn is_plain(text: &str) -> bool {
    let seen = |c: char| matches!(c, '"' | '\'' | '\\') || c.escape_debug().count() == 1;
    text.chars().all(seen) && text.trim() == text && !text.is_empty()
}

/// Names in the order in which rustfmt puts imports
/// (<https://doc.rust-lang.org/style-guide/#sorting>).
pub(super) fn version_sorted<T>(things: &mut [T], name: impl Fn(&T) -> &str) {
    things.sort_by(|a, b| compare(name(a), name(b)));
}

fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    let order = chunks(a).into_iter().map(Chunk::key).cmp(chunks(b).into_iter().map(Chunk::key));
    order.then_with(|| a.cmp(b))
}

/// A part of a name: `_`, a number, or what is neither.
struct Chunk<'a>(&'a str);

impl<'a> Chunk<'a> {
    /// `_` comes before all else, numbers among themselves by their value.
    fn key(self) -> (u8, u128, &'a str) {
        match self.0.as_bytes().first() {
            Some(b'_') => (0, 0, ""),
            Some(digit) if digit.is_ascii_digit() => (1, self.0.parse().unwrap_or(u128::MAX), self.0),
            _ => (2, 0, self.0),
        }
    }
}

fn chunks(text: &str) -> Vec<Chunk<'_>> {
    let kind = |c: char| (c == '_', c.is_ascii_digit());
    let mut chunks = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first == '_' { 1 } else { rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len()) };
        let (chunk, after) = rest.split_at(end);
        chunks.push(Chunk(chunk));
        rest = after;
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_within_its_quotes() {
        assert_eq!(literal("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
        assert_eq!(literal("it's \u{202e} 日本 😀 \0"), "\"it's \\u{202e} 日本 😀 \\0\"");
        assert!(is_plain("it's a \"comment\" */ \"#"));
        assert!(!is_plain("a\nb") && !is_plain(" a") && !is_plain("") && !is_plain("\u{2067}"));
    }

    #[test]
    fn names_in_the_order_of_rustfmt() {
        let mut names = vec!["page10", "page_2", "page", "page2", "type_", "page_", "a", "b"];
        version_sorted(&mut names, |name| name);
        assert_eq!(names, ["a", "b", "page", "page_", "page_2", "page2", "page10", "type_"]);
    }
}
