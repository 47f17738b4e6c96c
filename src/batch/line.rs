//! One result as one line of output.
//!
//! The same line for an answer graded now, taken from an equal row, or read back
//! from a journal. Nothing of a row is lost: what it carried beside comes back.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resolve::Ready;
use crate::domain::{Assessment, Question, ResultLine, SCHEMA_VERSION, Tier};
use crate::grader::Prepared;
use crate::input::BadRow;

/// What an answer came to.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Assessed(Box<Assessment>),
    /// The endpoint gave nothing; the reason.
    Failed(String),
}

/// The form of the output.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Whether answers and claims are written out.
    pub text: bool,
    /// Whether lines are [`Placed`].
    pub placed: bool,
}

/// A result with the row of the input that it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// Where the row stands, as in [`crate::input::Row::line`].
    pub line: u64,
    /// CSV: all cells of the original record.
    pub columns: Option<Vec<String>>,
    /// The result.
    pub result: ResultLine,
}

/// A [`ResultLine`] made of what is there already; the same fields in the same order.
#[derive(Debug, Clone, Default, Serialize)]
struct Borrowed<'a> {
    schema_version: u32,
    id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<&'a str>,
    question: Option<Asked<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a str>,
    #[serde(flatten)]
    assessment: Option<&'a Assessment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a Value>,
}

/// A [`crate::domain::QuestionSummary`].
#[derive(Debug, Clone, Serialize)]
struct Asked<'a> {
    id: &'a str,
    title: &'a str,
    points: Vec<AskedPoint<'a>>,
}

/// A [`crate::domain::PointSummary`].
#[derive(Debug, Clone, Serialize)]
struct AskedPoint<'a> {
    id: &'a str,
    tier: Tier,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
}

/// A [`Placed`].
#[derive(Serialize)]
struct BorrowedPlaced<'a> {
    line: u64,
    columns: Option<&'a [String]>,
    result: Borrowed<'a>,
}

/// Room for a line of usual length, so that it need not grow.
const USUAL_BYTES: usize = 4 << 10;

impl Form {
    /// The line of a graded or failed row, with its line break.
    pub(super) fn line(self, ready: &Ready, outcome: &Outcome) -> Vec<u8> {
        let (assessment, error) = match outcome {
            Outcome::Assessed(assessment) => (Some(&**assessment), None),
            Outcome::Failed(why) => (None, Some(Cow::from(why))),
        };
        let row = &ready.row;
        let result = Borrowed {
            schema_version: SCHEMA_VERSION,
            id: Cow::from(&row.id),
            candidate: row.candidate.as_deref(),
            question: Some(summary(&ready.prepared, self.text)),
            answer: self.text.then(|| ready.answer.as_str()),
            assessment,
            line: None,
            error,
            input: carried(&row.input),
        };
        self.bytes(row.line, row.columns.as_deref(), result)
    }

    /// The line of a row that cannot be graded.
    pub(super) fn bad(self, row: &BadRow) -> Vec<u8> {
        let own = row.id.as_ref().or(row.file.as_ref());
        let id = own.map_or_else(|| format!("line-{}", row.line).into(), Cow::from);
        let result = Borrowed {
            schema_version: SCHEMA_VERSION,
            id,
            candidate: row.candidate.as_deref(),
            line: row.file.is_none().then_some(row.line),
            error: Some(row.said().into()),
            input: carried(&row.input).filter(|input| self.text || !holds_cells(row, input)),
            ..Borrowed::default()
        };
        self.bytes(row.line, row.columns.as_deref(), result)
    }

    fn bytes(self, line: u64, columns: Option<&[String]>, result: Borrowed<'_>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        let written = if self.placed {
            serde_json::to_writer(&mut bytes, &BorrowedPlaced { line, columns, result })
        } else {
            serde_json::to_writer(&mut bytes, &result)
        };
        if written.is_err() {
            bytes = Value::Null.to_string().into();
        }
        bytes.push(b'\n');
        bytes
    }
}

fn carried(input: &Value) -> Option<&Value> {
    Some(input).filter(|input| !input.is_null())
}

/// Whether what a row carried may hold its answer: the cells of a record that does not fit.
fn holds_cells(row: &BadRow, input: &Value) -> bool {
    row.columns.is_some() && input["cells"].is_array()
}

fn summary(prepared: &Prepared, text: bool) -> Asked<'_> {
    let (question, lang): (&Question, _) = (&prepared.question, prepared.lang);
    let points = question.points.iter().map(|point| AskedPoint {
        id: &point.id,
        tier: point.tier,
        claim: text.then(|| point.claim.get(lang)),
    });
    Asked { id: question.id.as_str(), title: question.title.get(lang), points: points.collect() }
}
