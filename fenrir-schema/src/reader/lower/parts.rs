//! The constraints and indexes of a model, but for its foreign keys.

use super::super::context::{Mark, Marked};
use super::super::facts::Problem;
use super::super::index_attribute::{IndexAttribute, IndexPart};
use super::super::table_attribute::{CheckAttribute, UniqueAttribute};
use super::{Draft, Model, field_columns, sql_name, twice};
use crate::{Check, Dialect, Dialects, Identifier, Index, IndexKey, IndexTarget, Table, Unique};

impl Draft {
    pub(super) fn uniques(&mut self, model: &Model, dialects: &[Dialect], problems: &mut Vec<Problem>) {
        let of_fields = model.fields.iter().filter_map(|field| field.attributes.unique.as_ref());
        for attribute in of_fields.chain(&model.attributes.uniques) {
            let UniqueAttribute { mark, .. } = *attribute;
            let columns = field_columns(model, attribute.columns.iter().map(|name| &name.name));
            let there = exist(attribute.dialects.as_ref(), dialects, problems);
            let name = self.name(attribute.name.as_ref(), mark, |table| {
                Identifier::generated(std::iter::once(&table.name.name).chain(&columns), "key")
            });
            let unique = Unique {
                nulls_not_distinct: attribute.nulls_not_distinct,
                deferral: attribute.deferral,
                dialects: there,
                columns,
            };
            if unique.columns == self.table.primary_key.columns {
                problems.push(Problem { mark, message: "the primary key is unique already".to_owned() });
            } else if let Some((other, _)) = self.table.uniques.iter().find(|(other, there)| {
                // PostgreSQL makes one of the two, and says nothing.
                there.columns == unique.columns && there.dialects.meet(&unique.dialects) && **other != name
            }) {
                let message = format!("the unique constraint `{other}` has these columns already");
                problems.push(Problem { mark, message });
            } else if self.table.uniques.insert(name.clone(), unique).is_some() {
                problems.push(twice(mark, "unique constraints", &name));
            }
        }
    }

    /// Numbered as PostgreSQL does: `page_check`, `page_check1`.
    pub(super) fn checks(&mut self, model: &Model, dialects: &[Dialect], problems: &mut Vec<Problem>) {
        let of_fields =
            model.fields.iter().enumerate().flat_map(|(index, field)| {
                field.attributes.checks.iter().map(move |check| (Some(index), check))
            });
        let of_struct = model.attributes.checks.iter().map(|check| (None, check));
        for (field, CheckAttribute { mark, name: given, expression, dialects: said }) in
            of_fields.chain(of_struct)
        {
            let name = self.name(given.as_ref(), *mark, |table| {
                let column = field.map(|index| sql_name(model, index));
                let numbered = |suffix: &str| {
                    Identifier::generated(std::iter::once(&table.name.name).chain(&column), suffix)
                };
                let mut name = numbered("check");
                let mut number = 0;
                while table.checks.contains_key(&name) {
                    number += 1;
                    name = numbered(&format!("check{number}"));
                }
                name
            });
            if given.is_some() && self.table.checks.contains_key(&name) {
                problems.push(twice(*mark, "checks", &name));
            }
            let dialects = exist(said.as_ref(), dialects, problems);
            self.table.checks.insert(name, Check { expression: expression.value.clone(), dialects });
        }
    }

    pub(super) fn indexes(&mut self, model: &Model, dialects: &[Dialect], problems: &mut Vec<Problem>) {
        let of_fields = model.fields.iter().filter_map(|field| field.attributes.index.as_ref());
        for attribute in of_fields.chain(&model.attributes.indexes) {
            let index = index(model, attribute, exist(attribute.dialects.as_ref(), dialects, problems));
            let name = self.name(attribute.name.as_ref(), attribute.mark, |table| {
                let expression = Identifier::generated([], "expr");
                let parts = index.keys.iter().map(|key| match &key.of {
                    IndexTarget::Column(column) => column,
                    IndexTarget::Expression(_) => &expression,
                });
                Identifier::generated(std::iter::once(&table.name.name).chain(parts), "idx")
            });
            if self.table.indexes.insert(name.clone(), index).is_some() {
                problems.push(twice(attribute.mark, "indexes", &name));
            }
        }
    }

    /// The name that was given or is generated, whose place is remembered.
    fn name(
        &mut self,
        given: Option<&Marked<Identifier>>,
        mark: Mark,
        generated: impl FnOnce(&Table) -> Identifier,
    ) -> Identifier {
        let name = given.map_or_else(|| generated(&self.table), |given| given.value.clone());
        self.marks.insert(name.clone(), given.map_or(mark, |given| given.mark));
        name
    }
}

fn index(model: &Model, attribute: &IndexAttribute, dialects: Dialects) -> Index {
    let keys = attribute.keys.iter().filter_map(|(part, options)| {
        let of = match part {
            IndexPart::Field(name) => IndexTarget::Column(sql_name(model, model.field_index(&name.name)?)),
            IndexPart::Expression(expression) => IndexTarget::Expression(expression.value.clone()),
        };
        Some(IndexKey {
            of,
            collate: options.collate.clone(),
            opclass: options.opclass.clone(),
            descending: options.descending,
            nulls: options.nulls,
        })
    });
    Index {
        keys: keys.collect(),
        unique: attribute.unique,
        method: attribute.method.clone(),
        include: field_columns(model, attribute.include.iter().map(|name| &name.name)),
        predicate: attribute.predicate.as_ref().map(|predicate| predicate.value.clone()),
        nulls_not_distinct: attribute.nulls_not_distinct,
        extension: attribute.extension.clone(),
        dialects,
    }
}

/// Where something is said to exist; somewhere in the project it must.
pub(super) fn exist(
    said: Option<&Marked<Dialects>>,
    dialects: &[Dialect],
    problems: &mut Vec<Problem>,
) -> Dialects {
    let Some(said) = said else { return Dialects::default() };
    if !dialects.is_empty() && !dialects.iter().any(|dialect| said.value.include(*dialect)) {
        let message = format!(
            "this is on {} only, which `fenrir.toml` does not name among the project's databases",
            said.value
        );
        problems.push(Problem { mark: said.mark, message });
    }
    said.value.clone()
}
