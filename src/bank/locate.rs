//! Where a field stands in a TOML text, for messages that name file, line and field.
//!
//! Used only when something is wrong, so it parses the text again instead of
//! making every load carry positions.

use toml::de::{DeTable, DeValue};

/// Line of a byte offset, from 1.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Line of a field such as `points[2].id`, from 1; the nearest parent that exists
/// stands in for a field that does not.
pub fn line_of(text: &str, field: &str) -> Option<usize> {
    Locator::new(text).line_of(field, "")
}

/// A TOML text in which several fields are looked up.
pub(super) struct Locator<'a> {
    text: &'a str,
    document: DeTable<'a>,
}

impl<'a> Locator<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let (document, _) = DeTable::parse_recoverable(text);
        Self { text, document: document.into_inner() }
    }

    /// Line of a field, from 1, or of the first occurrence of `near` in it.
    pub(super) fn line_of(&self, field: &str, near: &str) -> Option<usize> {
        let mut parts = parts(field);
        let mut value = self.document.get(parts.next()?)?;
        for part in parts {
            let inner = match part.parse::<usize>() {
                Ok(index) => value.get_ref().get(index),
                Err(_) => value.get_ref().get(part),
            };
            let Some(inner) = inner else { break };
            value = inner;
        }
        let span = value.span();
        let within = self.text.get(span.clone()).and_then(|text| text.find(near));
        Some(line_at(self.text, span.start + within.unwrap_or(0)))
    }
}

/// The innermost field around a byte offset, such as `points[2].tier`.
pub(super) fn field_at(text: &str, offset: usize) -> Option<String> {
    let (document, _) = DeTable::parse_recoverable(text);
    in_table(document.get_ref(), offset).map(|field| field.trim_start_matches('.').to_owned())
}

/// A header such as `[[points]]` has a span of its own that does not cover the
/// fields below it, so every value is looked into, not only those around the offset.
fn in_value(value: &DeValue<'_>, offset: usize) -> Option<String> {
    match value {
        DeValue::Table(table) => in_table(table, offset),
        DeValue::Array(array) => array.iter().enumerate().find_map(|(index, item)| {
            let inner = in_value(item.get_ref(), offset);
            let here = || item.span().contains(&offset).then(String::new);
            inner.or_else(here).map(|field| format!("[{index}]{field}"))
        }),
        _ => None,
    }
}

fn in_table(table: &DeTable<'_>, offset: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let inner = in_value(value.get_ref(), offset);
        let here = || {
            let found = key.span().contains(&offset) || value.span().contains(&offset);
            found.then(String::new)
        };
        inner.or_else(here).map(|field| format!(".{}{field}", key.get_ref()))
    })
}

fn parts(field: &str) -> impl Iterator<Item = &str> {
    field.split(['.', '[', ']']).filter(|part| !part.is_empty())
}
