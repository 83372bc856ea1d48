//! Which definition a path means.
//!
//! A path is matched by its names, not by following `use`: what it comes to is compared with what
//! the compiler makes of it by an assertion that the derive emits, so a wrong match does not compile.

use std::collections::HashMap;

use quote::ToTokens;
use syn::Path;
use syn::ext::IdentExt;

use super::super::rust_type;
use super::{Definitions, Place};

/// What the package defines, by name.
pub(super) struct Names {
    types: HashMap<String, Vec<Found>>,
    models: HashMap<String, Vec<usize>>,
}

impl Names {
    pub(super) fn new(definitions: &Definitions) -> Self {
        let (mut types, mut models): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        for (index, alias) in definitions.aliases.iter().enumerate() {
            types.entry(alias.name.clone()).or_default().push(Found::Alias(index));
        }
        for (index, found) in definitions.enums.iter().enumerate() {
            types.entry(found.definition.ident.unraw().to_string()).or_default().push(Found::Enum(index));
        }
        for (index, found) in definitions.models.iter().enumerate() {
            models.entry(found.model.ident.unraw().to_string()).or_default().push(index);
        }
        Self { types, models }
    }
}

/// A type that the package defines.
#[derive(Clone, Copy)]
pub(super) enum Found {
    Alias(usize),
    Enum(usize),
}

/// The alias, newtype or enum that a path means to an item at `place`; none where there is none.
///
/// Where Diesel knows a type of that name (`only_near`), only a definition in the same module counts.
pub(super) fn named_type(
    definitions: &Definitions,
    names: &Names,
    place: &Place,
    path: &Path,
    only_near: bool,
) -> Result<Option<Found>, String> {
    let Some(found) = path.segments.last().and_then(|name| names.types.get(&name.ident.unraw().to_string()))
    else {
        return Ok(None);
    };
    let candidates = found.iter().map(|&found| match found {
        Found::Alias(index) => (found, &definitions.aliases[index].place),
        Found::Enum(index) => (found, &definitions.enums[index].place),
    });
    // The program does not see what is there in tests only.
    let near = |other: &Place| (other.managed || !place.managed) && (!only_near || same_module(place, other));
    let candidates = candidates.filter(|(_, other)| near(other));
    one(definitions, place, path, candidates.collect())
}

/// The model that a path means to an item at `place`; none where there is none.
pub(super) fn model(
    definitions: &Definitions,
    names: &Names,
    place: &Place,
    path: &Path,
) -> Result<Option<usize>, String> {
    let name = path.segments.last().map(|name| name.ident.unraw().to_string()).unwrap_or_default();
    let found = names.models.get(&name).map(Vec::as_slice).unwrap_or_default();
    let candidates = found.iter().map(|&index| (index, &definitions.models[index].place));
    one(definitions, place, path, candidates.collect())
}

fn one<T>(
    definitions: &Definitions,
    place: &Place,
    path: &Path,
    mut found: Vec<(T, &Place)>,
) -> Result<Option<T>, String> {
    let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
    let Some((name, before)) = segments.split_last() else { return Ok(None) };
    let library = definitions.crates.iter().find(|root| root.is_library).map(|root| root.name.as_str());
    let of_library = before.first().is_some_and(|first| Some(first.as_str()) == library);
    let exact = if of_library { before[1..].to_vec() } else { modules_of(place, before) };
    let before: Vec<_> = before
        .iter()
        .map(String::as_str)
        .filter(|segment| !matches!(*segment, "crate" | "self" | "super") && Some(*segment) != library)
        .collect();
    let visible = |other: &Place| {
        other.crate_index == place.crate_index || definitions.crates[other.crate_index].is_library
    };
    let fits = |other: &Place| {
        let modules: Vec<_> = other.modules.iter().map(String::as_str).collect();
        modules.ends_with(&before)
    };
    found.retain(|(_, other)| visible(other) && fits(other));
    // The nearest: in the same crate, and where the path leads without any `use`.
    prefer(&mut found, |other| {
        if of_library {
            definitions.crates[other.crate_index].is_library
        } else {
            other.crate_index == place.crate_index
        }
    });
    prefer(&mut found, |other| other.modules == exact);
    prefer(&mut found, |other| other.managed || !place.managed);
    if found.len() > 1 {
        let places: Vec<_> = found
            .iter()
            .map(|(_, other)| format!("`{}::{name}`", self::path(definitions, place, other)))
            .collect();
        let written = rust_type::canonical_tokens(path.to_token_stream());
        return Err(format!("`{written}` could be {}: write its path", places.join(" or ")));
    }
    Ok(found.pop().map(|(index, _)| index))
}

/// The modules that a path names, from the root of the crate.
fn modules_of(place: &Place, before: &[String]) -> Vec<String> {
    let mut modules = place.modules.clone();
    for segment in before {
        match segment.as_str() {
            "crate" => modules.clear(),
            "self" => {}
            "super" => drop(modules.pop()),
            other => modules.push(other.to_owned()),
        }
    }
    modules
}

/// Leaves those that fit, if there is one.
fn prefer<T>(found: &mut Vec<(T, &Place)>, fits: impl Fn(&Place) -> bool) {
    if found.len() > 1 && found.iter().any(|(_, other)| fits(other)) {
        found.retain(|(_, other)| fits(other));
    }
}

fn same_module(a: &Place, b: &Place) -> bool {
    a.crate_index == b.crate_index && a.modules == b.modules
}

/// The path of a place's module, for an item at another place.
pub(super) fn path(definitions: &Definitions, from: &Place, to: &Place) -> String {
    let root = if from.crate_index == to.crate_index {
        "crate".to_owned()
    } else {
        format!("::{}", definitions.crates[to.crate_index].name)
    };
    std::iter::once(root).chain(to.modules.iter().map(|module| raw(module))).collect::<Vec<_>>().join("::")
}

/// A module's name as it can stand in a path: `r#type`. `gen` is a keyword in some editions only.
fn raw(module: &str) -> String {
    let is_name = module != "gen" && syn::parse_str::<syn::Ident>(module).is_ok();
    if is_name { module.to_owned() } else { format!("r#{module}") }
}
