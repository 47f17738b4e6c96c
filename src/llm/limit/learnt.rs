//! A pace learnt from refusals: what the server let through between two of them.
//!
//! Measured over a long time that is what the server allows, whatever its
//! windows look like. Measured over a short one it is a guess, and is raised
//! quickly until the next refusal. Every raise that ends in a refusal makes the
//! next one smaller or later.

use std::time::Duration;

use super::pace::{Pace, SHARE, number};

/// A measurement over at least this long is trusted.
const TRUSTED: Duration = Duration::from_secs(20);
/// What is left of a trusted pace for a while after an early refusal.
const LOWERED: f64 = 0.9;
/// Clean time after which a lowered pace, or a guess, is raised.
const SHORT_CALM: Duration = Duration::from_secs(5);
const RECOVERY: f64 = 1.05;
/// By how much the first guess is raised.
const GUESS_RAISE: f64 = 0.25;
/// Clean time after which a trusted pace is raised at first, at last, and by how much.
const CALM: Duration = Duration::from_mins(1);
const LONGEST_CALM: Duration = Duration::from_mins(32);
const RAISE: f64 = 1.02;

/// A pace, and how sure it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Learnt {
    pub(super) pace: Pace,
    /// The last trusted rate.
    target: Option<f64>,
    /// When the rate last changed, and whether it has held anybody back since.
    since: Duration,
    held: bool,
    /// Share by which a guess is raised next.
    step: f64,
    /// Clean time before a trusted rate is raised next.
    calm: Duration,
}

impl Learnt {
    /// What `through` requests within `span`, from one reopening of the server to the next, say.
    pub(super) fn of(before: Option<Self>, through: u64, span: Duration, now: Duration) -> Self {
        let measured = number(through.max(1)) / span.as_secs_f64().max(0.1) * SHARE;
        let target = before.and_then(|learnt| learnt.target);
        let (rate, target) = match (span >= TRUSTED, before, target) {
            (true, ..) => (measured, Some(measured)),
            (false, Some(learnt), Some(target)) => (learnt.pace.rate * LOWERED, Some(target)),
            (false, ..) => (measured, None),
        };
        let mut pace = Pace::new(rate, now);
        // The one that came through just now was the first.
        pace.gone(now);
        Self {
            pace,
            target,
            since: now,
            held: false,
            step: before.map_or(GUESS_RAISE, |learnt| (learnt.step / 2.0).max(0.02)),
            calm: before.map_or(CALM, |learnt| (learnt.calm * 2).min(LONGEST_CALM)),
        }
    }

    /// How long until the next request may go.
    pub(super) fn left(&mut self, now: Duration) -> Duration {
        let left = self.pace.left(now);
        self.held |= !left.is_zero();
        left
    }

    /// A pace that was kept for a while without a refusal may be too slow.
    pub(super) fn raise(&mut self, now: Duration) {
        let rate = self.pace.rate;
        let (calm, raised) = match self.target {
            Some(target) if rate < target => (SHORT_CALM, (rate * RECOVERY).min(target)),
            Some(_) => (self.calm, rate * RAISE),
            None => (SHORT_CALM, rate * (1.0 + self.step)),
        };
        if self.held && now >= self.since + calm {
            self.pace.rate = raised;
            self.target = self.target.map(|target| target.max(raised));
            (self.since, self.held) = (now, false);
        }
    }
}
