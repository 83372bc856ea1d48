//! `embed_migrations!`.

use std::fs;

use fenrir_schema::migration::{MigrationFolder, checksum, read_all};
use fenrir_schema::snapshot::{Snapshot, SnapshotModel, SnapshotProject};
use fenrir_schema::{Change, Identifier};
use fenrir_schema::{Dialect, in_full};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let result = if input.is_empty() {
        embed()
    } else {
        Err("`embed_migrations!` takes nothing: `fenrir.toml` says where the migrations are".to_owned())
    };
    result.unwrap_or_else(|message| syn::Error::new(Span::call_site(), message).to_compile_error())
}

fn embed() -> Result<TokenStream, String> {
    let snapshot = Snapshot::of_this_build().ok_or(
        "this package has no build step that reads its models: `fenrir init` adds it, and `embed_migrations!` \
         stands in the same package",
    )?;
    let unreadable =
        |error: &dyn std::fmt::Display| format!("the snapshot of the build step cannot be read: {error}");
    let project = snapshot.project().map_err(|error| unreadable(&error))?;
    if !project.problems.is_empty() {
        return Err(format!("the schema may not be whole:\n{}", project.problems.join("\n")));
    }
    let schema = fs::read_to_string(snapshot.schema_file()).map_err(|error| unreadable(&error))?;
    let settings = project.migrator.to_json();
    let assertions = assertions(&project)?;
    let mut dialects = Vec::new();
    for (dialect, folder) in &project.migrations {
        let migrations = read_all(folder).map_err(|error| in_full(&error))?;
        let migrations = migrations.iter().map(migration).collect::<Result<Vec<_>, _>>()?;
        let embedded = format_ident!("__embedded_for_{}", dialect.name());
        let variant = Ident::new(Dialect::variant(*dialect), Span::call_site());
        // Empty where that database is not compiled in.
        dialects.push(quote! {
            (::fenrir_migrate::Dialect::#variant, ::fenrir_migrate::#embedded!(#(#migrations),*))
        });
    }
    Ok(quote! {{
        #assertions
        ::fenrir_migrate::Migrations::new(#schema, &[#(#dialects),*]).with_settings(#settings)
    }})
}

fn migration(folder: &MigrationFolder) -> Result<TokenStream, String> {
    let (up, down) =
        (folder.up().map_err(|error| in_full(&error))?, folder.down().map_err(|error| in_full(&error))?);
    let changes = folder.changes_made().map_err(|error| in_full(&error))?;
    let checksum = checksum(folder.parent.as_deref(), &up, &down);
    let (name, revision, message) = (&folder.name, &folder.revision, &folder.message());
    let (schema, run_in_transaction) = (optional(folder.schema_hash()), folder.run_in_transaction);
    let (compatible, function) =
        folder.fenrir.as_ref().map_or((false, false), |fenrir| (fenrir.compatible, fenrir.function));
    let parent = optional(folder.parent.as_deref());
    let created = changes.iter().filter_map(|change| object(change, true));
    let dropped = changes.iter().filter_map(|change| object(change, false));
    let losses = changes.iter().filter_map(|change| change.inverse().loses()).map(|loss| {
        let (table, column) = (loss.table.to_text(), optional(loss.column.as_ref().map(Identifier::as_str)));
        quote!((#table, #column))
    });
    let renames = changes.iter().filter_map(Change::renamed).map(|(table, column, new)| {
        let (table, column) = (table.to_text(), optional(column.map(Identifier::as_str)));
        quote!((#table, #column, #new))
    });
    // The compiler watches the files; the text is taken as it is in them.
    let up_path = path(folder, "up.sql")?;
    let down = if folder.path.join("down.sql").exists() {
        let path = path(folder, "down.sql")?;
        quote!(::core::include_str!(#path))
    } else {
        quote!("")
    };
    Ok(quote! {
        ::fenrir_migrate::EmbeddedMigration {
            name: #name,
            revision: #revision,
            parent: #parent,
            message: #message,
            up: ::core::include_str!(#up_path),
            down: #down,
            run_in_transaction: #run_in_transaction,
            compatible: #compatible,
            function: #function,
            checksum: #checksum,
            schema: #schema,
            creates: &[#(#created),*],
            drops: &[#(#dropped),*],
            down_loses: &[#(#losses),*],
            renames: &[#(#renames),*],
        }
    })
}

fn optional(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

/// What a change creates, or drops, that a database keeps under a name of its own.
fn object(change: &Change, creates: bool) -> Option<TokenStream> {
    let (kind, name) = match (change, creates) {
        (Change::CreateTable { table }, true) | (Change::DropTable { table }, false) => {
            ("Table", table.name.to_text())
        }
        (Change::ReleaseTable { table }, false) | (Change::AdoptTable { table }, _) => {
            ("Table", table.name.to_text())
        }
        (Change::RenameTable { to: name, .. }, true) | (Change::RenameTable { from: name, .. }, false) => {
            ("Table", name.to_text())
        }
        (Change::CreateEnum { name, .. } | Change::RenameEnum { to: name, .. }, true)
        | (Change::DropEnum { name, .. } | Change::RenameEnum { from: name, .. }, false)
        | (Change::ReleaseEnum { name, .. }, false)
        | (Change::AdoptEnum { name, .. }, _) => ("Enum", name.as_str().to_owned()),
        _ => return None,
    };
    let kind = Ident::new(kind, Span::call_site());
    Some(quote!(::fenrir_migrate::Created::#kind(#name)))
}

fn path(folder: &MigrationFolder, file: &str) -> Result<String, String> {
    let path = folder.path.join(file);
    path.to_str().map(str::to_owned).ok_or_else(|| format!("`{}` is not UTF-8", path.display()))
}

/// That each model which can be named here was compiled from what the build step saw.
fn assertions(project: &SnapshotProject) -> Result<TokenStream, String> {
    let here = std::env::var("CARGO_CRATE_NAME").unwrap_or_default();
    let assertions = project.models.iter().filter_map(|model| {
        let path = nameable(model, &here)?;
        let fingerprint = &model.fingerprint;
        Some(syn::parse_str::<syn::Path>(&path).map(|path| {
            quote! {
                ::fenrir_migrate::__private::assert_same_model(
                    <#path as ::fenrir_migrate::Model>::FINGERPRINT,
                    #fingerprint,
                );
            }
        }))
    });
    let assertions = assertions.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    Ok(quote!(const _: () = { #(#assertions)* };))
}

fn nameable(model: &SnapshotModel, here: &str) -> Option<String> {
    if model.crate_name == here && model.nameable {
        Some(format!("crate::{}", model.path))
    } else if model.is_library && model.public {
        Some(format!("::{}::{}", model.crate_name, model.path))
    } else {
        None
    }
}
