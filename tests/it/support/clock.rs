//! A clock on which every wait is over at once, and written down.

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use viva::llm::{Clock, Sleep};

/// Starts at noon of a fixed day; moves only when somebody sleeps.
#[derive(Debug, Default)]
pub(crate) struct InstantClock {
    slept: Mutex<Vec<Duration>>,
}

impl InstantClock {
    /// All waits so far, in order.
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().expect("no panic while locked").clone()
    }
}

impl Clock for InstantClock {
    fn now(&self) -> Timestamp {
        let noon: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a valid instant");
        noon + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.slept().iter().sum()
    }

    fn sleep(&self, span: Duration) -> Sleep<'_> {
        self.slept.lock().expect("no panic while locked").push(span);
        Box::pin(tokio::task::yield_now())
    }
}
