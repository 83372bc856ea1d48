//! What Diesel is told of tables that foreign keys relate: each pair once, by one of the two.

use std::collections::BTreeSet;

use super::super::facts::Join;
use super::foreign_keys::LoweredKey;
use super::{Definitions, resolve};

/// The `joinable!`s and the pairs that a model makes.
///
/// A pair that points both ways is made by the model with the lower number. Diesel has one way to
/// join two tables at most, by one column: with more than one foreign key between them, none is it.
pub(super) fn of(
    definitions: &Definitions,
    keys: &[Vec<Option<LoweredKey>>],
    index: usize,
) -> (Vec<Join>, Vec<String>) {
    let (mut joins, mut pairs) = (Vec::new(), Vec::new());
    let toward = |from: usize, to: usize| keys[from].iter().flatten().filter(move |key| key.parent == to);
    let parents: BTreeSet<_> =
        keys[index].iter().flatten().map(|key| key.parent).filter(|&parent| parent != index).collect();
    for parent in parents {
        let target = &definitions.models[parent];
        let from = &definitions.models[index].place;
        let path = format!("{}::{}", resolve::path(definitions, from, &target.place), target.model.module);
        let back = toward(parent, index).count();
        if back == 0 {
            let mut forward = toward(index, parent);
            if let (Some(LoweredKey { join_field: Some(field), .. }), None) = (forward.next(), forward.next())
            {
                joins.push(Join { parent: path.clone(), field: *field });
            }
        }
        if back == 0 || index < parent {
            pairs.push(path);
        }
    }
    (joins, pairs)
}
