//! What requests have cost, as far as servers have reported it.
//!
//! The ledger of an endpoint counts every request that went out, whatever became
//! of the call or the row that it was for. Invariant: a request counts as
//! unreported until its end is known, so one that is dropped in flight stays so.

use std::ops::AddAssign;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::wire::Usage;

/// What requests have cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests sent.
    pub calls: u32,
    /// Of these, the requests that may have cost tokens which nobody reported.
    pub unreported: u32,
    /// Tokens that the server reported.
    pub usage: Usage,
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.unreported += other.unreported;
        self.usage += other.usage;
    }
}

/// All that was ever sent to an endpoint.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Spent>);

impl Ledger {
    fn all(&self) -> MutexGuard<'_, Spent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request goes out.
    pub(crate) fn sent(&self) {
        *self.all() += Spent { calls: 1, unreported: 1, ..Spent::default() };
    }

    /// It has ended; `spent` counts it, and the one that it may have taken before.
    pub(crate) fn ended(&self, spent: Spent) {
        let mut all = self.all();
        *all += spent;
        all.calls -= 1;
        all.unreported -= 1;
    }

    pub(crate) fn spent(&self) -> Spent {
        *self.all()
    }
}
