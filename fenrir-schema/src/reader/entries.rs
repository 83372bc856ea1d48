//! Attributes of the form `key, key = value, key(…)`: read one after the other, each error kept, the
//! next entry read all the same.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use proc_macro2::{Ident, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseBuffer, ParseStream};
use syn::{Attribute, LitInt, LitStr, Token, parenthesized};

use super::context::{Context, Marked};
use crate::{Dialect, Dialects, Expression, Identifier, TableName};

/// The entries of one kind of attribute.
pub(super) struct Keys {
    /// The attribute, for messages: `#[column(…)]`.
    pub(super) attribute: &'static str,
    /// What it takes.
    pub(super) known: &'static [&'static str],
    /// Which of them may stand more than once.
    pub(super) repeatable: &'static [&'static str],
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
        let before = context.error_count();
        let result = attribute.parse_args_with(|input: ParseStream<'_>| {
            self.read(input, seen, context, &mut read);
            Ok(())
        });
        // What a mistake left unread is no mistake of its own.
        if let (Err(error), true) = (result, context.error_count() == before) {
            context.error(error);
        }
    }

    /// Reads all entries that `input` holds, and tells whether each was right: where one was not, what
    /// seems to be missing may be what it was meant to say. A key is looked up before it is read, so
    /// that `read` only sees those that are known.
    pub(super) fn read(
        &self,
        input: ParseStream<'_>,
        seen: &mut Vec<String>,
        context: &mut Context,
        mut read: impl FnMut(&Ident, ParseStream<'_>, &mut Context) -> syn::Result<()>,
    ) -> bool {
        let before = context.error_count();
        while !input.is_empty() {
            let result = self.entry(input, seen).and_then(|key| {
                read(&key, input, context)?;
                if input.is_empty() || input.peek(Token![,]) {
                    Ok(())
                } else if input.peek(Token![=]) || input.peek(syn::token::Paren) {
                    Err(input.error(format!("expected `,`: `{key}` takes no value")))
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
        context.error_count() == before
    }

    fn entry(&self, input: ParseStream<'_>, seen: &mut Vec<String>) -> syn::Result<Ident> {
        let key = Ident::parse_any(input).map_err(|error| {
            let message = format!("expected a key; {} takes {}", self.attribute, code_list(self.known));
            syn::Error::new(error.span(), message)
        })?;
        let name = key.to_string();
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

/// `there are `a` and `b``
pub(super) fn there_are<T: Display>(names: &[T]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("there {verb} {}", code_list(names))
}

/// `= value`, with what is expected there.
pub(super) fn value<T: Parse>(input: ParseStream<'_>, expected: &str) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse().map_err(|error| syn::Error::new(error.span(), format!("expected {expected}")))
}

/// `= "text"`
pub(super) fn text(input: ParseStream<'_>) -> syn::Result<LitStr> {
    value(input, "a text in quotes")
}

/// What is between parentheses behind a key.
pub(super) fn group<'a>(key: &Ident, input: ParseStream<'a>) -> syn::Result<ParseBuffer<'a>> {
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(key.span(), format!("`{key}` needs parentheses behind it: `{key}(…)`")));
    }
    let content;
    parenthesized!(content in input);
    Ok(content)
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

/// `= "name"` or `= "schema.name"`, as a table's name in the database.
pub(super) fn table_name(
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Option<Marked<TableName>>> {
    let literal = text(input)?;
    let name = context.keep(literal.span(), literal.value().parse());
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
pub(super) fn number<N>(
    range: RangeInclusive<N>,
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Marked<N>>
where
    N: std::str::FromStr + PartialOrd + Display,
    N::Err: Display,
{
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    let literal: LitInt = value(input, &expected)?;
    match literal.base10_parse() {
        Ok(number) if range.contains(&number) => Ok(context.marked(number, literal.span())),
        _ => Err(syn::Error::new(literal.span(), format!("expected {expected}"))),
    }
}

/// `(postgres, sqlite)`: at least one database.
pub(super) fn dialects(
    key: &Ident,
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Marked<Dialects>> {
    let content = group(key, input)?;
    let mut named = Vec::new();
    while !content.is_empty() {
        let span = content.span();
        let name = content.call(Ident::parse_any).map(|name| name.to_string()).unwrap_or_default();
        let dialect = Dialect::from_str(&name).map_err(|_| {
            let names: Vec<_> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
            syn::Error::new(span, format!("expected {}", code_list(&names).replace(" and ", " or ")))
        })?;
        if named.contains(&dialect) {
            return Err(syn::Error::new(span, format!("`{dialect}` is named twice")));
        }
        named.push(dialect);
        content.parse::<Option<Token![,]>>()?;
    }
    if named.is_empty() {
        return Err(syn::Error::new(key.span(), format!("`{key}` needs the name of a database")));
    }
    Ok(context.marked(Dialects::only(named), key.span()))
}

/// `= word`, one of some words.
pub(super) fn word<T: Copy>(
    input: ParseStream<'_>,
    words: &[(&str, T)],
    context: &mut Context,
) -> syn::Result<Marked<T>> {
    input.parse::<Token![=]>()?;
    let span = input.span();
    let named = input.call(Ident::parse_any).map(|ident| ident.to_string());
    match words.iter().find(|(word, _)| named.as_ref().is_ok_and(|name| name == word)) {
        Some((_, value)) => Ok(context.marked(*value, span)),
        None => {
            let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Err(syn::Error::new(span, format!("expected {}", code_list(&names).replace(" and ", " or "))))
        }
    }
}
