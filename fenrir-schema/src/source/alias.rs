//! Aliases and newtypes: what they stand for, and which of them a file has.

use std::collections::BTreeSet;

use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Token, Type};

use super::attributes::when_of;
use super::cfg::{Cfg, When};

/// What an alias or a newtype stands for, and when it is compiled; none for another kind of item,
/// since most structs have braces or generics, and are no newtypes.
pub(super) fn target(text: &str, cfg: &dyn Cfg) -> Option<(Type, When)> {
    let (attributes, target) = item.parse_str(text).ok()?;
    let when = attributes
        .iter()
        .try_fold(When::Always, |when, attribute| Ok::<_, syn::Error>(when.min(when_of(attribute, cfg)?)));
    Some((target?, when.ok().filter(|when| *when > When::Never)?))
}

fn item(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Option<Type>)> {
    let attributes = Attribute::parse_outer(input)?;
    input.parse::<syn::Visibility>()?;
    let target = if input.parse::<Option<Token![type]>>()?.is_some() {
        input.parse::<syn::Ident>()?;
        input.parse::<Option<Token![=]>>()?.map(|_| input.parse()).transpose()?
    } else {
        input.parse::<Token![struct]>()?;
        input.parse::<syn::Ident>()?;
        only_field(input)?
    };
    input.parse::<proc_macro2::TokenStream>()?;
    Ok((attributes, target))
}

fn only_field(input: ParseStream<'_>) -> syn::Result<Option<Type>> {
    if !input.peek(syn::token::Paren) {
        return Ok(None);
    }
    let fields = input.parse::<syn::FieldsUnnamed>()?.unnamed;
    Ok(if fields.len() == 1 { fields.into_iter().next().map(|field| field.ty) } else { None })
}

/// The names of all that may be an alias or a newtype in a file, found without reading it.
pub(super) fn defined_in(text: &str) -> BTreeSet<&str> {
    let words = ["type", "struct"].into_iter().flat_map(|word| text.split(word).skip(1));
    let names = words.filter_map(|rest| {
        let name = rest.trim_start();
        let name = name.strip_prefix("r#").unwrap_or(name);
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
        Some(&name[..end]).filter(|name| !name.is_empty() && rest.starts_with(char::is_whitespace))
    });
    names.collect()
}

/// All names in a type.
pub(super) fn names_in(ty: &Type, into: &mut BTreeSet<String>) {
    match ty {
        Type::Path(path) => {
            for segment in &path.path.segments {
                into.insert(segment.ident.unraw().to_string());
                if let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments {
                    for argument in &arguments.args {
                        if let syn::GenericArgument::Type(inner) = argument {
                            names_in(inner, into);
                        }
                    }
                }
            }
        }
        // A range is a pair of bounds.
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|inner| names_in(inner, into)),
        _ => {}
    }
}
