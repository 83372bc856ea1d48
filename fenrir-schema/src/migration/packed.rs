//! Migrations as one text, which is what a binary holds of them: without a pointer to each of their parts, which takes
//! more room than many a part.
//!
//! The first line is the [`Head`]; then comes each migration, as a line with the lengths of its SQL up and down, in
//! bytes, and the rest of it as JSON; and that SQL.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Head, checksum, revision_of};

/// One migration of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedMigration<'a> {
    /// The name of its folder.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The revision that it follows, which is that of the one before it in the pack; none for the first.
    #[serde(skip)]
    pub parent: Option<Cow<'a, str>>,
    /// What it does; none where that is what the name says.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Cow<'a, str>>,
    /// Whether it runs outside of transactions that the runner opens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// Whether binaries that do not know it may run on a database that has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compatible: bool,
    /// Whether a function of the application's is a part of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub function: bool,
    /// The hash of the schema that results, where that is known.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Cow<'a, str>>,
    /// What it creates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub creates: Vec<PackedObject>,
    /// What it drops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drops: Vec<PackedObject>,
    /// The tables, and columns of tables, that reverting it would drop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub down_loses: Vec<(String, Option<String>)>,
    /// Whether it is not known what reverting it would take, since somebody wrote what it does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub down_loses_unknown: bool,
    /// The tables, and columns of tables, that it renames, in order, each with its new name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renames: Vec<(String, Option<String>, String)>,
    /// The text of `up.sql`.
    #[serde(skip)]
    pub up: Cow<'a, str>,
    /// The text of `down.sql`.
    #[serde(skip)]
    pub down: Cow<'a, str>,
}

/// What a database keeps under a name of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackedObject {
    /// A table.
    Table(String),
    /// An enum.
    Enum(String),
}

/// Why a text is no pack of migrations.
#[derive(Debug, thiserror::Error)]
#[error("this is no pack of migrations: {0}")]
pub struct PackError(String);

impl PackedMigration<'_> {
    /// Its revision id.
    #[must_use]
    pub fn revision(&self) -> String {
        revision_of(&self.name)
    }

    /// The [`checksum`] of its SQL.
    #[must_use]
    pub fn checksum(&self) -> String {
        checksum(self.parent.as_deref(), &self.up, &self.down)
    }
}

/// Packs migrations, which are in their order, each the parent of the next.
///
/// # Errors
/// When one cannot be written as JSON, or is not the parent of the next.
///
/// ```
/// use fenrir_schema::migration::{PackedMigration, head_of_pack, pack, unpack};
///
/// let one = PackedMigration {
///     name: "2026-11-23-000000_first".into(),
///     up: "SELECT 1;\n".into(),
///     ..PackedMigration::default()
/// };
/// let text = pack(vec![one])?;
/// assert_eq!(head_of_pack(&text)?.unwrap().revision, "20261123000000");
/// assert_eq!(unpack(&text)?[0].up, "SELECT 1;\n");
/// # Ok::<(), fenrir_schema::migration::PackError>(())
/// ```
pub fn pack(migrations: Vec<PackedMigration<'_>>) -> Result<String, PackError> {
    let json = |error: serde_json::Error| PackError(error.to_string());
    let marks: Vec<_> = migrations.iter().map(|one| (one.revision(), one.checksum())).collect();
    let head = Head::of(marks.iter().map(|(revision, checksum)| (revision.as_str(), checksum.as_str())));
    let functions = migrations.iter().filter(|one| one.function).map(PackedMigration::revision);
    let head = head.map(|head| head.with_functions(functions));
    let mut text = serde_json::to_string(&head).map_err(json)?;
    let mut before: Option<String> = None;
    for one in migrations {
        if one.parent.as_deref() != before.as_deref() {
            return Err(PackError(format!("`{}` does not follow the one before it", one.name)));
        }
        before = Some(one.revision());
        let (up, down) = (&one.up, &one.down);
        let facts = serde_json::to_string(&one).map_err(json)?;
        text.push_str(&format!("\n{} {} {facts}\n{up}{down}", up.len(), down.len()));
    }
    Ok(text)
}

/// The head of a pack; none where no migration is in it. The rest is not read.
///
/// # Errors
/// When it is no pack.
pub fn head_of_pack(pack: &str) -> Result<Option<Head>, PackError> {
    let line = pack.split('\n').next().unwrap_or_default();
    serde_json::from_str(line).map_err(|error| PackError(error.to_string()))
}

/// The migrations of a pack, in their order.
///
/// # Errors
/// When it is no pack.
pub fn unpack(pack: &str) -> Result<Vec<PackedMigration<'_>>, PackError> {
    let mut migrations: Vec<PackedMigration<'_>> = Vec::new();
    let mut rest = pack.split_once('\n').map_or("", |(_, rest)| rest);
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').ok_or_else(|| PackError(format!("`{rest}`")))?;
        let mut parts = line.splitn(3, ' ');
        let wrong = || PackError(format!("`{line}`"));
        let mut length = || parts.next().and_then(|part| part.parse().ok()).ok_or_else(wrong);
        let (up, down) = (length()?, length()?);
        let facts = parts.next().unwrap_or_default();
        let one: PackedMigration<'_> =
            serde_json::from_str(facts).map_err(|error| PackError(error.to_string()))?;
        let (up, after) = after.split_at_checked(up).ok_or_else(wrong)?;
        let (down, after) = after.split_at_checked(down).ok_or_else(wrong)?;
        let parent = migrations.last().map(|before| before.revision().into());
        migrations.push(PackedMigration { parent, up: up.into(), down: down.into(), ..one });
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    Ok(migrations)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Vec<PackedMigration<'static>> {
        let first = PackedMigration {
            name: "2026-11-23-000000_first".into(),
            up: "\n{\"up\": 1}\n".into(),
            ..PackedMigration::default()
        };
        let second = PackedMigration {
            name: "2026-11-24-000000_second".into(),
            parent: Some("20261123000000".into()),
            message: Some("the \"second\"\nin two lines".into()),
            alone: true,
            compatible: true,
            function: true,
            schema: Some("a hash".into()),
            creates: vec![PackedObject::Table("größe".to_owned()), PackedObject::Enum("one".to_owned())],
            drops: vec![PackedObject::Table("other".to_owned())],
            down_loses: vec![("page".to_owned(), None), ("page".to_owned(), Some("title".to_owned()))],
            renames: vec![("page".to_owned(), Some("title".to_owned()), "heading".to_owned())],
            up: "CREATE TABLE größe (id integer);".into(),
            down: "DROP TABLE größe;\n\n".into(),
            ..PackedMigration::default()
        };
        let empty = PackedMigration {
            name: "2026-11-25-000000_third".into(),
            parent: Some("20261124000000".into()),
            ..PackedMigration::default()
        };
        vec![first, second, empty]
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let text = pack(some()).unwrap();
        let expected = some();
        assert_eq!(unpack(&text).unwrap(), expected);
        let marks: Vec<_> = expected.iter().map(|one| (one.revision(), one.checksum())).collect();
        let head = Head::of(marks.iter().map(|(revision, checksum)| (revision.as_str(), checksum.as_str())));
        let head = head.map(|head| head.with_functions(["20261124000000".to_owned()]));
        assert_eq!(head_of_pack(&text).unwrap(), head);
        assert!(head.unwrap().is_of("20261123000000 20261124000000 20261125000000"));
        let none = pack(Vec::new()).unwrap();
        assert_eq!((head_of_pack(&none).unwrap(), unpack(&none).unwrap()), (None, Vec::new()));
    }

    #[test]
    fn what_does_not_follow_is_not_packed() {
        let mut broken = some();
        broken.remove(1);
        assert!(pack(broken).unwrap_err().to_string().contains("2026-11-25-000000_third"));
    }

    #[test]
    fn what_is_no_pack_is_an_error() {
        let whole = pack(some()).unwrap();
        for (at, _) in whole.char_indices().filter(|(at, _)| *at > whole.find('\n').unwrap() + 1) {
            let read = unpack(&whole[..at]);
            assert!(read.is_err() || read.unwrap().len() < 3, "the first {at} bytes");
        }
        assert!(head_of_pack("").is_err());
        assert!(head_of_pack("{}").is_err());
        assert!(unpack("null\n1 0 {\"name\":\"ä\"}\nä").is_err(), "within a letter");
    }

    #[test]
    fn a_head_says_what_there_is_and_how_it_is() {
        let head = |all: &[(&'static str, &'static str)]| Head::of(all.iter().copied()).unwrap();
        let one = head(&[("1", "a"), ("2", "b")]);
        assert_eq!(one, head(&[("1", "a"), ("2", "b")]));
        for other in [
            head(&[("1", "a"), ("2", "c")]),
            head(&[("1", "c"), ("2", "b")]),
            head(&[("0", "a"), ("2", "b")]),
            head(&[("2", "b")]),
        ] {
            assert_ne!(one.chain, other.chain);
        }
        assert!(one.is_of("1 2") && one.is_of("2 1") && !one.is_of("1") && !one.is_of("12"));
        assert!(!one.is_of("1 2 2") && !one.is_of(""));
        assert_eq!(Head::of([]), None);
    }
}
