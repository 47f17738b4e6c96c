//! How many requests may be in flight, and how fast they may follow each other.
//!
//! Starts small and doubles per clean round; after a refusal it keeps just below
//! the number in flight that was refused and feels upwards ever more rarely
//! (additive increase, multiplicative decrease on repeated refusals). A server
//! that queues refuses nobody: growth by half that does not bring a sixth more
//! replies per second is taken back, and a timeout counts as a refusal while
//! others succeed. Refusals that fewer in flight do not end are a limit per
//! minute: then one request at a time feels for its end, and from then on
//! requests are spaced by what the server really let through between two such
//! ends. Limits from the profile and from `x-ratelimit-*` headers space them
//! from the start.
//!
//! Waiting here costs no patience: nobody is refused. Callers pass in the order
//! in which they came. Invariant: a slot is held from admission until the
//! request ends, never while its caller sleeps.

mod headers;
mod learnt;
mod pace;
mod refusal;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::clock::Clock;
use super::gate::Gate;
use super::profile::Limits;
use super::wire::Usage;
pub(crate) use headers::Window;
pub(crate) use refusal::Refusal;
use state::{Admission, State, Ticket};

/// What a limiter does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pressure {
    /// Requests in flight.
    pub in_flight: u32,
    /// Requests that may be in flight.
    pub limit: u32,
    /// Requests a minute, where they are spaced.
    pub per_minute: Option<f64>,
    /// Requests that were refused for coming too fast or too many at once.
    pub refused: u64,
}

/// The one limiter of an endpoint.
#[derive(Debug)]
pub(crate) struct Limiter {
    state: Mutex<State>,
    changed: Notify,
    /// Only the first caller in line looks at the state; the others wait in order.
    line: tokio::sync::Mutex<()>,
}

/// A request in flight; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    limiter: &'a Limiter,
    ticket: Ticket,
    ended: bool,
}

impl Limiter {
    /// A limiter that never lets more than `most` in flight.
    pub(crate) fn new(most: u32, limits: Limits) -> Self {
        Self {
            state: Mutex::new(State::new(most, limits)),
            changed: Notify::new(),
            line: tokio::sync::Mutex::new(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a slot for a request of about this many tokens; none when the gate shuts
    /// meanwhile, since a slot that is not used would still count as a step of the pace.
    pub(crate) async fn admit(
        &self,
        clock: &dyn Clock,
        gate: &Gate,
        tokens: u64,
    ) -> Option<Slot<'_>> {
        let _first = self.line.lock().await;
        loop {
            if !gate.left(clock.elapsed()).is_zero() {
                return None;
            }
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let admission = self.state().admit(clock.elapsed(), tokens);
            match admission {
                Admission::Go(ticket) => return Some(Slot { limiter: self, ticket, ended: false }),
                Admission::Full => changed.await,
                Admission::Wait(span) => tokio::select! {
                    () = changed => {}
                    () = clock.sleep(span) => {}
                },
            }
        }
    }

    pub(crate) fn pressure(&self) -> Pressure {
        self.state().pressure()
    }
}

impl Slot<'_> {
    /// The server replied.
    pub(crate) fn succeeded(self, now: Duration, usage: Usage) {
        self.end(|state, ticket| state.succeeded(ticket, now, usage.input + usage.output));
    }

    /// The server refused because of a limit.
    pub(crate) fn refused(self, now: Duration, refusal: Refusal) {
        self.end(|state, ticket| state.refused(ticket, now, refusal));
    }

    /// The server took too long to reply.
    pub(crate) fn timed_out(self, now: Duration) {
        self.end(|state, ticket| state.timed_out(ticket, now));
    }

    /// What the response's headers say about a limit.
    pub(crate) fn learn(&self, now: Duration, window: Window) {
        self.limiter.state().learn(now, window);
    }

    fn end(mut self, tell: impl FnOnce(&mut State, Ticket)) {
        self.ended = true;
        tell(&mut self.limiter.state(), self.ticket);
        self.limiter.changed.notify_one();
    }
}

/// A request that ended in any other way says nothing about limits.
impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.limiter.state().left(self.ticket);
            self.limiter.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
