//! Following `mod` from a package's crates to its models.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use proc_macro2::Span;
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Meta, Token, Type};

use super::cfg::{Cfg, Predicate, When};
use super::skim::{self, Item, Kind};
use super::{Package, RootKind, SourceError, SourceProblem};
use crate::reader::lower::{CrateRoot, Definitions, FoundAlias, FoundEnum, FoundModel, Lowered, Place};
use crate::reader::{Context, DbEnumModel, Mark, Model};

/// What was found in a package's sources.
#[derive(Default)]
pub struct Sources {
    /// The files that were reached, in the order of their paths.
    pub files: Vec<PathBuf>,
    /// What they define.
    pub definitions: Definitions,
    /// Files that could not be read as Rust, and `cfg` that cannot be told: where a model may have
    /// been missed.
    pub unreadable: Vec<SourceProblem>,
    /// Mistakes within models and enums, which their derives report too.
    pub mistakes: Vec<SourceProblem>,
    /// The file of each model and each enum, as problems name them.
    model_files: Vec<String>,
    enum_files: Vec<String>,
}

impl Sources {
    /// What is wrong with the models once they are put together, with its place.
    #[must_use]
    pub fn problems_of(&self, lowered: &Lowered) -> Vec<SourceProblem> {
        let mut problems = Vec::new();
        for (index, facts) in lowered.facts.iter().enumerate() {
            for problem in &facts.problems {
                problems.push(self.model_problem(index, problem.mark, problem.message.clone()));
            }
        }
        problems.extend(self.enum_problems(lowered));
        problems
    }

    /// What is wrong with enums once they are put together: no derive reports it.
    #[must_use]
    pub fn enum_problems(&self, lowered: &Lowered) -> Vec<SourceProblem> {
        let problems = lowered.enum_problems.iter().map(|(index, problem)| {
            let span = self.definitions.enums[*index].context.span(problem.mark);
            located(&self.enum_files[*index], span, problem.message.clone())
        });
        problems.collect()
    }

    /// The file and line of a model's name.
    #[must_use]
    pub fn place_of_model(&self, index: usize) -> SourceProblem {
        self.model_problem(index, self.definitions.models[index].model.mark, String::new())
    }

    fn model_problem(&self, index: usize, mark: Mark, message: String) -> SourceProblem {
        let span = self.definitions.models[index].context.span(mark);
        located(&self.model_files[index], span, message)
    }
}

fn located(file: &str, span: Span, message: String) -> SourceProblem {
    let start = span.start();
    SourceProblem { file: file.to_owned(), line: start.line, column: start.column + 1, message }
}

/// Reads all models of a package.
///
/// # Errors
/// When a file that a module names is not there or is no text. What is wrong inside the files is in
/// the result.
pub fn read_sources(package: &Package, cfg: &dyn Cfg) -> Result<Sources, SourceError> {
    let mut walk = Walk { package, cfg, files: Vec::new(), sources: Sources::default(), aliases: Vec::new() };
    for (crate_index, root) in package.roots.iter().enumerate() {
        let is_library = root.kind == RootKind::Library;
        walk.sources.definitions.crates.push(CrateRoot { name: root.crate_name.clone(), is_library });
        let scope = Scope {
            place: Place { crate_index, modules: Vec::new(), managed: true, nameable: true, public: true },
            when: if root.kind == RootKind::Other { When::InTests } else { When::Always },
            is_local: false,
            directory: folder_of(&root.file),
            children: folder_of(&root.file),
        };
        walk.file(&root.file, scope)?;
    }
    walk.aliases()?;
    let mut files: Vec<_> = walk.files.into_iter().map(|file| file.path).collect();
    files.sort();
    files.dedup();
    walk.sources.files = files;
    walk.sources.unreadable.sort();
    walk.sources.mistakes.sort();
    Ok(walk.sources)
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().map_or_else(PathBuf::new, Path::to_owned)
}

struct Walk<'a> {
    package: &'a Package,
    cfg: &'a dyn Cfg,
    files: Vec<File>,
    sources: Sources,
    aliases: Vec<Candidate>,
}

struct File {
    path: PathBuf,
    /// As problems name it.
    name: String,
    text: String,
    /// The scope of a file that was not skimmed, since it can hold no module and no model.
    unskimmed: Option<Scope>,
}

/// What may be an alias or a newtype that a model names.
struct Candidate {
    file: usize,
    name: String,
    text: Range<usize>,
    place: Place,
}

#[derive(Clone)]
struct Scope {
    place: Place,
    when: When,
    /// Inside a function, where nothing outside can name it.
    is_local: bool,
    /// Where `#[path]` begins.
    directory: PathBuf,
    /// Where the files of modules lie.
    children: PathBuf,
}

/// What attributes say of when and where.
struct Outer {
    when: When,
    path: Option<String>,
}

impl Walk<'_> {
    fn file(&mut self, path: &Path, scope: Scope) -> Result<(), SourceError> {
        let text =
            fs::read_to_string(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
        let name = path.strip_prefix(&self.package.folder).unwrap_or(path);
        let name = name.to_string_lossy().replace('\\', "/");
        let of_interest = text.contains("mod ") || text.contains("Table") || text.contains("DbEnum");
        let index = self.files.len();
        self.files.push(File {
            path: path.to_owned(),
            name,
            text,
            unskimmed: (!of_interest).then(|| scope.clone()),
        });
        if of_interest { self.skim(index, &scope) } else { Ok(()) }
    }

    fn skim(&mut self, index: usize, scope: &Scope) -> Result<(), SourceError> {
        match skim::skim(&self.files[index].text) {
            Ok(items) => self.items(index, &items, scope),
            Err(unbalanced) => {
                self.unreadable(index, unbalanced.offset, "what begins here is never closed".to_owned());
                Ok(())
            }
        }
    }

    fn items(&mut self, file: usize, items: &[Item], scope: &Scope) -> Result<(), SourceError> {
        for item in items {
            match &item.kind {
                Kind::File { name } => {
                    if let Some(outer) = self.outer(file, item).filter(|outer| outer.when > When::Never) {
                        let name = self.files[file].text[name.clone()].to_owned();
                        self.module_file(file, item, &name, outer, scope)?;
                    }
                }
                Kind::Module { name, items } => {
                    if let Some(outer) = self.outer(file, item).filter(|outer| outer.when > When::Never) {
                        let name = self.files[file].text[name.clone()].to_owned();
                        let mut inner = self.inside(file, item, &name, outer.when, scope);
                        let folder = outer.path.unwrap_or_else(|| name.clone());
                        inner.children = scope.children.join(folder);
                        inner.directory = inner.children.clone();
                        self.items(file, items, &inner)?;
                    }
                }
                Kind::Block { items } => {
                    if let Some(outer) = self.outer(file, item).filter(|outer| outer.when > When::Never) {
                        let mut inner = scope.clone();
                        inner.when = inner.when.min(outer.when);
                        inner.is_local = true;
                        self.items(file, items, &inner)?;
                    }
                }
                Kind::Type { name } => self.type_item(file, item, name, scope),
                Kind::Alias { name } => self.candidate(file, item, name, scope),
            }
        }
        Ok(())
    }

    fn module_file(
        &mut self,
        file: usize,
        item: &Item,
        name: &str,
        outer: Outer,
        scope: &Scope,
    ) -> Result<(), SourceError> {
        let mut inner = self.inside(file, item, name, outer.when, scope);
        let path = match outer.path {
            Some(path) => {
                let path = scope.directory.join(path);
                inner.children = folder_of(&path);
                path
            }
            None => {
                inner.children = scope.children.join(name);
                let plain = scope.children.join(format!("{name}.rs"));
                if plain.is_file() { plain } else { scope.children.join(name).join("mod.rs") }
            }
        };
        inner.directory = folder_of(&path);
        if !path.is_file() {
            // The compiler says it too; but until then a model may be missing.
            let message = format!("there is no file for the module `{name}`");
            self.unreadable(file, item.body.start, message);
            return Ok(());
        }
        // A circle by `#[path]` does not compile.
        if scope.place.modules.len() > 128 {
            self.unreadable(file, item.body.start, "modules are nested too deep".to_owned());
            return Ok(());
        }
        self.file(&path, inner)
    }

    /// The scope inside a module.
    fn inside(&self, file: usize, item: &Item, name: &str, when: When, scope: &Scope) -> Scope {
        let mut inner = scope.clone();
        inner.place = self.place(file, item, scope);
        inner.place.modules.push(name.to_owned());
        inner.when = scope.when.min(when);
        inner
    }

    /// The place of an item, with what its own visibility makes of the scope's.
    fn place(&self, file: usize, item: &Item, scope: &Scope) -> Place {
        let visibility = Visibility::read(&self.files[file].text[item.body.clone()]);
        let depth = scope.place.modules.len();
        let reach = match visibility {
            Visibility::Public | Visibility::Crate => 0,
            Visibility::Super => depth.saturating_sub(1),
            Visibility::Private => depth,
        };
        Place {
            nameable: scope.place.nameable && reach == 0 && !scope.is_local,
            public: scope.place.public && visibility == Visibility::Public && !scope.is_local,
            ..scope.place.clone()
        }
    }

    fn type_item(&mut self, file: usize, item: &Item, name: &Range<usize>, scope: &Scope) {
        let attributes = &self.files[file].text[item.text.start..item.body.start];
        let derives = attributes.contains("Table") || attributes.contains("DbEnum");
        if !derives {
            return self.candidate(file, item, name, scope);
        }
        let input = match self.parse::<DeriveInput>(file, &item.text) {
            Ok(input) => input,
            Err(error) => return self.unreadable_at(file, &error),
        };
        let mut input = input;
        let configured = configure(&mut input, self.cfg);
        let derived = match configured {
            Ok(derived) => derived,
            Err(error) => return self.unreadable_at(file, &error),
        };
        let when = scope.when.min(derived.when);
        // Of a function only tests have models: another's nothing could name.
        if when == When::Never || scope.is_local && when == When::Always {
            return;
        }
        let mut place = self.place(file, item, scope);
        place.managed = when == When::Always;
        match derived.kind {
            Some(Derived::Table) => self.model(file, &input, place),
            Some(Derived::DbEnum) => self.db_enum(file, &input, place),
            None => self.candidate(file, item, name, scope),
        }
    }

    fn model(&mut self, file: usize, input: &DeriveInput, mut place: Place) {
        let mut context = Context::new();
        let model = Model::read(input, &mut context);
        let errors = context.take_errors();
        let name = self.files[file].name.clone();
        self.sources
            .mistakes
            .extend(errors.iter().map(|error| located(&name, error.span(), error.to_string())));
        let Some(model) = model else { return };
        // A file that a library and a binary share is in both; the schema has its tables once.
        let again =
            self.sources.definitions.models.iter().zip(&self.sources.model_files).any(|(found, there)| {
                *there == name
                    && found.place.crate_index != place.crate_index
                    && found.model.ident == model.ident
                    && found.context.span(found.model.mark).start() == model.ident.span().start()
            });
        place.managed &= !again;
        self.sources.definitions.models.push(FoundModel {
            model,
            context,
            place,
            broken: !errors.is_empty(),
        });
        self.sources.model_files.push(name);
    }

    fn db_enum(&mut self, file: usize, input: &DeriveInput, place: Place) {
        let mut context = Context::new();
        let definition = DbEnumModel::read(input, &mut context);
        let name = self.files[file].name.clone();
        let errors = context.take_errors();
        self.sources
            .mistakes
            .extend(errors.iter().map(|error| located(&name, error.span(), error.to_string())));
        let Some(definition) = definition else { return };
        let again =
            self.sources.definitions.enums.iter().zip(&self.sources.enum_files).any(|(found, there)| {
                *there == name
                    && found.place.crate_index != place.crate_index
                    && found.definition.ident == definition.ident
            });
        let place = Place { managed: place.managed && !again, ..place };
        self.sources.definitions.enums.push(FoundEnum { definition, context, place });
        self.sources.enum_files.push(name);
    }

    fn candidate(&mut self, file: usize, item: &Item, name: &Range<usize>, scope: &Scope) {
        let name = self.files[file].text[name.clone()].to_owned();
        let mut place = self.place(file, item, scope);
        place.managed = scope.when == When::Always;
        self.aliases.push(Candidate { file, name, text: item.text.clone(), place });
    }

    /// Parses the aliases that models name, and those that they name in turn.
    fn aliases(&mut self) -> Result<(), SourceError> {
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        for found in &self.sources.definitions.models {
            for field in &found.model.fields {
                names_in(&field.ty, &mut wanted);
            }
        }
        let mut parsed = BTreeSet::new();
        loop {
            self.skim_for(&wanted)?;
            let mut more = BTreeSet::new();
            let candidates = std::mem::take(&mut self.aliases);
            for (index, candidate) in candidates.iter().enumerate() {
                if wanted.contains(&candidate.name)
                    && parsed.insert((candidate.file, candidate.text.start, index))
                {
                    if let Some(target) = self.alias_target(candidate) {
                        names_in(&target, &mut more);
                        let (name, place) = (candidate.name.clone(), candidate.place.clone());
                        self.sources.definitions.aliases.push(FoundAlias { name, target, place });
                    }
                }
            }
            self.aliases = candidates;
            if more.is_subset(&wanted) {
                return Ok(());
            }
            wanted.extend(more);
        }
    }

    /// Skims the files that were left out, where they mention one of the names.
    fn skim_for(&mut self, names: &BTreeSet<String>) -> Result<(), SourceError> {
        for index in 0..self.files.len() {
            let text = &self.files[index].text;
            if self.files[index].unskimmed.is_some() && names.iter().any(|name| text.contains(name.as_str()))
            {
                if let Some(scope) = self.files[index].unskimmed.take() {
                    self.skim(index, &scope)?;
                }
            }
        }
        Ok(())
    }

    /// What an alias or a newtype stands for; none for another kind of struct.
    fn alias_target(&mut self, candidate: &Candidate) -> Option<Type> {
        let text = &self.files[candidate.file].text[candidate.text.clone()];
        // Most structs have braces or generics, and are no newtypes.
        let parser = |input: syn::parse::ParseStream<'_>| {
            let attributes = Attribute::parse_outer(input)?;
            input.parse::<syn::Visibility>()?;
            if input.peek(Token![type]) {
                input.parse::<Token![type]>()?;
                input.parse::<syn::Ident>()?;
                if input.peek(Token![=]) {
                    input.parse::<Token![=]>()?;
                    let target: Type = input.parse()?;
                    input.parse::<Token![;]>()?;
                    return Ok((attributes, Some(target)));
                }
            } else if input.peek(Token![struct]) {
                input.parse::<Token![struct]>()?;
                input.parse::<syn::Ident>()?;
                if input.peek(syn::token::Paren) {
                    let fields: syn::FieldsUnnamed = input.parse()?;
                    if fields.unnamed.len() == 1 {
                        input.parse::<proc_macro2::TokenStream>()?;
                        return Ok((attributes, fields.unnamed.into_iter().next().map(|field| field.ty)));
                    }
                }
            }
            input.parse::<proc_macro2::TokenStream>()?;
            Ok((attributes, None))
        };
        let (attributes, target) = parser.parse_str(text).ok()?;
        let when = attributes.iter().try_fold(When::Always, |when, attribute| {
            Ok::<_, syn::Error>(when.min(when_of(attribute, self.cfg)?))
        });
        target.filter(|_| when.is_ok_and(|when| when > When::Never))
    }

    /// Parses a part of a file, with spans that are those of the file.
    fn parse<T: syn::parse::Parse>(&self, file: usize, range: &Range<usize>) -> syn::Result<T> {
        let text = &self.files[file].text;
        let before = &text[..range.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let mut padded = "\n".repeat(before.matches('\n').count());
        padded.push_str(&" ".repeat(before[line_start..].chars().count()));
        padded.push_str(&text[range.clone()]);
        syn::parse_str(&padded)
    }

    /// When an item is compiled and where its file is; none, and a problem, where that cannot be told.
    fn outer(&mut self, file: usize, item: &Item) -> Option<Outer> {
        let mut outer = Outer { when: When::Always, path: None };
        for range in &item.attributes {
            let text = &self.files[file].text[range.clone()];
            if !text.starts_with('#')
                || !["cfg", "path", "test", "bench"].iter().any(|word| text.contains(word))
            {
                continue;
            }
            let result = self.attributes(file, range).and_then(|attributes| {
                let mut expanded = Vec::new();
                for attribute in attributes {
                    expand(attribute, self.cfg, &mut expanded)?;
                }
                for (attribute, when) in expanded {
                    outer.when = outer.when.min(when_of(&attribute, self.cfg)?);
                    if let (Meta::NameValue(meta), When::Always) = (&attribute.meta, when) {
                        if meta.path.is_ident("path") {
                            outer.path = syn::parse2::<syn::LitStr>(meta.value.to_token_stream())
                                .ok()
                                .map(|path| path.value());
                        }
                    }
                }
                Ok(())
            });
            if let Err(error) = result {
                self.unreadable_at(file, &error);
                return None;
            }
        }
        Some(outer)
    }

    fn attributes(&self, file: usize, range: &Range<usize>) -> syn::Result<Vec<Attribute>> {
        struct Attributes(Vec<Attribute>);
        impl syn::parse::Parse for Attributes {
            fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
                Attribute::parse_outer(input).map(Attributes)
            }
        }
        self.parse::<Attributes>(file, range).map(|attributes| attributes.0)
    }

    fn unreadable(&mut self, file: usize, offset: usize, message: String) {
        let before = &self.files[file].text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        self.sources.unreadable.push(SourceProblem {
            file: self.files[file].name.clone(),
            line: 1 + before.matches('\n').count(),
            column: 1 + before[line_start..].chars().count(),
            message,
        });
    }

    fn unreadable_at(&mut self, file: usize, error: &syn::Error) {
        let problem = located(&self.files[file].name, error.span(), error.to_string());
        self.sources.unreadable.push(problem);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visibility {
    Public,
    Crate,
    Super,
    Private,
}

impl Visibility {
    fn read(item: &str) -> Self {
        let Some(rest) = item.strip_prefix("pub") else { return Self::Private };
        let rest = rest.trim_start();
        let Some(inside) = rest.strip_prefix('(').and_then(|rest| rest.split(')').next()) else {
            return Self::Public;
        };
        match inside.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["crate"] | ["in", "crate"] => Self::Crate,
            ["super"] | ["in", "super"] => Self::Super,
            _ => Self::Private,
        }
    }
}

enum Derived {
    Table,
    DbEnum,
}

struct Configured {
    kind: Option<Derived>,
    when: When,
}

/// Leaves an item as the compiler would hand it to a derive: `cfg_attr` expanded, what `cfg` leaves
/// out gone, the derives gone. Tells which of ours it has, and when it is compiled.
fn configure(input: &mut DeriveInput, cfg: &dyn Cfg) -> syn::Result<Configured> {
    let mut configured = Configured { kind: None, when: When::Always };
    let mut attributes = Vec::new();
    for attribute in std::mem::take(&mut input.attrs) {
        expand(attribute, cfg, &mut attributes)?;
    }
    for (attribute, when) in attributes {
        configured.when = configured.when.min(when_of(&attribute, cfg)?);
        if attribute.path().is_ident("derive") {
            if let Some(kind) = derived(&attribute)? {
                configured.kind = Some(kind);
                configured.when = configured.when.min(when);
            }
        } else if when == When::Always {
            input.attrs.push(attribute);
        }
    }
    match &mut input.data {
        Data::Struct(data) => {
            if let Fields::Named(fields) = &mut data.fields {
                fields.named = kept(std::mem::take(&mut fields.named), cfg, |field| &mut field.attrs)?;
            }
        }
        Data::Enum(data) => {
            data.variants = kept(std::mem::take(&mut data.variants), cfg, |variant| &mut variant.attrs)?;
        }
        Data::Union(_) => {}
    }
    Ok(configured)
}

/// The fields or variants that are compiled with the program.
fn kept<T, P: Default>(
    list: Punctuated<T, P>,
    cfg: &dyn Cfg,
    attributes: impl Fn(&mut T) -> &mut Vec<Attribute>,
) -> syn::Result<Punctuated<T, P>> {
    let mut kept = Punctuated::new();
    for mut item in list {
        let mut expanded = Vec::new();
        for attribute in std::mem::take(attributes(&mut item)) {
            expand(attribute, cfg, &mut expanded)?;
        }
        let mut when = When::Always;
        for (attribute, _) in &expanded {
            when = when.min(when_of(attribute, cfg)?);
        }
        if when == When::Always {
            let always = expanded
                .into_iter()
                .filter(|(attribute, when)| *when == When::Always && !attribute.path().is_ident("cfg"));
            *attributes(&mut item) = always.map(|(attribute, _)| attribute).collect();
            kept.push(item);
        }
    }
    Ok(kept)
}

/// An attribute, or what a `cfg_attr` stands for, each with when it is there.
fn expand(attribute: Attribute, cfg: &dyn Cfg, into: &mut Vec<(Attribute, When)>) -> syn::Result<()> {
    if !attribute.path().is_ident("cfg_attr") {
        into.push((attribute, When::Always));
        return Ok(());
    }
    let (predicate, metas) = attribute.parse_args_with(|input: syn::parse::ParseStream<'_>| {
        let predicate: Predicate = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok((predicate, Punctuated::<Meta, Token![,]>::parse_terminated(input)?))
    })?;
    let when = predicate.when(cfg)?;
    if when > When::Never {
        for meta in metas {
            let mut inner = Vec::new();
            expand(Attribute { meta, ..attribute.clone() }, cfg, &mut inner)?;
            into.extend(inner.into_iter().map(|(attribute, inner)| (attribute, inner.min(when))));
        }
    }
    Ok(())
}

/// When an item with this attribute is compiled: `cfg` says so, and a test is one for tests.
fn when_of(attribute: &Attribute, cfg: &dyn Cfg) -> syn::Result<When> {
    if attribute.path().is_ident("cfg") {
        return attribute.parse_args::<Predicate>()?.when(cfg);
    }
    let is_test = attribute
        .path()
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "test" || segment.ident == "bench");
    Ok(if is_test { When::InTests } else { When::Always })
}

/// Which of our derives is in a `#[derive(…)]`.
fn derived(attribute: &Attribute) -> syn::Result<Option<Derived>> {
    let paths = attribute.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated)?;
    for path in paths {
        let ours = path.segments.len() == 1
            || path.segments.first().is_some_and(|first| first.ident.to_string().starts_with("fenrir"));
        let last = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        match (ours, last.as_str()) {
            (true, "Table") => return Ok(Some(Derived::Table)),
            (true, "DbEnum") => return Ok(Some(Derived::DbEnum)),
            _ => {}
        }
    }
    Ok(None)
}

/// All names in a type, by their last parts.
fn names_in(ty: &Type, into: &mut BTreeSet<String>) {
    if let Type::Path(path) = ty {
        for segment in &path.path.segments {
            into.insert(segment.ident.to_string());
            if let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments {
                for argument in &arguments.args {
                    if let syn::GenericArgument::Type(inner) = argument {
                        names_in(inner, into);
                    }
                }
            }
        }
    }
}
