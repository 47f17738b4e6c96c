//! How verdicts become a score: tier names and anchors for the prompt, weights,
//! penalties and bands for the arithmetic.
//!
//! `[prompt]` is part of the verdict key, `[scoring]` is not: changing a weight
//! never makes a verdict stale.

use serde::{Deserialize, Serialize};

use super::{Band, Tier};

/// The whole rubric, as `prompts/rubric.toml` holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rubric {
    /// What the grader is told.
    pub prompt: PromptRubric,
    /// How the score is computed from verdicts.
    pub scoring: Scoring,
}

/// Definitions that the grader reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptRubric {
    /// When a point is met.
    pub met: String,
    /// When a point is partial.
    pub partial: String,
    /// When a point is missing.
    pub missing: String,
    /// When a point is contradicted.
    pub contradicted: String,
    /// Anchors of the clarity levels, from unclear to crisp.
    pub clarity: ClarityAnchors,
}

/// What each clarity level means.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClarityAnchors {
    /// Hard to follow.
    pub unclear: String,
    /// Can be followed with effort.
    pub mixed: String,
    /// Easy to follow.
    pub clear: String,
    /// As an expert would put it.
    pub crisp: String,
}

/// Weights, penalties and bands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoring {
    /// Weight of a must point, above 0.
    pub must: f64,
    /// Weight of a should point, above 0.
    pub should: f64,
    /// Share of the content that the mean bonus credit adds, 0 to 1.
    pub bonus_share: f64,
    /// Share taken off for each contradicted point and each verified misconception, 0 to 1.
    pub penalty: f64,
    /// The most that penalties take off together, 0 to 1.
    pub penalty_limit: f64,
    /// Lowest scores of the bands.
    pub bands: Bands,
}

/// Lowest score of each band, on the scale of 0 to 100; below `borderline` is no hire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    /// Lowest score of a strong hire.
    pub strong: f64,
    /// Lowest score of a hire.
    pub hire: f64,
    /// Lowest score of borderline.
    pub borderline: f64,
}

impl Rubric {
    /// Reads a rubric and checks its ranges.
    ///
    /// # Errors
    /// A message that names the field and the allowed range.
    pub fn parse(toml_text: &str) -> Result<Self, String> {
        let rubric: Self = toml::from_str(toml_text).map_err(|error| error.to_string())?;
        rubric.scoring.check()?;
        Ok(rubric)
    }
}

impl Scoring {
    fn check(&self) -> Result<(), String> {
        let weights = [("scoring.must", self.must), ("scoring.should", self.should)];
        for (field, value) in weights {
            if !(value > 0.0 && value.is_finite()) {
                return Err(format!("{field} is {value}; it must be above 0"));
            }
        }
        let shares = [
            ("scoring.bonus_share", self.bonus_share),
            ("scoring.penalty", self.penalty),
            ("scoring.penalty_limit", self.penalty_limit),
        ];
        for (field, value) in shares {
            if !(0.0..=1.0).contains(&value) {
                return Err(format!("{field} is {value}; it must be 0 to 1"));
            }
        }
        let bands = &self.bands;
        let ordered = bands.strong > bands.hire && bands.hire > bands.borderline;
        if !ordered || !(0.0..=100.0).contains(&bands.borderline) || bands.strong > 100.0 {
            return Err("scoring.bands must fall: 100 ≥ strong > hire > borderline ≥ 0".to_owned());
        }
        Ok(())
    }

    /// The weight of a tier in the content score; a bonus point has none.
    pub fn weight(&self, tier: Tier) -> f64 {
        match tier {
            Tier::Must => self.must,
            Tier::Should => self.should,
            Tier::Bonus => 0.0,
        }
    }
}

impl Bands {
    /// The band of a score, before any cap.
    pub fn of(&self, score: f64) -> Band {
        if score >= self.strong {
            Band::Strong
        } else if score >= self.hire {
            Band::Hire
        } else if score >= self.borderline {
            Band::Borderline
        } else {
            Band::NoHire
        }
    }
}
