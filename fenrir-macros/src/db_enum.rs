//! `#[derive(DbEnum)]`.

use fenrir_schema::reader::{Context, DbEnumModel};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::DeriveInput;

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut context = Context::new();
    let read = DbEnumModel::read(input, &mut context);
    let errors: TokenStream = context.take_errors().iter().map(syn::Error::to_compile_error).collect();
    // With mistakes too, so that one mistake is one message.
    let code = read.map(|model| code(input, &model));
    quote!(#errors #code)
}

fn code(input: &DeriveInput, model: &DbEnumModel) -> TokenStream {
    let ident = &model.ident;
    let sql_type = format_ident!("{}SqlType", ident);
    let sql_name = model.sql_name.value.as_str();
    let visibility = &input.vis;
    let variants: Vec<_> = model.variants.iter().map(|variant| &variant.ident).collect();
    let labels: Vec<_> = model.variants.iter().map(|variant| &variant.label).collect();
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
