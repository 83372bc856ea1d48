//! Finding the changes between two schemas that were read.

use std::collections::BTreeMap;

use fenrir_schema::{Change, Dialect, Expression, Identifier, Renames, Schema, TableName, diff};

use super::side::{Read, Said};
use crate::cli::arguments::{Diff, Renamed};
use crate::cli::context::Context;
use crate::cli::outcome::Failure;
use crate::cli::rename::{self, Between};
use crate::database::Database;
use crate::introspect::{self, NotCompared, Sides, Unmanaged};

/// The two, by what is known of them.
pub(super) enum Two {
    /// Neither is a database.
    Said(Said, Said),
    /// From what is said to a database.
    ToRead(Read, Said),
    /// From a database to what is said.
    ToSaid(Read, Said),
    /// Both are databases.
    Read(Read, Read),
}

/// What differs.
pub(super) struct Found {
    /// The schema that the changes are made to.
    pub(super) before: Schema,
    /// The schema that they lead to, with what is left alone in it.
    pub(super) after: Schema,
    pub(super) changes: Vec<Change>,
    pub(super) not_compared: Vec<NotCompared>,
    pub(super) not_managed: Vec<String>,
    /// The file and the line of each model.
    pub(super) places: BTreeMap<TableName, String>,
    pub(super) fillings: Filled,
}

/// What is said of the rows that exist, by column.
#[derive(Default)]
pub(super) struct Filled {
    pub(super) backfills: BTreeMap<(TableName, Identifier), Expression>,
    pub(super) usings: BTreeMap<(TableName, Identifier), Expression>,
}

pub(super) fn compare(
    two: Two,
    dialect: Dialect,
    (from, to): (&str, &str),
    is_models: bool,
    renamed: &Renamed,
    context: &Context<'_>,
) -> Result<Found, Failure> {
    let settle = |before: &Schema, after: &Schema, hints: &Renames, is_live: bool| {
        let enums_follow = is_live && !dialect.has_enums();
        let (before, after) = ((before, from), (after, to));
        rename::settle(&Between { before, after, hints, is_models, enums_follow }, renamed, context)
    };
    match two {
        Two::Said(from, to) => {
            let hints = hints(&from.renames, &to.renames);
            let renames = settle(&from.schema, &to.schema, &hints, false)?;
            let changes = diff(&from.schema, &to.schema, &renames);
            let mut places = from.places;
            places.extend(to.places);
            let fillings = Filled { backfills: to.backfills, usings: to.usings };
            Ok(Found {
                before: from.schema,
                after: to.schema,
                changes,
                not_compared: Vec::new(),
                not_managed: Vec::new(),
                places,
                fillings,
            })
        }
        Two::ToSaid(mut read, said) => {
            let said = said.at_home(read.live.home.as_ref());
            let mut sides = Sides::new(dialect, &said.schema, &read.live);
            let renames = settle(&sides.there, &sides.wanted, &said.hints(dialect), true)?;
            introspect::settle(&mut sides, &renames, (&mut *read.connected.database(), &read.live), None)?;
            let changes = diff(&sides.there, &sides.wanted, &renames);
            Ok(Found {
                before: sides.there,
                after: Schema { unmanaged: said.schema.unmanaged, ..sides.wanted },
                changes,
                not_compared: sides.not_compared,
                not_managed: sides.unmanaged.iter().map(ToString::to_string).collect(),
                places: said.places,
                fillings: Filled { backfills: said.backfills, usings: said.usings },
            })
        }
        Two::ToRead(mut read, said) => {
            let said = said.at_home(read.live.home.as_ref());
            let mut sides = Sides::new(dialect, &said.schema, &read.live);
            let hints = said.hints(dialect).inverted();
            let renames = settle(&sides.wanted, &sides.there, &hints, true)?;
            let back = renames.inverted();
            introspect::settle(&mut sides, &back, (&mut *read.connected.database(), &read.live), None)?;
            let changes = diff(&sides.wanted, &sides.there, &renames);
            Ok(Found {
                before: sides.wanted,
                after: sides.there,
                changes,
                not_compared: sides.not_compared,
                not_managed: sides.unmanaged.iter().map(ToString::to_string).collect(),
                places: said.places,
                fillings: Filled::default(),
            })
        }
        Two::Read(mut a, mut b) => {
            let mut sides = Sides::of_two(dialect, &b.live, &a.live);
            let renames = settle(&sides.there, &sides.wanted, &Renames::default(), true)?;
            let (mut first, mut second) = (a.connected.database(), b.connected.database());
            let other: (&mut dyn Database, _) = (&mut *second, &b.live);
            introspect::settle(&mut sides, &renames, (&mut *first, &a.live), Some(other))?;
            let changes = diff(&sides.there, &sides.wanted, &renames);
            Ok(Found {
                before: sides.there,
                after: sides.wanted,
                changes,
                not_compared: sides.not_compared,
                not_managed: not_managed((from, &a.live.unmanaged), (to, &b.live.unmanaged)),
                places: BTreeMap::new(),
                fillings: Filled::default(),
            })
        }
    }
}

/// What the models say of former names, on whichever side they are.
fn hints(from: &Renames, to: &Renames) -> Renames {
    if *to == Renames::default() { from.inverted() } else { to.clone() }
}

/// What models cannot say of two databases: in both, or in one.
fn not_managed((from, a): (&str, &[Unmanaged]), (to, b): (&str, &[Unmanaged])) -> Vec<String> {
    let of_a = a.iter().map(|one| match b.contains(one) {
        true => one.to_string(),
        false => format!("{one}, only in {from}"),
    });
    let of_b = b.iter().filter(|one| !a.contains(one)).map(|one| format!("{one}, only in {to}"));
    of_a.chain(of_b).collect()
}

/// What is said of rows: by models, and by options beside them.
pub(super) fn fillings(found: &Found, arguments: &Diff, to: &str) -> Result<Filled, Failure> {
    let mut filled =
        Filled { backfills: found.fillings.backfills.clone(), usings: found.fillings.usings.clone() };
    for text in &arguments.backfill {
        let (of, sql) = filling("--backfill", text, &found.after, to)?;
        filled.backfills.insert(of, sql);
    }
    for text in &arguments.using {
        let (of, sql) = filling("--using", text, &found.after, to)?;
        filled.usings.insert(of, sql);
    }
    Ok(filled)
}

/// `table.column=SQL`, where the table and the column are named as they are in the second schema.
fn filling(
    option: &str,
    text: &str,
    after: &Schema,
    to: &str,
) -> Result<((TableName, Identifier), Expression), Failure> {
    let (of, sql) =
        text.split_once('=').ok_or_else(|| Failure::error(format!("`{option}` takes `TABLE.COLUMN=SQL`")))?;
    let columns =
        after.tables.values().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let found = columns
        .filter(|(table, column)| named(&table.name, &column.name) == of.trim())
        .map(|(table, column)| (table.name.clone(), column.name.clone()))
        .next();
    let found = found.ok_or_else(|| {
        Failure::error(format!("`{option}`: there is no column `{}` in {to}", of.trim().escape_debug()))
    })?;
    let sql = Expression::new(sql.trim())
        .map_err(|error| Failure::error(format!("`{option}` of `{}`: {error}", of.trim().escape_debug())))?;
    Ok((found, sql))
}

fn named(table: &TableName, column: &Identifier) -> String {
    format!("{}.{}", table.to_text(), column.as_str())
}

/// What is said of a column to which nothing happens that needs it was meant for another.
pub(super) fn refuse_unused(changes: &[Change], arguments: &Diff) -> Result<(), Failure> {
    let fills = |change: &Change, option: &str, of: &str| match change {
        Change::AddColumn { table, column, backfill: Some(_) } => {
            option == "--backfill" && named(table, &column.name) == of
        }
        Change::AlterColumn { table, to, using, backfill, .. } if named(table, &to.name) == of => {
            let said = if option == "--using" { using } else { backfill };
            said.is_some()
        }
        _ => false,
    };
    let backfills = arguments.backfill.iter().map(|text| ("--backfill", text));
    for (option, text) in backfills.chain(arguments.using.iter().map(|text| ("--using", text))) {
        let of = text.split('=').next().unwrap_or_default().trim();
        if !changes.iter().any(|change| fills(change, option, of)) {
            let what = match option {
                "--using" => "is not of another type",
                _ => "is neither added nor made NOT NULL",
            };
            return Err(Failure::error(format!("`{option}`: the column `{}` {what}", of.escape_debug())));
        }
    }
    Ok(())
}
