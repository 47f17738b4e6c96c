//! How fast a run is, from what was seen last: speed, requests in flight, time of an answer.
//!
//! Arithmetic on what is noted; the times come in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How far back it looks.
const SPAN: Duration = Duration::from_secs(30);
/// Answers whose median time counts.
const LAST: usize = 100;

/// What was seen in the last half minute, at about equal distances.
#[derive(Debug, Default)]
pub(super) struct Pace(VecDeque<(Instant, u64, u32)>);

impl Pace {
    /// Notes how many rows are done and how many requests are in flight.
    pub(super) fn note(&mut self, now: Instant, done: u64, in_flight: u32) {
        self.0.push_back((now, done, in_flight));
        while self.0.len() > 2 && now - self.0[0].0 > SPAN {
            self.0.pop_front();
        }
    }

    /// Rows a second.
    pub(super) fn speed(&self) -> f64 {
        let (Some((since, before, _)), Some((now, done, _))) = (self.0.front(), self.0.back())
        else {
            return 0.0;
        };
        let span = (*now - *since).as_secs_f64();
        if span > 0.0 { number(done.saturating_sub(*before)) / span } else { 0.0 }
    }

    /// Seconds that so many rows take at the speed of now.
    pub(super) fn left_by_speed(&self, rows: u64) -> Option<f64> {
        Some(self.speed()).filter(|speed| *speed > 0.0).map(|speed| number(rows) / speed)
    }

    /// Seconds that so many rows take when each takes this long and as many requests are in
    /// flight as were on the mean.
    pub(super) fn left_by_latency(&self, rows: u64, each: Duration) -> Option<f64> {
        let flying: u64 = self.0.iter().map(|(_, _, in_flight)| u64::from(*in_flight)).sum();
        let mean = number(flying) / number(self.0.len() as u64);
        (mean > 0.0).then(|| number(rows) * each.as_secs_f64() / mean)
    }
}

/// How long the last answers took.
#[derive(Debug, Default)]
pub(super) struct Answers(VecDeque<Duration>);

impl Answers {
    /// Notes the time of one.
    pub(super) fn note(&mut self, took: Duration) {
        if self.0.len() == LAST {
            self.0.pop_front();
        }
        self.0.push_back(took);
    }

    /// The median.
    pub(super) fn median(&self) -> Option<Duration> {
        let mut sorted: Vec<_> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_rows_times_median_over_requests_in_flight() {
        let (mut pace, mut answers) = (Pace::default(), Answers::default());
        let begun = Instant::now();
        for (second, in_flight) in (0..100).zip([4, 6].into_iter().cycle()) {
            pace.note(begun + Duration::from_secs(second), second / 20, in_flight);
        }
        for took in [80, 100, 100, 100, 900] {
            answers.note(Duration::from_secs(took));
        }
        let median = answers.median().unwrap();
        assert_eq!(median, Duration::from_secs(100));
        let left = pace.left_by_latency(30, median).unwrap();
        assert!((590.0..=610.0).contains(&left), "{left}");
        assert!((pace.speed() - 0.05).abs() < 0.02, "{}", pace.speed());
    }

    #[test]
    fn nothing_seen_is_no_estimate() {
        let mut pace = Pace::default();
        assert_eq!(Answers::default().median(), None);
        assert_eq!(pace.left_by_speed(5), None);
        pace.note(Instant::now(), 0, 0);
        assert_eq!(pace.left_by_latency(5, Duration::from_secs(1)), None);
    }
}
