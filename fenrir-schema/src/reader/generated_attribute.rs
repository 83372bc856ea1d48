//! `generated = "…"` with `stored` or `virtual`, on a field.

use super::column_attribute::ColumnAttributes;
use super::context::{Context, Mark, Marked};
use crate::{Expression, Generated, GeneratedKind};

/// What a column is generated from, and when.
#[derive(Clone, Debug, Hash)]
pub(super) struct GeneratedAttribute {
    /// Where it is said.
    pub(super) mark: Mark,
    /// What it is generated from.
    pub(super) expression: Marked<Expression>,
    /// When.
    pub(super) kind: Marked<GeneratedKind>,
}

impl GeneratedAttribute {
    pub(super) fn definition(&self) -> Generated {
        Generated { expression: self.expression.value.clone(), kind: self.kind.value }
    }
}

/// The parts as they were read.
#[derive(Default)]
pub(super) struct GeneratedParts {
    /// Where `generated` stands.
    pub(super) mark: Option<Mark>,
    /// Its expression, unless that is wrong.
    pub(super) expression: Option<Marked<Expression>>,
    /// Each `stored` and `virtual`.
    pub(super) kinds: Vec<Marked<GeneratedKind>>,
}

impl GeneratedParts {
    /// What they come to; none where they say nothing, or something is wrong.
    pub(super) fn whole(self, context: &mut Context) -> Option<GeneratedAttribute> {
        match (self.mark, self.kinds.as_slice()) {
            (_, [_, second]) => {
                let message = "a generated column is `stored` or `virtual`, and not both";
                context.error_at(context.span(second.mark), message);
            }
            (Some(mark), []) => {
                let message = "`generated` needs `stored` or `virtual` beside it";
                context.error_at(context.span(mark), message);
            }
            (None, [kind]) => {
                let key = kind.value.sql().to_lowercase();
                let message = format!("`{key}` needs `generated = \"…\"` beside it");
                context.error_at(context.span(kind.mark), message);
            }
            (Some(mark), [kind]) => {
                return Some(GeneratedAttribute { mark, expression: self.expression?, kind: kind.clone() });
            }
            _ => {}
        }
        None
    }
}

/// What a column that the database computes cannot have besides.
pub(super) fn check(column: &ColumnAttributes, context: &mut Context) {
    if column.generated.is_none() {
        return;
    }
    let by_itself = column.auto_increment.as_ref().filter(|said| said.value.is_some());
    for (mark, message) in [
        (column.default.as_ref().map(|default| default.mark), "a generated column has no default"),
        (
            by_itself.map(|said| said.mark),
            "a column is generated from others, or counted by `auto_increment`: not both",
        ),
        (
            column.backfill.as_ref().map(|backfill| backfill.mark),
            "a generated column fills itself: no `backfill` here",
        ),
        (
            column.using.as_ref().map(|using| using.mark),
            "a generated column is computed anew, and not converted: no `using` here",
        ),
    ] {
        if let Some(mark) = mark {
            context.error_at(context.span(mark), message);
        }
    }
}
