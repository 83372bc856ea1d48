//! What is asked of a database: whether two expressions that differ in their words are the same to it.

use fenrir_schema::{
    Change, Column, DefaultValue, Dialect, Expression, Generated, Identifier, Index, IndexTarget, Schema,
    Script, Table, TableName, TokenKind,
};
use serde::Serialize;

use super::builder::{empty_table, plain_column};

/// Two parts of a table that differ in their expressions only.
#[derive(Clone)]
pub(super) struct Question<'a> {
    /// The schema that is wanted, and the table in it.
    pub(super) wanted: (&'a Schema, &'a Table),
    /// The schema that is there, and the table in it.
    pub(super) live: (&'a Schema, &'a Table),
    /// What differs.
    pub(super) part: Part,
    /// What the table that is there is called there.
    pub(super) origin: Origin,
}

/// The name of a table in the database, and the renames of its columns, one after the other, that lead to the names
/// that they have in a question.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) table: TableName,
    pub(super) columns: Vec<(Identifier, Identifier)>,
}

impl Origin {
    /// That of a table which some changes have renamed, or not.
    pub(super) fn of(table: &TableName, moves: &[Change]) -> Self {
        let mut name = table.clone();
        for change in moves.iter().rev() {
            match change {
                Change::RenameTable { from, to } if *to == name => name.clone_from(from),
                _ => {}
            }
        }
        let columns = moves.iter().filter_map(|change| match change {
            Change::RenameColumn { table: of, from, to } if of == table => Some((from.clone(), to.clone())),
            _ => None,
        });
        Self { table: name, columns: columns.collect() }
    }
}

/// A part of a table that has expressions, as it is wanted and as it is.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A type of the user's own.
    Type(Identifier),
    /// The default of a column.
    Default(Identifier),
    /// What a column is generated from.
    Generated(Identifier),
    /// A check, by its two names.
    Check { wanted: Identifier, live: Identifier },
    /// An index, by its two names.
    Index { wanted: Identifier, live: Identifier },
}

impl Part {
    /// Whether it has the same name on both sides.
    pub(super) fn has_one_name(&self) -> bool {
        self.name(Side::Wanted) == self.name(Side::Live)
    }

    #[cfg(feature = "cli")]
    fn turned(&self) -> Self {
        match self.clone() {
            Part::Check { wanted, live } => Part::Check { wanted: live, live: wanted },
            Part::Index { wanted, live } => Part::Index { wanted: live, live: wanted },
            other => other,
        }
    }

    /// Its name on one side.
    fn name(&self, side: Side) -> &Identifier {
        match (self, side) {
            (Part::Type(name) | Part::Default(name) | Part::Generated(name), _) => name,
            (Part::Check { wanted, .. } | Part::Index { wanted, .. }, Side::Wanted) => wanted,
            (Part::Check { live, .. } | Part::Index { live, .. }, Side::Live) => live,
        }
    }
}

/// What a database says to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// They are the same.
    Same,
    /// They are not.
    Different,
    /// It does not say, for this reason.
    Unknown(String),
}

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Wanted,
    Live,
}

/// A part by itself, which can be made in a table of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) enum Subject {
    Type(Column),
    Default(Column, DefaultValue),
    Generated(Column, Generated),
    Check(Expression),
    Index(Index),
}

impl Question<'_> {
    /// The same asked of the other database, in which the wanted side is.
    #[cfg(feature = "cli")]
    pub(super) fn turned(&self) -> Self {
        let origin = Origin { table: self.wanted.1.name.clone(), columns: Vec::new() };
        Self { wanted: self.live, live: self.wanted, part: self.part.turned(), origin }
    }

    /// One side's table.
    pub(super) fn table(&self, side: Side) -> &Table {
        match side {
            Side::Wanted => self.wanted.1,
            Side::Live => self.live.1,
        }
    }

    /// One side's enums.
    pub(super) fn enums(&self, side: Side) -> Schema {
        let schema = match side {
            Side::Wanted => self.wanted.0,
            Side::Live => self.live.0,
        };
        Schema { enums: schema.enums.clone(), ..Schema::default() }
    }

    /// What is asked about, on one side.
    pub(super) fn subject(&self, side: Side) -> Option<Subject> {
        let table = self.table(side);
        let name = self.part.name(side);
        let plain = |column: &Column| plain_column(column.name.clone(), column.sql_type.clone());
        Some(match &self.part {
            Part::Type(_) => Subject::Type(plain(table.column(name)?)),
            Part::Default(_) => {
                let column = table.column(name)?;
                Subject::Default(plain(column), column.default.clone()?)
            }
            Part::Generated(_) => {
                let column = table.column(name)?;
                Subject::Generated(plain(column), column.generated.clone()?)
            }
            Part::Check { .. } => Subject::Check(table.checks.get(name)?.expression.clone()),
            Part::Index { .. } => Subject::Index(table.indexes.get(name)?.clone()),
        })
    }

    /// The expressions that are there, where nothing else of the two parts differs and the database told them.
    pub(super) fn recorded(&self) -> Option<Vec<String>> {
        let texts = |index: &Index| index.expressions().map(|text| text.as_str().to_owned()).collect();
        match (self.subject(Side::Wanted)?, self.subject(Side::Live)?) {
            (Subject::Generated(_, wanted), Subject::Generated(_, live)) => {
                (wanted.kind == live.kind).then(|| vec![live.expression.as_str().to_owned()])
            }
            (Subject::Check(_), Subject::Check(live)) => Some(vec![live.as_str().to_owned()]),
            (Subject::Index(wanted), Subject::Index(live)) => {
                let texts: Vec<_> = texts(&live);
                let same = Subject::Index(wanted).with_texts(&texts)?;
                (same == Subject::Index(live)).then_some(texts)
            }
            _ => None,
        }
    }

    /// A table of that name with the columns of one side that a part of it needs, without what they hold by
    /// default.
    pub(super) fn bare_table(&self, dialect: Dialect, side: Side, name: &TableName) -> Table {
        let mut table = empty_table(name.clone());
        let subject = self.subject(side);
        let needed =
            |column: &&Column| subject.as_ref().is_some_and(|subject| subject.needs(dialect, &column.name));
        let columns = &self.table(side).columns;
        // A table of no columns is none in some databases.
        let needed: Vec<_> = match columns.iter().filter(needed).collect::<Vec<_>>().as_slice() {
            [] => columns.iter().take(1).collect(),
            some => some.to_vec(),
        };
        table.columns = needed
            .into_iter()
            .map(|column| Column {
                collations: column.collations.clone(),
                ..plain_column(column.name.clone(), column.sql_type.clone())
            })
            .collect();
        table
    }
}

impl Subject {
    fn needs(&self, dialect: Dialect, name: &Identifier) -> bool {
        let mentions = |expression: &Expression| {
            let mut tokens = dialect.tokens(expression.as_str()).into_iter();
            let is_name = |kind| matches!(kind, TokenKind::Word | TokenKind::Name);
            tokens.any(|token| is_name(token.kind) && token.value.eq_ignore_ascii_case(name.as_str()))
        };
        match self {
            Subject::Type(column) | Subject::Default(column, _) => column.name == *name,
            Subject::Generated(_, generated) => mentions(&generated.expression),
            Subject::Check(expression) => mentions(expression),
            Subject::Index(index) => {
                index.include.contains(name)
                    || index.keys.iter().any(|key| key.of == IndexTarget::Column(name.clone()))
                    || index.expressions().any(mentions)
            }
        }
    }

    /// The statements that make a table with it, of one column or of all.
    pub(super) fn creation(&self, dialect: Dialect, mut table: Table, enums: &Schema) -> Option<Vec<String>> {
        let name = Identifier::generated([&table.name.name], "part");
        match self {
            Subject::Type(column) => table.columns = vec![column.clone()],
            Subject::Default(column, default) => {
                let default = Some(default.clone());
                table.columns = vec![Column { default, ..column.clone() }];
            }
            Subject::Generated(column, generated) => table.columns.push(part(name, column, generated)),
            Subject::Check(expression) => {
                table.checks.insert(name, expression.clone().into());
            }
            Subject::Index(index) => {
                table.indexes.insert(name, index.clone());
            }
        }
        let before = Schema { enums: enums.enums.clone(), ..Schema::default() };
        Some(statements(dialect.script(&before, &[Change::CreateTable { table }]).ok()?))
    }

    /// The statements that make it in a table that is there.
    pub(super) fn addition(&self, dialect: Dialect, table: &Table, enums: &Schema) -> Option<Vec<String>> {
        let (on, name) = (table.name.clone(), Identifier::generated([&table.name.name], "part"));
        let change = match self {
            Subject::Type(_) => return Some(Vec::new()),
            Subject::Default(column, default) => {
                let from = table.column(&column.name)?.clone();
                let to = Column { default: Some(default.clone()), ..from.clone() };
                Change::AlterColumn { table: on, from, to, using: None, backfill: None }
            }
            Subject::Generated(column, generated) => {
                Change::AddColumn { table: on, column: part(name, column, generated), backfill: None }
            }
            Subject::Check(expression) => {
                Change::AddCheck { table: on, name, definition: expression.clone().into() }
            }
            Subject::Index(index) => Change::AddIndex { table: on, name, definition: index.clone() },
        };
        let tables = [(table.name.clone(), table.clone())].into();
        let before = Schema { enums: enums.enums.clone(), tables, ..Schema::default() };
        Some(statements(dialect.script(&before, &[change]).ok()?))
    }

    /// The same with other texts in place of its expressions, in their order; none where they are no
    /// expressions.
    pub(super) fn with_texts(&self, texts: &[String]) -> Option<Subject> {
        let mut texts = texts.iter().map(|text| Expression::new(text.as_str()));
        let mut next = || texts.next()?.ok();
        Some(match self {
            Subject::Type(_) => return None,
            Subject::Default(column, _) => {
                Subject::Default(column.clone(), DefaultValue::Expression(next()?))
            }
            Subject::Generated(column, generated) => {
                Subject::Generated(column.clone(), Generated { expression: next()?, ..generated.clone() })
            }
            Subject::Check(_) => Subject::Check(next()?),
            Subject::Index(index) => {
                let mut index = index.clone();
                for key in &mut index.keys {
                    if let IndexTarget::Expression(expression) = &mut key.of {
                        *expression = next()?;
                    }
                }
                if let Some(predicate) = &mut index.predicate {
                    *predicate = next()?;
                }
                Subject::Index(index)
            }
        })
    }
}

/// The generated column, under the name of what is asked about.
fn part(name: Identifier, column: &Column, generated: &Generated) -> Column {
    Column { name, generated: Some(generated.clone()), ..column.clone() }
}

fn statements(script: Script) -> Vec<String> {
    script.statements.into_iter().map(|statement| statement.sql).collect()
}
