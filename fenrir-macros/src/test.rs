//! `#[fenrir_migrate::test]`.

use fenrir_schema::snapshot::Snapshot;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, FnArg, ItemFn, Path, Token, Type, parenthesized};

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let function = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            let error = Error::new(Span::call_site(), "`#[fenrir_migrate::test]` stands on a function");
            let error = error.to_compile_error();
            return quote!(#error #item);
        }
    };
    let made = syn::parse2::<Options>(options).and_then(|options| test(&options, &function));
    made.unwrap_or_else(|error| {
        // The function stays, so that what it uses is used.
        let error = error.to_compile_error();
        quote!(#error #[allow(dead_code)] #function)
    })
}

/// What stands in the parentheses of the attribute.
#[derive(Default)]
struct Options {
    contents: Option<Contents>,
    seed: Option<Expr>,
    transaction: bool,
}

enum Contents {
    Empty,
    /// `migrations = M`
    Migrations(Expr),
    /// `tables_of = M`
    TablesOf(Expr),
    /// `models(A, B)`
    Models(Punctuated<Path, Token![,]>),
}

const ALLOWED: &str = "`migrations = …`, `tables_of = …`, `models(…)`, `empty`, `seed = …` and `transaction`";

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let Ok(key) = input.parse::<Ident>() else {
                return Err(input.error(format!("this is no option; there are {ALLOWED}")));
            };
            if seen.contains(&key) {
                return Err(Error::new(key.span(), format!("`{key}` is given twice")));
            }
            let contents = match key.to_string().as_str() {
                "transaction" => {
                    options.transaction = true;
                    None
                }
                "seed" => {
                    options.seed = Some(value(&key, input)?);
                    None
                }
                "empty" => Some(Contents::Empty),
                "migrations" => Some(Contents::Migrations(value(&key, input)?)),
                "tables_of" => Some(Contents::TablesOf(value(&key, input)?)),
                "models" => {
                    let models;
                    parenthesized!(models in input);
                    let list = Punctuated::parse_terminated(&models)?;
                    if list.is_empty() {
                        return Err(Error::new(key.span(), "`models(…)` takes one model at least"));
                    }
                    Some(Contents::Models(list))
                }
                _ => {
                    return Err(Error::new(
                        key.span(),
                        format!("unknown option `{key}`; there are {ALLOWED}"),
                    ));
                }
            };
            if contents.is_some() && options.contents.is_some() {
                return Err(Error::new(
                    key.span(),
                    "only one of `migrations`, `tables_of`, `models` and `empty` says what the database holds",
                ));
            }
            options.contents = options.contents.or(contents);
            seen.push(key);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

fn value(key: &Ident, input: ParseStream<'_>) -> syn::Result<Expr> {
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Err(Error::new(key.span(), format!("`{key}` takes a value: `{key} = …`")));
    }
    input.parse()
}

/// What a test takes.
enum Argument {
    /// `&mut PgConnection`
    Connection,
    /// `&TestDatabase<PgConnection>`
    Database,
}

const ARGUMENT: &str = "a test takes a connection, such as `&mut PgConnection`, or a database, such as \
                        `&TestDatabase<PgConnection>` for several connections";

impl Argument {
    fn of(function: &ItemFn) -> syn::Result<Self> {
        let inputs = &function.sig.inputs;
        let wrong = |span| Error::new(span, ARGUMENT);
        let [FnArg::Typed(argument)] = inputs.iter().collect::<Vec<_>>()[..] else {
            return Err(wrong(if inputs.is_empty() { function.sig.ident.span() } else { inputs.span() }));
        };
        match &*argument.ty {
            Type::Reference(reference) if reference.mutability.is_some() => Ok(Self::Connection),
            Type::Reference(reference) if is_connection(&reference.elem) => {
                Err(Error::new(argument.ty.span(), "a test takes its connection as `&mut`"))
            }
            Type::Reference(_) => Ok(Self::Database),
            other => Err(wrong(other.span())),
        }
    }
}

/// By its name, as all of them are called: for a better message than the compiler has.
fn is_connection(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident.to_string().ends_with("Connection"))
}

fn test(options: &Options, function: &ItemFn) -> syn::Result<TokenStream> {
    let signature = &function.sig;
    let argument = Argument::of(function)?;
    if !signature.generics.params.is_empty() {
        return Err(Error::new(signature.generics.span(), "a test has no generic parameters"));
    }
    if options.transaction && matches!(argument, Argument::Database) {
        return Err(Error::new(
            signature.inputs.span(),
            "with `transaction` a test has one connection, on which all is rolled back: take that",
        ));
    }
    if let Some(attribute) = function.attrs.iter().find(|attribute| attribute.path().is_ident("test")) {
        return Err(Error::new(
            attribute.span(),
            "`#[fenrir_migrate::test]` makes it a test: drop this `#[test]`",
        ));
    }
    let contents = contents(options)?;
    let is_async = signature.asyncness.is_some();
    let runner = match (&argument, options.transaction) {
        (Argument::Connection, false) => "run",
        (Argument::Connection, true) => "run_in_transaction",
        (Argument::Database, _) => "run_with_database",
    };
    let runner = if is_async { format_ident!("async_{runner}") } else { format_ident!("{runner}") };
    let (name, output) = (&signature.ident, &signature.output);
    let (attributes, visibility, block) = (&function.attrs, &function.vis, &function.block);
    let (asyncness, inputs) = (&signature.asyncness, &signature.inputs);
    let seed = seed(options, is_async);
    // An `async` function borrows what it is given, which only a boxed future can say.
    let call = if is_async { quote!(|given| ::std::boxed::Box::pin(#name(given))) } else { quote!(#name) };
    let needs_async = is_async.then(|| quote!(::fenrir_migrate::__needs_async!();));
    Ok(quote! {
        #needs_async

        #[::core::prelude::v1::test]
        #(#attributes)*
        #visibility fn #name() #output {
            #asyncness fn #name(#inputs) #output #block
            ::fenrir_migrate::testing::#runner(&#contents, #seed, #call)
        }
    })
}

fn seed(options: &Options, is_async: bool) -> TokenStream {
    match (&options.seed, is_async) {
        (None, false) => quote!(|_| {}),
        (None, true) => quote!(|_| ::std::boxed::Box::pin(async {})),
        (Some(seed), false) => quote!(|connection| ::fenrir_migrate::testing::seeded((#seed)(connection))),
        (Some(seed), true) => quote! {
            |connection| ::std::boxed::Box::pin(async move {
                ::fenrir_migrate::testing::seeded((#seed)(connection).await)
            })
        },
    }
}

fn contents(options: &Options) -> syn::Result<TokenStream> {
    let contents = quote!(::fenrir_migrate::testing::Contents);
    Ok(match &options.contents {
        Some(Contents::Empty) => quote!(#contents::empty()),
        Some(Contents::Migrations(migrations)) => quote!(#contents::migrated(&#migrations)),
        Some(Contents::TablesOf(migrations)) => quote!(#contents::tables_of(&#migrations)),
        Some(Contents::Models(models)) => {
            let mut models = models.iter();
            let first = models.next();
            quote!(#contents::model::<#first>()#(.and_model::<#models>())*)
        }
        None => {
            let all = schema()?;
            quote!(#contents::tables(&[#(#all),*]))
        }
    })
}

/// The statements that create the schema of this package's models.
fn schema() -> syn::Result<Vec<TokenStream>> {
    let error = |message: String| Error::new(Span::call_site(), message);
    let snapshot = Snapshot::of_this_build().ok_or_else(|| {
        error(
            "this package has no build step that reads models (`fenrir init` adds one), so it is not known what the \
             database is to hold: say `tables_of = …` or `migrations = …` with the migrations of another package, \
             `models(…)` or `empty`"
                .to_owned(),
        )
    })?;
    let unreadable =
        |problem: std::io::Error| error(format!("the snapshot of the build step cannot be read: {problem}"));
    let dialects = snapshot.project().map_err(unreadable)?.migrations.into_keys();
    dialects
        .map(|dialect| {
            let file = snapshot.create_file(dialect);
            let path = file.to_str().ok_or_else(|| error(format!("`{}` is not UTF-8", file.display())))?;
            let variant = Ident::new(dialect.variant(), Span::call_site());
            Ok(quote!((::fenrir_migrate::Dialect::#variant, ::core::include_str!(#path))))
        })
        .collect()
}
