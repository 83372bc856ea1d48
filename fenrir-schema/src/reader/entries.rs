//! Attributes of the form `key, key = value, key(…)`: read one after the other, each error kept, the
//! next entry read all the same.

use std::fmt::Display;

use proc_macro2::{Ident, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, LitInt, LitStr, Token};

use super::context::{Context, Marked};
use crate::{Expression, Identifier};

/// The entries of one kind of attribute.
pub(super) struct Keys {
    /// The attribute, for messages: `#[column(…)]`.
    pub(super) attribute: &'static str,
    /// What it takes.
    pub(super) known: &'static [&'static str],
    /// Which of them may stand more than once.
    pub(super) repeatable: &'static [&'static str],
    /// Which of them have no effect yet.
    pub(super) not_yet: &'static [&'static str],
}

impl Keys {
    /// Reads all entries of an attribute's parentheses.
    pub(super) fn read_attribute(
        &self,
        attribute: &Attribute,
        seen: &mut Vec<String>,
        context: &mut Context,
        mut read: impl FnMut(&Ident, ParseStream<'_>, &mut Context) -> syn::Result<()>,
    ) {
        let result = attribute.parse_args_with(|input: ParseStream<'_>| {
            self.read(input, seen, context, &mut read);
            Ok(())
        });
        if let Err(error) = result {
            context.error(error);
        }
    }

    /// Reads all entries that `input` holds. A key is looked up before it is read, so that `read`
    /// only sees those that have an effect.
    pub(super) fn read(
        &self,
        input: ParseStream<'_>,
        seen: &mut Vec<String>,
        context: &mut Context,
        mut read: impl FnMut(&Ident, ParseStream<'_>, &mut Context) -> syn::Result<()>,
    ) {
        while !input.is_empty() {
            let result = self.entry(input, seen).and_then(|key| {
                read(&key, input, context)?;
                if input.is_empty() || input.peek(Token![,]) {
                    Ok(())
                } else {
                    Err(input.error("expected `,`"))
                }
            });
            if let Err(error) = result {
                context.error(error);
                skip_entry(input);
            }
            // Of the two cases above, either holds.
            let _ = input.parse::<Option<Token![,]>>();
        }
    }

    fn entry(&self, input: ParseStream<'_>, seen: &mut Vec<String>) -> syn::Result<Ident> {
        let key = Ident::parse_any(input)?;
        let name = key.to_string();
        if self.not_yet.contains(&name.as_str()) {
            return Err(syn::Error::new(key.span(), format!("`{name}` is not supported yet")));
        }
        if !self.known.contains(&name.as_str()) {
            let message = format!("unknown key `{name}`; {} takes {}", self.attribute, code_list(self.known));
            return Err(syn::Error::new(key.span(), message));
        }
        if seen.contains(&name) && !self.repeatable.contains(&name.as_str()) {
            return Err(syn::Error::new(key.span(), format!("`{name}` is given twice")));
        }
        seen.push(name);
        Ok(key)
    }
}

/// Passes over the rest of an entry.
pub(super) fn skip_entry(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<TokenTree>();
    }
}

/// `` `a`, `b` and `c` ``
pub(super) fn code_list<T: Display>(names: &[T]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `= value`
pub(super) fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// `= "text"`
pub(super) fn text(input: ParseStream<'_>) -> syn::Result<LitStr> {
    value(input)
}

/// `= "name"`, as a name in the database.
pub(super) fn identifier(
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Option<Marked<Identifier>>> {
    let literal = text(input)?;
    let name = context.keep(literal.span(), Identifier::new(literal.value()));
    Ok(name.map(|name| context.marked(name, literal.span())))
}

/// `= "expression"`
pub(super) fn expression(
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Option<Marked<Expression>>> {
    let literal = text(input)?;
    Ok(checked_expression(&literal, context))
}

/// The text of a literal, as an expression.
pub(super) fn checked_expression(literal: &LitStr, context: &mut Context) -> Option<Marked<Expression>> {
    let expression = context.keep(literal.span(), Expression::new(literal.value()))?;
    Some(context.marked(expression, literal.span()))
}

/// `= 96`
pub(super) fn number<N>(input: ParseStream<'_>, context: &mut Context) -> syn::Result<Marked<N>>
where
    N: std::str::FromStr,
    N::Err: Display,
{
    let literal: LitInt = value(input)?;
    Ok(context.marked(literal.base10_parse()?, literal.span()))
}

/// `= word`, one of some words.
pub(super) fn word<T: Copy>(
    input: ParseStream<'_>,
    words: &[(&str, T)],
    context: &mut Context,
) -> syn::Result<Marked<T>> {
    input.parse::<Token![=]>()?;
    let (name, span): (String, Span) = if input.peek(syn::LitBool) {
        let literal: syn::LitBool = input.parse()?;
        (literal.value.to_string(), literal.span)
    } else {
        let ident = Ident::parse_any(input)?;
        (ident.to_string(), ident.span())
    };
    match words.iter().find(|(word, _)| *word == name) {
        Some((_, value)) => Ok(context.marked(*value, span)),
        None => {
            let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Err(syn::Error::new(span, format!("expected {}", code_list(&names).replace(" and ", " or "))))
        }
    }
}
