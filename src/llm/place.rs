//! What a request holds while it is in flight, and where it waits for that: a
//! place among others, and its budget.
//!
//! A place is given back by what came of its request; whatever is dropped without
//! a word was lost, and keeps its reservation. Nothing is sent here. Invariant:
//! once it is closed, nobody passes and nobody goes on waiting.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::budget::{Budget, Reservation};
use super::call::{Call, in_words};
use super::clock::Clock;
use super::error::{Class, Fault, Kind};
use super::gate::Gate;
use super::http::Broken;
use super::limit::{Limiter, Pressure, Refusal, Slot, Window};
use super::wire::Usage;

/// Bytes of a request that make about one token, for limits of tokens a minute.
const BYTES_PER_TOKEN: u64 = 4;

/// Where requests wait until they may be sent.
pub(super) struct Entrance {
    clock: Arc<dyn Clock>,
    gate: Gate,
    /// For many calls at once; a single caller needs none.
    limiter: Option<Limiter>,
    budget: Option<Budget>,
    closed: watch::Sender<bool>,
}

impl Entrance {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let closed = watch::Sender::new(false);
        Self { clock, gate: Gate::default(), limiter: None, budget: None, closed }
    }

    pub(super) fn limit(&mut self, limiter: Limiter, budget: Option<Budget>) {
        (self.limiter, self.budget) = (Some(limiter), budget);
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limiter.is_some()
    }

    pub(super) fn pressure(&self) -> Pressure {
        self.limiter.as_ref().map(Limiter::pressure).unwrap_or_default()
    }

    /// Nobody passes any more.
    pub(super) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Everybody waits for so long.
    pub(super) fn shut(&self, span: Duration) {
        self.gate.close(self.clock.elapsed(), span);
    }

    /// Waits for a place among the requests in flight and takes what the request may cost out
    /// of the budget, where there are limits.
    pub(super) async fn place(&self, call: &mut Call, bytes: usize) -> Result<Place<'_>, Fault> {
        self.unless_closed(self.admit(call, bytes)).await
    }

    /// Waits before a request is sent again, and lets the others wait for as long as `gate` says.
    pub(super) async fn wait(&self, span: Duration, gate: Option<Duration>) -> Result<(), Fault> {
        if let Some(span) = gate {
            self.shut(span);
        }
        self.unless_closed(async {
            self.clock.sleep(span).await;
            Ok(())
        })
        .await
    }

    async fn unless_closed<T>(
        &self,
        waiting: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let mut closed = self.closed.subscribe();
        tokio::select! {
            biased;
            // The sender lives as long as `self` does.
            _ = closed.wait_for(|closed| *closed) => {
                let class = Class::RunFatal { resumable: true };
                Err(Fault::new(class, Kind::Stopped, "nothing more is sent"))
            }
            done = waiting => done,
        }
    }

    async fn admit(&self, call: &mut Call, bytes: usize) -> Result<Place<'_>, Fault> {
        let tokens = bytes as u64 / BYTES_PER_TOKEN + u64::from(call.max_tokens);
        let slot = loop {
            self.pass_gate(call).await?;
            let Some(limiter) = &self.limiter else { break None };
            if let Some(slot) = limiter.admit(&*self.clock, &self.gate, tokens).await {
                break Some(slot);
            }
        };
        let Some(budget) = &self.budget else { return Ok(Place { slot, reservation: None }) };
        let class = Class::RunFatal { resumable: true };
        let reserved = budget.reserve(bytes, call.max_tokens).await;
        let reservation = Some(reserved.map_err(|spent| Fault::new(class, Kind::Budget, spent))?);
        Ok(Place { slot, reservation })
    }

    /// Waits while the server has asked everybody to wait.
    async fn pass_gate(&self, call: &mut Call) -> Result<(), Fault> {
        loop {
            let left = self.gate.left(self.clock.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            if left > call.patience {
                let message =
                    format!("the server asked all callers to wait; {} are left", in_words(left));
                return Err(
                    Fault::new(Class::Retryable, Kind::RateLimited, message).with_hint(Some(left))
                );
            }
            call.patience -= left;
            self.clock.sleep(left).await;
        }
    }
}

/// What a request holds while it is in flight.
pub(super) struct Place<'a> {
    pub(super) slot: Option<Slot<'a>>,
    pub(super) reservation: Option<Reservation<'a>>,
}

impl Place<'_> {
    /// No response came; a request that was never sent costs nothing.
    pub(super) fn broken(self, now: Duration, broken: &Broken) {
        if let (false, Some(reservation)) = (broken.was_sent(), self.reservation) {
            reservation.settle(Usage::default());
        }
        if let (Broken::TimedOut(_), Some(slot)) = (broken, self.slot) {
            slot.timed_out(now);
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
