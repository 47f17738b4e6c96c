//! How far a budget goes, by what is foreseen of each call.
//!
//! Reckons as the endpoint does: a call is made when the most that it can take
//! still fits, and then costs what it is estimated at. When one does not fit the
//! run ends. Kept three times, for the fewest, the likely and the most tokens;
//! retries and repeated questions are left out.

use std::collections::VecDeque;

use super::plan::AHEAD;
use crate::grader::Foreseen;
use crate::llm::{Caps, Price, Usage, most_of};

/// What a call is estimated at: fewest, likely and most tokens.
pub(super) fn tokens(foreseen: Foreseen) -> [Usage; 3] {
    let (bytes, most) = (foreseen.bytes, u64::from(foreseen.most_output));
    [(bytes / 6, most / 8), (bytes / 4, most / 3), (bytes / 2, most)].map(|(input, output)| Usage {
        input,
        cached: 0,
        output,
    })
}

/// Calls that are paid for as they come.
#[derive(Debug)]
pub(super) struct Purse {
    caps: Caps,
    price: Price,
    accounts: [Account; 3],
    /// Answers that wait while the references of those behind them get their points.
    ahead: VecDeque<Foreseen>,
}

/// What has been paid at one estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Account {
    /// Answers that were paid for, of those that need a call.
    pub answers: u64,
    /// Calls; those for drafts included.
    pub calls: u64,
    /// Tokens of prompts and replies.
    pub tokens: u64,
    cost: f64,
    is_spent: bool,
}

impl Purse {
    pub(super) fn new(caps: Caps, price: Price) -> Self {
        Self { caps, price, accounts: Default::default(), ahead: VecDeque::new() }
    }

    /// An answer will take this much.
    pub(super) fn answer(&mut self, foreseen: Foreseen) {
        self.ahead.push_back(foreseen);
        if self.ahead.len() > AHEAD {
            self.next();
        }
    }

    /// The draft of a reference will take this much.
    pub(super) fn draft(&mut self, foreseen: Foreseen) {
        self.pay(foreseen);
    }

    /// What was paid in all: at the fewest, the likely and the most tokens.
    pub(super) fn close(mut self) -> [Account; 3] {
        while !self.ahead.is_empty() {
            self.next();
        }
        self.accounts
    }

    fn next(&mut self) {
        let Some(foreseen) = self.ahead.pop_front() else { return };
        self.pay(foreseen);
        for account in &mut self.accounts {
            account.answers += u64::from(!account.is_spent);
        }
    }

    fn pay(&mut self, foreseen: Foreseen) {
        let most = most_of(foreseen.bytes, foreseen.most_output);
        for (account, usage) in self.accounts.iter_mut().zip(tokens(foreseen)) {
            for _ in 0..foreseen.calls {
                account.pay(self.caps, self.price, most, usage);
            }
        }
    }
}

impl Account {
    fn pay(&mut self, caps: Caps, price: Price, most: Usage, usage: Usage) {
        let fits = caps.calls.is_none_or(|cap| self.calls < cap)
            && caps.allow(self.tokens + most.input + most.output, self.cost + price.of(most));
        self.is_spent |= !fits;
        if !self.is_spent {
            self.calls += 1;
            self.tokens += usage.input + usage.output;
            self.cost += price.of(usage);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Foreseen = Foreseen { calls: 1, bytes: 1200, most_output: 600 };

    /// Answers that are reached of a hundred, each to a reference of its own where they are bare.
    fn reached(caps: Caps, bare: bool) -> [u64; 3] {
        let price = Price { input: 1.0, output: 4.0, ..Price::default() };
        let mut purse = Purse::new(caps, price);
        for _ in 0..100 {
            if bare {
                purse.draft(CALL);
            }
            purse.answer(CALL);
        }
        purse.close().map(|account| account.answers)
    }

    #[test]
    fn a_call_is_made_when_the_most_that_it_can_take_fits() {
        assert_eq!(reached(Caps::default(), true), [100; 3]);
        assert_eq!(reached(Caps { calls: Some(10), ..Caps::default() }, false), [10; 3]);
        // It takes 275, 500 or 1,200 tokens and reserves 2,000.
        let tokens = |cap| reached(Caps { tokens: Some(cap), ..Caps::default() }, false);
        assert_eq!(tokens(1999), [0; 3]);
        assert_eq!(tokens(2000), [1; 3]);
        assert_eq!(tokens(7000), [19, 11, 5]);
        let cost = reached(Caps { cost: Some(0.012), ..Caps::default() }, false);
        assert_eq!(cost, [17, 8, 3]);
    }

    #[test]
    fn references_that_are_read_ahead_get_their_points_before_answers() {
        let calls = |cap| reached(Caps { calls: Some(cap), ..Caps::default() }, true)[0];
        assert_eq!(calls(20), 0);
        assert_eq!(calls(AHEAD as u64 + 2), 1);
        assert_eq!(calls(150), 59);
    }
}
