//! What must hold of every row of a table.

use serde::{Deserialize, Serialize};

use crate::{Dialects, Expression};

/// A check constraint.
///
/// As JSON it is the text of its expression alone, where every database has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Form", into = "Form")]
pub struct Check {
    /// What must hold.
    pub expression: Expression,
    /// The databases that have it.
    pub dialects: Dialects,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Everywhere(Expression),
    Somewhere(Somewhere),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Somewhere {
    expression: Expression,
    dialects: Dialects,
}

impl From<Expression> for Check {
    fn from(expression: Expression) -> Self {
        Self { expression, dialects: Dialects::default() }
    }
}

impl From<Form> for Check {
    fn from(form: Form) -> Self {
        match form {
            Form::Everywhere(expression) => expression.into(),
            Form::Somewhere(Somewhere { expression, dialects }) => Self { expression, dialects },
        }
    }
}

impl From<Check> for Form {
    fn from(Check { expression, dialects }: Check) -> Self {
        if dialects.are_all() {
            Self::Everywhere(expression)
        } else {
            Self::Somewhere(Somewhere { expression, dialects })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    #[test]
    fn one_that_is_everywhere_is_its_text() {
        let mut check = Check::from(Expression::new("x > 0").unwrap());
        assert_eq!(serde_json::to_string(&check).unwrap(), "\"x > 0\"");
        assert_eq!(serde_json::from_str::<Check>("\"x > 0\"").unwrap(), check);
        check.dialects = Dialects::only([Dialect::Sqlite]);
        let text = serde_json::to_string(&check).unwrap();
        assert_eq!(text, r#"{"expression":"x > 0","dialects":["sqlite"]}"#);
        assert_eq!(serde_json::from_str::<Check>(&text).unwrap(), check);
        assert!(serde_json::from_str::<Check>("\"x > 0; DROP TABLE page\"").is_err());
    }
}
