//! `sqlite(…)` and `mysql(…)` on a struct: what one database is told of the table.

use proc_macro2::Ident;
use syn::parse::ParseStream;

use super::context::{Context, Mark};
use super::entries::{self, Keys};
use crate::{Dialect, OptionWord, TableOptions};

/// The options, each with the database that they are for and its place.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct OptionAttributes {
    /// All of them.
    pub options: TableOptions,
    /// For whom they are, and where that is said.
    pub places: Vec<(Dialect, Mark)>,
}

const SQLITE: Keys =
    Keys { attribute: "`sqlite(…)`", known: &["strict", "without_rowid"], repeatable: &[] };

const MYSQL: Keys =
    Keys { attribute: "`mysql(…)`", known: &["engine", "charset", "collate"], repeatable: &[] };

impl OptionAttributes {
    pub(super) fn sqlite(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        context: &mut Context,
    ) -> syn::Result<()> {
        let content = entries::group(key, input)?;
        let options = &mut self.options.sqlite;
        SQLITE.read(&content, &mut Vec::new(), context, |key, _, _| {
            match key.to_string().as_str() {
                "strict" => options.strict = true,
                _ => options.without_rowid = true,
            }
            Ok(())
        });
        self.places.push((Dialect::Sqlite, context.mark(key.span())));
        Ok(())
    }

    /// What is so anyway is not kept.
    pub(super) fn mysql(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        context: &mut Context,
    ) -> syn::Result<()> {
        let content = entries::group(key, input)?;
        let options = &mut self.options.mysql;
        MYSQL.read(&content, &mut Vec::new(), context, |key, input, context| {
            let literal = entries::text(input)?;
            let word = context.keep(literal.span(), OptionWord::new(literal.value()));
            let other_than = |usual: &str| word.clone().filter(|word| word.as_str() != usual);
            match key.to_string().as_str() {
                "engine" => options.engine = other_than("innodb"),
                "charset" => options.charset = other_than("utf8mb4"),
                _ => options.collate = word,
            }
            Ok(())
        });
        self.places.push((Dialect::Mysql, context.mark(key.span())));
        Ok(())
    }
}
