//! What the build step has told of a model.

use fenrir_schema::reader::lower::{CrateRoot, Definitions, FoundModel, Place, lower};
use fenrir_schema::reader::{Context, Facts, Model};
use fenrir_schema::snapshot::Snapshot;
use syn::DeriveInput;

/// Finds the facts of a model, or says why there are none.
pub(crate) fn facts(input: &DeriveInput, model: &Model) -> Result<Facts, String> {
    let Some(snapshot) = Snapshot::of_this_build() else {
        // An example in documentation is a crate of its own, which no build script sees.
        return if std::env::var_os("UNSTABLE_RUSTDOC_TEST_PATH").is_some() {
            alone(input).ok_or_else(|| "this model cannot be read".to_owned())
        } else {
            Err(NO_BUILD_STEP.to_owned())
        };
    };
    let unreadable =
        |error: std::io::Error| format!("the snapshot of the build step cannot be read: {error}");
    let file = Facts::file_name(&model.ident.to_string(), &model.fingerprint());
    let crate_name = std::env::var("CARGO_CRATE_NAME").unwrap_or_default();
    let mut found: Vec<Facts> = snapshot.facts(&file).map_err(unreadable)?;
    found.retain(|facts| facts.crate_name == crate_name);
    if found.len() > 1 {
        // Compilers before 1.88 do not tell lines to macros: then any will do, or the assertion on
        // the module's path fails.
        let line = model.ident.span().start().line;
        if found.iter().any(|facts| facts.line == line) {
            found.retain(|facts| facts.line == line);
        }
    }
    found.into_iter().next().ok_or_else(|| {
        let problems = snapshot.project().map(|project| project.problems).unwrap_or_default();
        let mut message = NOT_SEEN.to_owned();
        for problem in problems {
            message.push_str("\nit could not read: ");
            message.push_str(&problem);
        }
        message
    })
}

const NO_BUILD_STEP: &str = "this package has no build step that reads its models: give it a `build.rs` with \
     `fn main() { fenrir_migrate::build::snapshot(); }`, and under `[build-dependencies]` \
     `fenrir-migrate = { version = \"0.1\", default-features = false, features = [\"build\"] }`; \
     `fenrir init` does both";

const NOT_SEEN: &str = "the build step did not see this model, so it would have no migration: it reads the sources, \
     and a struct that a macro makes, that stands in a function or in an `include!`d file, or that depends on a \
     `cfg` of the build script's own, is not there to be read. Write it out in a module";

/// The facts of a model that stands for itself.
pub(crate) fn alone(input: &DeriveInput) -> Option<Facts> {
    let mut context = Context::new();
    let model = Model::read(input, &mut context)?;
    let broken = !context.take_errors().is_empty();
    let place = Place { crate_index: 0, modules: Vec::new(), managed: true, nameable: false, public: false };
    let crates = vec![CrateRoot { name: String::new(), is_library: true }];
    let models = vec![FoundModel { model, context, place, again: false, line: 1, broken }];
    let lowered = lower(&Definitions { crates, models, ..Definitions::default() }, &[]);
    let mut facts = lowered.facts.into_iter().next()?;
    facts.module_path.clear();
    Some(facts)
}
