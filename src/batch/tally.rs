//! What a run amounts to: rows by how they ended, and what they cost.
//!
//! Counts only; it never decides whether that is good enough. The mean counts a
//! row without a score as 0, so that nothing passes by not being graded.

use serde::{Deserialize, Serialize};

use crate::domain::{Assessment, Tokens};

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
    /// Rows whose result was there already.
    pub reused: u64,
    /// Rows that took the result of an equal row.
    pub duplicates: u64,
    /// Rows that were given up when the run was stopped.
    pub dropped: u64,
    /// Sum of the low ends of all scores; a row without a score adds nothing.
    pub sum_low: f64,
    /// Calls to the endpoint.
    pub calls: u64,
    /// Tokens of these calls.
    pub tokens: Tokens,
    /// Their cost, where prices are known.
    pub cost: f64,
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

    /// Counts a row by its assessment.
    pub(super) fn assessed(&mut self, assessment: &Assessment) {
        if assessment.is_ungraded() {
            self.ungraded += 1;
        } else {
            self.graded += 1;
            self.sum_low += assessment.low;
        }
    }

    /// Counts what an assessment has cost.
    pub(super) fn spent(&mut self, assessment: &Assessment) {
        let provenance = &assessment.provenance;
        self.calls += u64::from(provenance.calls);
        self.tokens.input += provenance.tokens.input;
        self.tokens.cached += provenance.tokens.cached;
        self.tokens.output += provenance.tokens.output;
        self.cost += provenance.cost.unwrap_or(0.0);
    }
}
