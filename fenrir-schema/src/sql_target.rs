//! Whether a statement says in which database that lies what it makes, changes or drops.

/// Follows the beginning of a statement, word by word and sign by sign.
#[derive(Default)]
pub(crate) struct Target {
    place: Place,
    /// Whether what follows is a list of names.
    lists: bool,
    /// Whether no such name follows.
    is_over: bool,
    is_qualified: bool,
    /// Whether a parenthesis was last.
    is_opened: bool,
}

#[derive(Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    /// A name comes next.
    AtName,
    /// One was last.
    BehindName,
}

impl Target {
    /// Whether a name of it has another before it: `there.page`.
    pub(crate) fn is_qualified(&self) -> bool {
        self.is_qualified
    }

    /// A word that is in no quotes, in small letters.
    pub(crate) fn word(&mut self, word: &str) {
        let is_opened = std::mem::take(&mut self.is_opened);
        match word {
            // `CREATE TABLE page (LIKE there.page)`
            "like" if is_opened => (self.is_over, self.place) = (false, Place::AtName),
            _ if self.is_over => {}
            "drop" | "rename" | "truncate" if self.place == Place::Before => self.lists = true,
            "if" | "not" | "exists" | "as" if self.place == Place::AtName => {}
            // The body of a view, a routine or a trigger, or the rows of a table.
            "as" | "select" | "begin" | "for" => self.is_over = true,
            "table" | "tables" | "view" | "trigger" | "procedure" | "function" | "event" | "sequence"
            | "on" | "to" | "rename" | "like" => self.place = Place::AtName,
            _ => self.name(),
        }
    }

    /// A name in quotes, a text or a number.
    pub(crate) fn name(&mut self) {
        self.is_opened = false;
        self.place = if self.place == Place::AtName { Place::BehindName } else { Place::Before };
    }

    pub(crate) fn sign(&mut self, sign: char) {
        self.is_opened = sign == '(';
        match sign {
            '(' => self.is_over = true,
            '.' if self.place == Place::BehindName && !self.is_over => self.is_qualified = true,
            ',' if self.lists => self.place = Place::AtName,
            _ => self.place = Place::Before,
        }
    }
}
