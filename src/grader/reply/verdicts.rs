//! From the members of the winning object to verdicts, each place by itself.
//!
//! It coerces nothing: a word that is not a verdict, a string where a list is
//! wanted or a repeated place that disagrees with itself makes that place invalid
//! and no other. Lengths are bounded here whatever the schema promised.

use super::reader::{Members, Value};
use super::scan::Found;
use super::{Expected, Key, Parsed, PointFault, RawFeedback, RawMisconception, RawPoint};
use crate::domain::{ClarityLevel, Verdict};

/// Quotes used for one point; further ones are dropped.
pub const MAX_QUOTES: usize = 5;
/// Longest quote in Unicode scalar values; a longer one is cut at a word's end.
pub const MAX_QUOTE_CHARS: usize = 600;
/// Longest reason in Unicode scalar values; a longer one is cut.
pub const MAX_WHY_CHARS: usize = 400;
/// Lines of feedback used; further ones are dropped.
pub const MAX_FEEDBACK: usize = 3;
/// Longest line of feedback in Unicode scalar values; a longer one is cut.
pub const MAX_FEEDBACK_CHARS: usize = 500;
/// Longest piece of a wrong verdict that is repeated in a message.
const MAX_SHOWN_CHARS: usize = 40;

/// Reads everything that was asked for, and nothing else.
pub(super) fn read(found: &Found<'_>, expected: &Expected, steps: u64) -> Parsed {
    let members = &found.members;
    let keyed: Vec<(Key, &Value<'_>)> =
        members.iter().filter_map(|(name, value)| Some((Key::of(name)?, value))).collect();
    let at_point = |&number: &usize| {
        (number, single(&keyed, Key::Point(number), point, |a, b| a.verdict == b.verdict))
    };
    let at_misconception = |&number: &usize| {
        (number, single(&keyed, Key::Misconception(number), misconception, |a, b| a.held == b.held))
    };
    Parsed {
        points: expected.points.iter().map(at_point).collect(),
        misconceptions: expected.misconceptions.iter().map(at_misconception).collect(),
        clarity: clarity(members),
        feedback: feedback(members, expected),
        truncated: found.truncated,
        steps,
    }
}

/// The one reading of a key; repeats must agree, and one bad repeat spoils it.
fn single<T>(
    keyed: &[(Key, &Value<'_>)],
    key: Key,
    read: impl Fn(&Value<'_>) -> Result<T, PointFault>,
    agree: impl Fn(&T, &T) -> bool,
) -> Result<T, PointFault> {
    let mut values = keyed.iter().filter(|(found, _)| *found == key).map(|(_, value)| *value);
    let first = read(values.next().ok_or(PointFault::Missing)?)?;
    for value in values {
        if !agree(&first, &read(value)?) {
            return Err(PointFault::Conflict);
        }
    }
    Ok(first)
}

fn point(value: &Value<'_>) -> Result<RawPoint, PointFault> {
    let members = members_of(value)?;
    let verdict = verdict(field(members, "verdict")?.ok_or(PointFault::NoField("verdict"))?)?;
    let why = match field(members, "why")? {
        None => String::new(),
        Some(Value::Text(text)) => cut(text.trim(), MAX_WHY_CHARS),
        Some(other) => return Err(wrong_type("why", other, "a string")),
    };
    Ok(RawPoint { quotes: quotes(members)?, why, verdict })
}

fn misconception(value: &Value<'_>) -> Result<RawMisconception, PointFault> {
    let members = members_of(value)?;
    match field(members, "held")?.ok_or(PointFault::NoField("held"))? {
        Value::Bool(held) => Ok(RawMisconception { quotes: quotes(members)?, held: *held }),
        other => Err(wrong_type("held", other, "true or false")),
    }
}

fn members_of<'a, 'r>(value: &'a Value<'r>) -> Result<&'a Members<'r>, PointFault> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(wrong_type("its value", other, "an object")),
    }
}

/// The field's value; repeats must be identical.
fn field<'a, 'r>(
    members: &'a Members<'r>,
    name: &str,
) -> Result<Option<&'a Value<'r>>, PointFault> {
    let mut values = members.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
    let first = values.next();
    if values.any(|value| Some(value) != first) {
        return Err(PointFault::Conflict);
    }
    Ok(first)
}

fn quotes(members: &Members<'_>) -> Result<Vec<String>, PointFault> {
    let items = match field(members, "quotes")? {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(other) => return Err(wrong_type("quotes", other, "a list of strings")),
    };
    let mut quotes = Vec::new();
    for item in items {
        match item {
            Value::Text(text) if text.trim().is_empty() => {}
            Value::Text(text) => quotes.push(cut_at_word(text.trim(), MAX_QUOTE_CHARS)),
            other => return Err(wrong_type("a quote", other, "a string")),
        }
        if quotes.len() == MAX_QUOTES {
            break;
        }
    }
    Ok(quotes)
}

fn verdict(value: &Value<'_>) -> Result<Verdict, PointFault> {
    let Value::Text(text) = value else {
        return Err(wrong_type("verdict", value, "a string"));
    };
    match text.trim().to_ascii_lowercase().as_str() {
        "met" => Ok(Verdict::Met),
        "partial" => Ok(Verdict::Partial),
        "missing" => Ok(Verdict::Missing),
        "contradicted" => Ok(Verdict::Contradicted),
        _ => Err(PointFault::UnknownVerdict(cut(text.trim(), MAX_SHOWN_CHARS))),
    }
}

fn clarity(members: &Members<'_>) -> Option<ClarityLevel> {
    let Ok(Some(Value::Text(text))) = field(members, "clarity") else { return None };
    match text.trim().to_ascii_lowercase().as_str() {
        "unclear" => Some(ClarityLevel::Unclear),
        "mixed" => Some(ClarityLevel::Mixed),
        "clear" => Some(ClarityLevel::Clear),
        "crisp" => Some(ClarityLevel::Crisp),
        _ => None,
    }
}

fn feedback(members: &Members<'_>, expected: &Expected) -> Vec<RawFeedback> {
    let Ok(Some(Value::Array(items))) = field(members, "feedback") else { return Vec::new() };
    items.iter().filter_map(|item| line(item, expected)).take(MAX_FEEDBACK).collect()
}

fn line(item: &Value<'_>, expected: &Expected) -> Option<RawFeedback> {
    let Value::Object(members) = item else { return None };
    let Ok(Some(Value::Text(text))) = field(members, "text") else { return None };
    let point = match field(members, "point") {
        Ok(Some(Value::Text(name))) => match Key::of(name.trim()) {
            Some(Key::Point(number)) if expected.points.contains(&number) => Some(number),
            _ => None,
        },
        _ => None,
    };
    let text = cut(text.trim(), MAX_FEEDBACK_CHARS);
    (!text.is_empty()).then_some(RawFeedback { point, text })
}

fn wrong_type(field: &'static str, value: &Value<'_>, wanted: &'static str) -> PointFault {
    PointFault::WrongType { field, found: value.kind(), wanted }
}

/// The first `limit` characters, with an ellipsis in place of the last one when cut.
fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit - 1).chain(['…']).collect(),
    }
}

/// The first `limit` characters up to the end of a word, so that a quote stays verbatim.
fn cut_at_word(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let Some((end, _)) = text.char_indices().nth(limit) else { return text.to_owned() };
    let kept = &text[..end];
    let word = |ch: char| ch.is_alphanumeric() && ch.is_ascii();
    let broken = text[end..].starts_with(word);
    let whole = if broken { kept.trim_end_matches(word) } else { kept };
    if whole.trim_end().is_empty() { kept.to_owned() } else { whole.trim_end().to_owned() }
}
