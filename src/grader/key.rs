//! Keys that say what a verdict depends on.
//!
//! The verdict key covers everything that decides the verdicts on one answer,
//! and nothing that does not: neither the endpoint nor the scoring. The
//! fingerprint covers what a run shares, with the scoring: two scores are
//! comparable only if their fingerprints are equal.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::prompt::short_hash;
use crate::domain::{Lang, PromptRubric, Question, Rubric, Scoring};

/// What all verdicts of a run depend on.
#[derive(Debug, Clone, Copy)]
pub struct Shared<'a> {
    /// `llm`, or the lexical grader's own fingerprint.
    pub grader: &'a str,
    /// The model as it was asked for; empty for the lexical grader.
    pub model: &'a str,
    /// Hash of the prompt files; empty for the lexical grader.
    pub prompt_hash: &'a str,
    /// Definitions that the grader reads; none for the lexical grader.
    pub rubric: Option<&'a PromptRubric>,
    /// Parameters as configured.
    pub parameters: &'a Value,
    /// How verdicts become a score; part of the fingerprint alone.
    pub scoring: &'a Scoring,
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

/// Hash of everything that decides the verdicts on one answer.
pub fn verdict_key(
    shared: &Shared<'_>,
    question: &Question,
    lang: Lang,
    answer: &str,
    vote: u32,
) -> String {
    let points: Vec<_> =
        question.points.iter().map(|p| json!([p.id, p.tier, p.claim.get(lang), p.terms])).collect();
    let misconceptions: Vec<_> =
        question.misconceptions.iter().map(|m| json!([m.id, m.claim.get(lang), m.terms])).collect();
    let references: Vec<_> = question.references().map(|r| r.get(lang)).collect();
    hash(&json!([
        "verdict 1",
        shared.json(),
        question.title.get(lang),
        references,
        points,
        misconceptions,
        answer,
        vote
    ]))
}

/// Hash of what a run shares, scoring included.
pub fn fingerprint(shared: &Shared<'_>) -> String {
    hash(&json!(["fingerprint 1", shared.json(), shared.scoring]))
}

/// Hash of the scoring part alone.
pub fn scoring_hash(scoring: &Scoring) -> String {
    hash(&json!(["scoring 1", scoring]))
}

pub(super) fn hash(value: &Value) -> String {
    short_hash(&Sha256::digest(value.to_string()))
}
