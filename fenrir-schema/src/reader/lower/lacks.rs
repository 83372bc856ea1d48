//! That each of the project's databases can have what the models say, beyond its types.

use std::collections::BTreeSet;

use super::super::facts::Problem;
use super::super::generated_attribute::GeneratedAttribute;
use super::{Definitions, Draft, Field, Lowered, Model};
use crate::{Dialect, Identifier, Part, Schema, Table};

pub(super) fn check(
    definitions: &Definitions,
    drafts: &[Draft],
    tables: &[Table],
    enums_used: &BTreeSet<usize>,
    dialects: &[Dialect],
    problems: &mut [Vec<Problem>],
    lowered: &mut Lowered,
) {
    let mut schema = Schema::default();
    for (table, found) in tables.iter().zip(&definitions.models) {
        // Tests may have a table of the same name.
        if found.in_schema() || !schema.tables.contains_key(&table.name) {
            schema.tables.insert(table.name.clone(), table.clone());
        }
    }
    for found in definitions.enums.iter().map(|found| &found.definition) {
        schema.enums.entry(found.sql_name.value.clone()).or_insert_with(|| found.definition());
    }
    let schemas: Vec<_> = dialects.iter().map(|&dialect| (dialect, schema.of(dialect))).collect();
    for (index, table) in tables.iter().enumerate() {
        let (draft, model) = (&drafts[index], &definitions.models[index].model);
        if definitions.models[index].is_unmanaged() {
            continue;
        }
        // Of a type that was put in to go on with nothing can be said.
        if !draft.known.iter().all(|known| *known) {
            continue;
        }
        let lacks = schemas.iter().flat_map(|(dialect, schema)| {
            dialect.lacks(table, schema).into_iter().map(move |lack| (*dialect, lack))
        });
        for (dialect, lack) in lacks {
            let mark = match &lack.part {
                Part::Options => {
                    let mut places = model.attributes.options.places.iter();
                    places.find(|(of, _)| *of == dialect).map(|(_, mark)| *mark)
                }
                Part::Table => None,
                Part::Column(name) => field(model, name).map(|field| {
                    field.attributes.sql_type.as_ref().map_or(field.type_mark, |said| said.mark)
                }),
                Part::Collation(name) => {
                    let said = field(model, name).and_then(|field| field.attributes.collate.as_ref());
                    said.and_then(|said| said.of(dialect)).map(|said| said.mark)
                }
                Part::Generated(name) => generated(model, name).map(|said| said.expression.mark),
                Part::GeneratedKind(name) => generated(model, name).map(|said| said.kind.mark),
                Part::Named(name) => draft.marks.get(name).copied(),
            };
            let mark = mark.unwrap_or(model.sql_name.mark);
            problems[index].push(Problem { mark, message: lack.message });
        }
    }
    for &index in enums_used {
        let definition = &definitions.enums[index].definition;
        let lacking = dialects.iter().find_map(|dialect| dialect.lacks_labels(&definition.definition()));
        if let Some(message) = lacking {
            lowered.enum_problems.push((index, Problem { mark: definition.sql_name.mark, message }));
        }
    }
}

fn field<'a>(model: &'a Model, column: &Identifier) -> Option<&'a Field> {
    model.fields.iter().find(|field| field.sql_name.value == *column)
}

fn generated<'a>(model: &'a Model, column: &Identifier) -> Option<&'a GeneratedAttribute> {
    field(model, column)?.attributes.generated.as_ref()
}
