//! Time as an argument: what the client needs of a clock, and the real one.
//!
//! Waiting goes through here, so a test of long waits takes none. The HTTP
//! timeouts do not: they guard real sockets and run on real time.

use std::pin::Pin;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A wait in progress.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// Wall time, which dates in response headers are compared with.
    fn now(&self) -> Timestamp;
    /// Time since an arbitrary fixed moment; never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits for `span`.
    fn sleep(&self, span: Duration) -> Sleep<'_>;
}

/// The clock of the machine; sleeps on the Tokio runtime.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, span: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(span))
    }
}
