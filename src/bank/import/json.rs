//! JSON lines: questions in the bank's own form, or fields by name.

use std::path::Path;

use serde_json::Value;

use super::row::Row;
use super::{Item, Problem, problem};
use crate::bank::read::question_from_json;

pub(super) fn read(path: &Path, text: &str) -> Vec<Result<Item, Problem>> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(line, text)| item(path, line, text)).collect()
}

fn item(path: &Path, line: usize, text: &str) -> Result<Item, Problem> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        problem(line, error.to_string().replace("at line 1 column", "at column"))
    })?;
    let Value::Object(object) = value else {
        return Err(problem(
            line,
            "not an object such as {\"question\": \"…\", \"answer\": \"…\"}",
        ));
    };
    if object.get("reference").is_some_and(Value::is_object) && object.contains_key("id") {
        let question = question_from_json(path, line, text).map_err(Problem::Faults)?;
        return Ok(Item::Whole { line, question: Box::new(question) });
    }
    let mut row = Row::default();
    for (name, value) in &object {
        set(&mut row, name, value);
    }
    Ok(Item::Row { line, row: Box::new(row) })
}

/// Text and numbers as they are, lists joined, an object of languages as `name_en`, `name_zh`.
fn set(row: &mut Row, name: &str, value: &Value) {
    match value {
        Value::String(text) => {
            row.set(name, text);
        }
        Value::Number(number) => {
            row.set(name, &number.to_string());
        }
        Value::Array(list) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            row.set(name, &words.join(";"));
        }
        Value::Object(object) => {
            for (lang, value) in object {
                row.set(&format!("{name}_{lang}"), value.as_str().unwrap_or_default());
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}
