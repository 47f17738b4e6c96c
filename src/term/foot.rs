//! Lines at the foot of the terminal that tell how far something is.
//!
//! They are drawn anew in place, with room behind the last one, so what a terminal
//! echoes of Ctrl-C stands there and goes with the next drawing. (indicatif, which
//! draws the waiting line of a session, fills its last line to the right edge: the
//! echo wraps and a stale line stays.)
//! Invariant: after [`Foot::end`] nothing of them is left and nothing draws any more.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use super::{clip, columns, width};

/// Columns that stay free behind the last line, for the echo of `^C^C`.
const FREE: usize = 4;

/// Lines on stderr, which is a terminal.
#[derive(Debug, Default)]
pub struct Foot(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    lines: Vec<String>,
    ended: bool,
}

impl Foot {
    /// Shows these lines in place of those that are there; none may be wider than the
    /// terminal, the last one by the columns that an echoed `^C^C` takes less.
    pub fn draw(&self, lines: Vec<String>) {
        self.change(|state| {
            if state.ended {
                return;
            }
            let erase = state.erase();
            state.lines = lines;
            put(&(erase + &state.text()));
        });
    }

    /// Writes something else to the terminal, above the lines.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.change(|state| {
            put(&state.erase());
            let written = write();
            put(&state.text());
            written
        })
    }

    /// Takes the lines away for good.
    pub fn end(&self) {
        self.change(|state| {
            put(&state.erase());
            *state = State { lines: Vec::new(), ended: true };
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// What brings the cursor to where the lines begin and clears all from there on; a
    /// terminal that has become narrower shows a line as several.
    fn erase(&self) -> String {
        if self.lines.is_empty() {
            return String::new();
        }
        let columns = columns().unwrap_or(80).max(1);
        let rows: usize = self.lines.iter().map(|line| width(line).div_ceil(columns).max(1)).sum();
        format!("\r{}\x1b[J", "\x1b[A".repeat(rows - 1))
    }
}

fn put(text: &str) {
    if text.is_empty() {
        return;
    }
    let mut err = io::stderr().lock();
    // A terminal that is gone leaves nobody to tell.
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// The parts in lines that fit, none of them cut where it can stand on a line of its own.
pub fn fitting(mark: &str, parts: &[String], columns: usize) -> Vec<String> {
    let room = columns.saturating_sub(FREE).max(10);
    let (mut lines, mut line) = (Vec::new(), format!("{mark} "));
    for (index, part) in parts.iter().enumerate() {
        if index == 0 {
            line.push_str(part);
        } else if width(&line) + 3 + width(part) <= room {
            line.push_str(" · ");
            line.push_str(part);
        } else {
            lines.push(std::mem::replace(&mut line, format!("  {part}")));
        }
    }
    lines.push(line);
    lines.iter().map(|line| clip(line, room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_fits_the_terminal_and_leaves_nothing_out() {
        let parts: Vec<String> = [
            "123456/1000000",
            "还需 12 分钟",
            "99999 graded",
            "12 ungraded",
            "0 failed",
            "在途 64，上限 64",
            "12.3 份/秒",
            "1.2M token",
            "cost 12.3456",
        ]
        .map(str::to_owned)
        .into();
        for columns in [30, 40, 80, 200] {
            let lines = fitting("|", &parts, columns);
            assert!(lines.iter().all(|line| width(line) + FREE <= columns), "{lines:#?}");
            let all = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" · ");
            assert_eq!(all, format!("| {}", parts.join(" · ")));
        }
        assert_eq!(fitting("|", &parts, 80).len(), 2);
        assert_eq!(fitting("|", &parts, 200).len(), 1);
    }
}
