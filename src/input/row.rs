//! From the fields of a row to a [`Row`], or to the reason why there is none.
//!
//! The same checks for every form of input. The answer is never altered.

use serde_json::Value;

use super::field::{Field, Raw};
use super::{Ask, BadRow, Row, ask, shown};
use crate::domain::{Lang, MAX_ANSWER_BYTES};

/// Longest id and candidate, in bytes.
const MAX_NAME_BYTES: usize = 512;

/// Makes a row; `own_id` is its id when it has none.
pub(super) fn build(line: u64, mut raw: Raw, whole: bool, own_id: &str) -> Result<Row, BadRow> {
    let (candidate, id) = (name(&mut raw, Field::Candidate), id(&mut raw, own_id));
    let known = (candidate.clone().unwrap_or_default(), id.clone().ok());
    let made = parts(&mut raw, whole, id, candidate);
    let input = raw.into_rest();
    match made {
        Ok(made) => Ok(Row { line, input, ..made }),
        Err(reason) => {
            let (candidate, id) = known;
            Err(BadRow { candidate, input, ..BadRow::new(line, id, reason) })
        }
    }
}

/// The row without its place and what it carries beside.
fn parts(
    raw: &mut Raw,
    whole: bool,
    id: Result<String, String>,
    candidate: Result<Option<String>, String>,
) -> Result<Row, String> {
    if let Some(field) = raw.twice {
        return Err(format!("{} is given twice", field.name()));
    }
    let (id, answer) = (id?, answer(raw)?);
    let (candidate, lang) = (candidate?, lang(raw)?);
    let ask = if whole { ask::whole(raw) } else { ask::of_row(raw) }?;
    let (line, input, columns, file, record) = (0, Value::Null, None, None, None);
    Ok(Row { line, id, candidate, lang, ask, answer, input, columns, file, record })
}

/// A row whose question, candidate and answer come from where it stands.
pub(super) fn placed(
    line: u64,
    id: String,
    candidate: String,
    ask: Ask,
    answer: String,
) -> Result<Row, BadRow> {
    if let Err(reason) = check_name("the name of the candidate", &candidate) {
        return Err(BadRow::new(line, Some(id), reason));
    }
    let candidate = Some(candidate);
    if let Err(reason) = check_answer(&answer) {
        return Err(BadRow { candidate, ..BadRow::new(line, Some(id), reason) });
    }
    let (lang, input, columns, file, record) = (None, Value::Null, None, None, None);
    Ok(Row { line, id, candidate, lang, ask, answer, input, columns, file, record })
}

fn id(raw: &mut Raw, own: &str) -> Result<String, String> {
    if !raw.has(Field::Id) {
        return Ok(own.to_owned());
    }
    let id = name(raw, Field::Id)?;
    id.ok_or_else(|| "id is empty: give each row its own, or leave the field out".to_owned())
}

/// A short text or whole number; blank is none.
pub(super) fn name(raw: &mut Raw, field: Field) -> Result<Option<String>, String> {
    let text = match raw.take(field) {
        None => return Ok(None),
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) if !number.is_f64() => number.to_string(),
        Some(other) => return Err(wrong_type(field, &other, "text or a whole number")),
    };
    check_name(field.name(), &text)?;
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// A name, for a bad row; none when the name is what is bad.
pub(super) fn sound_name(name: &str) -> Option<String> {
    check_name("", name).is_ok().then(|| name.to_owned())
}

fn check_name(what: &str, text: &str) -> Result<(), String> {
    if text.len() > MAX_NAME_BYTES {
        let bytes = text.len();
        return Err(format!("{what} is {bytes} bytes long; at most {MAX_NAME_BYTES} are read"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("{what} holds a control character or a line break: {text:?}"));
    }
    Ok(())
}

fn answer(raw: &mut Raw) -> Result<String, String> {
    match raw.take(Field::Answer) {
        None => Err(raw.missing(Field::Answer)),
        Some(Value::String(text)) => check_answer(&text).map(|()| text),
        Some(other) => Err(wrong_type(Field::Answer, &other, "text")),
    }
}

pub(super) fn check_answer(text: &str) -> Result<(), String> {
    if text.len() > MAX_ANSWER_BYTES {
        let bytes = text.len();
        let error = crate::domain::AnswerError::TooLong { bytes };
        return Err(error.to_string());
    }
    Ok(())
}

fn lang(raw: &mut Raw) -> Result<Option<Lang>, String> {
    match raw.take(Field::Lang) {
        None => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| format!("unknown language {:?}: use en or zh", shown(&text, 40))),
        Some(other) => Err(wrong_type(Field::Lang, &other, "en or zh")),
    }
}

pub(super) fn wrong_type(field: Field, value: &Value, wanted: &str) -> String {
    format!("{} is {}; {wanted} is needed", field.name(), kind(value))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Why bytes are not text, for a row or a part of it that is named.
pub(super) fn not_text(what: &str, bytes: &[u8], encoding: &str) -> String {
    let offset = bytes.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
    let place = format!("{what} is not {encoding} from byte {} on", offset + 1);
    if encoding == "UTF-8" {
        format!("{place}; save it as UTF-8, or name its encoding with --encoding")
    } else {
        format!("{place}; is that its encoding?")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_byte_is_named_by_its_place() {
        let reason = not_text("the answer", b"ab\xffc", "UTF-8");
        assert!(reason.starts_with("the answer is not UTF-8 from byte 3 on"), "{reason}");
    }
}
