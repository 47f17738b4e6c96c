//! The circuit breaker: ends a run in which hardly any answer can be graded.
//!
//! It looks at the last answers that were put to the endpoint. Answers settled
//! by the gate say nothing about it and are not shown to it.

use std::collections::VecDeque;

/// Why a run is hopeless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hopeless {
    /// So many answers in a row got no reply.
    Silent(usize),
    /// So many of the last answers failed or stayed ungraded.
    Ungraded(usize),
}

/// Sees how answers end and says when to stop.
#[derive(Debug)]
pub struct Breaker {
    recent: VecDeque<bool>,
    failures: usize,
    in_a_row: usize,
}

impl Breaker {
    /// How many of the last answers are looked at.
    pub const LAST: usize = 100;
    /// Share of them, in percent, that may fail or stay ungraded.
    pub const SHARE: usize = 90;
    /// Calls in a row that may bring nothing at all.
    pub const IN_A_ROW: usize = 25;

    /// Notes that the endpoint gave nothing for an answer; the reason to stop, if it is one too
    /// many.
    pub(super) fn failed(&mut self) -> Option<Hopeless> {
        self.in_a_row += 1;
        let share = self.note(false);
        if self.in_a_row >= Self::IN_A_ROW { Some(Hopeless::Silent(self.in_a_row)) } else { share }
    }

    /// Notes that the endpoint replied, and whether the answer has a score now.
    pub(super) fn replied(&mut self, scored: bool) -> Option<Hopeless> {
        self.in_a_row = 0;
        self.note(scored)
    }

    fn note(&mut self, scored: bool) -> Option<Hopeless> {
        self.recent.push_back(scored);
        self.failures += usize::from(!scored);
        if self.recent.len() > Self::LAST {
            self.failures -= usize::from(self.recent.pop_front() == Some(false));
        }
        let (failures, all) = (self.failures, self.recent.len());
        let hopeless = !scored && all == Self::LAST && failures * 100 >= all * Self::SHARE;
        hopeless.then_some(Hopeless::Ungraded(failures))
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self { recent: VecDeque::with_capacity(Self::LAST + 1), failures: 0, in_a_row: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_on_silence_and_on_nine_tenths_ungraded_and_never_on_half() {
        let mut breaker = Breaker::default();
        let silent = (1..1000).find(|_| breaker.failed().is_some());
        assert_eq!(silent, Some(Breaker::IN_A_ROW));
        let mut breaker = Breaker::default();
        let ungraded = (1..1000).find(|n| breaker.replied(n % 10 == 0).is_some());
        // The hundredth has a score: the next is one too many.
        assert_eq!(ungraded, Some(Breaker::LAST + 1));
        let mut breaker = Breaker::default();
        assert!((0..10_000).all(|n| breaker.replied(n % 2 == 0).is_none()));
    }
}
