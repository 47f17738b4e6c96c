//! What a run amounts to: rows by how they ended.
//!
//! Counts only; it never decides whether that is good enough. The mean counts a
//! row at its worst, 0 when it was not graded at all, so that nothing passes by
//! not being graded. What the run has cost is known to its endpoint.

use serde::{Deserialize, Serialize};

use super::outcome::End;

/// Counts of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Rows with a score.
    pub graded: u64,
    /// Rows of which at least one point has no verdict.
    pub ungraded: u64,
    /// Rows for which the endpoint gave nothing.
    pub failed: u64,
    /// Rows that cannot be graded as they are.
    pub bad: u64,
    /// Rows that took the result of an equal row.
    pub duplicates: u64,
    /// Sum of the scores at worst; a row that was not graded at all adds nothing.
    pub sum_low: f64,
}

impl Tally {
    /// Rows that have a result line.
    pub fn rows(&self) -> u64 {
        self.graded + self.ungraded + self.failed + self.bad
    }

    /// Mean of the low ends, 0–100; none without rows.
    pub fn mean_low(&self) -> Option<f64> {
        let rows = u32::try_from(self.rows()).map_or(f64::from(u32::MAX), f64::from);
        (rows > 0.0).then(|| self.sum_low / rows)
    }

    /// Counts a row by how it ended.
    pub(super) fn count(&mut self, end: End) {
        match end {
            End::Graded(low) => {
                self.graded += 1;
                self.sum_low += low;
            }
            End::Ungraded(low) => {
                self.ungraded += 1;
                self.sum_low += low;
            }
            End::Failed => self.failed += 1,
        }
    }
}
