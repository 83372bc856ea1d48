//! Evaluating `cfg`: with what Cargo tells a build script, or with what the command knows.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Token, parenthesized};

/// What is set when the sources are compiled.
pub trait Cfg {
    /// Whether `name` (`unix`) or `name = "value"` (`feature = "postgres"`) is set, but for `test`.
    ///
    /// # Errors
    /// When that cannot be told, with the reason.
    fn is_set(&self, name: &str, value: Option<&str>) -> Result<bool, String>;
}

/// The settings that Cargo gives to a build script in its environment.
pub struct BuildScriptCfg;

impl Cfg for BuildScriptCfg {
    /// `CARGO_CFG_<NAME>` for each setting, its values joined by commas, and `CARGO_FEATURE_<NAME>`
    /// (<https://doc.rust-lang.org/cargo/reference/environment-variables.html#environment-variables-cargo-sets-for-build-scripts>).
    fn is_set(&self, name: &str, value: Option<&str>) -> Result<bool, String> {
        let variable = |prefix: &str, name: &str| {
            std::env::var(format!("{prefix}{}", name.to_uppercase().replace('-', "_"))).ok()
        };
        match (name, value) {
            ("feature", Some(feature)) => Ok(variable("CARGO_FEATURE_", feature).is_some()),
            ("debug_assertions" | "proc_macro" | "doc" | "doctest" | "miri", None) => Err(not_told(name)),
            (_, Some(value)) => {
                Ok(variable("CARGO_CFG_", name)
                    .is_some_and(|values| values.split(',').any(|one| one == value)))
            }
            (_, None) => Ok(variable("CARGO_CFG_", name).is_some()),
        }
    }
}

/// The settings outside a build: the features that are on, and the compiler's own for this machine.
pub struct CommandCfg {
    features: BTreeSet<String>,
    compiler: std::sync::OnceLock<Result<BTreeSet<String>, String>>,
}

impl CommandCfg {
    /// With these features of the package.
    #[must_use]
    pub fn new(features: BTreeSet<String>) -> Self {
        Self { features, compiler: std::sync::OnceLock::new() }
    }

    /// Asked for only when a model depends on it: the compiler takes its time.
    fn compiler(&self) -> &Result<BTreeSet<String>, String> {
        self.compiler.get_or_init(|| {
            let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            let output = std::process::Command::new(rustc)
                .args(["--print", "cfg"])
                .output()
                .map_err(|error| format!("`rustc --print cfg` does not run: {error}"))?;
            Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
        })
    }
}

impl Cfg for CommandCfg {
    fn is_set(&self, name: &str, value: Option<&str>) -> Result<bool, String> {
        match (name, value) {
            ("feature", Some(feature)) => Ok(self.features.contains(feature)),
            ("debug_assertions" | "proc_macro" | "doc" | "doctest" | "miri", None) => Err(not_told(name)),
            _ => {
                let line = value.map_or_else(|| name.to_owned(), |value| format!("{name}=\"{value}\""));
                self.compiler().as_ref().map(|set| set.contains(&line)).map_err(Clone::clone)
            }
        }
    }
}

fn not_told(name: &str) -> String {
    format!("a schema cannot depend on `cfg({name})`, which Cargo does not tell a build script")
}

/// When an item is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum When {
    /// Never.
    Never,
    /// Only when tests are.
    InTests,
    /// With the program.
    Always,
}

/// A predicate, as `cfg(…)` and `cfg_attr(…, …)` have it.
pub(super) enum Predicate {
    Name(String, Option<String>, Span),
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Constant(bool),
}

impl Parse for Predicate {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Ident::parse_any(input)?;
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            let value: LitStr = input.parse()?;
            return Ok(Self::Name(name.to_string(), Some(value.value()), name.span()));
        }
        if !input.peek(syn::token::Paren) {
            return Ok(match name.to_string().as_str() {
                "true" => Self::Constant(true),
                "false" => Self::Constant(false),
                other => Self::Name(other.to_owned(), None, name.span()),
            });
        }
        const EXPECTED: &str = "expected `all(…)`, `any(…)` or `not(…)`";
        if !["all", "any", "not"].iter().any(|known| name == known) {
            return Err(syn::Error::new(name.span(), EXPECTED));
        }
        let content;
        parenthesized!(content in input);
        let inner: Vec<_> =
            Punctuated::<Predicate, Token![,]>::parse_terminated(&content)?.into_iter().collect();
        match (name.to_string().as_str(), inner) {
            ("all", inner) => Ok(Self::All(inner)),
            ("any", inner) => Ok(Self::Any(inner)),
            ("not", mut inner) if inner.len() == 1 => Ok(Self::Not(Box::new(inner.remove(0)))),
            _ => Err(syn::Error::new(name.span(), EXPECTED)),
        }
    }
}

impl Predicate {
    /// When it holds.
    pub(super) fn when(&self, cfg: &dyn Cfg) -> syn::Result<When> {
        // Unset for the program, set for its tests.
        Ok(match (self.holds(cfg, false)?, self.holds(cfg, true)?) {
            (true, _) => When::Always,
            (false, true) => When::InTests,
            (false, false) => When::Never,
        })
    }

    fn holds(&self, cfg: &dyn Cfg, test: bool) -> syn::Result<bool> {
        match self {
            Self::Constant(value) => Ok(*value),
            Self::Name(name, None, _) if name == "test" => Ok(test),
            Self::Name(name, value, span) => {
                cfg.is_set(name, value.as_deref()).map_err(|message| syn::Error::new(*span, message))
            }
            Self::Not(inner) => Ok(!inner.holds(cfg, test)?),
            Self::All(inner) => {
                for one in inner {
                    if !one.holds(cfg, test)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(inner) => {
                for one in inner {
                    if one.holds(cfg, test)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(predicate: &str) -> Result<When, String> {
        let cfg = CommandCfg::new(["postgres".to_owned()].into());
        let predicate: Predicate = syn::parse_str(predicate).unwrap();
        predicate.when(&cfg).map_err(|error| error.to_string())
    }

    #[test]
    fn predicates() {
        for (predicate, expected) in [
            ("test", When::InTests),
            ("not(test)", When::Always),
            ("feature = \"postgres\"", When::Always),
            ("feature = \"sqlite\"", When::Never),
            ("all(test, feature = \"postgres\")", When::InTests),
            ("any(test, feature = \"postgres\")", When::Always),
            ("all()", When::Always),
            ("any()", When::Never),
            ("not(any(unix, windows))", When::Never),
            ("true", When::Always),
        ] {
            assert_eq!(when(predicate), Ok(expected), "{predicate}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        assert!(when("debug_assertions").unwrap_err().contains("cannot depend on"));
    }
}
