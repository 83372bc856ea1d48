//! `embed_migrations!`.

use std::fs;

use fenrir_schema::migration::{MigrationFolder, PackedMigration, PackedObject, message_of, pack, read_all};
use fenrir_schema::snapshot::{Snapshot, SnapshotModel, SnapshotProject};
use fenrir_schema::{Change, Dialect, in_full};
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
    let (mut dialects, mut watched) = (Vec::new(), Vec::new());
    for (dialect, folder) in &project.migrations {
        let folders = read_all(folder).map_err(|error| in_full(&error))?;
        for folder in &folders {
            watched.extend(files(folder)?);
        }
        let migrations = folders.iter().map(packed).collect::<Result<Vec<_>, _>>()?;
        let text = pack(migrations).map_err(|error| in_full(&error))?;
        let embedded = format_ident!("__embedded_for_{}", dialect.name());
        let variant = Ident::new(Dialect::variant(*dialect), Span::call_site());
        // Empty where that database is not compiled in.
        dialects.push(quote! {
            (::fenrir_migrate::Dialect::#variant, ::fenrir_migrate::#embedded!(#text))
        });
    }
    Ok(quote! {{
        #assertions
        // So that the compiler watches the files; nothing of these constants is in the binary.
        #(const _: &[::core::primitive::u8] = ::core::include_bytes!(#watched);)*
        ::fenrir_migrate::Migrations::packed(#schema, &[#(#dialects),*]).with_settings(#settings)
    }})
}

fn packed(folder: &MigrationFolder) -> Result<PackedMigration<'_>, String> {
    let (up, down) =
        (folder.up().map_err(|error| in_full(&error))?, folder.down().map_err(|error| in_full(&error))?);
    let changes = folder.changes_made().map_err(|error| in_full(&error))?;
    let (compatible, function) =
        folder.fenrir.as_ref().map_or((false, false), |fenrir| (fenrir.compatible, fenrir.function));
    let losses = folder.down_loses().map_err(|error| in_full(&error))?;
    let renames = changes.iter().filter_map(Change::renamed);
    Ok(PackedMigration {
        name: folder.name.as_str().into(),
        parent: folder.parent.as_deref().map(Into::into),
        message: Some(folder.message())
            .filter(|message| *message != message_of(&folder.name))
            .map(Into::into),
        alone: !folder.run_in_transaction,
        compatible,
        function,
        schema: folder.schema_hash().map(Into::into),
        creates: changes.iter().filter_map(|change| object(change, true)).collect(),
        drops: changes.iter().filter_map(|change| object(change, false)).collect(),
        down_loses_unknown: losses.is_none(),
        down_loses: losses
            .into_iter()
            .flatten()
            .map(|loss| (loss.table.to_text(), loss.column.map(|column| column.as_str().to_owned())))
            .collect(),
        renames: renames
            .map(|(table, column, new)| {
                (table.to_text(), column.map(|column| column.as_str().to_owned()), new.to_owned())
            })
            .collect(),
        up: up.into(),
        down: down.into(),
    })
}

/// The files of a migration whose texts are in a pack.
fn files(folder: &MigrationFolder) -> Result<Vec<String>, String> {
    let path = |file: &str| {
        let path = folder.path.join(file);
        path.to_str().map(str::to_owned).ok_or_else(|| format!("`{}` is not UTF-8", path.display()))
    };
    let mut files = vec![path("up.sql")?];
    if folder.path.join("down.sql").exists() {
        files.push(path("down.sql")?);
    }
    Ok(files)
}

/// What a change creates, or drops, that a database keeps under a name of its own.
fn object(change: &Change, creates: bool) -> Option<PackedObject> {
    Some(match (change, creates) {
        (Change::CreateTable { table }, true) | (Change::DropTable { table }, false) => {
            PackedObject::Table(table.name.to_text())
        }
        (Change::ReleaseTable { table }, false) | (Change::AdoptTable { table }, _) => {
            PackedObject::Table(table.name.to_text())
        }
        (Change::RenameTable { to: name, .. }, true) | (Change::RenameTable { from: name, .. }, false) => {
            PackedObject::Table(name.to_text())
        }
        (Change::CreateEnum { name, .. } | Change::RenameEnum { to: name, .. }, true)
        | (Change::DropEnum { name, .. } | Change::RenameEnum { from: name, .. }, false)
        | (Change::ReleaseEnum { name, .. }, false)
        | (Change::AdoptEnum { name, .. }, _) => PackedObject::Enum(name.as_str().to_owned()),
        _ => return None,
    })
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
