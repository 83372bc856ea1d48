//! Where things stand in the source, and what is wrong with them.

use std::hash::{Hash, Hasher};

use proc_macro2::Span;
use serde::{Deserialize, Serialize};

/// Collects everything that is wrong with one item, and remembers the places of what was read.
///
/// A place is kept as the number of the thing read: the derive and the build step read the same
/// tokens in the same order, so a number that one gives, the other finds.
#[derive(Default)]
pub struct Context {
    errors: Vec<syn::Error>,
    marks: Vec<Span>,
}

/// A place in an item's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark(usize);

/// The place is no part of what a model says.
impl Hash for Mark {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A thing with its place.
#[derive(Clone, Debug, Hash)]
pub struct Marked<T> {
    /// The thing.
    pub value: T,
    /// Its place.
    pub mark: Mark,
}

impl Context {
    /// Nothing read, nothing wrong.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers a place.
    pub fn mark(&mut self, span: Span) -> Mark {
        self.marks.push(span);
        Mark(self.marks.len() - 1)
    }

    /// A thing with its place.
    pub fn marked<T>(&mut self, value: T, span: Span) -> Marked<T> {
        Marked { value, mark: self.mark(span) }
    }

    /// The place of a mark, or the item's own where the mark is another item's.
    #[must_use]
    pub fn span(&self, mark: Mark) -> Span {
        self.marks.get(mark.0).copied().unwrap_or_else(Span::call_site)
    }

    /// Says that something is wrong.
    pub fn error(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// Says that something is wrong at a place.
    pub fn error_at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.errors.push(syn::Error::new(span, message));
    }

    /// How much is wrong so far.
    pub(crate) fn error_count(&self) -> usize {
        self.errors.len()
    }

    /// Keeps a value, or says what is wrong with it.
    pub(crate) fn keep<T, E: std::fmt::Display>(&mut self, span: Span, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.error_at(span, error)).ok()
    }

    /// All that is wrong, each error on its own.
    pub fn take_errors(&mut self) -> Vec<syn::Error> {
        std::mem::take(&mut self.errors).into_iter().flatten().collect()
    }
}
