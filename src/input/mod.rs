//! Rows of answers out of a stream of JSON lines; a stand-in behind the agreed
//! interface until every format is read.
//!
//! A row that cannot be used is an [`Item::Bad`] with its line and reason; it
//! never ends the stream. Memory does not depend on the input's length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::domain::{Lang, Localised, MAX_ANSWER_BYTES, Question, QuestionId};

/// One answer to grade.
#[derive(Debug, Clone)]
pub struct Row {
    /// Line of the input, from 1.
    pub line: u64,
    /// From the row, else derived from its line.
    pub id: String,
    /// Who answered, when the row says so.
    pub candidate: Option<String>,
    /// Language of the question, when the row says so.
    pub lang: Option<Lang>,
    /// What was asked.
    pub ask: Ask,
    /// The answer.
    pub answer: String,
    /// Fields of the row that mean nothing here; null when there are none.
    pub input: Value,
    /// The original record, for output as a sheet.
    pub columns: Option<Vec<String>>,
}

/// What a row answers.
#[derive(Debug, Clone)]
pub enum Ask {
    /// A question of the bank, by its id.
    Question(String),
    /// The question given for the whole file.
    Whole,
    /// A question in the row itself.
    Own(Box<Question>),
}

/// A row that cannot be graded.
#[derive(Debug, Clone)]
pub struct BadRow {
    /// Line of the input, from 1.
    pub line: u64,
    /// Its id, when it could be read.
    pub id: Option<String>,
    /// What is wrong and what would be right.
    pub reason: String,
    /// The original record, for output as a sheet.
    pub columns: Option<Vec<String>>,
}

/// One row, good or bad.
#[derive(Debug, Clone)]
pub enum Item {
    /// To be graded.
    Row(Row),
    /// To be reported.
    Bad(BadRow),
}

/// How the input is to be read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether one question is given for the whole input.
    pub whole_question: bool,
}

/// Where the input comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file or folder.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

/// Why an input cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct InputError {
    /// What is wrong.
    pub message: String,
}

/// Reads rows one by one.
pub struct Reader {
    lines: BufReader<Box<dyn Read + Send>>,
    line: u64,
    whole: bool,
}

/// Opens an input.
///
/// # Errors
/// When it cannot be opened.
pub fn open(source: &Source, options: &Options) -> Result<Reader, InputError> {
    let inner: Box<dyn Read + Send> = match source {
        Source::Stdin => Box::new(io::stdin()),
        Source::Path(path) => Box::new(File::open(path).map_err(|error| InputError {
            message: format!("cannot read {}: {error}", path.display()),
        })?),
    };
    Ok(Reader {
        lines: BufReader::with_capacity(1 << 16, inner),
        line: 0,
        whole: options.whole_question,
    })
}

impl Reader {
    /// Titles of the columns, when the input has them.
    pub fn header(&self) -> Option<&[String]> {
        None
    }
}

impl Iterator for Reader {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut text = Vec::new();
            match self.lines.read_until(b'\n', &mut text) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            self.line += 1;
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let read = serde_json::from_slice(&text).map_err(|error| error.to_string());
            let mut id = None;
            let row = read.and_then(|fields| row(self.line, fields, self.whole, &mut id));
            return Some(Ok(row.map_or_else(
                |reason| Item::Bad(BadRow { line: self.line, id, reason, columns: None }),
                Item::Row,
            )));
        }
    }
}

fn row(
    line: u64,
    mut fields: Map<String, Value>,
    whole: bool,
    id: &mut Option<String>,
) -> Result<Row, String> {
    let mut text = |name: &str| match fields.shift_remove(name) {
        Some(Value::String(text)) => Ok(Some(text)),
        None | Some(Value::Null) => Ok(None),
        Some(other) => Err(format!("`{name}` is {other}; it must be text")),
    };
    *id = text("id")?;
    let answer = text("answer")?.ok_or("`answer` is missing")?;
    if answer.len() > MAX_ANSWER_BYTES {
        return Err(format!("the answer is over {MAX_ANSWER_BYTES} bytes"));
    }
    let (candidate, lang) = (text("candidate")?, text("lang")?);
    let (question, own) = (text("question_id")?, text("question")?);
    let reference = text("reference")?;
    let ask = match (question, own, reference) {
        _ if whole => Ask::Whole,
        (Some(id), ..) => Ask::Question(id),
        (None, Some(title), Some(reference)) => {
            let local = |text: String| Localised::single(Lang::of(&text), text);
            let id = QuestionId::ad_hoc("");
            let question = Question::bare(id, local(title), vec![local(reference)]);
            Ask::Own(Box::new(question.ok_or("`reference` is missing")?))
        }
        _ => return Err("`question_id` is missing".to_owned()),
    };
    let lang = lang.map(|lang| lang.parse()).transpose()?;
    let input = if fields.is_empty() { Value::Null } else { Value::Object(fields) };
    let id = id.clone().unwrap_or_else(|| format!("line-{line}"));
    Ok(Row { line, id, candidate, lang, ask, answer, input, columns: None })
}
