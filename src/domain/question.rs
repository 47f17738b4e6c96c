//! A question with its reference, key points, misconceptions and samples.
//!
//! The serde form of [`Question`] is the bank's file format; a question that
//! passed [`Question::check`] can be graded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Lang, Localised, QuestionId, Tier, Verdict};

/// What a question asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Explain a thing.
    #[default]
    Concept,
    /// Tell things apart.
    Comparison,
    /// Say how something is done.
    HowTo,
    /// Design a system.
    Design,
    /// Find and mend a fault.
    Troubleshooting,
}

/// Term groups of a point or misconception: every group must be hit, any alias hits a group.
pub type Terms = Vec<Vec<String>>;

/// One fact that an answer should contain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Unique within the question.
    pub id: String,
    /// How much it matters.
    pub tier: Tier,
    /// The fact, in one sentence.
    pub claim: Localised,
    /// Words by which the lexical grader recognises it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Terms,
    /// What an interviewer would say to nudge, giving nothing away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Localised>,
}

/// A wrong claim worth flagging, with its correction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Misconception {
    /// Unique within the question.
    pub id: String,
    /// The wrong claim, as people say it.
    pub claim: Localised,
    /// What is right.
    pub correction: Localised,
    /// Words by which the lexical grader recognises it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Terms,
}

/// How good a sample answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Holds a misconception or misses the question.
    Wrong,
    /// Half of what is asked.
    Middling,
    /// What a good candidate says.
    Strong,
}

/// A written example answer with the verdicts a careful grader would give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// How good it is.
    pub level: Level,
    /// The answer as a candidate would say it.
    pub answer: Localised,
    /// Verdicts by point id; points not named are missing.
    #[serde(default)]
    pub expect: BTreeMap<String, Verdict>,
    /// Ids of the misconceptions it holds.
    #[serde(default)]
    pub misconceptions: Vec<String>,
}

impl Sample {
    /// The verdict a careful grader would give on a point.
    pub fn expected(&self, point_id: &str) -> Verdict {
        self.expect.get(point_id).copied().unwrap_or(Verdict::Missing)
    }
}

/// A deeper question, asked when its points were missed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// The question.
    pub ask: Localised,
    /// Ids of the points that it deepens.
    pub points: Vec<String>,
}

/// Where a reference's facts come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Title of the paper or page.
    pub title: String,
    /// Year of publication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A lint warning that the author has answered, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// Name of the lint rule.
    pub rule: String,
    /// Why it does not apply here.
    pub reason: String,
}

/// A question of the bank, or one made up for a single grading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// `<topic>/<slug>`; comes from the file's place, not from its text.
    #[serde(skip_deserializing, default = "QuestionId::unnamed")]
    pub id: QuestionId,
    /// Former ids of a renamed file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<QuestionId>,
    /// What is asked.
    pub title: Localised,
    /// 1 warm-up … 5 staff.
    #[serde(default = "middle_difficulty")]
    pub difficulty: u8,
    /// What it asks for.
    #[serde(default)]
    pub kind: Kind,
    /// Free labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Items of the source article that it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
    /// One acceptable model answer.
    pub reference: Localised,
    /// Further acceptable model answers, each a whole alternative.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Localised>,
    /// The facts an answer should contain; empty only for a bare reference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<Point>,
    /// Wrong claims worth flagging.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misconceptions: Vec<Misconception>,
    /// Written example answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
    /// Deeper questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<FollowUp>,
    /// Where the facts come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// Lint warnings that the author has answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Allow>,
}

fn middle_difficulty() -> u8 {
    3
}

impl Question {
    /// A question from a bare reference: no points, no misconceptions.
    pub fn bare(id: QuestionId, title: Localised, references: Vec<Localised>) -> Option<Self> {
        let mut references = references.into_iter();
        let reference = references.next()?;
        Some(Self {
            id,
            was: Vec::new(),
            title,
            difficulty: middle_difficulty(),
            kind: Kind::Concept,
            tags: Vec::new(),
            covers: Vec::new(),
            reference,
            alternatives: references.collect(),
            points: Vec::new(),
            misconceptions: Vec::new(),
            samples: Vec::new(),
            follow_ups: Vec::new(),
            sources: Vec::new(),
            allow: Vec::new(),
        })
    }

    /// All acceptable model answers.
    pub fn references(&self) -> impl Iterator<Item = &Localised> {
        std::iter::once(&self.reference).chain(&self.alternatives)
    }

    /// The point with this id.
    pub fn point(&self, id: &str) -> Option<&Point> {
        self.points.iter().find(|point| point.id == id)
    }

    /// The misconception with this id.
    pub fn misconception(&self, id: &str) -> Option<&Misconception> {
        self.misconceptions.iter().find(|m| m.id == id)
    }

    /// The sample of a level, if the question has one.
    pub fn sample(&self, level: Level) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.level == level)
    }

    /// The title in a language.
    pub fn title_in(&self, lang: Lang) -> &str {
        self.title.get(lang)
    }
}
