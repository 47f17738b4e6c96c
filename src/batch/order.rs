//! Puts finished rows back into the order in which they were read.
//!
//! Rows are numbered from 0, and one goes out when all before it have. Only a
//! run that writes in order has one of these. Invariant: each number goes out
//! once, and what waits here is still in the window, which bounds it.

use std::collections::VecDeque;

/// A row that is through.
#[derive(Debug)]
pub(super) struct Through {
    /// Its line; none when the run was stopped before it could be graded.
    pub(super) line: Option<Vec<u8>>,
    /// Its size in the window.
    pub(super) bytes: usize,
}

/// Rows that wait for earlier ones, by number.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Number of the first row that is not through.
    next: u64,
    /// Rows from `next` on, as far as they are through.
    waiting: VecDeque<Option<Through>>,
    /// Rows among them that are.
    held: usize,
}

impl Order {
    /// How many rows that are through the first unfinished one holds back.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// A row is through; `out` gets every row that can go out now.
    pub(super) fn through(
        &mut self,
        number: u64,
        row: Through,
        out: &mut dyn FnMut(Through) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let place = usize::try_from(number - self.next).unwrap_or(usize::MAX);
        while self.waiting.len() <= place {
            self.waiting.push_back(None);
        }
        self.waiting[place] = Some(row);
        self.held += 1;
        while let Some(row) = self.waiting.front_mut().and_then(Option::take) {
            self.waiting.pop_front();
            self.next += 1;
            self.held -= 1;
            out(row)?;
        }
        Ok(())
    }

    /// Everything that still waits, past the gaps, when nothing more will come.
    pub(super) fn rest(self) -> impl Iterator<Item = Through> {
        self.waiting.into_iter().flatten()
    }
}
