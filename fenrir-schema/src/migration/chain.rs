//! The order of migrations by their parents, and the ways to name one.

use std::collections::{BTreeMap, BTreeSet};

/// One migration, as far as the order of migrations needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its revision id: the digits of its date, as Diesel has them.
    pub revision: String,
    /// The revision that it follows; none for the first.
    pub parent: Option<String>,
    /// The name of its folder.
    pub name: String,
}

/// Migrations in the one order in which each follows its parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    links: Vec<Link>,
}

/// Migrations that do not form one chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Two folders of one revision, which Diesel takes for one.
    #[error("`{first}` and `{second}` are both revision {revision}: one of them needs another date")]
    Duplicate {
        /// The revision.
        revision: String,
        /// One folder.
        first: String,
        /// The other.
        second: String,
    },
    /// A parent that is not among the migrations: its folder was deleted or renamed.
    #[error(
        "`{name}` follows revision {parent}, which is not there: its folder was deleted or renamed, bring it back"
    )]
    MissingParent {
        /// The folder whose parent is missing.
        name: String,
        /// The missing revision.
        parent: String,
    },
    /// A migration that is older than the one it follows; Diesel would run it first.
    #[error(
        "`{name}` follows revision {parent}, which has a later date: Diesel would run them the other way round"
    )]
    Order {
        /// The folder.
        name: String,
        /// Its parent.
        parent: String,
    },
    /// Two migrations that follow the same one, as two branches that were merged leave behind.
    #[error(
        "there are two heads: `{first}` and `{second}` both follow {after}. Keep the one that is applied \
         or older, delete the other's folder, and run `fenrir migrate` again: it writes what is missing as \
         one that follows",
        after = .parent.as_deref().unwrap_or("nothing")
    )]
    TwoHeads {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// What both follow; none where both are the first.
        parent: Option<String>,
    },
}

/// A revision that cannot be told from what was given for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// None is called so.
    #[error("there is no revision `{0}`: `fenrir history` lists what there is")]
    NotFound(String),
    /// More than one is.
    #[error("`{text}` could be {}: write more of it", .candidates.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "))]
    Ambiguous {
        /// What was given.
        text: String,
        /// The folders that it fits.
        candidates: Vec<String>,
    },
    /// More steps than there are.
    #[error("`{text}` goes past {end}: {available} is as far as it can go")]
    OutOfRange {
        /// What was given.
        text: String,
        /// Which end.
        end: &'static str,
        /// How many steps there are in that direction.
        available: usize,
    },
}

impl Chain {
    /// Puts migrations into their order.
    ///
    /// # Errors
    /// When they are not one chain: see [`ChainError`].
    pub fn new(mut links: Vec<Link>) -> Result<Chain, ChainError> {
        links.sort_by(|a, b| a.revision.cmp(&b.revision).then_with(|| a.name.cmp(&b.name)));
        let mut by_parent: BTreeMap<Option<&str>, &Link> = BTreeMap::new();
        let revisions: BTreeSet<&str> = links.iter().map(|link| link.revision.as_str()).collect();
        for (link, next) in links.iter().zip(links.iter().skip(1)) {
            if link.revision == next.revision {
                let (first, second) = (link.name.clone(), next.name.clone());
                return Err(ChainError::Duplicate { revision: link.revision.clone(), first, second });
            }
        }
        for link in &links {
            if let Some(parent) = &link.parent {
                let (name, parent) = (link.name.clone(), parent.clone());
                if !revisions.contains(parent.as_str()) {
                    return Err(ChainError::MissingParent { name, parent });
                }
                if parent >= link.revision {
                    return Err(ChainError::Order { name, parent });
                }
            }
            if let Some(other) = by_parent.insert(link.parent.as_deref(), link) {
                let (first, second) = (other.name.clone(), link.name.clone());
                return Err(ChainError::TwoHeads { first, second, parent: link.parent.clone() });
            }
        }
        // Each has one child at most and an older parent that is there: sorted is in order.
        Ok(Chain { links })
    }

    /// The migrations, first to last.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The newest.
    #[must_use]
    pub fn head(&self) -> Option<&Link> {
        self.links.last()
    }

    /// Where a revision stands: how many migrations there are up to it, with it.
    #[must_use]
    pub fn position(&self, revision: &str) -> Option<usize> {
        self.links.iter().position(|link| link.revision == revision).map(|index| index + 1)
    }

    /// What a user means by a revision, as the number of migrations up to it: `base` is 0, `head` all
    /// of them. Takes a full id, with or without the dashes of the folder, a unique beginning of it, a
    /// unique part of the folder's name, `+N` and `-N` from where the database is (`current`), and
    /// either behind any of the others.
    ///
    /// # Errors
    /// When it fits none or several, or goes past an end.
    pub fn resolve(&self, text: &str, current: usize) -> Result<usize, RevisionError> {
        match text {
            "head" => return Ok(self.links.len()),
            "base" => return Ok(0),
            _ => {}
        }
        let found = self.named(text)?;
        if let Some(position) = found {
            return Ok(position);
        }
        let Some((start, forward, steps)) = relative(text) else {
            return Err(RevisionError::NotFound(text.to_owned()));
        };
        let start = match start {
            "" => current,
            "head" => self.links.len(),
            "base" => 0,
            name => self.named(name)?.ok_or_else(|| RevisionError::NotFound(name.to_owned()))?,
        };
        let (available, end) =
            if forward { (self.links.len() - start, "the head") } else { (start, "the base") };
        if steps > available {
            return Err(RevisionError::OutOfRange { text: text.to_owned(), end, available });
        }
        Ok(if forward { start + steps } else { start - steps })
    }

    fn named(&self, text: &str) -> Result<Option<usize>, RevisionError> {
        if text.is_empty() {
            return Ok(None);
        }
        let is_id = text.chars().all(|c| c.is_ascii_digit());
        // With dashes, whole parts of the folder's date: `2026-1` is one before `2026`.
        let is_dated = |link: &Link| {
            text.contains('-')
                && link.name.strip_prefix(text).is_some_and(|rest| rest.starts_with(['-', '_']))
        };
        let by = |fits: &dyn Fn(&Link) -> bool| -> Result<Option<usize>, RevisionError> {
            let found: Vec<_> = (0..self.links.len()).filter(|&index| fits(&self.links[index])).collect();
            match found.as_slice() {
                [] => Ok(None),
                [index] => Ok(Some(index + 1)),
                several => Err(RevisionError::Ambiguous {
                    text: text.to_owned(),
                    candidates: several.iter().map(|&index| self.links[index].name.clone()).collect(),
                }),
            }
        };
        if let Some(position) = by(&|link| link.name == text || link.revision == text)? {
            return Ok(Some(position));
        }
        if let Some(position) = by(&|link| is_id && link.revision.starts_with(text) || is_dated(link))? {
            return Ok(Some(position));
        }
        // The part behind the date, so that digits of a date are not part of a name.
        by(&|link| link.name.split_once('_').is_some_and(|(_, slug)| slug.contains(text)))
    }
}

/// `REV+N`, `REV-N`, `+N` or `-N`: what stands before, whether forward, how many.
fn relative(text: &str) -> Option<(&str, bool, usize)> {
    let at = text.rfind(['+', '-'])?;
    let steps = text[at + 1..].parse().ok()?;
    Some((&text[..at], text.as_bytes()[at] == b'+', steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(revision: &str, parent: Option<&str>, slug: &str) -> Link {
        Link {
            revision: revision.to_owned(),
            parent: parent.map(str::to_owned),
            name: format!(
                "{}-{}-{}-{}_{slug}",
                &revision[..4],
                &revision[4..6],
                &revision[6..8],
                &revision[8..]
            ),
        }
    }

    fn chain() -> Chain {
        Chain::new(vec![
            link("20261124101500", Some("20261123091500"), "add_pages"),
            link("20261123091500", None, "initial"),
            link("20261125000000", Some("20261124101500"), "add_page_title"),
        ])
        .unwrap()
    }

    #[test]
    fn every_way_to_name_a_revision() {
        for (text, position) in [
            ("head", 3),
            ("base", 0),
            ("20261124101500", 2),
            ("2026-11-24-101500", 2),
            ("2026-11-24", 2),
            ("20261125", 3),
            ("initial", 1),
            ("title", 3),
            ("2026-11-24-101500_add_pages", 2),
            ("+1", 2),
            ("-1", 0),
            ("head-2", 1),
            ("base+2", 2),
            ("initial+1", 2),
            ("2026-11-24-101500-1", 1),
            ("2026-11-25-2", 1),
        ] {
            assert_eq!(chain().resolve(text, 1), Ok(position), "{text}");
        }
    }

    #[test]
    fn what_names_no_revision() {
        assert_eq!(chain().resolve("abc123", 1), Err(RevisionError::NotFound("abc123".to_owned())));
        assert_eq!(chain().resolve("", 1), Err(RevisionError::NotFound(String::new())));
        assert!(matches!(chain().resolve("add_page", 1), Err(RevisionError::Ambiguous { .. })));
        assert!(matches!(chain().resolve("2026", 1), Err(RevisionError::Ambiguous { .. })));
        assert!(matches!(chain().resolve("+3", 1), Err(RevisionError::OutOfRange { available: 2, .. })));
        assert!(matches!(chain().resolve("-2", 1), Err(RevisionError::OutOfRange { available: 1, .. })));
    }

    #[test]
    fn two_heads_are_seen() {
        let error = Chain::new(vec![
            link("20261123091500", None, "initial"),
            link("20261124000000", Some("20261123091500"), "mine"),
            link("20261124000001", Some("20261123091500"), "yours"),
        ])
        .unwrap_err();
        assert!(matches!(error, ChainError::TwoHeads { .. }), "{error}");
    }

    #[test]
    fn a_lost_folder_is_named() {
        let error = Chain::new(vec![link("20261124000000", Some("20261123091500"), "mine")]).unwrap_err();
        assert!(error.to_string().contains("20261123091500, which is not there"), "{error}");
    }

    #[test]
    fn a_child_older_than_its_parent_is_refused() {
        let links =
            vec![link("20261123091500", Some("20261124000000"), "b"), link("20261124000000", None, "a")];
        assert!(matches!(Chain::new(links), Err(ChainError::Order { .. })));
    }

    #[test]
    fn two_folders_of_one_revision_are_refused() {
        let links = vec![link("20261123091500", None, "a"), link("20261123091500", None, "b")];
        assert!(matches!(Chain::new(links), Err(ChainError::Duplicate { .. })));
    }
}
