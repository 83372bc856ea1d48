//! `CREATE TABLE` and `CREATE INDEX`, as SQLite keeps them, taken apart
//! (<https://www.sqlite.org/lang_createtable.html>, <https://www.sqlite.org/lang_createindex.html>).

use fenrir_schema::{Deferral, ReferentialAction};

use super::parser::Parser;

/// What a table's statement says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct TableStatement {
    pub(super) columns: Vec<ColumnDefinition>,
    pub(super) constraints: Vec<Constraint>,
}

/// A column in a table's statement.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ColumnDefinition {
    pub(super) name: String,
    pub(super) type_name: String,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    /// Its expression, and whether its values are stored.
    pub(super) generated: Option<(String, bool)>,
    pub(super) collation: Option<String>,
    /// What of it models cannot say.
    pub(super) about: Option<String>,
    pub(super) constraints: Vec<Constraint>,
}

/// A constraint of a table, or of a column of it.
#[derive(Debug, PartialEq)]
pub(super) struct Constraint {
    pub(super) name: Option<String>,
    pub(super) kind: ConstraintKind,
    /// What of it models cannot say.
    pub(super) about: Option<String>,
    /// The columns of a key beside which a collation is said, and how that is said.
    pub(super) collated: Vec<IndexedColumn>,
}

#[derive(Debug, PartialEq)]
pub(super) enum ConstraintKind {
    PrimaryKey { columns: Vec<String>, autoincrement: bool },
    Unique { columns: Vec<String> },
    Check(String),
    ForeignKey(References),
}

#[derive(Debug, PartialEq)]
pub(super) struct References {
    pub(super) columns: Vec<String>,
    pub(super) table: String,
    /// Without any, the primary key.
    pub(super) to: Vec<String>,
    pub(super) on_delete: ReferentialAction,
    pub(super) on_update: ReferentialAction,
    pub(super) deferral: Deferral,
}

/// What an index's statement says.
#[derive(Debug, PartialEq)]
pub(super) struct IndexStatement {
    pub(super) unique: bool,
    pub(super) keys: Vec<IndexedColumn>,
    pub(super) predicate: Option<String>,
}

/// A column or an expression in parentheses of a key or an index.
#[derive(Debug, PartialEq)]
pub(super) struct IndexedColumn {
    /// Its name, where it is no expression.
    pub(super) name: Option<String>,
    pub(super) text: String,
    pub(super) collation: Option<String>,
    pub(super) descending: bool,
}

/// Reads a `CREATE TABLE`; none where it is something else.
pub(super) fn table(sql: &str) -> Option<TableStatement> {
    let mut parser = Parser::new(sql);
    parser.words(&["create", "table"])?;
    parser.name()?;
    parser.sign("(")?;
    let mut table = TableStatement::default();
    loop {
        match parser.table_constraint() {
            Some(constraint) => table.constraints.push(constraint?),
            None => table.columns.push(parser.column()?),
        }
        // Commas may be left out between constraints.
        if parser.sign(")").is_some() {
            break;
        }
        let _ = parser.sign(",");
    }
    // WITHOUT ROWID and STRICT are told by a pragma.
    Some(table)
}

/// Reads a `CREATE INDEX`; none where it is something else.
pub(super) fn index(sql: &str) -> Option<IndexStatement> {
    let mut parser = Parser::new(sql);
    parser.words(&["create"])?;
    let unique = parser.word("unique").is_some();
    parser.words(&["index"])?;
    parser.name()?;
    parser.words(&["on"])?;
    parser.name()?;
    let keys = parser.indexed_columns()?;
    let predicate = match parser.word("where") {
        Some(()) => {
            let start = parser.peek()?.start;
            Some(sql[start..].trim().to_owned())
        }
        None => None,
    };
    Some(IndexStatement { unique, keys, predicate })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_with_everything() {
        let table = table(
            "CREATE TABLE \"p\"(id INTEGER NOT NULL CONSTRAINT p_pkey PRIMARY KEY AUTOINCREMENT, -- a, comment\n\
             [a b] decimal(10, 2) DEFAULT -7 NOT NULL ON CONFLICT IGNORE, `c` DEFAULT (1 + (2)) UNIQUE,\n\
             d TEXT COLLATE NOCASE DEFAULT x'00' CHECK (d <> ')'), e AS (id + 1) STORED,\n\
             f INT REFERENCES q ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,\n\
             CONSTRAINT u UNIQUE (c, \"a b\" DESC) FOREIGN KEY (c, d) REFERENCES r (x, y) ON UPDATE CASCADE) STRICT",
        )
        .unwrap();
        let names: Vec<_> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "a b", "c", "d", "e", "f"]);
        let types: Vec<_> = table.columns.iter().map(|column| column.type_name.as_str()).collect();
        assert_eq!(types, ["INTEGER", "decimal(10, 2)", "", "TEXT", "", "INT"]);
        let defaults: Vec<_> = table.columns.iter().map(|column| column.default.as_deref()).collect();
        assert_eq!(defaults, [None, Some("-7"), Some("(1 + (2))"), Some("x'00'"), None, None]);
        let about: Vec<_> = table.columns.iter().map(|column| column.about.as_deref()).collect();
        assert_eq!(about[1..4], [Some("ON CONFLICT IGNORE"), None, None]);
        assert_eq!(table.columns[4].generated, Some(("id + 1".to_owned(), true)));
        assert_eq!(table.columns[3].collation.as_deref(), Some("NOCASE"));
        let key = &table.columns[0].constraints[0];
        assert_eq!(key.name.as_deref(), Some("p_pkey"));
        let columns = vec!["id".to_owned()];
        assert_eq!(key.kind, ConstraintKind::PrimaryKey { columns, autoincrement: true });
        assert_eq!(table.columns[3].constraints[0].kind, ConstraintKind::Check("d <> ')'".to_owned()));
        let ConstraintKind::ForeignKey(key) = &table.columns[5].constraints[0].kind else { panic!() };
        assert_eq!((key.table.as_str(), key.to.len()), ("q", 0));
        assert_eq!((key.on_delete, key.deferral), (ReferentialAction::SetNull, Deferral::InitiallyDeferred));
        assert_eq!(table.constraints[0].about.as_deref(), Some("\"a b\" DESC"));
        let ConstraintKind::ForeignKey(key) = &table.constraints[1].kind else { panic!() };
        assert_eq!(key.to, ["x", "y"]);
    }

    #[test]
    fn an_index_with_everything() {
        let index =
            index("CREATE UNIQUE INDEX i ON \"p\" (a, \"b c\" DESC, (id + 1), lower(d) COLLATE nocase ASC) WHERE a > 0")
                .unwrap();
        let names: Vec<_> = index.keys.iter().map(|key| key.name.as_deref()).collect();
        assert_eq!(names, [Some("a"), Some("b c"), None, None]);
        assert_eq!(index.keys[2].text, "(id + 1)");
        assert_eq!(index.keys[3].text, "lower(d)");
        assert_eq!(index.keys[3].collation.as_deref(), Some("nocase"));
        assert!(index.unique && index.keys[1].descending && !index.keys[3].descending);
        assert_eq!(index.predicate.as_deref(), Some("a > 0"));
    }

    #[test]
    fn broken_text_is_no_trouble() {
        let sql =
            "CREATE TABLE t (a INTEGER DEFAULT (1), b TEXT CHECK (b IN ('x')), FOREIGN KEY (a) REFERENCES t)";
        for end in (0..sql.len()).filter(|end| sql.is_char_boundary(*end)) {
            assert_eq!(table(&sql[..end]), None, "{}", &sql[..end]);
            let _ = index(&sql[..end].replace("TABLE", "INDEX").replace(" (", " ON t ("));
        }
        assert!(table(sql).is_some());
    }
}
