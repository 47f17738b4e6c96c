//! A hard cap on calls, tokens and cost: reserved before a request, settled after it.
//!
//! A request reserves the most that it can cost: its bytes plus a constant for
//! the prompt (no tokeniser makes more tokens than bytes) and the token limit
//! that it sends for the reply. What the server reports replaces the
//! reservation; a request whose outcome is not known keeps all of it. When a
//! reservation does not fit, its caller waits for others to be settled, so that
//! the cap is used to the end. Invariant: spent plus reserved never exceeds a cap.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::profile::Price;
use super::wire::Usage;

/// Caps that the user set; none where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Caps {
    /// Requests.
    pub calls: Option<u64>,
    /// Tokens, prompt and reply together.
    pub tokens: Option<u64>,
    /// Cost in the profile's currency.
    pub cost: Option<f64>,
}

impl Caps {
    /// Whether so many tokens and so much cost, in all, stay within the caps.
    pub fn allow(&self, tokens: u64, cost: f64) -> bool {
        self.tokens.is_none_or(|cap| tokens <= cap) && self.cost.is_none_or(|cap| cost <= cap)
    }
}

/// Tokens that a server may add to a prompt around the messages.
const OVERHEAD: u64 = 200;

/// The most that a request of so many bytes can take, with at most so many tokens of reply.
pub fn most_of(bytes: u64, reply: u32) -> Usage {
    Usage { input: bytes + OVERHEAD, cached: 0, output: u64::from(reply) }
}

/// What has been spent of the caps.
#[derive(Debug)]
pub(crate) struct Budget {
    caps: Caps,
    price: Price,
    account: Mutex<Account>,
    settled: Notify,
}

#[derive(Debug, Clone, Copy, Default)]
struct Account {
    calls: u64,
    /// Spent and reserved together.
    tokens: u64,
    cost: f64,
    /// Reservations that are not settled.
    open: u32,
    /// Requests that keep their reservation for good.
    unknown: u32,
}

/// The most that a request can cost, taken out of the budget.
#[derive(Debug)]
pub(crate) struct Reservation<'a> {
    budget: &'a Budget,
    tokens: u64,
    cost: f64,
    settled: bool,
}

impl Budget {
    /// A budget; none when nothing is capped.
    pub(crate) fn new(caps: Caps, price: Price) -> Option<Self> {
        let account = Mutex::default();
        (caps != Caps::default()).then(|| Self { caps, price, account, settled: Notify::new() })
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves for a request of so many bytes and at most so many tokens of reply.
    ///
    /// # Errors
    /// What is spent, when it does not fit and nothing under way could make room.
    pub(crate) async fn reserve(
        &self,
        bytes: usize,
        reply: u32,
    ) -> Result<Reservation<'_>, String> {
        let most = most_of(bytes as u64, reply);
        let (tokens, cost) = (most.input + most.output, self.price.of(most));
        loop {
            let mut settled = std::pin::pin!(self.settled.notified());
            settled.as_mut().enable();
            match self.take(tokens, cost) {
                Ok(()) => return Ok(Reservation { budget: self, tokens, cost, settled: false }),
                Err(Some(spent)) => return Err(spent),
                Err(None) => settled.await,
            }
        }
    }

    /// Takes if it fits; `Err(None)` when it may fit later.
    fn take(&self, tokens: u64, cost: f64) -> Result<(), Option<String>> {
        let mut account = self.account();
        let calls = self.caps.calls.filter(|cap| account.calls >= *cap);
        if let Some(cap) = calls {
            return Err(Some(format!("{cap} calls are made")));
        }
        if !self.caps.allow(account.tokens + tokens, account.cost + cost) {
            return Err((account.open == 0).then(|| self.spent(&account, tokens, cost)));
        }
        account.calls += 1;
        account.tokens += tokens;
        account.cost += cost;
        account.open += 1;
        Ok(())
    }

    /// What is spent, and why the next request of at most this much does not fit.
    fn spent(&self, account: &Account, tokens: u64, cost: f64) -> String {
        let mut parts = Vec::new();
        if let Some(cap) = self.caps.tokens {
            let spent = account.tokens;
            parts.push(format!("{spent} of {cap} tokens; the next call may take {tokens}"));
        }
        if let Some(cap) = self.caps.cost {
            let spent = account.cost;
            parts.push(format!("{spent:.4} of {cap}; the next call may cost {cost:.4}"));
        }
        if account.unknown > 0 {
            let calls = account.unknown;
            parts
                .push(format!("{calls} calls whose cost nobody told count as dear as they may be"));
        }
        parts.join("; ")
    }
}

impl Reservation<'_> {
    /// The request was lost and is to be sent once more: reserves the same again, if it fits.
    pub(crate) fn again(&self) -> bool {
        let taken = self.budget.take(self.tokens, self.cost).is_ok();
        if taken {
            // The lost one is spent; nobody will settle it.
            let mut account = self.budget.account();
            account.open -= 1;
            account.unknown += 1;
        }
        taken
    }

    /// The server reported what the request has cost, even where that is more than it may.
    pub(crate) fn settle(mut self, usage: Usage) {
        self.settled = true;
        let mut account = self.budget.account();
        account.tokens = account.tokens + usage.input + usage.output - self.tokens;
        account.cost += self.budget.price.of(usage) - self.cost;
    }
}

/// Whatever was not settled stays spent.
impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut account = self.budget.account();
        account.open -= 1;
        account.unknown += u32::from(!self.settled);
        drop(account);
        self.budget.settled.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price() -> Price {
        Price { input: 1.0, cached_input: 0.1, output: 4.0, batch_factor: 0.5 }
    }

    fn usage(input: u64, output: u64) -> Usage {
        Usage { input, cached: 0, output }
    }

    #[tokio::test]
    async fn an_unknown_outcome_keeps_its_reservation_and_a_known_one_gives_back() {
        let caps = Caps { tokens: Some(1000), ..Caps::default() };
        let budget = Budget::new(caps, price()).unwrap();
        let first = budget.reserve(100, 100).await.unwrap();
        first.settle(usage(50, 50));
        assert_eq!(budget.account().tokens, 100);
        drop(budget.reserve(100, 400).await.unwrap());
        assert_eq!(budget.account().tokens, 800);
        let spent = budget.reserve(100, 100).await.unwrap_err();
        assert!(spent.starts_with("800 of 1000 tokens; the next"), "{spent}");
        assert!(spent.contains("1 calls whose cost"), "{spent}");
    }

    #[tokio::test]
    async fn a_server_that_takes_more_than_it_may_is_believed() {
        let caps = Caps { tokens: Some(1000), ..Caps::default() };
        let budget = Budget::new(caps, price()).unwrap();
        budget.reserve(100, 100).await.unwrap().settle(usage(100, 900));
        let spent = budget.reserve(0, 1).await.unwrap_err();
        assert!(spent.starts_with("1000 of 1000 tokens"), "{spent}");
    }

    #[tokio::test]
    async fn who_does_not_fit_waits_for_others_to_be_settled() {
        let caps = Caps { cost: Some(0.001), ..Caps::default() };
        let budget = Budget::new(caps, price()).unwrap();
        let first = budget.reserve(0, 150).await.unwrap();
        let second = budget.reserve(0, 150);
        tokio::pin!(second);
        tokio::select! {
            biased;
            _ = &mut second => panic!("it does not fit yet"),
            () = tokio::task::yield_now() => {}
        }
        first.settle(usage(10, 10));
        second.await.unwrap();
    }

    #[tokio::test]
    async fn a_lost_request_is_sent_again_only_when_both_fit() {
        let caps = Caps { calls: Some(2), ..Caps::default() };
        let budget = Budget::new(caps, Price::default()).unwrap();
        let first = budget.reserve(10, 10).await.unwrap();
        assert!(first.again());
        assert!(!first.again());
        drop(first);
        assert_eq!(budget.reserve(1, 1).await.unwrap_err(), "2 calls are made");
        assert_eq!(budget.account().open, 0);
    }
}
