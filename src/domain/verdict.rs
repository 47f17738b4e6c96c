//! Tiers of key points, verdicts on them, and the evidence behind a verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a key point matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// An interviewer would insist on it; missing it caps the band.
    Must,
    /// A good answer has it.
    Should,
    /// Beyond what is expected; only ever adds.
    Bonus,
}

/// The judgement on one key point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The answer states it.
    Met,
    /// The answer states part of it.
    Partial,
    /// The answer does not state it.
    Missing,
    /// The answer states the opposite.
    Contradicted,
    /// No judgement could be reached; the reason stands beside it.
    Ungraded,
}

impl Verdict {
    /// The credit of a single vote: met 1, partial ½, else 0; none when ungraded.
    pub fn credit(self) -> Option<f64> {
        match self {
            Self::Met => Some(1.0),
            Self::Partial => Some(0.5),
            Self::Missing | Self::Contradicted => Some(0.0),
            Self::Ungraded => None,
        }
    }

    /// Whether the verdict claims that the answer says something, and so needs a quote.
    pub fn needs_evidence(self) -> bool {
        matches!(self, Self::Met | Self::Partial | Self::Contradicted)
    }
}

/// A verbatim quote and where it stands in the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The answer's own text between `start` and `end`.
    pub quote: String,
    /// First Unicode scalar value of the quote in the answer, from 0.
    pub start: usize,
    /// One past the last Unicode scalar value of the quote.
    pub end: usize,
}
