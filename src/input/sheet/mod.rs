//! Answer sheets: Markdown with one heading a question, to be filled in.
//!
//! [`blank()`] writes a sheet and `Sheet` reads a filled one, so the form is
//! known in one place. Each answer is what stands below its heading, without
//! the question that is quoted there and without blank lines around it. What a
//! candidate writes never ends an answer, unless it is a heading of the form
//! outside a code block. A question that the sheet lists and no heading names is
//! a bad row: its answer would be part of another one.

mod blank;
mod fence;
mod heading;
mod label;

use std::collections::VecDeque;
use std::io;

pub use blank::blank;
use fence::{Fence, Held};
use heading::{Headings, Mark};

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
    headings: Headings,
    /// Line of the list of questions, and whether it goes on.
    list: Option<(u64, bool)>,
    /// The code block that is open, and lines of one that turned out not to be closed.
    fence: Option<Fence>,
    again: VecDeque<Held>,
    /// How many of these open no block.
    plain: usize,
    /// The section whose lines are being read.
    open: Option<Section>,
    /// What is read and not handed out.
    ready: VecDeque<Item>,
    ended: bool,
    /// Sections met.
    count: u64,
}

/// A question of the sheet with what was written below it so far.
struct Section {
    line: u64,
    mark: Mark,
    text: String,
    /// Why it cannot be graded.
    fault: Option<String>,
    /// Still in what the sheet itself says below the heading.
    preamble: bool,
}

impl Sheet {
    pub(super) fn open(text: Text, options: &Options) -> Result<Self, InputError> {
        if options.wide.is_some() {
            return Err(InputError::Conflict(
                "only CSV has one column a question",
                "只有 CSV 才会每题一列",
            ));
        }
        if options.whole_question {
            return Err(InputError::Conflict(
                "an answer sheet names its questions: leave out the one for the whole input",
                "答题卷自己写明了题目：请去掉整个输入共用的那一道",
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
            headings: Headings::default(),
            list: None,
            fence: None,
            again: VecDeque::new(),
            plain: 0,
            open: None,
            ready: VecDeque::new(),
            ended: false,
            count: 0,
        }
    }

    pub(super) fn next_item(&mut self) -> io::Result<Option<Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            let next = match self.again.pop_front() {
                None => self.read()?,
                again => again,
            };
            match (next, self.fence.take()) {
                (Some(line), Some(fence)) => self.in_block(fence, line),
                (Some(line), None) if self.plain > 0 => {
                    self.plain -= 1;
                    self.line(&line);
                }
                (Some(line), None) => match Fence::open(&line) {
                    Some(mark) => self.fence = Some(Fence::new(mark, line)),
                    None => self.line(&line),
                },
                (None, Some(fence)) => self.reopen(fence),
                (None, None) => self.finish(),
            }
        }
    }

    fn read(&mut self) -> io::Result<Option<Held>> {
        let Some(line) = self.lines.next_line()? else { return Ok(None) };
        let text = line.text.ok_or_else(|| format!("longer than {MAX_ROW_BYTES} bytes"));
        let text = text.and_then(|bytes| {
            std::str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|_| row::not_text("the line", bytes, self.found.name()))
        });
        Ok(Some(Held { number: line.number, text }))
    }

    /// A line in a code block, which is text unless the block is never closed.
    fn in_block(&mut self, mut fence: Fence, line: Held) {
        let closed = fence.is_closed_by(&line);
        let heading = |line: &str| self.headings.names_one(line);
        if fence.is_left_open(&line) || (closed && fence.holds_a_question(heading)) {
            self.again.push_front(line);
            self.reopen(fence);
        } else if closed {
            fence.hold(line);
            fence.lines.iter().for_each(|line| self.text(line));
        } else {
            fence.hold(line);
            if fence.bytes > MAX_ANSWER_BYTES {
                // Too long for an answer in any case, and to be held.
                self.plain = fence.lines.len();
                fence.lines.into_iter().rev().for_each(|line| self.again.push_front(line));
            } else {
                self.fence = Some(fence);
            }
        }
    }

    /// Reads the lines of a block that is not closed once more, without its first mark.
    fn reopen(&mut self, fence: Fence) {
        let mut lines = fence.lines.into_iter();
        if let Some(first) = lines.next() {
            self.text(&first);
        }
        lines.rev().for_each(|line| self.again.push_front(line));
    }

    /// Takes a line that may be a heading.
    fn line(&mut self, line: &Held) {
        if let Ok(text) = &line.text
            && !self.lists(line.number, text)
            && let Some(mark) = self.headings.read(text)
        {
            self.count += 1;
            let section = Section::new(line.number, mark);
            if let Some(done) = self.open.replace(section) {
                let item = self.item(done);
                self.ready.push_back(item);
            }
            return;
        }
        self.text(line);
    }

    /// Takes a line that is none.
    fn text(&mut self, line: &Held) {
        match (&mut self.open, &line.text) {
            (Some(section), Ok(text)) => section.push(line.number, text),
            (Some(section), Err(reason)) => {
                section.fault.get_or_insert(format!("line {}: {reason}", line.number));
            }
            (None, Ok(text)) if self.candidate.is_none() => {
                self.candidate = blank::candidate(text);
            }
            (None, _) => {}
        }
    }

    /// Above the first question: whether a line lists the questions, or goes on doing so.
    fn lists(&mut self, number: u64, line: &str) -> bool {
        let ids = match self.list {
            _ if self.open.is_some() => None,
            None => blank::listed(line),
            Some((_, true)) => blank::ids(line),
            Some((_, false)) => None,
        };
        self.list = self.list.map(|(line, _)| (line, ids.is_some()));
        let Some(ids) = ids else { return false };
        self.list.get_or_insert((number, true));
        self.headings.list(ids);
        true
    }

    /// The last section, what the sheet lists beside, or that there is nothing.
    fn finish(&mut self) {
        self.ended = true;
        if let Some(section) = self.open.take() {
            let item = self.item(section);
            self.ready.push_back(item);
        }
        let Some((line, _)) = self.list else {
            if self.count == 0 {
                let reason = "no heading names a question: is this an answer sheet?";
                self.ready.push_back(Item::Bad(BadRow::new(1, None, reason)));
            }
            return;
        };
        let missing = self.headings.missing().map(|(number, id)| {
            let reason = format!(
                "the sheet lists {id}, but no heading names it, so its answer would count as part \
                 of another: write ## Question {number}: `{id}` above it"
            );
            self.bad(line, Some(self.id_of(id)), reason)
        });
        self.ready.extend(missing.collect::<Vec<_>>());
    }

    fn candidate(&self) -> &str {
        self.candidate.as_deref().unwrap_or(&self.name)
    }

    fn id_of(&self, question: &str) -> String {
        format!("{}/{question}", self.candidate())
    }

    fn bad(&self, line: u64, id: Option<String>, reason: impl AsRef<str>) -> Item {
        let candidate = row::sound_name(self.candidate());
        Item::Bad(BadRow { candidate, ..BadRow::new(line, id, reason) })
    }

    fn item(&mut self, section: Section) -> Item {
        let line = section.line;
        let question = match section.mark {
            Mark::Question(question) => question,
            Mark::Malformed(number, reason) => {
                let meant = number.and_then(|number| self.headings.by_number(number));
                let reason = match (reason, &meant) {
                    (None, _) => format!(
                        "it looks like the heading of a question and names none: write ## Question \
                         {}: `{}`, or put it into a code block if it is part of the answer",
                        number.unwrap_or(1),
                        meant.as_deref().unwrap_or("topic/slug")
                    ),
                    (Some(reason), None) => reason,
                    (Some(reason), Some(id)) => format!("{reason}; by its number it is {id}"),
                };
                return self.bad(line, meant.map(|id| self.id_of(&id)), reason);
            }
        };
        let id = self.id_of(&question);
        if let Some(fault) = section.fault {
            return self.bad(line, Some(id), fault);
        }
        let (candidate, answer) = (self.candidate().to_owned(), trimmed(&section.text).to_owned());
        row::placed(line, id, candidate, Ask::Question(question), answer)
            .map_or_else(Item::Bad, Item::Row)
    }
}

impl Section {
    fn new(line: u64, mark: Mark) -> Self {
        Self { line, mark, text: String::new(), fault: None, preamble: true }
    }

    fn push(&mut self, number: u64, line: &str) {
        if self.preamble {
            // What underlines a heading in the other form that Markdown has.
            if number == self.line + 1 && is_underline(line) {
                return;
            }
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

fn is_underline(line: &str) -> bool {
    let line = line.trim();
    line.len() > 1 && ["-", "="].iter().any(|mark| line.trim_start_matches(mark).is_empty())
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
