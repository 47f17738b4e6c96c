//! When to try again: jittered backoff and a budget for the whole endpoint.
//!
//! Pure arithmetic on numbers that come in; nothing here sleeps. Invariant:
//! over a long run the retries that no server scheduled stay at or below a
//! fifth of the requests, so that trouble is never made worse by us.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Longest backoff that grows by itself, in seconds; only a hint goes beyond.
const MAX_BACKOFF: f64 = 60.0;

/// Wait before retry `n` (from 0): `max(hint, jitter · min(60 s, 2^n s))`, jitter in 0.5–1.
pub(crate) fn backoff(n: u32, hint: Option<Duration>, jitter: f64) -> Duration {
    let grown = 2f64.powi(i32::try_from(n.min(6)).unwrap_or(6)).min(MAX_BACKOFF);
    Duration::from_secs_f64(jitter * grown).max(hint.unwrap_or_default())
}

/// Reproducible jitter: `SplitMix64` over a counter that all callers share.
#[derive(Debug)]
pub(crate) struct Jitter(AtomicU64);

impl Jitter {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number of the sequence, in 0.5–1.
    pub(crate) fn next(&self) -> f64 {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let mut z = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let top = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX);
        0.5 + 0.5 * f64::from(top) / f64::from(u32::MAX)
    }
}

/// Retries that may still be sent, in fifths: a first request earns one, a retry costs five.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

impl RetryBudget {
    const COST: u32 = 5;
    /// Ten retries in advance, so that a handful of calls can survive a restart of the server.
    const START: u32 = 10 * Self::COST;
    /// A long calm earns no more than this many retries in a row.
    const MOST: u32 = 100 * Self::COST;

    pub(crate) fn earn(&self) {
        self.update(|fifths| Some((fifths + 1).min(Self::MOST)));
    }

    /// Pays for one retry; `false` when there is nothing left to pay with.
    pub(crate) fn spend(&self) -> bool {
        self.update(|fifths| fifths.checked_sub(Self::COST))
    }

    fn update(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicU32::new(Self::START))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_to_a_minute_and_never_undercuts_a_hint() {
        let hint = |seconds| Some(Duration::from_secs(seconds));
        let grown: Vec<u64> = (0..8).map(|n| backoff(n, None, 1.0).as_secs()).collect();
        assert_eq!(grown, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff(2, None, 0.5), Duration::from_secs(2));
        assert_eq!(backoff(0, hint(90), 1.0), Duration::from_secs(90));
        assert_eq!(backoff(3, hint(1), 0.75), Duration::from_secs(6));
    }

    #[test]
    fn jitter_is_reproducible_varied_and_within_its_range() {
        let draw = |seed| {
            let jitter = Jitter::seeded(seed);
            (0..1000).map(|_| jitter.next()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7).iter().all(|x| (0.5..=1.0).contains(x)));
        let mean = draw(7).iter().sum::<f64>() / 1000.0;
        assert!((mean - 0.75).abs() < 0.02, "{mean}");
    }

    #[test]
    fn retries_stay_at_a_fifth_of_the_requests() {
        let budget = RetryBudget::default();
        let mut retries = 0;
        for _ in 0..10_000 {
            budget.earn();
            while budget.spend() {
                retries += 1;
            }
        }
        assert_eq!(retries, 10_000 / 5 + 10);
    }
}
