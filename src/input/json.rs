//! One JSON object to the fields of a row.
//!
//! A field that is given twice has no value: which of the two is meant cannot be known. Rows
//! that unfold to very many small values are refused before they take memory.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::field::{Names, Raw};

/// Most values in one row: each takes far more memory than its text.
pub(super) const MAX_VALUES: usize = 20_000;

/// Reads an object under the names of an input.
pub(super) fn object(text: &str, names: &Names) -> Result<Raw, String> {
    bounded(text)?;
    let mut json = serde_json::Deserializer::from_str(text);
    let raw = Object(names).deserialize(&mut json).and_then(|raw| json.end().map(|()| raw));
    raw.map_err(|error| reason(text, &error))
}

/// Refuses a text with more values than a row may hold.
pub(super) fn bounded(text: &str) -> Result<(), String> {
    // A value and the mark before it are two bytes.
    if text.len() <= 2 * MAX_VALUES || values(text) <= MAX_VALUES {
        return Ok(());
    }
    Err(format!(
        "more than {MAX_VALUES} JSON values; leave out what need not come back, or put it into one text"
    ))
}

/// About how many values a JSON text has: one for each mark before a value, outside of strings.
fn values(text: &str) -> usize {
    let (mut count, mut in_string, mut escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

/// What is wrong with the line; its number is known to the reader.
fn reason(text: &str, error: &serde_json::Error) -> String {
    if error.is_data() {
        let kind = match text.trim_start().as_bytes().first() {
            Some(b'[') => "a list",
            Some(b'"') => "a text",
            Some(b'n') => "null",
            Some(b't' | b'f') => "true or false",
            _ => "a number",
        };
        return format!("{kind} where an object with the fields of a row is needed");
    }
    let text = error.to_string();
    format!("not JSON: {}", text.replace(" at line 1 column ", " at column "))
}

struct Object<'a>(&'a Names);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Raw;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Raw, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the fields of a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut raw = Raw::default();
        while let Some(key) = map.next_key::<String>()? {
            let value: Value = map.next_value()?;
            match self.0.field(&key) {
                None => {
                    raw.rest.insert(key, value);
                }
                Some(field) => {
                    if raw.slot(field).replace(value).is_some() {
                        raw.twice = Some(field);
                    }
                }
            }
        }
        let sought = self.0.iter().filter(|(_, _, mapped)| *mapped);
        let absent = sought.filter(|(field, ..)| raw.slot(*field).is_none());
        raw.absent = absent.map(|(field, name, _)| (field, name.to_owned())).collect();
        if let Some(field) = raw.twice {
            raw.slot(field).take();
        }
        Ok(raw)
    }
}
