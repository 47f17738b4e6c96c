//! What a request holds while it is in flight: a place among others, and its budget.
//!
//! Given back by what came of it; whatever is dropped without a word was lost,
//! and keeps its reservation.

use std::time::Duration;

use super::budget::Reservation;
use super::error::{Class, Fault, Kind};
use super::limit::{Refusal, Slot, Window};
use super::wire::Usage;

/// What a request holds while it is in flight.
pub(super) struct Place<'a> {
    pub(super) slot: Option<Slot<'a>>,
    pub(super) reservation: Option<Reservation<'a>>,
}

impl Place<'_> {
    /// No response came; a request that was never sent costs nothing.
    pub(super) fn broken(self, was_sent: bool) {
        if let (false, Some(reservation)) = (was_sent, self.reservation) {
            reservation.settle(Usage::default());
        }
    }

    /// A response came, with what it cost where that is known, and the fault if it is one.
    pub(super) fn over(
        self,
        now: Duration,
        window: Window,
        usage: Option<Usage>,
        fault: Option<&Fault>,
    ) {
        if let (Some(usage), Some(reservation)) = (usage, self.reservation) {
            reservation.settle(usage);
        }
        let Some(slot) = self.slot else { return };
        if !window.is_empty() {
            slot.learn(now, window);
        }
        match fault {
            Some(fault) if fault.kind == Kind::RateLimited => {
                slot.refused(now, Refusal::of(&fault.message, fault.retry_after));
            }
            // Trouble of the server's own says nothing about limits.
            Some(fault) if matches!(fault.class, Class::Retryable | Class::RunFatal { .. }) => {}
            _ => slot.succeeded(now, usage.unwrap_or_default()),
        }
    }
}
