//! Names in Rust's conventions.

/// `EmailItem` → `email_item`, as Diesel does it.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// The words of a Rust name, in lower case.
pub(crate) fn words(name: &str) -> Vec<String> {
    snake_case(name).split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// `active` → `Active`
pub(crate) fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_as_diesel_has_it() {
        for (name, snake) in [("User", "user"), ("EmailItem", "email_item"), ("a_b", "a_b"), ("X", "x")] {
            assert_eq!(snake_case(name), snake);
        }
    }
}
