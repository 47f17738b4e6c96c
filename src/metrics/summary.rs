//! Running summaries in bounded memory: means, histograms, quantiles.

use super::{float, float64, index};

/// Running mean and spread (Welford 1962).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    n: u64,
    mean: f64,
    squares: f64,
    min: f64,
    max: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { n: 0, mean: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Moments {
    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        self.n += 1;
        let delta = value - self.mean;
        self.mean += delta / float64(self.n);
        self.squares += delta * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Values added.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Their mean.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then_some(self.mean)
    }

    /// Their sample standard deviation (n − 1); none of fewer than two.
    pub fn deviation(&self) -> Option<f64> {
        (self.n > 1).then(|| (self.squares / float64(self.n - 1)).sqrt())
    }

    /// The smallest.
    pub fn min(&self) -> Option<f64> {
        (self.n > 0).then_some(self.min)
    }

    /// The largest.
    pub fn max(&self) -> Option<f64> {
        (self.n > 0).then_some(self.max)
    }
}

/// Counts over equal bins of a fixed range; values outside go to the end bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    low: f64,
    width: f64,
    counts: Vec<u64>,
    n: u64,
}

impl Histogram {
    /// `bins` equal bins over `low`–`high`; the last one holds `high` too.
    pub fn new(low: f64, high: f64, bins: usize) -> Self {
        Self { low, width: (high - low) / float(bins.max(1)), counts: vec![0; bins.max(1)], n: 0 }
    }

    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        // The hair above keeps 0.3 ÷ 0.1 in the bin that starts at 0.3.
        let bin = index(((value - self.low) / self.width + 1e-9).floor());
        let last = self.counts.len() - 1;
        self.counts[bin.min(last)] += 1;
        self.n += 1;
    }

    /// Values added.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The count of each bin.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The quantile `q` (0 to 1): the lower edge of the bin that holds the value of
    /// that rank. Exact when all values are multiples of the bin width, otherwise
    /// less than one width too low.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        rank(&self.counts, self.n, q).map(|bin| self.low + float(bin) * self.width)
    }
}

/// The bin that holds the value of nearest rank ⌈q·n⌉, at least the first.
fn rank(counts: &[u64], n: u64, q: f64) -> Option<usize> {
    let wanted = (q.clamp(0.0, 1.0) * float64(n)).ceil().max(1.0);
    let mut seen = 0;
    counts.iter().position(|count| {
        seen += count;
        *count > 0 && float64(seen) >= wanted
    })
}

/// Share by which a value in a [`Sketch`] may be off.
const SKETCH_ERROR: f64 = 0.02;
/// Values up to this are told apart; larger ones share the last bin.
const SKETCH_LARGEST: f64 = 1e12;

/// Quantiles of values from 0 to 10¹² with a relative error of at most 2 %, in
/// logarithmic bins (`DDSketch`; Masson, Rim & Lee 2019). Values below 1 count as 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    counts: Vec<u64>,
    n: u64,
}

impl Default for Sketch {
    fn default() -> Self {
        let bins = index((SKETCH_LARGEST.ln() / gamma().ln()).ceil()) + 2;
        Self { counts: vec![0; bins], n: 0 }
    }
}

fn gamma() -> f64 {
    (1.0 + SKETCH_ERROR) / (1.0 - SKETCH_ERROR)
}

impl Sketch {
    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        let bin = if value < 1.0 { 0 } else { 1 + index((value.ln() / gamma().ln()).ceil()) };
        let last = self.counts.len() - 1;
        self.counts[bin.min(last)] += 1;
        self.n += 1;
    }

    /// The quantile `q` (0 to 1).
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let bin = rank(&self.counts, self.n, q)?;
        if bin == 0 {
            return Some(0.0);
        }
        let upper = gamma().powf(float(bin - 1));
        Some(2.0 * upper / (1.0 + gamma()))
    }
}
