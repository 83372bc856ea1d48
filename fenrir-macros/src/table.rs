//! `#[derive(Table)]`.

use fenrir_schema::reader::{Context, Facts, Field, Model};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{DeriveInput, LitStr, Path};

use crate::told;

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut context = Context::new();
    let Some(model) = Model::read(input, &mut context) else {
        return errors(&mut context);
    };
    let mut broken = errors(&mut context);
    let told = told::facts(input, &model);
    if broken.is_empty() {
        match &told {
            Ok(facts) if facts.problems.is_empty() => return whole(input, &model, &context, facts),
            Ok(facts) => {
                for problem in &facts.problems {
                    context.error_at(context.span(problem.mark), &problem.message);
                }
            }
            Err(message) => context.error_at(model.ident.span(), message),
        }
        broken = errors(&mut context);
    }
    // With a table as near as can be, what uses it still compiles, and one mistake is one message.
    let near = told.ok().or_else(|| told::alone(input)).map(|facts| near(input, &model, &facts));
    quote! { #broken #near }
}

/// What can be had of a model with mistakes, but for what could not compile because of them.
fn near(input: &DeriveInput, model: &Model, facts: &Facts) -> TokenStream {
    let columns: Vec<_> = model.fields.iter().map(|field| &field.diesel_column).collect();
    let distinct = (0..columns.len()).all(|index| !columns[..index].contains(&columns[index]));
    if !distinct || columns.contains(&&model.module) || !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    [table(model, facts), relations(model, facts), model_impl(input, model, facts)].into_iter().collect()
}

fn errors(context: &mut Context) -> TokenStream {
    context.take_errors().iter().map(syn::Error::to_compile_error).collect()
}

fn whole(input: &DeriveInput, model: &Model, context: &Context, facts: &Facts) -> TokenStream {
    let parts = [
        table(model, facts),
        relations(model, facts),
        model_impl(input, model, facts),
        assertions(model, context, facts),
    ];
    parts.into_iter().collect()
}

/// A path that the build step wrote.
fn path(text: &str) -> Path {
    syn::parse_str(text).unwrap_or_else(|error| unreachable!("`{text}` is a path: {error}"))
}

/// Diesel's `table!`.
fn table(model: &Model, facts: &Facts) -> TokenStream {
    let module = &model.module;
    let sql_name = sql_name_attribute(module, model.sql_name.value.as_str());
    // What Diesel cannot have as a schema's name was said.
    let schema = model.diesel_schema().map(|schema| quote!(#schema.));
    let comment = model.comment.as_deref().map(documentation);
    let key = key(model, facts).into_iter().map(|index| &model.fields[index].diesel_column);
    let columns = model.fields.iter().zip(&facts.columns).map(|(field, column)| {
        let name = &field.diesel_column;
        let sql_name = sql_name_attribute(name, field.sql_name.value.as_str());
        let comment = field.comment.as_deref().map(documentation);
        let max_length = column.max_length.map(|length| {
            let length = proc_macro2::Literal::u32_unsuffixed(length);
            quote!(#[max_length = #length])
        });
        let ty: TokenStream = column.diesel_type.parse().unwrap_or_default();
        quote!(#comment #sql_name #max_length #name -> #ty)
    });
    quote! {
        ::diesel::table! {
            #comment
            #sql_name
            #schema #module (#(#key),*) {
                #(#columns,)*
            }
        }
    }
}

/// The fields by which Diesel tells rows apart: the primary key, or in a table that has none a unique constraint or
/// index that never holds NULL, or all of its columns.
fn key(model: &Model, facts: &Facts) -> Vec<usize> {
    if !model.primary_key.is_empty() {
        return model.primary_key.clone();
    }
    // Without a key that ought to be there Diesel refuses the table; ours has said why.
    let Some(table) = facts.table.as_ref().filter(|_| model.has_no_primary_key()) else { return vec![0] };
    let uniques = table.uniques.values().map(|unique| unique.columns.clone());
    let indexes =
        table.indexes.values().filter(|index| index.unique).filter_map(|index| index.plain_columns());
    let number = |name: &fenrir_schema::Identifier| {
        let found = table.columns.iter().position(|column| column.name == *name)?;
        (!table.columns[found].nullable).then_some(found)
    };
    let keys =
        uniques.chain(indexes).filter_map(|columns| columns.iter().map(number).collect::<Option<Vec<_>>>());
    keys.min_by_key(Vec::len).unwrap_or_else(|| (0..model.fields.len()).collect())
}

fn sql_name_attribute(ident: &Ident, sql_name: &str) -> Option<TokenStream> {
    (ident.unraw() != sql_name).then(|| {
        let name = LitStr::new(sql_name, ident.span());
        quote!(#[sql_name = #name])
    })
}

fn documentation(text: &str) -> TokenStream {
    let text = format!(" {text}");
    quote!(#[doc = #text])
}

/// What Diesel is told of the tables that foreign keys relate.
fn relations(model: &Model, facts: &Facts) -> TokenStream {
    let module = &model.module;
    let joins = facts.joins.iter().map(|join| {
        let parent = path(&join.parent);
        let column = &model.fields[join.field].diesel_column;
        quote!(::diesel::joinable!(#module -> #parent (#column));)
    });
    let pairs = facts.pairs.iter().map(|pair| {
        let other = path(pair);
        // Diesel takes plain names only, and the two may have the same. In braces, the module alone is meant: a
        // table's name may be that of an attribute, such as `bench`.
        quote! {
            const _: () = {
                use #module::{self as this_table};
                use #other as other_table;
                ::diesel::allow_tables_to_appear_in_same_query!(this_table, other_table);
            };
        }
    });
    joins.chain(pairs).collect()
}

fn model_impl(input: &DeriveInput, model: &Model, facts: &Facts) -> TokenStream {
    let ident = &model.ident;
    let fingerprint = Facts::fingerprint(&facts.to_json());
    let table = facts.table.as_ref().map(fenrir_schema::Table::to_json).unwrap_or_default();
    let visibility = &input.vis;
    let statements = facts.create_sql.iter().map(|(dialect, sql)| {
        let dialect = Ident::new(dialect.variant(), Span::call_site());
        quote!((::fenrir_migrate::Dialect::#dialect, &[#(#sql),*]))
    });
    quote! {
        #[automatically_derived]
        impl ::fenrir_migrate::Model for #ident {
            const FINGERPRINT: &'static str = #fingerprint;
            const TABLE_JSON: &'static str = #table;
            const CREATE_TABLE_SQL: &'static [(::fenrir_migrate::Dialect, &'static [&'static str])] = &[#(#statements),*];
        }

        #[automatically_derived]
        impl #ident {
            /// The statements that create this model's table, with its indexes and enums, each ended by
            /// `;`. None for a database that `fenrir.toml` does not name.
            #[allow(dead_code)]
            #visibility fn create_table_sql(dialect: ::fenrir_migrate::Dialect) -> ::core::option::Option<::std::string::String> {
                ::fenrir_migrate::__private::create_table_sql::<Self>(dialect)
            }
        }
    }
}

/// What must hold for the build step to have been right: that this is the module that it saw, that the
/// models that foreign keys point at are those that it took them for, and that Diesel can read each
/// column into its field.
fn assertions(model: &Model, context: &Context, facts: &Facts) -> TokenStream {
    let module_path = &facts.module_path;
    let module = (!module_path.is_empty()).then(|| {
        quote!(const _: () = ::fenrir_migrate::__private::assert_same_module(::core::module_path!(), #module_path);)
    });
    let references = model.references().zip(&facts.referenced_models).map(|(written, found)| {
        let found = path(found);
        let span = written.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span());
        quote_spanned! {span=>
            const _: ::core::marker::PhantomData<#written> = ::core::marker::PhantomData::<#found>;
        }
    });
    let fits: Vec<_> = model
        .fields
        .iter()
        .zip(&facts.columns)
        .filter_map(|(field, column)| fit(context, field, &column.diesel_type))
        .collect();
    let fits = facts.dialects.iter().map(|dialect| {
        let assertion = Ident::new(&format!("__assert_fits_{dialect}"), Span::call_site());
        quote!(::fenrir_migrate::#assertion! { #(#fits)* })
    });
    quote!(#module #(#references)* #(#fits)*)
}

fn fit(context: &Context, field: &Field, diesel_type: &str) -> Option<TokenStream> {
    if field.is_converted() {
        return None;
    }
    let ty = &field.ty.0;
    let sql_type: TokenStream = diesel_type.parse().ok()?;
    let span = context.span(field.type_mark);
    Some(quote_spanned!(span=> [#ty => #sql_type]))
}
