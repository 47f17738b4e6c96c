//! Answer sheets: Markdown with one heading a question, to be filled in.
//!
//! [`blank()`] writes a sheet and `Sheet` reads a filled one, so the form is
//! known in one place. Each answer is what stands below its heading, without
//! the question that is quoted there and without blank lines around it. What a
//! candidate writes never ends an answer, unless it is a heading of the form.

mod blank;
mod heading;

use std::io;

pub use blank::blank;
use heading::{Form, Mark};

use super::decode::Found;
use super::lines::Lines;
use super::source::Text;
use super::window::Window;
use super::{Ask, BadRow, InputError, Item, MAX_ROW_BYTES, Options, row};
use crate::domain::MAX_ANSWER_BYTES;

/// Whether a first line is one of a Markdown file.
pub(super) fn begins(line: &[u8]) -> bool {
    [b"# ".as_slice(), b"## ", b"<!--"].iter().any(|mark| line.starts_with(mark))
}

pub(super) struct Sheet {
    lines: Lines,
    name: String,
    candidate: Option<String>,
    found: Found,
    form: Option<Form>,
    /// Whether a code block is open.
    fenced: Option<String>,
    /// The section whose lines are being read.
    open: Option<Section>,
    ended: bool,
    /// Sections met.
    count: u64,
}

/// A question of the sheet with what was written below it so far.
struct Section {
    line: u64,
    question: Result<String, String>,
    text: String,
    /// Why it cannot be graded.
    fault: Option<String>,
    /// Still in what the sheet itself says below the heading.
    preamble: bool,
}

impl Sheet {
    pub(super) fn open(text: Text, options: &Options) -> Result<Self, InputError> {
        if options.wide.is_some() {
            return Err(InputError::Conflict("only CSV has one column a question"));
        }
        if options.whole_question {
            return Err(InputError::Conflict(
                "an answer sheet names its questions: leave out the one for the whole input",
            ));
        }
        Ok(Self::new(text.window, text.name, text.found))
    }

    pub(super) fn new(window: Window, name: String, found: Found) -> Self {
        Self {
            lines: Lines::new(window),
            name,
            candidate: None,
            found,
            form: None,
            fenced: None,
            open: None,
            ended: false,
            count: 0,
        }
    }

    pub(super) fn next_item(&mut self) -> io::Result<Option<Item>> {
        while !self.ended {
            let Some(line) = self.lines.next_line()? else {
                self.ended = true;
                return Ok(self.last());
            };
            let number = line.number;
            let text = line.text.ok_or_else(|| format!("longer than {MAX_ROW_BYTES} bytes"));
            let text = text.and_then(|bytes| {
                std::str::from_utf8(bytes)
                    .map_err(|_| row::not_text("the line", bytes, self.found.name()))
            });
            let text = text.map(str::to_owned);
            if let Some(done) = self.take(number, text) {
                return Ok(Some(self.item(done)));
            }
        }
        Ok(None)
    }

    /// Takes a line; the section that it ends, if it ends one.
    fn take(&mut self, number: u64, text: Result<String, String>) -> Option<Section> {
        let text = match text {
            Ok(text) => text,
            Err(reason) => {
                if let Some(section) = &mut self.open {
                    section.fault.get_or_insert(format!("line {number}: {reason}"));
                }
                return None;
            }
        };
        if let Some(mark) = self.heading(&text) {
            self.count += 1;
            self.fenced = None;
            return self.open.replace(Section {
                line: number,
                question: match mark {
                    Mark::Question(id) => Ok(id),
                    Mark::Malformed(reason) => Err(reason),
                },
                text: String::new(),
                fault: None,
                preamble: true,
            });
        }
        self.fence(&text);
        match &mut self.open {
            Some(section) => section.push(&text),
            None => self.before(&text),
        }
        None
    }

    fn heading(&mut self, line: &str) -> Option<Mark> {
        let (form, mark) = heading::read(line)?;
        let ours =
            form.is_exact() || (self.fenced.is_none() && self.form.is_none_or(|f| f == form));
        if !ours {
            return None;
        }
        self.form.get_or_insert(form);
        Some(mark)
    }

    /// Keeps track of code blocks, in which only an exact heading counts.
    fn fence(&mut self, line: &str) {
        let Some(mark) = heading::fence(line) else { return };
        match &self.fenced {
            None => self.fenced = Some(mark.to_owned()),
            Some(open) if mark.starts_with(open.as_str()) && line.trim() == mark => {
                self.fenced = None;
            }
            Some(_) => {}
        }
    }

    /// Above the first question: who filled the sheet in.
    fn before(&mut self, line: &str) {
        if self.candidate.is_none() {
            self.candidate = blank::candidate(line);
        }
    }

    /// The last section, or that there is none.
    fn last(&mut self) -> Option<Item> {
        if let Some(section) = self.open.take() {
            return Some(self.item(section));
        }
        (self.count == 0).then(|| {
            let reason = "no heading names a question: is this an answer sheet?";
            Item::Bad(BadRow::new(1, None, reason))
        })
    }

    fn item(&self, section: Section) -> Item {
        let line = section.line;
        let candidate = self.candidate.clone().unwrap_or_else(|| self.name.clone());
        let bad = |id, reason: String| {
            let candidate = row::sound_name(&candidate);
            Item::Bad(BadRow { candidate, ..BadRow::new(line, id, reason) })
        };
        let question = match section.question {
            Ok(question) => question,
            Err(reason) => return bad(None, reason),
        };
        let id = format!("{}/{question}", self.name);
        if let Some(fault) = section.fault {
            return bad(Some(id), fault);
        }
        let answer = trimmed(&section.text).to_owned();
        row::placed(line, id, candidate, Ask::Question(question), answer)
            .map_or_else(Item::Bad, Item::Row)
    }
}

impl Section {
    fn push(&mut self, line: &str) {
        if self.preamble {
            let blank = line.trim().is_empty();
            // The quoted question ends with the first line that is not quoted.
            if line.starts_with('>') || (blank && self.text.is_empty()) {
                self.text.push_str(if line.starts_with('>') { "\n" } else { "" });
                return;
            }
            self.preamble = false;
            self.text.clear();
        }
        if self.text.len() + line.len() > MAX_ANSWER_BYTES + 2 {
            let limit = format!(
                "the answer is over {MAX_ANSWER_BYTES} bytes long, the most that is graded"
            );
            self.fault.get_or_insert(limit);
            self.text.clear();
            return;
        }
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// Without the blank lines around it; indentation of the first line stays.
fn trimmed(text: &str) -> &str {
    let text = text.trim_end();
    let lead = text.len() - text.trim_start().len();
    let start = text[..lead].rfind('\n').map_or(0, |at| at + 1);
    &text[start..]
}

#[cfg(test)]
mod tests;
