//! Item analysis: how hard a point is, and whether it tells good answers from poor ones.
//!
//! Everything is kept as running moments, so memory does not grow with the answers.

use super::float64;

/// Running statistics of one item (a point of a question).
///
/// Discrimination is the corrected item-total correlation: Pearson's between the
/// credit on the item and the mean credit on the *other* items of the same answer
/// (Henrysson 1963); for credits of 0 and 1 it is the point-biserial. With the
/// item in the total, even noise would correlate.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Item {
    n: u64,
    hits: u64,
    credit: f64,
    paired: Comoments,
}

/// Running means and co-moments of pairs (Welford 1962; Bennett et al. 2009).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Comoments {
    n: u64,
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Comoments {
    fn push(&mut self, x: f64, y: f64) {
        self.n += 1;
        let n = float64(self.n);
        let (dx, dy) = (x - self.mean_x, y - self.mean_y);
        self.mean_x += dx / n;
        self.mean_y += dy / n;
        self.xx += dx * (x - self.mean_x);
        self.yy += dy * (y - self.mean_y);
        self.xy += dx * (y - self.mean_y);
    }

    /// A spread of less than a millionth of a credit is rounding, not variation.
    fn correlation(&self) -> Option<f64> {
        let least = 1e-12 * float64(self.n);
        let varies = self.xx > least && self.yy > least;
        varies.then(|| (self.xy / (self.xx.sqrt() * self.yy.sqrt())).clamp(-1.0, 1.0))
    }
}

impl Item {
    /// Adds an answer: its credit on the item (0 to 1), whether the item was hit,
    /// and the mean credit on the other items, when there are any.
    pub fn push(&mut self, credit: f64, hit: bool, rest: Option<f64>) {
        self.n += 1;
        self.hits += u64::from(hit);
        self.credit += credit;
        if let Some(rest) = rest {
            self.paired.push(credit, rest);
        }
    }

    /// Answers counted.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Share of answers that hit the item.
    pub fn hit_rate(&self) -> Option<f64> {
        (self.n > 0).then(|| float64(self.hits) / float64(self.n))
    }

    /// Mean credit, 0 to 1: the item's easiness.
    pub fn mean_credit(&self) -> Option<f64> {
        (self.n > 0).then(|| self.credit / float64(self.n))
    }

    /// Corrected item-total correlation, −1 to 1; none with fewer than three answers
    /// or when item or rest do not vary.
    pub fn discrimination(&self) -> Option<f64> {
        (self.paired.n >= 3).then(|| self.paired.correlation()).flatten()
    }
}
