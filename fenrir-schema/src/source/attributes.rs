//! What the attributes of an item come to: `cfg`, `cfg_attr` and our derives.

use std::ops::Range;

use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Meta, Token};

use super::cfg::{Cfg, Predicate, When};

/// A derive of ours.
pub(super) enum Derived {
    Table,
    DbEnum,
}

/// What an item's attributes say of it.
pub(super) struct Configured {
    pub(super) kind: Option<Derived>,
    pub(super) when: When,
}

/// Leaves an item as the compiler would hand it to a derive: `cfg_attr` expanded, what `cfg` leaves
/// out gone, the derives gone. Tells which of ours it has, and when it is compiled, which is not
/// before `outer`.
pub(super) fn configure(input: &mut DeriveInput, outer: When, cfg: &dyn Cfg) -> syn::Result<Configured> {
    let mut configured = Configured { kind: None, when: outer };
    let mut attributes = Vec::new();
    for attribute in std::mem::take(&mut input.attrs) {
        expand(attribute, cfg, &mut attributes)?;
    }
    for (attribute, when) in &attributes {
        configured.when = configured.when.min(when_of(attribute, cfg)?);
        if attribute.path().is_ident("derive") {
            if let Some(kind) = derived(attribute)? {
                configured.kind = Some(kind);
                configured.when = configured.when.min(*when);
            }
        }
    }
    // Of a model of tests, what is there in tests is a part.
    let least = configured.when;
    let there = attributes
        .into_iter()
        .filter(|(attribute, when)| *when >= least && !attribute.path().is_ident("derive"));
    input.attrs = there.map(|(attribute, _)| attribute).collect();
    match &mut input.data {
        Data::Struct(data) => {
            if let Fields::Named(fields) = &mut data.fields {
                fields.named = kept(std::mem::take(&mut fields.named), least, cfg, |field| &mut field.attrs)?;
            }
        }
        Data::Enum(data) => {
            data.variants =
                kept(std::mem::take(&mut data.variants), least, cfg, |variant| &mut variant.attrs)?;
        }
        Data::Union(_) => {}
    }
    Ok(configured)
}

/// The fields or variants that are there whenever their item is.
fn kept<T, P: Default>(
    list: Punctuated<T, P>,
    least: When,
    cfg: &dyn Cfg,
    attributes: impl Fn(&mut T) -> &mut Vec<Attribute>,
) -> syn::Result<Punctuated<T, P>> {
    let mut kept = Punctuated::new();
    for mut item in list {
        let mut expanded = Vec::new();
        for attribute in std::mem::take(attributes(&mut item)) {
            expand(attribute, cfg, &mut expanded)?;
        }
        let mut when = When::Always;
        for (attribute, _) in &expanded {
            when = when.min(when_of(attribute, cfg)?);
        }
        if when >= least {
            let there = expanded
                .into_iter()
                .filter(|(attribute, when)| *when >= least && !attribute.path().is_ident("cfg"));
            *attributes(&mut item) = there.map(|(attribute, _)| attribute).collect();
            kept.push(item);
        }
    }
    Ok(kept)
}

/// An attribute, or what a `cfg_attr` stands for, each with when it is there.
pub(super) fn expand(
    attribute: Attribute,
    cfg: &dyn Cfg,
    into: &mut Vec<(Attribute, When)>,
) -> syn::Result<()> {
    if !attribute.path().is_ident("cfg_attr") {
        into.push((attribute, When::Always));
        return Ok(());
    }
    let (predicate, metas) = attribute.parse_args_with(|input: syn::parse::ParseStream<'_>| {
        let predicate: Predicate = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok((predicate, Punctuated::<Meta, Token![,]>::parse_terminated(input)?))
    })?;
    let when = predicate.when(cfg)?;
    if when > When::Never {
        for meta in metas {
            let mut inner = Vec::new();
            expand(Attribute { meta, ..attribute.clone() }, cfg, &mut inner)?;
            into.extend(inner.into_iter().map(|(attribute, inner)| (attribute, inner.min(when))));
        }
    }
    Ok(())
}

/// When an item with this attribute is compiled: `cfg` says so, and a test is one for tests.
pub(super) fn when_of(attribute: &Attribute, cfg: &dyn Cfg) -> syn::Result<When> {
    if attribute.path().is_ident("cfg") {
        return attribute.parse_args::<Predicate>()?.when(cfg);
    }
    let is_test = attribute
        .path()
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "test" || segment.ident == "bench");
    Ok(if is_test { When::InTests } else { When::Always })
}

/// Whether an item may have one of our derives, for all that its attributes say.
pub(super) fn may_derive(text: &str, attributes: &[Range<usize>]) -> bool {
    attributes.iter().map(|range| &text[range.clone()]).any(|attribute| {
        attribute.starts_with('#')
            && attribute.contains("derive")
            && (attribute.contains("Table") || attribute.contains("DbEnum"))
    })
}

/// Which of our derives is in a `#[derive(…)]`.
fn derived(attribute: &Attribute) -> syn::Result<Option<Derived>> {
    let paths = attribute.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated)?;
    for path in paths {
        let ours = path.segments.len() == 1
            || path.segments.first().is_some_and(|first| first.ident.to_string().starts_with("fenrir"));
        let last = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        match (ours, last.as_str()) {
            (true, "Table") => return Ok(Some(Derived::Table)),
            (true, "DbEnum") => return Ok(Some(Derived::DbEnum)),
            _ => {}
        }
    }
    Ok(None)
}
