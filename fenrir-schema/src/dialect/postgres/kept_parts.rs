//! That no column, check or index which goes and comes again takes along what no model says of it.

use super::{Postgres, block};
use crate::dialect::{Rules, ddl};
use crate::{Column, Identifier, TableName};

/// What goes of a table, to come again.
pub(super) struct Taken<'a> {
    table: &'a TableName,
    columns: &'a [&'a Column],
    pub(super) constraints: Vec<&'a Identifier>,
    pub(super) indexes: Vec<&'a Identifier>,
}

impl<'a> Taken<'a> {
    pub(super) fn new(table: &'a TableName, columns: &'a [&'a Column]) -> Self {
        Self { table, columns, constraints: Vec::new(), indexes: Vec::new() }
    }

    /// A statement that fails, with their names, where parts would go that nothing makes again. What goes with a column
    /// depends on it as `a` (<https://www.postgresql.org/docs/current/catalog-pg-depend.html>); what depends on it
    /// otherwise, such as a view, PostgreSQL itself keeps from being lost. A column has rights and settings of its own,
    /// and a constraint or an index may have a comment or settings, which models do not say.
    pub(super) fn guard(&self) -> Option<String> {
        if self.columns.is_empty() && self.constraints.is_empty() && self.indexes.is_empty() {
            return None;
        }
        let on = format!("{}::pg_catalog.regclass", Postgres.literal(&ddl::quote(&Postgres, self.table)));
        let columns = names(self.columns.iter().map(|column| &column.name));
        let constraints = names(self.constraints.iter().copied());
        let indexes = names(self.indexes.iter().copied());
        let message = format!(
            "a part of table {} would go and come again without what no model says of it, see `fenrir check`: ",
            self.table
        );
        let body = format!(
            "DECLARE\n    fenrir_parts text;\nBEGIN\n    \
             WITH again AS (\n        \
             SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass AS kind, oid AS part FROM pg_catalog.pg_constraint\n        \
             WHERE conrelid = {on} AND conname = ANY ({constraints})\n        \
             UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid\n        \
             FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid\n        \
             WHERE i.indrelid = {on} AND (c.relname = ANY ({indexes}) OR EXISTS (SELECT FROM pg_catalog.pg_constraint k\n            \
             WHERE k.conindid = i.indexrelid AND k.conrelid = {on} AND k.conname = ANY ({constraints})))\n    \
             ), gone AS (\n        \
             SELECT * FROM pg_catalog.pg_attribute WHERE attrelid = {on} AND attname = ANY ({columns})\n    \
             ), parts AS (\n        \
             SELECT pg_catalog.pg_describe_object(d.classid, d.objid, 0) AS part\n        \
             FROM pg_catalog.pg_depend d JOIN gone ON d.refobjid = gone.attrelid AND d.refobjsubid = gone.attnum\n        \
             WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'a' AND d.objsubid = 0\n        \
             AND d.classid <> 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND (d.classid, d.objid) NOT IN (SELECT kind, part FROM again)\n        \
             UNION SELECT 'the comment on ' || pg_catalog.pg_describe_object(kind, part, 0) FROM again\n        \
             WHERE EXISTS (SELECT FROM pg_catalog.pg_description WHERE classoid = kind AND objoid = part AND objsubid = 0)\n        \
             UNION SELECT 'settings of ' || pg_catalog.pg_describe_object(kind, part, 0)\n        \
             FROM again JOIN pg_catalog.pg_index i ON i.indexrelid = part JOIN pg_catalog.pg_class c ON c.oid = part\n        \
             WHERE c.reloptions IS NOT NULL OR i.indisclustered OR i.indisreplident\n        \
             UNION SELECT 'rights or settings of column ' || attname\n        \
             FROM gone JOIN pg_catalog.pg_type t ON t.oid = atttypid WHERE attacl IS NOT NULL\n        \
             OR EXISTS (SELECT FROM pg_catalog.unnest(attoptions) o WHERE o LIKE 'n_distinct%')\n        \
             OR attstattarget >= 0 OR attstorage <> t.typstorage OR pg_catalog.to_jsonb(gone) ->> 'attcompression' IN ('p', 'l')\n    )\n    \
             SELECT pg_catalog.string_agg(part, ', ' ORDER BY part) INTO fenrir_parts FROM parts;\n    \
             IF fenrir_parts IS NOT NULL THEN\n        RAISE EXCEPTION USING MESSAGE = {} || fenrir_parts;\n    END IF;\nEND",
            Postgres.literal(&message)
        );
        Some(block(&body))
    }
}

/// A statement that fails where another type in the place of an enum would be without what no model says of that: its
/// comment, and who may use it.
pub(super) fn guard_enum(name: &Identifier) -> String {
    let of = format!("{}::pg_catalog.regtype", Postgres.literal(&ddl::quote(&Postgres, name)));
    let message = Postgres.literal(&format!(
        "the enum {name} would be made anew without what no model says of it, see `fenrir check`: its comment, or rights to it"
    ));
    block(&format!(
        "BEGIN\n    IF EXISTS (\n        \
         SELECT FROM pg_catalog.pg_description WHERE classoid = 'pg_catalog.pg_type'::pg_catalog.regclass AND objoid = {of}\n        \
         UNION ALL SELECT FROM pg_catalog.pg_type WHERE oid = {of} AND typacl IS NOT NULL\n    \
         ) THEN\n        RAISE EXCEPTION USING MESSAGE = {message};\n    END IF;\nEND"
    ))
}

/// An array of names.
fn names<'a>(names: impl Iterator<Item = &'a Identifier>) -> String {
    let names: Vec<_> = names.map(|name| Postgres.literal(name.as_str())).collect();
    format!("ARRAY[{}]::pg_catalog.name[]", names.join(", "))
}
