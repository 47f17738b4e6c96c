//! Lines at the foot of the terminal that tell how far something is.
//!
//! They are drawn anew in place, with room behind the last one, so what a terminal
//! echoes of Ctrl-C stands there and goes with the next drawing. (indicatif, which
//! draws the waiting line of a session, fills its last line to the right edge: the
//! echo wraps and a stale line stays.)
//! Invariant: after [`Foot::end`] nothing of them is left and nothing draws any more.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use super::{columns, width};

/// Columns that stay free behind the last line, for the echo of `^C^C`.
pub const FREE: usize = 4;

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
    /// terminal, the last one by [`FREE`] less.
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
