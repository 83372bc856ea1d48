//! Whether a default is a value of its column's type, as far as that can be told without a database.
//!
//! What is refused here although a database would take it can be written as an expression:
//! `sql("interval '1 fortnight'")`.

use std::net::{IpAddr, Ipv6Addr};

use super::super::DbEnumVariant;
use crate::{DefaultValue, IntegerSize, SqlType};

pub(super) fn check(
    default: &DefaultValue,
    sql_type: &SqlType,
    variants: Option<&Vec<DbEnumVariant>>,
) -> Result<(), String> {
    let wrong = |wanted: &str| Err(format!("the default of this column must be {wanted}: it is {sql_type}"));
    let text_like = |is_right: fn(&str) -> bool, wanted: &str| match default {
        DefaultValue::Text(text) if is_right(text) => Ok(()),
        _ => wrong(wanted),
    };
    if let DefaultValue::Expression(_) = default {
        return Ok(());
    }
    if let Some(bounds) = integer_bounds(sql_type) {
        return match default {
            DefaultValue::Number(number) => whole_number(number, sql_type, bounds),
            _ => wrong("a whole number"),
        };
    }
    match (sql_type, default) {
        (SqlType::Bool, DefaultValue::Bool(_)) => Ok(()),
        (SqlType::Bool, _) => wrong("`true` or `false`"),
        (
            SqlType::Float | SqlType::Double | SqlType::Numeric { .. } | SqlType::Money,
            DefaultValue::Number(_),
        ) => Ok(()),
        (SqlType::Float | SqlType::Double | SqlType::Numeric { .. } | SqlType::Money, _) => wrong("a number"),
        (SqlType::Enum(_), default) => {
            let variants = variants.map(Vec::as_slice).unwrap_or_default();
            let is_label = |label: &String| variants.iter().any(|variant| variant.label == *label);
            if variants.is_empty() || matches!(default, DefaultValue::Text(label) if is_label(label)) {
                return Ok(());
            }
            let labels: Vec<_> = variants.iter().map(|variant| format!("\"{}\"", variant.label)).collect();
            wrong(&format!("one of {}", labels.join(", ")))
        }
        (
            SqlType::VarChar { max_length: Some(n) } | SqlType::Char { length: Some(n) },
            DefaultValue::Text(text),
        ) if text.chars().count() > *n as usize => {
            Err(format!("the default has {} characters, and the column takes {n}", text.chars().count()))
        }
        (SqlType::Json | SqlType::Jsonb, DefaultValue::Text(text)) => {
            serde_json::from_str::<serde_json::Value>(text)
                .map(drop)
                .map_err(|error| format!("the default is not JSON: {error}"))
        }
        (SqlType::Binary | SqlType::Custom { .. }, _) => wrong("an expression, `sql(\"…\")`"),
        (SqlType::Interval, _) => {
            text_like(is_interval, "a span of time, such as \"1 day 02:00\" or \"P1DT2H\"")
        }
        (SqlType::Inet, _) => text_like(is_inet, "an address, such as \"10.1.9.32\" or \"10.1.9.32/24\""),
        (SqlType::Cidr, _) => text_like(is_cidr, "the address of a network, such as \"10.1.9.0/24\""),
        (SqlType::MacAddr, _) => text_like(|text| is_mac(text, 6), "six bytes, as \"08:00:2b:01:02:03\""),
        (SqlType::MacAddr8, _) => {
            text_like(|text| is_mac(text, 8), "eight bytes, as \"08:00:2b:01:02:03:04:05\"")
        }
        (SqlType::PgLsn, _) => text_like(is_lsn, "a place in the log, such as \"16/B374D848\""),
        (SqlType::Array(of), DefaultValue::Text(text)) => match array_values(text) {
            None => wrong("an array, such as \"{}\" or \"{a,\\\"b c\\\"}\""),
            Some(values) => values.iter().flatten().try_for_each(|value| written(value, of, variants)),
        },
        (SqlType::Array(_), _) => wrong("an array, such as \"{}\" or \"{a,\\\"b c\\\"}\""),
        (SqlType::Range(of), DefaultValue::Text(text)) => match range_ends(text) {
            None => wrong("a range, such as \"empty\" or \"[a,b)\""),
            Some(ends) => ends.iter().try_for_each(|end| written(end, &of.bound(), None)),
        },
        (SqlType::Range(_), _) => wrong("a range, such as \"empty\" or \"[a,b)\""),
        (SqlType::Multirange(of), DefaultValue::Text(text)) => match multirange_ends(text) {
            None => wrong("ranges, such as \"{}\" or \"{[a,b),[c,d)}\""),
            Some(ends) => ends.iter().try_for_each(|end| written(end, &of.bound(), None)),
        },
        (SqlType::Multirange(_), _) => wrong("ranges, such as \"{}\" or \"{[a,b),[c,d)}\""),
        (_, DefaultValue::Text(_)) => Ok(()),
        (_, _) => wrong("a text"),
    }
}

/// The least and the greatest integer of a type.
fn integer_bounds(sql_type: &SqlType) -> Option<(i128, i128)> {
    Some(match sql_type {
        SqlType::TinyInt => (i8::MIN.into(), i8::MAX.into()),
        SqlType::SmallInt => (i16::MIN.into(), i16::MAX.into()),
        SqlType::Integer => (i32::MIN.into(), i32::MAX.into()),
        SqlType::BigInt => (i64::MIN.into(), i64::MAX.into()),
        SqlType::Unsigned(IntegerSize::TinyInt) => (0, u8::MAX.into()),
        SqlType::Unsigned(IntegerSize::SmallInt) => (0, u16::MAX.into()),
        SqlType::Unsigned(IntegerSize::Integer) | SqlType::Oid => (0, u32::MAX.into()),
        SqlType::Unsigned(IntegerSize::BigInt) => (0, u64::MAX.into()),
        _ => return None,
    })
}

fn whole_number(number: &str, sql_type: &SqlType, (low, high): (i128, i128)) -> Result<(), String> {
    match number.parse::<i128>() {
        Ok(value) if (low..=high).contains(&value) => Ok(()),
        Err(_) if number.contains(['.', 'e', 'E']) => {
            Err(format!("the default of this column must be a whole number: it is {sql_type}"))
        }
        _ => Err(format!("the default is out of range: {sql_type} goes from {low} to {high}")),
    }
}

/// Whether a value within an array or a range, where all are written as texts, is one of that type.
fn written(text: &str, sql_type: &SqlType, variants: Option<&Vec<DbEnumVariant>>) -> Result<(), String> {
    let text = if sql_type.is_text() || *sql_type == SqlType::Citext { text } else { text.trim() };
    let value = match sql_type {
        SqlType::Bool if matches!(text, "t" | "f" | "true" | "false") => DefaultValue::Bool(true),
        _ if text.parse::<f64>().is_ok() && takes_number(sql_type) => DefaultValue::Number(text.to_owned()),
        _ => DefaultValue::Text(text.to_owned()),
    };
    // A byte's form is the database's.
    if let SqlType::Binary | SqlType::Custom { .. } = sql_type {
        return Ok(());
    }
    check(&value, sql_type, variants).map_err(|error| format!("`{text}` in this default: {error}"))
}

fn takes_number(sql_type: &SqlType) -> bool {
    integer_bounds(sql_type).is_some()
        || matches!(sql_type, SqlType::Float | SqlType::Double | SqlType::Numeric { .. } | SqlType::Money)
}

/// The values of `{a,"b c",NULL}`, as PostgreSQL writes an array
/// (<https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO>); none where it is something else.
fn array_values(text: &str) -> Option<Vec<Option<String>>> {
    let body = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    if body.trim().is_empty() {
        return Some(Vec::new());
    }
    let mut values = Vec::new();
    for part in split(body)? {
        let part = part.trim();
        if part.eq_ignore_ascii_case("null") {
            values.push(None);
        } else if let Some(quoted) = part.strip_prefix('"') {
            values.push(Some(unquoted(quoted.strip_suffix('"')?)?));
        } else if part.is_empty() || part.contains(['{', '}', '"']) {
            return None;
        } else {
            values.push(Some(unquoted(part)?));
        }
    }
    Some(values)
}

/// The ends of `[a,b)` that are given, as PostgreSQL writes a range
/// (<https://www.postgresql.org/docs/current/rangetypes.html#RANGETYPES-IO>).
fn range_ends(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("empty") {
        return Some(Vec::new());
    }
    let body = text.strip_prefix(['[', '('])?.strip_suffix([']', ')'])?;
    let ends = split(body)?;
    if ends.len() != 2 {
        return None;
    }
    let given = ends.into_iter().map(str::trim).filter(|end| !end.is_empty());
    given
        .map(|end| match end.strip_prefix('"') {
            Some(quoted) => unquoted(quoted.strip_suffix('"')?),
            None if end.contains(['"', '(', '[', ')', ']', '{', '}']) => None,
            None => unquoted(end),
        })
        .collect()
}

/// The ends of all ranges of `{[a,b),[c,d)}`.
fn multirange_ends(text: &str) -> Option<Vec<String>> {
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let mut ends = Vec::new();
    while !rest.is_empty() {
        let (range, after) = rest.split_at(rest.find([')', ']'])? + 1);
        ends.extend(range_ends(range)?);
        rest = after.trim();
        if let Some(next) = rest.strip_prefix(',') {
            rest = next.trim();
            if rest.is_empty() {
                return None;
            }
        } else if !rest.is_empty() {
            return None;
        }
    }
    Some(ends)
}

/// What stands between the commas, but for those in quotes.
fn split(body: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(&body[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&body[start..]);
    (!quoted && !escaped).then_some(parts)
}

/// Without its backslashes; none where a quote ends it earlier.
fn unquoted(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => plain.push(characters.next()?),
            '"' => return None,
            other => plain.push(other),
        }
    }
    Some(plain)
}

/// ISO 8601, or numbers with units and times of day
/// (<https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-INTERVAL-INPUT>).
fn is_interval(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    if let Some(iso) = text.strip_prefix('p') {
        return !iso.is_empty()
            && iso.ends_with(|c: char| c.is_ascii_alphabetic())
            && iso.chars().any(|c| c.is_ascii_digit())
            && iso.chars().all(|c| c.is_ascii_digit() || "ymwdths.-".contains(c));
    }
    let unit = |word: &str| {
        let word = word.strip_suffix('s').unwrap_or(word);
        matches!(
            word,
            "microsecond"
                | "millisecond"
                | "second"
                | "sec"
                | ""
                | "minute"
                | "min"
                | "hour"
                | "h"
                | "day"
                | "d"
                | "week"
                | "w"
                | "month"
                | "mon"
                | "year"
                | "y"
                | "decade"
                | "century"
                | "centurie"
                | "millennium"
                | "millennia"
        )
    };
    let mut words: Vec<&str> = text.split_whitespace().collect();
    if words.last() == Some(&"ago") {
        words.pop();
    }
    let any = !words.is_empty();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
        if unsigned.contains(':') {
            let parts: Vec<_> = unsigned.split(':').collect();
            let digits =
                |part: &&str| part.starts_with(|c: char| c.is_ascii_digit()) && part.parse::<f64>().is_ok();
            if parts.len() > 3 || !parts.iter().all(digits) {
                return false;
            }
            continue;
        }
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, rest) = unsigned.split_at(end);
        let is_unit = if rest.is_empty() { words.next().is_some_and(unit) } else { unit(rest) };
        if number.parse::<f64>().is_err() || !is_unit {
            return false;
        }
    }
    any
}

/// An address, and how many bits of it are the network's.
fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(all);
    (bits <= all).then_some((address, bits))
}

fn is_inet(text: &str) -> bool {
    network(text).is_some()
}

/// With no bit set beyond the network's.
fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = network(text) else { return false };
    let host = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)).checked_shl(96 + bits),
        IpAddr::V6(address) => u128::from(Ipv6Addr::from(address.octets())).checked_shl(bits),
    };
    host.unwrap_or_default() == 0
}

fn is_mac(text: &str, bytes: usize) -> bool {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    digits.len() == 2 * bytes && digits.chars().all(|c| c.is_ascii_hexdigit())
}

fn is_lsn(text: &str) -> bool {
    let half = |half: &str| (1..=8).contains(&half.len()) && half.chars().all(|c| c.is_ascii_hexdigit());
    text.split_once('/').is_some_and(|(high, low)| half(high) && half(low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RangeOf;

    fn fits(text: &str, sql_type: &SqlType) -> bool {
        check(&DefaultValue::Text(text.to_owned()), sql_type, None).is_ok()
    }

    #[test]
    fn texts_that_are_values_and_texts_that_are_none() {
        let array = |of| SqlType::Array(Box::new(of));
        for (sql_type, right, wrong) in [
            (
                SqlType::Interval,
                &["1 day", "-3 days 04:05:06.7", "1h 30min", "P1Y2M3DT4H5M6S", "2 weeks ago", "0 s"][..],
                &["", "soon", "1", "1 fortnight", "P", "1:2:3:4", "day", "1 day soon"][..],
            ),
            (
                SqlType::Inet,
                &["10.1.9.32", "10.1.9.32/24", "::1", "::1/128"],
                &["", "10.1.9", "10.1.9.32/33"],
            ),
            (
                SqlType::Cidr,
                &["10.1.9.0/24", "10.1.9.32", "0.0.0.0/0", "2001:db8::/32"],
                &["10.1.9.32/24", "1.0.0.0/0", "2001:db8::1/64", "x"],
            ),
            (
                SqlType::MacAddr,
                &["08:00:2b:01:02:03", "08002b-010203"],
                &["08:00:2b:01:02", "08:00:2b:01:02:0g"],
            ),
            (SqlType::MacAddr8, &["08:00:2b:01:02:03:04:05"], &["08:00:2b:01:02:03"]),
            (SqlType::PgLsn, &["0/0", "16/B374D848"], &["16", "16/B374D8481", "x/0"]),
            (
                array(SqlType::Text),
                &["{}", " { } ", "{a, b}", r#"{"a,}","\"x\"",NULL,""}"#],
                &["", "a", "{a", "{a,}", "{{a}}", r#"{"a}"#, r#"{a"b"}"#],
            ),
            (array(SqlType::SmallInt), &["{1, -2}", "{NULL}"], &["{a}", "{32768}", "{1.5}", "[1,2]"]),
            (array(SqlType::Bool), &["{t,false}"], &["{1}"]),
            (
                SqlType::Range(RangeOf::Integer),
                &["empty", "[1,10)", "(,5]", "[,]"],
                &["", "1..2", "[1]", "[a,b)", "[1,2"],
            ),
            (SqlType::Range(RangeOf::Timestamp), &[r#"["2026-11-23 10:00",)"#], &["{}"]),
            (
                SqlType::Multirange(RangeOf::BigInt),
                &["{}", "{[1,2), (5,]}"],
                &["[1,2)", "{[1,2),}", "{[1,2) [3,4)}", "{[a,2)}"],
            ),
        ] {
            for text in right {
                assert!(fits(text, &sql_type), "{sql_type}: {text}");
            }
            for text in wrong {
                assert!(!fits(text, &sql_type), "{sql_type}: {text}");
            }
        }
    }
}
