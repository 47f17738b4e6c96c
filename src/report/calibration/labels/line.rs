//! One line of labels, of JSON or of a table.
//!
//! A line that names an answer and leaves its mark empty is no label; one that names a
//! mark and no answer is refused.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Form, Mark};
use crate::domain::Verdict;
use crate::report::fault::{Fault, object, verdict};

/// What a line says about an answer; nothing where its mark is empty.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) label: Option<Label>,
}

/// A mark in any of its forms.
#[derive(Debug)]
pub(super) enum Label {
    Score(Mark),
    Verdict(String, Verdict),
    Verdicts(HashMap<String, Verdict>),
}

/// Where the fields of a table stand.
#[derive(Debug)]
pub(super) struct Columns {
    id: usize,
    score: Option<usize>,
    point: Option<usize>,
    verdict: Option<usize>,
}

impl Line {
    /// Reads one JSON object.
    pub(super) fn of_json(text: &str, form: &Form) -> Result<Self, Fault> {
        let fields = object(text).map_err(forms)?;
        let get = |field| fields.get(form.name(field));
        let id = get("id").map(|value| text_of("id", value)).transpose()?.unwrap_or_default();
        let score = get("score").map(|value| text_of("score", value)).transpose()?;
        let point = get("point").map(|value| text_of("point", value)).transpose()?;
        let verdict = get("verdict").map(|value| text_of("verdict", value)).transpose()?;
        let whole = match fields.get("verdicts") {
            None | Some(Value::Null) => None,
            Some(Value::Object(verdicts)) => Some(verdicts),
            Some(_) => return Err(wrong("verdicts", "an object of points", "要点的对象")),
        };
        if let (Some(verdicts), false, None, None) = (whole, id.is_empty(), &score, &verdict) {
            return Ok(Self { id, label: Some(Label::Verdicts(by_point(verdicts)?)) });
        }
        let label = Self::new(id, score.as_deref(), point.as_deref(), verdict.as_deref());
        label.and_then(|line| line.filter(|_| whole.is_none()).ok_or_else(no_label))
    }

    /// Reads a row; none where nothing is marked and nobody named.
    pub(super) fn of_record(
        record: &csv::StringRecord,
        columns: &Columns,
    ) -> Result<Option<Self>, Fault> {
        let cell = |column: Option<usize>| column.map(|at| record.get(at).unwrap_or_default());
        let id = record.get(columns.id).unwrap_or_default().to_owned();
        let [score, point, verdict] = [columns.score, columns.point, columns.verdict].map(cell);
        Self::new(id, score, point, verdict)
    }

    /// A line by its fields, of which some may be absent or empty.
    fn new(
        id: String,
        score: Option<&str>,
        point: Option<&str>,
        word: Option<&str>,
    ) -> Result<Option<Self>, Fault> {
        let filled = |text: Option<&'_ str>| text.is_some_and(|text| !text.trim().is_empty());
        let label = match (filled(score), filled(word)) {
            (true, false) => score.map(str::trim).map(Mark::read).transpose()?.map(Label::Score),
            (false, true) if filled(point) => {
                let (point, word) = (point.unwrap_or_default(), word.unwrap_or_default());
                Some(Label::Verdict(point.to_owned(), verdict(word.trim())?))
            }
            (false, false) if score.is_some() || word.is_some() => None,
            _ => return Err(no_label()),
        };
        match (id.is_empty(), label) {
            (true, None) => Ok(None),
            (true, Some(_)) => Err(forms(Fault::new("a label without id", "标注没有 id"))),
            (false, label) => Ok(Some(Self { id, label })),
        }
    }
}

/// A text or a number as text; nothing is empty.
fn text_of(field: &str, value: &Value) -> Result<String, Fault> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(wrong(field, "a text or a number", "文字或数字")),
    }
}

fn by_point(verdicts: &Map<String, Value>) -> Result<HashMap<String, Verdict>, Fault> {
    let given = verdicts.iter().filter(|(_, word)| !word.is_null());
    given.map(|(point, word)| Ok((point.clone(), verdict(&text_of(point, word)?)?))).collect()
}

fn wrong(field: &str, en: &str, zh: &str) -> Fault {
    forms(Fault::new(format!("`{field}` is not {en}"), format!("`{field}` 不是{zh}")))
}

fn no_label() -> Fault {
    forms(Fault::new("no label", "不是标注"))
}

/// The same, with what a label is.
pub(super) fn forms(fault: Fault) -> Fault {
    fault.but(
        "a label is id and score, or id, point and verdict",
        "标注是 id 和 score，或者 id、point 和 verdict",
    )
}

/// Where the fields stand; one that was named must be there.
pub(super) fn columns(header: &csv::StringRecord, form: &Form) -> Result<Columns, Fault> {
    let names = header.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    let find = |field: &str| {
        let name = form.name(field).to_lowercase();
        let column = header.iter().position(|cell| cell.to_lowercase() == name);
        if column.is_none() && form.map.iter().any(|(mapped, _)| mapped == field) {
            let name = form.name(field);
            return Err(Fault::new(
                format!("there is no column {name:?}; the header has {names}"),
                format!("没有列 {name:?}；表头是 {names}"),
            ));
        }
        Ok(column)
    };
    let missing = |field: &str| {
        let fault = Fault::new(
            format!("no column {field}, but {names}"),
            format!("没有列 {field}，只有 {names}"),
        );
        let (en, zh) =
            (format!("--map {field}=COLUMN names it"), format!("用 --map {field}=列名 指定"));
        forms(fault.at(1)).but(&en, &zh)
    };
    let [id, score, point, verdict] = Form::FIELDS.map(find);
    let id = id?.ok_or_else(|| missing("id"))?;
    let (score, point, verdict) = (score?, point?, verdict?);
    if score.is_none() && (point.is_none() || verdict.is_none()) {
        return Err(missing("score"));
    }
    Ok(Columns { id, score, point, verdict })
}
