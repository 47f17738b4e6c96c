//! Result lines as a report reads them: one at a time, in bounded memory.
//!
//! A line that cannot be read is an item of its own with its number and the
//! reason; it stops nothing. What a row carried beside its answer (`input`) is
//! dropped at once: no report shows it.

use std::io::{self, BufRead, Read};

use super::fault::{Fault, in_words, object};
use crate::domain::{Assessment, ResultLine, SCHEMA_VERSION, Verdict};

/// Longest line that is read, in bytes; a longer one counts as unreadable.
const MAX_LINE: u64 = 32 << 20;

/// A result line with its place and what people have corrected in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Line number in the run, from 1.
    pub number: u64,
    /// The line itself.
    pub line: ResultLine,
    /// What has been corrected, in the order in which it was applied.
    pub corrections: Vec<Correction>,
}

/// A person's correction of one verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Id of the point or misconception.
    pub point: String,
    /// What the grader had said.
    pub before: Verdict,
    /// What the person says.
    pub after: Verdict,
    /// Why.
    pub reason: String,
}

/// A line that is no result line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Line number, from 1.
    pub number: u64,
    /// What is wrong with it.
    pub reason: Fault,
}

/// What one line turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A result line.
    Row(Box<Row>),
    /// Something else.
    Unreadable(Unreadable),
}

/// How far a row was graded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum State {
    /// Every point has a verdict; the score, 0 to 100.
    Graded(f64),
    /// Some points have none; the interval of the score.
    Ungraded {
        /// The score at worst.
        low: f64,
        /// The score at best.
        high: f64,
    },
    /// There is no assessment at all.
    Failed,
}

impl Row {
    /// A row that no file holds.
    pub fn new(number: u64, line: ResultLine) -> Self {
        Self { number, line, corrections: Vec::new() }
    }

    /// How far it was graded.
    pub fn state(&self) -> State {
        match &self.line.assessment {
            None => State::Failed,
            Some(Assessment { score: Some(score), .. }) => State::Graded(*score),
            Some(assessment) => State::Ungraded { low: assessment.low, high: assessment.high },
        }
    }

    /// The score at worst and at best; an answer that was not graded may be anything.
    pub fn interval(&self) -> (f64, f64) {
        match self.state() {
            State::Graded(score) => (score, score),
            State::Ungraded { low, high } => (low, high),
            State::Failed => (0.0, 100.0),
        }
    }

    /// Why it is not graded: the error, or the first ungraded point's reason.
    pub fn why_ungraded(&self) -> Option<&str> {
        if let Some(error) = &self.line.error {
            return Some(error);
        }
        let points = &self.line.assessment.as_ref()?.points;
        points.iter().find(|point| point.verdict == Verdict::Ungraded).map(|p| p.why.as_str())
    }

    /// The claim of a point, when the line carries texts.
    pub fn claim(&self, point: &str) -> Option<&str> {
        let points = &self.line.question.as_ref()?.points;
        points.iter().find(|known| known.id == point)?.claim.as_deref()
    }

    /// Id of its question, when it has one.
    pub fn question(&self) -> Option<&str> {
        self.line.question.as_ref().map(|question| question.id.as_str())
    }
}

/// Reads result lines; blank lines are passed over.
pub fn rows<R: BufRead>(reader: R) -> Lines<R> {
    Lines { reader, number: 0, buffer: Vec::new() }
}

/// Iterator over the lines of a run.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    number: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Fills the buffer with the next line; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.clear();
        // One long line must not keep its memory for all that follow.
        self.buffer.shrink_to(1 << 20);
        self.number += 1;
        let read = (&mut self.reader).take(MAX_LINE).read_until(b'\n', &mut self.buffer)?;
        Ok(read > 0)
    }

    fn skip_rest(&mut self) -> io::Result<()> {
        loop {
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                return Ok(());
            }
            let (used, found) = match available.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (available.len(), false),
            };
            self.reader.consume(used);
            if found {
                return Ok(());
            }
        }
    }

    fn item(&mut self) -> io::Result<Item> {
        let number = self.number;
        let unreadable = |reason: Fault| Item::Unreadable(Unreadable { number, reason });
        if self.buffer.len() as u64 == MAX_LINE && !self.buffer.ends_with(b"\n") {
            self.skip_rest()?;
            let most = MAX_LINE >> 20;
            let long = Fault::new(format!("longer than {most} MB"), format!("超过 {most} MB"));
            return Ok(unreadable(long));
        }
        Ok(match parse(&self.buffer) {
            Ok(line) => Item::Row(Box::new(Row::new(number, line))),
            Err(_) if !self.buffer.ends_with(b"\n") => {
                let torn = "the last line is cut off in the middle";
                unreadable(Fault::new(torn, "最后一行中途断了"))
            }
            Err(reason) => unreadable(reason),
        })
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.fill() {
                Err(error) => return Some(Err(error)),
                Ok(false) => return None,
                Ok(true) if self.buffer.trim_ascii().is_empty() => {}
                Ok(true) => return Some(self.item()),
            }
        }
    }
}

fn parse(bytes: &[u8]) -> Result<ResultLine, Fault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut line: ResultLine = serde_json::from_slice(bytes).map_err(|error| {
        let why = match std::str::from_utf8(bytes).map(object) {
            Err(_) => Fault::new("not UTF-8", "不是 UTF-8"),
            Ok(Err(fault)) => fault,
            Ok(Ok(_)) => in_words(&error),
        };
        why.of("not a result line", "不是结果行")
    })?;
    let form = line.schema_version;
    if form > SCHEMA_VERSION {
        return Err(Fault::new(
            format!("written by a newer viva (form {form}, this one knows {SCHEMA_VERSION})"),
            format!("由更新的 viva 写出（格式 {form}，这个版本只认识 {SCHEMA_VERSION}）"),
        ));
    }
    line.input = None;
    if line.assessment.is_none() && line.error.is_none() {
        // An assessment with one wrong field reads as none: say which field it is.
        return Err(match serde_json::from_slice::<Assessment>(bytes) {
            Err(error) => in_words(&error).of("the assessment cannot be read", "评判无法读取"),
            Ok(_) => Fault::new("neither an assessment nor an error", "既没有评判也没有 error"),
        });
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn read(text: impl AsRef<[u8]>) -> Vec<Item> {
        rows(text.as_ref()).map(Result::unwrap).collect()
    }

    #[test]
    fn lines_that_are_no_results_are_named_and_stop_nothing() {
        let good = serde_json::to_string(&samples::graded("a", "Ada", 0.5)).unwrap();
        let newer = good.replace("\"schema_version\":1", "\"schema_version\":9");
        let broken = good.replace("\"grader\":\"llm\"", "\"grader\":\"oracle\"");
        let listed = good.replace("\"misconceptions\":[]", "\"misconceptions\":[\"x\"]");
        let others = "\"id\"\n{\"id\":\"a\"}\n{\"schema_version\":\"1\"}";
        let text = format!(
            "\u{feff}{good}\n\nnonsense\n{newer}\n{broken}\n{good}\n{others}\n{listed}\n{}",
            &good[..80]
        );
        let items = read(text);
        let reasons: Vec<(u64, &str)> = items
            .iter()
            .filter_map(|item| match item {
                Item::Unreadable(bad) => Some((bad.number, bad.reason.en.as_str())),
                Item::Row(_) => None,
            })
            .collect();
        let expected = [
            (3, "not a result line: not JSON"),
            (4, "written by a newer viva (form 9, this one knows 1)"),
            (5, "the assessment cannot be read: `oracle` where `llm` or `lexical` belongs"),
            (7, "not a result line: JSON, but no object"),
            (8, "not a result line: missing field `schema_version`"),
            (9, "not a result line: string \"1\" where a whole number belongs"),
            (10, "the assessment cannot be read: string \"x\" where an object belongs"),
            (11, "the last line is cut off in the middle"),
        ];
        assert_eq!(reasons, expected);
        assert_eq!(items.len(), expected.len() + 2);
    }

    #[test]
    fn what_a_row_carried_beside_is_dropped() {
        let mut line = samples::graded("a", "Ada", 1.0);
        line.input = Some(serde_json::json!({ "token": "x".repeat(1 << 20) }));
        let items = read(serde_json::to_string(&line).unwrap() + "\n");
        let Item::Row(row) = &items[0] else { panic!("unreadable") };
        assert_eq!(row.line.input, None);
        assert_eq!(row.state(), State::Graded(100.0));
    }
}
