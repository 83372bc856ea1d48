//! `#[diesel(…)]`, as far as it says what Fenrir needs: a user never says a thing twice.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, LitStr, Path, Token};

use super::context::{Context, Marked};
use super::entries;
use super::rust_type::{self, SqlTypeName};
use super::table_attribute::{self, FieldName};

/// What `#[diesel(…)]` says on a struct or a field.
#[derive(Default, Hash)]
pub(super) struct DieselAttributes {
    pub(super) table_name: Option<Ident>,
    /// Empty where it was given and could not be read.
    pub(super) primary_key: Option<Vec<FieldName>>,
    pub(super) column_name: Option<Ident>,
    pub(super) sql_type: Option<Marked<SqlTypeName>>,
    /// Whether the Rust type is not what Diesel reads and writes: another stands in between.
    pub(super) converted: bool,
}

impl DieselAttributes {
    /// Diesel's own derives check the rest; what is unknown here is theirs.
    pub(super) fn read(attributes: &[Attribute], context: &mut Context) -> Self {
        let mut diesel = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("diesel")) {
            let result = attribute.parse_args_with(|input: ParseStream<'_>| {
                while !input.is_empty() {
                    let key = Ident::parse_any(input)?;
                    diesel.entry(&key, input, context)?;
                    entries::skip_entry(input);
                    input.parse::<Option<Token![,]>>()?;
                }
                Ok(())
            });
            if let Err(error) = result {
                context.error(error);
            }
        }
        diesel
    }

    fn entry(&mut self, key: &Ident, input: ParseStream<'_>, context: &mut Context) -> syn::Result<()> {
        match key.to_string().as_str() {
            "table_name" => {
                let path = ident_or_text(input)?;
                let Some(module) = path.get_ident() else {
                    let message = "name the table alone, without a path: `derive(Table)` makes the module, \
                                   beside the struct";
                    return Err(syn::Error::new_spanned(&path, message));
                };
                self.table_name = Some(module.clone());
            }
            "primary_key" => {
                let names = self.primary_key.insert(Vec::new());
                *names = table_attribute::fields(key, input, context)?;
            }
            "column_name" => {
                let path = ident_or_text(input)?;
                let Some(column) = path.get_ident() else {
                    return Err(syn::Error::new_spanned(&path, "expected the name of a column"));
                };
                self.column_name = Some(column.clone());
            }
            "sql_type" => {
                let named: syn::Type = entries::value(input, rust_type::EXPECTED)?;
                let span = rust_type::span(&named);
                let name = SqlTypeName::read(&named)?;
                self.sql_type = Some(context.marked(name, span));
            }
            "deserialize_as" | "serialize_as" | "select_expression" => self.converted = true,
            "embed" => {
                let message = "a field with `embed` is no column, and a model is all of its table's columns";
                return Err(syn::Error::new(key.span(), message));
            }
            _ => {}
        }
        Ok(())
    }
}

/// `= name`, or the older `= "name"`.
fn ident_or_text(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        let path: Path = literal.parse_with(Path::parse_mod_style)?;
        return syn::parse2(path.to_token_stream());
    }
    Path::parse_mod_style(input)
}
