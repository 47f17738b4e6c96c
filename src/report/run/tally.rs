//! Sums over answers, with what is ungraded kept apart.

use serde::Serialize;

use crate::metrics::float64;
use crate::report::rows::{Row, State};

/// Running sums over answers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// Answers.
    pub rows: u64,
    /// Those with a score.
    pub graded: u64,
    low: f64,
    high: f64,
}

/// The mean score over answers, as an interval when some are ungraded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mean {
    /// Answers.
    pub rows: u64,
    /// Those with a score.
    pub graded: u64,
    /// The mean with every ungraded answer at its worst, 0 to 100.
    pub low: f64,
    /// The mean with every ungraded answer at its best, 0 to 100.
    pub high: f64,
}

impl Tally {
    /// Adds a row.
    pub fn add(&mut self, row: &Row) {
        let (low, high) = row.interval();
        self.rows += 1;
        self.graded += u64::from(matches!(row.state(), State::Graded(_)));
        self.low += low;
        self.high += high;
    }

    /// The mean; none of no answers.
    pub fn mean(&self) -> Option<Mean> {
        let n = float64(self.rows);
        (self.rows > 0).then(|| Mean {
            rows: self.rows,
            graded: self.graded,
            low: self.low / n,
            high: self.high / n,
        })
    }
}

/// A mean as text, a dash where there is none.
pub fn mean_text(mean: Option<Mean>) -> String {
    mean.map_or_else(|| "–".to_owned(), |mean| mean.text())
}

impl Mean {
    /// Whether it is one number.
    pub fn is_exact(&self) -> bool {
        self.graded == self.rows
    }

    /// The mean as text: one number, or an interval.
    pub fn text(&self) -> String {
        let (low, high) = (format!("{:.1}", self.low), format!("{:.1}", self.high));
        if self.is_exact() || low == high { low } else { format!("{low}–{high}") }
    }
}
