//! Answer sheets: Markdown with one heading a question, to be filled in.
//!
//! [`blank()`] writes a sheet and `Sheet` reads a filled one, so the form is
//! known in one place. Each answer is what stands below its heading and behind
//! it, without the text of the question and without blank lines around it. What
//! a candidate writes never ends an answer, unless it is a heading of the form
//! outside a code block. Invariant: a sheet that lists its questions makes one
//! row of each, a bad one where no heading names it, and what stands below the
//! first heading is part of some row.

mod asked;
mod blank;
mod fence;
mod heading;
mod label;

use std::collections::VecDeque;
use std::io;

pub use asked::Wordings;
pub use blank::blank;
use fence::{Fence, Held};
use heading::{Heading, Headings, Mark};

use super::decode::Found;
use super::lines::Lines;
use super::source::Text;
use super::window::Window;
use super::{Ask, BadRow, InputError, Item, MAX_ROW_BYTES, Options, row};
use crate::domain::MAX_ANSWER_BYTES;

/// Most that is held of sections that may have to be put together, in bytes.
const MAX_HELD: usize = 4 * MAX_ANSWER_BYTES;
/// How much longer than an answer a section may be, since the question stands in it, too.
const QUESTION_BYTES: usize = 1 << 14;

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
    wordings: Wordings,
    /// Line of the list of questions, and whether it goes on.
    list: Option<(u64, bool)>,
    /// The code block that is open, and lines of one that turned out not to be closed.
    fence: Option<Fence>,
    again: VecDeque<Held>,
    /// How many of these open no block.
    plain: usize,
    /// Sections from one on that is waited for: the last is being read, and where another's
    /// heading names no question, that of the question may be to come.
    open: Vec<Section>,
    /// What is read and not handed out.
    ready: VecDeque<Item>,
    ended: bool,
    /// Sections met.
    count: u64,
}

/// A question of the sheet with what was written below it so far.
struct Section {
    line: u64,
    /// The line itself, with what of its heading stands before.
    title: String,
    heading: Heading,
    text: String,
    /// Why it cannot be graded.
    fault: Option<String>,
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
        Ok(Self::new(text.window, text.name, text.found, options.wordings.clone()))
    }

    pub(super) fn new(window: Window, name: String, found: Found, wordings: Wordings) -> Self {
        Self {
            lines: Lines::new(window),
            name,
            candidate: None,
            found,
            headings: Headings::default(),
            wordings,
            list: None,
            fence: None,
            again: VecDeque::new(),
            plain: 0,
            open: Vec::new(),
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
                self.reopen(fence);
            } else {
                self.fence = Some(fence);
            }
        }
    }

    /// Reads the lines of a block that is not closed once more, as lines that open none.
    fn reopen(&mut self, fence: Fence) {
        self.plain = fence.lines.len();
        fence.lines.into_iter().rev().for_each(|line| self.again.push_front(line));
    }

    /// Takes a line that may be a heading.
    fn line(&mut self, line: &Held) {
        if let Ok(text) = &line.text
            && !self.lists(line.number, text)
            && let Some(heading) = self.headings.read(text)
        {
            self.count += 1;
            self.section(Section::new(line.number, text.clone(), heading));
            return;
        }
        self.text(line);
    }

    /// Begins a section.
    fn section(&mut self, mut section: Section) {
        let same = |open: &Section| open.is_doubtful() && open.heading.slot == section.heading.slot;
        if let Some(at) = self.open.iter().position(same) {
            self.no_heading(at, &mut section);
        }
        let held: usize = self.open.iter().map(|open| open.title.len() + open.text.len()).sum();
        let settled = !self.open.iter().chain([&section]).any(Section::is_doubtful);
        if settled || held > MAX_HELD {
            self.hand_out();
        }
        self.open.push(section);
    }

    /// What looked like the heading of a question is none, since there is a better one:
    /// it is part of the answer before it, or else the beginning of the other.
    fn no_heading(&mut self, at: usize, other: &mut Section) {
        let doubtful = self.open.remove(at);
        let nameless = matches!(doubtful.heading.mark, Mark::Malformed(_));
        let in_two_lines = nameless && at == self.open.len() && doubtful.text.trim().is_empty();
        match at.checked_sub(1).filter(|_| !in_two_lines) {
            Some(before) => self.open[before].join(doubtful),
            None => other.begin_with(&doubtful),
        }
    }

    fn hand_out(&mut self) {
        for section in std::mem::take(&mut self.open) {
            let item = self.item(section);
            self.ready.push_back(item);
        }
    }

    /// Takes a line that is none.
    fn text(&mut self, line: &Held) {
        match (self.open.last_mut(), &line.text) {
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
            _ if !self.open.is_empty() => None,
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
        self.hand_out();
        let Some((line, _)) = self.list else {
            if self.count == 0 {
                let reason = "no heading names a question: is this an answer sheet?";
                self.ready.push_back(Item::Bad(BadRow::new(1, None, reason)));
            }
            return;
        };
        let missing = self.headings.missing().map(|(slot, id)| {
            let reason = format!(
                "the sheet lists {id}, but no heading names it, so its answer would count as part \
                 of another: write ## Question {}: `{id}` above it",
                slot + 1
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

    fn item(&self, section: Section) -> Item {
        let Section { line, heading, text, fault, .. } = section;
        let question = match heading.mark {
            Mark::Question(question) => question,
            Mark::Malformed(reason) => {
                let meant = heading.slot.and_then(|slot| self.headings.id_of(slot));
                let reason = match (reason, meant) {
                    (None, _) => format!(
                        "it looks like the heading of a question and names none: write ## Question \
                         {}: `{}`, or put it into a code block if it is part of the answer",
                        heading.slot.map(|slot| slot + 1).or(heading.number).unwrap_or(1),
                        meant.unwrap_or("topic/slug")
                    ),
                    (Some(reason), None) => reason,
                    (Some(reason), Some(id)) => format!("{reason}; by its place it is {id}"),
                };
                return self.bad(line, meant.map(|id| self.id_of(id)), reason);
            }
        };
        let id = self.id_of(&question);
        if let Some(fault) = fault {
            return self.bad(line, Some(id), fault);
        }
        let answer = self.wordings.answer(&question, &heading.behind, &text);
        row::placed(line, id, self.candidate().to_owned(), Ask::Question(question), answer)
            .map_or_else(Item::Bad, Item::Row)
    }
}

impl Section {
    fn new(line: u64, title: String, heading: Heading) -> Self {
        Self { line, title, heading, text: String::new(), fault: None }
    }

    /// Whether the question may have another heading.
    fn is_doubtful(&self) -> bool {
        !self.heading.sure && self.heading.slot.is_some()
    }

    fn push(&mut self, number: u64, line: &str) {
        // What underlines a heading in the other form that Markdown has.
        if number == self.line + 1 && is_underline(line) {
            return;
        }
        if self.text.len() + line.len() > MAX_ANSWER_BYTES + QUESTION_BYTES {
            self.fault.get_or_insert(too_long());
            self.text.clear();
            return;
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Takes in what follows and was no heading.
    fn join(&mut self, next: Self) {
        self.fault = self.fault.take().or(next.fault);
        self.push(next.line, &next.title);
        self.push(next.line, &next.text);
    }

    /// Takes in what stands before and has no answer to be part of.
    fn begin_with(&mut self, doubtful: &Self) {
        self.title = format!("{}\n{}{}", doubtful.title, doubtful.text, self.title);
        self.fault = self.fault.take().or_else(|| doubtful.fault.clone());
        let behind = &mut self.heading.behind;
        *behind = format!("{}\n{}{behind}", doubtful.heading.behind, doubtful.text);
    }
}

fn too_long() -> String {
    format!("the answer is over {MAX_ANSWER_BYTES} bytes long, the most that is graded")
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
