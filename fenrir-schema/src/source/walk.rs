//! Following `mod` from a package's crates to its models.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use proc_macro2::Span;
use quote::ToTokens;
use syn::parse::Parser;
use syn::{Attribute, DeriveInput, Meta};

use super::alias::{self, names_in};
use super::attributes::{Derived, configure, expand, may_derive, when_of};
use super::cfg::{Cfg, When};
use super::skim::{self, Item, Kind, Overview};
use super::visibility::Visibility;
use super::{Package, RootKind, SourceError, SourceProblem};
use crate::reader::lower::{CrateRoot, Definitions, FoundAlias, FoundEnum, FoundModel, Lowered, Place};
use crate::reader::{Context, DbEnumModel, Mark, Model, is_known_type};

/// What was found in a package's sources.
#[derive(Default)]
pub struct Sources {
    /// The files that were reached, and those that would be if they were there, in the order of their
    /// paths.
    pub files: Vec<PathBuf>,
    /// What they define.
    pub definitions: Definitions,
    /// Files that could not be read as Rust, and `cfg` that cannot be told: where a model may have
    /// been missed.
    pub unreadable: Vec<SourceProblem>,
    /// Mistakes within models and enums, which their derives report too.
    pub mistakes: Vec<SourceProblem>,
    /// Where the text of each model and each enum begins.
    model_origins: Vec<Origin>,
    enum_origins: Vec<Origin>,
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
            self.enum_origins[*index].problem(span, problem.message.clone())
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
        self.model_origins[index].problem(span, message)
    }
}

/// Where a part of a file begins that is parsed on its own.
struct Origin {
    /// The file, as problems name it.
    file: String,
    line: usize,
    column: usize,
}

impl Origin {
    /// The line and the column of a span of the part.
    fn place(&self, span: Span) -> (usize, usize) {
        let start = span.start();
        let column = if start.line == 1 { self.column + start.column } else { start.column + 1 };
        (self.line + start.line - 1, column)
    }

    fn problem(&self, span: Span, message: String) -> SourceProblem {
        let (line, column) = self.place(span);
        SourceProblem { file: self.file.clone(), line, column, message }
    }

    fn error(&self, error: &syn::Error) -> SourceProblem {
        self.problem(error.span(), error.to_string())
    }

    /// Whether two items are the same one, read for two crates.
    fn is_that_of(&self, span: Span, other: &Origin, other_span: Span) -> bool {
        self.file == other.file && self.place(span) == other.place(other_span)
    }
}

/// A file's text as the compiler takes it: without a byte order mark, and with its own line ends.
fn as_compiled(text: String) -> String {
    let whole = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if whole.contains('\r') {
        whole.replace("\r\n", "\n")
    } else if whole.len() < text.len() {
        whole.to_owned()
    } else {
        text
    }
}

/// Reads all models of a package.
///
/// # Errors
/// When a file that a module names is not there or is no text. What is wrong inside the files is in
/// the result.
pub fn read_sources(package: &Package, cfg: &dyn Cfg) -> Result<Sources, SourceError> {
    let mut walk = Walk {
        package,
        cfg,
        files: Vec::new(),
        open: Vec::new(),
        missing: Vec::new(),
        sources: Sources::default(),
        aliases: Vec::new(),
    };
    for (crate_index, root) in package.roots.iter().enumerate() {
        let is_library = root.kind == RootKind::Library;
        walk.sources.definitions.crates.push(CrateRoot { name: root.crate_name.clone(), is_library });
        let scope = Scope {
            place: Place { crate_index, modules: Vec::new(), managed: true, nameable: true, public: true },
            when: if root.kind == RootKind::Other { When::InTests } else { When::Always },
            doubt: None,
            is_local: false,
            directory: folder_of(&root.file),
            children: folder_of(&root.file),
        };
        walk.file(&root.file, scope)?;
    }
    walk.aliases()?;
    let mut files: Vec<_> = walk.files.into_iter().map(|file| file.path).chain(walk.missing).collect();
    files.sort();
    files.dedup();
    walk.sources.files = files;
    walk.sources.unreadable.sort();
    walk.sources.unreadable.dedup();
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
    /// The files that the walk is in, from the crate's root.
    open: Vec<PathBuf>,
    /// The files that modules should have.
    missing: Vec<PathBuf>,
    sources: Sources,
    aliases: Vec<Candidate>,
}

struct File {
    path: PathBuf,
    /// As problems name it.
    name: String,
    text: String,
    overview: Overview,
    /// The scope of a file that was not skimmed, since it can hold no module and no model.
    unskimmed: Option<Scope>,
}

impl File {
    /// The line and the column, in characters, of an offset.
    fn place(&self, offset: usize) -> (usize, usize) {
        let lines = &self.overview.lines;
        let before = lines.partition_point(|start| *start <= offset);
        let start = before.checked_sub(1).map_or(0, |last| lines[last]);
        (1 + before, 1 + self.text[start..offset].chars().count())
    }
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
    /// Why it cannot be told when it is compiled.
    doubt: Option<SourceProblem>,
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
    doubt: Option<SourceProblem>,
    path: Option<String>,
}

impl Walk<'_> {
    fn file(&mut self, path: &Path, scope: Scope) -> Result<(), SourceError> {
        let text =
            fs::read_to_string(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
        let text = as_compiled(text);
        let name = path.strip_prefix(&self.package.folder).unwrap_or(path);
        let name = name.to_string_lossy().replace('\\', "/");
        let overview = Overview::of(&text);
        let of_interest = !overview.words.is_empty();
        let index = self.files.len();
        self.files.push(File {
            path: path.to_owned(),
            name,
            text,
            overview,
            unskimmed: (!of_interest).then(|| scope.clone()),
        });
        if !of_interest {
            return Ok(());
        }
        self.open.push(path.to_owned());
        let result = self.skim(index, &scope);
        self.open.pop();
        result
    }

    fn skim(&mut self, index: usize, scope: &Scope) -> Result<(), SourceError> {
        match skim::skim(&self.files[index].text, &self.files[index].overview.words) {
            Ok(items) => self.items(index, &items, scope),
            Err(unbalanced) => {
                let closes = self.files[index].text[unbalanced.offset..].starts_with('}');
                let message = if closes { "this closes nothing" } else { "what begins here is never closed" };
                self.unreadable(index, unbalanced.offset, message.to_owned());
                Ok(())
            }
        }
    }

    fn items(&mut self, file: usize, items: &[Item], scope: &Scope) -> Result<(), SourceError> {
        for item in items {
            match &item.kind {
                Kind::File { name } => {
                    let outer = self.outer(file, item);
                    if outer.when > When::Never {
                        let name = self.files[file].text[name.clone()].to_owned();
                        self.module_file(file, item, &name, outer, scope)?;
                    }
                }
                Kind::Module { name, items } => {
                    let outer = self.outer(file, item);
                    if outer.when > When::Never {
                        let name = self.files[file].text[name.clone()].to_owned();
                        let mut inner = self.inside(file, item, &name, &outer, scope);
                        // A path is one from the file's folder, whatever the file is called.
                        inner.children = match outer.path {
                            Some(path) => scope.directory.join(path),
                            None => scope.children.join(name),
                        };
                        inner.directory = inner.children.clone();
                        self.items(file, items, &inner)?;
                    }
                }
                Kind::Block { items } => {
                    if item
                        .attributes
                        .iter()
                        .any(|range| super::derives_ours(&self.files[file].text[range.clone()]))
                    {
                        let message = "what is derived here stands on no struct or enum".to_owned();
                        self.unreadable(file, item.body.start, message);
                    }
                    let outer = self.outer(file, item);
                    if outer.when > When::Never {
                        let mut inner = scope.clone();
                        inner.when = inner.when.min(outer.when);
                        inner.doubt = inner.doubt.or(outer.doubt);
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
        let mut inner = self.inside(file, item, name, &outer, scope);
        let path = match &outer.path {
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
        // The compiler says both too; but until then a model may be missing.
        let message = if !path.is_file() {
            // When it comes, the sources must be read again.
            let plain = scope.children.join(format!("{name}.rs"));
            self.missing.push(if outer.path.is_some() { path } else { plain });
            format!("there is no file for the module `{name}`")
        } else if self.open.contains(&path) {
            format!("the file of the module `{name}` is one that this module is in")
        } else {
            return self.file(&path, inner);
        };
        if inner.doubt.is_none() {
            self.unreadable(file, item.body.start, message);
        }
        Ok(())
    }

    /// The scope inside a module.
    fn inside(&self, file: usize, item: &Item, name: &str, outer: &Outer, scope: &Scope) -> Scope {
        let mut inner = scope.clone();
        inner.place = self.place(file, item, scope);
        inner.place.modules.push(name.to_owned());
        inner.when = scope.when.min(outer.when);
        inner.doubt = inner.doubt.or_else(|| outer.doubt.clone());
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
        if !may_derive(&self.files[file].text, &item.attributes) {
            return self.candidate(file, item, name, scope);
        }
        let origin = self.origin(file, &item.text);
        let text = &self.files[file].text[item.text.clone()];
        let read = syn::parse_str::<DeriveInput>(text).and_then(|mut input| {
            let configured = configure(&mut input, scope.when, self.cfg)?;
            Ok((input, configured))
        });
        let (input, configured) = match read {
            Ok(read) => read,
            Err(error) => return self.sources.unreadable.push(origin.error(&error)),
        };
        let Some(kind) = configured.kind else { return self.candidate(file, item, name, scope) };
        // Of a function only tests have models: another's nothing could name.
        if configured.when == When::Never || scope.is_local && configured.when == When::Always {
            return;
        }
        if let Some(doubt) = &scope.doubt {
            return self.sources.unreadable.push(doubt.clone());
        }
        let mut place = self.place(file, item, scope);
        place.managed = configured.when == When::Always;
        match kind {
            Derived::Table => self.model(origin, &input, place),
            Derived::DbEnum => self.db_enum(origin, &input, place),
        }
    }

    fn model(&mut self, origin: Origin, input: &DeriveInput, place: Place) {
        let mut context = Context::new();
        let model = Model::read(input, &mut context);
        let errors = context.take_errors();
        self.sources.mistakes.extend(errors.iter().map(|error| origin.error(error)));
        let Some(model) = model else { return };
        // A file that a library and a binary share is in both; the schema has its tables once.
        let again =
            self.sources.definitions.models.iter().zip(&self.sources.model_origins).any(|(found, there)| {
                found.place.crate_index != place.crate_index
                    && origin.is_that_of(model.ident.span(), there, found.model.ident.span())
            });
        let (line, _) = origin.place(model.ident.span());
        self.sources.definitions.models.push(FoundModel {
            model,
            context,
            place,
            again,
            line,
            broken: !errors.is_empty(),
        });
        self.sources.model_origins.push(origin);
    }

    fn db_enum(&mut self, origin: Origin, input: &DeriveInput, place: Place) {
        let mut context = Context::new();
        let definition = DbEnumModel::read(input, &mut context);
        let errors = context.take_errors();
        self.sources.mistakes.extend(errors.iter().map(|error| origin.error(error)));
        let Some(definition) = definition else { return };
        let again =
            self.sources.definitions.enums.iter().zip(&self.sources.enum_origins).any(|(found, there)| {
                found.place.crate_index != place.crate_index
                    && origin.is_that_of(definition.ident.span(), there, found.definition.ident.span())
            });
        self.sources.definitions.enums.push(FoundEnum { definition, context, place, again });
        self.sources.enum_origins.push(origin);
    }

    fn candidate(&mut self, file: usize, item: &Item, name: &Range<usize>, scope: &Scope) {
        // Nothing outside a function can name what is in it, and no model of the program is in one.
        if scope.is_local && scope.when == When::Always {
            return;
        }
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
                names_in(&field.ty.0, &mut wanted);
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
                    let text = &self.files[candidate.file].text[candidate.text.clone()];
                    if let Some((target, when)) = alias::target(text, self.cfg) {
                        names_in(&target, &mut more);
                        let (name, mut place) = (candidate.name.clone(), candidate.place.clone());
                        place.managed &= when == When::Always;
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

    /// Skims the files that were left out, where they define one of the names. A name of Diesel's is
    /// another's only in a model's own module, which was not left out.
    fn skim_for(&mut self, names: &BTreeSet<String>) -> Result<(), SourceError> {
        let names: BTreeSet<_> =
            names.iter().map(String::as_str).filter(|name| !is_known_type(name)).collect();
        for index in 0..self.files.len() {
            let file = &self.files[index];
            if names.is_empty() || file.unskimmed.is_none() {
                continue;
            }
            if !alias::defined_in(&file.text).is_disjoint(&names) {
                if let Some(scope) = self.files[index].unskimmed.take() {
                    self.skim(index, &scope)?;
                }
            }
        }
        Ok(())
    }

    /// Where a part of a file begins.
    fn origin(&self, file: usize, range: &Range<usize>) -> Origin {
        let (line, column) = self.files[file].place(range.start);
        Origin { file: self.files[file].name.clone(), line, column }
    }

    /// When an item is compiled and where its file is. What cannot be told only matters where a model
    /// depends on it.
    fn outer(&self, file: usize, item: &Item) -> Outer {
        let mut outer = Outer { when: When::Always, doubt: None, path: None };
        for range in &item.attributes {
            let text = &self.files[file].text[range.clone()];
            if !text.starts_with('#')
                || !["cfg", "path", "test", "bench"].iter().any(|word| text.contains(word))
            {
                continue;
            }
            let result = Attribute::parse_outer.parse_str(text).and_then(|attributes| {
                let mut expanded = Vec::new();
                for attribute in attributes {
                    expand(attribute, self.cfg, &mut expanded)?;
                }
                for (attribute, when) in expanded {
                    outer.when = outer.when.min(when_of(&attribute, self.cfg)?);
                    if let (Meta::NameValue(meta), true) = (&attribute.meta, when >= outer.when) {
                        if meta.path.is_ident("path") && outer.path.is_none() {
                            outer.path = syn::parse2::<syn::LitStr>(meta.value.to_token_stream())
                                .ok()
                                .map(|path| path.value());
                        }
                    }
                }
                Ok(())
            });
            if let Err(error) = result {
                outer.doubt = Some(self.origin(file, range).error(&error));
            }
        }
        outer
    }

    fn unreadable(&mut self, file: usize, offset: usize, message: String) {
        let (line, column) = self.files[file].place(offset);
        let file = self.files[file].name.clone();
        self.sources.unreadable.push(SourceProblem { file, line, column, message });
    }
}
