//! One result as one line of output.
//!
//! The same line for an answer graded now, taken from an equal row, or read back
//! from a journal. Nothing of a row is lost: what it carried beside comes back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::outcome::Outcome;
use super::resolve::{Ready, Undrafted};
use crate::domain::{Lang, Question, ResultLine, SCHEMA_VERSION, Tier};
use crate::input::BadRow;

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

/// How a [`ResultLine`] begins; what came of the answer and what the row carried follow.
#[derive(Serialize)]
struct Head<'a> {
    schema_version: u32,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<&'a str>,
    question: Option<Asked<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a str>,
}

/// A [`crate::domain::QuestionSummary`].
#[derive(Serialize)]
struct Asked<'a> {
    id: &'a str,
    title: &'a str,
    points: Vec<AskedPoint<'a>>,
}

/// A [`crate::domain::PointSummary`].
#[derive(Serialize)]
struct AskedPoint<'a> {
    id: &'a str,
    tier: Tier,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
}

/// Bytes of a line beside what its answer came to, so that it need not grow.
const USUAL_BYTES: usize = 2 << 10;

impl Form {
    /// The line of a graded or failed row, with its line break.
    pub(super) fn line(self, ready: &Ready, outcome: &Outcome) -> Vec<u8> {
        let row = &ready.row;
        let head = Head {
            schema_version: SCHEMA_VERSION,
            id: &row.id,
            candidate: row.candidate.as_deref(),
            question: Some(summary(&ready.prepared.question, ready.prepared.lang, self.text)),
            answer: self.text.then(|| ready.answer.as_str()),
        };
        let input = carried(&row.input);
        self.bytes(row.line, row.columns.as_deref(), &head, &outcome.fields, input)
    }

    /// The line of a row whose reference has no points.
    pub(super) fn undrafted(self, undrafted: &Undrafted) -> Vec<u8> {
        let Undrafted { row, answer, question, lang, error } = undrafted;
        let head = Head {
            schema_version: SCHEMA_VERSION,
            id: &row.id,
            candidate: row.candidate.as_deref(),
            question: Some(summary(question, *lang, self.text)),
            answer: self.text.then(|| answer.as_str()),
        };
        let fields = Outcome::failed(&error.to_string()).fields;
        self.bytes(row.line, row.columns.as_deref(), &head, &fields, carried(&row.input))
    }

    /// The line of a row that cannot be graded.
    pub(super) fn bad(self, row: &BadRow) -> Vec<u8> {
        let nameless = format!("line-{}", row.line);
        let head = Head {
            schema_version: SCHEMA_VERSION,
            id: row.id.as_ref().or(row.file.as_ref()).unwrap_or(&nameless),
            candidate: row.candidate.as_deref(),
            question: None,
            answer: None,
        };
        let line = row.file.is_none().then(|| format!("\"line\":{},", row.line));
        let mut fields = line.unwrap_or_default().into_bytes();
        fields.extend(Outcome::failed(&row.said()).fields);
        let input = carried(&row.input).filter(|input| self.text || !holds_cells(row, input));
        self.bytes(row.line, row.columns.as_deref(), &head, &fields, input)
    }

    fn bytes(
        self,
        line: u64,
        columns: Option<&[String]>,
        head: &Head<'_>,
        fields: &[u8],
        input: Option<&Value>,
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(USUAL_BYTES + fields.len());
        if self.placed {
            out.extend_from_slice(b"{\"line\":");
            write(&mut out, &line);
            out.extend_from_slice(b",\"columns\":");
            write(&mut out, &columns);
            out.extend_from_slice(b",\"result\":");
        }
        write(&mut out, head);
        // The head's closing brace moves to the end.
        out.pop();
        out.push(b',');
        out.extend_from_slice(fields);
        if let Some(input) = input {
            out.extend_from_slice(b",\"input\":");
            write(&mut out, input);
        }
        out.extend_from_slice(if self.placed { b"}}\n" } else { b"}\n" });
        out
    }
}

fn write(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value).expect("invariant: all keys are texts");
}

fn carried(input: &Value) -> Option<&Value> {
    Some(input).filter(|input| !input.is_null())
}

/// Whether what a row carried may hold its answer: the cells of a record that does not fit.
fn holds_cells(row: &BadRow, input: &Value) -> bool {
    row.columns.is_some() && input["cells"].is_array()
}

fn summary(question: &Question, lang: Lang, text: bool) -> Asked<'_> {
    let points = question.points.iter().map(|point| AskedPoint {
        id: &point.id,
        tier: point.tier,
        claim: text.then(|| point.claim.get(lang)),
    });
    Asked { id: question.id.as_str(), title: question.title.get(lang), points: points.collect() }
}
