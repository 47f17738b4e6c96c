//! Spacing: at most so many a second, evenly, with hardly any catching up.
//!
//! Used for requests and, in a bucket that may run into debt, for tokens.

use std::time::Duration;

/// Even spacing of requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    /// Requests a second.
    pub(super) rate: f64,
    /// When the next one may go.
    pub(super) next: Duration,
}

/// How far behind its time a request may be and still be caught up with, in seconds.
const CATCH_UP: f64 = 0.25;

impl Pace {
    pub(super) fn new(rate: f64, now: Duration) -> Self {
        Self { rate, next: now }
    }

    /// How long until the next request may go.
    pub(super) fn left(&self, now: Duration) -> Duration {
        self.next.saturating_sub(now)
    }

    /// One has gone.
    pub(super) fn gone(&mut self, now: Duration) {
        let earliest = now.saturating_sub(Duration::from_secs_f64(CATCH_UP));
        let gap = Duration::try_from_secs_f64(1.0 / self.rate).unwrap_or(Duration::from_mins(1));
        self.next = self.next.max(earliest) + gap;
    }
}

/// Tokens a minute: a level that fills evenly, is drawn on before a request and set right after.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    per_second: f64,
    level: f64,
    seen: Duration,
}

/// Seconds of filling that a bucket holds at most.
const HOLDS: f64 = 5.0;

impl Bucket {
    /// A bucket for a limit per minute; none when there is no limit.
    pub(super) fn per_minute(tokens: u64) -> Option<Self> {
        let per_second = number(tokens) / 60.0 * SHARE;
        (tokens > 0).then_some(Self { per_second, level: per_second, seen: Duration::ZERO })
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.seen).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(HOLDS * self.per_second);
        self.seen = now;
    }

    /// How long until something may be drawn.
    pub(super) fn left(&mut self, now: Duration) -> Duration {
        self.fill(now);
        Duration::try_from_secs_f64((1.0 - self.level) / self.per_second).unwrap_or_default()
    }

    /// Draws tokens; the level may fall below nothing.
    pub(super) fn draw(&mut self, tokens: u64) {
        self.level -= number(tokens);
    }

    /// Gives back what was drawn too much.
    pub(super) fn give_back(&mut self, tokens: u64) {
        self.level += number(tokens);
    }
}

/// Share of a limit that is used, so that clocks and rounding do not make it overrun.
pub(super) const SHARE: f64 = 0.97;

pub(super) fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
