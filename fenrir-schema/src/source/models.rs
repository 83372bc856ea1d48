//! All models of a package, and the schema that they come to.

use super::{Cfg, Package, SourceError, SourceProblem, Sources, read_sources};
use crate::Dialect;
use crate::reader::lower::{Lowered, lower};

/// A package's models.
pub struct Models {
    /// What its sources hold.
    pub sources: Sources,
    /// What that comes to.
    pub lowered: Lowered,
}

impl Models {
    /// Reads a package's sources.
    ///
    /// # Errors
    /// When a file cannot be read. What is wrong inside the files is [`Models::problems`].
    pub fn read(package: &Package, dialects: &[Dialect], cfg: &dyn Cfg) -> Result<Models, SourceError> {
        let sources = read_sources(package, cfg)?;
        let lowered = lower(&sources.definitions, dialects);
        Ok(Models { sources, lowered })
    }

    /// All that is wrong, in the order of files and lines. With nothing wrong, the schema is whole.
    #[must_use]
    pub fn problems(&self) -> Vec<SourceProblem> {
        let mut problems = self.sources.unreadable.clone();
        problems.extend(self.sources.mistakes.iter().cloned());
        problems.extend(self.sources.problems_of(&self.lowered));
        problems.sort();
        problems.dedup();
        problems
    }
}
