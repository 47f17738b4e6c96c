//! One result as one line of output.
//!
//! The same line for an answer graded now, taken from an equal row, or read back
//! from a journal. Nothing of a row is lost: what it carried beside comes back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resolve::Ready;
use crate::domain::{
    Assessment, PointSummary, Question, QuestionSummary, ResultLine, SCHEMA_VERSION,
};
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

impl Form {
    /// The line of a graded or failed row, with its line break.
    pub(super) fn line(self, ready: &Ready, outcome: &Outcome) -> Vec<u8> {
        let (assessment, error) = match outcome {
            Outcome::Assessed(assessment) => (Some(Assessment::clone(assessment)), None),
            Outcome::Failed(why) => (None, Some(why.clone())),
        };
        let row = &ready.row;
        let result = ResultLine {
            schema_version: SCHEMA_VERSION,
            id: row.id.clone(),
            candidate: row.candidate.clone(),
            question: Some(summary(&ready.prepared, self.text)),
            answer: self.text.then(|| ready.answer.as_str().to_owned()),
            assessment,
            error,
            input: Some(row.input.clone()).filter(|input| !input.is_null()),
        };
        self.bytes(row.line, row.columns.as_ref(), result)
    }

    /// The line of a row that cannot be graded.
    pub(super) fn bad(self, row: &BadRow) -> Vec<u8> {
        let result = ResultLine {
            schema_version: SCHEMA_VERSION,
            id: row.id.clone().unwrap_or_else(|| format!("line-{}", row.line)),
            candidate: row.candidate.clone(),
            question: None,
            answer: None,
            assessment: None,
            error: Some(format!("line {}: {}", row.line, row.reason)),
            input: Some(serde_json::json!({ "line": row.line })),
        };
        self.bytes(row.line, row.columns.as_ref(), result)
    }

    fn bytes(self, line: u64, columns: Option<&Vec<String>>, result: ResultLine) -> Vec<u8> {
        let bytes = if self.placed {
            serde_json::to_vec(&Placed { line, columns: columns.cloned(), result })
        } else {
            serde_json::to_vec(&result)
        };
        let mut bytes = bytes.unwrap_or_else(|_| Value::Null.to_string().into());
        bytes.push(b'\n');
        bytes
    }
}

fn summary(prepared: &Prepared, text: bool) -> QuestionSummary {
    let (question, lang): (&Question, _) = (&prepared.question, prepared.lang);
    let points = question.points.iter().map(|point| PointSummary {
        id: point.id.clone(),
        tier: point.tier,
        claim: text.then(|| point.claim.get(lang).to_owned()),
    });
    QuestionSummary {
        id: question.id.to_string(),
        title: question.title.get(lang).to_owned(),
        points: points.collect(),
    }
}
