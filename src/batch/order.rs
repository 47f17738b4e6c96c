//! Puts finished rows back into the order in which they were read.
//!
//! Rows are numbered from 0. A row goes out when all before it have; in no order
//! it goes out at once. Outcomes stay here as long as an equal row that was read
//! at most a window later can still ask for them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::outcome::Outcome;
use super::resolve::{Key, Ready};
use super::window::Window;

/// A row that is through.
#[derive(Debug)]
pub(super) struct Through {
    /// Its line; none when the run was stopped before it could be graded.
    pub(super) line: Option<Vec<u8>>,
    /// Its size in the window.
    pub(super) bytes: usize,
}

/// Rows that wait for others, by number.
#[derive(Debug, Default)]
pub(super) struct Order {
    ordered: bool,
    /// Number of the first row that is not through.
    next: u64,
    /// Rows from `next` on: waiting to go out, or out already.
    #[expect(clippy::option_option, reason = "not through yet, or through and out already")]
    waiting: VecDeque<Option<Option<Through>>>,
    /// Rows among them that wait to go out.
    held: usize,
    outcomes: HashMap<Key, (u64, Arc<Outcome>)>,
    kept: VecDeque<(u64, Key)>,
    followers: HashMap<Key, Vec<(u64, Ready)>>,
    /// Keys that will have no outcome, since the run ends.
    given_up: HashSet<Key>,
}

/// What a row that equals another one can expect.
#[derive(Debug)]
pub(super) enum Follow {
    /// The outcome is there.
    Outcome(Box<Ready>, Arc<Outcome>),
    /// There will be one.
    Later,
    /// There will be none.
    Never,
}

impl Order {
    pub(super) fn new(ordered: bool) -> Self {
        Self { ordered, ..Self::default() }
    }

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
        if self.ordered {
            self.waiting[place] = Some(Some(row));
            self.held += 1;
        } else {
            self.waiting[place] = Some(None);
            out(row)?;
        }
        while let Some(Some(_)) = self.waiting.front() {
            if let Some(Some(Some(row))) = self.waiting.pop_front() {
                self.held -= 1;
                out(row)?;
            }
            self.next += 1;
        }
        self.forget();
        Ok(())
    }

    /// Everything that still waits, past the gaps, when nothing more will come.
    pub(super) fn rest(self) -> impl Iterator<Item = Through> {
        self.waiting.into_iter().flatten().flatten()
    }

    /// Keeps an outcome for equal rows, and returns those that wait for it.
    pub(super) fn settle(
        &mut self,
        number: u64,
        key: Key,
        outcome: Arc<Outcome>,
    ) -> Vec<(u64, Ready)> {
        // Of two equal rows the later one is who others follow, whichever ends first.
        if self.outcomes.get(&key).is_none_or(|(owner, _)| *owner < number) {
            self.outcomes.insert(key, (number, outcome));
        }
        self.kept.push_back((number, key));
        self.followers.remove(&key).unwrap_or_default()
    }

    /// The outcome of the row that `ready` equals; keeps `ready` until there is one.
    pub(super) fn follow(&mut self, number: u64, ready: Box<Ready>) -> Follow {
        match self.outcomes.get(&ready.key) {
            Some((_, outcome)) => Follow::Outcome(ready, Arc::clone(outcome)),
            None if self.given_up.contains(&ready.key) => Follow::Never,
            None => {
                self.followers.entry(ready.key).or_default().push((number, *ready));
                Follow::Later
            }
        }
    }

    /// A row will have no outcome; returns the rows that wait for it.
    pub(super) fn give_up(&mut self, key: Key) -> Vec<(u64, Ready)> {
        self.given_up.insert(key);
        self.followers.remove(&key).unwrap_or_default()
    }

    /// An equal row follows within a window, so older outcomes can go.
    fn forget(&mut self) {
        let reach = Window::ROWS as u64;
        if self.kept.len() <= 2 * Window::ROWS {
            return;
        }
        let (next, outcomes) = (self.next, &mut self.outcomes);
        self.kept.retain(|(number, key)| {
            let recent = number + reach >= next;
            if !recent && outcomes.get(key).is_some_and(|(owner, _)| owner == number) {
                outcomes.remove(key);
            }
            recent
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Out of order a row may end long after an equal one that was read too late to follow it.
    #[test]
    fn an_outcome_stays_for_those_who_follow_the_later_of_two_equal_rows() {
        let mut order = Order::new(false);
        let (twice, later) = (Key(u128::MAX), 2 * Window::ROWS as u64);
        let mut end = |number: u64, key| {
            order.settle(number, key, Arc::new(Outcome::failed("")));
            let row = Through { line: None, bytes: 0 };
            order.through(number, row, &mut |_| Ok(())).unwrap();
        };
        (1..later).for_each(|number| end(number, Key(number.into())));
        end(later, twice);
        end(0, twice);
        end(later + 1, Key(0));
        assert!(order.outcomes.contains_key(&twice));
        assert!(!order.outcomes.contains_key(&Key(1)), "nothing was forgotten");
    }
}
