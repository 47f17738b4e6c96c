//! CSV cut into records of bounded length.
//!
//! The csv crate keeps a record of any length and reads a quote that was left
//! open as a cell that runs to the end of the file; here such a row is bad and
//! reading goes on with the line after it. That is safe against cells that hold
//! text like rows: a program that writes CSV closes its quotes, so no cell of a
//! well-formed file is ever read as rows. Otherwise as RFC 4180, with any
//! delimiter, any line end, and quotes inside unquoted cells as they stand.
//! Work is linear in the length of the input.

use std::io;

use super::MAX_ROW_BYTES;
use super::window::Window;

/// Bytes read again after broken rows, for each byte of the input, at most.
const MAX_AGAIN: u64 = 8;

/// The cells of one record, without quotes.
#[derive(Debug, Default)]
pub(super) struct Cells {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.bytes[start..end])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    fn end_cell(&mut self) {
        self.ends.push(self.bytes.len());
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing of the cell was read.
    Start,
    /// In a cell without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// After a quote that ends the cell, unless another one follows.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The record ends here.
    Done,
    /// More bytes are needed.
    More,
    /// A quote stands where none can.
    Broken,
}

/// Cuts bytes into cells; can stop between any two bytes.
struct Cutter {
    delimiter: u8,
    state: State,
    /// Bytes of the record that were read.
    read: usize,
    /// Ends of lines among them.
    lines: u64,
    /// Whether a cell of it stands in quotes.
    quotes: bool,
    /// Whether the cells are kept.
    keep: bool,
}

impl Cutter {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::Start, read: 0, lines: 0, quotes: false, keep: true }
    }

    fn restart(&mut self) {
        *self = Self::new(self.delimiter);
    }

    /// Reads on in `record`, of which `last` says that nothing follows.
    fn cut(&mut self, record: &[u8], last: bool, cells: &mut Cells) -> Step {
        while let Some(&byte) = record.get(self.read) {
            let step = match self.state {
                State::Start if byte == b'"' => {
                    self.quotes = true;
                    self.go(State::Quoted)
                }
                State::Start | State::Plain => self.plain(record, last, cells),
                State::Quoted => self.quoted(record, cells),
                State::Closed => self.closed(record, last, cells),
            };
            if let Some(step) = step {
                return step;
            }
        }
        match (last, self.state) {
            (false, _) => Step::More,
            (true, State::Quoted) => Step::Broken,
            (true, _) => {
                cells.end_cell();
                Step::Done
            }
        }
    }

    fn go(&mut self, state: State) -> Option<Step> {
        self.state = state;
        self.read += 1;
        None
    }

    /// Takes all up to the next delimiter or line end, and that.
    fn plain(&mut self, record: &[u8], last: bool, cells: &mut Cells) -> Option<Step> {
        let rest = &record[self.read..];
        let length = memchr::memchr3(self.delimiter, b'\n', b'\r', rest).unwrap_or(rest.len());
        self.push(&rest[..length], cells);
        self.state = State::Plain;
        self.read += length;
        rest.get(length).and_then(|_| self.after_cell(record, last, cells))
    }

    fn quoted(&mut self, record: &[u8], cells: &mut Cells) -> Option<Step> {
        let rest = &record[self.read..];
        let length = memchr::memchr(b'"', rest).unwrap_or(rest.len());
        self.lines += memchr::memchr_iter(b'\n', &rest[..length]).count() as u64;
        self.push(&rest[..length], cells);
        self.read += length;
        if length < rest.len() { self.go(State::Closed) } else { None }
    }

    fn closed(&mut self, record: &[u8], last: bool, cells: &mut Cells) -> Option<Step> {
        match record[self.read] {
            b'"' => {
                self.push(b"\"", cells);
                self.go(State::Quoted)
            }
            byte if byte == self.delimiter || byte == b'\n' || byte == b'\r' => {
                self.after_cell(record, last, cells)
            }
            // Blanks between a closing quote and the delimiter are no text.
            b' ' | b'\t' => {
                self.read += 1;
                None
            }
            _ => Some(Step::Broken),
        }
    }

    /// At a delimiter or a line end.
    fn after_cell(&mut self, record: &[u8], last: bool, cells: &mut Cells) -> Option<Step> {
        let byte = record[self.read];
        if byte == self.delimiter {
            cells.end_cell();
            return self.go(State::Start);
        }
        let long = byte == b'\r' && record.get(self.read + 1) == Some(&b'\n');
        if byte == b'\r' && record.len() == self.read + 1 && !last {
            return Some(Step::More);
        }
        self.read += if long { 2 } else { 1 };
        self.lines += 1;
        cells.end_cell();
        Some(Step::Done)
    }

    fn push(&mut self, bytes: &[u8], cells: &mut Cells) {
        if self.keep {
            cells.bytes.extend_from_slice(bytes);
        }
    }
}

/// What was read of a record.
pub(super) enum Taken {
    /// Its cells stand in [`Records::cells`].
    Cells,
    /// Why it has none.
    Bad(String),
}

/// The records of a stream.
pub(super) struct Records {
    window: Window,
    cutter: Cutter,
    cells: Cells,
    /// Lines before the current record.
    lines: u64,
    /// 1-based line of the record that was handed out last.
    line: u64,
    /// Bytes consumed, and bytes that were read in vain.
    consumed: u64,
    again: u64,
}

impl Records {
    pub(super) fn new(window: Window, delimiter: u8) -> Self {
        let (cutter, cells) = (Cutter::new(delimiter), Cells::default());
        Self { window, cutter, cells, lines: 0, line: 0, consumed: 0, again: 0 }
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The next record with anything in it: a cell with more than blanks, or in quotes.
    ///
    /// Spreadsheets write rows of empty cells below their data; what stands in quotes was put
    /// there.
    pub(super) fn next_record(&mut self) -> io::Result<Option<Taken>> {
        loop {
            self.line = self.lines + 1;
            self.cells.clear();
            self.cutter.restart();
            match self.cut()? {
                None => return Ok(None),
                Some(Step::Done) => {
                    let blank = !self.cutter.quotes && self.cells.bytes.trim_ascii().is_empty();
                    self.finish();
                    if !blank {
                        return Ok(Some(Taken::Cells));
                    }
                }
                Some(Step::More) => return self.pass_over().map(|why| Some(Taken::Bad(why))),
                Some(Step::Broken) => return self.mend().map(|why| Some(Taken::Bad(why))),
            }
        }
    }

    /// Cuts one record; `More` when it is longer than the limit, `None` at the end.
    fn cut(&mut self) -> io::Result<Option<Step>> {
        let mut ended = false;
        loop {
            let ahead = self.window.ahead();
            if ended && ahead.is_empty() {
                return Ok(None);
            }
            // No more than a row may hold, so that nothing depends on how bytes arrive.
            let record = &ahead[..ahead.len().min(MAX_ROW_BYTES + 1)];
            let last = ended && record.len() == ahead.len();
            match self.cutter.cut(record, last, &mut self.cells) {
                Step::More if record.len() <= MAX_ROW_BYTES => {}
                step => return Ok(Some(step)),
            }
            ended = !self.window.fill()?;
        }
    }

    fn consume(&mut self, count: usize) {
        self.window.advance(count);
        self.consumed += count as u64;
    }

    fn finish(&mut self) {
        self.lines += self.cutter.lines;
        self.consume(self.cutter.read);
    }

    /// Goes to the end of a record that is too long, without keeping it.
    fn pass_over(&mut self) -> io::Result<String> {
        self.cells.clear();
        self.cutter.keep = false;
        let reason = format!("longer than {MAX_ROW_BYTES} bytes, the most that is read");
        let mut last = false;
        loop {
            let step = self.cutter.cut(self.window.ahead(), last, &mut self.cells);
            self.finish();
            self.cutter.read = 0;
            self.cutter.lines = 0;
            self.cells.clear();
            match step {
                Step::More => last = !self.window.fill()?,
                Step::Done => return Ok(reason),
                Step::Broken if last => {
                    return Ok(format!(
                        "a quote is opened here and never closed: nothing after it could be read, \
                         {} lines",
                        self.lines.saturating_sub(self.line)
                    ));
                }
                Step::Broken => {
                    self.pass_line()?;
                    return Ok(format!("{reason}; a quote in it is not closed"));
                }
            }
        }
    }

    /// Goes to the line after the one on which a broken record begins.
    fn mend(&mut self) -> io::Result<String> {
        self.again += self.cutter.read as u64;
        let open = self.cutter.state == State::Quoted;
        let spread = self.cutter.lines > 0;
        if self.again > MAX_AGAIN * self.consumed + MAX_ROW_BYTES as u64 {
            // So many broken rows that reading each of them again would take for ever.
            self.finish();
        }
        self.pass_line()?;
        Ok(if open {
            "a quote is opened here and never closed".to_owned()
        } else if spread {
            "a quote is opened here and not closed before the next one".to_owned()
        } else {
            "text follows a closing quote: a quote inside a cell is written twice".to_owned()
        })
    }

    /// Passes over what is left of a line.
    pub(super) fn pass_line(&mut self) -> io::Result<()> {
        loop {
            let ahead = self.window.ahead();
            match memchr::memchr2(b'\n', b'\r', ahead) {
                // Whether a line feed follows is not known yet.
                Some(at) if ahead[at] == b'\r' && at + 1 == ahead.len() => {
                    if !self.window.fill()? {
                        self.consume(at + 1);
                        return Ok(());
                    }
                }
                Some(at) => {
                    let long = ahead[at..].starts_with(b"\r\n");
                    self.consume(at + 1 + usize::from(long));
                    self.lines += 1;
                    return Ok(());
                }
                None => {
                    self.consume(self.window.ahead().len());
                    if !self.window.fill()? {
                        return Ok(());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read, repeat};

    use super::*;

    fn records(source: impl Read + Send + 'static) -> Records {
        Records::new(Window::new(Box::new(source)), b',')
    }

    #[test]
    fn a_record_without_end_takes_no_more_memory_than_a_row_may() {
        for open in [&b"a,\""[..], b"a,"] {
            let endless = repeat(b'x').take(10 * MAX_ROW_BYTES as u64);
            let mut records = records(open.chain(endless));
            assert!(matches!(records.next_record().unwrap(), Some(Taken::Bad(_))));
            assert!(records.next_record().unwrap().is_none());
            let size = records.window.size() + records.cells.bytes.capacity();
            assert!(size < 4 * MAX_ROW_BYTES + (1 << 18), "{size}");
        }
    }

    #[test]
    fn work_is_linear_however_many_quotes_are_left_open() {
        // Each record opens a quote that every later one keeps open.
        let text = "a,\"\"\"\n".repeat(100_000);
        let length = text.len() as u64;
        let mut records = records(Cursor::new(text));
        let mut count = 0;
        while records.next_record().unwrap().is_some() {
            count += 1;
        }
        assert!(count > 0 && records.consumed == length);
        assert!(records.again <= (MAX_AGAIN + 2) * length + 2 * MAX_ROW_BYTES as u64);
    }
}
