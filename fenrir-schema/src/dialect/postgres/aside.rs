//! What is in the way of a column that becomes another: dropped before, and added again after it.

use super::kept_parts::Taken;
use super::{Postgres, alter_table};
use crate::dialect::ddl;
use crate::{Column, Expression, Identifier, Table};

/// What drops all that is kept in terms of some columns' types, and what adds it again: checks and indexes
/// whose expressions name them, and the columns that are generated from them
/// (<https://www.postgresql.org/docs/current/ddl-generated-columns.html>).
pub(super) fn aside(table: &Table, columns: &[&Identifier]) -> (Vec<String>, Vec<String>) {
    let generated: Vec<_> = table.generated_from(columns).collect();
    moves(table, columns, &generated)
}

/// A column that is dropped and added again: before version 17 another expression cannot be given
/// (<https://www.postgresql.org/docs/17/sql-altertable.html>).
pub(super) fn anew(table: &Table, to: &Column) -> Vec<String> {
    let (mut statements, add) = moves(table, &[], &[to]);
    statements.extend(add);
    statements
}

fn quote(name: &impl ddl::Name) -> String {
    ddl::quote(&Postgres, name)
}

/// `replaced` are the columns that go, as they are to come again; foreign keys on them have gone before.
fn moves(table: &Table, retyped: &[&Identifier], replaced: &[&Column]) -> (Vec<String>, Vec<String>) {
    let alter = |action: String| alter_table(&table.name, &[action]);
    let goes = |name: &Identifier| replaced.iter().any(|column| column.name == *name);
    let mentions = |expression: &Expression| {
        retyped.iter().any(|name| expression.mentions(name))
            || replaced.iter().any(|column| expression.mentions(&column.name))
    };
    let (mut drop, mut add) = (Vec::new(), Vec::new());
    let mut taken = Taken::new(&table.name, replaced);
    for column in replaced {
        add.push(alter(format!("ADD COLUMN {}", Postgres.column(&table.name, column))));
        if let Some(comment) = &column.comment {
            let on = format!("COLUMN {}.{}", quote(&table.name), quote(&column.name));
            add.push(Postgres.comment(&on, Some(comment)));
        }
    }
    for (unique, definition) in &table.uniques {
        if definition.columns.iter().any(goes) {
            taken.constraints.push(unique);
            drop.push(alter(format!("DROP CONSTRAINT {}", quote(unique))));
            add.push(alter(format!("ADD {}", ddl::unique(&Postgres, unique, definition))));
        }
    }
    for (check, expression) in table.checks.iter().filter(|(_, check)| mentions(&check.expression)) {
        taken.constraints.push(check);
        drop.push(alter(format!("DROP CONSTRAINT {}", quote(check))));
        add.push(alter(format!("ADD {}", ddl::check(&Postgres, check, expression))));
    }
    for (index, definition) in &table.indexes {
        let is_of = replaced.iter().any(|column| definition.has(&column.name));
        if is_of || definition.expressions().any(mentions) {
            taken.indexes.push(index);
            drop.push(format!("DROP INDEX {}", quote(&table.name.beside(index.clone()))));
            add.push(ddl::create_index(&Postgres, &table.name, index, definition));
        }
    }
    drop.extend(replaced.iter().map(|column| alter(format!("DROP COLUMN {}", quote(&column.name)))));
    drop.splice(0..0, taken.guard());
    (drop, add)
}
