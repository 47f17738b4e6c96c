//! Why a run ends early, and the signal to those who work in it.
//!
//! The first reason stands, unless it is overruled: by the user, or by an input that has
//! changed. After it nobody takes a row any more; what is in flight may finish until the
//! grace is over.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::breaker::Hopeless;
use crate::llm::CallError;

/// Why a run ended before its input did.
#[derive(Debug, Clone)]
pub enum Stop {
    /// A signal asked for it; its number.
    Interrupted(u8),
    /// The endpoint refuses every call, or asks for more patience than there is.
    Endpoint(CallError),
    /// Too few answers can be graded; why the last one could not.
    Breaker(Hopeless, String),
    /// The budget is used up.
    Budget(String),
    /// A row is bad and none may be; where it stands and why.
    BadRow(String),
    /// The input cannot be read further.
    Input(String),
    /// Drafted points can be neither kept nor read; what the system says.
    Drafts(String),
    /// The input is no longer what it was when the run began.
    Changed,
    /// The program has a fault: a thread or task of the run has panicked.
    Broken,
}

/// How far a run has been told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Running,
    /// Finish what is in flight.
    Draining,
    /// Drop what is in flight.
    Aborted,
}

/// The way to stop a run, and to learn that it was stopped.
#[derive(Debug)]
pub struct Control {
    reason: Mutex<Option<Stop>>,
    phase: watch::Sender<Phase>,
}

impl Default for Control {
    fn default() -> Self {
        Self { reason: Mutex::new(None), phase: watch::Sender::new(Phase::Running) }
    }
}

impl Control {
    /// Asks everybody to stop; only the first reason is kept.
    pub fn stop(&self, reason: Stop) {
        let mut kept = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get_or_insert(reason);
        drop(kept);
        self.advance(Phase::Draining);
    }

    /// Asks everybody to stop for this reason, whatever was the reason before but the user's.
    pub fn overrule(&self, reason: Stop) {
        let mut kept = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*kept, Some(Stop::Interrupted(_))) {
            *kept = Some(reason);
        }
        drop(kept);
        self.advance(Phase::Draining);
    }

    /// Drops what is in flight.
    pub fn abort(&self) {
        self.advance(Phase::Aborted);
    }

    fn advance(&self, to: Phase) {
        self.phase.send_if_modified(|phase| std::mem::replace(phase, to.max(*phase)) < to);
    }

    /// Whether it was told to stop.
    pub fn is_stopped(&self) -> bool {
        *self.phase.borrow() > Phase::Running
    }

    /// Whether what is in flight is to be dropped.
    pub(super) fn is_aborted(&self) -> bool {
        *self.phase.borrow() == Phase::Aborted
    }

    /// Why it was stopped, when it was.
    pub fn reason(&self) -> Option<Stop> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it is told to stop.
    pub async fn stopped(&self) {
        self.reached(Phase::Draining).await;
    }

    /// Waits until what is in flight is to be dropped.
    pub(super) async fn aborted(&self) {
        self.reached(Phase::Aborted).await;
    }

    async fn reached(&self, wanted: Phase) {
        let mut phase = self.phase.subscribe();
        // The sender lives as long as `self` does.
        let _ = phase.wait_for(|phase| *phase >= wanted).await;
    }
}

/// Ends the run when the thread or task that holds it panics: rows that it had would be missed
/// by nobody, or waited for without end.
pub(super) struct Watched(pub(super) Arc<Control>);

impl Drop for Watched {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop(Stop::Broken);
            self.0.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_stands_but_for_the_user_and_the_phase_never_goes_back() {
        let control = Control::default();
        assert!(!control.is_stopped());
        control.stop(Stop::Budget("spent".into()));
        control.stop(Stop::Input("torn".into()));
        assert!(matches!(control.reason(), Some(Stop::Budget(_))));
        control.abort();
        control.overrule(Stop::Interrupted(2));
        control.stop(Stop::Budget("spent".into()));
        assert!(matches!(control.reason(), Some(Stop::Interrupted(2))));
        assert_eq!(*control.phase.borrow(), Phase::Aborted);
    }
}
