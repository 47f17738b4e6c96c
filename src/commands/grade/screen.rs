//! Results as a table on the terminal, row by row as they come.
//!
//! Keeps no row. What has no score is called not graded, with the reason below.

use std::io;

use super::progress::Progress;
use crate::batch::Output;
use crate::domain::ResultLine;
use crate::report;
use crate::term::{Paint, Terminal, Unwritten};

/// Bytes of rows that are shown at once.
const BUFFER: usize = 1 << 13;

/// Shows lines as rows of a table.
pub(super) struct Screen<'a> {
    terminal: &'a Terminal,
    progress: &'a Progress,
    /// Rows that are not shown yet.
    rows: String,
    begun: bool,
    /// The reason that was shown last.
    why: Vec<String>,
}

impl<'a> Screen<'a> {
    pub(super) fn new(terminal: &'a Terminal, progress: &'a Progress) -> Self {
        Self { terminal, progress, rows: String::new(), begun: false, why: Vec::new() }
    }
}

impl Output for Screen<'_> {
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            let head = report::score_head(self.terminal);
            self.rows.push_str(&self.terminal.paint(Paint::Bold, &head, true));
        }
        let result: ResultLine = serde_json::from_slice(line)?;
        let mut rows = report::score_row(self.terminal, result);
        let why = rows.split_off(1);
        // The answers of a row that is bad as a whole say the same, once.
        let told = why == self.why;
        self.why.clone_from(&why);
        for row in rows.into_iter().chain(why.into_iter().filter(|_| !told)) {
            self.rows.push('\n');
            self.rows.push_str(&row);
        }
        if self.rows.len() >= BUFFER { self.pause() } else { Ok(()) }
    }

    fn pause(&mut self) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        let table = rows.trim_start_matches('\n');
        self.progress.aside(|| self.terminal.result(table).map_err(|Unwritten(error)| error))
    }
}
