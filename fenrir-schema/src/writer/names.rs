//! Names of Rust for names of the database, each of them once.

use std::collections::BTreeSet;

/// What cannot be a name as it is (<https://doc.rust-lang.org/reference/keywords.html>).
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// What cannot be one with `r#` before it either.
const PATHS: &[&str] = &["crate", "self", "super"];

/// What has these names in the modules that Diesel's `table!` makes.
const OF_COLUMNS: &[&str] = &["all_columns", "columns", "diesel", "dsl", "star", "table"];

/// What the modules of tables would hide: crates, primitive types, and the modules that are written beside them.
const OF_MODULES: &[&str] = &[
    "alloc",
    "bigdecimal",
    "bool",
    "char",
    "chrono",
    "core",
    "diesel",
    "enums",
    "f32",
    "f64",
    "fenrir_migrate",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "ipnet",
    "isize",
    "lib",
    "main",
    "mod",
    "models",
    "serde_json",
    "std",
    "str",
    "types",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
    "uuid",
];

/// What structs and enums would hide, or be taken for: what is imported, what derives write, and the types by whose
/// names a column's type is told.
const OF_TYPES: &[&str] = &[
    "AppearsOnTable",
    "AsChangeset",
    "AsExpression",
    "Associations",
    "BigDecimal",
    "Bound",
    "Box",
    "Cents",
    "Clone",
    "Copy",
    "DateTime",
    "DbEnum",
    "Debug",
    "Default",
    "Drop",
    "Duration",
    "Eq",
    "Err",
    "Expression",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "Hash",
    "Identifiable",
    "Insertable",
    "Into",
    "IpNet",
    "IpNetwork",
    "Iterator",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "None",
    "OffsetDateTime",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "PgInterval",
    "PgLsn",
    "PgMoney",
    "PrimitiveDateTime",
    "Queryable",
    "QueryableByName",
    "Result",
    "Selectable",
    "Self",
    "Send",
    "Some",
    "String",
    "Sync",
    "Table",
    "TimeDelta",
    "ToOwned",
    "ToString",
    "Utc",
    "Uuid",
    "Value",
    "Vec",
];

/// Names that are taken in one place.
#[derive(Default)]
pub(super) struct Taken(BTreeSet<String>);

impl Taken {
    /// Whether somebody has the name.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Keeps a name from everybody.
    pub(super) fn reserve(&mut self, name: String) {
        self.0.insert(name);
    }

    /// Takes a name for a field or a column.
    pub(super) fn column(&mut self, text: &str) -> String {
        let name = snake(text, "column");
        self.lower(if OF_COLUMNS.contains(&name.as_str()) { name + "_" } else { name })
    }

    /// Takes a name for a module.
    pub(super) fn module(&mut self, text: &str) -> String {
        let name = snake(text, "table");
        self.lower(if OF_MODULES.contains(&name.as_str()) { name + "_" } else { name })
    }

    /// Takes a name for a struct or an enum, and for those that are called like it with something behind.
    pub(super) fn type_name(&mut self, text: &str, otherwise: &str, behind: &[&str]) -> String {
        let name = camel(text, otherwise);
        let numbered = (2_u32..).map(|number| format!("{name}{number}"));
        let free = |name: &String| {
            let all = std::iter::once("").chain(behind.iter().copied()).map(|end| format!("{name}{end}"));
            all.into_iter().all(|name| !self.0.contains(&name) && !OF_TYPES.contains(&name.as_str()))
        };
        let found = std::iter::once(name.clone()).chain(numbered).find(free).unwrap_or(name);
        self.0.extend(behind.iter().map(|end| format!("{found}{end}")));
        self.0.insert(found.clone());
        found
    }

    /// Takes a name for one of an enum's variants.
    pub(super) fn variant(&mut self, text: &str) -> String {
        let name = camel(text, "Value");
        let name = if name == "Self" { "SelfValue".to_owned() } else { name };
        let numbered = (2_u32..).map(|number| format!("{name}{number}"));
        let found = std::iter::once(name.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let found = found.unwrap_or(name);
        self.0.insert(found.clone());
        found
    }

    fn lower(&mut self, name: String) -> String {
        let base = name.strip_prefix("r#").unwrap_or(&name);
        let numbered = (2_u32..).map(|number| format!("{}_{number}", base.trim_end_matches('_')));
        let all = std::iter::once(base.to_owned()).chain(numbered);
        let found = all.into_iter().find(|name| !self.0.contains(name)).unwrap_or_default();
        self.0.insert(found.clone());
        if KEYWORDS.contains(&found.as_str()) { format!("r#{found}") } else { found }
    }
}

/// Letters and digits that are the same however a text is normalized, since the compiler normalizes names
/// (<https://doc.rust-lang.org/reference/identifiers.html#normalization>): those of ASCII, Latin, Greek, Cyrillic, of
/// Japanese and Korean syllables, and of Chinese.
fn is_word(c: char) -> bool {
    let is_whole = matches!(c, 'À'..='ɏ' | 'Ά'..='ώ' | 'Ѐ'..='ҁ' | 'ぁ'..='ゖ' | 'ァ'..='ヺ' | '一'..='鿿' | '가'..='힣');
    c.is_ascii_alphanumeric() || is_whole && c.is_alphabetic()
}

/// The words of a name, in small letters.
fn words(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut words = vec![String::new()];
    for (at, &c) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| characters[at]);
        let after = characters.get(at + 1);
        let begins = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
            });
        if begins || !is_word(c) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| is_word(c)) {
            word.extend(c.to_lowercase().filter(|c| is_word(*c)));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The name of a field or a module.
fn snake(text: &str, otherwise: &str) -> String {
    let is_so = text.chars().all(|c| c == '_' || is_word(c) && !c.is_uppercase())
        && !text.trim_matches('_').is_empty()
        && !text.trim_matches('_').contains("__")
        && !text.starts_with(|c: char| c.is_numeric());
    let name = if is_so { text.to_owned() } else { words(text).join("_") };
    let name = match name.chars().next() {
        None => otherwise.to_owned(),
        Some(first) if first.is_numeric() => format!("{otherwise}_{name}"),
        Some(_) => name,
    };
    if PATHS.contains(&name.as_str()) { name + "_" } else { name }
}

/// The name of a type or a variant.
fn camel(text: &str, otherwise: &str) -> String {
    let words = words(text);
    let mut name: String = words.iter().map(|word| crate::reader::capitalized(word)).collect();
    if !name.starts_with(char::is_alphabetic) {
        name.insert_str(0, otherwise);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_database_as_names_of_rust() {
        for (text, column, module, struct_name) in [
            ("page", "page", "page", "Page"),
            ("userId", "user_id", "user_id", "UserId"),
            ("HTTPServer", "http_server", "http_server", "HttpServer"),
            ("type", "r#type", "r#type", "Type"),
            ("self", "self_", "self_", "Self2"),
            ("größe", "größe", "größe", "Größe"),
            ("Été", "été", "été", "Été"),
            ("1st", "column_1st", "table_1st", "Table1st"),
            ("😀", "column", "table", "Table2"),
            ("a\"; DROP TABLE b", "a_drop_table_b", "a_drop_table_b", "ADropTableB"),
            ("table", "table_", "table", "Table2"),
            ("i32", "i32", "i32_", "I32"),
            ("_id", "_id", "_id", "Id"),
            ("a__b", "a_b", "a_b", "AB"),
            ("String", "string", "string", "String2"),
        ] {
            assert_eq!(Taken::default().column(text), column, "{text}");
            assert_eq!(Taken::default().module(text), module, "{text}");
            assert_eq!(Taken::default().type_name(text, "Table", &[]), struct_name, "{text}");
        }
    }

    #[test]
    fn nobody_gets_a_name_that_is_taken() {
        let mut taken = Taken::default();
        let names: Vec<_> =
            ["Name", "name", "na-me", "type", "Type", "name_2"].map(|text| taken.column(text)).into();
        assert_eq!(names, ["name", "name_2", "na_me", "r#type", "type_2", "name_2_2"]);
        let mut taken = Taken::default();
        assert_eq!(taken.type_name("mood", "Enum", &["SqlType"]), "Mood");
        assert_eq!(taken.type_name("mood_sql_type", "Table", &[]), "MoodSqlType2");
        assert_eq!(taken.variant("self"), "SelfValue");
    }
}
