//! `#[derive(DbEnum)]`.

use fenrir_schema::reader::{Context, DbEnumModel};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::DeriveInput;

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut context = Context::new();
    let read = DbEnumModel::read(input, &mut context);
    let errors = context.take_errors();
    // With mistakes too, so that one mistake is one message.
    let code = read.filter(|_| input.generics.params.is_empty()).map(|model| {
        let labels = if errors.is_empty() { labels(&model) } else { no_labels() };
        code(input, &model, &labels)
    });
    let errors = errors.iter().map(syn::Error::to_compile_error);
    quote!(#(#errors)* #code)
}

/// The items of the trait `DbEnum`.
fn labels(model: &DbEnumModel) -> TokenStream {
    let variants: Vec<_> = model.variants.iter().map(|variant| &variant.ident).collect();
    let labels: Vec<_> = model.variants.iter().map(|variant| &variant.label).collect();
    quote! {
        const LABELS: &'static [&'static str] = &[#(#labels),*];

        fn label(&self) -> &'static str {
            match self {
                #(Self::#variants => #labels,)*
            }
        }

        fn from_label(label: &str) -> ::core::option::Option<Self> {
            match label {
                #(#labels => ::core::option::Option::Some(Self::#variants),)*
                _ => ::core::option::Option::None,
            }
        }
    }
}

/// In place of those, where variants or labels may be such that they would not compile.
fn no_labels() -> TokenStream {
    quote! {
        const LABELS: &'static [&'static str] = &[];

        fn label(&self) -> &'static str {
            ""
        }

        fn from_label(_: &str) -> ::core::option::Option<Self> {
            ::core::option::Option::None
        }
    }
}

fn code(input: &DeriveInput, model: &DbEnumModel, labels: &TokenStream) -> TokenStream {
    let ident = &model.ident;
    let sql_type = format_ident!("{}SqlType", ident);
    let sql_name = model.sql_name.value.as_str();
    let visibility = &input.vis;
    let documentation = format!("The SQL type of [`{ident}`]: `{sql_name}`.");
    let unknown = format!("is no value of the enum `{ident}`");
    quote! {
        #[doc = #documentation]
        #[derive(
            ::core::fmt::Debug,
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::default::Default,
            ::diesel::sql_types::SqlType,
            ::diesel::query_builder::QueryId,
        )]
        #[diesel(postgres_type(name = #sql_name))]
        #[diesel(sqlite_type(name = "Text"))]
        #[diesel(mysql_type(name = "Enum"))]
        #visibility struct #sql_type;

        #[automatically_derived]
        impl ::fenrir_migrate::DbEnum for #ident {
            #labels
        }

        const _: () = {
            use ::diesel::deserialize::{self, FromSql, Queryable};
            use ::diesel::expression::AsExpression;
            use ::diesel::internal::derives::as_expression::Bound;
            use ::diesel::serialize::{self, Output, ToSql};
            use ::diesel::sql_types::{Nullable, Text};

            #[automatically_derived]
            impl<DB> FromSql<#sql_type, DB> for #ident
            where
                DB: ::diesel::backend::Backend,
                ::std::string::String: FromSql<Text, DB>,
            {
                fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                    let label = <::std::string::String as FromSql<Text, DB>>::from_sql(value)?;
                    <Self as ::fenrir_migrate::DbEnum>::from_label(&label)
                        .ok_or_else(|| ::std::format!("`{}` {}", label, #unknown).into())
                }
            }

            #[automatically_derived]
            impl<DB> Queryable<#sql_type, DB> for #ident
            where
                DB: ::diesel::backend::Backend,
                Self: FromSql<#sql_type, DB>,
            {
                type Row = Self;

                fn build(row: Self) -> deserialize::Result<Self> {
                    ::core::result::Result::Ok(row)
                }
            }

            #[automatically_derived]
            impl<DB> ToSql<#sql_type, DB> for #ident
            where
                DB: ::diesel::backend::Backend,
                str: ToSql<Text, DB>,
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                    <str as ToSql<Text, DB>>::to_sql(<Self as ::fenrir_migrate::DbEnum>::label(self), out)
                }
            }

            #[automatically_derived]
            impl<DB> ToSql<Nullable<#sql_type>, DB> for #ident
            where
                DB: ::diesel::backend::Backend,
                Self: ToSql<#sql_type, DB>,
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                    <Self as ToSql<#sql_type, DB>>::to_sql(self, out)
                }
            }

            #[automatically_derived]
            impl AsExpression<#sql_type> for #ident {
                type Expression = Bound<#sql_type, Self>;

                fn as_expression(self) -> Self::Expression {
                    Bound::new(self)
                }
            }

            #[automatically_derived]
            impl<'expr> AsExpression<#sql_type> for &'expr #ident {
                type Expression = Bound<#sql_type, Self>;

                fn as_expression(self) -> Self::Expression {
                    Bound::new(self)
                }
            }

            #[automatically_derived]
            impl AsExpression<Nullable<#sql_type>> for #ident {
                type Expression = Bound<Nullable<#sql_type>, Self>;

                fn as_expression(self) -> Self::Expression {
                    Bound::new(self)
                }
            }

            #[automatically_derived]
            impl<'expr> AsExpression<Nullable<#sql_type>> for &'expr #ident {
                type Expression = Bound<Nullable<#sql_type>, Self>;

                fn as_expression(self) -> Self::Expression {
                    Bound::new(self)
                }
            }
        };
    }
}
