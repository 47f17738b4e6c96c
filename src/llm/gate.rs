//! One gate per endpoint, closed while the server has asked everybody to wait.
//!
//! A rate limit that one caller meets holds for all of them: without the gate
//! each would find out with a request of its own. The gate keeps a time of
//! opening and nothing else; it does not sleep and does not count callers.
//! Invariant: the opening only moves later, never earlier.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// When requests may be sent again, in the time of [`super::Clock::elapsed`].
#[derive(Debug, Default)]
pub(crate) struct Gate {
    opens: Mutex<Duration>,
}

impl Gate {
    /// Keeps the gate shut for `span` from `now`, or longer if it already was.
    pub(crate) fn close(&self, now: Duration, span: Duration) {
        let mut opens = self.opens.lock().unwrap_or_else(PoisonError::into_inner);
        *opens = (*opens).max(now.saturating_add(span));
    }

    /// How long until the gate opens; zero when it stands open.
    pub(crate) fn left(&self, now: Duration) -> Duration {
        let opens = *self.opens.lock().unwrap_or_else(PoisonError::into_inner);
        opens.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_closing_never_shortens_a_longer_one() {
        let gate = Gate::default();
        gate.close(Duration::from_secs(100), Duration::from_secs(30));
        gate.close(Duration::from_secs(101), Duration::from_secs(5));
        assert_eq!(gate.left(Duration::from_secs(110)), Duration::from_secs(20));
        assert_eq!(gate.left(Duration::from_secs(131)), Duration::ZERO);
    }
}
