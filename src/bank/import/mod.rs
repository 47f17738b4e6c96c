//! Questions from files of other programs: Markdown with headings, JSON lines,
//! CSV and TSV.
//!
//! Pure: text in, questions out; nothing is written here. A row that cannot be
//! used is told with its line and spoils no other. Ids are made from titles and
//! hold nothing but lower-case letters, digits and hyphens.

mod csv;
mod json;
mod markdown;
mod row;

use std::collections::BTreeSet;
use std::path::Path;

use row::Row;

use super::Fault;
use super::read::whole_file;
use super::rule::Rule;
use crate::domain::{Localised, Question, QuestionId};
use crate::text::hash;

/// Longest slug that is made from a title, in characters.
const LONGEST_SLUG: usize = 60;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A heading a question, its reference below.
    Markdown,
    /// A JSON object a line.
    Jsonl,
    /// A row a question, with a header; commas, semicolons or tabs.
    Csv,
}

/// Where headings are questions, and where questions without a topic go.
#[derive(Debug, Clone)]
pub struct Options {
    /// Topic of what names none; lower-case letters, digits and hyphens.
    pub topic: String,
    /// Level of the Markdown headings that are questions, 1 to 6; found out when none.
    pub level: Option<usize>,
}

/// What a file gave.
#[derive(Debug, Default)]
pub struct Imported {
    /// Questions with the lines they began on, from 1.
    pub questions: Vec<(usize, Question)>,
    /// What could not be used.
    pub faults: Vec<Fault>,
}

impl Format {
    /// The format that a file's name tells.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" | "tsv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// Reads the text of a file; `path` only names it in messages.
pub fn import(path: &Path, text: &str, format: Format, options: &Options) -> Imported {
    let text = text.trim_start_matches('\u{feff}');
    let mut imported = Imported::default();
    let items = match format {
        Format::Markdown => markdown::read(text, options.level),
        Format::Jsonl => json::read(path, text),
        Format::Csv => csv::read(text),
    };
    let mut taken = BTreeSet::new();
    for item in items {
        match item.and_then(|item| item.question(options, &mut taken)) {
            Ok(question) => imported.questions.push(question),
            Err(Problem::Row { line, message }) => {
                let fault = whole_file(Rule::Syntax, path, message);
                imported.faults.push(Fault { line: Some(line), ..fault });
            }
            Err(Problem::Faults(faults)) => imported.faults.extend(faults),
        }
    }
    imported
}

/// Why a row gave no question.
#[derive(Debug)]
enum Problem {
    /// Told in one sentence.
    Row { line: usize, message: String },
    /// A question in the bank's own form that is not sound.
    Faults(Vec<Fault>),
}

fn problem(line: usize, message: impl Into<String>) -> Problem {
    Problem::Row { line, message: message.into() }
}

/// What a file says of one question.
#[derive(Debug)]
enum Item {
    /// A question in the bank's own form.
    Whole { line: usize, question: Box<Question> },
    /// Fields by name.
    Row { line: usize, row: Box<Row> },
}

impl Item {
    fn question(
        self,
        options: &Options,
        taken: &mut BTreeSet<QuestionId>,
    ) -> Result<(usize, Question), Problem> {
        let (line, question) = match self {
            Self::Whole { line, question } => (line, *question),
            Self::Row { line, row } => (line, from_row(*row, line, options, taken)?),
        };
        if taken.insert(question.id.clone()) {
            return Ok((line, question));
        }
        Err(problem(line, format!("{} is there already", question.id)))
    }
}

fn from_row(
    row: Row,
    line: usize,
    options: &Options,
    taken: &BTreeSet<QuestionId>,
) -> Result<Question, Problem> {
    let fail = |message: String| problem(line, message);
    let title = row.title().ok_or_else(|| fail("no question in it".to_owned()))?.map_err(fail)?;
    let reference = row
        .reference()
        .ok_or_else(|| fail(format!("no answer to {:?}", first_line(&title))))?
        .map_err(fail)?;
    let id = if let Some(id) = &row.id {
        QuestionId::new(id.as_str()).map_err(fail)?
    } else {
        let topic = row.topic.as_deref().map(slug).filter(|topic| !topic.is_empty());
        free_id(topic.as_deref().unwrap_or(&options.topic), &title, taken).map_err(fail)?
    };
    let question = Question::bare(id, title, vec![reference])
        .ok_or_else(|| fail("no answer in it".to_owned()))?;
    row.complete(question).map_err(fail)
}

fn first_line(text: &Localised) -> &str {
    text.texts().next().and_then(|(_, text)| text.lines().next()).unwrap_or_default()
}

/// An id from the title that is not taken yet.
fn free_id(
    topic: &str,
    title: &Localised,
    taken: &BTreeSet<QuestionId>,
) -> Result<QuestionId, String> {
    let slugs = title.texts().map(|(_, text)| slug(text));
    let slug = slugs.max_by_key(String::len).filter(|slug| !slug.is_empty());
    // A title without a Latin letter gets a name that stays the same at every import.
    let slug = slug.unwrap_or_else(|| format!("q-{:08x}", hash(first_line(title)) & 0xffff_ffff));
    for number in 1_usize.. {
        let tail = if number == 1 { String::new() } else { format!("-{number}") };
        let id = QuestionId::new(format!("{topic}/{slug}{tail}"))?;
        if !taken.contains(&id) {
            return Ok(id);
        }
    }
    unreachable!("invariant: a file holds fewer questions than there are numbers")
}

/// The Latin words of a text as a slug; empty when there are none.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if slug.len() + word.len() + 1 > LONGEST_SLUG && !slug.is_empty() {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.extend(word.chars().take(LONGEST_SLUG).map(|c| c.to_ascii_lowercase()));
    }
    slug
}

#[cfg(test)]
mod tests;
