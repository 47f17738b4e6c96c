//! What `x-ratelimit-*` headers say is left of a window, as requests a second.
//!
//! Servers disagree on what a window is; all agree that `remaining` may be spent
//! before `reset`. Spread evenly this fits fixed windows and token buckets alike.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use crate::llm::hint;

/// What is left of the tightest windows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Window {
    /// Requests, and the time until there are more.
    pub(super) requests: Option<(u64, Duration)>,
    /// Tokens, and the time until there are more.
    pub(super) tokens: Option<(u64, Duration)>,
}

/// Longest window that is paced; a cap of a day is not spread over the day.
const LONGEST: Duration = Duration::from_mins(5);

impl Window {
    /// Reads the headers of a response, success or not.
    pub(crate) fn of(headers: &HeaderMap, now: Timestamp) -> Self {
        Self {
            requests: left(
                headers,
                "x-ratelimit-remaining-requests",
                "x-ratelimit-reset-requests",
                now,
            )
            .or_else(|| left(headers, "x-ratelimit-remaining", "x-ratelimit-reset", now))
            .or_else(|| left(headers, "ratelimit-remaining", "ratelimit-reset", now)),
            tokens: left(headers, "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", now),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.requests.is_none() && self.tokens.is_none()
    }
}

fn left(
    headers: &HeaderMap,
    remaining: &str,
    reset: &str,
    now: Timestamp,
) -> Option<(u64, Duration)> {
    let count = headers.get(remaining)?.to_str().ok()?.trim().parse::<f64>().ok()?;
    let span = hint::wait(headers.get(reset)?.to_str().ok()?.trim(), now)?;
    let usable = (0.0..1e9).contains(&count) && !span.is_zero() && span <= LONGEST;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..1e9")]
    usable.then_some((count as u64, span))
}
