//! `collate = "…"` and `collate(postgres = "…", sqlite = "…")`, on a field.

use proc_macro2::Ident;
use syn::Token;
use syn::parse::ParseStream;

use super::context::{Context, Mark, Marked};
use super::entries::{self, Keys};
use crate::{Collation, Dialect};

/// The collation of a column.
#[derive(Clone, Debug, Hash)]
pub(super) struct CollateAttribute {
    /// Where it is said.
    pub(super) mark: Mark,
    /// That of the project's one database.
    pub(super) only: Option<Marked<Collation>>,
    /// Those of databases that are named.
    pub(super) named: Vec<(Marked<Dialect>, Marked<Collation>)>,
}

const COLLATE: Keys =
    Keys { attribute: "`collate(…)`", known: &["postgres", "sqlite", "mysql"], repeatable: &[] };

impl CollateAttribute {
    pub(super) fn read(key: &Ident, input: ParseStream<'_>, context: &mut Context) -> syn::Result<Self> {
        let mut collate = Self { mark: context.mark(key.span()), only: None, named: Vec::new() };
        if input.peek(Token![=]) {
            collate.only = collation(input, context)?;
            return Ok(collate);
        }
        if !input.peek(syn::token::Paren) {
            let message = "`collate` names a collation: `collate = \"C\"`, or for several databases \
                           `collate(postgres = \"C\", sqlite = \"NOCASE\")`";
            return Err(syn::Error::new(key.span(), message));
        }
        let content = entries::group(key, input)?;
        if content.is_empty() {
            return Err(syn::Error::new(key.span(), "`collate(…)` names at least one database's collation"));
        }
        COLLATE.read(&content, &mut Vec::new(), context, |dialect, input, context| {
            let span = dialect.span();
            let name: Option<Dialect> = dialect.to_string().parse().ok();
            if let (Some(name), Some(collation)) = (name, collation(input, context)?) {
                collate.named.push((context.marked(name, span), collation));
            }
            Ok(())
        });
        Ok(collate)
    }

    /// That of a database, where one is said.
    pub(super) fn of(&self, dialect: Dialect) -> Option<&Marked<Collation>> {
        let named = self.named.iter().find(|(name, _)| name.value == dialect);
        named.map(|(_, collation)| collation).or(self.only.as_ref())
    }
}

fn collation(input: ParseStream<'_>, context: &mut Context) -> syn::Result<Option<Marked<Collation>>> {
    let literal = entries::text(input)?;
    let collation = context.keep(literal.span(), Collation::new(literal.value()));
    Ok(collation.map(|collation| context.marked(collation, literal.span())))
}
