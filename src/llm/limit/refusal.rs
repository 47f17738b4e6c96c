//! What a server's refusal says about the kind of its limit.
//!
//! Read from its words and from how long it asks to wait; a server that says
//! nothing is not guessed at.

use std::time::Duration;

/// A server that asks for at least this long means a limit per time.
const LONG_HINT: Duration = Duration::from_secs(2);

/// What a refusal says about the kind of limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too many at once.
    Concurrency,
    /// Too many in a time.
    Rate,
    /// It does not say.
    Unknown,
}

impl Refusal {
    /// Reads the server's words and how long it asks to wait.
    pub(crate) fn of(message: &str, hint: Option<Duration>) -> Self {
        let text = message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["concurren", "in flight", "in-flight", "parallel", "simultaneous", "at once"]) {
            Self::Concurrency
        } else if says(&["per min", "/min", "rpm", "tpm", "per second", "per hour", "perminute"])
            || hint.is_some_and(|span| span >= LONG_HINT)
        {
            Self::Rate
        } else {
            Self::Unknown
        }
    }
}
