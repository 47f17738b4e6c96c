//! A table of answers for spreadsheets, one row an answer, streamed.
//!
//! No cell executes: a text that a spreadsheet could take for a formula gets an
//! apostrophe in front, also behind a `;`, where a spreadsheet set to another
//! separator would begin a cell of its own. Every text stays on one line for the
//! same reason. Numbers are written as numbers.

use std::io::{self, Write};

use super::Setting;
use super::rows::{Row, State};
use super::run::Digest;
use super::words;
use crate::domain::{Assessment, GraderKind, Lang, Verdict};
use crate::term::safe_line;

/// Most points that get a column of their own, when the run has one question.
const POINT_COLUMNS: usize = 60;

const COLUMNS: &[&str] = &[
    "row",
    "id",
    "candidate",
    "question",
    "score",
    "low",
    "high",
    "band",
    "grader",
    "met",
    "partial",
    "missing",
    "contradicted",
    "ungraded",
    "not_met",
    "misconceptions",
    "flags",
    "corrected",
    "feedback",
    "error",
    "answer",
    "model",
    "fingerprint",
    "calls",
    "tokens_in",
    "tokens_out",
    "cost",
];

/// Writes the table, with a byte order mark so that spreadsheets read it as UTF-8.
///
/// # Errors
/// When a row cannot be read or the output cannot be written.
pub fn csv(
    out: &mut dyn Write,
    setting: &Setting<'_>,
    digest: &Digest,
    rows: &mut dyn Iterator<Item = io::Result<Row>>,
) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut table =
        csv::WriterBuilder::new().quote_style(csv::QuoteStyle::NonNumeric).from_writer(out);
    let points = point_columns(digest);
    let names = points.iter().map(|id| cell(&format!("point {id}")));
    table.write_record(COLUMNS.iter().map(|name| (*name).to_owned()).chain(names))?;
    for row in rows {
        table.write_record(record(setting.ui, &row?, &points))?;
    }
    table.flush()
}

/// A text on one line that no spreadsheet takes for a formula.
pub(super) fn cell(text: &str) -> String {
    guarded(&safe_line(text))
}

/// A line of harmless characters, with an apostrophe where a formula could begin.
pub(super) fn guarded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    let mut at_start = true;
    for c in text.chars() {
        if at_start && begins_formula(c) {
            out.push('\'');
        }
        out.push(c);
        at_start = c == ';' || c == '；' || (at_start && (c.is_whitespace() || c == '"'));
    }
    out
}

/// First characters of formulas, in their full-width forms too.
fn begins_formula(c: char) -> bool {
    matches!(
        c,
        '=' | '+'
            | '-'
            | '@'
            | '\t'
            | '\r'
            | '\n'
            | '＝'
            | '＋'
            | '－'
            | '＠'
            | '−'
            | '﹢'
            | '﹣'
            | '﹦'
            | '﹫'
    )
}

fn point_columns(digest: &Digest) -> Vec<String> {
    match digest.questions.items.as_slice() {
        [only] if digest.questions.left_out == 0 && only.points.len() <= POINT_COLUMNS => {
            only.points.iter().map(|point| point.id.clone()).collect()
        }
        _ => Vec::new(),
    }
}

fn record(ui: Lang, row: &Row, points: &[String]) -> Vec<String> {
    let line = &row.line;
    let text = |text: Option<&str>| cell(text.unwrap_or_default());
    let mut cells = vec![
        row.number.to_string(),
        cell(&line.id),
        text(line.candidate.as_deref()),
        text(row.question()),
    ];
    cells.extend(numbers(row));
    let assessment = line.assessment.as_ref();
    cells.extend(assessment.map_or_else(|| vec![String::new(); 10], |a| judged(ui, a)));
    cells.push(corrections(ui, row));
    cells.push(assessment.map_or_else(String::new, feedback));
    cells.push(text(line.error.as_deref()));
    cells.push(text(line.answer.as_deref()));
    cells.extend(assessment.map_or_else(|| vec![String::new(); 6], source));
    for id in points {
        let point = assessment.and_then(|a| a.point(id));
        cells.push(point.map_or("", |p| words::verdict(ui, p.verdict)).to_owned());
    }
    cells
}

pub(super) fn numbers(row: &Row) -> [String; 3] {
    let number = |value: f64| format!("{value:.1}");
    match row.state() {
        State::Graded(score) => [number(score), number(score), number(score)],
        State::Ungraded { low, high } => [String::new(), number(low), number(high)],
        State::Failed => [String::new(), String::new(), String::new()],
    }
}

/// Band, grader, the count of each verdict, what is not met, misconceptions, flags.
fn judged(ui: Lang, assessment: &Assessment) -> Vec<String> {
    let count = |wanted: Verdict| {
        assessment.points.iter().filter(|p| p.verdict == wanted).count().to_string()
    };
    let open = assessment.points.iter().filter(|p| p.verdict != Verdict::Met);
    let found = assessment.misconceptions.iter();
    let grader = match assessment.grader {
        GraderKind::Llm => "llm",
        GraderKind::Lexical => "lexical",
    };
    vec![
        assessment.band.map_or("", |band| words::band(ui, band)).to_owned(),
        grader.to_owned(),
        count(Verdict::Met),
        count(Verdict::Partial),
        count(Verdict::Missing),
        count(Verdict::Contradicted),
        count(Verdict::Ungraded),
        list(open.map(|point| point.id.as_str())),
        list(found.map(|found| found.id.as_str())),
        list(assessment.flags.iter().map(|flag| words::flag(ui, *flag))),
    ]
}

fn corrections(ui: Lang, row: &Row) -> String {
    let told = row.corrections.iter().map(|one| {
        let (before, after) = (words::verdict(ui, one.before), words::verdict(ui, one.after));
        format!("{}: {before} → {after} ({})", one.point, one.reason)
    });
    cell(&told.collect::<Vec<_>>().join(", "))
}

pub(super) fn feedback(assessment: &Assessment) -> String {
    let lines: Vec<&str> = assessment.feedback.iter().map(|line| line.text.as_str()).collect();
    cell(&lines.join(" / "))
}

/// Model, fingerprint, calls, tokens, cost.
fn source(assessment: &Assessment) -> Vec<String> {
    let source = &assessment.provenance;
    vec![
        cell(source.model.as_deref().unwrap_or_default()),
        cell(&assessment.fingerprint),
        source.calls.to_string(),
        source.tokens.input.to_string(),
        source.tokens.output.to_string(),
        source.cost.map(|cost| format!("{cost:.6}")).unwrap_or_default(),
    ]
}

pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    cell(&names.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_begins_a_formula_stays_at_the_start_of_a_cell() {
        for formula in ["=cmd()", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "−1"] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        assert_eq!(cell("\t=1"), "'=1");
        assert_eq!(cell("\r\n=1"), "'=1");
        assert_eq!(cell("\u{200b}\u{202e}=1"), "'=1");
        assert_eq!(cell("a;=1"), "a;'=1");
        assert_eq!(cell("a\n=1"), "a =1");
        assert_eq!(cell("a; \"=1"), "a; \"'=1");
        assert_eq!(cell("\"=1"), "\"'=1");
        assert_eq!(cell("O(n²) - 1 = 2"), "O(n²) - 1 = 2");
    }
}
