//! The question of a row: one of the bank, the one for the whole input, or one
//! that stands in the row.
//!
//! A row that names its question in two ways is refused, never resolved by a
//! silent preference. What leaves here as a question passed its check.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::field::{Field, Raw};
use super::row::{name, wrong_type};
use super::{Ask, shown};
use crate::domain::{Lang, Localised, MAX_ANSWER_BYTES, Point, Question, QuestionId};

/// What makes a question of a row.
const OWN: [Field; 3] = [Field::Reference, Field::References, Field::Points];

/// The question of a row when one was given for the whole input.
pub(super) fn whole(raw: &mut Raw) -> Result<Ask, String> {
    let named = std::iter::once(Field::QuestionId).chain(OWN).find(|field| raw.has(*field));
    if let Some(field) = named {
        return Err(format!(
            "the row has {}, but one question was given for the whole input: leave one of them out",
            field.name()
        ));
    }
    keep_text(raw);
    Ok(Ask::Whole)
}

/// The question of a row that must name it.
pub(super) fn of_row(raw: &mut Raw) -> Result<Ask, String> {
    let own = OWN.into_iter().find(|field| raw.has(*field));
    if raw.has(Field::QuestionId) {
        if let Some(field) = own {
            let field = field.name();
            return Err(format!("the row has both question_id and {field}: leave one of them out"));
        }
        keep_text(raw);
        let id = name(raw, Field::QuestionId)?;
        return id
            .map(|id| Ask::Question(id.trim().to_owned()))
            .ok_or_else(|| "question_id is empty".to_owned());
    }
    if !raw.has(Field::Question) {
        return Err(match own {
            None => {
                let missing = raw.missing(Field::QuestionId);
                format!("{missing}, and so is question with a reference")
            }
            Some(field) => format!("{} (beside {})", raw.missing(Field::Question), field.name()),
        });
    }
    if own.is_none() {
        return Err("the question has neither reference, references nor points".to_owned());
    }
    question(raw).map(|question| Ask::Own(Box::new(question)))
}

/// The words of a question that is named otherwise come back under `input`.
fn keep_text(raw: &mut Raw) {
    if let Some(text) = raw.take(Field::Question) {
        raw.rest.insert(Field::Question.name().to_owned(), text);
    }
}

fn question(raw: &mut Raw) -> Result<Question, String> {
    let title = raw.take(Field::Question).unwrap_or_default();
    let title = localised(Field::Question.name(), title)?;
    let points = raw.take(Field::Points).map(points).transpose()?.unwrap_or_default();
    let references = references(raw, &points)?;
    let unnamed = QuestionId::ad_hoc("");
    let mut question = Question::bare(unnamed, title, references)
        .ok_or("references is empty: give at least one")?;
    question.points = points;
    if let Some(fault) = question.check().first() {
        return Err(format!("{}: {}", fault.field, fault.message));
    }
    question.id = QuestionId::ad_hoc(&content(&question));
    Ok(question)
}

/// Equal questions have equal ids, so a report shows them as one.
fn content(question: &Question) -> String {
    let references: Vec<_> = question.references().collect();
    let content = json!([question.title, references, question.points]).to_string();
    let digest = Sha256::digest(content);
    let first = digest.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    format!("{first:016x}")
}

/// The acceptable answers; the claims of the points where there is none.
fn references(raw: &mut Raw, points: &[Point]) -> Result<Vec<Localised>, String> {
    let reference = raw.take(Field::Reference);
    let references = raw.take(Field::References);
    match (reference, references) {
        (Some(_), Some(_)) => {
            Err("the row has both reference and references: leave one of them out".to_owned())
        }
        (Some(Value::Array(_)), None) => {
            Err("reference is a list; for alternatives name it references".to_owned())
        }
        (Some(reference), None) => Ok(vec![localised(Field::Reference.name(), reference)?]),
        (None, Some(Value::Array(list))) => list
            .into_iter()
            .enumerate()
            .map(|(index, text)| localised(&format!("references[{index}]"), text))
            .collect(),
        (None, Some(other)) => Err(wrong_type(Field::References, &other, "a list of texts")),
        (None, None) => Ok(claims(points).into_iter().collect()),
    }
}

/// All claims, one a line, in the language that most of them have.
fn claims(points: &[Point]) -> Option<Localised> {
    let lang = Lang::ALL
        .into_iter()
        .rev()
        .max_by_key(|lang| points.iter().filter(|p| p.claim.exact(*lang).is_some()).count())?;
    let claims: Vec<&str> = points.iter().map(|point| point.claim.get(lang)).collect();
    (!claims.is_empty()).then(|| Localised::single(lang, claims.join("\n")))
}

/// Text, or an object of texts by language.
fn localised(what: &str, value: Value) -> Result<Localised, String> {
    if is_blank(&value) {
        return Err(format!("{what} is empty"));
    }
    let value = match value {
        Value::String(text) => by_language(&text),
        object @ Value::Object(_) => object,
        _ => return Err(format!("{what} is neither text nor {{\"en\": …, \"zh\": …}}")),
    };
    let text: Localised =
        serde_json::from_value(value).map_err(|error| format!("{what}: {}", plain(&error)))?;
    match text.texts().map(|(_, text)| text.len()).max() {
        Some(bytes) if bytes > MAX_ANSWER_BYTES => {
            Err(format!("{what} is {bytes} bytes long; at most {MAX_ANSWER_BYTES} are read"))
        }
        _ => Ok(text),
    }
}

/// Whether a text, or every one of an object, is empty.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty(),
        Value::Object(texts) => texts.values().all(|text| text.is_null() || is_blank(text)),
        _ => false,
    }
}

fn by_language(text: &str) -> Value {
    let text = text.replace("\r\n", "\n");
    json!({ Lang::of(&text).code(): text })
}

/// What serde says, without a quotation of the row at length.
fn plain(error: &serde_json::Error) -> String {
    shown(&error.to_string(), 200)
}

fn points(value: Value) -> Result<Vec<Point>, String> {
    let Value::Array(list) = value else {
        return Err(wrong_type(Field::Points, &value, "a list"));
    };
    if list.is_empty() {
        return Err("points is empty: give at least one, or leave it out".to_owned());
    }
    list.into_iter().enumerate().map(|(index, value)| point(index, value)).collect()
}

/// A point: its claim alone, or an object as in a bank file in which id and
/// tier may be left out (`p1`, `p2` …; `should`).
fn point(index: usize, value: Value) -> Result<Point, String> {
    let what = format!("points[{index}]");
    let given = match value {
        Value::String(text) => Map::from_iter([("claim".to_owned(), Value::String(text))]),
        Value::Object(given) => given,
        _ => return Err(format!("{what} is neither text nor an object")),
    };
    let mut point = Map::new();
    point.insert("id".to_owned(), json!(format!("p{}", index + 1)));
    point.insert("tier".to_owned(), json!("should"));
    for (key, value) in given {
        if key == "claim" && is_blank(&value) {
            return Err(format!("{what}.claim is empty"));
        }
        let value = match value {
            Value::String(text) if key == "claim" || key == "hint" => by_language(&text),
            other => other,
        };
        point.insert(key, value);
    }
    serde_json::from_value(Value::Object(point))
        .map_err(|error| format!("{what}: {}", plain(&error)))
}
