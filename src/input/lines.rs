//! A stream cut into numbered lines of bounded length.
//!
//! A line longer than [`MAX_ROW_BYTES`] is passed over and reported, never held.

use std::io;

use super::MAX_ROW_BYTES;
use super::window::Window;

/// One line.
pub(super) struct Line<'a> {
    /// 1-based.
    pub(super) number: u64,
    /// Without its end; `None` when it is too long.
    pub(super) text: Option<&'a [u8]>,
}

pub(super) struct Lines {
    window: Window,
    /// Length of the line that was handed out last, with its end.
    taken: usize,
    number: u64,
}

impl Lines {
    pub(super) fn new(window: Window) -> Self {
        Self { window, taken: 0, number: 0 }
    }

    pub(super) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.window.advance(std::mem::take(&mut self.taken));
        let Some(length) = self.find_end()? else { return Ok(None) };
        self.number += 1;
        if length > MAX_ROW_BYTES {
            self.pass_over()?;
            return Ok(Some(Line { number: self.number, text: None }));
        }
        self.taken = length;
        let line = &self.window.ahead()[..length];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let text = Some(line.strip_suffix(b"\r").unwrap_or(line));
        Ok(Some(Line { number: self.number, text }))
    }

    /// Length of the next line with its end, or more than the limit when it is longer.
    fn find_end(&mut self) -> io::Result<Option<usize>> {
        let mut seen = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.window.ahead()[seen..]) {
                return Ok(Some(seen + at + 1));
            }
            seen = self.window.ahead().len();
            if seen > MAX_ROW_BYTES || !self.window.fill()? {
                return Ok((seen > 0).then_some(seen));
            }
        }
    }

    fn pass_over(&mut self) -> io::Result<()> {
        loop {
            if let Some(at) = memchr::memchr(b'\n', self.window.ahead()) {
                self.window.advance(at + 1);
                return Ok(());
            }
            self.window.advance(self.window.ahead().len());
            if !self.window.fill()? {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, repeat};

    use super::*;

    #[test]
    fn a_line_without_end_takes_no_more_memory_than_a_row_may() {
        let endless = repeat(b'x').take(10 * MAX_ROW_BYTES as u64);
        let mut lines = Lines::new(Window::new(Box::new(endless.chain(&b"\nlast"[..]))));
        let first = lines.next_line().unwrap().unwrap();
        assert!(first.text.is_none());
        let last = lines.next_line().unwrap().unwrap();
        assert_eq!((last.number, last.text), (2, Some(&b"last"[..])));
        assert!(lines.next_line().unwrap().is_none());
        assert!(lines.window.size() < 2 * MAX_ROW_BYTES + (1 << 18), "{}", lines.window.size());
    }
}
