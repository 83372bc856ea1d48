//! Names of Rust for names of the database, each of them once.

use std::collections::BTreeSet;

/// What is no name, in any edition. With `r#` before it most of them are, but not where Diesel's attributes name a
/// column (<https://doc.rust-lang.org/reference/keywords.html>).
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// What has these names in the modules that Diesel's `table!` makes, or in its functions.
const OF_COLUMNS: &[&str] = &["all_columns", "columns", "diesel", "dsl", "q", "star", "table"];

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
        let base = name.trim_end_matches('_').to_owned();
        let numbered = (2_u32..).map(|number| format!("{base}_{number}"));
        let found = std::iter::once(name).chain(numbered).find(|name| !self.0.contains(name));
        let found = found.unwrap_or_default();
        self.0.insert(found.clone());
        found
    }
}

/// The words of a name, in small letters, and in those of ASCII: only such a name can be that of a file with a module,
/// and Diesel's derives take no other beginning of a struct's.
fn words(text: &str) -> Vec<String> {
    let characters: Vec<char> = deunicode::deunicode(text).chars().collect();
    let mut words = vec![String::new()];
    for (at, &c) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| characters[at]);
        let after = characters.get(at + 1);
        let begins = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
            });
        if begins || !c.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The name of a field or a module.
fn snake(text: &str, otherwise: &str) -> String {
    let is_so = text.chars().all(|c| matches!(c, '_' | 'a'..='z' | '0'..='9'))
        && !text.trim_matches('_').is_empty()
        && !text.trim_matches('_').contains("__")
        && !text.starts_with(|c: char| c.is_ascii_digit());
    let name = if is_so { text.to_owned() } else { words(text).join("_") };
    let name = match name.chars().next() {
        None => otherwise.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{otherwise}_{name}"),
        Some(_) => name,
    };
    if KEYWORDS.contains(&name.as_str()) { name + "_" } else { name }
}

/// The name of a type or a variant.
fn camel(text: &str, otherwise: &str) -> String {
    let words = words(text);
    let mut name: String = words.iter().map(|word| crate::reader::capitalized(word)).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
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
            ("type", "type_", "type_", "Type"),
            ("self", "self_", "self_", "Self2"),
            ("größe", "grosse", "grosse", "Grosse"),
            ("Été", "ete", "ete", "Ete"),
            ("日本語", "ri_ben_yu", "ri_ben_yu", "RiBenYu"),
            ("1st", "column_1st", "table_1st", "Table1st"),
            ("😀", "grinning", "grinning", "Grinning"),
            ("!", "column", "table", "Table2"),
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
        assert_eq!(names, ["name", "name_2", "na_me", "type_", "type_2", "name_2_2"]);
        let mut taken = Taken::default();
        assert_eq!(taken.type_name("mood", "Enum", &["SqlType"]), "Mood");
        assert_eq!(taken.type_name("mood_sql_type", "Table", &[]), "MoodSqlType2");
        assert_eq!(taken.variant("self"), "SelfValue");
    }
}
