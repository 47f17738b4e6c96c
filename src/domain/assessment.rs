//! The assessment of one answer and the result line that carries it out.
//!
//! There is one `Assessment` type for every door, and one [`ResultLine`] for
//! every output. A score is a number only when every point was graded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Evidence, Lang, Misconception, Point, Tier, Verdict};

/// Version of the result line's form.
pub const SCHEMA_VERSION: u32 = 1;

/// What the score means to somebody who hires.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Band {
    /// Below borderline.
    NoHire,
    /// Could go either way; also the cap when a must is missing.
    Borderline,
    /// Good enough.
    Hire,
    /// Clearly above.
    Strong,
}

/// Which grader gave the verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GraderKind {
    /// A model behind an endpoint.
    Llm,
    /// The embedded offline estimate.
    Lexical,
}

/// How well the answer can be followed; reported, never scored.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ClarityLevel {
    /// Hard to follow.
    Unclear,
    /// Can be followed with effort.
    Mixed,
    /// Easy to follow.
    Clear,
    /// As an expert would put it.
    Crisp,
}

/// The clarity level as reported.
pub type Clarity = Option<ClarityLevel>;

/// The judgement on one key point of one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointAssessment {
    /// The point's id.
    pub id: String,
    /// The point's tier.
    pub tier: Tier,
    /// The verdict.
    pub verdict: Verdict,
    /// Credit from 0 to 1; null when ungraded.
    pub credit: Option<f64>,
    /// Quotes of the answer that the verdict rests on.
    pub evidence: Vec<Evidence>,
    /// One sentence of reason; why it is ungraded when it is.
    pub why: String,
}

impl PointAssessment {
    /// A verdict on a point with the credit of a single vote; evidence and reason are
    /// the caller's to add.
    pub fn of(point: &Point, verdict: Verdict) -> Self {
        Self {
            id: point.id.clone(),
            tier: point.tier,
            verdict,
            credit: verdict.credit(),
            evidence: Vec::new(),
            why: String::new(),
        }
    }
}

/// A misconception that the answer holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MisconceptionFound {
    /// The misconception's id.
    pub id: String,
    /// What is right instead.
    pub correction: String,
    /// Quotes of the answer that state it.
    pub evidence: Vec<Evidence>,
}

impl MisconceptionFound {
    /// A misconception with the quotes that state it, corrected in a language.
    pub fn of(misconception: &Misconception, lang: Lang, evidence: Vec<Evidence>) -> Self {
        Self {
            id: misconception.id.clone(),
            correction: misconception.correction.get(lang).to_owned(),
            evidence,
        }
    }
}

/// One line of feedback, tied to a point where it speaks of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackLine {
    /// Id of the point it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    /// The feedback.
    pub text: String,
}

/// Something a reader of the result should know. Flags inform; they punish nothing.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// The answer is blank or punctuation alone.
    Blank,
    /// The answer repeats the question.
    RestatesQuestion,
    /// Hidden characters were escaped before grading.
    EscapedCharacters,
    /// Text in the answer addresses the grading; it was graded a second time without.
    AddressesGrader,
    /// Points were drafted from the reference and nobody has reviewed them.
    DraftedPoints,
    /// No points exist: similarity to the reference only.
    ReferenceOnly,
    /// The verdicts came from the model's reasoning field.
    FromReasoning,
    /// Part of the reply was asked for again.
    Reasked,
    /// The endpoint answered with another model than it did before in the same session or run.
    OtherModel,
    /// The candidate has corrected verdicts on their own answer.
    SelfMarked,
    /// A reviewer has corrected verdicts.
    Corrected,
}

/// Token counts of all calls behind an assessment, retries included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tokens {
    /// Prompt tokens.
    pub input: u64,
    /// Prompt tokens that the server took from its cache.
    pub cached: u64,
    /// Completion tokens, reasoning included.
    pub output: u64,
}

/// The verdicts of one of two gradings, kept when an answer addresses its grading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecondGrading {
    /// Spans of the answer that were masked, in Unicode scalar values.
    pub masked: Vec<(usize, usize)>,
    /// Verdict per point on the whole answer.
    pub whole: Vec<(String, Verdict)>,
    /// Verdict per point with those spans masked.
    pub without: Vec<(String, Verdict)>,
}

/// Where an assessment comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// Name of the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The model that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The model that the endpoint says answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_model: Option<String>,
    /// Hash of the prompt files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_hash: Option<String>,
    /// Hash of the rubric's scoring part.
    pub rubric_hash: String,
    /// Parameters as they were sent.
    #[serde(skip_serializing_if = "Value::is_null", default)]
    pub parameters: Value,
    /// Hash of everything that decides the verdicts.
    pub verdict_key: String,
    /// Calls to the endpoint, retries and repairs included.
    pub calls: u32,
    /// Tokens over those calls.
    pub tokens: Tokens,
    /// Cost over those calls in the profile's currency, when prices are configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// Wall time of the grading in milliseconds.
    pub latency_ms: u64,
    /// Number of votes behind each verdict.
    pub votes: u32,
    /// Both gradings of an answer that addresses its grading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_grading: Option<SecondGrading>,
}

/// All that was judged about one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// 0 to 100, or null while any point is ungraded.
    pub score: Option<f64>,
    /// The score if every ungraded point were contradicted.
    pub low: f64,
    /// The score if every ungraded point were met.
    pub high: f64,
    /// The band, when both ends fall into the same one; never for a lexical estimate.
    pub band: Option<Band>,
    /// Verdicts in the question's order of points.
    pub points: Vec<PointAssessment>,
    /// Misconceptions found, with verified quotes.
    pub misconceptions: Vec<MisconceptionFound>,
    /// How well the answer can be followed.
    pub clarity: Clarity,
    /// Short feedback.
    pub feedback: Vec<FeedbackLine>,
    /// What a reader should know.
    pub flags: Vec<Flag>,
    /// Which grader it was.
    pub grader: GraderKind,
    /// Scores are comparable only within one fingerprint.
    pub fingerprint: String,
    /// Where it comes from.
    pub provenance: Provenance,
}

impl Assessment {
    /// Whether any point has no verdict.
    pub fn is_ungraded(&self) -> bool {
        self.score.is_none()
    }

    /// The assessment of a point.
    pub fn point(&self, id: &str) -> Option<&PointAssessment> {
        self.points.iter().find(|point| point.id == id)
    }
}

/// A key point as a result line shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PointSummary {
    /// The point's id.
    pub id: String,
    /// The point's tier.
    pub tier: Tier,
    /// The fact; left out with `--no-text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
}

/// A question as a result line shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuestionSummary {
    /// The question's id.
    pub id: String,
    /// What was asked.
    pub title: String,
    /// Its points.
    pub points: Vec<PointSummary>,
}

/// One line of output: an assessment with its identity. A report needs nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultLine {
    /// Version of this form.
    pub schema_version: u32,
    /// Identity of the answer within its run or session.
    pub id: String,
    /// Who answered, when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<String>,
    /// The question; null when the row named none that exists.
    pub question: Option<QuestionSummary>,
    /// The answer's text; left out with `--no-text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The assessment; absent when there is an error.
    #[serde(flatten)]
    pub assessment: Option<Assessment>,
    /// Line of the input at which a row stands that cannot be graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Why there is no assessment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the input row carried beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
}
