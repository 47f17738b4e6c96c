//! How fast a run is, by the rows that were done last.
//!
//! Looks back half a minute, and further where fewer than [`FEWEST`] rows were
//! done in it, so that a model that takes a minute an answer has a speed, too.
//! All that a row costs is in it: retries, repetitions, waits, a server's queue.
//! Arithmetic on what is noted; the times come in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::domain::Lang;
use crate::metrics::float64;

/// How far back it looks at least.
const SPAN: Duration = Duration::from_secs(30);
/// Rows that it looks at, at least.
const FEWEST: u64 = 50;

/// Speed of a run.
#[derive(Debug)]
pub(super) struct Pace {
    /// When so many rows were done; the last entry is now.
    seen: VecDeque<(Instant, u64)>,
}

impl Pace {
    /// A run that begins now.
    pub(super) fn new(now: Instant) -> Self {
        Self { seen: VecDeque::from([(now, 0), (now, 0)]) }
    }

    /// Notes how many rows are done by now.
    pub(super) fn note(&mut self, now: Instant, done: u64) {
        let last = self.seen.len() - 1;
        if self.seen[last].1 == self.seen[last - 1].1 {
            self.seen.pop_back();
        }
        self.seen.push_back((now, done));
        let enough = |(since, before): (Instant, u64)| {
            now - since >= SPAN && done.saturating_sub(before) >= FEWEST
        };
        while self.seen.len() > 2 && enough(self.seen[1]) {
            self.seen.pop_front();
        }
    }

    /// Rows a second.
    pub(super) fn speed(&self) -> f64 {
        let ((since, before), (now, done)) = (self.seen[0], self.seen[self.seen.len() - 1]);
        let span = (now - since).as_secs_f64();
        if span > 0.0 { float64(done.saturating_sub(before)) / span } else { 0.0 }
    }

    /// Seconds that so many rows take at this speed; none before the first is done.
    pub(super) fn left(&self, rows: f64) -> Option<f64> {
        Some(self.speed()).filter(|speed| *speed > 0.0).map(|speed| rows / speed)
    }

    /// The speed in words: by the minute where a second is too short.
    pub(super) fn in_words(&self, ui: Lang) -> String {
        match (self.speed(), ui) {
            (slow @ ..1.0, Lang::En) => format!("{:.1} answers/min", slow * 60.0),
            (slow @ ..1.0, Lang::Zh) => format!("{:.1} 份/分钟", slow * 60.0),
            (fast, Lang::En) => format!("{fast:.1} answers/s"),
            (fast, Lang::Zh) => format!("{fast:.1} 份/秒"),
        }
    }
}

/// A time to wait, as exact as anybody wants it.
pub(super) fn in_words(seconds: f64, ui: Lang) -> String {
    let (number, [en, zh]) = match seconds {
        ..90.0 => (format!("{seconds:.0}"), ["s", "秒"]),
        ..5400.0 => (format!("{:.0}", seconds / 60.0), ["min", "分钟"]),
        _ => (format!("{:.1}", seconds / 3600.0), ["h", "小时"]),
    };
    let unit = match ui {
        Lang::En => en,
        Lang::Zh => zh,
    };
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes five times a second; `done` is what is done after so many seconds.
    fn run(seconds: u32, done: impl Fn(f64) -> f64) -> Pace {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        for tick in 1..=5 * seconds {
            let passed = f64::from(tick) / 5.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
            pace.note(begun + Duration::from_secs_f64(passed), done(passed) as u64);
        }
        pace
    }

    #[test]
    fn a_fast_run_is_judged_by_its_last_half_minute() {
        let pace = run(600, |at| if at < 500.0 { at } else { 500.0 + (at - 500.0) * 10.0 });
        assert!((pace.speed() - 10.0).abs() < 0.5, "{}", pace.speed());
        assert!((pace.left(6000.0).unwrap() - 600.0).abs() < 30.0);
        assert!(pace.seen.len() <= 152, "{}", pace.seen.len());
    }

    #[test]
    fn a_slow_run_has_a_speed_from_its_first_answer_on() {
        assert_eq!(run(79, |at| (at / 80.0).floor()).left(30.0), None);
        let pace = run(80 * 6, |at| (at / 80.0).floor());
        assert!((pace.left(24.0).unwrap() - 24.0 * 80.0).abs() < 20.0);
        assert_eq!(pace.in_words(Lang::En), "0.8 answers/min");
    }

    #[test]
    fn a_stall_makes_the_estimate_grow() {
        let (before, after) = (run(100, |at| at), run(200, |at| at.min(100.0)));
        assert!(after.left(100.0).unwrap() > 1.5 * before.left(100.0).unwrap());
    }
}
