//! Answers to grade, as a stream of rows: JSONL, CSV (also one column a
//! question), a folder of answers, Markdown answer sheets.
//!
//! Bytes are unpacked (gzip, zstd), decoded (UTF-8, UTF-16, GB18030 or a named
//! encoding) and cut into rows one at a time. Nothing here knows the bank but for how
//! its questions are worded, so unknown questions and ids that occur twice are found by who reads the rows.
//! Invariant: memory depends neither on the length of the input nor on that of
//! a row, and a bad row becomes an [`Item::Bad`] that stops nothing.

mod ask;
mod csv;
mod decode;
mod error;
mod field;
mod folder;
mod header;
mod json;
mod jsonl;
mod kind;
mod lines;
mod reach;
mod record;
mod row;
pub mod sheet;
mod source;
#[cfg(test)]
mod tests;
mod wide;
mod window;
mod zstd;

use std::io;

use serde_json::Value;

use crate::domain::{Lang, Question};

pub use error::InputError;
pub use folder::is_passed_over;
pub use header::sniff as delimiter;
pub use reach::Reach;
pub use source::{Format, Source, decoded, text, text_of};

/// The longest row that is read, in bytes after decoding; a longer one is bad.
///
/// An answer of the greatest length fits with every character escaped.
pub const MAX_ROW_BYTES: usize = 2 << 20;

/// One answer to grade.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Where it stands: the 1-based line on which the row (JSONL, CSV) or its
    /// heading (sheet) begins; in a folder the ordinal of the answer. The cells
    /// of a wide row share one line.
    pub line: u64,
    /// The row's own, else `line-N`; `CANDIDATE/<question id>` in a folder and
    /// in sheets, `ROW/<question id>` in wide sheets.
    pub id: String,
    /// Who answered.
    pub candidate: Option<String>,
    /// Language in which the question counts as asked.
    pub lang: Option<Lang>,
    /// What was asked.
    pub ask: Ask,
    /// The answer as given, at most [`crate::domain::MAX_ANSWER_BYTES`] long; may be empty.
    pub answer: String,
    /// Fields of the row that mean nothing here, as an object; null when there are none.
    pub input: Value,
    /// CSV: all cells of the original record.
    pub columns: Option<Vec<String>>,
    /// In a folder: its file below the folder, with the line when that is a sheet.
    pub file: Option<String>,
    /// In a wide sheet: ROW, by which all cells of a row are called.
    pub record: Option<String>,
}

/// The question that a row answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// One of the bank, by its id as written (neither checked nor looked up).
    Question(String),
    /// The one that was given for the whole input.
    Whole,
    /// One that stands in the row with its reference or points; sound by [`Question::check`].
    Own(Box<Question>),
}

/// A row that cannot be graded, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct BadRow {
    /// Where it stands, as in [`Row::line`].
    pub line: u64,
    /// Its id, where it could be read.
    pub id: Option<String>,
    /// Who answered, where that could be read.
    pub candidate: Option<String>,
    /// What is wrong and what would be right; short, on one line, without control characters.
    pub reason: String,
    /// What it carried beside, as in [`Row::input`], as far as it could be read; its `cells`
    /// where they do not fit the header.
    pub input: Value,
    /// CSV: all cells of the original record, as far as they could be read.
    pub columns: Option<Vec<String>>,
    /// As in [`Row::file`].
    pub file: Option<String>,
}

/// Longest reason, in characters: it may quote the row.
const MAX_REASON: usize = 400;

impl BadRow {
    fn new(line: u64, id: Option<String>, reason: impl AsRef<str>) -> Self {
        let reason = shown(reason.as_ref(), MAX_REASON);
        Self { line, id, candidate: None, reason, input: Value::Null, columns: None, file: None }
    }

    /// Where it stands and why it is bad.
    pub fn said(&self) -> String {
        match &self.file {
            Some(file) => format!("{}: {}", shown(file, MAX_REASON), self.reason),
            None => format!("line {}: {}", self.line, self.reason),
        }
    }
}

impl Row {
    /// The row as a bad one; what it carries moves over.
    pub(crate) fn refused(&mut self, reason: String) -> BadRow {
        BadRow {
            line: self.line,
            id: Some(std::mem::take(&mut self.id)),
            candidate: self.candidate.take(),
            reason,
            input: self.input.take(),
            columns: self.columns.take(),
            file: self.file.take(),
        }
    }
}

/// Text for a message: cut to `limit` characters, control and bidi characters escaped.
fn shown(text: &str, limit: usize) -> String {
    let mut short = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == limit {
            short.push('…');
            break;
        }
        let hidden = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if hidden { short.extend(c.escape_unicode()) } else { short.push(c) }
    }
    short
}

/// The columns of a CSV input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Their names as written.
    pub names: Vec<String>,
    /// Those that hold answers, questions or references.
    pub texts: Vec<usize>,
    /// Wide sheets: the question of each column with answers, as they follow each other.
    pub questions: Vec<String>,
    /// What stands between cells.
    pub delimiter: char,
}

/// One step of the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// An answer to grade.
    Row(Row),
    /// A row that cannot be graded.
    Bad(BadRow),
}

/// How the input is to be read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Its form; `None`: by the name, else by the first line.
    pub format: Option<Format>,
    /// One question was given for the whole input; a row may name none of its own.
    pub whole_question: bool,
    /// Columns that hold answers, as (column title, question id): one row a candidate.
    pub wide: Option<Vec<(String, String)>>,
    /// Other names of fields, as (field, column or key of the input).
    pub map: Vec<(String, String)>,
    /// Delimiter of CSV; `None`: told by the header.
    pub delimiter: Option<u8>,
    /// A label of the Encoding Standard, such as `gb18030`; `None`: detected.
    pub encoding: Option<String>,
    /// How the questions of answer sheets are worded: what stands there and is theirs is no answer.
    pub wordings: sheet::Wordings,
}

/// The rows of an input, in its order.
///
/// Ends after the first `Err`: the input itself could not be read on.
pub struct Reader {
    rows: Rows,
    ended: bool,
    encoding: Option<decode::Found>,
    reach: Reach,
}

enum Rows {
    Jsonl(jsonl::Jsonl),
    Csv(Box<csv::Csv>),
    Sheet(Box<sheet::Sheet>),
    Folder(folder::Folder),
    /// Nothing is in it.
    None,
}

/// Opens an input and reads as far as its header.
///
/// # Errors
/// [`InputError`] when it cannot be opened, its form cannot be told, its header
/// lacks a needed column, or the options contradict each other.
pub fn open(source: Source, options: &Options) -> Result<Reader, InputError> {
    let fields = field::Names::new(&options.map)?;
    let (rows, encoding, reach) = match source::open(source, options)? {
        source::Opened::Folder(path) => {
            let folder = folder::Folder::open(path, options)?;
            let reach = folder.reach();
            (Rows::Folder(folder), None, reach)
        }
        source::Opened::Text(text) => {
            let (found, reach) = (text.found.clone(), text.reach.clone());
            (rows(text, fields, options)?, Some(found), reach)
        }
    };
    Ok(Reader { rows, ended: false, encoding, reach })
}

fn rows(
    mut text: source::Text,
    fields: field::Names,
    options: &Options,
) -> Result<Rows, InputError> {
    Ok(match text.format {
        Format::Jsonl | Format::Csv if source::first_line(&mut text.window)?.is_empty() => {
            Rows::None
        }
        Format::Jsonl => Rows::Jsonl(jsonl::Jsonl::open(text, fields, options)?),
        Format::Csv => Rows::Csv(Box::new(csv::Csv::open(text, &fields, options)?)),
        Format::Sheet => Rows::Sheet(Box::new(sheet::Sheet::open(text, options)?)),
        Format::Folder => return Err(InputError::NotAFolder),
    })
}

impl Reader {
    /// The columns of a CSV input.
    pub fn columns(&self) -> Option<Columns> {
        match &self.rows {
            Rows::Csv(csv) => Some(csv.columns()),
            _ => None,
        }
    }

    /// Whether nothing at all is in it, not even a header.
    pub fn is_empty(&self) -> bool {
        matches!(self.rows, Rows::None)
    }

    /// Whether rows may carry fields that mean nothing here.
    pub fn has_fields(&self) -> bool {
        matches!(self.rows, Rows::Jsonl(_) | Rows::Csv(_))
    }

    /// Name of the encoding in which the input is read, as far as it has shown
    /// itself: `UTF-8` until the first character that is not ASCII.
    pub fn encoding(&self) -> &'static str {
        self.encoding.as_ref().map_or("UTF-8", decode::Found::name)
    }

    /// How far it has been read; goes on to tell while somebody else reads.
    pub fn reach(&self) -> Reach {
        self.reach.clone()
    }
}

impl Iterator for Reader {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = match &mut self.rows {
            Rows::Jsonl(rows) => rows.next_item(),
            Rows::Csv(rows) => rows.next_item(),
            Rows::Sheet(rows) => rows.next_item(),
            Rows::Folder(rows) => Ok(rows.next_item()),
            Rows::None => Ok(None),
        };
        let item = item.transpose();
        self.ended = matches!(item, None | Some(Err(_)));
        item
    }
}
