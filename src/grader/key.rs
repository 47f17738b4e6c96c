//! Keys that say what a verdict depends on.
//!
//! The verdict key covers everything that decides the verdicts on one answer,
//! and nothing that does not: neither the endpoint nor the scoring. The
//! fingerprint covers what a run shares, with the scoring: two scores are
//! comparable only if their fingerprints are equal.

use std::fmt;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::prompt::short_hash;
use crate::domain::{Lang, PromptRubric, Question, Rubric, Scoring};

/// What all verdicts of a run depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared<'a> {
    /// `llm`, or the lexical grader's own fingerprint.
    pub(super) grader: &'a str,
    /// The model as it was asked for; empty for the lexical grader.
    pub(super) model: &'a str,
    /// Hash of the prompt files; empty for the lexical grader.
    pub(super) prompt_hash: &'a str,
    /// Definitions that the grader reads; none for the lexical grader.
    pub(super) rubric: Option<&'a PromptRubric>,
    /// Parameters as configured.
    pub(super) parameters: &'a Value,
    /// How verdicts become a score; part of the fingerprint alone.
    pub(super) scoring: &'a Scoring,
}

impl<'a> Shared<'a> {
    pub(super) fn lexical(fingerprint: &'a str, rubric: &'a Rubric) -> Self {
        Self {
            grader: fingerprint,
            model: "",
            prompt_hash: "",
            rubric: None,
            parameters: &Value::Null,
            scoring: &rubric.scoring,
        }
    }

    fn json(&self) -> Value {
        json!([self.grader, self.model, self.prompt_hash, self.rubric, self.parameters])
    }
}

/// What the keys of all answers to one question have in common, hashed once.
#[derive(Clone)]
pub(super) struct Stem {
    hasher: Sha256,
    /// Hash of what a run shares, scoring included.
    pub(super) fingerprint: String,
    /// Hash of the scoring part alone.
    pub(super) scoring: String,
}

impl Stem {
    pub(super) fn new(shared: &Shared<'_>, question: &Question, lang: Lang) -> Self {
        let points = question.points.iter();
        let points: Vec<_> =
            points.map(|p| json!([p.id, p.tier, p.claim.get(lang), p.terms])).collect();
        let misconceptions = question.misconceptions.iter();
        let misconceptions: Vec<_> =
            misconceptions.map(|m| json!([m.id, m.claim.get(lang), m.terms])).collect();
        let references: Vec<_> = question.references().map(|r| r.get(lang)).collect();
        let title = question.title.get(lang);
        let common = json!(["verdict 2", shared.json(), title, references, points, misconceptions]);
        Self {
            hasher: Sha256::new().chain_update(common.to_string()),
            fingerprint: fingerprint(shared),
            scoring: scoring_hash(shared.scoring),
        }
    }

    /// Hash of everything that decides the verdicts on one answer, in 32 hexadecimal digits.
    pub(super) fn verdict_key(&self, answer: &str, vote: u32) -> String {
        format!("{:032x}", self.verdict_number(answer, vote))
    }

    /// The same as a number.
    pub(super) fn verdict_number(&self, answer: &str, vote: u32) -> u128 {
        let mut hasher = self.hasher.clone();
        // The vote has a fixed width and the answer stands last: no two inputs are one text.
        hasher.update(vote.to_be_bytes());
        hasher.update(answer.as_bytes());
        let digest = hasher.finalize();
        digest.iter().take(16).fold(0, |n, byte| n << 8 | u128::from(*byte))
    }
}

impl fmt::Debug for Stem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stem").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// Hash of what verdicts depend on beside question and answer.
pub(super) fn verdicts_hash(shared: &Shared<'_>) -> String {
    hash(&json!(["verdicts 1", shared.json()]))
}

/// Hash of what a run shares, scoring included.
pub(super) fn fingerprint(shared: &Shared<'_>) -> String {
    hash(&json!(["fingerprint 1", shared.json(), shared.scoring]))
}

/// Hash of the scoring part alone.
pub fn scoring_hash(scoring: &Scoring) -> String {
    hash(&json!(["scoring 1", scoring]))
}

pub(super) fn hash(value: &Value) -> String {
    short_hash(&Sha256::digest(value.to_string()))
}
