//! That each of the project's databases can have what the models say, beyond its types.

use std::collections::BTreeSet;

use super::super::facts::Problem;
use super::{Definitions, Draft, Lowered};
use crate::{Dialect, Part, Schema, Table};

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
    for (index, table) in tables.iter().enumerate() {
        let (draft, model) = (&drafts[index], &definitions.models[index].model);
        // Of a type that was put in to go on with nothing can be said.
        if !draft.known.iter().all(|known| *known) {
            continue;
        }
        for lack in dialects.iter().flat_map(|dialect| dialect.lacks(table, &schema)) {
            let mark = match &lack.part {
                Part::Table => None,
                Part::Column(name) => {
                    let field = model.fields.iter().find(|field| field.sql_name.value == *name);
                    field.map(|field| {
                        field.attributes.sql_type.as_ref().map_or(field.type_mark, |said| said.mark)
                    })
                }
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
